# SPDX-License-Identifier: MPL-2.0
"""What the system tests share: the real daemon, and foreign clients to talk to it.

Starts zcostd on ephemeral ports in a temporary directory and always ends what it
started. Everything that waits has a deadline. Knows the wire contract only; of the
daemon it knows its options, and two log lines (event=listening, event=ready).

ZCOST_BIN names the directory of zcostd, zreport and zreplay; by default
build/release/bin of this checkout.
"""
import atexit
import ctypes
import os
import pathlib
import random
import re
import shutil
import signal
import socket as sockets
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import msgpack
import zmq

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("ZCOST_BIN") or ROOT / "build/release/bin").resolve()
SHARED_DATA = ROOT.parent / "shared/data"  # public data beside the checkout; may be absent

ANY_PORT = "tcp://127.0.0.1:*"
ROLES = ("ingest", "publish", "query")


def _is_sanitized():
    try:
        program = (BIN / "zcostd").read_bytes()
        return b"__asan_init" in program or b"__tsan_init" in program
    except OSError:
        return False


SANITIZED = _is_sanitized()
PATIENCE = 4 if SANITIZED else 1  # every deadline is multiplied by this
SEED = os.environ.get("ZCOST_TEST_SEED") or str(time.time_ns() // 1000)
_drawn = []  # what seeded() was asked for


def now_ms():
    return time.time_ns() // 1_000_000


def seeded(stream):
    """Random numbers that follow from ZCOST_TEST_SEED, which is fresh in each run unless it is set, and from the
    stream, a number or a text that tells them from others of the same run. A test that fails after any were drawn says
    how it is run again with the same ones."""
    _drawn.append(stream)
    return random.Random(f"{SEED} {stream}")


def executable(name):
    path = BIN / name
    if not path.exists():
        raise unittest.SkipTest(f"{path} is not built")
    return str(path)


def run(name, *args, timeout=10, **more):
    """Runs one of our programs to its end: .returncode, .stdout, .stderr (text)."""
    return subprocess.run([executable(name), *map(str, args)], timeout=timeout * PATIENCE, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def fixed_endpoints(transport="tcp"):
    """For `bind`: endpoints that are the same at each start. Ports lie below those that a client's
    socket is given: else one that connects again and again to a port that nobody has bound is given
    that very port one day, and is connected to itself."""
    if transport == "ipc":
        return {role: ["ipc://{dir}/%s.ipc" % role] for role in ROLES}
    found = {}
    while len(found) < len(ROLES):
        port = random.randrange(20_000, 32_000)
        with sockets.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if [f"tcp://127.0.0.1:{port}"] not in found.values():
            found[ROLES[len(found)]] = [f"tcp://127.0.0.1:{port}"]
    return found


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class LogLine(dict):
    """`level=… event=… key=value` as a dict; .text is the line itself."""
    _pair = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')

    def __init__(self, text):
        super().__init__((key, value.strip('"')) for key, value in self._pair.findall(text))
        self.text = text


class Program:
    """One process of ours and its log. `with` starts it, waits until it is ready, and at the end asks it to
    leave with SIGTERM, where exit code 0 and a clean stderr are part of every test.

    name  of the program
    dir   a directory to work in; by default a fresh one
    env   more of its environment; a value of None takes the name away
    """

    def __init__(self, name, dir=None, env=None):
        self.name = name
        self._argv = [executable(name)]  # before anything is made: it may skip the test
        self.own_dir = None if dir else tempfile.mkdtemp(prefix="zcost-test-")
        self.dir = pathlib.Path(dir or self.own_dir)
        self.env = dict(env or {})
        self.process = None
        self.log = []
        self._grew = threading.Condition()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, kind, *_):
        try:
            if kind is None and self.process.poll() is None:
                self.stop()
        finally:
            self.kill()

    def start(self, ready=True):
        """Starts it: also again, after it has ended, on the same data; its log begins anew. ready: waits
        until it is."""
        env = {name: value for name, value in {**os.environ, **self.env}.items() if value is not None}
        self.process = subprocess.Popen(self._argv, cwd=self.dir, env=env, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        errors="replace", preexec_fn=_die_with_parent)
        atexit.register(self.kill)
        self.log = []
        self._reader = threading.Thread(target=self._read_log, args=(self.process, self.log), daemon=True)
        self._reader.start()
        if ready:
            self.wait_log("ready")
        return self

    def is_ready(self, timeout=20):
        """After start (ready=False): whether it came to be ready. If not, it has ended."""
        with self._grew:
            def told():
                events = {line.get("event") for line in self.log}
                return "ready" in events or "end-of-log" in events
            assert self._grew.wait_for(told, timeout * PATIENCE), f"neither ready nor ended:\n{self.log_text()}"
            return any(line.get("event") == "ready" for line in self.log)

    def crash(self):
        """kill -9; what it kept stays."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stderr.close()

    def restart(self):
        """kill -9 and start again."""
        self.crash()
        return self.start()

    def _read_log(self, process, log):
        for text in process.stderr:
            with self._grew:
                log.append(LogLine(text.rstrip("\n")))
                self._grew.notify_all()
        with self._grew:
            log.append(LogLine("event=end-of-log"))
            self._grew.notify_all()

    def log_text(self):
        return "\n".join(line.text for line in self.log)

    def wait_log(self, event=None, since=0, timeout=10, **pairs):
        """Waits for a log line with this event and these pairs, among log[since:]; returns it."""
        if event:
            pairs["event"] = event
        deadline = time.monotonic() + timeout * PATIENCE
        with self._grew:
            while True:
                for line in self.log[since:]:
                    if pairs.items() <= line.items():
                        return line
                ended = bool(self.log) and self.log[-1].get("event") == "end-of-log"
                if ended or not self._grew.wait(deadline - time.monotonic()):
                    raise AssertionError(f"no log line {pairs}; {self.name} said:\n{self.log_text()}")

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait_exit(self, timeout=10):
        """Its exit code, after all of its log has been read."""
        code = self.process.wait(timeout * PATIENCE)
        self._reader.join(timeout)
        return code

    def stop(self, number=signal.SIGTERM, timeout=10):
        self.send_signal(number)
        code = self.wait_exit(timeout)
        assert code == 0, f"{self.name} ended with {code}:\n{self.log_text()}"
        for trace in ("Sanitizer", "runtime error:"):
            assert trace not in self.log_text(), self.log_text()

    def kill(self):
        atexit.unregister(self.kill)
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
            self._reader.join()
            self.process.stderr.close()
        if self.own_dir:
            shutil.rmtree(self.own_dir, ignore_errors=True)


class Daemon(Program):
    """One zcostd.

    args      more options, such as "--interval", "5"
    config    text of a configuration file
    prices    text or bytes of a price file (daemon.prices_path, to be rewritten before SIGHUP)
    bind      role -> endpoints to bind, where {dir} is `dir`; an ephemeral port where a role is
              missing; None: no such options at all
    data      where the ledger is kept, where {dir} is `dir`; None: in memory; "": no such option
    """

    def __init__(self, *args, config=None, prices=None, interval=30, bind=(), dir=None, data="{dir}/data", env=None):
        super().__init__("zcostd", dir, env)
        self.data = pathlib.Path(str(data).replace("{dir}", str(self.dir))) if data else None
        self.prices_path = self.dir / "prices.json"
        self.config_path = self.dir / "zcostd.conf"
        self._context = zmq.Context()
        self._sockets = []
        if config is not None:
            self.config_path.write_text(config)
            self._argv += ["--config", str(self.config_path)]
        if prices is not None:
            self.prices_path.write_bytes(prices if isinstance(prices, bytes) else prices.encode())
            self._argv += ["--prices", str(self.prices_path)]
        if data != "":
            self._argv += ["--data", str(self.data or "none")]
        if interval is not None:
            self._argv += ["--interval", str(interval)]
        if bind is not None:
            bind = dict(bind)
            for role in ROLES:
                for endpoint in bind.get(role, [ANY_PORT]):
                    self._argv += ["--" + role, endpoint.replace("{dir}", str(self.dir))]
        self._argv += map(str, args)

    def kill(self):
        super().kill()
        for socket in self._sockets:
            socket.close(linger=0)
        self._context.destroy(linger=0)

    def endpoints(self, role):
        return [line["endpoint"] for line in self.log if line.get("event") == "listening" and line["role"] == role]

    def endpoint(self, role):
        return self.endpoints(role)[0]

    # --------------------------------------------------------------- talking to it

    def socket(self, kind, role=None, timeout=10, **options):
        """A connected socket with deadlines; closed with the daemon at the latest."""
        socket = self._context.socket(kind)
        self._sockets.append(socket)
        socket.rcvtimeo = socket.sndtimeo = int(1000 * timeout * PATIENCE)
        socket.linger = 0
        for name, value in options.items():
            setattr(socket, name, value)
        if role:
            socket.connect(self.endpoint(role))
        return socket

    def push(self, *messages, endpoint=None):
        """Hands messages to the daemon's ingest, each bytes or a list of frames, in this order on one
        connection; returns when the kernel has them all."""
        context = zmq.Context()
        try:
            socket = context.socket(zmq.PUSH)
            socket.sndtimeo = socket.linger = 20_000 * PATIENCE
            socket.connect(endpoint or self.endpoint("ingest"))
            for message in messages:
                socket.send_multipart(message if isinstance(message, list) else [message])
            socket.close()
        finally:
            context.term()

    def push_events(self, *events):
        """Each event, a dict, in a message of its own."""
        self.push(*map(msgpack.packb, events))

    def ask_raw(self, body, timeout=10):
        """One request, as bytes, over REQ; the decoded reply envelope."""
        with self.socket(zmq.REQ, "query", timeout) as socket:
            self._sockets.remove(socket)
            socket.send(body)
            return msgpack.unpackb(socket.recv(), strict_map_key=False)

    def ask(self, name, **arguments):
        """The result of a query that must succeed."""
        reply = self.ask_raw(msgpack.packb({"query": name, **arguments}))
        assert reply.get("ok") is True and reply.get("query") == name, reply
        return reply["result"]

    def report(self):
        return self.ask("report")

    def health(self):
        return self.ask("health")

    def settle(self, events, timeout=20):
        """Waits until this many events are accepted or rejected since the start; returns `health`.
        More than that is a failure."""
        deadline = time.monotonic() + timeout * PATIENCE
        while True:
            health = self.health()
            seen = sum(health["events"][kind] for kind in ("accepted", "rejected", "duplicate"))
            if seen == events:
                return health
            assert seen < events, f"{seen} events seen, {events} sent: {health['events']} {health['rejected']}"
            assert time.monotonic() < deadline, f"{seen} of {events} events in time: {health['events']}"
            time.sleep(0.005)

    def wait_health(self, predicate, timeout=20):
        """The first `health` of which the predicate holds."""
        deadline = time.monotonic() + timeout * PATIENCE
        while not predicate(health := self.health()):
            assert time.monotonic() < deadline, f"in time, health is only {health}"
            time.sleep(0.005)
        return health

    def subscribe(self, topic=b"snapshot", timeout=10, **options):
        socket = self.socket(zmq.SUB, None, timeout, **options)
        socket.subscribe(topic)
        socket.connect(self.endpoint("publish"))
        return socket

    @staticmethod
    def next_snapshot(subscriber):
        """The next published body; checks topic and number of frames."""
        topic, body = subscriber.recv_multipart()
        assert topic == b"snapshot", topic
        return msgpack.unpackb(body)


class TestCase(unittest.TestCase):
    """A test with a deadline, in seconds: `timeout` of its class."""
    timeout = 30
    maxDiff = None

    def run(self, result=None):
        result = result or self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if _drawn and len(result.failures) + len(result.errors) > before:
            print(f"# again, in tests/system: ZCOST_TEST_SEED={SEED} /usr/bin/python3 -B -m unittest {self.id()}",
                  file=sys.stderr, flush=True)
        return result

    def setUp(self):
        def late(*_):
            raise TimeoutError(f"{self.id()} ran over {self.timeout * PATIENCE} s")
        signal.signal(signal.SIGALRM, late)
        signal.setitimer(signal.ITIMER_REAL, self.timeout * PATIENCE)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)

    def daemon(self, *args, **settings):
        """A running daemon that ends with this test."""
        return self.enterContext(Daemon(*args, **settings))
