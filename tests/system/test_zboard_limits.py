# SPDX-License-Identifier: MPL-2.0
"""Clients that are slow, too many, or speak no HTTP: each is bounded, and nobody else notices."""
import contextlib
import json
import select
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import msgpack

from board import COSTS, TRACK, Board, BoardCase, hurried, read_all, reset
from harness import PATIENCE, SANITIZED, Daemon, seeded
from zreport_peer import StandIn

MB = 1 << 20
QUICK = "http\n    request_seconds = 1\n"


def large_answer(question):
    """Rows of 3 MB of msgpack, which as JSON are as many."""
    return (msgpack.packb({"ok": True, "query": question["query"], "result": {"rows": ["x" * 100] * 30_000}}),)


class Slow(BoardCase):
    def drip(self, socket, data, pause=0.1):
        """Sends byte by byte until the other side has had enough; how long that took."""
        begun = time.monotonic()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for byte in data:
                socket.sendall(bytes([byte]))
                time.sleep(pause)
            self.fail("was never cut")
        return time.monotonic() - begun

    def test_a_head_or_a_body_byte_by_byte(self):
        zboard = self.board(self.daemon(), config=QUICK)
        head = zboard.head("POST", TRACK, "Content-Type: application/json", "Content-Length: 1000")
        took = {}

        def work(name, begin, data):
            with zboard.connect() as socket:
                socket.sendall(begin)
                took[name] = self.drip(socket, data * 10 * PATIENCE)

        threads = [threading.Thread(target=work, args=args) for args in (
            ("head", b"GET / HTTP/1.1\r\n", b"X-Header: abcdefghijklmnop\r\n"), ("body", head, b" " * 50),
            ("chunks", zboard.head("POST", TRACK, "Content-Type: application/json", "Transfer-Encoding: chunked"),
             b"1\r\n \r\n" * 10))]
        for thread in threads:
            thread.start()
        for _ in range(50):
            self.assertEqual(zboard.get(COSTS, timeout=2).status, 200)  # others do not wait for them
            time.sleep(0.01)
        for thread in threads:
            thread.join()
        self.assertEqual(set(took), {"head", "body", "chunks"})
        for name, seconds in took.items():
            self.assertTrue(0.9 < seconds < 4 * PATIENCE, (name, seconds))

    def test_who_asks_now_and_then_is_not_slow(self):
        zboard = self.board(self.daemon(), config=QUICK, env=hurried())
        connection = zboard.connection()
        connection.connect()
        socket = connection.sock
        for _ in range(3):
            time.sleep(0.3)
            connection.request("GET", COSTS)
            self.assertEqual(json.loads(connection.getresponse().read())["llm_calls"]["total_calls"], 0)
            self.assertIs(connection.sock, socket)

    def test_one_who_reads_an_answer_slowly(self):
        """He is cut, and what was kept for him is free again."""
        def answers(path):
            with contextlib.suppress(ConnectionError):  # on a machine that is busy it may take more than the second
                return zboard.get(path).status == 200

        with StandIn(large_answer) as daemon:
            zboard = self.board(None, config=QUICK, endpoints={"query": daemon.endpoint})
            zboard.wait_for(lambda: answers(COSTS))
            slow = [zboard.connect(buffer=2048) for _ in range(4)]
            for i, socket in enumerate(slow):
                socket.sendall(zboard.head("GET", f"/api/breakdown?limit={i}"))
            begun = time.monotonic()
            zboard.wait_for(lambda: answers("/api/breakdown?by=model"))
            for socket in slow:
                self.assertGreater(len(socket.recv(1000)), 0)
            zboard.wait_for(lambda: sum("limit=" in line.get("uri", "") for line in zboard.log) == 4)
            self.assertLess(time.monotonic() - begun, 5 * PATIENCE)
            for socket in slow:
                self.assertLess(len(read_all(socket)), 3 * MB)
            zboard.wait_for(lambda: answers("/api/breakdown?by=model"))

    def test_one_who_never_reads_any_answer(self):
        zboard = self.board(self.daemon(), config=QUICK)
        with zboard.connect(buffer=2048) as socket:
            socket.settimeout(0.2)
            with contextlib.suppress(TimeoutError, OSError):
                while True:
                    socket.sendall(zboard.head("GET", "/assets/style.css") * 100)
            before = zboard.memory_bytes()
            zboard.wait_for(lambda: zboard.get(COSTS).status == 200)
            self.assertLess(zboard.memory_bytes() - before, 8 * MB)

    def test_a_question_that_takes_too_long_is_cut(self):
        zcostd = self.daemon()
        zboard = self.board(zcostd, config=QUICK)
        with self.standing_still(zcostd):
            begun = time.monotonic()
            self.assertEqual(zboard.raw(zboard.head("GET", "/api/breakdown")), b"")
            self.assertTrue(0.9 < time.monotonic() - begun < 4 * PATIENCE)
        zboard.wait_for(lambda: zboard.get("/api/breakdown").status == 200)


class TooMany(BoardCase):
    FEW = "http\n    max_connections = 8\n    max_streams = 4\n"

    def test_those_beyond_wait_for_their_turn(self):
        zboard = self.board(self.daemon(), config=self.FEW)
        time.sleep(0.1)  # for those of its start to be gone
        waiting = [zboard.connect() for _ in range(40)]
        for socket in waiting:
            socket.sendall(zboard.head("GET", "/healthz"))
        turns, begun = [], time.monotonic()
        while waiting:
            answered = select.select(waiting, [], [], 5 * PATIENCE)[0]
            self.assertTrue(answered, "nobody's turn comes")
            time.sleep(0.05)
            answered = select.select(waiting, [], [], 0)[0]
            turns.append(len(answered))
            for socket in answered:
                self.assertTrue(socket.recv(1000).startswith(b"HTTP/1.1 200 "))
                waiting.remove(socket)
                socket.close()
        self.assertLessEqual(max(turns), 8)
        self.assertLess(time.monotonic() - begun, 3 * PATIENCE)
        self.assertEqual(zboard.get(COSTS).status, 200)

    def test_many_who_come_and_go(self):
        zboard = self.board(self.daemon(), config=self.FEW)

        def work(seed):
            rng = seeded(seed)
            for _ in range(25):
                with contextlib.suppress(ConnectionError):
                    kind = rng.randrange(20)
                    if kind == 0:
                        with zboard.connect() as socket:
                            socket.sendall(rng.randbytes(rng.randrange(2000)))
                    elif kind < 5:
                        socket = zboard.connect()
                        socket.sendall(zboard.head("GET", COSTS))
                        reset(socket)
                    else:
                        answer = zboard.get(rng.choice((COSTS, "/", "/metrics", "/nothing")))
                        self.assertIn(answer.status, (200, 404))

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(work, range(16)))
        zboard.wait_for(lambda: zboard.get(COSTS).status == 200)

    def test_who_leaves_amid_his_first_line_takes_no_place(self):
        zboard = self.board(self.daemon(), config=self.FEW)
        for _ in range(8):
            with zboard.connect() as socket:
                socket.sendall(b"GET / HT")
        begun = time.monotonic()
        self.assertEqual(zboard.get("/healthz").status, 200)
        self.assertLess(time.monotonic() - begun, 3 * PATIENCE)

    def test_many_large_bodies_at_once(self):
        """They are kept up to a bound; beyond, the sender may come again."""
        zboard = self.board(self.daemon())
        body = json.dumps({"type": "rag_parallel"}).encode().ljust(MB)
        head = zboard.head("POST", TRACK, "Content-Type: application/json", f"Content-Length: {MB}",
                           "Connection: close")
        before = zboard.memory_bytes()
        halves = [zboard.connect(timeout=20) for _ in range(100)]
        for socket in halves:
            socket.sendall(head + body[:-1])
            time.sleep(0.02)  # one after the other, they fill what there is to the last byte
        zboard.track({"type": "rag_parallel"})
        if not SANITIZED:
            self.assertLess(zboard.memory_bytes() - before, 150 * MB)
        statuses = []
        for socket in halves:
            socket.sendall(body[-1:])
            statuses.append(int(read_all(socket).split()[1]))
        self.assertEqual(set(statuses), {200, 503})
        self.assertGreater(statuses.count(200), 10)
        zboard.daemon.settle(1 + statuses.count(200))
        zboard.track({"type": "rag_parallel"})

    def test_a_large_body_leaves_nothing_behind(self):
        if SANITIZED:  # which keeps what is freed
            self.skipTest("no memory goes back here")
        zboard = self.board(self.daemon())
        before = zboard.memory_bytes()
        for _ in range(3):
            self.failed(zboard.post(TRACK, b"[" + b",".join([b"{}"] * 349_000) + b"]"), 400)
        zboard.wait_for(lambda: zboard.memory_bytes() - before < 8 * MB)


class Garbage(BoardCase):
    """All of it at one zboard."""

    @classmethod
    def setUpClass(cls):
        cls.zboard = cls.enterClassContext(Board(cls.enterClassContext(Daemon()), env=hurried()))

    def test_a_head_that_is_too_large(self):
        for lines in ([f"X-{i}: {'x' * 100}" for i in range(1000)], ["X: " + "x" * 100_000], ["X" * 50_000 + ": x"],
                      ["Cookie: " + "a=b; " * 20_000]):
            received = self.zboard.raw(self.zboard.head("GET", COSTS, *lines, "Connection: close"))
            self.assertTrue(received.startswith(b"HTTP/1.1 431 ") or not received, received[:100])
        received = self.zboard.raw(self.zboard.head("GET", COSTS, "X: " + "x" * 40_000, "Connection: close"))
        self.assertTrue(received.startswith(b"HTTP/1.1 431 "), received[:100])
        received = self.zboard.raw(self.zboard.head("GET", "/" + "x" * 40_000, "Connection: close"))
        self.assertTrue(received.startswith(b"HTTP/1.1 4"), received[:100])

    NO_HTTP = (
        b"\0" * 1000, b"\xff" * 1000, b"\r\n" * 5000, b"\n", b" ", b"GET\r\n\r\n", b"GET /\r\n\r\n",
        b" / HTTP/1.1\r\n\r\n",
        b"GET  HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTCPCP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\n: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(500), b"\x05\x01\0",
        b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x04\x01anon" + bytes(50),
        b"GET http://127.0.0.1/healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"GET / HTTP/1.1\nHost: 127.0.0.1\n\n",
        b"GET / HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n", b"GET / HTTP/1.1\r\n Host: x\r\n\r\n",
        b"GET /\0/x HTTP/1.1\r\n\r\n",
        b"XXXXXXXX / HTTP/1.1\r\n\r\n", b"\xff" + bytes(8) + b"\x7f\x03")

    def send(self, data, seconds=0.01):
        """Sends it and no more; what comes within a moment."""
        received = b""
        with self.zboard.connect() as socket, contextlib.suppress(OSError):  # it may be cut at any of these
            socket.sendall(data)
            socket.shutdown(1)
            socket.settimeout(seconds)
            while data := socket.recv(65536):
                received += data
        return received

    def test_what_is_no_http(self):
        rng = seeded(5)
        for data in (*self.NO_HTTP, *(rng.randbytes(rng.randrange(3000)) for _ in range(50))):
            self.send(data)
        self.assertEqual(self.zboard.get(COSTS).status, 200)

    def test_mutations_of_good_requests(self):
        rng = seeded(6)
        head = self.zboard.head
        good = [head("GET", COSTS, "Accept: */*"), head("GET", "/assets/app.js", 'If-None-Match: "x"'),
                head("GET", "/api/breakdown?by=model&where=team=x&since=0&limit=5", "Cookie: zboard=00ff"),
                head("POST", TRACK, "Content-Type: application/json", "Content-Length: 2") + b"[]",
                head("POST", TRACK, "Content-Type: application/json", "Transfer-Encoding: chunked") +
                b"2\r\n[]\r\n0\r\n\r\n",
                head("GET", "/api/stream", "Last-Event-ID: 1-1")]
        for _ in range(300):
            data = bytearray(rng.choice(good))
            for _ in range(rng.randint(1, 4)):
                at = rng.randrange(len(data))
                size = rng.choice((0, 1, 1, 5))
                data[at:at + size] = rng.choice((b"", b"\0", b"\r\n", b"\xff", b"%", rng.randbytes(3), b" " * 50))
            self.send(data)
        self.assertEqual(self.zboard.get(COSTS).status, 200)

    def test_two_lengths(self):
        """What a body holds is no request, whatever else it is said to hold."""
        inner = self.zboard.head("GET", "/healthz")
        both = "Content-Length: 2", f"Content-Length: {2 + len(inner)}"
        for lines in (both, both[::-1], (both[0], both[0]), (both[0], "Transfer-Encoding: chunked"),
                      ("Transfer-Encoding: chunked", both[1]), ("Transfer-Encoding: x", both[0]),
                      ("Content-Length: 2, 50",)):
            head = self.zboard.head("POST", TRACK, "Content-Type: application/json", *lines)
            received = self.send(head + b"[]" + inner, 0.2)
            with self.subTest(lines):
                self.assertTrue(received.startswith(b"HTTP/1.1 400 ") or not received, received)
                self.assertNotIn(b" 200 ", received)
        self.assertEqual(self.zboard.get(COSTS).status, 200)


if __name__ == "__main__":
    unittest.main()
