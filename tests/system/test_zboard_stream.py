# SPDX-License-Identifier: MPL-2.0
"""Server-sent events: each snapshot, alert and change of the daemon's state, to all who listen."""
import json
import signal
import threading
import time
import unittest

from board import COSTS, BoardCase, Publisher, Stream, hurried, reset
from budgets import conf, needs_fake_clock, noon_zone
from harness import PATIENCE, SANITIZED, fixed_endpoints, now_ms

MB = 1 << 20
FILLING = "x" * 200_000  # of a snapshot that is soon more than any socket keeps


def connections_to(endpoint):
    """How many connections to this port of ours stand."""
    port = f":{int(endpoint.rsplit(':', 1)[1]):04X}"
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return sum(row[1].endswith(port) and row[3] == "01" for row in rows)


class Messages(BoardCase):
    def test_what_a_stream_begins_with(self):
        zcostd = self.daemon(interval=3600)
        zboard = self.board(zcostd)
        zcostd.push_events({"type": "query_router", "cost": 1})
        zcostd.settle(1)
        for _ in range(3):
            stream = zboard.stream()
            headers = {"content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no",
                       "transfer-encoding": "chunked", "x-content-type-options": "nosniff"}
            self.assertLessEqual(headers.items(), stream.headers.items())
            retry, snapshot, state = (stream.next() for _ in range(3))
            self.assertEqual(retry.text, "retry: 2000")
            self.assertEqual((snapshot.event, state.event), ("snapshot", "state"))
            for message in (snapshot, state):
                self.assertRegex(message.id, r"^[0-9a-f]+-\d+-\d+$")
            self.assertEqual(list(snapshot.data), list(zcostd.report()))
            self.assertEqual(list(state.data), ["daemon", "since", "heard"])
            self.assertEqual(state.data["daemon"], "up")
            for key in ("since", "heard"):
                self.assertLess(abs(now_ms() - state.data[key]), 20_000 * PATIENCE)

    def test_each_snapshot_that_there_is_time_for(self):
        publisher = self.enterContext(Publisher())
        zboard = self.board(None, endpoints={"publish": publisher.endpoint})
        publisher.wait_subscribed()
        streams = [zboard.stream() for _ in range(3)]
        for i in range(30):
            publisher.snapshot(i)
            for stream in streams:
                self.assertEqual(stream.next("snapshot").data["zcost"]["sequence"], i)

    def test_a_snapshot_is_what_the_daemon_publishes(self):
        zcostd = self.daemon(interval=0.1)
        zboard = self.board(zcostd)
        streams = [zboard.stream() for _ in range(3)]
        subscriber = zcostd.subscribe()
        zcostd.push_events({"type": "llm_call", "cost": 2.5})
        zcostd.settle(1)
        published = {body["zcost"]["sequence"]: body for body in (zcostd.next_snapshot(subscriber) for _ in range(10))}
        for stream in streams:
            messages = [stream.next("snapshot") for _ in range(10)]
            sequences = [message.data["zcost"]["sequence"] for message in messages]
            self.assertEqual(sequences, sorted(set(sequences)))
            ids = [int(message.id.split("-")[1]) for message in messages]
            self.assertEqual(ids, sorted(set(ids)))
            both = [message.data for message in messages if message.data["zcost"]["sequence"] in published]
            self.assertGreater(len(both), 3)
            for data in both:
                body = published[data["zcost"]["sequence"]]
                self.assertEqual(json.dumps(data), json.dumps(body))

    def test_an_alert(self):
        zcostd = self.daemon(config=conf(team=dict(limit_usd=10, period="day", timezone=noon_zone())))
        zboard = self.board(zcostd)
        streams = [zboard.stream() for _ in range(3)]
        zboard.track({"type": "llm_call", "cost": 9})
        for stream in streams:
            alerts = [stream.next("alert").data for _ in range(2)]
            self.assertEqual([alert["threshold_percent"] for alert in alerts], [50, 80])
            self.assertEqual({(alert["budget"], alert["spent_usd"]) for alert in alerts}, {("team", "9.000000000")})

    def test_the_daemon_goes_away_and_comes_back(self):
        zcostd = self.daemon(interval=0.2, bind=fixed_endpoints())
        zboard = self.board(zcostd)
        stream = zboard.stream()
        self.assertEqual(stream.next("state").data["daemon"], "up")
        for _ in range(2):
            before = stream.next("snapshot").data["zcost"]["incarnation"]
            zcostd.crash()
            state = stream.next("state").data
            self.assertEqual(state["daemon"], "away")
            self.assertLess(abs(now_ms() - state["heard"]), 5_000 * PATIENCE)
            self.assertEqual(zboard.stream().next("state").data["daemon"], "away")
            zcostd.start()
            self.assertEqual(stream.next("state").data["daemon"], "up")
            stream.wait(lambda message: message.event == "snapshot" and message.data["zcost"]["incarnation"] != before)

    def test_a_daemon_that_stands_still_is_away(self):
        zcostd = self.daemon(interval=0.1)
        zboard = self.board(zcostd, env=hurried())
        stream = zboard.stream()
        stream.next("state")
        with self.standing_still(zcostd):
            self.assertEqual(stream.next("state").data["daemon"], "away")
            self.assertEqual(zboard.wait_log("daemon_away")["reason"], "no snapshot in time")
        self.assertEqual(stream.next("state").data["daemon"], "up")

    @needs_fake_clock
    def test_a_comment_now_and_then(self):
        """By which both sides see whether the other is there; here time goes by ten times as fast."""
        publisher = self.enterContext(Publisher())
        zboard = self.board(None, endpoints={"publish": publisher.endpoint}, env=hurried(),
                            config="http\n    request_seconds = 1\n")  # which a stream is not bound by
        publisher.wait_subscribed()
        publisher.snapshot(1)
        stream = zboard.stream()
        begun, ended = time.monotonic(), threading.Event()

        def ask():  # zboard looks at its clock when there is something to do
            while not ended.wait(0.02):
                zboard.get("/healthz")

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            for state in ("up", "away"):  # until the next snapshot is overdue, nothing more comes
                stream.wait(lambda message: message.event == "state" and message.data["daemon"] == state)
            stream.next_comment()
        finally:
            ended.set()
            thread.join()
        self.assertGreater(time.monotonic() - begun, 1, "they come every 15 s")
        publisher.snapshot(2)
        stream.wait_snapshot(2)

    def test_without_a_daemon(self):
        stream = self.board().stream()
        self.assertEqual(stream.next().retry, "2000")
        state = stream.next()
        self.assertEqual((state.event, state.data["daemon"], state.data["heard"]), ("state", "away", None))


class Replay(BoardCase):
    def setUp(self):
        super().setUp()
        self.publisher = self.enterContext(Publisher())
        self.zboard = self.board(None, endpoints={"publish": self.publisher.endpoint})
        self.publisher.wait_subscribed()

    def greeting(self, last_id):
        """What comes to a stream that is opened again: up to its state."""
        stream = self.zboard.stream({"Last-Event-ID": last_id} if last_id is not None else {})
        messages = []
        while not messages or messages[-1].event != "state":
            messages.append(stream.next())
        stream.socket.close()
        ids = [tuple(map(int, message.id.split("-")[1:])) for message in messages if message.id]
        self.assertEqual(ids, sorted(ids))  # wherever it breaks off, nothing of it comes twice
        return [message.data["id"] if message.event == "alert" else message.event for message in messages[1:]]

    def test_alerts_and_nothing_else(self):
        stream = self.zboard.stream()
        ids = {}
        for name in "abcd":
            self.publisher.snapshot(1)
            ids["before " + name] = stream.next("snapshot").id
            self.publisher.alert(name)
            message = stream.next("alert")
            ids[message.data["id"]] = message.id
        self.publisher.snapshot(2)
        ids["last"] = stream.next("snapshot").id
        for last, missed in (("a", "bcd"), ("before a", "abcd"), ("before c", "cd"), ("d", ""), ("last", "")):
            self.assertEqual(self.greeting(ids[last]), [*missed, "snapshot", "state"], last)
        boot, number, alerts = ids["a"].split("-")
        # An id of another start, of what is yet to come, or of nobody tells nothing.
        for other in (None, "", "x", "-", f"{boot}-", f"{boot}-{number}", f"{boot}-{number}-",
                      f"{boot}-{int(number) + 10 ** 6}-{alerts}", f"{boot}-{number}-{10 ** 6}",
                      f"1{boot}-{number}-{alerts}", f"{boot}-{number}-{alerts}x", "1-1-1", f"{boot}--1--1",
                      f"{boot}-{number}-99999999999999999999", "x" * 5000, "%s%n"):
            self.assertEqual(self.greeting(other), ["snapshot", "state"], other)

    def test_no_more_than_are_kept(self):
        """Whatever else came between them; those beyond are counted."""
        stream = self.zboard.stream()
        first = stream.next("state").id
        for i in range(100):
            self.publisher.snapshot(i)
            self.publisher.alert(str(i))
            stream.wait(lambda message: message.event == "alert" and message.data["id"] == str(i))
        # a state that the next one overtook
        before = int(self.zboard.metrics()["zboard_stream_messages_skipped_total"])
        self.assertLess(before, 36)
        self.assertEqual(self.greeting(first), [*map(str, range(36, 100)), "snapshot", "state"])
        self.zboard.wait_for(lambda: int(self.zboard.metrics()["zboard_stream_messages_skipped_total"]) == before + 36)


class Many(BoardCase):
    def test_five_hundred_cost_the_daemon_nothing(self):
        zcostd = self.daemon(interval=0.2)
        zboard = self.board(zcostd)
        before = connections_to(zcostd.endpoint("publish"))
        streams = [zboard.stream() for _ in range(500)]
        begun = streams[-1].next("snapshot").data["zcost"]["sequence"]
        seen = set()
        for stream in streams:
            message = stream.wait_snapshot(begun + 2)
            seen.add((message.id, json.dumps(message.data)))
        self.assertEqual(len(seen), 1)
        self.assertEqual(connections_to(zcostd.endpoint("publish")), before)
        self.assertEqual(zboard.metrics()["zboard_streams"], "500")
        if not SANITIZED:
            self.assertLess(zboard.memory_bytes(), 64 * MB)
        for stream in streams[:250]:
            reset(stream.socket)
        for stream in streams[250:]:
            stream.socket.close()
        zboard.wait_for(lambda: zboard.metrics()["zboard_streams"] == "0")

    def test_no_more_than_configured(self):
        zboard = self.board(self.daemon(interval=0.1), config="http\n    max_streams = 3\n    max_connections = 100\n")
        streams = [zboard.stream() for _ in range(3)]
        for _ in range(3):
            answer = zboard.get("/api/stream")
            self.assertIn("streams", self.failed(answer, 503, "unavailable"))
            self.assertTrue(answer.headers["Retry-After"])
        self.assertEqual(zboard.get(COSTS).status, 200)
        streams.pop().socket.close()
        zboard.wait_for(lambda: Stream(zboard).status == 200)
        for stream in streams:
            stream.next("snapshot")


class BadReaders(BoardCase):
    def setUp(self):
        super().setUp()
        self.publisher = self.enterContext(Publisher())
        self.zboard = self.board(None, endpoints={"publish": self.publisher.endpoint})
        self.publisher.wait_subscribed()

    def flood(self, reader, count=150):
        """Snapshots and alerts, as fast as the reader takes them; returns when it has the last one."""
        for i in range(1, count + 1):
            self.publisher.snapshot(i, filling=FILLING)
            if i > count - 20:
                self.publisher.alert(f"alert {i}")
            reader.wait_snapshot(i)

    def test_one_that_never_reads_hurts_nobody(self):
        reader = self.zboard.stream()
        pests = [self.zboard.stream(buffer=2048) for _ in range(5)]
        self.flood(reader, 20)
        before = self.zboard.memory_bytes()
        self.flood(reader)
        if not SANITIZED:
            self.assertLess(self.zboard.memory_bytes() - before, 32 * MB)
        # When they read at last they have the newest snapshot, and all alerts.
        for pest in pests:
            alerts, sequences = [], []
            while not (alerts[-1:] == ["alert 150"] and sequences[-1:] == [150]):
                message = pest.next("snapshot", "alert")
                if message.event == "alert":
                    alerts.append(message.data["id"])
                else:
                    sequences.append(message.data["zcost"]["sequence"])
            self.assertEqual(alerts[-20:], [f"alert {i}" for i in range(131, 151)])
            self.assertLess(len(sequences), 100)
        self.assertGreater(int(self.zboard.metrics()["zboard_stream_messages_skipped_total"]), 5 * 50)

    def test_those_who_shut_their_side_go_on_listening(self):
        stream = self.zboard.stream()
        stream.next("state")
        stream.socket.shutdown(1)
        busy = self.zboard.cpu_seconds()
        begun = time.monotonic()
        for i in range(5):
            self.publisher.snapshot(i)
            self.assertEqual(stream.next("snapshot").data["zcost"]["sequence"], i)
            time.sleep(0.1)
        self.assertLess(self.zboard.cpu_seconds() - busy, (time.monotonic() - begun) / 4)

    def test_those_who_vanish(self):
        reader = self.zboard.stream()
        for round_ in range(20):
            streams = [self.zboard.stream() for _ in range(10)]
            for stream in streams[:5]:
                reset(stream.socket)
            self.publisher.snapshot(round_, filling=FILLING[:20_000])
            for stream in streams[5:]:
                reset(stream.socket)
            reader.wait_snapshot(round_)
        self.publisher.snapshot(100)  # the next write finds them gone
        self.zboard.wait_for(lambda: self.zboard.metrics()["zboard_streams"] == "1")


class End(BoardCase):
    def ends(self, zboard, number=signal.SIGTERM):
        begun = time.monotonic()
        zboard.stop(number)
        self.assertLess(time.monotonic() - begun, 3 * PATIENCE)

    def test_streams_end_as_bodies_do(self):
        zboard = self.board(self.daemon(interval=0.1))
        streams = [zboard.stream() for _ in range(50)]
        streams[0].socket.shutdown(1)
        self.ends(zboard)
        for stream in streams:
            self.assertEqual(stream.rest()[0].retry, "2000")

    def test_one_that_never_reads_holds_nothing_up(self):
        publisher = self.enterContext(Publisher())
        zboard = self.board(None, endpoints={"publish": publisher.endpoint}, env=hurried())
        publisher.wait_subscribed()
        pest, reader = zboard.stream(buffer=2048), zboard.stream()
        for i in range(60):
            publisher.snapshot(i, filling=FILLING)
            reader.wait_snapshot(i)
        self.ends(zboard)
        self.assertEqual(reader.rest(), [])
        pest.socket.close()

    def test_who_waits_for_an_answer_gets_one(self):
        zcostd = self.daemon()
        zboard = self.board(zcostd)
        answers = []
        paths = (COSTS, COSTS, "/api/breakdown", "/api/series", "/api/budgets", "/metrics")
        with self.standing_still(zcostd):
            threads = [threading.Thread(target=lambda path=path: answers.append(zboard.get(path))) for path in paths]
            for thread in threads:
                thread.start()
            time.sleep(0.3 * PATIENCE)
            self.assertEqual(answers, [])
            self.ends(zboard)
            for thread in threads:
                thread.join()
        self.assertEqual(len(answers), len(paths))
        for answer in answers:
            self.assertIn("stopping", self.failed(answer, 503, "unavailable"))

    def test_who_left_while_he_waited(self):
        zcostd = self.daemon()
        zboard = self.board(zcostd)
        with self.standing_still(zcostd):
            for path in (COSTS, "/api/breakdown", "/metrics") * 5:
                socket = zboard.connect()
                socket.sendall(zboard.head("GET", path))
                time.sleep(0.005)
                reset(socket)
            self.ends(zboard)


if __name__ == "__main__":
    unittest.main()
