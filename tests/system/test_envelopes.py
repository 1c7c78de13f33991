#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""What stands before a question comes back before its answer; and what one client may have under way, or leave
unread, is bounded: it is refused, and nobody else notices."""
import collections
import itertools
import unittest

import msgpack
import zmq

import wire
from harness import PATIENCE, SANITIZED, TestCase, now_ms, seeded
from questions import DAY_MS, HOUR_MS, NEVER, cheap_messages, random_events

PING = wire.pack({"query": "ping"})
FRAMES_MAX, BYTES_MAX = 8, 1024  # before the delimiter
UNDER_WAY_MAX = 64               # questions of one client


def decode(body):
    return msgpack.unpackb(body, strict_map_key=False)


class Envelopes(TestCase):
    def setUp(self):
        super().setUp()
        self.zcostd = self.daemon(data=None)
        self.client = self.zcostd.socket(zmq.DEALER, "query")

    def reply(self, *frames):
        """The frames that came back, the last of them decoded."""
        self.client.send_multipart(frames)
        *envelope, body = self.client.recv_multipart()
        return envelope, decode(body)

    def assert_refused(self, reply, envelope, *words):
        self.assertEqual(reply[0], envelope)
        self.assertEqual(reply[1]["error"]["code"], "bad_request")
        for word in words:
            self.assertIn(word, reply[1]["error"]["message"])

    def test_frames_before_the_delimiter_come_back(self):
        rng = seeded(1)
        questions = [{"query": "ping"}, {"query": "nobody"}, {"query": "breakdown", "by": ["model"]},
                     {"query": "series"}, {"query": "report", "since": 0}, {"query": "breakdown", "by": 5}]
        for frames, question in itertools.product(range(FRAMES_MAX + 1), questions):
            envelope = [rng.randbytes(rng.randint(1, BYTES_MAX // FRAMES_MAX)) for _ in range(frames)] + [b""]
            came, body = self.reply(*envelope, wire.pack(question))
            self.assertEqual(came, envelope)
            self.assertEqual(body["ok"], question["query"] != "nobody" and question.get("by") != 5)

    def test_too_many_frames_are_not_sent_back(self):
        for frames in (FRAMES_MAX + 1, FRAMES_MAX + 2, 100, 5000):
            self.assert_refused(self.reply(*[b"x"] * frames, b"", PING), [b""], "8 frames")
        self.assertTrue(self.reply(*[b"x"] * FRAMES_MAX, b"", PING)[1]["ok"])

    def test_too_many_bytes_are_not_sent_back(self):
        for sizes in ((BYTES_MAX,), (1, BYTES_MAX - 1), [BYTES_MAX // FRAMES_MAX] * FRAMES_MAX):
            self.assertTrue(self.reply(*[b"x" * size for size in sizes], b"", PING)[1]["ok"])
        for sizes in ((BYTES_MAX + 1,), (1, BYTES_MAX), (1_000_000,) * FRAMES_MAX):
            self.assert_refused(self.reply(*[b"x" * size for size in sizes], b"", PING), [b""], "1,024 bytes")

    def test_without_a_delimiter_there_is_no_envelope(self):
        for frames in ([PING], [b"x"], [b"x", PING], [b"x"] * 8 + [PING], [b"x"] * 100, [b"x" * 1_000_000] * 3):
            self.assert_refused(self.reply(*frames), [], "delimiter")

    def test_a_request_is_one_frame(self):
        for frames in ([], [PING, PING], [PING, b""], [b"", PING], [b"", b"", PING], [PING] + [b"y"] * 1000):
            self.assert_refused(self.reply(b"n", b"", *frames), [b"n", b""], "one frame")

    def test_a_chain_of_proxies(self):
        """Each ROUTER of it adds a frame of its own; a REQ at its far end is answered."""
        context = zmq.Context()
        self.addCleanup(context.destroy, linger=0)
        hops = [self.zcostd.endpoint("query")]
        fronts, backs = [], []
        for hop in range(3):
            front, back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
            hops.append(f"inproc://hop-{hop}")
            front.bind(hops[-1])
            back.connect(hops[-2])
            fronts.append(front)
            backs.append(back)
        asker = context.socket(zmq.REQ)
        asker.connect(hops[-1])
        asker.send(wire.pack({"query": "breakdown"}))
        for front, back in reversed(list(zip(fronts, backs))):
            self.assertTrue(front.poll(10_000 * PATIENCE))
            back.send_multipart(front.recv_multipart())
        for front, back in zip(fronts, backs):
            self.assertTrue(back.poll(10_000 * PATIENCE))
            front.send_multipart(back.recv_multipart())
        self.assertTrue(decode(asker.recv())["ok"])


class Numbers(TestCase):
    def test_each_answer_has_the_number_of_its_question(self):
        """Answers overtake each other; by the frame before the delimiter a client tells whose each is."""
        zcostd = self.daemon(data=None)
        now = now_ms()
        zcostd.push(*cheap_messages(random_events(1, 500, (HOUR_MS,))))
        zcostd.settle(500)
        client = zcostd.socket(zmq.DEALER, "query")
        asked = {}
        for number in range(600):
            since = (now - (number % 40 + 1) * DAY_MS) // DAY_MS * DAY_MS
            asked[number] = {"query": ("breakdown", "series", "report", "ping")[number % 4]}
            if number % 4 < 3:
                asked[number] |= {"since": since, "until": since + DAY_MS}
            client.send_multipart([number.to_bytes(4, "big"), b"", wire.pack(asked[number])])
            if number % 30 == 29:  # fewer than may be under way
                for _ in range(30):
                    self.take(client, asked)
        self.assertFalse(asked)

    def take(self, client, asked):
        number, delimiter, body = client.recv_multipart()
        question, answer = asked.pop(int.from_bytes(number, "big")), decode(body)
        self.assertEqual(delimiter, b"")
        self.assertEqual((answer["ok"], answer["query"]), (True, question["query"]))
        if "since" in question:
            used = answer["result"]["zcost"] if question["query"] == "report" else answer["result"]
            self.assertEqual((used["since"], used["until"]), (question["since"], question["until"]))


class Bounds(TestCase):
    timeout = 90

    def large(self, models, *config):
        """A daemon whose answers by model are large."""
        zcostd = self.daemon(config="".join((NEVER, *config)))
        events = [{"type": "llm_call", "model": f"{i:05}" + "m" * 120, "input_tokens": 1, "ts": now_ms() - i * 20}
                  for i in range(models)]
        zcostd.push(*cheap_messages(events))
        zcostd.settle(models)
        return zcostd

    def test_questions_that_one_client_has_under_way(self):
        zcostd = self.large(5000)
        eager, other = (zcostd.socket(zmq.DEALER, "query", timeout=40) for _ in range(2))
        asked = UNDER_WAY_MAX + 30  # of more than a hundred answers some might be lost on their way
        for number in range(asked):
            eager.send_multipart([bytes([number]), b"", wire.pack({"query": "series", "by": ["model"], "step": 60})])
        other.send_multipart([b"", wire.pack({"query": "breakdown"})])
        self.assertTrue(decode(other.recv_multipart()[1])["ok"])
        numbers, errors = set(), []
        for _ in range(asked):
            number, _, body = eager.recv_multipart()
            numbers.add(number)
            reply = decode(body)
            errors += [] if reply["ok"] else [reply["error"]]
        self.assertEqual(len(numbers), asked)
        self.assertTrue(0 < len(errors) <= asked - UNDER_WAY_MAX, errors)
        self.assertEqual({error["code"] for error in errors}, {"unavailable"})
        self.assertTrue(all("of this client" in error["message"] for error in errors), errors)
        # What was answered makes room for as many again.
        for _ in range(UNDER_WAY_MAX):
            eager.send_multipart([b"", wire.pack({"query": "breakdown"})])
        self.assertTrue(all(decode(eager.recv_multipart()[1])["ok"] for _ in range(UNDER_WAY_MAX)))

    def unread(self, zcostd, clients, request):
        """Clients that ask a hundred times each and do not read; what the daemon's memory grew to meanwhile."""
        silent = [zcostd.socket(zmq.DEALER, "query", rcvhwm=1, rcvbuf=65536, timeout=20) for _ in range(clients)]
        most = 0
        for _ in range(20):
            for client in silent:
                for _ in range(5):
                    client.send_multipart([b"", request])
            most = max(most, zcostd.health()["rss_bytes"])
        return silent, most

    def check_unread(self, clients, query, **arguments):
        memory, request = 1_000_000_000, wire.pack({"query": query, **arguments})
        zcostd = self.large(5000, f"memory\n    max_bytes = {memory}\n")
        size = len(msgpack.packb(zcostd.ask(query, **arguments)))
        before = zcostd.health()["rss_bytes"]
        silent, most = self.unread(zcostd, clients, request)
        self.assertGreater(clients * 100 * size, 2 * memory // 8)  # what all would take
        if not SANITIZED:
            self.assertLess(most - before, memory // 8 + 100_000_000)
        replies = collections.Counter()
        for client in silent:
            for _ in range(100):
                replies[decode(client.recv_multipart()[1]).get("error", {}).get("code", "ok")] += 1
        self.assertEqual(replies.keys(), {"ok", "unavailable"}, replies)
        # Who has read is answered again.
        silent[0].send_multipart([b"", request])
        self.assertTrue(decode(silent[0].recv_multipart()[1])["ok"])

    def test_answers_about_windows_that_nobody_reads(self):
        self.check_unread(2, "breakdown", by=["model"])

    def test_answers_at_once_that_nobody_reads(self):
        self.check_unread(24, "health")


if __name__ == "__main__":
    unittest.main()
