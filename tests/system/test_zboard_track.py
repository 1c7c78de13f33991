# SPDX-License-Identifier: MPL-2.0
"""Usage events as JSON: each one is counted as the same event in msgpack is, and each mistake is told. That none
is lost is in test_zboard_delivery.py."""
import json
import unittest

import questions
import samples
from board import COSTS, JSON, TRACK, BoardCase, read_all, reset
from harness import now_ms, seeded
from oracle import Oracle
from questions import DAY_MS
from usage_json import BAD, BAD_HERE, GOOD, NOT_JSON, as_json, has_json

CONFIG = questions.config_of(())


class Case(BoardCase):
    def setUp(self):
        super().setUp()
        self.zcostd = self.daemon(prices=samples.PRICES, config=CONFIG)
        self.zboard = self.board(self.zcostd)

    def other(self, *events):
        """A daemon that got them as msgpack."""
        other = self.daemon(prices=samples.PRICES, config=CONFIG)
        other.push(*questions.cheap_messages(events))
        other.settle(len(events))
        return other

    def check_same(self, other):
        """Both ledgers hold the same, in each cell."""
        self.zcostd.settle(other.health()["events"]["accepted"])
        until = now_ms() + DAY_MS
        by = ["type", "service", "tier", "model", "provider", *questions.TAGS]
        for name, arguments in (("breakdown", {"by": by}), ("series", {"by": by, "step": 86400}),
                                ("series", {"by": by[:4], "step": 3600, "since": until - 3 * DAY_MS})):
            ours, theirs = (daemon.ask(name, until=until, **arguments)["rows"] for daemon in (self.zcostd, other))
            self.assertEqual(sorted(map(repr, ours)), sorted(map(repr, theirs)))
        self.assertEqual(self.zcostd.health()["unpriced"], other.health()["unpriced"])


class Events(Case):
    timeout = 60

    def test_random_events(self):
        rng = seeded(3)
        events = [event for event in questions.random_events(3, 2500) if has_json(event)]
        self.assertGreater(len(events), 2300)
        left = [as_json(event, rng) for event in events]
        connection = self.zboard.connection()
        while left:
            count = rng.choice((1, 1, 2, 10, 300))
            batch, left = left[:count], left[count:]
            body = batch[0] if count == 1 and rng.random() < 0.7 else batch
            connection.request("POST", TRACK, json.dumps(body, ensure_ascii=rng.random() < 0.5).encode(), JSON)
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.read()), (200, b'{"status":"tracked"}'))
        self.check_same(self.other(*events))
        Oracle(samples.PRICES).add(*events).check(self, self.zboard.json(COSTS))

    def test_each_type_and_each_key(self):
        now = now_ms()
        call = {"model": "acme-full", "provider": "acme", "input_tokens": 1000, "cache_read_tokens": 200,
                "cache_write_tokens": 100, "output_tokens": 500, "reasoning_tokens": 50, "latency_ms": 12.5}
        who = {"service": "größe", "ts": now - 60_000,
               "tags": {"team": "red", "region": "", "größe": "ü", "unheard-of": "x"}}
        events = [
            {"type": "query_router", "tier": "complex", **call, **who},
            {"type": "query_router", "tier": "simple", "cost": 0.1}, {"type": "query_router", "cost": 0},
            {"type": "query_router", "tier": ""}, {"type": "llm_call", **call, **who},
            *({"type": "llm_call", "cost": cost} for cost in (1e-9, 5e-10, 1.5e-9, -0.0, 999_999.999999999, 1_000_000)),
            {"type": "llm_call", "model": "gpt-4o", "input_tokens": 10 ** 12},
            {"type": "llm_call", "latency_ms": 10 ** 9},
            {"type": "embedding_cache", **call, "hit": True, **who}, {"type": "embedding_cache", "hit": False},
            {"type": "embedding_cache", "hits": 7, "misses": 3}, {"type": "embedding_cache", "hits": 10 ** 12},
            {"type": "embedding_cache"}, {"type": "rag_parallel", "time_saved_seconds": 2.000000001, **who},
            {"type": "rag_parallel", "time_saved_seconds": -999_999.5}, {"type": "rag_parallel"},
            *({"type": "llm_call", "cost": 1, "ts": ts}
              for ts in ((now - 3_600_000) / 1000, 946_684_800_000, now + DAY_MS - 60_000)),
            {"type": "llm_call", "service": ""}, {"type": "llm_call", "tags": {}},
            {"type": "llm_call", "service": "x" * 128, "tags": {"team": "ü" * 64, "": "x"}},
            {"type": "llm_call", "model": '"\\\n\u2028\x7f😀', "provider": "\x01"},
            {"type": "llm_call", "cost": 3, "x": {"y": [None, {"z": 1.5}]}, "": [], "Cost": "no"}]
        self.zboard.track(*events[:10], events[10:])
        self.check_same(self.other(*events))

    def test_what_json_has_more_than_one_spelling_of(self):
        for text, cost in (('{"type":"llm_call","cost":1e2}', 100), ('{"type":"llm_call","cost":0.1E+1}', 1),
                           ('{"\\u0074ype":"llm\\u005fcall","cost":1}', 1),
                           ('  {"type":"llm_call",\n\t"cost":1}\r\n ', 1),
                           ('{"type":"llm_call","cost":1,"cost":2}', 2), ('{"type":"x","type":"llm_call","cost":4}', 4),
                           ('{"type":"llm_call","cost":"x","cost":8}', 8),
                           ('{"type":"llm_call","cost":16,"model":null}', 16)):
            self.assertEqual(self.zboard.post(TRACK, text.encode()).status, 200, text)
            self.sent = getattr(self, "sent", 0) + cost
            self.assertEqual(self.zboard.json(COSTS)["llm_calls"]["total_cost"], self.sent, text)

    def test_no_events(self):
        self.assertEqual(self.zboard.post(TRACK, []).json(), {"status": "tracked"})
        self.assertEqual(self.zcostd.health()["events"]["accepted"], 0)

    def test_without_a_time_it_is_now(self):
        before = now_ms()
        self.zboard.track({"type": "llm_call", "cost": 1})
        self.zcostd.settle(1)  # it is on its way when it is "tracked"
        row, = self.zboard.json(f"/api/series?step=60&since={before - 60_000}")["rows"]
        self.assertTrue(before - 60_000 < row["points"][0]["t"] <= now_ms())


class Mistakes(Case):
    def test_each_is_told_and_nothing_is_tracked(self):
        bad = BAD + BAD_HERE
        for event, code, naming in bad:
            with self.subTest(event=event):
                answer = self.zboard.post(TRACK, [GOOD, event, GOOD])
                self.failed(answer, 400, code)
                error, = answer.json()["errors"]
                self.assertEqual((error["index"], error["code"]), (1, code))
                self.assertIn(naming, error["detail"])
                if not isinstance(event, list):
                    answer = self.zboard.post(TRACK, event)
                    self.failed(answer, 400, code)
                    self.assertEqual(answer.json(), {"detail": error["detail"], "code": code})
        self.zboard.track(GOOD)
        self.assertEqual(self.zcostd.settle(1)["events"]["accepted"], 1)
        metrics = self.zboard.metrics()
        self.assertEqual(metrics["zboard_tracked_events_total"], "1")
        self.assertEqual(metrics['zboard_refused_events_total{reason="bad"}'], str(2 * len(bad) - 2))

    def test_as_the_daemon_says_it(self):
        """An event is refused for the reason for which the daemon would have rejected it."""
        sent = [(event, code) for event, code, _ in BAD if event != {"type": None}]  # null is a key that is not there
        self.zcostd.push_events(*(event for event, _ in sent))
        self.zcostd.settle(len(sent))
        rows = self.zcostd.ask("rejects", limit=len(sent))["rows"]
        for (event, code), row in zip(reversed(sent), rows, strict=True):
            with self.subTest(event=event):
                self.assertEqual(row["reason"], code)
                if code != "malformed":  # of which zboard has seen less
                    self.assertIn(row["detail"], self.zboard.post(TRACK, event).json()["detail"])

    def test_all_of_an_array_are_told(self):
        answer = self.zboard.post(TRACK, [{}, GOOD, {"type": "llm_call", "cost": -1}, 7])
        self.assertEqual([(error["index"], error["code"]) for error in answer.json()["errors"]],
                         [(0, "missing_type"), (2, "bad_field"), (3, "not_a_map")])
        self.assertIn("none of the 4 events was tracked: 3 are invalid", self.failed(answer, 400, "missing_type"))
        answer = self.zboard.post(TRACK, [GOOD] * 50 + [{"service": "search"}] * 5000)
        self.assertEqual([error["index"] for error in answer.json()["errors"]], list(range(50, 150)))
        self.assertIn("at least 100 are invalid", self.failed(answer, 400))

    def test_no_json(self):
        for name, body in NOT_JSON.items():
            with self.subTest(name):
                self.assertIn("not JSON", self.failed(self.zboard.post(TRACK, body), 400, "malformed"))
        self.zboard.track(GOOD)
        self.zcostd.settle(1)


class Bodies(Case):
    MIB = 1 << 20

    def padded(self, size):
        body = json.dumps(GOOD).encode()
        return body + b" " * (size - len(body))

    def head(self, *lines):
        return self.zboard.head("POST", TRACK, "Content-Type: application/json", *lines)

    def count(self, events):
        self.assertEqual(self.zcostd.settle(events)["events"]["accepted"], events)

    def test_types(self):
        body = json.dumps(GOOD).encode()
        for kind in (None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "text/json",
                     "json", "application"):
            answer = self.zboard.request("POST", TRACK, body, {"Content-Type": kind} if kind is not None else {})
            self.failed(answer, 415, "type")
            self.assertEqual(answer.headers["Accept"], "application/json")
        good = ("application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;x",
                "application/json ")
        for kind in good:
            self.assertEqual(self.zboard.request("POST", TRACK, body, {"Content-Type": kind}).status, 200, kind)
        self.count(len(good))

    def test_a_mebibyte_and_no_more(self):
        self.assertEqual(self.zboard.post(TRACK, self.padded(self.MIB)).status, 200)
        for size in (self.MIB + 1, 2 * self.MIB, 8 * self.MIB):
            self.failed(self.zboard.post(TRACK, self.padded(size)), 413, "too_large")
        self.count(1)

    def test_as_many_events_as_a_body_holds(self):
        body = b"[" + b",".join([b'{"type":"llm_call"}'] * 52_000) + b"]"
        self.assertEqual(self.zboard.post(TRACK, body).status, 200)
        self.count(52_000)

    def test_a_body_that_nobody_would_read(self):
        """It may be cut off; whoever asks before sees why."""
        before = self.zboard.memory_bytes()
        for _ in range(3):
            received = self.zboard.raw(self.head(f"Content-Length: {9 * self.MIB}") + self.padded(9 * self.MIB))
            self.assertTrue(received.startswith(b"HTTP/1.1 413 ") or not received, received[:100])
            received = self.zboard.raw(self.head(f"Content-Length: {9 * self.MIB}", "Expect: 100-continue"))
            self.assertTrue(received.startswith(b"HTTP/1.1 413 "), received[:100])
        self.assertLess(self.zboard.memory_bytes() - before, 16 * self.MIB)
        self.zboard.track(GOOD)
        self.count(1)

    def test_chunks(self):
        def chunked(size, piece=50_000):
            body = self.padded(size)
            connection = self.zboard.connection()
            pieces = (body[i:i + piece] for i in range(0, size, piece))
            connection.request("POST", TRACK, pieces, JSON, encode_chunked=True)
            answer = connection.getresponse()
            return answer.status, answer.read()

        self.assertEqual(chunked(100, 1), (200, b'{"status":"tracked"}'))
        self.assertEqual(chunked(self.MIB)[0], 200)
        self.assertEqual(chunked(self.MIB + 1)[0], 413)
        self.assertEqual(chunked(7 * self.MIB)[0], 413)
        with self.assertRaises(OSError):
            chunked(12 * self.MIB)
        self.count(2)

    def test_expect_100_continue(self):
        body = json.dumps(GOOD).encode()
        with self.zboard.connect() as socket:
            socket.sendall(self.head(f"Content-Length: {len(body)}", "Expect: 100-continue", "Connection: close"))
            self.assertEqual(socket.recv(1000), b"HTTP/1.1 100 Continue\r\n\r\n")
            socket.sendall(body)
            self.assertIn(b'{"status":"tracked"}', read_all(socket))
        self.count(1)

    def test_a_body_that_breaks_off(self):
        for part in (b"", json.dumps(GOOD).encode()):
            socket = self.zboard.connect()
            socket.sendall(self.head("Content-Length: 1000") + part)
            reset(socket)
        for part in (b"", b"5\r\n{\r\n", b"zz\r\n", b"-1\r\n", b"f" * 18 + b"\r\n",
                     b"%x\r\n" % 35 + json.dumps(GOOD).encode()):
            socket = self.zboard.connect()
            socket.sendall(self.head("Transfer-Encoding: chunked") + part)
            reset(socket)
        for length in ("-1", "x", "1e3", "18446744073709551616", "9" * 23, "5, 5", ""):
            self.zboard.raw(self.head(f"Content-Length: {length}", "Connection: close") + b"[]")
        self.zboard.track(GOOD)
        self.count(1)


if __name__ == "__main__":
    unittest.main()
