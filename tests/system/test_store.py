# SPDX-License-Identifier: MPL-2.0
"""The ledger at rest: what SQL shows of it, how long it keeps what, and that the past stays as it was
priced."""
import json
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest
from decimal import Decimal

import samples
import wire
from durable import GOOD, NEVER, OFTEN, Kept
from harness import PATIENCE, now_ms
from script import Script


class ThePast(Kept):
    """Stays as it was priced when it happened."""

    def price(self, dollars):
        table = json.loads(samples.PRICES)
        table["acme-full"]["input_cost_per_token"] = dollars / 1e6
        return json.dumps(table)

    def calls_cost(self, zcostd):
        return Decimal(zcostd.report()["llm_calls"]["total_cost_usd"])

    def million(self, zcostd):
        self.durable(zcostd, wire.pack({"type": "llm_call", "model": "acme-full", "input_tokens": 1_000_000}))

    def test_prices_that_change_while_it_runs_replay_as_they_were(self):
        for config in (NEVER, OFTEN):
            with self.subTest(config=config):
                zcostd = self.daemon(config=config, prices=self.price(3))
                self.million(zcostd)
                total = 3
                for dollars in (7, 5, 11):
                    zcostd.prices_path.write_text(self.price(dollars))
                    since = len(zcostd.log)
                    zcostd.send_signal(signal.SIGHUP)
                    zcostd.wait_log(since=since, level="info")
                    self.million(zcostd)
                    total += dollars
                self.assertEqual(self.calls_cost(zcostd), total)
                for _ in range(2):
                    zcostd.restart()
                    self.assertEqual(self.calls_cost(zcostd), total)
                self.million(zcostd)
                self.assertEqual(self.calls_cost(zcostd), total + 11)

    def test_prices_that_changed_between_two_runs_hold_from_then_on(self):
        for end in ("crash", "stop"):
            with self.subTest(end=end):
                zcostd = self.daemon(config=NEVER, prices=self.price(3))
                self.million(zcostd)
                getattr(zcostd, end)()
                zcostd.prices_path.write_text(self.price(8))
                zcostd.start()
                self.assertEqual(self.calls_cost(zcostd), 3)
                self.million(zcostd)
                self.assertEqual(self.calls_cost(zcostd), 11)
                zcostd.restart()
                self.assertEqual(self.calls_cost(zcostd), 11)

    def test_a_model_that_is_no_longer_priced_keeps_what_it_cost(self):
        zcostd = self.daemon(config=NEVER, prices=self.price(3))
        self.million(zcostd)
        zcostd.crash()
        table = json.loads(samples.PRICES)
        del table["acme-full"]
        zcostd.prices_path.write_text(json.dumps(table))
        zcostd.start()
        self.assertEqual(self.calls_cost(zcostd), 3)
        self.million(zcostd)
        self.assertEqual(zcostd.report()["llm_calls"]["unpriced_calls"], 1)
        zcostd.restart()
        report = zcostd.report()
        self.assertEqual((self.calls_cost(zcostd), report["llm_calls"]["unpriced_calls"]), (3, 1))
        self.assertEqual(zcostd.health()["unpriced"], {"acme-full": 1})

    def test_a_configuration_that_changed_between_two_runs_holds_from_then_on(self):
        for end in ("crash", "stop"):
            with self.subTest(end=end):
                zcostd = self.daemon(config=NEVER + "baseline\n    per_query_usd = 0.035\n"
                                     "embedding\n    hit_saves_usd = 0.0001\n", prices=samples.PRICES)
                events = (wire.pack({"type": "query_router", "tier": "vip"}),
                          wire.pack({"type": "embedding_cache", "hit": True}))
                self.durable(zcostd, *events)
                getattr(zcostd, end)()
                zcostd.config_path.write_text(NEVER + "baseline\n    per_query_usd = 0.05\n"
                                              "embedding\n    hit_saves_usd = 0.5\ntiers\n    vip = gpt-4o\n")
                for ended in (False, True):
                    if ended:
                        zcostd.crash()
                    zcostd.start()
                    if not ended:
                        self.durable(zcostd, *events)
                    report = zcostd.report()
                    self.assertEqual(report["query_router"]["net_savings_usd"], "0.085000000")
                    self.assertEqual(report["embedding_cache"]["estimated_cost_saved_usd"], "0.500100000")
                    breakdown = report["query_router"]["cost_breakdown"]
                    self.assertEqual({tier: row["queries"] for tier, row in breakdown.items() if row["queries"]},
                                     {"other": 1, "vip": 1})
                zcostd.stop()


class Sql(Kept):
    """The ledger, to a person with sqlite3."""

    def setUp(self):
        super().setUp()
        self.zcostd = self.daemon(config=OFTEN, prices=samples.PRICES)
        self.db = sqlite3.connect(f"file:{self.zcostd.data}/ledger.db?mode=ro", uri=True)
        self.addCleanup(self.db.close)

    def ask(self, sql):
        return self.db.execute(sql).fetchall()

    def wait(self, sql, wanted):
        deadline = time.monotonic() + 10 * PATIENCE
        while (rows := self.ask(sql)) != wanted and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(rows, wanted)

    def test_totals_are_those_of_the_report(self):
        script = Script("sql", frames=100)
        script.finish(self.zcostd)
        self.wait("SELECT sum(events) FROM totals", [(script.accepted,)])
        router = self.zcostd.report()["query_router"]
        self.assertEqual(self.ask("SELECT sum(events), sum(unpriced) FROM totals WHERE type = 'query_router'"),
                         [(router["total_queries"], router["unpriced_queries"])])
        rows = dict(self.ask("SELECT tier, sum(cost_nanousd) FROM totals WHERE type = 'query_router' GROUP BY tier"))
        for tier, row in router["cost_breakdown"].items():
            self.assertEqual(Decimal(rows.get(tier, 0)) / 10 ** 9, Decimal(row["cost_usd"]))
        calls = self.zcostd.report()["llm_calls"]
        self.assertEqual(self.ask("SELECT printf('%d.%09d', sum(cost_nanousd) / 1000000000, sum(cost_nanousd) "
                                  "% 1000000000) FROM totals WHERE type = 'llm_call'"), [(calls["total_cost_usd"],)])
        for view in ("minutes", "quarters", "days"):
            self.assertEqual(self.ask(f"SELECT sum(events), sum(cost_nanousd), sum(hits), sum(saved_ns) FROM {view}"),
                             self.ask("SELECT sum(events), sum(cost_nanousd), sum(hits), sum(saved_ns) FROM totals"))

    def test_buckets_begin_where_the_clock_says(self):
        begin = now_ms() - 3 * 3_600_000
        events = [{"type": "query_router", "tier": "simple", "cost": 0.25, "ts": begin + n * 60_000} for n in range(40)]
        self.zcostd.push_events(*events)
        self.wait("SELECT sum(events) FROM minutes", [(40,)])
        for view, seconds in (("minutes", 60), ("quarters", 900), ("days", 86_400)):
            wanted = {}
            for event in events:
                start = event["ts"] // 1000 // seconds * seconds
                wanted[start] = wanted.get(start, 0) + 1
            self.assertEqual(dict(self.ask(f"SELECT start, sum(events) FROM {view} GROUP BY start")), wanted)
            start, shown = self.ask(f"SELECT start, time FROM {view} ORDER BY start LIMIT 1")[0]
            self.assertEqual(shown, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start)))

    def test_dollars_are_exact_and_amounts_are_integers(self):
        self.zcostd.push_events({"type": "llm_call", "cost": 1e-9}, {"type": "llm_call", "cost": 12.000000001},
                                {"type": "rag_parallel", "time_saved_seconds": -2.5})
        self.wait("SELECT cost_usd, typeof(cost_nanousd), cost_nanousd FROM totals WHERE type = 'llm_call'",
                  [("12.000000002", "integer", 12_000_000_002)])
        self.wait("SELECT saved_seconds, saved_ns FROM totals WHERE type = 'rag_parallel'",
                  [("-2.500000000", -2_500_000_000)])

    def test_views_show_tags_and_what_was_assumed(self):
        self.zcostd.stop()
        self.zcostd.config_path.write_text(OFTEN + "baseline\n    per_query_usd = 0.035\n"
                                           "tags\n    key = team\n    key = env\n")
        self.zcostd.start()
        self.zcostd.push_events(
            {"type": "llm_call", "cost": 1, "tags": {"team": "search", "env": "prod", "ignored": "x"}},
            {"type": "llm_call", "cost": 2, "tags": {"env": "prod", "team": "search"}},
            {"type": "llm_call", "cost": 4, "tags": {"team": "it's \"ours\""}},
            {"type": "llm_call", "cost": 8, "latency_ms": 12.5},
            {"type": "query_router", "tier": "simple", "cost": 0.01},
            {"type": "query_router", "tier": "simple", "model": "acme-full", "input_tokens": 1_000_000})
        self.wait("SELECT tags, cost_usd FROM totals WHERE type = 'llm_call' ORDER BY cost_nanousd",
                  [('{"env":"prod","team":"search"}', "3.000000000"), ('{"team":"it\'s \\"ours\\""}', "4.000000000"),
                   ("{}", "8.000000000")])
        for view in ("minutes", "quarters", "days", "totals"):
            self.assertEqual(self.ask(f"SELECT sum(cost_nanousd) FROM {view} WHERE tags ->> 'team' = 'search'"),
                             [(3_000_000_000,)])
            self.assertEqual(self.ask("SELECT sum(assumed_cost_nanousd), sum(assumed_baseline_nanousd), sum(measured) "
                                      f"FROM {view} WHERE type = 'query_router'"), [(10_000_000, 35_000_000, 1)])
        self.assertEqual(self.ask("SELECT assumed_baseline_usd FROM totals WHERE assumed_baseline_nanousd > 0"),
                         [("0.035000000",)])
        for table in ("minute", "quarter", "day", "ever"):
            self.assertEqual(self.ask(f"SELECT count(latencies), count(*) > 1 FROM {table}"), [(1, 1)])

    def test_the_shell_shows_it_without_us(self):
        """Views use nothing that sqlite3 itself has not."""
        self.zcostd.push_events({"type": "llm_call", "cost": 1, "service": "chat"})
        self.wait("SELECT count(*) FROM totals", [(1,)])
        shell = shutil.which("sqlite3")
        if not shell:
            self.skipTest("sqlite3 (the shell) is not installed")
        for view in ("minutes", "quarters", "days", "totals"):
            done = subprocess.run([shell, "-readonly", self.zcostd.data / "ledger.db",
                                   f"SELECT service, tags, cost_usd, prompt_saved_usd FROM {view}"],
                                  capture_output=True, text=True, timeout=30 * PATIENCE)
            self.assertEqual((done.stdout, done.stderr), ("chat|{}|1.000000000|0.000000000\n", ""))

    def test_old_events_are_kept_in_the_next_coarser_buckets(self):
        day = 86_400_000
        ages = {"now": 0, "three days": 3 * day, "two years": 730 * day}
        self.zcostd.push_events(*[{"type": "llm_call", "service": name, "cost": 1, "ts": now_ms() - age}
                                  for name, age in ages.items()])
        self.wait("SELECT count(*) FROM totals", [(3,)])
        services = [{row[0] for row in self.ask(f"SELECT service FROM {view}")}
                    for view in ("minutes", "quarters", "days")]
        self.assertEqual(services, [{"now"}, {"now", "three days"}, set(ages)])

    def test_a_reader_that_dwells_holds_nobody_up(self):
        self.zcostd.push(GOOD)
        self.wait("SELECT sum(events) FROM totals", [(1,)])
        self.db.execute("BEGIN")
        self.ask("SELECT * FROM totals")
        other = sqlite3.connect(f"file:{self.zcostd.data}/ledger.db?mode=ro", uri=True)
        self.addCleanup(other.close)
        for n in range(2, 12):
            self.zcostd.push(GOOD)
            self.zcostd.settle(n)
            time.sleep(0.06)
        self.assertEqual(self.ask("SELECT sum(events) FROM totals"), [(1,)])
        self.db.execute("COMMIT")
        self.wait("SELECT sum(events) FROM totals", [(11,)])
        self.zcostd.restart()
        self.assertEqual(self.total(self.zcostd)[0], 11)

    def test_it_says_what_it_is(self):
        self.assertNotEqual(self.ask("PRAGMA application_id"), [(0,)])
        self.assertGreaterEqual(self.ask("PRAGMA user_version")[0][0], 1)
        self.assertEqual(self.ask("PRAGMA integrity_check"), [("ok",)])

    def test_a_later_version_is_refused(self):
        self.zcostd.stop()
        self.db.close()
        with sqlite3.connect(self.zcostd.data / "ledger.db") as db:
            db.execute("PRAGMA user_version = 99")
        db.close()
        self.zcostd.start(ready=False)
        self.assertFalse(self.zcostd.is_ready())
        self.assertEqual(self.zcostd.wait_exit(), 1)
        self.assertIn("99", self.zcostd.log_text())


class Retention(Kept):
    def test_what_is_past_its_retention_goes_and_the_totals_stay(self):
        zcostd = self.daemon(config=OFTEN)
        zcostd.push_events({"type": "query_router", "cost": 1, "ts": now_ms() - 2 * 3_600_000},
                           {"type": "query_router", "cost": 1})
        zcostd.settle(2)
        zcostd.stop()
        self.assertEqual(self.counts(zcostd), (2, 2, 2, 2))
        zcostd.config_path.write_text(OFTEN + "retention\n    minutes = 1h\n")
        zcostd.start()
        self.durable(zcostd, GOOD)
        deadline = time.monotonic() + 10 * PATIENCE
        while self.counts(zcostd) != (2, 3, 3, 3) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.counts(zcostd), (2, 3, 3, 3))
        self.assertEqual(self.total(zcostd), (3, "3.000000000"))

    def counts(self, zcostd):
        db = sqlite3.connect(f"file:{zcostd.data}/ledger.db?mode=ro", uri=True)
        try:
            return tuple(db.execute(f"SELECT sum(events) FROM {view}").fetchone()[0]
                         for view in ("minutes", "quarters", "days", "totals"))
        finally:
            db.close()


if __name__ == "__main__":
    unittest.main()
