# SPDX-License-Identifier: MPL-2.0
"""What zboard makes of the daemon behind it: one question for many who ask the same, and a clear answer whatever
comes from there, or nothing does."""
import contextlib
import json
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import msgpack
import zmq

import wire
from board import COSTS, TRACK, BoardCase, Publisher, hurried, read_all
from budgets import needs_fake_clock
from harness import PATIENCE, SANITIZED, fixed_endpoints, now_ms
from zreport_peer import StandIn

MB = 1 << 20


def packed(result):
    return msgpack.packb({"ok": True, "result": result})


class Questions(BoardCase):
    def test_equal_ones_at_once_become_few(self):
        def slow(question):
            time.sleep(0.05)
            return (packed({"asked": question}),)

        with StandIn(slow) as daemon:
            zboard = self.board(None, endpoints={"query": daemon.endpoint})
            zboard.wait_for(lambda: zboard.get("/api/budgets").status == 200)

            def hammer(_):
                connection = zboard.connection()
                for i in range(25):
                    by = ("model", "service")[i % 2]
                    connection.request("GET", f"/api/breakdown?by={by}")
                    body = json.loads(connection.getresponse().read())
                    self.assertEqual(body, {"asked": {"query": "breakdown", "by": [by]}})

            with ThreadPoolExecutor(32) as pool:
                list(pool.map(hammer, range(32)))
            asked = [question for question in daemon.questions if question["query"] == "breakdown"]
            self.assertLess(len(asked), 30 * PATIENCE)

    def test_others_are_others(self):
        """As many as there may be at once, each with its own answer, whatever their order."""
        with StandIn(lambda question: (packed({"asked": question}),), at_once=20) as daemon:
            zboard = self.board(None, endpoints={"query": daemon.endpoint})
            zboard.wait_for(lambda: zboard.get("/api/budgets").status == 200)

            def ask(number):
                for i in range(10):
                    since = 1000 * number + i
                    body = zboard.get(f"/api/breakdown?since={since}").json()
                    self.assertEqual(body, {"asked": {"query": "breakdown", "since": since}})

            with ThreadPoolExecutor(40) as pool:
                list(pool.map(ask, range(40)))

    def test_while_the_daemon_is_away_the_answer_comes_at_once(self):
        """And the right one within a second of its return."""
        zcostd = self.daemon(bind=fixed_endpoints())
        zboard = self.board(zcostd)
        zcostd.crash()
        time.sleep(2)  # so that connecting again has become rare
        for path in (COSTS, "/api/breakdown?by=tier", "/api/series", "/api/budgets"):
            begun = time.monotonic()
            answer = zboard.get(path)
            self.assertIn("zcostd is unreachable", self.failed(answer, 503, "unavailable"))
            self.assertTrue(answer.headers["Retry-After"])
            self.assertLess(time.monotonic() - begun, 0.5 * PATIENCE)
        zcostd.start()
        begun = time.monotonic()
        zboard.wait_for(lambda: zboard.get(COSTS).status == 200)
        self.assertLess(time.monotonic() - begun, PATIENCE)

    def test_who_waits_when_the_daemon_dies_is_told(self):
        zcostd = self.daemon(bind=fixed_endpoints())
        zboard = self.board(zcostd)
        answers = []
        with self.standing_still(zcostd):
            threads = [threading.Thread(target=lambda by=by: answers.append(zboard.get(f"/api/breakdown?by={by}")))
                       for by in ("model", "tier", "model", "service")]
            for thread in threads:
                thread.start()
            time.sleep(0.2)
            zcostd.process.kill()
            for thread in threads:
                thread.join(5 * PATIENCE)
        self.assertEqual(len(answers), 4)
        for answer in answers:
            self.assertIn("was lost", self.failed(answer, 503, "unavailable"))
        zcostd.restart()
        zboard.wait_for(lambda: zboard.get("/api/breakdown?by=model").status == 200)

    def test_a_slow_answer_is_used_again(self):
        """Also one that took longer than any may be used for: its age counts from when it came."""
        def slow(question):
            time.sleep(2.2 if question["query"] == "breakdown" else 0)
            return (packed({}),)

        with StandIn(slow) as daemon:
            zboard = self.board(None, endpoints={"query": daemon.endpoint})
            zboard.wait_for(lambda: zboard.get("/api/budgets").status == 200)
            for _ in range(3):
                self.assertEqual(zboard.get("/api/breakdown").status, 200)
            self.assertEqual(sum(question["query"] == "breakdown" for question in daemon.questions), 1)

    def test_a_series_of_as_many_points_as_there_may_be(self):
        """A question of one costs the others nothing."""
        zcostd = self.daemon()
        zboard = self.board(zcostd)
        begin = now_ms() // 60_000 * 60_000 - 47 * 3_600_000
        events = [msgpack.packb({"type": "llm_call", "cost": 1.5, "model": f"model-{i % 40}",
                                 "ts": begin + i // 40 * 60_000}) for i in range(100_000)]
        zcostd.push(*wire.arrays(events, 1000))
        zcostd.settle(len(events))
        for query in ("by=model", "by=model&limit=39"):
            answer = zboard.get(f"/api/series?step=60&since={begin}&{query}")
            self.assertIn("4 MiB", self.failed(answer, 422, "too_large"))
            self.assertEqual(zboard.get(COSTS).status, 200)
        row, = zboard.json(f"/api/series?step=60&since={begin}&by=model&limit=1")["rows"]
        self.assertEqual(len(row["points"]), 2500)
        self.assertEqual(zboard.json("/api/series?step=86400&by=model")["rows_left_out"], 0)
        if not SANITIZED:
            self.assertLess(zboard.memory_bytes(), 128 * MB)


class Stranger(StandIn):
    """Somebody else at the daemon's address: `reply` of a question is the frames behind the number and the
    delimiter; or a function that makes all frames of the number; None: no reply."""

    def __init__(self, reply):
        super().__init__(None)
        self.reply = reply

    def _answer(self):
        while self._waiting:
            identity, number, _, question = self._waiting.pop()
            reply = self.reply(msgpack.unpackb(question))
            if reply is not None:
                frames = reply(number) if callable(reply) else [number, b"", *reply]
                self._socket.send_multipart([identity, *frames])


class Restarting(StandIn):
    """When it is asked for two breakdowns it answers the second one with much, and is restarted while that is read."""

    def __init__(self):
        super().__init__(None)
        self.asked = []

    def _answer(self):
        while self._waiting:
            *envelope, question = self._waiting.pop()
            if msgpack.unpackb(question)["query"] == "breakdown":
                self.asked.append(envelope)
            else:
                self._socket.send_multipart([*envelope, packed({})])
        if len(self.asked) == 2:
            self._socket.send_multipart([*self.asked.pop(), packed({"rows": ["ab"] * 900_000})])
            time.sleep(0.03)
            self._socket.close(linger=0)
            self._socket = self._context.socket(zmq.ROUTER)
            self._socket.linger, self._socket.rcvtimeo = 0, 50
            self._bind()

    def _bind(self):
        while True:
            with contextlib.suppress(zmq.ZMQError):
                self._socket.bind(self.endpoint)
                return


class StrangeReplies(BoardCase):
    timeout = 60

    def stranger(self, replies=(), **settings):
        """A zboard before somebody who answers /api/breakdown?since=N by replies [N], and all else well."""
        def reply(question):
            return replies[question["since"]] if question["query"] == "breakdown" else (packed({}),)

        daemon = self.enterContext(Stranger(reply))
        self.zboard = self.board(None, endpoints={"query": daemon.endpoint}, **settings)
        self.wait_connected()
        return daemon

    def wait_connected(self):
        self.zboard.wait_for(lambda: self.zboard.get("/api/budgets").status == 200)

    def ask(self, *frames):
        """The answers to these replies, one after the other."""
        self.stranger([[frame] for frame in frames])
        for i, frame in enumerate(frames):
            with self.subTest(frame=frame[:80]):
                yield self.zboard.get(f"/api/breakdown?since={i}")
        self.assertEqual(self.zboard.get(COSTS).status, 200)

    def test_what_is_no_reply(self):
        strange = (None, 5, "x", [], {}, {5: 6}, {"ok": True}, {"ok": True, "result": 5}, {"ok": True, "result": [{}]},
                   {"ok": 1, "result": {}}, {"ok": False}, {"ok": False, "error": {}}, {"ok": False, "error": "x"},
                   {"ok": True, "result": {"x": {5: 6}}})
        for answer in self.ask(b"", b"\xc1", b"\x81", b"HTTP/1.1 200 OK\r\n\r\n", b"\xdd\xff\xff\xff\xff", b"\xc0\xc0",
                               b"\xdf\xff\xff\xff\xff", b"\x91" * 100 + b"\xc0", *map(msgpack.packb, strange)):
            self.failed(answer, 502, "foreign")

    def test_refusals(self):
        codes = (("bad_request", 400), ("too_large", 422), ("unavailable", 503), ("unknown_query", 503), ("", 503),
                 ("x" * 500, 503), ("größe" * 100, 503))
        replies = [msgpack.packb({"ok": False, "error": {"code": code, "message": "why not"}}) for code, _ in codes]
        for answer, (code, status) in zip(self.ask(*replies), codes):
            self.assertEqual(self.failed(answer, status), "why not")
            self.assertEqual(bool(answer.headers["Retry-After"]), status == 503)
            if len(code) < 30:
                self.assertEqual(answer.json()["code"], code)

    def test_what_refusals_say_may_be_anything(self):
        def refusal(message):
            body = msgpack.packb({"ok": False, "error": {"code": "bad_request", "message": "?"}})
            return body.replace(b"\xa1?", b"\xda" + len(message).to_bytes(2, "big") + message)

        for answer in self.ask(*map(refusal, (b"\xff\xfe", "€".encode() * 1000, b"a" + "€".encode() * 1000, b"x\0y",
                                              b"\n\x1b[31m\"\\", "😀".encode() * 999))):
            self.failed(answer, 400, "bad_request")

    def test_too_much(self):
        answers = self.ask(packed({"x": "x" * 5 * MB}), packed({"x": [None] * 1_200_000}), packed({"x": "x" * 60 * MB}))
        for answer, status in zip(answers, (422, 502, 422), strict=True):
            self.failed(answer, status, "too_large")

    def test_results_of_any_kind_are_json(self):
        result = {"": None, "x" * 300: [1, -1, 1.5, -(1 << 63), float("nan"), float("inf"), b"\0\xff", True],
                  "\n\0\u2028</script>": {"deep": [[[[{"x": "\ud7ff😀\0"}]]]]}, "time": msgpack.ExtType(5, b"x")}
        for answer in self.ask(packed(result)):
            self.assertEqual(answer.status, 200)
            self.assertTrue(answer.body.isascii())
            self.assertNotIn(b"\n", answer.body)
            self.assertEqual(answer.json()["x" * 300], [1, -1, 1.5, -(1 << 63), None, None, "00ff", True])
            self.assertEqual(answer.json()["\n\ufffd\u2028</script>"]["deep"], [[[[{"x": "\ud7ff😀\0"}]]]])

    def test_what_bears_no_number_of_ours_is_nobodys(self):
        """Who asked is cut off after http/request_seconds, and nothing breaks."""
        good = packed({})
        replies = [
            lambda _: [good], lambda _: [b"", good], lambda number: [number, good], lambda number: [number, b"x", good],
            lambda number: [number, b"", b"", good], lambda number: [number, b"", good, good], lambda _: [b""] * 100,
            lambda _: [b"x" * 12, b"", good], lambda number: [number[:-1], b"", good],
            lambda number: [number + b"x", b"", good], lambda number: [b"\xff" * 4 + number[4:], b"", good],
            lambda number: [number[:4] + b"\xff" * 4 + number[8:], b"", good],
            lambda number: [number[:8] + b"\xff" * 4, b"", good],
            lambda number: [number[:8] + b"\1\0\0\0", b"", good], None]
        self.stranger(replies, config="http\n    request_seconds = 1\n")
        sockets = [self.zboard.connect() for _ in replies]
        for i, socket in enumerate(sockets):
            socket.sendall(self.zboard.head("GET", f"/api/breakdown?since={i}"))
        for i, socket in enumerate(sockets):
            self.assertEqual(read_all(socket), b"", i)
        self.assertEqual(self.zboard.get(COSTS).status, 200)

    def test_who_scrapes_has_ours_while_nothing_is_answered(self):
        """Within the 10 s that Prometheus waits."""
        zboard = self.board(None, endpoints={"query": self.enterContext(Stranger(lambda _: None)).endpoint})
        zboard.wait_for(lambda: "zcost_up" in zboard.metrics())
        begun = time.monotonic()
        metrics = zboard.metrics()
        self.assertLess(time.monotonic() - begun, 8)
        self.assertEqual(metrics["zcost_up"], "0")
        self.assertIn("zboard_streams", metrics)

    def test_who_scrapes_does_not_wait_for_two(self):
        """Though events were tracked between the one and the other."""
        daemon = self.enterContext(Stranger(lambda _: None))
        zboard = self.board(None, endpoints={"query": daemon.endpoint})
        zboard.wait_for(lambda: "zcost_up" in zboard.metrics())
        took = []

        def scrape():
            begun = time.monotonic()
            self.assertEqual(zboard.metrics()["zcost_up"], "0")
            took.append(time.monotonic() - begun)

        threads = []
        for _ in range(3):
            self.assertEqual(zboard.post(TRACK, {"type": "query_router", "cost": 1}).status, 200)
            threads.append(threading.Thread(target=scrape))
            threads[-1].start()
            time.sleep(0.4)
        for thread in threads:
            thread.join()
        self.assertEqual(len(took), 3)
        self.assertLess(max(took), 8)
        zboard.kill()  # it would wait for the events to be taken

    def test_its_end_does_not_wait_for_many_large_replies(self):
        daemon = self.stranger()
        much = [packed({"rows": [{"a": 1000, "b": "x"}] * 130_000})]
        waiting = []

        def reply(question):
            if question["query"] != "breakdown":
                return (packed({}),)
            waiting.append(question)
            return much

        daemon.reply = reply
        sockets = [self.zboard.connect(timeout=30) for _ in range(60)]
        for since, socket in enumerate(sockets):
            socket.sendall(self.zboard.head("GET", f"/api/breakdown?since={since}"))
        self.zboard.wait_for(lambda: len(waiting) == 60)
        begun = time.monotonic()
        self.zboard.stop(timeout=30)
        self.assertLess(time.monotonic() - begun, 4 * PATIENCE)

    def test_who_is_asked_while_it_is_busy_may_have_gone_and_come_back(self):
        """What it had not answered is told at once: nobody will."""
        daemon = self.enterContext(Restarting())
        self.zboard = self.board(None, endpoints={"query": daemon.endpoint})
        self.wait_connected()
        answers = []
        first = threading.Thread(target=lambda: answers.append(self.zboard.get("/api/breakdown?since=1")))
        begun = time.monotonic()
        first.start()
        self.zboard.wait_for(lambda: daemon.asked)
        self.zboard.get("/api/breakdown?since=2")
        first.join()
        self.assertIn("was lost", self.failed(answers[0], 503, "unavailable"))
        self.assertLess(time.monotonic() - begun, 8 * PATIENCE)

    @needs_fake_clock
    def test_no_reply_at_all(self):
        """Of more questions than may be under way some are refused at once, and the others told in the end."""
        self.stranger([None] * 90, env=hurried())
        answers = []
        threads = [threading.Thread(target=lambda i=i: answers.append(self.zboard.get(f"/api/breakdown?since={i}")))
                   for i in range(90)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for answer in answers:
            self.failed(answer, 503 if answer.status == 503 else 504, "unavailable")
        self.assertTrue(50 < sum(answer.status == 504 for answer in answers) <= 64, answers)
        self.assertEqual(self.zboard.get(COSTS).status, 200)

    @needs_fake_clock
    def test_more_than_a_message_may_hold(self):
        """The connection breaks, and comes to be again."""
        self.stranger([[b"x" * 65 * MB]], env=hurried())
        self.failed(self.zboard.get("/api/breakdown?since=0"), 503, "unavailable")
        self.wait_connected()


class StrangePublications(BoardCase):
    def setUp(self):
        super().setUp()
        self.publisher = self.enterContext(Publisher())
        self.zboard = self.board(None, endpoints={"publish": self.publisher.endpoint})
        self.publisher.wait_subscribed()
        self.stream = self.zboard.stream()

    def test_what_is_no_snapshot(self):
        good = msgpack.packb({"zcost": {"sequence": 7, "interval_seconds": 1}})
        self.publisher.snapshot(1)
        self.stream.wait_snapshot(1)
        for frames in ((), (b"",), (b"\xc1",), (b"\x81",), (good, good), (good + b"\xc0",), (b"x" * MB,),
                       (b"\x91" * 100 + b"\xc0",), (b"\xdf\xff\xff\xff\xff",),
                       *([msgpack.packb(body)] for body in (5, [{}], {5: 6}, None))):
            for topic in (b"snapshot", b"alert"):
                self.publisher.publish(topic, *frames)
        self.publisher.publish(b"alert", msgpack.packb({"id": "x" * 65536}))
        for topic in (b"snapshots", b"snapshot\0", b"alerts", b"alert/x"):
            self.publisher.publish(topic, good)
        self.publisher.snapshot(8)
        self.assertEqual(self.stream.next("snapshot", "alert").data["zcost"]["sequence"], 8)

    def test_a_flood_of_it_is_told_now_and_then(self):
        for i in range(2000):
            self.publisher.publish(b"snapshot", b"\xc1")
        self.publisher.snapshot(1)
        self.stream.wait_snapshot(1)
        told = [line for line in self.zboard.log if line.get("event") == "not_understood"]
        self.assertTrue(1 <= len(told) < 10, len(told))

    def test_maps_of_any_kind(self):
        intervals = (None, -1, 0, float("nan"), float("inf"), 1e300, 1e-300, "x", [])
        for zcost in (None, 5, {}, *({"interval_seconds": interval} for interval in intervals)):
            self.publisher.publish(b"snapshot", msgpack.packb({"zcost": zcost}))
            self.stream.next("snapshot")
        text = "\n\ndata: evil\n\nevent: alert\r\n\r\u2028\0"
        self.publisher.publish(b"snapshot", msgpack.packb({text: text, "big": "x" * MB}))
        message = self.stream.next("snapshot", "alert")
        self.assertEqual(message.data[text.replace("\0", "\ufffd")], text)


class HugePublications(BoardCase):
    @needs_fake_clock
    def test_more_than_a_message_may_hold(self):
        """The connection breaks, and comes to be again."""
        publisher = self.enterContext(Publisher())
        zboard = self.board(None, endpoints={"publish": publisher.endpoint}, env=hurried())
        publisher.wait_subscribed()
        stream = zboard.stream()
        publisher.snapshot(1, filling="x" * 20 * MB)
        publisher.wait_subscribed()
        publisher.snapshot(2)
        self.assertEqual(stream.next("snapshot").data["zcost"]["sequence"], 2)


if __name__ == "__main__":
    unittest.main()
