# SPDX-License-Identifier: MPL-2.0
"""The report: money to the nano-dollar, the three sections, and what is shown of them."""
import csv
import datetime
import itertools
import json
import unittest
from decimal import Decimal

import samples
import wire
from harness import SHARED_DATA, TestCase, now_ms, seeded
from oracle import Oracle, usd_text


class ReportCase(TestCase):
    """Each test sends events to a daemon with the tests' prices; the oracle follows."""

    def start(self, **settings):
        oracle_settings = settings.pop("oracle", {})
        self.zcostd = self.daemon(prices=settings.pop("prices", samples.PRICES), **settings)
        self.oracle = Oracle(samples.PRICES, **oracle_settings)
        self.sent = 0

    def send(self, *events):
        """Sends events, checks the whole report against the oracle, and returns it."""
        self.zcostd.push(*wire.arrays([wire.pack(event) for event in events], 1_000))
        self.oracle.add(*events)
        self.sent += len(events)
        health = self.zcostd.settle(self.sent)
        self.assertEqual(health["events"]["rejected"], 0, self.zcostd.ask("rejects", limit=3))
        self.assertEqual(health["unpriced"], self.oracle.unpriced)
        report = self.zcostd.report()
        self.oracle.check(self, report)
        return report

    def cost_of(self, *events):
        """The total cost of these events alone, as query_router events."""
        before = Decimal(self.zcostd.report()["query_router"]["total_cost_usd"])
        after = self.send(*({"type": "query_router", **event} for event in events))
        return Decimal(after["query_router"]["total_cost_usd"]) - before


class Shape(ReportCase):
    def test_keys_and_kinds_of_an_empty_report(self):
        self.start()
        report = self.send()
        self.assertEqual(set(report), {"query_router", "embedding_cache", "rag_parallel", "llm_calls",
                                       "savings", "timestamp", "zcost"})
        self.assertEqual(set(report["query_router"]), {
            "total_queries", "cost_breakdown", "total_cost", "estimated_savings", "savings_percent",
            "total_cost_usd", "net_savings_usd", "baseline", "unpriced_queries"})
        self.assertEqual(set(report["query_router"]["baseline"]), {
            "model", "per_query_usd", "measured_queries", "assumed_queries"})
        self.assertEqual(list(report["query_router"]["cost_breakdown"]), ["simple", "medium", "complex"])
        self.assertEqual(set(report["embedding_cache"]), {
            "total_requests", "cache_hits", "cache_misses", "hit_rate_percent", "estimated_cost_saved",
            "estimated_cost_saved_usd"})
        self.assertEqual(set(report["rag_parallel"]), {
            "total_preloads", "avg_time_saved_seconds", "measured_preloads"})
        self.assertEqual(set(report["llm_calls"]), {
            "total_calls", "total_cost", "total_cost_usd", "unpriced_calls"})
        zero = "0.000000000"
        routed = {"net_usd": zero, "measured_usd": zero, "assumed_usd": zero}
        self.assertEqual(report["savings"], {
            "baseline_model": "gpt-4o", "router": routed,
            "tiers": dict.fromkeys(("simple", "medium", "complex"), routed),
            "embedding_cache": {"saved_usd": zero, "measured_usd": zero, "assumed_usd": zero},
            "prompt_cache": {"net_usd": zero}, "unpriced_events": 0})
        self.assertLessEqual({"version", "instance", "incarnation", "sequence", "interval_seconds", "since", "until",
                              "events", "price_table"}, set(report["zcost"]))
        self.assertEqual(report["zcost"]["events"], {
            "accepted": 0, "rejected": 0, "duplicate": 0, "lost": 0, "dropped": 0})
        self.assertLessEqual({"source", "models", "not_read", "loaded_at"}, set(report["zcost"]["price_table"]))
        self.assertEqual(report["zcost"]["price_table"]["models"], len(json.loads(samples.PRICES)))

    def test_times(self):
        self.start()
        begin = now_ms()
        report = self.send({"type": "llm_call"})
        stamp = datetime.datetime.fromisoformat(report["timestamp"].replace("Z", "+00:00"))
        self.assertEqual(stamp.utcoffset(), datetime.timedelta(0))
        self.assertAlmostEqual(stamp.timestamp() * 1000, begin, delta=20_000)
        since, until = report["zcost"]["since"], report["zcost"]["until"]
        self.assertIsInstance(since, int)
        self.assertIsInstance(until, int)
        self.assertLessEqual(since, begin)
        self.assertGreaterEqual(until, begin)

    def test_report_is_the_same_twice(self):
        self.start()
        first = self.send({"type": "query_router", "cost": 0.25})
        second = self.zcostd.report()
        for key in ("query_router", "embedding_cache", "rag_parallel", "llm_calls"):
            self.assertEqual(first[key], second[key])
        self.assertEqual(first["zcost"]["incarnation"], second["zcost"]["incarnation"])


class Costs(ReportCase):
    def test_floats_become_the_nearest_nanodollar_half_to_even(self):
        self.start()
        ties = [(2 * n + 1) / 2 ** 10 for n in range(40)]  # 0.0009765625: 976562.5 nano-dollars
        self.assertEqual(self.cost_of({"cost": 0.0009765625}), Decimal("0.000976562"))
        self.assertEqual(self.cost_of({"cost": 0.0029296875}), Decimal("0.002929688"))
        for cost in ties:
            self.cost_of({"cost": cost})

    def test_floats_next_to_a_tie_are_no_ties(self):
        # cost x 1e9 in doubles lands on the tie itself for many of these, and would round wrongly.
        self.start()
        rng = seeded(5)
        halves = [(rng.randrange(10 ** rng.randint(1, 14)) + 0.5) / 1e9 for _ in range(2_000)]
        wrong = []
        for cost in halves:
            one = Oracle(samples.PRICES).add({"type": "llm_call", "cost": cost}).calls_nano
            if one != round(cost * 1e9):
                wrong.append(cost)
        self.assertGreater(len(wrong), 50, "the sample must hold such costs")
        self.send(*({"type": "llm_call", "cost": cost} for cost in halves))
        for cost in wrong[:20]:
            self.send({"type": "llm_call", "cost": cost})

    def test_costs_of_every_size(self):
        self.start()
        rng = seeded(6)
        self.send(*({"type": "llm_call", "cost": rng.random() * 10 ** rng.randint(-12, 6)} for _ in range(5_000)))
        self.send(*({"type": "llm_call", "cost": rng.randrange(1_000_000)} for _ in range(100)))
        self.send({"type": "llm_call", "cost": 5e-324}, {"type": "llm_call", "cost": -0.0},
                  {"type": "llm_call", "cost": 1e-9}, {"type": "llm_call", "cost": 999_999.999999999})

    def test_a_cost_given_beats_a_cost_computed(self):
        self.start()
        self.assertEqual(self.cost_of({"cost": 0.5, "model": "gpt-4o", "input_tokens": 1_000_000}), Decimal("0.5"))
        self.assertEqual(self.cost_of({"cost": 0, "model": "gpt-4o", "input_tokens": 1_000_000}), 0)
        self.assertEqual(self.cost_of({"cost": 0.5, "model": "nobody-1", "input_tokens": 5}), Decimal("0.5"))

    def test_no_cost_and_no_tokens_is_zero(self):
        self.start()
        self.assertEqual(self.cost_of({}, {"model": "nobody-1"}, {"latency_ms": 5}), 0)

    def test_tokens_times_price(self):
        self.start()
        million = 1_000_000
        for model, tokens, cost in (
                ("gpt-4o", {"input_tokens": million}, "2.5"),
                ("gpt-4o", {"input_tokens": million, "cache_read_tokens": million}, "1.25"),
                ("gpt-4o", {"input_tokens": million, "cache_write_tokens": million}, "2.5"),  # no rate: the input's
                ("gpt-4o", {"output_tokens": million}, "10"),
                ("gpt-4o", {"output_tokens": million, "reasoning_tokens": million}, "10"),
                ("acme-full", {"input_tokens": million, "cache_write_tokens": 400_000, "cache_read_tokens": 500_000},
                 "1.95"),
                ("acme-full", {"output_tokens": million, "reasoning_tokens": 400_000}, "19"),
                ("acme-zero-write", {"input_tokens": million, "cache_write_tokens": million}, "1"),
                ("acme-odd", {"input_tokens": 1}, "0.000000547"),
                ("acme-odd", {"input_tokens": 1_000_000}, "0.546875"),
                ("acme-tiny", {"input_tokens": 1}, "0"),            # 0.5 nano-dollars
                ("acme-tiny", {"input_tokens": 3}, "0.000000002"),  # 1.5
                ("acme-tiny", {"input_tokens": 5}, "0.000000002"),  # 2.5
                ("acme-tiny", {"input_tokens": 2, "output_tokens": 2}, "0.000000002"),  # 1.5, rounded once
                ("acme-free", {"input_tokens": million}, "0"),
                ("gpt-4o", {"input_tokens": 0}, "0"),
                ("acme-tiny", {"input_tokens": 10 ** 12, "output_tokens": 10 ** 12}, "750")):
            with self.subTest(model=model, tokens=tokens):
                self.assertEqual(self.cost_of({"model": model, **tokens}), Decimal(cost))

    def test_each_event_is_rounded_by_itself(self):
        self.start()
        self.assertEqual(self.cost_of(*[{"model": "acme-tiny", "input_tokens": 3}] * 1_000), Decimal("0.000002"))

    def test_long_context_price(self):
        self.start()
        self.assertEqual(self.cost_of({"model": "acme-long", "input_tokens": 200_000}), Decimal("0.25"))
        self.assertEqual(self.cost_of({"model": "acme-long", "input_tokens": 200_001, "output_tokens": 1_000}),
                         Decimal("0.5150025"))

    def test_a_tier_has_its_model(self):
        self.start()
        for tier, cost in (("simple", "0.15"), ("medium", "0.4"), ("complex", "2.5")):
            self.assertEqual(self.cost_of({"tier": tier, "input_tokens": 1_000_000}), Decimal(cost))
        self.assertEqual(self.cost_of({"input_tokens": 1_000_000}), Decimal("0.4"))  # medium is the default
        self.assertEqual(self.cost_of({"tier": "simple", "model": "gpt-4o", "input_tokens": 1_000_000}), Decimal("2.5"))

    def test_an_unknown_tier_is_folded_under_other(self):
        self.start()
        self.assertNotIn("other", self.send({"type": "query_router"})["query_router"]["cost_breakdown"])
        report = self.send(*({"type": "query_router", "tier": tier, "cost": 1}
                             for tier in ("Simple", "", "x" * 128, "other", "simple ")))
        row = report["query_router"]["cost_breakdown"]["other"]
        self.assertEqual((row["queries"], row["cost"], row["model"], row["cost_usd"]), (5, 5.0, "", "5.000000000"))

    def test_unpriced_events_are_counted_and_never_shown_as_savings(self):
        self.start()
        tokens = {"input_tokens": 1_000, "output_tokens": 10}
        report = self.send({"type": "query_router", "model": "nobody-1", **tokens},
                           {"type": "query_router", "tier": "mystery", **tokens},
                           {"type": "llm_call", "model": "nobody-2", **tokens},
                           {"type": "llm_call", **tokens})
        router = report["query_router"]
        self.assertEqual((router["total_queries"], router["unpriced_queries"]), (2, 2))
        self.assertEqual((router["estimated_savings"], router["net_savings_usd"]), (0.0, "0.000000000"))
        self.assertEqual(report["llm_calls"]["unpriced_calls"], 2)
        self.assertEqual(self.zcostd.health()["unpriced"], {"nobody-1": 1, "": 2, "nobody-2": 1})


class Savings(ReportCase):
    def test_baseline_is_measured_where_a_query_has_tokens(self):
        self.start()
        report = self.send({"type": "query_router", "tier": "simple", "input_tokens": 10_000, "output_tokens": 1_000})
        self.assertEqual(report["query_router"]["net_savings_usd"], usd_text(35_000_000 - 2_100_000))
        self.assertEqual(report["query_router"]["savings_percent"], 94.0)
        self.assertEqual(report["query_router"]["estimated_savings"], 0.0329)

    def test_baseline_is_assumed_where_it_has_none(self):
        self.start()
        report = self.send({"type": "query_router", "cost": 0.01}, {"type": "query_router", "cost": 0.005})
        router = report["query_router"]
        self.assertEqual((router["estimated_savings"], router["savings_percent"]), (0.055, 78.6))
        self.assertEqual((router["baseline"]["measured_queries"], router["baseline"]["assumed_queries"]), (0, 2))

    def test_a_loss_shows_as_no_savings_but_is_told(self):
        self.start()
        report = self.send({"type": "query_router", "cost": 1})
        router = report["query_router"]
        self.assertEqual((router["estimated_savings"], router["savings_percent"]), (0.0, 0.0))
        self.assertEqual(router["net_savings_usd"], "-0.965000000")

    def test_no_baseline_no_percent(self):
        self.start()
        self.assertEqual(self.send()["query_router"]["savings_percent"], 0.0)

    def test_baseline_of_cached_and_reasoning_tokens(self):
        self.start()
        self.send({"type": "query_router", "tier": "simple", "input_tokens": 1_000, "cache_read_tokens": 900,
                   "output_tokens": 100, "reasoning_tokens": 50, "cost": 0.001})

    def test_configured_assumptions(self):
        config = """\
baseline
    model = acme-full
    per_query_usd = 0.5
embedding
    hit_saves_usd = 0.002
rag
    assumed_seconds = 2.5
tiers
    simple = acme-odd
    reasoning = acme-full
"""
        self.start(config=config, oracle=dict(baseline="acme-full", per_query_usd="0.5", hit_saves_usd="0.002",
                                              assumed_seconds="2.5",
                                              tiers={"simple": "acme-odd", "reasoning": "acme-full"}))
        self.assertNotIn("mystery", self.send()["query_router"]["cost_breakdown"])
        report = self.send({"type": "query_router", "tier": "reasoning", "input_tokens": 1_000_000},
                           {"type": "query_router", "tier": "simple", "output_tokens": 1_000_000},
                           {"type": "query_router"}, {"type": "rag_parallel"},
                           {"type": "embedding_cache", "hit": True})
        self.assertEqual(report["query_router"]["cost_breakdown"]["reasoning"]["model"], "acme-full")
        self.assertEqual(report["query_router"]["baseline"]["per_query_usd"], "0.500000000")
        self.assertEqual(report["rag_parallel"]["avg_time_saved_seconds"], 2.5)


class Caches(ReportCase):
    def test_hits_and_misses(self):
        self.start()
        cache = "embedding_cache"
        report = self.send({"type": cache, "hit": True}, {"type": cache, "hit": False}, {"type": cache})
        self.assertEqual(report[cache]["hit_rate_percent"], 33.3)
        report = self.send({"type": cache, "hits": 7, "misses": 2}, {"type": cache, "hits": 3},
                           {"type": cache, "misses": 1})
        self.assertEqual((report[cache]["total_requests"], report[cache]["cache_hits"]), (16, 11))
        self.assertEqual(report[cache]["estimated_cost_saved"], 0.0011)

    def test_a_hit_with_tokens_saves_their_price(self):
        self.start()
        embed = {"type": "embedding_cache", "model": "acme-embed"}
        self.send({**embed, "hit": True, "input_tokens": 5_000_000})
        self.assertEqual(self.zcostd.report()["embedding_cache"]["estimated_cost_saved"], 0.1)
        self.send({**embed, "hits": 3, "misses": 2, "input_tokens": 10_000_000})
        self.assertEqual(self.zcostd.report()["embedding_cache"]["estimated_cost_saved"], 0.3)
        self.send({**embed, "hit": False, "input_tokens": 5_000_000},
                  {**embed, "hits": 0, "misses": 5, "input_tokens": 5_000_000},
                  {**embed, "hit": True})
        self.assertEqual(self.zcostd.report()["embedding_cache"]["estimated_cost_saved"], 0.3001)

    def test_time_saved(self):
        self.start()
        rag = {"type": "rag_parallel"}
        report = self.send(rag)
        self.assertEqual(report["rag_parallel"]["avg_time_saved_seconds"], 6.0)
        report = self.send({**rag, "time_saved_seconds": 3.0}, {**rag, "time_saved_seconds": -6})
        self.assertEqual(report["rag_parallel"]["avg_time_saved_seconds"], 1.0)
        self.assertEqual(report["rag_parallel"]["measured_preloads"], 2)


class Random(ReportCase):
    timeout = 60

    def test_random_events(self):
        self.start()
        rng = seeded(0)
        for size in (1, 10, 100, 1_000, 5_000):
            self.send(*(samples.random_event(rng, now_ms()) for _ in range(size)))


class Traffic(ReportCase):
    """Real calls at real prices, from the data beside the checkout."""
    timeout = 60

    def test_azure_trace_at_public_prices(self):
        if not SHARED_DATA.is_dir():
            self.skipTest("no ../shared/data beside the checkout")
        prices = (SHARED_DATA / "prices.json").read_text()
        with open(SHARED_DATA / "azure_code.csv", newline="") as trace:
            rows = list(csv.DictReader(trace))
        self.start(prices=prices)
        self.oracle = Oracle(prices)
        tiers = ("simple", "medium", "complex")
        events = [{"type": "query_router", "tier": tiers[(int(row["ContextTokens"]) > 1000)
                                                         + (int(row["ContextTokens"]) > 4000)],
                   "input_tokens": int(row["ContextTokens"]), "output_tokens": int(row["GeneratedTokens"])}
                  for row in rows]
        report = self.send(*events)
        self.assertEqual(report["query_router"]["total_queries"], len(rows))
        table = report["zcost"]["price_table"]
        not_read = table["not_read"] if isinstance(table["not_read"], int) else len(table["not_read"])
        self.assertEqual(table["models"] + not_read, len(json.loads(prices)))


class Sums(ReportCase):
    def test_many_small_costs_do_not_drift(self):
        self.start()
        self.send(*itertools.repeat({"type": "llm_call", "cost": 0.1}, 10_000))
        self.assertEqual(self.zcostd.report()["llm_calls"]["total_cost_usd"], "1000.000000000")


if __name__ == "__main__":
    unittest.main()
