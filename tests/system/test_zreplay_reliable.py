# SPDX-License-Identifier: MPL-2.0
"""zreplay with acknowledgements: it ends when all is acknowledged, and tells what is not."""
import json
import pathlib
import signal
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import msgpack
import zmq

from harness import PATIENCE, TestCase, executable

DEMO = ("--demo", "--rate", "max", "--seed", 3)


class Acknowledger:
    """Stands in for zcostd: takes stamped frames, each number once, and acknowledges them while `acknowledging`
    is set. `seen` is {(producer, epoch): {number: event}}; `unstamped` counts frames without a stamp."""

    def __init__(self, acknowledging=True):
        self._context = zmq.Context()
        self._pull, self._publish = self._context.socket(zmq.PULL), self._context.socket(zmq.XPUB)
        self._pull.rcvtimeo = 20
        self.endpoint = f"tcp://127.0.0.1:{self._pull.bind_to_random_port('tcp://127.0.0.1')}"
        self.publish = f"tcp://127.0.0.1:{self._publish.bind_to_random_port('tcp://127.0.0.1')}"
        self.options = ("--endpoint", self.endpoint, "--publish", self.publish)
        self.acknowledging = threading.Event()
        if acknowledging:
            self.acknowledging.set()
        self.seen, self.unstamped = {}, 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        self._context.destroy(linger=0)

    def _serve(self):
        while not self._ended.is_set():
            try:
                while True:
                    self._take(self._pull.recv())
            except zmq.Again:
                pass
            while self._publish.poll(0):
                self._publish.recv()
            if self.acknowledging.is_set():
                self._acknowledge()

    def _take(self, frame):
        unpacker = msgpack.Unpacker()
        unpacker.feed(frame)
        stamp, *events = unpacker
        if not isinstance(stamp, msgpack.ExtType):
            self.unstamped += 1
            return
        producer, epoch, seq, _ = struct.unpack(">16sIQQ", stamp.data)
        numbers = self.seen.setdefault((producer, epoch), {})
        for number, event in enumerate(events, seq):
            if numbers.setdefault(number, event) != event:
                raise AssertionError(f"number {number} was {numbers[number]}, and is {event}")

    def _acknowledge(self):
        for (producer, epoch), numbers in list(self.seen.items()):
            body = {"epoch": epoch, "seq": len(numbers) + 1, "incarnation": "0123456789abcdef"}
            self._publish.send_multipart([b"ack/" + producer.hex().encode() + b"/", msgpack.packb(body)])

    def events(self):
        return sum(map(len, self.seen.values()))


class ReliableCase(TestCase):
    def setUp(self):
        super().setUp()
        self.dir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="zcost-test-")))

    def replay(self, *args, timeout=20):
        return subprocess.run([executable("zreplay"), *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout * PATIENCE)

    def start(self, *args):
        process = subprocess.Popen([executable("zreplay"), *map(str, args)], stdin=subprocess.DEVNULL, text=True,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait(self, holds):
        deadline = time.monotonic() + 10 * PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)


class Reliable(ReliableCase):
    def test_it_ends_when_all_is_acknowledged(self):
        with Acknowledger() as daemon:
            done = self.replay(*daemon.options, *DEMO, "--count", 20000, "--json")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            summary = json.loads(done.stdout)
            self.assertEqual([summary[key] for key in ("events", "acknowledged", "not_handed_over")], [20000, 20000, 0])
            self.assertEqual((daemon.events(), daemon.unstamped), (20000, 0))
            self.assertEqual(len(daemon.seen), 1)
            done = self.replay(*daemon.options, *DEMO, "--count", 5)
            self.assertRegex(done.stderr, r"\Azreplay: played 5 events in .*, 0 bad rows, all acknowledged\n\Z")

    def test_it_is_on_with_a_publish_endpoint_alone(self):
        with Acknowledger() as daemon:
            for args in (["--endpoint", daemon.endpoint], [*daemon.options, "--publish", "none"]):
                done = self.replay(*args, *DEMO, "--count", 5, "--json")
                self.assertEqual((done.returncode, json.loads(done.stdout)["acknowledged"]), (0, None), done.stderr)
            self.wait(lambda: daemon.unstamped > 0)
            self.assertEqual(daemon.seen, {})

    def test_it_waits_for_what_is_late(self):
        """As long as something moves: longer than the timeout in all."""
        with Acknowledger(acknowledging=False) as daemon:
            process = self.start(*daemon.options, *DEMO, "--count", 3000, "--timeout", 3 * PATIENCE)
            self.wait(lambda: daemon.events() == 3000)
            time.sleep(0.3)
            self.assertIsNone(process.poll())
            daemon.acknowledging.set()
            self.assertEqual(process.wait(10 * PATIENCE), 0)

    def test_what_is_never_acknowledged_is_told(self):
        with Acknowledger(acknowledging=False) as daemon:
            done = self.replay(*daemon.options, *DEMO, "--count", 100, "--timeout", 0.5, "--json")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.splitlines(), [
            f"zreplay: {daemon.publish}: no acknowledgement for 0.5 s, giving up",
            "zreplay: 100 events were not acknowledged and may not have been counted"])
        summary = json.loads(done.stdout)
        self.assertEqual([summary[key] for key in ("events", "acknowledged", "not_handed_over")], [100, 0, 0])

    def test_a_second_signal_ends_the_wait_and_tells_what_is_open(self):
        with Acknowledger(acknowledging=False) as daemon:
            process = self.start(*daemon.options, "--demo", "--rate", 100, "--timeout", 60)
            self.wait(lambda: daemon.events() > 10)
            process.send_signal(signal.SIGINT)
            time.sleep(0.3 * PATIENCE)
            self.assertIsNone(process.poll(), "it waits for acknowledgement")
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(5 * PATIENCE), 1)
            first, second = process.stderr.read().splitlines()
            self.assertEqual(first, f"zreplay: {daemon.events()} events were not acknowledged "
                                    "and may not have been counted")
            self.assertRegex(second, rf"^zreplay: played {daemon.events()} events .* 0 acknowledged$")

    def test_a_spool_brings_the_rest_at_the_next_start(self):
        with Acknowledger(acknowledging=False) as daemon:
            done = self.replay(*daemon.options, *DEMO, "--count", 100, "--timeout", 0.5, "--spool", self.dir)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"100 events are not acknowledged; they stay in {self.dir} for the next start\n", done.stderr)
        with Acknowledger() as daemon:
            process = self.start(*daemon.options, "--demo", "--rate", 10, "--spool", self.dir)
            self.wait(lambda: sorted(len(numbers) for numbers in daemon.seen.values())[-1:] == [100])
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(10 * PATIENCE), 0)
            self.assertEqual(len(daemon.seen), 2, "the old events under their old producer")

    def test_mistakes_are_one_line(self):
        for args, code, named in (
            (["--spool", self.dir, "--endpoint", "tcp://127.0.0.1:1"], 2, "--publish"),
            (["--spool", self.dir, "--publish", "none"], 2, "--publish"),
            (["--spool", "", "--publish", "tcp://127.0.0.1:1"], 2, "--spool"),
            (["--publish", "tcp://localhost"], 2, "--publish"),
            (["--spool", self.dir / "absent" / "too"], 1, "absent"),
        ):
            with self.subTest(args):
                done = self.replay("--demo", "--timeout", 0.2, *args)
                self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                self.assertRegex(done.stderr, r"\Azreplay: [^\n]+\n\Z")
                self.assertIn(named, done.stderr)


class Restarts(ReliableCase):
    """The real daemon, killed and started again while a trace is played: nobody notices."""
    timeout = 60
    KILLS, ROWS = 5, 3000

    def test_restarts_of_the_daemon_do_not_disturb_it(self):
        trace = self.dir / "trace.csv"
        trace.write_text("ts,type,service,cost\n" + "".join(
            f"2024-05-10T00:00:{i / 1000:06.3f}Z,llm_call,s,0.{i:09d}\n" for i in range(self.ROWS)))
        bind = {role: [f"ipc://{{dir}}/{role}"] for role in ("ingest", "publish", "query")}
        daemon = self.daemon(bind=bind)
        process = self.start("--endpoint", daemon.endpoint("ingest"), "--publish", daemon.endpoint("publish"),
                             "--speed", "real", trace)
        for _ in range(self.KILLS):
            time.sleep(0.4)
            daemon.restart()
        _, said = process.communicate(timeout=30 * PATIENCE)
        self.assertEqual(process.returncode, 0, said)
        self.assertRegex(said, r", 0 bad rows, all acknowledged\n\Z")
        report = daemon.report()
        total = sum(range(self.ROWS))
        self.assertEqual(report["llm_calls"]["total_calls"], self.ROWS)
        self.assertEqual(report["llm_calls"]["total_cost_usd"], f"0.{total:09d}")
        self.assertEqual(report["zcost"]["events"]["lost"], 0)


if __name__ == "__main__":
    unittest.main()
