# SPDX-License-Identifier: MPL-2.0
"""zreplay: traces arrive whole and exact, bad rows are named and cost nothing else, time is kept,
and no daemon's absence makes it hang."""
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time
import unittest

import msgpack
import zmq

from azure_oracle import AzureOracle
from harness import PATIENCE, ROOT, SHARED_DATA, TestCase, executable, run

LIMITS = (1000, 4000)
TIERS = ("--tiers", "1000,4000")


class Collector:
    """Stands in for zcostd: takes frames in and knows exactly which events they held."""

    def __init__(self):
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PULL)
        self.endpoint = f"tcp://127.0.0.1:{self._socket.bind_to_random_port('tcp://127.0.0.1')}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._context.destroy(linger=0)

    def poll(self, timeout_ms=5000):
        """Whether something has come, within the timeout."""
        return self._socket.poll(timeout_ms * PATIENCE)

    def events(self, quiet_ms=300):
        """All that has come and comes until it is quiet: dicts, their ts taken out and checked."""
        events = []
        while self.poll(quiet_ms):
            for item in msgpack.Unpacker(_Frame(self._socket.recv())):
                events += item if isinstance(item, list) else [item]
        for event in events:
            assert abs(event.pop("ts") / 1000 - time.time()) < 60 * PATIENCE, event
        return events


class _Frame:
    def __init__(self, data):
        self._data = data

    def read(self, size):
        data, self._data = self._data[:size], self._data[size:]
        return data


class ZreplayCase(TestCase):
    def setUp(self):
        super().setUp()
        self.dir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="zcost-test-")))

    def file(self, name, content):
        path = self.dir / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def replay(self, *args, stdin=b"", timeout=20):
        """Runs it to its end: .returncode, .stdout, .stderr."""
        return subprocess.run([executable("zreplay"), *map(str, args)], input=stdin, capture_output=True,
                              timeout=timeout * PATIENCE)

    def start(self, *args, stdin=subprocess.DEVNULL):
        process = subprocess.Popen([executable("zreplay"), *map(str, args)], stdin=stdin, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def played(self, *args, **more):
        """The events of a run that must succeed, as they arrive."""
        with Collector() as collector:
            done = self.replay("--endpoint", collector.endpoint, *args, **more)
            self.assertEqual((done.returncode, done.stdout), (0, b""), done.stderr)
            return collector.events()

    def played_badly(self, *args, **more):
        """The events of a run with bad rows, and what was said about those."""
        with Collector() as collector:
            done = self.replay("--endpoint", collector.endpoint, "--quiet", *args, **more)
            self.assertEqual(done.returncode, 1, done.stderr)
            return collector.events(), done.stderr.decode().splitlines()


class Exactness(ZreplayCase):
    """A trace played against the real daemon, and the same sums in a few lines of Python."""
    timeout = 60

    def compare(self, trace, prices_text, daemon, endpoint):
        done = run("zreplay", "--endpoint", endpoint, *TIERS, "--json", trace)
        self.assertEqual(done.returncode, 0, done.stderr)
        summary = json.loads(done.stdout)
        daemon.settle(summary["events"])
        report = daemon.report()
        models = {tier: row["model"] for tier, row in report["query_router"]["cost_breakdown"].items()}
        with open(trace, newline="", encoding="utf-8-sig") as lines:
            oracle = AzureOracle(lines, prices_text, LIMITS, models)
        self.assertEqual(summary["events"], oracle.rows)
        self.assertEqual((summary["bad_rows"], summary["not_handed_over"]), (0, 0))
        oracle.check(self, report)
        shown = run("zreport", "--endpoint", daemon.endpoint("query"), "--json")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        oracle.check(self, json.loads(shown.stdout))
        return oracle

    def compare_azure(self, bind, **more):
        trace, prices = SHARED_DATA / "azure_code.csv", SHARED_DATA / "prices.json"
        if not trace.exists() or not prices.exists():
            self.skipTest(f"{SHARED_DATA}/azure_code.csv and prices.json are not there")
        daemon = self.daemon("--data", "none", prices=prices.read_bytes(), bind=bind)
        oracle = self.compare(trace, prices.read_text(), daemon, daemon.endpoint("ingest"))
        self.assertEqual(oracle.rows, 8819)

    def test_azure_trace_is_exact_over_tcp(self):
        self.compare_azure({})

    def test_azure_trace_is_exact_over_ipc(self):
        self.compare_azure({"ingest": ["ipc://{dir}/ingest"]})

    def test_synthetic_trace_is_exact_with_the_built_in_prices(self):
        rng = random.Random(2)
        lines = ["\ufeffTIMESTAMP,ContextTokens,GeneratedTokens"]
        for i in range(3000):
            lines.append(f"2024-05-10 00:{i // 60:02d}:{i % 60:02d}.{rng.randrange(10**6):06d}+00:00,"
                         f"{int(rng.lognormvariate(7.5, 1.2))},{int(rng.lognormvariate(5, 1))}")
        trace = self.file("trace.csv", "\r\n".join(lines))
        daemon = self.daemon("--data", "none")
        built_in = (ROOT / "src/core/prices_builtin.json").read_text()
        oracle = self.compare(trace, built_in, daemon, daemon.endpoint("ingest"))
        self.assertEqual(oracle.rows, 3000)
        self.assertTrue(all(queries for queries, _ in oracle.tiers.values()))

    def test_demo_is_accepted_whole_and_priced(self):
        daemon = self.daemon("--data", "none")
        done = run("zreplay", "--endpoint", daemon.endpoint("ingest"), "--demo", "--rate", "max", "--count", 20000,
                   "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["events"], 20000)
        health = daemon.settle(20000)
        self.assertEqual((health["events"]["accepted"], health["unpriced"]), (20000, {}))
        report = daemon.report()
        self.assertGreater(report["query_router"]["estimated_savings"], 0)
        self.assertGreater(report["llm_calls"]["total_cost"], 0)
        self.assertTrue(50 < report["embedding_cache"]["hit_rate_percent"] < 95)
        rag = report["rag_parallel"]
        self.assertTrue(0 < rag["measured_preloads"] < rag["total_preloads"])


class Formats(ZreplayCase):
    """What a trace says is what arrives."""

    EVENTS = [
        {"type": "query_router", "service": "s", "tier": "simple", "cost": 0.25, "model": "m", "provider": "p",
         "input_tokens": 10, "cache_read_tokens": 4, "cache_write_tokens": 6, "output_tokens": 9,
         "reasoning_tokens": 9, "latency_ms": 1.5, "tags": {"team": "core", "région": "é"}},
        {"type": "embedding_cache", "hit": True},
        {"type": "embedding_cache", "hits": 0, "misses": 7},
        {"type": "rag_parallel", "time_saved_seconds": -2.5},
        {"type": "rag_parallel"},
        {"type": "llm_call", "model": "m", "input_tokens": 0, "output_tokens": 10**12},
    ]
    CSV = ("TYPE,service,Tier,cost,model,provider,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,"
           "reasoning_tokens,latency_ms,hit,hits,misses,time_saved_seconds,tags.team,tags.région,ts\n"
           "query_router,s,simple,.25,m,p,10,4,6,9,9,1.5,,,,,core,é,2023-11-16 18:17:03\n"
           "embedding_cache,,,,,,,,,,,,TRUE,,,,,,\n"
           "embedding_cache,,,,,,,,,,,,,0,7.0,,,,\n"
           "rag_parallel,,,,,,,,,,,,,,,-2.5,,,\n"
           "rag_parallel,,,,,,,,,,,,,,,,,,1700000000.5\n"
           "llm_call,,,,m,,0,,, 1000000000000 ,,,,,,,,,1700000000500")

    def test_json_lines_arrive_as_they_are(self):
        text = "\n\n".join(json.dumps({**event, "ts": 1700000000000, "reason": None}) for event in self.EVENTS)
        for name in ("a.jsonl", "a.ndjson", "a.JSON"):
            with self.subTest(name):
                self.assertEqual(self.played(self.file(name, text)), self.EVENTS)

    def test_csv_with_the_contracts_keys_arrives_as_it_is(self):
        for text in (self.CSV, "\ufeff" + self.CSV.replace("\n", "\r\n") + "\r\n"):
            self.assertEqual(self.played(self.file("a.csv", text)), self.EVENTS)

    def test_stdin_tells_its_format_itself_or_is_told(self):
        lines = "".join(json.dumps(event) + "\n" for event in self.EVENTS).encode()
        self.assertEqual(self.played("-", stdin=lines), self.EVENTS)
        self.assertEqual(self.played("--format", "jsonl", "-", stdin=b"\n" + lines), self.EVENTS)
        self.assertEqual(self.played("-", stdin=self.CSV.encode()), self.EVENTS)
        self.assertEqual(self.played("--format", "csv", self.file("a.txt", self.CSV)), self.EVENTS)

    def test_tiers_go_by_input_tokens_and_yield_to_the_rows_own(self):
        rows = "ContextTokens,GeneratedTokens,tier,type\n0,1,,\n999,1,,\n1000,1,,\n3999,1,,\n4000,1,,\n1,1,vip,\n"
        events = self.played(*TIERS, "-", stdin=rows.encode())
        self.assertEqual([event["tier"] for event in events],
                         ["simple", "simple", "medium", "medium", "complex", "vip"])
        self.assertEqual({event["type"] for event in events}, {"query_router"})

    def test_a_named_pipe_is_waited_for_and_can_be_given_up(self):
        path = self.dir / "pipe"
        os.mkfifo(path)
        with Collector() as collector:
            process = self.start("--endpoint", collector.endpoint, path)
            path.write_text(self.CSV)
            self.assertEqual(process.wait(10 * PATIENCE), 0)
            self.assertEqual(collector.events(), self.EVENTS)
        process = self.start(path)
        time.sleep(0.2 * PATIENCE)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10 * PATIENCE), 130)

    def test_model_and_service_fill_in_for_rows_without(self):
        rows = b"model,service,input_tokens,output_tokens\n,,1,2\nown,mine,3,4\n"
        self.assertEqual(self.played("--model", "m", "--service", "s", "-", stdin=rows), [
            {"type": "llm_call", "service": "s", "model": "m", "input_tokens": 1, "output_tokens": 2},
            {"type": "llm_call", "service": "mine", "model": "own", "input_tokens": 3, "output_tokens": 4}])

    def test_bad_rows_are_named_and_the_rest_is_played(self):
        rows = (b"type,model,input_tokens,output_tokens,cost,hit,colour\nllm_call,m,1,1,,,red\nllm_call,m,-1,1,,,\n"
                b"llm_call,m,x,1,,,\nllm_call,m,1,1,nan,,\nllm_call,,1,1,,,\nllm_call,m,1\n\"llm_call,m,1,1,,,\n"
                b"llm_call,\xff,1,1,,,\nllm_call," + b"m" * 129 + b",1,1,,,\nguess,,,,,,\n"
                b"embedding_cache,,,,,often,\nllm_call,m,1000000000001,1,,,\nllm_call,m,2,2,,,")
        path = self.file("a.csv", rows)
        events, said = self.played_badly(path)
        self.assertEqual([event["input_tokens"] for event in events], [1, 2])
        self.assertEqual(said, [f"zreplay: {path}:{line}" for line in (
            '1: column "colour" is not known and ignored',
            "3: input_tokens: -1 is negative",
            '4: input_tokens: "x" is not a whole number',
            '5: cost: "nan" is not a number',
            "6: neither model nor cost (--model names one, --tiers makes router queries)",
            "7: 3 fields where the header has 7",
            "8: a quote that is never closed",
            "9: model: not UTF-8",
            "10: model: longer than 128 bytes",
            '11: type: "guess" is not a type of event',
            '12: hit: "often" is not true or false',
            "13: input_tokens: 1000000000001 is over the limit of 10^12")])

    def test_bad_lines_are_named_and_the_rest_is_played(self):
        lines = ['{"type":"llm_call","model":"m","shade":1}', "[]", '{"type":', '{"type":"llm_call","model":7}',
                 '{"type":"llm_call","model":"m","output_tokens":1,"reasoning_tokens":2}',
                 '{"type":"embedding_cache","hit":true,"hits":1}', '{"type":"rag_parallel","type":"rag_parallel"}',
                 '{"tags":{"a":"1","b":"2","c":"3","d":"4","e":"5"}}', '{"type":"rag_parallel","shade":2}']
        path = self.file("a.jsonl", "\n".join(lines))
        events, said = self.played_badly(path)
        self.assertEqual([event["type"] for event in events], ["llm_call", "rag_parallel"])
        self.assertEqual(said[0], f'zreplay: {path}:1: key "shade" is not known and ignored')
        self.assertEqual([line.split(": ", 2)[1] for line in said[1:]], [f"{path}:{n}" for n in range(2, 9)])

    def test_what_a_trace_says_steers_no_terminal(self):
        bad = ("\x1b]0;owned\x07", "\x7f", "\x9b31m", "\x80", "\u200e\u200f", "\u202a\u202bgnp.exe\u202e",
               "\u2066\u2067\u2068\u2069", "a\u2028b\u2029c", "\u061c")
        clean = ("?]0;owned?", "?", "?31m", "?", "??", "??gnp.exe?", "????", "a?b?c", "?")
        rows = "\n".join(f"{text},1" for text in bad).encode() + b"\n\xff\xc3,1\n\xe6\x97,1\n\xed\xa0\x80,1\n"
        path = self.file("日本 tränen \U0001f4b8.csv", b"type,cost\n" + rows)
        _, said = self.played_badly(path)
        self.assertEqual(said, [f'zreplay: {path}:{line}: type: "{text}" is not a type of event'
                                for line, text in enumerate((*clean, "??", "??", "???"), 2)])
        lines = '{"type":"rag_parallel","\u202ek\u0085\u00e9y":1}\n{"type":"\\u001b[2J\\u009b"}\n{"type":"日本"}'
        _, said = self.played_badly("-", stdin=lines.encode())
        self.assertEqual(said, ['zreplay: stdin:1: key "?k?éy" is not known and ignored',
                                'zreplay: stdin:2: type: "?[2J?" is not a type of event',
                                'zreplay: stdin:3: type: "日本" is not a type of event'])

    def test_a_name_that_is_no_utf8_is_shown_as_far_as_it_goes(self):
        done = subprocess.run([executable("zreplay"), b"/nonexistent/caf\xe9\x9b/\xc3\xa9"], capture_output=True,
                              timeout=10 * PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r"\Azreplay: /nonexistent/caf\?\?/é: [^\n]+\n\Z")

    def test_a_file_that_is_wrong_throughout_does_not_flood(self):
        events, said = self.played_badly("--tiers", "1,2", "-", stdin=b"input_tokens\n" + b"x\n" * 5000)
        self.assertEqual((events, len(said)), ([], 101))

    def test_a_trace_without_use_is_refused_at_once(self):
        for text in ("", "a,b\n1,2\n", "ContextTokens,GeneratedTokens\n1,2\n", "TIMESTAMP,ts,cost\n,,1\n"):
            with self.subTest(text):
                done = self.replay("--timeout", 60, self.file("a.csv", text))
                self.assertEqual((done.returncode, done.stdout), (1, b""))
                self.assertIn(b"a.csv", done.stderr.splitlines()[-1])
        done = self.replay(self.dir / "absent.csv")
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (1, 1))


class Pace(ZreplayCase):
    """Time, and the ways to end."""

    TWO_ROWS = ("ts,model,input_tokens\n2023-11-16 18:17:03.5,m,1\n2023-11-16 18:17:04.5,m,2\n"
                "2023-11-16 18:17:04.0,m,3\n")  # the last one is late, and waits for nothing

    def seconds(self, *args, **more):
        with Collector() as collector:
            done = self.replay("--endpoint", collector.endpoint, "--json", *args, **more)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)["seconds"]

    def test_speed_paces_by_the_traces_times(self):
        path = self.file("a.csv", self.TWO_ROWS)
        fast, real, ten = (self.seconds(*args, path) for args in ((), ("--speed", "real"), ("--speed", 10)))
        self.assertLess(fast, 0.1 * PATIENCE)
        self.assertTrue(0.095 <= ten < 0.095 + 0.4 * PATIENCE, ten)
        self.assertTrue(0.995 <= real < 0.995 + 0.4 * PATIENCE, real)

    def test_demo_keeps_its_rate_and_its_duration(self):
        with Collector() as collector:
            done = self.replay("--endpoint", collector.endpoint, "--demo", "--rate", 500, "--duration", 0.5, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            summary = json.loads(done.stdout)
            self.assertTrue(200 / PATIENCE <= summary["events"] <= 251, summary)
            self.assertEqual(len(collector.events()), summary["events"])

    def test_demo_is_the_same_for_the_same_seed(self):
        args = ("--demo", "--rate", "max", "--count", 2000, "--seed")
        one, again, other = (self.played(*args, seed) for seed in (7, 7, 8))
        self.assertEqual(one, again)
        self.assertNotEqual(one, other)
        self.assertEqual(len(one), 2000)
        self.assertEqual({event["type"] for event in one},
                         {"query_router", "embedding_cache", "rag_parallel", "llm_call"})
        self.assertEqual({event["tier"] for event in one if event["type"] == "query_router"},
                         {"simple", "medium", "complex"})
        for key in ("cost", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "hits", "hit",
                    "time_saved_seconds", "latency_ms"):
            self.assertTrue(any(key in event for event in one), key)

    def test_a_daemon_that_is_away_is_one_line_within_the_timeout(self):
        with Collector() as collector:
            endpoint = collector.endpoint
        for source in (["--demo"], [self.file("a.csv", self.TWO_ROWS)]):
            began = time.monotonic()
            done = self.replay("--endpoint", endpoint, "--timeout", 0.5, *source)
            self.assertLess(time.monotonic() - began, 3 * PATIENCE)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr.decode(), f"zreplay: {endpoint}: no zcostd there within 0.5 s\n")

    def test_a_daemon_that_stalls_or_dies_is_given_up_on_with_a_count(self):
        with Collector() as collector:
            process = self.start("--endpoint", collector.endpoint, "--timeout", 0.5, "--demo", "--rate", 200)
            self.assertTrue(collector.poll())
        said = process.communicate(timeout=20 * PATIENCE)[1].decode().splitlines()
        self.assertEqual(process.returncode, 1)
        self.assertEqual(said[0], f"zreplay: {collector.endpoint}: no connection for 0.5 s, gave up")
        self.assertRegex(said[1], rf"^zreplay: \d+ events were not handed over to {collector.endpoint}$")

        with Collector() as collector:  # connected, but nobody reads
            done = self.replay("--endpoint", collector.endpoint, "--timeout", 0.5, "--demo", "--rate", "max")
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"took nothing for 0.5 s, gave up", done.stderr)
            self.assertIn(b"events were not handed over", done.stderr)

    def test_a_slow_daemon_loses_nothing(self):
        with Collector() as collector:
            process = self.start("--endpoint", collector.endpoint, "--demo", "--rate", "max", "--count", 300_000)
            time.sleep(1)  # more than the queue holds is waiting by now
            self.assertEqual(len(collector.events()), 300_000)
            self.assertEqual(process.wait(20 * PATIENCE), 0)

    def test_a_reader_that_is_behind_over_ipc_loses_nothing_at_the_end(self):
        """zreplay closes while most is unread: zcost_close must wait for the reader, not only for the kernel."""
        with tempfile.TemporaryDirectory() as dir, zmq.Context() as context, context.socket(zmq.PULL) as reader:
            reader.rcvhwm, reader.rcvtimeo = 2, 2000 * PATIENCE
            reader.bind(f"ipc://{dir}/slow")
            player = subprocess.Popen([executable("zreplay"), "--endpoint", f"ipc://{dir}/slow", "--demo", "--quiet",
                                       "--rate", "max", "--count", "100000"], stderr=subprocess.PIPE)
            events = 0
            while events < 100_000:
                events += sum(1 for _ in msgpack.Unpacker(_Frame(reader.recv())))
                time.sleep(0.001)
            self.assertEqual(player.wait(10 * PATIENCE), 0, player.stderr.read())
            player.stderr.close()

    def test_a_signal_ends_playing_and_hands_over(self):
        trace = self.file("a.csv", self.TWO_ROWS)
        for args, number, code in ((["--demo", "--rate", 100], signal.SIGINT, 0),
                                   (["--demo", "--rate", 100], signal.SIGTERM, 0),
                                   (["--speed", 0.01, trace], signal.SIGINT, 130),
                                   (["--speed", 0.01, trace], signal.SIGTERM, 143),
                                   (["-"], signal.SIGINT, 130)):
            with self.subTest(args=args, signal=number), Collector() as collector:
                process = self.start("--endpoint", collector.endpoint, *args, stdin=subprocess.PIPE)
                process.stdin.write(self.TWO_ROWS.encode())
                process.stdin.flush()
                self.assertTrue(collector.poll())
                process.send_signal(number)
                self.assertEqual(process.wait(5 * PATIENCE), code)
                process.stdin.close()
                summary = process.stderr.read().decode().splitlines()[-1]
                self.assertIn(f"played {len(collector.events())} events", summary)


class CommandLine(ZreplayCase):
    def test_mistakes_are_one_line_and_exit_2(self):
        for args in ((), ("--speed", "0", "a"), ("--speed", "fast", "a"), ("--speed", "inf", "a"),
                     ("--rate", "0x10", "--demo"), ("--timeout", "0x10", "a"), ("--timeout", "inf", "a"),
                     ("--timeout", "nan", "a"), ("--timeout", " 5", "a"), ("--duration", "0x1p3", "a"),
                     ("--endpoint", "tcp://localhost", "a"), ("--endpoint", "tcp://localhost:", "a"),
                     ("--endpoint", "tcp://:7751", "a"), ("--endpoint", "tcp://localhost:0", "a"),
                     ("--endpoint", "tcp://localhost:65536", "a"), ("--endpoint", "ipc://", "a"),
                     ("--tiers", "1", "a"), ("--tiers", "5,3", "a"), ("--tiers", "1,2,3", "a"), ("--count", "-1", "a"),
                     ("--timeout", "x", "a"), ("--endpoint", "udp://x", "a"), ("--format", "xml", "a"), ("a", "b"),
                     ("--demo", "a"), ("--demo", "--tiers", "1,2"), ("--rate", "5", "a"), ("--service", "", "a")):
            with self.subTest(args):
                done = self.replay(*args)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1), done.stderr)
                self.assertTrue(done.stderr.startswith(b"zreplay: "), done.stderr)

    def test_a_mistake_is_named_as_it_was_typed(self):
        for args, named in ((("--colour", "a"), "--colour"), (("-x",), "-x "), (("-xy", "a"), "-xy"),
                            (("a", "-xy"), "-xy"), (("--demo", "-é"), "-é"), (("--speed",), "--speed needs a value"),
                            (("--help=foo",), "--help takes no value"), (("--json=3", "a"), "--json takes no value"),
                            (("--tim", "x", "a"), "--timeout"), (("--t", "1", "a"), "--t ")):
            with self.subTest(args):
                done = self.replay(*args)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1), done.stderr)
                self.assertIn(named, done.stderr.decode())

    def test_what_cannot_be_written_is_a_failure(self):
        with Collector() as collector:
            for args in (("--help",), ("--version",),
                         ("--endpoint", collector.endpoint, "--demo", "--count", "5", "--json")):
                with self.subTest(args), open("/dev/full", "w") as full:
                    done = subprocess.run([executable("zreplay"), *args], stdout=full, stderr=subprocess.PIPE,
                                          timeout=10 * PATIENCE, text=True)
                    self.assertEqual(done.returncode, 1)
                    self.assertRegex(done.stderr, r"\Azreplay: cannot write: [^\n]+\n\Z")

    def test_help_and_version_are_data(self):
        for option, text in (("--help", b"usage: zreplay"), ("--version", b"zreplay ")):
            done = self.replay(option)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertTrue(done.stdout.startswith(text))

    def test_quiet_says_nothing_and_no_terminal_means_no_progress(self):
        with Collector() as collector:
            done = self.replay("--endpoint", collector.endpoint, "--quiet", "--demo", "--count", 5)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
            done = self.replay("--endpoint", collector.endpoint, "--demo", "--count", 5)
            self.assertRegex(done.stderr, rb"^zreplay: played 5 events in \d+\.\d\d s \(\d+/s\), 0 bad rows\n$")

    def test_a_terminal_shows_progress_and_whom_it_waits_for(self):
        with Collector() as collector:
            endpoint = collector.endpoint
            shown = self.on_a_terminal("--endpoint", endpoint, "--demo", "--rate", 200, "--duration", 0.5)
        self.assertRegex(shown, rf"\r\d+ sent · \d+/s · \d+ % · connected to {endpoint}\x1b\[K")
        self.assertRegex(shown, r"\r\x1b\[Kzreplay: played \d+ events [^\r]*\r\n$")
        shown = self.on_a_terminal("--endpoint", endpoint, "--demo", "--timeout", 0.3)
        self.assertIn(f"waiting for {endpoint}", shown)

    def on_a_terminal(self, *args):
        """All that it draws there."""
        ours, its = os.openpty()
        process = subprocess.Popen([executable("zreplay"), *map(str, args)], stdin=subprocess.DEVNULL, stderr=its)
        os.close(its)
        shown = b""
        try:
            while data := os.read(ours, 4096):
                shown += data
        except OSError:  # how Linux says that the other side is closed
            pass
        finally:
            os.close(ours)
            process.kill()
            process.wait()
        return shown.decode()


if __name__ == "__main__":
    unittest.main()
