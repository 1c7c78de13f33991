# SPDX-License-Identifier: MPL-2.0
"""zreport against the real daemon, and against peers that misbehave as a daemon never does."""
import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
import unittest

import msgpack
import zmq

from harness import PATIENCE, Daemon, TestCase, executable, run

NOWHERE = "tcp://127.0.0.1:1"
EVENTS = (
    [{"type": "query_router", "tier": "simple", "cost": 0.0016}] * 3
    + [{"type": "query_router", "tier": "complex", "cost": 1234.5, "input_tokens": 10, "output_tokens": 2}]
    + [{"type": "llm_call", "model": "gpt-4o", "input_tokens": 1000, "output_tokens": 100}]
    + [{"type": "llm_call", "model": "no-such-model", "input_tokens": 7}] * 2
    + [{"type": "embedding_cache", "hit": True}] * 3
    + [{"type": "embedding_cache"}]
    + [{"type": "rag_parallel", "time_saved_seconds": 2.5}]
)


def zreport(*args, columns=80, locale="C.UTF-8", **more):
    environment = {**os.environ, "COLUMNS": str(columns), "LC_ALL": locale, "TERM": "xterm"}
    return run("zreport", *args, env=environment, **more)


def on_terminal(*args, columns=80, rows=50, until=None, **environment):
    """What zreport writes to a terminal of its own; ended by Ctrl-C where `until` is a text to wait
    for. Returns exit code and text."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm", **environment}
    process = subprocess.Popen([executable("zreport"), *args], stdin=theirs, stdout=theirs, stderr=theirs,
                               env=environment, start_new_session=True,
                               preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(theirs)
    text = b""
    try:
        with contextlib.suppress(OSError):  # the terminal's end, once zreport has left it
            while data := os.read(ours, 65536):
                text += data
                if until and until.encode() in text:
                    os.write(ours, b"\x03")
                    until = None
        return process.wait(10 * PATIENCE), text.decode()
    finally:
        process.kill()
        process.wait()
        os.close(ours)


class Usage(TestCase):
    def test_help_and_version_are_on_stdout(self):
        for option, expected in (("--help", "Usage: zreport"), ("--version", "zreport 0.")):
            done = zreport(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(done.stdout.startswith(expected), done.stdout)

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
        self.assert_gives_up(daemon.endpoint("publish"), "no query endpoint")
        self.assert_gives_up(daemon.endpoint("ingest"), "no query endpoint")


class StandIn:
    """A ROUTER that answers every question with the same frames, or with those that `frames` of the question
    returns; not at all where the one frame is None."""

    def __init__(self, *frames):
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.linger = 0
        self._socket.rcvtimeo = 50
        self._frames = frames
        self.endpoint = f"tcp://127.0.0.1:{self._socket.bind_to_random_port('tcp://127.0.0.1')}"
        self.questions = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self):
        while not self._ended.is_set():
            with contextlib.suppress(zmq.Again):
                peer, empty, question = self._socket.recv_multipart()
                self.questions.append(msgpack.unpackb(question))
                frames = self._frames
                if callable(frames[0]):
                    frames = frames[0](self.questions[-1])
                if frames != (None,):
                    self._socket.send_multipart([peer, empty, *frames])

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        self._context.destroy(linger=0)


def answering(result):
    return StandIn(msgpack.packb({"ok": True, "query": "report", "result": result}))


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
                self.assertRegex(done.stderr, r"\Azreport: the reply of tcp://[^\n]+\n\Z")

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
        self.assertRegex(table, r"(?m)^Spent +\$1,234\.5083$")  # and 0.0035 for the one call with a price
        self.assertRegex(table, r"(?m)^  query router +\$1,234\.5048 +4 queries$")
        self.assertRegex(table, r"(?m)^  other calls +\$0\.003500 +3 calls$")
        self.assertRegex(table, r"(?m)^  routing +-\$1,234\.\d{4} +gpt-4o alone costs less$")
        self.assertRegex(table, r"(?m)^simple +3  75\.0% +\$0\.004800 +\$0\.001600 +gpt-4o-mini$")
        self.assertRegex(table, r"(?m)^medium +0 +0\.0% +\$0\.0000 +- +gpt-4\.1-mini$")
        self.assertRegex(table, r"(?m)^Embedding cache +4 requests: 3 hit, 1 missed$")
        self.assertRegex(table, r"(?m)^RAG preloads +1, 2\.50 s saved on average \(all measured\)$")
        self.assertRegex(table, rf"(?m)^Events +{len(EVENTS)} accepted$")

    def test_what_is_wrong_is_named(self):
        table = self.ask()
        self.assertRegex(table, r"(?m)^! Rejected +2 not counted above")
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
        self.assertRegex(table, rf"(?m)^Events +accepted {len(EVENTS)}, rejected 2, ")
        self.assertRegex(table, r"(?m)^! Rejected +malformed 1, ")
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
        self.assertRegex(table, r"(?m)^! Rejected +1 of all services not counted above: ")
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


class Terminal(TestCase):
    def test_colour_on_a_terminal_alone(self):
        daemon = self.daemon()
        args = ["--endpoint", daemon.endpoint("query")]
        self.assertNotIn("\x1b", zreport(*args).stdout)
        code, text = on_terminal(*args)
        self.assertEqual(code, 0)
        self.assertIn("\x1b[1m", text)
        for setting in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            code, text = on_terminal(*args, **setting)
            self.assertEqual(code, 0)
            self.assertNotIn("\x1b", text)

    def test_the_terminals_width_counts(self):
        daemon = self.daemon()
        for columns in (60, 100):
            _, text = on_terminal("--endpoint", daemon.endpoint("query"), columns=columns, COLUMNS="70", NO_COLOR="1")
            self.assertEqual(len(text.splitlines()[0]), columns)

    def test_watch_redraws_and_ends_on_ctrl_c(self):
        daemon = self.daemon(interval=0.1)
        code, text = on_terminal("watch", "--endpoint", daemon.endpoint("publish"), until="Events")
        self.assertEqual(code, 0)
        self.assertIn("\x1b[H\x1b[2J", text)
        self.assertNotIn("\x1b[?25l", text, "a cursor that was never hidden needs no one to restore it")

    def test_watch_does_not_scroll_a_low_terminal(self):
        daemon = self.daemon(interval=0.1)
        code, text = on_terminal("watch", "--count", "2", "--endpoint", daemon.endpoint("publish"), rows=8)
        self.assertEqual(code, 0)
        frame = text.split("\x1b[H")[-1]
        self.assertLessEqual(frame.count("\n"), 8)
        self.assertIn("below the window", frame)


class Watch(TestCase):
    def test_the_first_snapshot_comes_at_once(self):
        daemon = self.daemon(interval=30)
        done = zreport("watch", "--count", "1", "--endpoint", daemon.endpoint("publish"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"(?m)^Spent ")
        self.assertNotIn("\x1b", done.stdout)

    def test_json_is_one_line_a_snapshot(self):
        daemon = self.daemon(interval=0.1)
        done = zreport("watch", "--json", "--count", "3", "--endpoint", daemon.endpoint("publish"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        reports = [json.loads(line) for line in done.stdout.splitlines()]
        sequences = [report["zcost"]["sequence"] for report in reports]
        self.assertEqual(len(reports), 3)
        self.assertEqual(sequences, sorted(set(sequences)))

    def start(self, *args):
        process = subprocess.Popen([executable("zreport"), "watch", *args], stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.enterContext(process)
        self.addCleanup(process.kill)
        return process

    def test_signals_end_it_well(self):
        daemon = self.daemon(interval=0.1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.start("--json", "--endpoint", daemon.endpoint("publish"))
            self.assertIn("query_router", process.stdout.readline())
            process.send_signal(number)
            _, stderr = process.communicate(timeout=10 * PATIENCE)
            self.assertEqual((process.returncode, stderr), (0, ""))

    def test_nobody_there_is_one_line_within_the_timeout(self):
        daemon = self.daemon()
        for endpoint in (NOWHERE, "ipc:///nonexistent/zcost", daemon.endpoint("query")):
            for flags in ([], ["--json"]):
                with self.subTest(endpoint=endpoint, flags=flags):
                    start = time.monotonic()
                    done = zreport("watch", *flags, "--timeout", "0.5", "--endpoint", endpoint)
                    self.assertLess(time.monotonic() - start, 0.5 + 1.5 * PATIENCE)
                    self.assertEqual((done.returncode, done.stdout), (1, ""))
                    self.assertRegex(done.stderr, r"\Azreport: [^\n]+\n\Z")
                    self.assertIn(f"no snapshot from {endpoint} within 0.5 s", done.stderr)

    def test_nobody_there_leaves_a_terminal_as_it_was(self):
        code, text = on_terminal("watch", "--timeout", "0.3", "--endpoint", NOWHERE)
        self.assertEqual(code, 1)
        self.assertRegex(text, r"\Azreport: no snapshot from [^\n]+\n\Z")

    def test_silence_after_a_snapshot_is_told_once_and_waited_out(self):
        daemon = self.daemon(interval=0.1)
        endpoint = daemon.endpoint("publish")
        process = self.start("--json", "--timeout", "0.2", "--endpoint", endpoint)
        self.assertIn("query_router", process.stdout.readline())
        daemon.stop()
        self.assertRegex(process.stderr.readline(), rf"\Azreport: no snapshot from {endpoint} for .*; waiting\n\Z")
        time.sleep(0.7)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=10 * PATIENCE)
        self.assertEqual((process.returncode, stderr), (0, ""))

    def test_a_daemon_that_comes_back_is_seen(self):
        path = "ipc://{dir}/publish"
        with Daemon(bind={"publish": [path]}, interval=0.1) as first:
            endpoint = first.endpoint("publish")
            process = self.start("--json", "--endpoint", endpoint)
            before = json.loads(process.stdout.readline())["zcost"]["incarnation"]
            first.stop()
            with Daemon(bind={"publish": [endpoint]}, interval=0.1):
                while json.loads(process.stdout.readline())["zcost"]["incarnation"] == before:
                    pass

    def test_bad_snapshots_are_an_error_line_and_other_topics_nothing(self):
        context = zmq.Context()
        self.addCleanup(context.destroy, linger=0)
        publisher = context.socket(zmq.XPUB)
        self.addCleanup(publisher.close)
        publisher.rcvtimeo = 10_000 * PATIENCE
        port = publisher.bind_to_random_port("tcp://127.0.0.1")
        process = self.start("--json", "--count", "1", "--endpoint", f"tcp://127.0.0.1:{port}")
        self.assertEqual(publisher.recv(), b"\1snapshot")
        for frames in ([b"snapshots", b"\x80"], [b"snapshot"], [b"snapshot", b"\xc1"], [b"snapshot", b"\x01"],
                       [b"snapshot", b"\x80", b""], [b"snapshot", b""], [b"snapshot", b"\x81\xa2hi\x01"]):
            publisher.send_multipart(frames)
            time.sleep(0.02)  # below zreport's high-water mark
        stdout, stderr = process.communicate(timeout=10 * PATIENCE)
        self.assertEqual((process.returncode, stdout), (0, '{"hi":1}\n'))
        self.assertEqual(stderr.count("zreport: a snapshot of"), 5)
        self.assertEqual(stderr.count("\n"), 5)


if __name__ == "__main__":
    unittest.main()
