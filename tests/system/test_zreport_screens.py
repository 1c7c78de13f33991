# SPDX-License-Identifier: MPL-2.0
"""What zreport shows of the real daemon, and what it must not show."""
import json
import re
import unittest

from harness import Daemon, TestCase
from zreport_peer import answering, zreport

EVENTS = (
    [{"type": "query_router", "tier": "simple", "cost": 0.0016}] * 3
    + [{"type": "query_router", "tier": "complex", "cost": 1234.5, "input_tokens": 10, "output_tokens": 2}]
    + [{"type": "llm_call", "model": "gpt-4o", "input_tokens": 1000, "output_tokens": 100}]
    + [{"type": "llm_call", "model": "no-such-model", "input_tokens": 7}] * 2
    + [{"type": "embedding_cache", "hit": True}] * 3
    + [{"type": "embedding_cache"}]
    + [{"type": "rag_parallel", "time_saved_seconds": 2.5}]
)


class Report(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon_ = cls.enterClassContext(Daemon(interval=0.2))
        cls.daemon_.push_events(*EVENTS)
        cls.daemon_.push(b"\x81\xa7service\xa3abc", b"\xc1")
        cls.daemon_.settle(len(EVENTS) + 2)

    def ask(self, *args, **more):
        done = zreport(*args, "--endpoint", self.daemon_.endpoint("query"), **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_json_equals_the_report(self):
        def still(report):
            report.pop("timestamp")
            return {**report, "zcost": {k: v for k, v in report["zcost"].items() if k not in ("sequence", "until")}}
        self.assertEqual(still(json.loads(self.ask("--json"))), still(self.daemon_.report()))
        self.assertEqual(json.loads(self.ask("report", "--json"))["query_router"]["total_cost_usd"], "1234.504800000")

    def test_the_table_says_what_was_spent_and_saved(self):
        table = self.ask()
        self.assertRegex(table, r"(?m)^Spent +\$1,234\.5083\+$")  # and 0.0035 for the one call with a price
        self.assertRegex(table, r"(?m)^  query router +\$1,234\.5048 +4 queries$")
        self.assertRegex(table, r"(?m)^  other calls +\$0\.003500\+ +3 calls$")
        self.assertRegex(table, r"(?m)^  routing +-\$1,234\.\d{4} +gpt-4o alone costs less, \$0\.1002 assumed$")
        self.assertRegex(table, r"(?m)^simple +3  75\.0% +\$0\.004800 +\$0\.001600 +gpt-4o-mini$")
        self.assertRegex(table, r"(?m)^medium +0 +0\.0% +\$0\.0000 +- +gpt-4\.1-mini$")
        self.assertRegex(table, r"(?m)^Embedding cache +4 requests: 3 hit, 1 missed$")
        self.assertRegex(table, r"(?m)^RAG preloads +1, 2\.50 s saved on average \(all measured\)$")
        self.assertRegex(table, rf"(?m)^Events +{len(EVENTS)} accepted$")

    def test_what_is_assumed_is_never_cut_off(self):
        for columns in (40, 60, 70, 80, 100, 200):
            table = self.ask(columns=columns)
            self.assertRegex(table, r"(?m)^  routing .* \$0\.1002 assumed$|^    of that assumed +\$0\.1002$")

    def test_what_is_wrong_is_named(self):
        table = self.ask()
        self.assertRegex(table, r"(?m)^! Rejected +2, not counted above")
        self.assertRegex(table, r"(?m)^! Unpriced +2 events ")
        self.assertRegex(table, r"(?m)^  no-such-model +2$")
        self.assertNotIn("! Lost", table)
        self.assertNotIn("! Dropped", table)

    def test_it_keeps_to_the_width(self):
        commands = (["report"], ["report", "--service", "s" * 100], ["health"], ["rejects"], ["price", "gpt-4o"],
                    ["price", "claude-sonnet-4-5"], ["ping"])
        for columns in (40, 60, 80, 120):
            for command in commands:
                for line in self.ask(*command, columns=columns).splitlines():
                    self.assertLessEqual(len(line), columns, command)

    def test_a_narrow_screen_shows_the_columns_that_matter(self):
        narrow = self.ask(columns=40)
        self.assertRegex(narrow, r"(?m)^Tier +queries +cost +model$")
        self.assertRegex(narrow, r"(?m)^simple +3 +\$0\.004800 +gpt-4o\S*$")
        for columns in (60, 80):
            self.assertRegex(self.ask(columns=columns), r"(?m)^Tier +queries +share +cost +per query +model$")
        rejects = self.ask("rejects", columns=40)
        self.assertRegex(rejects, r"(?m)^  time \(UTC\) +reason +detail$")

    def test_ascii_alone_where_the_locale_has_no_more(self):
        for command in (["report"], ["health"], ["rejects"]):
            self.assertTrue(self.ask(*command, locale="C", columns=40).isascii())

    def test_health(self):
        health = json.loads(self.ask("health", "--json"))
        self.assertEqual(health["events"], self.daemon_.health()["events"])
        self.assertEqual(health["rejected"]["malformed"], 1)
        table = self.ask("health")
        self.assertRegex(table, rf"(?m)^Events +{len(EVENTS)} accepted, 2 rejected, 0 duplicate, 0 lost, 0 dropped$")
        self.assertRegex(table, r"(?m)^! Rejected +malformed 1, missing_type 1$")
        self.assertRegex(table, r"(?m)^  no-such-model +2$")
        for label in ("zcostd", "Up", "Memory", "Cells", "Producers", "Journal", "Store"):
            self.assertRegex(table, rf"(?m)^{label} ")

    def test_rejects_newest_first(self):
        rows = json.loads(self.ask("rejects", "--json"))["rows"]
        self.assertEqual([row["reason"] for row in rows], ["malformed", "missing_type"])
        self.assertEqual([row["head"] for row in rows], ["c1", "81a773657276696365a3616263"])
        self.assertEqual(len(json.loads(self.ask("rejects", "--json", "--limit", "1"))["rows"]), 1)
        table = self.ask("rejects", columns=120).splitlines()
        self.assertRegex(table[1], r"malformed .* \\xc1$")
        self.assertRegex(table[2], r"missing_type .* \\x81\\xa7service\\xa3abc$")

    def test_price(self):
        table = self.ask("price", "openai/gpt-4o-2024-08-06")
        self.assertRegex(table, r"(?m)^Priced as +\S+")
        self.assertRegex(table, r"(?m)^  input +\$\d+\.\d\d")
        self.assertRegex(table, r"(?m)^  output +\$\d+\.\d\d")
        self.assertRegex(self.ask("price", "no-such-model"), r"(?m)^! Unpriced ")

    def test_ping(self):
        pong = json.loads(self.ask("ping", "--json"))
        self.assertEqual(pong["protocol"], 1)
        table = self.ask("ping")
        self.assertIn(pong["version"], table)
        self.assertRegex(table, r"(?m)^Round trip +\d+\.\d\d ms$")


class Delivery(TestCase):
    """What came twice, never came, or was never sent stands beside what was counted."""

    def table(self, **events):
        with answering({"zcost": {"events": {"accepted": 1000, "rejected": 0, **events}}}) as peer:
            done = zreport("--endpoint", peer.endpoint)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_all_is_well(self):
        self.assertRegex(self.table(duplicate=0, lost=0, dropped=0),
                         r"(?m)^Events +1,000 accepted, none rejected, lost or dropped$")

    def test_what_came_again_is_no_trouble(self):
        table = self.table(duplicate=40)
        self.assertRegex(table, r"(?m)^Events +1,000 accepted, 40 sent again and counted once, none\s+rejected,\s+lost "
                                r"or dropped$")
        self.assertNotIn("!", table)

    def test_what_is_missing_is(self):
        table = self.table(duplicate=2, lost=3, dropped=1204)
        self.assertRegex(table, r"(?m)^Events +1,000 accepted, 2 sent again and counted once$")
        self.assertRegex(table, r"(?m)^! Lost +3 sent but never arrived$")
        self.assertRegex(table, r"(?m)^! Dropped +1,204, because a service's queue was full$")


class Services(TestCase):
    """A report of one service says nothing of the others."""

    @classmethod
    def setUpClass(cls):
        cls.daemon_ = cls.enterClassContext(Daemon())
        cls.daemon_.push_events(
            *[{"type": "llm_call", "service": "dear", "model": "no-such-model", "input_tokens": 7}] * 2,
            {"type": "llm_call", "service": "cheap", "cost": 0.5},
            {"type": "embedding_cache", "service": "search", "hit": True, "model": "no-such-embedding",
             "input_tokens": 7})
        cls.daemon_.push(b"\xc1")
        cls.daemon_.settle(5)

    def ask(self, *args):
        done = zreport("report", *args, "--endpoint", self.daemon_.endpoint("query"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_the_head_names_the_service(self):
        table = self.ask("--service", "cheap")
        self.assertRegex(table, r"(?m)\Azcost at .*\nsince .*\nService +cheap\n\nSpent +\$0\.5000$")
        self.assertNotIn("Service", self.ask())
        self.assertRegex(self.ask("--service", "\x1b[2J"), r"(?m)^Service +\\x1b\[2J$")

    def test_others_unpriced_models_are_not_blamed_on_it(self):
        for service in ("cheap", "search", "never-seen"):
            table = self.ask("--service", service)
            for other in ("! Unpriced", "! Estimated", "no-such"):
                self.assertNotIn(other, table, service)
        table = self.ask("--service", "dear")
        self.assertRegex(table, r"(?m)^! Unpriced +2 events of models without a known price: .*$")
        self.assertRegex(table, r"(?m)^  to see which, of all services: zreport health$")
        self.assertNotIn("no-such", table)
        self.assertNotIn("! Estimated", table)

    def test_counts_of_the_whole_daemon_say_so(self):
        table = self.ask("--service", "cheap")
        self.assertRegex(table, r"(?m)^Events +4 of all services accepted$")
        self.assertRegex(table, r"(?m)^! Rejected +1 of all services, not counted above: ")
        self.assertNotIn("all services", self.ask())


class Savings(TestCase):
    """What the embedding cache saved."""

    def table(self, daemon):
        done = zreport("--endpoint", daemon.endpoint("query"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_it_is_the_exact_sum_rounded_once(self):
        nano = {"mode": "embedding", "input_cost_per_token": 1e-9}  # a token is a nano-dollar
        baseline = {"mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6}
        daemon = self.daemon(prices=json.dumps({"nano": nano, "gpt-4o": baseline}))
        for events, (tokens, exact, shown) in enumerate((
                (7, "0.000000007", "0.000000007"),  # nothing of it is left in the report's four decimals
                (12_344_993, "0.012345000", "0.0123"),
                (5_000, "0.012350000", "0.0124")), 1):
            daemon.push_events({"type": "embedding_cache", "hit": True, "model": "nano", "input_tokens": tokens})
            daemon.settle(events)
            self.assertEqual(daemon.report()["embedding_cache"]["estimated_cost_saved_usd"], exact)
            self.assertRegex(self.table(daemon), rf"(?m)^  embedding cache +\${re.escape(shown)} +100\.0% of requests")

    def test_the_exact_value_beats_the_rounded_one(self):
        cache = {"total_requests": 1, "estimated_cost_saved": 12.3456}
        for exact, shown in (({"estimated_cost_saved_usd": "12.345650000"}, "12.3457"), ({}, "12.3456")):
            with answering({"embedding_cache": {**cache, **exact}}) as peer:
                done = zreport("--endpoint", peer.endpoint)
                self.assertRegex(done.stdout, rf"(?m)^  embedding cache +\${re.escape(shown)} ")

    def test_hits_without_a_price_do_not_make_the_spend_too_low(self):
        daemon = self.daemon()
        daemon.push_events(*[{"type": "embedding_cache", "hit": True, "model": "no-such-embedding",
                              "input_tokens": 7}] * 3)
        daemon.settle(3)
        table = self.table(daemon)
        self.assertNotIn("too low", table)
        self.assertNotIn("! Unpriced", table)
        self.assertRegex(table, r"(?m)^! Estimated +3 embedding events of models without a known price: ")
        self.assertRegex(table, r"(?m)^  no-such-embedding +3$")
        self.assertRegex(table, r"(?m)^  embedding cache +\$0\.000300 ")
        daemon.push_events({"type": "llm_call", "model": "no-such-model", "input_tokens": 7})
        daemon.settle(4)
        table = self.table(daemon)
        self.assertRegex(table, r"(?m)^! Unpriced +1 event of models without a known price: [^!]* too\s+low$")
        self.assertRegex(table, r"(?m)^! Estimated +3 embedding events ")


class Health(TestCase):
    def test_the_last_drain_in_words(self):
        for queues, told in (({"last_drain_frames": 12, "last_drain_bytes": 3072}, r"Last drain +12 frames, 3\.0 KiB"),
                             ({"last_drain_frames": 1, "last_drain_bytes": 40}, r"Last drain +1 frame, 40 bytes"),
                             ({"web": 3}, r"Queues +web 3")):
            with answering({"queues": queues}) as peer:
                done = zreport("health", "--endpoint", peer.endpoint)
                self.assertRegex(done.stdout, rf"(?m)^{told}$")
                self.assertEqual(len(re.findall("(?m)^(?:Last drain|Queues) ", done.stdout)), 1)

    def test_the_daemons_own_words_are_known(self):
        daemon = self.daemon()
        done = zreport("health", "--endpoint", daemon.endpoint("query"))
        self.assertRegex(done.stdout, r"(?m)^Last drain +\d+ frames?, \d+ bytes$")
        self.assertNotIn("Queues", done.stdout)


class Empty(TestCase):
    def test_a_ledger_without_events_is_no_riddle(self):
        daemon = self.daemon()
        done = zreport("--endpoint", daemon.endpoint("query"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"(?m)^Spent +\$0\.0000$")
        self.assertIn("no requests yet", done.stdout)
        self.assertNotIn("!", done.stdout)
        done = zreport("rejects", "--endpoint", daemon.endpoint("query"))
        self.assertEqual(done.stdout, "nothing was rejected\n")


class Hostile(TestCase):
    """What services send reaches a person's terminal as text only."""

    def test_names_steer_no_terminal(self):
        daemon = self.daemon()
        names = ["\x1b]0;owned\x07", "a\nb", "\u202egnp.exe", "\x9b31m", "x" * 128, "nul\0nul"]
        daemon.push_events(*({"type": "llm_call", "model": name, "input_tokens": 1} for name in names))
        daemon.push(b"\x81\xa4type\xa5\x1b[31m")
        daemon.settle(len(names) + 1)
        for command in ("report", "health", "rejects"):
            for flags in ([], ["--json"]):
                done = zreport(command, *flags, "--endpoint", daemon.endpoint("query"))
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual(re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stdout), [])
        done = zreport("health", "--endpoint", daemon.endpoint("query"))
        self.assertIn("\\x1b]0;owned\\x07", done.stdout)


if __name__ == "__main__":
    unittest.main()
