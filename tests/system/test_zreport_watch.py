# SPDX-License-Identifier: MPL-2.0
"""zreport on a terminal, and zreport watch where it is plain: each snapshot as it comes. What it shows full-screen
is in test_watch_screen.py."""
import json
import signal
import subprocess
import time
import unittest

import zmq

from harness import PATIENCE, Daemon, TestCase, executable
from zreport_peer import NOWHERE, on_terminal, zreport


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

    def test_watch_takes_the_terminal_and_gives_it_back(self):
        daemon = self.daemon(interval=0.1)
        code, text = on_terminal("watch", "--endpoint", daemon.endpoint("publish"), "--query",
                                 daemon.endpoint("query"), until="Events")
        self.assertEqual(code, 0)
        self.assertIn("\x1b[?1049h", text)  # the alternate screen
        self.assertRegex(text, r"\x1b\[\?1049l[^\n]*\Z")
        self.assertGreater(text.rindex("\x1b[?25h"), text.rindex("\x1b[?25l"), "the cursor stays hidden")

    def test_watch_on_a_dumb_terminal_is_plain(self):
        daemon = self.daemon(interval=0.1)
        code, text = on_terminal("watch", "--count", "2", "--endpoint", daemon.endpoint("publish"), rows=8, TERM="dumb")
        self.assertEqual(code, 0)
        self.assertEqual(text.count("Spent "), 2)
        self.assertNotIn("\x1b", text)


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
        self.assertEqual(stderr.count("zreport: invalid snapshot from"), 5)
        self.assertEqual(stderr.count("\n"), 5)


if __name__ == "__main__":
    unittest.main()
