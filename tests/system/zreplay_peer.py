# SPDX-License-Identifier: MPL-2.0
"""What the tests of zreplay share: how it is run, and a daemon's stand-in that knows exactly what came."""
import pathlib
import subprocess
import tempfile
import time

import msgpack
import zmq

from harness import PATIENCE, TestCase, executable


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

    def timed_events(self, quiet_ms=300):
        """All that has come and comes until it is quiet: dicts, as they came."""
        events = []
        while self.poll(quiet_ms):
            for item in msgpack.Unpacker(Frame(self._socket.recv())):
                events += item if isinstance(item, list) else [item]
        return events

    def events(self, quiet_ms=300):
        """The same, their ts taken out and checked to be that of their replay."""
        events = self.timed_events(quiet_ms)
        for event in events:
            assert abs(event.pop("ts") / 1000 - time.time()) < 60 * PATIENCE, event
        return events


class Frame:
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
