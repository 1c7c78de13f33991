# SPDX-License-Identifier: MPL-2.0
"""By which names zboard is reached, and which other pages may ask it."""
import json
import unittest

from board import COSTS, JSON, TRACK
from route_case import ALLOW, QUESTIONS, Case


class Hosts(Case):
    config = "http\n    host = board.example.com\n    host = tracker\n"
    OURS = ("localhost", "LocalHost:1", "127.0.0.1", "127.0.0.1:7750", "10.1.2.3:80", "[::1]", "[::1]:7750",
            "board.example.com", "BOARD.example.com:443", "tracker")
    OTHERS = ("evil.example", "evil.example:7750", "localhost.evil.example", "127.0.0.1.evil.example",
              "board.example.com.evil", "xtracker", "track", "1.2.3", "", "local host", "evil.example@127.0.0.1")

    def test_only_names_of_this_machine_and_those_configured(self):
        for path in ("/", COSTS, "/metrics", "/nothing"):
            for host in self.OURS:
                self.assertIn(self.get(path, {"Host": host}).status, (200, 404), host)
            for host in self.OTHERS:
                answer = self.get(path, {"Host": host})
                with self.subTest(path=path, host=host):
                    self.assertIn("http/host", self.failed(answer, 421, "host"))

    def test_no_name_at_all(self):
        received = self.zboard.raw(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.assertTrue(received.startswith(b"HTTP/1.1 400 "), received)
        received = self.zboard.raw(b"GET /healthz HTTP/1.0\r\n\r\n")  # of which it is not asked
        self.assertTrue(received.endswith(b"\r\n\r\nok\n"), received)

    def test_a_whole_address_says_the_name(self):
        for path, host, status in (("http://evil.example/healthz", "tracker", 421),
                                   ("http://evil.example", "tracker", 421),
                                   ("http://tracker/healthz", "evil.example", 200),
                                   ("http://tracker:80/healthz", "evil.example", 200)):
            received = self.zboard.raw(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            self.assertEqual(received.split()[1], b"%d" % status, path)

    def test_two_names_are_refused(self):
        received = self.zboard.raw(self.zboard.head("GET", "/healthz", "Host: tracker", "Connection: close"))
        self.assertTrue(received.startswith(b"HTTP/1.1 400 "), received)

    def test_another_name_tracks_nothing(self):
        before = self.zcostd.health()["events"]["accepted"]
        event = json.dumps({"type": "query_router", "cost": 1}).encode()
        self.failed(self.ask("POST", TRACK, {"Host": "evil.example", **JSON}, event), 421)
        self.assertEqual(self.ask("POST", TRACK, {"Host": "tracker", **JSON}, event).status, 200)
        self.assertEqual(self.zcostd.settle(before + 1)["events"]["accepted"], before + 1)


class HostsBeyondLoopback(Hosts):
    """Where it was told its names, these are all."""
    listen = "0.0.0.0:0"


class UnknownHostsBeyondLoopback(Case):
    listen = "0.0.0.0:0"

    def test_any_name_will_do(self):
        for host in ("evil.example", "anything", "127.0.0.1"):
            self.assertEqual(self.get("/healthz", {"Host": host}).status, 200)


class NoOrigins(Case):
    def test_no_other_page_may_ask(self):
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
            for path in (*QUESTIONS, "/metrics", "/"):
                answer = self.get(path, {"Origin": origin})
                self.assertEqual(answer.status, 200)
                self.assertNotIn("Access-Control-Allow-Origin", answer.headers)
            answer = self.ask("OPTIONS", TRACK, {"Origin": origin, "Access-Control-Request-Method": "POST"})
            self.failed(answer, 405)
            self.assertNotIn("Access-Control-Allow-Origin", answer.headers)


class Origins(Case):
    OURS = "https://board.example.com"
    config = "http\n    allow_origin = HTTPS://Board.Example.com\n    allow_origin = http://localhost:5173\n"

    def test_a_configured_page_may_ask(self):
        for path in (*QUESTIONS, "/api/series?step=x", "/nothing"):
            for origin in (self.OURS, "http://localhost:5173", None, self.OURS):
                headers = self.get(path, {"Origin": origin} if origin else {}).headers
                with self.subTest(path=path, origin=origin):
                    self.assertEqual(headers.get_all("Access-Control-Allow-Origin"), [origin] if origin else None)
                    self.assertEqual(headers["Vary"], "Origin" if origin else None)
        self.assertNotIn("Access-Control-Allow-Origin", self.get("/metrics", {"Origin": self.OURS}).headers)
        for origin in ("https://board.example.com.evil", "http://board.example.com", "https://board.example.co", "null",
                       "*"):
            self.assertNotIn("Access-Control-Allow-Origin", self.get(COSTS, {"Origin": origin}).headers, origin)

    def test_a_stream_too(self):
        with self.zboard.stream({"Origin": self.OURS}).socket:
            pass
        self.assertEqual(self.zboard.stream({"Origin": self.OURS}).headers["access-control-allow-origin"], self.OURS)
        self.assertNotIn("access-control-allow-origin", self.zboard.stream({"Origin": "http://evil.example"}).headers)

    def test_what_a_browser_asks_before(self):
        for path, allow in ALLOW.items():
            answer = self.ask("OPTIONS", path, {"Origin": self.OURS, "Access-Control-Request-Method": "POST"})
            with self.subTest(path=path):
                self.assertEqual((answer.status, answer.body), (204, b""))
                self.assertEqual(answer.headers["Access-Control-Allow-Origin"], self.OURS)
                self.assertEqual(answer.headers["Access-Control-Allow-Methods"], allow)
                self.assertLessEqual({"Content-Type", "Authorization"},
                                     set(answer.headers["Access-Control-Allow-Headers"].split(", ")))
            self.failed(self.ask("OPTIONS", path, {"Origin": "http://evil.example"}), 405)

    def test_it_may_track(self):
        answer = self.ask("POST", TRACK, {"Origin": self.OURS, **JSON}, b'{"type": "rag_parallel"}')
        self.assertEqual((answer.status, answer.headers["Access-Control-Allow-Origin"]), (200, self.OURS))
        answer = self.ask("POST", TRACK, {"Origin": self.OURS, **JSON}, b"{}")
        self.assertEqual((answer.status, answer.headers["Access-Control-Allow-Origin"]), (400, self.OURS))


if __name__ == "__main__":
    unittest.main()
