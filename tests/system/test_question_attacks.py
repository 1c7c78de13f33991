#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Questions that are wrong, huge, many at once, or asked by clients that vanish: each gets its answer or a refusal
under the contract's name, the next one is answered, and ingest goes on."""
import collections
import threading
import time
import unittest

import msgpack
import zmq

import wire
from harness import PATIENCE, now_ms, seeded
from question_oracle import DIMENSIONS
from questions import DAY_MS, HOUR_MS, MINUTE_MS, NEVER, OFTEN, WIDE, Case, added, random_events

INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1
TIMES = (INT64_MIN, INT64_MIN + 1, -(1 << 53), -1, 0, 1, 946_684_800_000, 1 << 53, INT64_MAX // 1000,
         INT64_MAX - 86_400_000, INT64_MAX - 1, INT64_MAX)


class Wrong(Case):
    def setUp(self):
        super().setUp()
        self.start(NEVER, events=random_events(1, 200))

    def reply(self, query, **arguments):
        return self.zcostd.ask_raw(wire.pack({"query": query, **arguments}))

    def refused(self, code, query, **arguments):
        with self.subTest(query=query, **{name: str(value)[:80] for name, value in arguments.items()}):
            reply = self.reply(query, **arguments)
            self.assertIs(reply["ok"], False, str(reply)[:300])
            self.assertEqual(reply["error"]["code"], code)
            self.assertTrue(reply["error"]["message"])
        self.zcostd.ask("ping")

    def test_dimensions(self):
        for query in ("breakdown", "series"):
            for by in (["nobody"], [""], ["service", "service"], ["team", "team"], "service", {"service": 1}, 5, True,
                       [5], [None], [["service"]], ["Service"], ["service "], ["service\0"], [b"service"],
                       ["service"] * 20, ["x" * 1000], ["unheard-of"], ["\ud800"]):
                self.refused("bad_request", query, by=by)

    def test_filters(self):
        for query in ("breakdown", "series"):
            for where in (["service"], "service", 5, {"nobody": "x"}, {"service": 5}, {"service": None},
                          {"service": ["a"]}, {5: "a"}, {"unheard-of": "a"}, {"service": b"a"}, {"": ""}):
                self.refused("bad_request", query, where=where)
            twice = b"\x82\xa5query" + wire.pack(query) + b"\xa5where\x82" + wire.pack("service") + wire.pack("a") \
                + wire.pack("service") + wire.pack("b")
            self.assertEqual(self.zcostd.ask_raw(twice)["error"]["code"], "bad_request")

    def test_windows_and_steps(self):
        for query in ("breakdown", "series", "report"):
            for value in ("now", 1.5, True, [], {}, 1 << 63, b"1"):
                self.refused("bad_request", query, since=value)
                self.refused("bad_request", query, until=value)
        for step in (0, 1, 59, 61, 90, -60, INT64_MIN, "60", 60.0, True, [60], 1 << 63):
            self.refused("bad_request", "series", step=step)
        for limit in (-1, "5", 1.5, [], INT64_MIN):
            self.refused("bad_request", "breakdown", limit=limit)

    def test_a_filter_that_nothing_matches(self):
        for where in ({"service": "nobody"}, {"tier": "nobody"}, {"model": "x" * 128}, {"team": "nobody"},
                      {"type": "llm_call", "tier": "simple"}):
            self.assertEqual(self.breakdown(("service",), where=where)["rows"], [])
            self.series(3600, ("service",), now_ms() - DAY_MS, where=where)

    def test_what_is_not_known_is_passed_over(self):
        answer = self.zcostd.ask("breakdown", by=["type"], later=[1, {"x": None}], colour="red")
        self.assertEqual(answer["rows"], self.zcostd.ask("breakdown", by=["type"])["rows"])

    def test_times_at_the_ends_of_what_there_is(self):
        """Every pair; each is answered, and right."""
        for since in (None, *TIMES):
            for until in (None, *TIMES):
                arguments = {name: value for name, value in (("since", since), ("until", until)) if value is not None}
                low = -10 ** 30 if since is None else since
                high = 10 ** 30 if until is None else until
                events = len([record for record in self.book.records if low <= record.ts_ms < high])
                with self.subTest(**arguments):
                    for query in ("breakdown", "report"):
                        reply = self.reply(query, **arguments)
                        self.assertIs(reply["ok"], True, str(reply)[:300])
                    self.assertEqual(self.zcostd.ask("breakdown", **arguments)["total"]["events"], events)
                    for step in (60, 86400, 60 * (INT64_MAX // 60), 86400 * (INT64_MAX // 86_400_000)):
                        reply = self.reply("series", step=step, **arguments)
                        if reply["ok"]:
                            points = [point for row in reply["result"]["rows"] for point in row["points"]]
                            self.assertIn(added(points)["events"] if points else 0, {events, self.sent})
                        else:
                            self.assertIn(reply["error"]["code"], ("bad_request", "too_large"))

    def test_requests_of_random_bytes(self):
        rng = seeded(2)
        good = wire.pack({"query": "series", "by": ["service", "team"], "where": {"tier": "simple", "region": ""},
                          "since": now_ms() - DAY_MS, "until": now_ms(), "step": 60, "limit": 3})
        with self.zcostd.socket(zmq.REQ, "query") as socket:
            self.zcostd._sockets.remove(socket)
            for turn in range(3000):
                body = bytearray(good)
                for _ in range(rng.randint(1, 4)):
                    body[rng.randrange(len(body))] = rng.randrange(256)
                socket.send(bytes(body[:rng.randrange(len(body) + 1)] if turn % 3 == 0 else body))
                reply = msgpack.unpackb(socket.recv(), strict_map_key=False, unicode_errors="replace")
                self.assertIn("ok", reply)
        self.ask_much(3, rounds=1)


class Large(Case):
    def test_more_rows_than_an_answer_shows(self):
        self.start(OFTEN)
        now = now_ms()
        self.send([{"type": "llm_call", "model": f"m{i}", "ts": now - i, "cost": (i % 100) / 100, "latency_ms": i}
                   for i in range(12_345)])
        for limit in (None, 10_000, 1, 0):
            answer = self.zcostd.ask("breakdown", by=["model"], **({} if limit is None else {"limit": limit}))
            shown = 10_000 if limit is None else limit
            self.assertEqual((len(answer["rows"]), answer["rows_left_out"]), (shown, 12_345 - shown))
            self.assertEqual(answer["total"]["events"], 12_345)
        wanted = self.book.breakdown(("model",))
        answer = self.zcostd.ask("breakdown", by=["model"])
        self.assertEqual([row["model"] for row in answer["rows"]], [row["model"] for row in wanted["rows"]])
        reply = self.zcostd.ask_raw(wire.pack({"query": "breakdown", "by": ["model"], "limit": 10_001}))
        self.assertTrue(reply["ok"] is False and reply["error"]["code"] == "bad_request"
                        or len(reply["result"]["rows"]) == 10_000)

    def test_more_points_than_a_series_may_have(self):
        self.start(OFTEN, WIDE)
        now = now_ms() // MINUTE_MS * MINUTE_MS
        events = [{"type": "llm_call", "ts": now - i * MINUTE_MS, "cost": 1} for i in range(100_001)]
        self.send(events)
        self.wait_stored()
        since = now - 100_000 * MINUTE_MS
        reply = self.zcostd.ask_raw(wire.pack({"query": "series", "step": 60, "since": since}))
        self.assertEqual(reply["error"]["code"], "too_large")
        answer = self.zcostd.ask("series", step=60, since=since + MINUTE_MS)
        self.assertEqual(sum(len(row["points"]) for row in answer["rows"]), 100_000)
        answer = self.zcostd.ask("series", step=3600, since=since)
        self.assertEqual(added([point for row in answer["rows"] for point in row["points"]])["events"], 100_001)
        self.assertEqual(self.zcostd.ask("breakdown")["total"]["events"], 100_001)


class Crowds(Case):
    """Many ask at once, while events come in."""

    def flood(self, stop):
        rng, now = seeded(4), now_ms()
        messages = [wire.pack([{"type": "llm_call", "cost": 1e-9, "service": f"f{i % 40}", "model": f"m{i % 25}",
                                "ts": now - rng.randrange(DAY_MS), "latency_ms": i} for i in range(100)])
                    for _ in range(50)]
        with self.zcostd.socket(zmq.PUSH, "ingest") as socket:
            self.zcostd._sockets.remove(socket)
            while not stop.wait(0.001):
                socket.send(rng.choice(messages))

    def flooded(self):
        stop = threading.Event()
        flood = threading.Thread(target=self.flood, args=(stop,))
        flood.start()
        self.addCleanup(flood.join)
        self.addCleanup(stop.set)

    def question(self, rng):
        now = now_ms()
        return {"query": rng.choice(("breakdown", "series", "report")),
                "by": rng.sample(DIMENSIONS, rng.randint(0, 3)), "since": now - rng.randrange(30 * DAY_MS),
                "step": rng.choice((3600, 86400))}

    def test_three_hundred_at_once(self):
        self.start(OFTEN, events=random_events(5, 2000, (30 * DAY_MS,)))
        self.flooded()
        rng = seeded(6)
        clients = [self.zcostd.socket(zmq.DEALER, "query", timeout=40) for _ in range(30)]
        for _ in range(3):
            asked = [[self.question(rng) for _ in range(10)] for _ in clients]
            for turn in range(10):
                for client, questions in zip(clients, asked):
                    client.send_multipart([b"", wire.pack(questions[turn])])
            answered = collections.Counter()
            for client, questions in zip(clients, asked):
                answered += self.take_answers(client, questions)
            self.assertEqual(sum(answered.values()), 300)
            self.assertGreater(answered["ok"], 200, answered)
        self.zcostd.ask("ping")

    def take_answers(self, client, questions):
        """As many as were asked, each to one of its questions: they may overtake each other."""
        answered, left = collections.Counter(), collections.Counter(map(self.about, questions))
        for _ in questions:
            reply = msgpack.unpackb(client.recv_multipart()[1])
            answered["ok" if reply["ok"] else reply["error"]["code"]] += 1
            if reply["ok"]:
                left.subtract([self.about({"query": reply["query"], **reply["result"]})])
        self.assertGreaterEqual(min(left.values()), 0, left)
        self.assertEqual(answered["ok"] + answered["unavailable"], len(questions), answered)
        return answered

    @staticmethod
    def about(question):
        return question["query"], tuple(question["by"] if question["query"] != "report" else ())

    def test_small_questions_are_answered_while_large_ones_are_worked_on(self):
        self.start(OFTEN, events=random_events(7, 4000, (390 * DAY_MS,)))
        client = self.zcostd.socket(zmq.DEALER, "query", timeout=40)
        for _ in range(50):
            client.send_multipart([b"", wire.pack({"query": "series", "step": 900, "by": list(DIMENSIONS)})])
        begun = time.monotonic()
        for _ in range(50):
            self.zcostd.ask("ping")
        self.assertLess(time.monotonic() - begun, 5 * PATIENCE)
        for _ in range(50):
            client.recv_multipart()

    def test_clients_that_vanish(self):
        self.start(OFTEN, events=random_events(8, 3000))
        self.flooded()
        rng = seeded(9)
        context = zmq.Context()
        self.addCleanup(context.destroy, linger=0)
        for turn in range(150):
            client = context.socket(rng.choice((zmq.DEALER, zmq.REQ)))
            client.connect(self.zcostd.endpoint("query"))
            client.linger = 200
            prefix = [b""] if client.type == zmq.DEALER else []
            for _ in range(rng.randint(1, 5) if prefix else 1):
                client.send_multipart([*prefix, wire.pack(self.question(rng))])
            if turn % 3:
                time.sleep(rng.random() / 100)
            client.close(0 if turn % 5 == 0 else None)
        self.zcostd.ask("ping")
        answer = self.zcostd.ask("breakdown", by=["service"])
        self.assertEqual(added(answer["rows"]), added([answer["total"]]))

    def test_a_client_that_asks_and_never_reads(self):
        self.start(OFTEN)
        self.send([{"type": "llm_call", "model": f"m{i}", "ts": now_ms() - i * 1000} for i in range(8000)])
        silent = self.zcostd.socket(zmq.DEALER, "query", timeout=1, rcvhwm=1)
        for _ in range(2000):  # some 5 MB each
            try:
                silent.send_multipart([b"", wire.pack({"query": "breakdown", "by": ["model"]})], zmq.NOBLOCK)
            except zmq.Again:
                break
        deadline = time.monotonic() + 8 * PATIENCE
        most = 0
        while time.monotonic() < deadline:
            most = max(most, self.zcostd.health()["rss_bytes"])
            self.send([{"type": "llm_call", "cost": 1, "ts": now_ms()}])
            time.sleep(0.05)
        answer = self.zcostd.ask("breakdown", since=now_ms() - HOUR_MS)
        self.assertGreater(answer["total"]["events"], 0)
        self.assertLess(most, 2 << 30)

    def test_answers_that_nobody_reads_do_not_end_it(self):
        """At the limit of its memory questions are refused, or their answers lost; the daemon and its ledger stay."""
        self.start(OFTEN, "memory\n    max_bytes = 1000000000\n")
        self.send([{"type": "llm_call", "model": f"m{i}", "ts": now_ms() - i * 1000} for i in range(10_000)])
        request = wire.pack({"query": "breakdown", "by": ["model"]})
        silent = [self.zcostd.socket(zmq.DEALER, "query", rcvhwm=1) for _ in range(6)]
        for client in silent:
            for _ in range(200):
                client.send_multipart([b"", request])
            time.sleep(PATIENCE)
            self.assertIsNone(self.zcostd.process.poll(), self.zcostd.log_text())
            self.send([{"type": "llm_call", "cost": 1, "ts": now_ms()}])
        for client in silent:
            client.close()
        # Behind all that the others asked for.
        self.zcostd.wait_health(lambda _: self.zcostd.ask_raw(request, timeout=30)["ok"])

    def test_leaves_while_it_is_asked(self):
        """SIGTERM in the middle of questions: it ends well, and what it had is there again."""
        self.start(OFTEN, events=random_events(10, 3000, (390 * DAY_MS,)))
        client = self.zcostd.socket(zmq.DEALER, "query", timeout=40)
        for _ in range(60):
            client.send_multipart([b"", wire.pack({"query": "series", "step": 900, "by": ["service", "type"]})])
        time.sleep(0.05)
        self.zcostd.stop()
        self.zcostd.start()
        self.breakdown(("service",))


if __name__ == "__main__":
    unittest.main()
