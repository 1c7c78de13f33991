# SPDX-License-Identifier: MPL-2.0
"""What the report of a list of events must be, computed in integers and decimals from the
contract alone; and the check of a daemon's report against it.

Refuses to guess: samples.random_event makes no event whose meaning the contract leaves open.
"""
import json
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

TIER_MODELS = {"simple": "gpt-4o-mini", "medium": "gpt-4.1-mini", "complex": "gpt-4o"}
NANO = 10 ** 9


def _half_even(amount):
    with localcontext() as context:
        context.prec = 200
        return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def nano(usd):
    """An amount as it arrives, int or float, to the nearest nano-dollar, half to even."""
    with localcontext() as context:
        context.prec = 1100  # every double is exact in this many digits
        return _half_even(Decimal(usd) * NANO)


def usd_text(nanousd):
    """An exact decimal string with 9 decimals."""
    return f"{'-' if nanousd < 0 else ''}{abs(nanousd) // NANO}.{abs(nanousd) % NANO:09d}"


class Prices:
    def __init__(self, text):
        self.table = json.loads(text, parse_float=Decimal, parse_int=Decimal)

    def nano(self, model, event):
        """The event's tokens at the price of this model, rounded once; None where it has no price."""
        rates = self.table.get(model)
        if rates is None:
            return None
        above = ""
        if event.get("input_tokens", 0) > 200_000 and "input_cost_per_token_above_200k_tokens" in rates:
            above = "_above_200k_tokens"
        base_in = rates["input_cost_per_token" + above]
        base_out = rates["output_cost_per_token" + above]
        read, write = event.get("cache_read_tokens", 0), event.get("cache_write_tokens", 0)
        reasoning = event.get("reasoning_tokens", 0)
        amount = (base_in * (event.get("input_tokens", 0) - read - write)
                  + rates.get("cache_read_input_token_cost" + above, base_in) * read
                  + (rates.get("cache_creation_input_token_cost" + above) or base_in) * write
                  + base_out * (event.get("output_tokens", 0) - reasoning)
                  + rates.get("output_cost_per_reasoning_token" + above, base_out) * reasoning)
        return _half_even(amount * NANO)


def has_tokens(event):
    return "input_tokens" in event or "output_tokens" in event


class Oracle:
    def __init__(self, prices_text, *, tiers=None, baseline="gpt-4o", per_query_usd="0.035",
                 hit_saves_usd="0.0001", assumed_seconds="6"):
        self.prices = Prices(prices_text)
        self.tier_models = {**TIER_MODELS, **(tiers or {})}
        self.baseline_model = baseline
        self.per_query = nano(Decimal(per_query_usd))
        self.hit_saves = nano(Decimal(hit_saves_usd))
        self.assumed_seconds = Decimal(assumed_seconds)
        self.tiers = {tier: [0, 0] for tier in self.tier_models}  # queries, nano-dollars
        self.unpriced = {}
        self.queries = self.unpriced_queries = self.measured = self.assumed = self.baseline = 0
        self.requests = self.hits = self.saved = 0
        self.preloads = self.measured_preloads = 0
        self.seconds = Decimal(0)
        self.calls = self.calls_nano = self.unpriced_calls = 0

    def add(self, *events):
        for event in events:
            getattr(self, "_" + event["type"])(event)
        return self

    def _cost(self, event, tier_model=""):
        """Nano-dollars; None for an unpriced event, which is counted."""
        if "cost" in event:
            return nano(event["cost"])
        if not has_tokens(event):
            return 0
        model = event.get("model", tier_model)
        cost = self.prices.nano(model, event)
        if cost is None:
            self.unpriced[model] = self.unpriced.get(model, 0) + 1
        return cost

    def _query_router(self, event):
        tier = event.get("tier", "medium")
        tier = tier if tier in self.tier_models else "other"
        cost = self._cost(event, self.tier_models.get(tier, ""))
        self.queries += 1
        cell = self.tiers.setdefault(tier, [0, 0])
        cell[0] += 1
        if cost is None:
            self.unpriced_queries += 1
            return
        cell[1] += cost
        if has_tokens(event):
            self.measured += 1
            self.baseline += self.prices.nano(self.baseline_model, event)
        else:
            self.assumed += 1
            self.baseline += self.per_query

    def _llm_call(self, event):
        self.calls += 1
        cost = self._cost(event)
        if cost is None:
            self.unpriced_calls += 1
        else:
            self.calls_nano += cost

    def _embedding_cache(self, event):
        if "hits" in event or "misses" in event:
            hits, misses = event.get("hits", 0), event.get("misses", 0)
        else:
            hits, misses = (1, 0) if event.get("hit") else (0, 1)
        self.requests += hits + misses
        self.hits += hits
        if hits:
            self.saved += self.prices.nano(event["model"], event) if has_tokens(event) else hits * self.hit_saves

    def _rag_parallel(self, event):
        self.preloads += 1
        if "time_saved_seconds" in event:
            self.measured_preloads += 1
            self.seconds += Decimal(event["time_saved_seconds"])
        else:
            self.seconds += self.assumed_seconds

    # ------------------------------------------------------------------------ the check

    def check(self, test, report):
        """Asserts that the report's sections are those of the events added."""
        self._check_router(test, report["query_router"])
        self._check_embedding(test, report["embedding_cache"])
        self._check_rag(test, report["rag_parallel"])
        calls = report["llm_calls"]
        test.assertEqual(calls["total_calls"], self.calls)
        test.assertEqual(calls["unpriced_calls"], self.unpriced_calls)
        test.assertEqual(calls["total_cost_usd"], usd_text(self.calls_nano))
        check_rounded(test, calls["total_cost"], Decimal(self.calls_nano) / NANO, 4)

    def _check_router(self, test, router):
        total = sum(cost for _, cost in self.tiers.values())
        savings = self.baseline - total
        test.assertEqual(router["total_queries"], self.queries)
        test.assertEqual(router["unpriced_queries"], self.unpriced_queries)
        test.assertEqual(router["total_cost_usd"], usd_text(total))
        test.assertEqual(router["net_savings_usd"], usd_text(savings))
        test.assertEqual(router["baseline"]["model"], self.baseline_model)
        test.assertEqual(Decimal(router["baseline"]["per_query_usd"]), Decimal(self.per_query) / NANO)
        test.assertEqual(router["baseline"]["measured_queries"], self.measured)
        test.assertEqual(router["baseline"]["assumed_queries"], self.assumed)
        check_rounded(test, router["total_cost"], Decimal(total) / NANO, 4)
        check_rounded(test, router["estimated_savings"], Decimal(max(0, savings)) / NANO, 4)
        percent = Decimal(max(0, savings)) * 100 / self.baseline if self.baseline else Decimal(0)
        check_rounded(test, router["savings_percent"], percent, 1)
        shown = {tier: (row["queries"], row["cost_usd"], row["model"])
                 for tier, row in router["cost_breakdown"].items()}
        wanted = {tier: (queries, usd_text(cost), self.tier_models.get(tier, ""))
                  for tier, (queries, cost) in self.tiers.items() if queries or tier in TIER_MODELS}
        test.assertEqual(shown, wanted)
        for tier, row in router["cost_breakdown"].items():
            check_rounded(test, row["cost"], Decimal(self.tiers[tier][1]) / NANO, 4)

    def _check_embedding(self, test, cache):
        test.assertEqual(cache["total_requests"], self.requests)
        test.assertEqual(cache["cache_hits"], self.hits)
        test.assertEqual(cache["cache_misses"], self.requests - self.hits)
        rate = Decimal(self.hits) * 100 / self.requests if self.requests else Decimal(0)
        check_rounded(test, cache["hit_rate_percent"], rate, 1)
        check_rounded(test, cache["estimated_cost_saved"], Decimal(self.saved) / NANO, 4)
        test.assertEqual(Decimal(cache["estimated_cost_saved_usd"]), Decimal(self.saved) / NANO)

    def _check_rag(self, test, rag):
        test.assertEqual(rag["total_preloads"], self.preloads)
        test.assertEqual(rag["measured_preloads"], self.measured_preloads)
        if self.preloads:
            test.assertAlmostEqual(Decimal(rag["avg_time_saved_seconds"]), self.seconds / self.preloads, places=4)


def check_rounded(test, shown, exact, places):
    """A double that shows an exact amount with this many decimals. At a tie either neighbour will do."""
    test.assertIsInstance(shown, float)
    test.assertEqual(shown, round(shown, places), f"shown with more than {places} decimals")
    slack = Decimal(1).scaleb(-places) / 2 + Decimal("1e-12") + abs(exact) * Decimal("1e-15")
    test.assertLessEqual(abs(Decimal(shown) - exact), slack, f"shown {shown}, exact {exact}")
