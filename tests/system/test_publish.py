# SPDX-License-Identifier: MPL-2.0
"""Publish: the snapshot, when it comes, what it holds, and that no subscriber can hurt."""
import time
import unittest

import zmq

import wire
from harness import PATIENCE, SANITIZED, TestCase

GOOD = wire.pack({"type": "query_router", "cost": 1})
MB = 1 << 20


class Snapshots(TestCase):
    def test_one_every_interval_with_rising_sequence(self):
        zcostd = self.daemon(interval=0.2)
        subscriber = zcostd.subscribe()
        zcostd.next_snapshot(subscriber)
        begin = time.monotonic()
        bodies = [zcostd.next_snapshot(subscriber) for _ in range(6)]
        took = time.monotonic() - begin
        sequences = [body["zcost"]["sequence"] for body in bodies]
        self.assertEqual(sequences, sorted(set(sequences)))
        self.assertEqual({body["zcost"]["interval_seconds"] for body in bodies}, {0.2})
        self.assertGreater(took, 0.9)  # six intervals end within 1.0 to 1.2 s
        self.assertLess(took, 3 * PATIENCE)

    def test_a_new_subscriber_gets_one_at_once(self):
        zcostd = self.daemon(interval=3600)
        zcostd.push(GOOD)
        zcostd.settle(1)
        for topic in (b"snapshot", b"snap", b"", b"snapshot"):
            with self.subTest(topic=topic), zcostd.subscribe(topic, timeout=3) as subscriber:
                self.assertEqual(zcostd.next_snapshot(subscriber)["query_router"]["total_queries"], 1)

    def test_the_same_subscriber_again(self):
        zcostd = self.daemon(interval=3600)
        with zcostd.subscribe(timeout=3) as subscriber:
            zcostd.next_snapshot(subscriber)
            subscriber.unsubscribe(b"snapshot")
            time.sleep(0.1)
            subscriber.subscribe(b"snapshot")
            zcostd.next_snapshot(subscriber)

    def test_other_topics_get_no_snapshot(self):
        zcostd = self.daemon(interval=0.1)
        topics = (b"snapshots", b"alert", b"ack/" + b"x" * 32 + b"/", b"x" * 10_000, b"\0\xff")
        subscribers = [zcostd.subscribe(topic) for topic in topics]
        time.sleep(0.5)
        for topic, subscriber in zip(topics, subscribers):
            self.assertEqual(subscriber.poll(0), 0, topic)

    def test_body_is_the_report(self):
        zcostd = self.daemon(interval=3600)
        zcostd.push(wire.array([GOOD, wire.pack({"type": "embedding_cache", "hit": True}), b"\xc0"]))
        zcostd.settle(3)
        body = zcostd.next_snapshot(zcostd.subscribe())
        report = zcostd.report()
        self.assertEqual(list(body), list(report))
        self.assertEqual(list(body["zcost"]), list(report["zcost"]))
        for section in ("query_router", "embedding_cache", "rag_parallel", "llm_calls"):
            self.assertEqual(body[section], report[section])
        for key in ("version", "instance", "incarnation", "interval_seconds", "events", "price_table"):
            self.assertEqual(body["zcost"][key], report["zcost"][key])

    def test_totals_are_absolute(self):
        zcostd = self.daemon(interval=0.2)
        subscriber = zcostd.subscribe()
        for count in range(1, 5):
            zcostd.push(GOOD)
            zcostd.settle(count)
            while zcostd.next_snapshot(subscriber)["query_router"]["total_queries"] != count:
                pass

    def test_several_endpoints(self):
        zcostd = self.daemon(interval=3600, bind={"publish": ["tcp://127.0.0.1:*", "ipc://{dir}/publish.ipc"]})
        for endpoint in zcostd.endpoints("publish"):
            subscriber = zcostd.socket(zmq.SUB, timeout=3)
            subscriber.subscribe(b"snapshot")
            subscriber.connect(endpoint)
            zcostd.next_snapshot(subscriber)


class BadSubscribers(TestCase):
    def test_one_that_never_reads(self):
        zcostd = self.daemon(interval=0.05)
        for _ in range(5):
            zcostd.subscribe(rcvhwm=1, rcvbuf=2048)
        reader = zcostd.subscribe()
        zcostd.next_snapshot(reader)
        before = zcostd.health()["rss_bytes"]
        # Each new subscription asks for one more snapshot: thousands instead of twenty a second.
        pest = zcostd.subscribe(rcvhwm=1, rcvbuf=2048)
        for _ in range(5_000):
            pest.unsubscribe(b"snapshot")
            pest.subscribe(b"snapshot")
        for _ in range(20):
            zcostd.next_snapshot(reader)
        zcostd.push(GOOD)
        zcostd.settle(1)
        if not SANITIZED:
            self.assertLess(zcostd.health()["rss_bytes"] - before, 64 * MB)

    def test_subscriptions_without_end(self):
        zcostd = self.daemon()
        with zcostd.subscribe(b"snapshot") as subscriber:
            for i in range(20_000):
                subscriber.subscribe(b"topic-%d" % i)
        self.assertEqual(zcostd.ask("ping")["protocol"], 1)

    def test_an_identity_of_any_size_is_let_in(self):
        """The bound on what a subscriber may send holds for its handshake too."""
        zcostd = self.daemon()
        with zcostd.subscribe(b"snapshot", identity=b"i" * 255) as subscriber:
            self.assertEqual(subscriber.recv_multipart()[0], b"snapshot")

    def test_what_an_xsub_may_send_up(self):
        zcostd = self.daemon()
        with zcostd.socket(zmq.XSUB, "publish") as xsub:
            for message in (b"", b"\x02junk", b"x" * 100_000, b"\x01", b"\x00never subscribed", b"\x01snapshot"):
                xsub.send(message)
            self.assertEqual(xsub.recv_multipart()[0], b"snapshot")
        self.assertEqual(zcostd.ask("ping")["protocol"], 1)


if __name__ == "__main__":
    unittest.main()
