# SPDX-License-Identifier: MPL-2.0
"""zreport's command line, and zreport against peers that are away or misbehave as a daemon never does."""
import json
import re
import subprocess
import time
import unittest

import msgpack

from harness import PATIENCE, TestCase, executable
from zreport_peer import NOWHERE, Misnumbering, StandIn, answering, zreport


class Usage(TestCase):
    def test_help_and_version_are_on_stdout(self):
        for option, expected in (("--help", "Usage: zreport"), ("--version", "zreport 0.")):
            done = zreport(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(done.stdout.startswith(expected), done.stdout)

    def test_each_command_has_its_own_help(self):
        everything = zreport("--help").stdout
        commands = re.findall(r"(?m)^  (\w+)(?: MODEL)? {2,}\S", everything.split("Options:")[0])
        self.assertEqual(len(commands), 15)
        options = set(re.findall(r"(?m)^  (--[a-z]+)", everything))
        found = set()
        for command in commands:
            for args in ([command, "--help"], ["--help", command]):
                done = zreport(*args)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertTrue(done.stdout.startswith(f"Usage: zreport {command}"), done.stdout)
                self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)
            own = set(re.findall(r"(?m)^  (--[a-z]+)", done.stdout))
            found |= own
            for option in options - own:
                value = [] if option == "--json" else ["1"]
                model = ["m"] if command == "price" else []
                refused = zreport(command, *model, option, *value)
                self.assertEqual((refused.returncode, refused.stdout), (2, ""), (command, option))
        self.assertEqual(found, options)

    def test_a_mistake_is_one_line_that_names_it(self):
        for args, named in (
            (["--colour"], "'--colour'"),
            (["-x"], "'-x'"),
            (["-xy"], "'-xy'"),
            (["ping", "-é"], "'-é'"),
            (["--json=3"], "--json takes no value"),
            (["--help=foo"], "--help takes no value"),
            (["--timeout"], "--timeout"),
            (["--timeout", "soon"], "'soon'"),
            (["--timeout", "0"], "'0'"),
            (["--timeout", "-1"], "'-1'"),
            (["--timeout", "nan"], "'nan'"),
            (["--timeout", "inf"], "'inf'"),
            (["--timeout", "0x10"], "'0x10'"),
            (["--timeout", " 5"], "' 5'"),
            (["rejects", "--limit", "0"], "'0'"),
            (["rejects", "--limit", "3x"], "'3x'"),
            (["report", "--limit", "3"], "--limit"),
            (["health", "--count", "3"], "--count"),
            (["price"], "model"),
            (["price", b"\xff"], "UTF-8"),
            (["bill"], "'bill'"),
            (["report", "--by", "model"], "report takes no --by"),
            (["health", "--timezone", "UTC"], "health takes no --timezone"),
            (["daily", "--step", "1h"], "daily takes no --step"),
            (["top", "--service", "a"], "top takes no --service"),
            (["budgets", "--where", "model=a"], "budgets takes no --where"),
            (["budgets", "--timezone", "UTC"], "budgets takes no --timezone"),
            (["daily", "--timezone", ""], "''"),
            (["statusline", "--since", "1d"], "statusline takes no --since"),
            (["report", "--query", "tcp://x:1"], "report takes no --query"),
            (["daily", "--timezone", "Europe/Madird"], "'Europe/Madird'"),
            (["daily", "--timezone", "../../etc/passwd"], "'../../etc/passwd'"),
            (["daily", "--since", "soon"], "'soon'"),
            (["daily", "--since", "2026-02-30"], "'2026-02-30'"),
            (["daily", "--since", "3000-01-01"], "empty"),
            (["daily", "--since", "1d", "--until", "2d"], "empty"),
            (["daily", "--last", "7"], "'7'"),
            (["daily", "--last", "7d", "--since", "2d"], "--since and --last"),
            (["daily", "--until", "today"], "--until needs --since"),
            (["report", "--last", "7d", "--until", "today"], "--until needs --since"),
            (["series", "--step", "30"], "'30'"),
            (["series", "--step", "90s"], "'90s'"),
            (["top", "--by", ""], "--by: needs a name"),
            (["top", "--by", "model,"], "'model,'"),
            (["top", "--by", "model,tier,model"], "twice"),
            (["top", "--by", "a,b,c,d,e,f,g,h,i,j"], "more than 9"),
            (["top", "--by", b"\xff"], "UTF-8"),
            (["top", "--where", "model"], "NAME=VALUE"),
            (["top", "--where", "=x"], "has a name"),
            (["top", "--where", b"model=\xff"], "UTF-8"),
            (["top", "--where", "model=a", "--where", "model=b"], "repeats a name"),
            (["top", "--limit", "10001"], "10001"),
            (["export", "--format", "xml"], "'xml'"),
            (["export", "--format", "csv", "--json"], "--json"),
            (["statusline", "--format", "{today} {yesterday}"], "'{yesterday}'"),
            (["statusline", "--format", "{today"], "'{today'"),
            (["ping", "pong"], "'pong'"),
            (["--endpoint", "localhost"], "'localhost'"),
            (["--endpoint", "tcp://localhost"], "'tcp://localhost'"),
            (["watch", "--endpoint", "tcp://localhost"], "'tcp://localhost'"),
            (["watch", "--endpoint", "http://x"], "'http://x'"),
        ):
            with self.subTest(args=args):
                done = subprocess.run([executable("zreport"), *args], capture_output=True, text=True, timeout=10)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                self.assertRegex(done.stderr, r"\Azreport: [^\n]+\n\Z")
                self.assertIn(named, done.stderr)

    def test_a_report_that_cannot_be_written_is_a_failure(self):
        daemon = self.daemon()
        query, publish = (["--endpoint", daemon.endpoint(role)] for role in ("query", "publish"))
        for args in (["--help"], ["--version"], query, ["health", "--json", *query], ["watch", *publish]):
            with self.subTest(args=args), open("/dev/full", "w") as full:
                done = subprocess.run([executable("zreport"), *args], stdout=full, stderr=subprocess.PIPE, text=True,
                                      timeout=10 * PATIENCE)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, r"\Azreport: cannot write: [^\n]+\n\Z")


class Away(TestCase):
    """Nobody answers: one clear line and exit 1 within the timeout."""

    def assert_gives_up(self, endpoint, why, *args):
        start = time.monotonic()
        done = zreport(*args, "--endpoint", endpoint, "--timeout", "0.5")
        self.assertLess(time.monotonic() - start, 0.5 + 1.5 * PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, rf"\Azreport: [^\n]*{why}[^\n]*\n\Z")
        self.assertIn(endpoint, done.stderr)

    def test_no_daemon(self):
        for args in (["report"], ["health"], ["rejects"], ["price", "gpt-4o"], ["ping"], ["report", "--json"]):
            with self.subTest(args=args):
                self.assert_gives_up(NOWHERE, "no zcostd", *args)

    def test_no_such_ipc_path(self):
        self.assert_gives_up("ipc:///nonexistent/zcost", "no zcostd")

    def test_a_daemon_that_says_nothing(self):
        with StandIn(None) as peer:
            self.assert_gives_up(peer.endpoint, "no answer")

    def test_another_kind_of_endpoint(self):
        daemon = self.daemon()
        self.assert_gives_up(daemon.endpoint("publish"), "not a query endpoint")
        self.assert_gives_up(daemon.endpoint("ingest"), "not a query endpoint")


class Numbers(TestCase):
    """A reply that bears the number of no question answers none: what an older daemon or a broken relay sends."""
    RESULT = {"since": 0, "until": 2**53, "rows": [], "rows_left_out": 0, "total": {}, "budgets": []}
    OTHERS = {"another": lambda number: [b"\xff\xff\xff\x7f"], "none": lambda number: [],
              "longer": lambda number: [number + b"x"]}

    def test_other_numbers_are_an_error(self):
        for name, number in self.OTHERS.items():
            for command in ("ping", "top", "daily", "statusline", "export"):
                with self.subTest(name, command=command):
                    reply = msgpack.packb({"ok": True, "query": "x", "result": self.RESULT})
                    with Misnumbering(reply, number=number) as peer:
                        done = zreport(command, "--timeout", "2", "--endpoint", peer.endpoint)
                    self.assertEqual((done.returncode, done.stdout),
                                     (1, "zcost ?\n" if command == "statusline" else ""))
                    self.assertRegex(done.stderr, r"\Azreport: [^\n]*(does not carry the number of a query|"
                                                  r"no delimiter)[^\n]*\n\Z")

    def test_the_same_number_twice_is_an_error(self):
        reply = msgpack.packb({"ok": True, "query": "x", "result": self.RESULT})
        for command in ("statusline", "daily"):
            with self.subTest(command), Misnumbering(reply, number=lambda _: [bytes(4)], at_once=3) as peer:
                done = zreport(command, "--timeout", "2", "--endpoint", peer.endpoint)
                self.assertEqual(done.returncode, 1)
                self.assertIn("does not carry the number", done.stderr)

    def test_a_refusal_with_another_number_is_none_of_ours(self):
        refusal = msgpack.packb({"ok": False, "error": {"code": "bad_request", "message": "of someone else"}})
        with Misnumbering(refusal, number=self.OTHERS["another"]) as peer:
            done = zreport("ping", "--endpoint", peer.endpoint)
        self.assertIn("does not carry the number", done.stderr)


class Replies(TestCase):
    def test_a_reply_that_is_none_is_an_error_line(self):
        envelope = msgpack.packb({"ok": True, "query": "report", "result": {}})
        for name, frames in {
            "empty": [b""],
            "no msgpack": [b"\xc1"],
            "text": [b"HTTP/1.1 400 Bad Request"],
            "truncated": [envelope[:-1]],
            "more than one object": [envelope + b"\x01"],
            "two frames": [envelope, b""],
            "no map": [msgpack.packb([1, 2, 3])],
            "no envelope": [msgpack.packb({"query": "report"})],
            "no result": [msgpack.packb({"ok": True, "query": "report"})],
            "a result that is no map": [msgpack.packb({"ok": True, "result": 3})],
            "an error that is no map": [msgpack.packb({"ok": False, "error": "no"})],
            "ok that is no boolean": [msgpack.packb({"ok": 1, "result": {}})],
            "a key that is no string": [b"\x81\x01\x02"],
            "4 billion elements": [b"\xdd\xff\xff\xff\xff"],
            "4 billion bytes": [b"\xc6\xff\xff\xff\xff"],
            "10,000 deep": [b"\x91" * 10_000 + b"\xc0"],
            "2 million values": [b"\xdd\x00\x20\x00\x00" + bytes(0x200000)],
            "17 MiB": [msgpack.packb({"ok": True, "result": {"x": bytes(17 << 20)}})],
        }.items():
            with self.subTest(name), StandIn(*frames) as peer:
                done = zreport("--endpoint", peer.endpoint)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertRegex(done.stderr, r"\Azreport: (invalid|the) reply from tcp://[^\n]+\n\Z")

    def test_a_reply_beyond_all_bounds_is_not_received(self):
        with StandIn(bytes(80 << 20)) as peer:
            done = zreport("--endpoint", peer.endpoint, "--timeout", "2")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"\Azreport: [^\n]*no answer[^\n]*\n\Z")

    def test_a_refusal_is_the_daemons_own_words(self):
        refusal = {"ok": False, "error": {"code": "unavailable", "message": "not \x1b[31mtoday"}}
        with StandIn(msgpack.packb(refusal)) as peer:
            done = zreport("health", "--endpoint", peer.endpoint)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, "zreport: refused: not \\x1b[31mtoday (unavailable)\n")

    def test_a_report_is_shown_without_the_names_of_what_is_unpriced(self):
        report = {"ok": True, "query": "report", "result": {"llm_calls": {"unpriced_calls": 2}}}
        refusal = {"ok": False, "error": {"code": "unavailable", "message": "not today"}}
        with StandIn(lambda q: (msgpack.packb(report if q["query"] == "report" else refusal),)) as peer:
            done = zreport("--endpoint", peer.endpoint)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"(?m)^! Unpriced +2 events ")
        self.assertRegex(done.stdout, r"(?m)^  to see which: zreport health$")

    def test_json_is_exactly_the_result(self):
        result = {"z": 1, "a": {"usd": 0.1, "more": [0.0016, 37.5, -3, 2**63 - 1, -2**63], "none": None},
                  "truth": True, "name": "caf\u00e9 \u65e5\u672c \x1b[31m", "bin": b"\x81\xa4type", "": "", "list": []}
        with answering(result) as peer:
            done = zreport("--json", "--endpoint", peer.endpoint)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        result["bin"] = "81a474797065"
        self.assertEqual(json.loads(done.stdout), result)
        self.assertEqual(list(json.loads(done.stdout)), list(result), "the order is the daemon's")
        self.assertIn("0.1,", done.stdout)
        self.assertTrue(done.stdout.isascii())

    def test_questions_are_those_of_the_contract(self):
        for args, question in (
            (["report"], {"query": "report"}),
            ([], {"query": "report"}),
            (["health"], {"query": "health"}),
            (["rejects"], {"query": "rejects"}),
            (["report", "--service", "é"], {"query": "report", "service": "é"}),
            (["rejects", "--limit", "7"], {"query": "rejects", "limit": 7}),
            (["price", "gpt-4o"], {"query": "price", "model": "gpt-4o"}),
            (["price", "--", "--odd"], {"query": "price", "model": "--odd"}),
            (["ping"], {"query": "ping"}),
            (["budgets"], {"query": "budgets"}),
            (["report", "--since", "@60", "--until", "@90"], {"query": "report", "since": 60000, "until": 120000}),
            (["report", "--since", "2026-11-20T00:00", "--until", "2026-11-21T01:00Z", "--timezone", "Asia/Tokyo"],
             {"query": "report", "since": 1795100400000, "until": 1795222800000}),
            (["top", "--since", "@60"], {"query": "breakdown", "by": ["model"], "since": 60000}),
            (["top", "--by", "tier,team", "--where", "model=", "--where", "service=a=b", "--limit", "3",
              "--since", "@0"],
             {"query": "breakdown", "by": ["tier", "team"], "where": {"model": "", "service": "a=b"}, "limit": 3,
              "since": 0}),
            (["series", "--step", "5m", "--since", "@0", "--until", "@60"],
             {"query": "series", "by": [], "step": 300, "since": 0, "until": 60000}),
        ):
            with self.subTest(args=args), answering({}) as peer:
                self.assertEqual(zreport("--json", "--endpoint", peer.endpoint, *args).returncode, 0)
                self.assertEqual(peer.questions, [question])

    def test_an_unknown_result_is_shown_as_far_as_it_goes(self):
        odd = {"zcost": {"instance": 7, "since": -5, "until": 2**64 - 1, "events": {"lost": 2**64 - 1}},
               "query_router": {"total_queries": 2**63 - 1, "cost_breakdown": {"simple": 3, "\x1b[2J": {"queries": 1}},
                                "total_cost_usd": "9223372036.854775807", "savings_percent": "much",
                                "baseline": {"measured_queries": 2**63 - 1, "assumed_queries": 2**63 - 1}},
               "llm_calls": {"total_cost_usd": "9223372036.854775807", "unpriced_calls": 2**63 - 1},
               "rag_parallel": {"total_preloads": 1, "measured_preloads": -2**63}, "rows": [1, {"head": "zz"}],
               "unpriced": {"a": "many", "b": 2**64 - 1, "c": 2**64 - 1}, "rates": [], "uptime_seconds": 2**64 - 1}
        for result in ({}, odd):
            for command in (["report"], ["health"], ["rejects"], ["price", "x"], ["ping"]):
                with self.subTest(command=command, odd=result is odd), answering(result) as peer:
                    done = zreport("--endpoint", peer.endpoint, *command)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertNotIn("\x1b", done.stdout)


if __name__ == "__main__":
    unittest.main()
