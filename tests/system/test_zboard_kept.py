# SPDX-License-Identifier: MPL-2.0
"""Large answers of zboard: neither those that are kept nor those that nobody reads are in the way of others."""
import ctypes
import socket as sockets
import struct
import threading
import time
import unittest

import msgpack

from board import BoardCase
from harness import PATIENCE, SANITIZED

MODELS = 4000
NAME_BYTES = 120
KEPT_BYTES = 64 << 20  # of answers that have not gone out, or may be asked for again
QUESTIONS = 64         # that there is a place for
LARGE = "/api/breakdown?by=model&limit=%d&since=%d"


class Steady(threading.Thread):
    """Reads an answer at some 400 kB/s."""

    def __init__(self, socket, request):
        super().__init__(daemon=True)
        self.socket, self.answer = socket, b""
        socket.sendall(request)
        self.start()

    def run(self):
        while piece := self.socket.recv(20_000, sockets.MSG_WAITALL):
            self.answer += piece
            time.sleep(0.05)


class Kept(BoardCase):
    timeout = 60

    def setUp(self):
        super().setUp()
        self.zcostd = self.daemon()
        self.push(0, MODELS)
        self.zboard = self.board(self.zcostd)

    def push(self, first, end):
        """An event of each of so many models."""
        self.zcostd.push(*(msgpack.packb([{"type": "llm_call", "cost": 1, "model": f"{begin + i:0{NAME_BYTES}}"}
                                          for i in range(1000)]) for begin in range(first, end, 1000)))
        self.zcostd.settle(end)

    def slow(self, buffer=2048):
        """A connection of which the kernel keeps little, on both sides: what is not read stays with zboard."""
        socket = sockets.socket()
        self.addCleanup(socket.close)
        socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, buffer)
        socket.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_MAXSEG, 128)
        socket.settimeout(10 * PATIENCE)
        socket.connect((self.zboard.host, self.zboard.port))
        return socket

    def test_answers_that_may_come_again_give_way(self):
        total, since = 0, 0
        while total < KEPT_BYTES * 5 // 4:
            since += 1
            answer = self.zboard.get(LARGE % (MODELS, since))
            self.assertEqual(answer.status, 200, answer)
            total += len(answer.body)
        self.assertLess(since, QUESTIONS)  # it is the bytes that are over
        for path in ("/api/budgets", "/api/health", "/metrics", "/api/metrics/llm-costs"):
            self.assertEqual(self.zboard.get(path).status, 200, path)

    def test_those_who_do_not_read_keep_no_place(self):
        size = len(self.zboard.get(LARGE % (1050, 1)).body)
        self.assertLess(size * QUESTIONS, KEPT_BYTES)
        slow = [self.slow() for _ in range(QUESTIONS)]
        for since, socket in enumerate(slow, 2):
            socket.sendall(self.zboard.head("GET", LARGE % (1050, since)))
        for socket in slow:
            self.assertTrue(socket.recv(12).startswith(b"HTTP/1.1 200"))
        for path in ("/api/budgets", "/api/health", "/metrics", LARGE % (10, 1)):
            self.assertEqual(self.zboard.get(path).status, 200, path)

    def test_those_who_do_not_read_give_way(self):
        """Not only when their time is over, which is 30 s; who reads steadily has it all."""
        size = len(self.zboard.get(LARGE % (MODELS, 1)).body)
        steady = Steady(self.slow(8 << 10), self.zboard.head("GET", LARGE % (MODELS, 1), "Connection: close"))
        slow = [self.slow() for _ in range(KEPT_BYTES * 5 // 4 // size)]
        self.assertLess(len(slow), QUESTIONS)
        for since, socket in enumerate(slow, 2):
            socket.sendall(self.zboard.head("GET", LARGE % (MODELS, since)))
        for socket in slow:
            self.assertRegex(socket.recv(12), b"^HTTP/1.1 (200|50[34])")  # 503: they are too many already
        begun = time.monotonic()
        self.zboard.wait_for(lambda: self.zboard.get("/api/health").status == 200)
        self.assertLess(time.monotonic() - begun, 5 * PATIENCE)
        self.assertTrue(steady.is_alive())
        steady.join()
        head, body = steady.answer.split(b"\r\n\r\n", 1)
        self.assertIn(b"\r\nContent-Length: %d\r\n" % len(body), head + b"\r\n")

    def test_those_who_are_deaf_give_way(self):
        """They take nothing, not even the first byte."""
        size = len(self.zboard.get(LARGE % (MODELS, 1)).body)
        deaf = [self.slow() for _ in range(KEPT_BYTES * 5 // 4 // size)]
        refuse_all = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))  # an instruction of BPF: return 0
        for since, socket in enumerate(deaf, 2):
            socket.setsockopt(sockets.SOL_SOCKET, 26, struct.pack("HxxxxxxP", 1, ctypes.addressof(refuse_all)))
            socket.sendall(self.zboard.head("GET", LARGE % (MODELS, since)))
        begun = time.monotonic()
        while time.monotonic() - begun < 2 * PATIENCE and self.zboard.get("/api/health").status == 200:
            time.sleep(0.02)  # until they are too many, which may be for a moment only
        begun = time.monotonic()
        self.zboard.wait_for(lambda: self.zboard.get("/api/health").status == 200)
        self.assertLess(time.monotonic() - begun, 5 * PATIENCE)

    def test_many_at_once_are_bounded(self):
        """Answers are counted when they come, not when they were asked for."""
        size = len(self.zboard.get(LARGE % (MODELS, 1)).body)
        slow = [self.slow() for _ in range(QUESTIONS - 4)]
        self.assertGreater(size * len(slow), 2 * KEPT_BYTES)
        for since, socket in enumerate(slow, 2):
            socket.sendall(self.zboard.head("GET", LARGE % (MODELS, since)))
        statuses = {socket.recv(12) for socket in slow}
        self.assertLessEqual(statuses, {b"HTTP/1.1 200", b"HTTP/1.1 503", b"HTTP/1.1 504"})
        if not SANITIZED:  # which may take longer than 11 s for so many: then it is 504
            self.assertIn(b"HTTP/1.1 503", statuses)

    def test_metrics_have_the_sums_however_many_names_there_are(self):
        self.push(MODELS, 2 * MODELS)
        metrics = self.zboard.metrics()
        self.assertEqual(metrics["zcost_cost_usd_total"], f"{2 * MODELS}.000000000")
        named = [name for name in metrics if name.startswith("zcost_model_cost_usd_total{")]
        self.assertEqual(len(named), 200)
        self.assertEqual(metrics['zcost_labels_left_out{label="model"}'], str(2 * MODELS - 200))


if __name__ == "__main__":
    unittest.main()
