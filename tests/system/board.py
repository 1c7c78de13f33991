# SPDX-License-Identifier: MPL-2.0
"""What the tests of zboard share: the gateway itself before a daemon, and plain clients of HTTP to talk to it.

Knows HTTP/1.1, server-sent events and zboard's options; of its log event=listening and event=ready. Everything
that waits has a deadline.
"""
import contextlib
import glob
import http.client
import json
import signal
import socket as sockets
import struct
import time
import urllib.parse

import msgpack
import zmq

from budgets import fake_clock
from harness import PATIENCE, ROLES, SANITIZED, Program, TestCase

NOWHERE = "tcp://127.0.0.1:1"
JSON = {"Content-Type": "application/json"}
TRACK = "/api/metrics/track-usage"
COSTS = "/api/metrics/llm-costs"
TOKEN = "correct-horse-battery-staple"


def deadline_in(seconds):
    return time.monotonic() + seconds * PATIENCE


class Answer:
    """What came back: .status, .headers (names in any case), .body (bytes)."""

    def __init__(self, response):
        self.status, self.reason, self.headers = response.status, response.reason, response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        assert self.headers["Content-Type"] == "application/json", self.headers["Content-Type"]
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]}"


class Board(Program):
    """One zboard before a daemon; without one, nobody is there. At start it waits until the daemon is heard.

    args       more options
    config     text of a configuration file (board.config_path, to be rewritten before a start)
    endpoints  role -> endpoint, in place of the daemon's
    tls        an ssl context: it is to be spoken to by it
    """

    def __init__(self, daemon, *args, config=None, listen="127.0.0.1:0", endpoints=(), tls=None, dir=None, env=None):
        super().__init__("zboard", dir, env)
        self.daemon, self.tls = daemon, tls
        self.config_path = self.dir / "zboard.conf"
        self._connections = []
        self._argv += ["--listen", listen]
        for role in ROLES:
            endpoint = dict(endpoints).get(role) or (daemon.endpoint(role) if daemon else NOWHERE)
            self._argv += ["--" + role, endpoint]
        if config is not None:
            self.config_path.write_text(config)
            self._argv += ["--config", str(self.config_path)]
        self._argv += map(str, args)

    def start(self, ready=True):
        super().start(ready)
        if ready:
            address = urllib.parse.urlsplit(self.wait_log("listening", role="http")["endpoint"])
            self.host, self.port = address.hostname, address.port
        if ready and self.daemon:
            self.wait_up()
        return self

    def kill(self):
        for connection in self._connections:
            connection.close()
        super().kill()

    def wait_up(self, timeout=10):
        """Until what it publishes comes, and it answers."""
        self.wait_for(lambda: self.get("/readyz").status == 200 and
                      self.get("/api/health", {"Authorization": "Bearer " + TOKEN}).status == 200, timeout)

    def wait_for(self, predicate, timeout=10):
        deadline = deadline_in(timeout)
        while not predicate():
            assert time.monotonic() < deadline, f"not in time; zboard said:\n{self.log_text()}"
            time.sleep(0.01)

    def memory_bytes(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS:"))

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/schedstat") as file:
            return int(file.read().split()[0]) / 1e9

    # --------------------------------------------------------------- one request

    def connection(self, timeout=10):
        """An http.client connection, closed with zboard at the latest."""
        kind, more = http.client.HTTPConnection, {}
        if self.tls:
            kind, more = http.client.HTTPSConnection, {"context": self.tls}
        connection = kind(self.host, self.port, timeout=timeout * PATIENCE, **more)
        self._connections.append(connection)
        return connection

    def request(self, method, path, body=None, headers=(), timeout=10):
        """One request on a connection of its own."""
        with contextlib.closing(self.connection(timeout)) as connection:
            self._connections.remove(connection)
            connection.request(method, path, body, dict(headers))
            return Answer(connection.getresponse())

    def get(self, path, headers=(), timeout=10):
        return self.request("GET", path, None, headers, timeout)

    def json(self, path, headers=(), timeout=10):
        """The JSON of a GET that must succeed."""
        answer = self.get(path, headers, timeout)
        assert answer.status == 200, answer
        return answer.json()

    def post(self, path, body=b"", headers=(), timeout=10):
        """body: bytes as they are, or anything else as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", path, data, {**JSON, **dict(headers)}, timeout)

    def track(self, *events):
        """Tracks each event, which must succeed."""
        for event in events:
            answer = self.post(TRACK, event)
            assert (answer.status, answer.json()) == (200, {"status": "tracked"}), answer

    def metrics(self, headers=()):
        """/metrics as name{labels} -> value's text."""
        answer = self.get("/metrics", headers)
        assert answer.status == 200, answer
        return dict(line.rsplit(" ", 1) for line in answer.text.split("\n") if line and not line.startswith("#"))

    # --------------------------------------------------------------- plain sockets

    def connect(self, timeout=10, buffer=None):
        """A connected socket, over TLS where that is spoken. buffer: how much the kernel may keep of what comes."""
        plain = sockets.socket(sockets.AF_INET6 if ":" in self.host else sockets.AF_INET)
        if buffer:
            plain.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, buffer)
        plain.settimeout(timeout * PATIENCE)
        plain.connect((self.host, self.port))
        socket = self.tls.wrap_socket(plain, server_hostname=self.host) if self.tls else plain
        self._connections.append(socket)
        return socket

    def raw(self, data, timeout=10):
        """Sends bytes as they are; returns all that comes until the other side closes."""
        with self.connect(timeout) as socket:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                socket.sendall(data)
            return read_all(socket)

    def head(self, method="GET", path="/", *lines):
        """The head of a request, for a plain socket."""
        return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}", *lines, "", ""]).encode()

    def stream(self, headers=(), timeout=10, **more):
        stream = Stream(self, headers, timeout, **more)
        assert stream.status == 200, stream.status
        return stream


def read_all(socket):
    """Until the other side closes, or breaks it off."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while data := socket.recv(1 << 20):
            received += data
    return received


def reset(socket):
    """Ends a connection by RST, as a client does that crashed."""
    socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
    socket.close()


def hurried():
    """An environment in which time goes by ten times as fast, all clocks alike; where that cannot be had, none."""
    if SANITIZED or not glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"):
        return {}
    clock, _ = fake_clock("UTC", "2026-06-01T12:00:00", rate=10)
    return {**clock, "FAKETIME_DONT_FAKE_MONOTONIC": "0", "DONT_FAKE_MONOTONIC": "0"}


class Message:
    """One of a stream: .event, .id, .data (of JSON), .retry; of a comment all are None."""

    def __init__(self, text):
        self.text = text
        fields = dict(line.split(": ", 1) for line in text.split("\n") if not line.startswith(":"))
        self.event, self.id, self.retry = (fields.pop(name, None) for name in ("event", "id", "retry"))
        self.data = json.loads(fields.pop("data")) if "data" in fields else None
        assert not fields, text

    def __repr__(self):
        return self.text[:200]


class Stream:
    """A reader of /api/stream: .status, .headers; of a stream that is open, its messages."""

    def __init__(self, board, headers=(), timeout=10, buffer=None):
        self.socket = board.connect(timeout, buffer)
        lines = [f"{name}: {value}" for name, value in dict(headers).items()]
        self.socket.sendall(board.head("GET", "/api/stream", *lines))
        self._bytes, self._text = b"", b""
        self.comments = 0
        deadline = deadline_in(timeout)
        status, *lines = self._until(b"\r\n\r\n", deadline).decode().split("\r\n")
        self.status = int(status.split()[1])
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}

    def _receive(self, deadline):
        self.socket.settimeout(max(0.001, deadline - time.monotonic()))
        data = self.socket.recv(1 << 18)
        if not data:
            raise EOFError("the connection ended, the stream did not")
        self._bytes += data

    def _until(self, mark, deadline):
        while mark not in self._bytes:
            self._receive(deadline)
        taken, self._bytes = self._bytes.split(mark, 1)
        return taken

    def _chunk(self, deadline):
        """One more piece of the body; b"" at its end."""
        size = int(self._until(b"\r\n", deadline), 16)
        while len(self._bytes) < size + 2:
            self._receive(deadline)
        chunk, end = self._bytes[:size], self._bytes[size:size + 2]
        self._bytes = self._bytes[size + 2:]
        assert end == b"\r\n", end
        return chunk

    def _message(self, deadline):
        """The next one; None at the end."""
        while b"\n\n" not in self._text:
            chunk = self._chunk(deadline)
            if not chunk:
                assert (self._text, self._bytes) == (b"", b""), "the stream ended within a message"
                return None
            self._text += chunk
        text, self._text = self._text.split(b"\n\n", 1)
        return Message(text.decode())

    def next(self, *events, timeout=10):
        """The next message, where names are given: of these."""
        deadline = deadline_in(timeout)
        while message := self._message(deadline):
            if message.event is None and message.retry is None:
                self.comments += 1
            elif not events or message.event in events:
                return message
        raise EOFError("the stream ended")

    def wait(self, predicate, timeout=10):
        """The next message of which the predicate holds."""
        deadline = deadline_in(timeout)
        while not predicate(message := self.next(timeout=max(0, deadline - time.monotonic()) / PATIENCE)):
            pass
        return message

    def next_comment(self, timeout=10):
        """A line that means nothing; no message comes before it."""
        message = self._message(deadline_in(timeout))
        assert message and message.text.startswith(":"), message

    def wait_snapshot(self, sequence):
        """The snapshot of this number."""
        return self.wait(lambda message: message.event == "snapshot" and message.data["zcost"]["sequence"] == sequence)

    def rest(self, timeout=10):
        """All messages to the end of the stream, which has to come, and the connection's."""
        deadline = deadline_in(timeout)
        messages = []
        while message := self._message(deadline):
            messages.append(message)
        self.socket.settimeout(max(0.001, deadline - time.monotonic()))
        assert self.socket.recv(1) == b""
        return messages


class BoardCase(TestCase):
    def board(self, daemon=None, *args, **settings):
        """A running zboard that ends with this test."""
        return self.enterContext(Board(daemon, *args, **settings))

    @contextlib.contextmanager
    def standing_still(self, program):
        """The program is there and does nothing."""
        program.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            program.send_signal(signal.SIGCONT)

    def failed(self, answer, status, code=None):
        """A failure as each one is told; returns its detail."""
        self.assertEqual(answer.status, status, answer)
        self.assertLessEqual({"detail", "code"}, set(answer.json()), answer)
        if code:
            self.assertEqual(answer.json()["code"], code, answer)
        self.assertTrue(answer.json()["detail"])
        return answer.json()["detail"]


class Publisher:
    """A stranger in the place of the daemon's publish endpoint: it publishes what a test likes."""

    def __init__(self):
        self._context = zmq.Context()
        self.socket = self._context.socket(zmq.XPUB)
        self.socket.linger = 0
        self.socket.sndhwm = 0
        self.socket.sndtimeo = self.socket.rcvtimeo = 10_000 * PATIENCE
        self.endpoint = f"tcp://127.0.0.1:{self.socket.bind_to_random_port('tcp://127.0.0.1')}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._context.destroy(linger=0)

    def wait_subscribed(self, topics=(b"snapshot", b"alert")):
        wanted = {b"\1" + topic for topic in topics}
        while wanted:
            wanted -= {self.socket.recv()}

    def publish(self, topic, *frames):
        self.socket.send_multipart([topic, *frames])

    def snapshot(self, sequence, **more):
        """As a daemon might publish it; more: sections."""
        self.publish(b"snapshot", msgpack.packb({**more, "zcost": {"sequence": sequence, "interval_seconds": 1}}))

    def alert(self, name):
        self.publish(b"alert", msgpack.packb({"id": name, "budget": "team"}))
