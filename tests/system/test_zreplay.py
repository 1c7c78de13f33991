# SPDX-License-Identifier: MPL-2.0
"""zreplay: traces arrive whole and exact, time is kept, and no daemon's absence makes it hang."""
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

import msgpack
import zmq

from azure_oracle import AzureOracle
from harness import PATIENCE, ROOT, SHARED_DATA, executable, now_ms, run, seeded
from zreplay_peer import Collector, Frame, ZreplayCase

LIMITS = (1000, 4000)
TIERS = ("--tiers", "1000,4000")


class Exactness(ZreplayCase):
    """A trace played against the real daemon, and the same sums in a few lines of Python."""
    timeout = 60

    def compare(self, trace, prices_text, daemon, endpoint, publish="none"):
        done = run("zreplay", "--endpoint", endpoint, "--publish", publish, *TIERS, "--json", trace)
        self.assertEqual(done.returncode, 0, done.stderr)
        summary = json.loads(done.stdout)
        daemon.settle(summary["events"])
        report = daemon.report()
        models = {tier: row["model"] for tier, row in report["query_router"]["cost_breakdown"].items()}
        with open(trace, newline="", encoding="utf-8-sig") as lines:
            oracle = AzureOracle(lines, prices_text, LIMITS, models)
        self.assertEqual(summary["events"], oracle.rows)
        self.assertEqual((summary["bad_rows"], summary["not_handed_over"]), (0, 0))
        self.assertEqual(summary["acknowledged"], None if publish == "none" else oracle.rows)
        oracle.check(self, report)
        shown = run("zreport", "--endpoint", daemon.endpoint("query"), "--json")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        oracle.check(self, json.loads(shown.stdout))
        return oracle

    def compare_azure(self, bind, acknowledged=False):
        trace, prices = SHARED_DATA / "azure_code.csv", SHARED_DATA / "prices.json"
        if not trace.exists() or not prices.exists():
            self.skipTest(f"{SHARED_DATA}/azure_code.csv and prices.json are not there")
        daemon = self.daemon(prices=prices.read_bytes(), bind=bind)
        publish = daemon.endpoint("publish") if acknowledged else "none"
        oracle = self.compare(trace, prices.read_text(), daemon, daemon.endpoint("ingest"), publish)
        self.assertEqual(oracle.rows, 8819)

    def test_azure_trace_is_exact_over_tcp(self):
        self.compare_azure({})

    def test_azure_trace_is_exact_over_ipc(self):
        self.compare_azure({"ingest": ["ipc://{dir}/ingest"]})

    def test_azure_trace_is_exact_where_it_is_acknowledged(self):
        self.compare_azure({}, acknowledged=True)

    def test_synthetic_trace_is_exact_with_the_built_in_prices(self):
        rng = seeded(2)
        lines = ["\ufeffTIMESTAMP,ContextTokens,GeneratedTokens"]
        for i in range(3000):
            lines.append(f"2024-05-10 00:{i // 60:02d}:{i % 60:02d}.{rng.randrange(10**6):06d}+00:00,"
                         f"{int(rng.lognormvariate(7.5, 1.2))},{int(rng.lognormvariate(5, 1))}")
        trace = self.file("trace.csv", "\r\n".join(lines))
        daemon = self.daemon()
        built_in = (ROOT / "src/core/pricing/prices_builtin.json").read_text()
        oracle = self.compare(trace, built_in, daemon, daemon.endpoint("ingest"))
        self.assertEqual(oracle.rows, 3000)
        self.assertTrue(all(queries for queries, _ in oracle.tiers.values()))

    def test_demo_is_accepted_whole_and_priced(self):
        daemon = self.daemon()
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

    def test_demo_of_the_past_is_spread_over_it(self):
        zcostd = self.daemon()
        begun = now_ms()
        done = run("zreplay", "--endpoint", zcostd.endpoint("ingest"), "--demo", "--count", 2400, "--rate", "max",
                   "--past", 24)
        self.assertEqual(done.returncode, 0, done.stderr)
        zcostd.settle(2400)
        points = zcostd.ask("series", step=3600, since=begun - 86_400_000 - 60_000)["rows"][0]["points"]
        self.assertEqual(sum(point["events"] for point in points), 2400)
        self.assertIn(len(points), (24, 25))
        for point in points[1:-1]:
            self.assertLessEqual(abs(point["events"] - 100), 1)

    def test_a_daemon_that_is_away_is_one_line_within_the_timeout(self):
        with Collector() as collector:
            endpoint = collector.endpoint
        for source in (["--demo"], [self.file("a.csv", self.TWO_ROWS)]):
            began = time.monotonic()
            done = self.replay("--endpoint", endpoint, "--timeout", 0.5, *source)
            self.assertLess(time.monotonic() - began, 3 * PATIENCE)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr.decode(), f"zreplay: {endpoint}: no zcostd answered within 0.5 s\n")

    def test_a_daemon_that_stalls_or_dies_is_given_up_on_with_a_count(self):
        with Collector() as collector:
            process = self.start("--endpoint", collector.endpoint, "--timeout", 0.5, "--demo", "--rate", 200)
            self.assertTrue(collector.poll())
        said = process.communicate(timeout=20 * PATIENCE)[1].decode().splitlines()
        self.assertEqual(process.returncode, 1)
        self.assertEqual(said[0], f"zreplay: {collector.endpoint}: no connection for 0.5 s, giving up")
        self.assertRegex(said[1], rf"^zreplay: \d+ events were not sent to {collector.endpoint}$")

        with Collector() as collector:  # connected, but nobody reads
            done = self.replay("--endpoint", collector.endpoint, "--timeout", 0.5, "--demo", "--rate", "max")
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"nothing accepted for 0.5 s, giving up", done.stderr)
            self.assertIn(b"events were not sent", done.stderr)

    def test_a_slow_daemon_loses_nothing(self):
        with Collector() as collector:
            process = self.start("--endpoint", collector.endpoint, "--demo", "--rate", "max", "--count", 300_000)
            time.sleep(1)  # more than the queue holds is waiting by now
            self.assertEqual(len(collector.events()), 300_000)
            self.assertEqual(process.wait(20 * PATIENCE), 0)

    def test_a_reader_that_is_behind_over_ipc_loses_nothing_at_the_end(self):
        """zreplay closes while most is unread: zcost_close must wait for the reader, not only for the kernel."""
        with tempfile.TemporaryDirectory() as dir, zmq.Context() as context, context.socket(zmq.PULL) as reader:
            reader.rcvhwm, reader.rcvtimeo = 2, 10_000 * PATIENCE
            reader.bind(f"ipc://{dir}/slow")
            player = subprocess.Popen([executable("zreplay"), "--endpoint", f"ipc://{dir}/slow", "--demo", "--quiet",
                                       "--rate", "max", "--count", "100000"], stderr=subprocess.PIPE)
            events = 0
            while events < 100_000:
                events += sum(1 for _ in msgpack.Unpacker(Frame(reader.recv())))
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
                     ("--demo", "a"), ("--demo", "--tiers", "1,2"), ("--rate", "5", "a"),
                     ("--demo", "--past", "24"), ("--past", "24", "--count", "9", "a"), ("--service", "", "a")):
            with self.subTest(args):
                done = self.replay(*args)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1), done.stderr)
                self.assertTrue(done.stderr.startswith(b"zreplay: "), done.stderr)

    def test_a_mistake_is_named_as_it_was_typed(self):
        for args, named in ((("--colour", "a"), "'--colour'"), (("-x",), "'-x'"), (("-xy", "a"), "'-xy'"),
                            (("a", "-xy"), "'-xy'"), (("--demo", "-é"), "'-é'"),
                            (("--speed",), "--speed needs a value"), (("--help=foo",), "--help takes no value"),
                            (("--json=3", "a"), "--json takes no value"), (("--tim", "x", "a"), "--timeout: 'x'"),
                            (("--t", "1", "a"), "'--t'"), (("a", "b"), "'b'"),
                            (("--demo", "--tiers", "1,2"), "--demo takes no --tiers"),
                            (("--rate", "5", "a"), "a trace takes no --rate")):
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
