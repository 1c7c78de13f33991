# SPDX-License-Identifier: MPL-2.0
"""What is acknowledged, how, and to whom; what the daemon knows of its producers after a restart; whole
producers that rely on it."""
import signal
import time
import unittest
import uuid

import msgpack

import samples
from durable import BAD, GOOD, NEVER, Stamped
from faults import preload
from harness import PATIENCE, SANITIZED, TestCase, fixed_endpoints, now_ms, seeded
from oracle import Oracle
from reliable import Producer, check_ack, read_ack, stamped, topic_of


class Acknowledgements(Stamped):
    def subscribe(self, id=None):
        return self.zcostd.subscribe(topic_of(id or self.producer))

    def next(self, socket, id=None):
        return read_ack(id or self.producer, socket.recv_multipart())

    def test_topic_and_body_to_the_letter(self):
        socket = self.subscribe()
        self.push(1, 3)
        while (message := socket.recv_multipart()) and msgpack.unpackb(message[1])["seq"] == 1:
            pass
        self.assertEqual(message[0], b"ack/" + uuid.UUID(bytes=self.producer).hex.encode() + b"/")
        body = msgpack.unpackb(message[1])
        self.assertEqual((body["epoch"], body["seq"]), (1, 4))
        self.assertEqual(body["incarnation"], self.zcostd.ask("ping")["incarnation"])
        self.assertEqual(body["incarnation"], self.zcostd.report()["zcost"]["incarnation"])
        self.assertEqual(body, self.zcostd.ask("ack", producer=self.producer.hex()))

    def test_after_each_sync_that_moves_it(self):
        socket = self.subscribe()
        self.next(socket)
        for n in range(1, 20):
            self.push(n)
            begin = time.monotonic()
            while self.next(socket).seq != n + 1:
                pass
            self.assertLess(time.monotonic() - begin, 0.5 * PATIENCE)

    def test_again_every_second(self):
        socket = self.subscribe()
        self.push(1)
        while self.next(socket).seq == 1:
            pass
        begin = time.monotonic()
        for _ in range(3):
            self.assertEqual(self.next(socket)[:2], (1, 2))
        self.assertLess(time.monotonic() - begin, 5 * PATIENCE)
        self.assertGreater(time.monotonic() - begin, 1)

    def test_at_once_to_a_new_subscriber(self):
        self.push(1, 4)
        self.acked(1, 5)
        for _ in range(3):
            begin = time.monotonic()
            self.assertEqual(self.next(self.subscribe())[:2], (1, 5))
            self.assertLess(time.monotonic() - begin, 0.6 * PATIENCE)

    def test_a_producer_that_nobody_knows(self):
        self.assertEqual(self.ack()[:2], (0, 1))
        self.assertEqual(self.next(self.subscribe())[:2], (0, 1))

    def test_no_ones_but_its_own(self):
        socket = self.subscribe()
        self.push(1, 5, id=uuid.uuid4().bytes)
        self.push(1, 2)
        while (ack := self.next(socket)).seq == 1:
            pass
        self.assertEqual(ack.seq, 3)

    def test_a_gap_is_not_acknowledged(self):
        self.push(3, 3)
        self.events(accepted=3)
        time.sleep(0.1)
        self.assertEqual(self.ack().seq, 1)

    def test_the_query_wants_a_producer(self):
        for arguments in ({}, {"producer": ""}, {"producer": "xyz"}, {"producer": self.producer.hex()[:-1]},
                          {"producer": self.producer}, {"producer": 5}, {"producer": self.producer.hex() + "00"}):
            with self.subTest(arguments=arguments):
                reply = self.zcostd.ask_raw(msgpack.packb({"query": "ack", **arguments}))
                self.assertEqual((reply["ok"], reply["error"]["code"]), (False, "bad_request"))

    def test_subscriptions_to_half_a_topic_are_no_accident(self):
        for topic in (b"ack/", b"ack", b"ack/zz/", b"ack/" + self.producer.hex().encode(), b"ack/" + b"0" * 5_000):
            self.zcostd.subscribe(topic)
        self.push(1, 2)
        self.acked(1, 3)
        self.assertEqual(self.next(self.subscribe()).seq, 3)

    def test_what_was_folded_is_acknowledged_though_its_ack_was_lost(self):
        self.push(1, 3)
        self.acked(1, 4)
        self.push(1, 3)  # its producer never heard of it
        self.events(accepted=3, duplicate=3)
        self.assertEqual(self.next(self.subscribe())[:2], (1, 4))


class OverRestarts(Stamped):
    """What the daemon knows of its producers is kept: over kill -9, with and without a checkpoint."""
    checkpoints = (3600, 0.05)

    def each(self):
        """A daemon that was not checkpointed when `rest` returns, and one that was."""
        for seconds in self.checkpoints:
            self.producer = uuid.uuid4().bytes
            self.zcostd = self.daemon(config=f"store\n    checkpoint_seconds = {seconds}\n")
            yield lambda: seconds < 1 and time.sleep(0.2)

    def test_numbers_seen_stay_seen(self):
        for rest in self.each():
            self.push(1, 3)
            self.push(6, 2)
            self.events(accepted=5)
            self.acked(1, 4)
            rest()
            self.zcostd.restart()
            self.events(accepted=5)
            self.assertEqual(self.ack()[:2], (1, 4))
            self.push(1, 3)
            self.push(6, 2)
            self.push(4, 2)
            self.events(accepted=7, duplicate=5)
            self.acked(1, 8)

    def test_counters_stay(self):
        for rest in self.each():
            self.push(1, 1)
            self.push(4, 1)
            self.push(1, 1, epoch=2, dropped=4)
            self.push(1, 1, epoch=2, dropped=4)
            self.push(2, 1, epoch=1)
            self.push(2, events=[BAD], epoch=2, dropped=9)
            wanted = dict(accepted=3, rejected=2, duplicate=1, lost=2, dropped=9)
            health = self.events(**wanted)
            rest()
            for end in (self.zcostd.crash, self.zcostd.stop):
                end()
                self.zcostd.start()
                again = self.events(**wanted)
                self.assertEqual(again["rejected"], health["rejected"])

    def test_fences_stay(self):
        for rest in self.each():
            self.push(1, 1, epoch=5)
            self.acked(5, 2)
            rest()
            self.zcostd.restart()
            self.push(2, 1, epoch=4)
            self.events(accepted=1, rejected=1)

    def test_an_acknowledgement_is_back_with_the_daemon(self):
        """Not some time later: who subscribes at once must not be told less than before. New prices are
        one more thing for the journal to sync at the start, on a disk that takes its time."""
        self.zcostd = self.daemon(prices=samples.PRICES, config=NEVER)
        self.push(1, 5)
        self.acked(1, 6)
        self.zcostd.crash()
        self.zcostd.prices_path.write_text(samples.PRICES.replace("3e-06", "4e-06"))
        self.zcostd.env = preload(self.zcostd.data, sync_ms=100)
        self.zcostd.start()
        self.assertEqual(self.ack()[:2], (1, 6))

    def test_each_start_has_its_own_incarnation(self):
        seen = {self.ack().incarnation}
        for end in (self.zcostd.crash, self.zcostd.stop, self.zcostd.crash):
            end()
            self.zcostd.start()
            seen.add(self.ack().incarnation)
        self.assertEqual(len(seen), 4)

    def test_what_was_shown_was_written(self):
        """A report that shows an event survives kill -9, even at once."""
        for n in range(1, 11):
            self.push(n)
            while (shown := self.zcostd.report()["zcost"]["events"]["accepted"]) < n:
                pass
            self.zcostd.restart()
            self.assertGreaterEqual(self.zcostd.report()["zcost"]["events"]["accepted"], shown)


class Reliable(TestCase):
    """Whole producers, which keep what is not acknowledged, over restarts."""
    timeout = 60

    def setUp(self):
        super().setUp()
        self.bind = fixed_endpoints()

    def connect(self, **settings):
        producer = Producer(self.bind["ingest"][0], self.bind["publish"][0], **settings)
        self.addCleanup(producer.close)
        return producer

    def check(self, zcostd, producers):
        oracle = Oracle(samples.PRICES)
        for producer in producers:
            oracle.add(*producer.taken)
        report = zcostd.report()
        oracle.check(self, report)
        events = report["zcost"]["events"]
        self.assertEqual(events["accepted"], sum(len(producer.taken) for producer in producers))
        self.assertEqual((events["rejected"], events["lost"]), (0, 0))

    def test_what_was_emitted_before_the_daemon_was_there_arrives(self):
        rng = seeded(1)
        producer = self.connect()
        for _ in range(300):
            producer.emit(samples.random_event(rng, now_ms()))
        zcostd = self.daemon(bind=self.bind, prices=samples.PRICES)
        producer.wait_acked()
        self.check(zcostd, [producer])

    def test_a_full_queue_drops_and_declares(self):
        producer = self.connect(queue_events=100)
        for _ in range(250):
            producer.emit({"type": "query_router", "cost": 1})
        self.assertEqual((len(producer.taken), producer.dropped), (100, 150))
        zcostd = self.daemon(bind=self.bind, prices=samples.PRICES)
        producer.wait_acked()
        zcostd.wait_health(lambda health: health["events"]["dropped"] == 150)
        self.assertTrue(producer.emit({"type": "query_router", "cost": 1}))
        producer.wait_acked()
        self.assertEqual(zcostd.health()["events"]["dropped"], 150)
        self.check(zcostd, [producer])

    def test_clones_over_a_restart(self):
        id, rng = uuid.uuid4().bytes, seeded(3)
        clones = [self.connect(id=id, rng=seeded(n)) for n in range(2)]
        zcostd = self.daemon(bind=self.bind, prices=samples.PRICES)
        for n in range(400):
            events = [samples.random_event(rng, now_ms()) for _ in range(rng.randint(1, 4))]
            for clone in clones:
                clone.emit(*events)
            if n == 200:
                zcostd.restart()
        for clone in clones:
            clone.wait_acked()
        self.check(zcostd, clones[:1])

    def test_a_daemon_that_stands_still_loses_nothing(self):
        """Acknowledgements stop, everything is sent again, and still counts once."""
        rng = seeded(4)
        producer = self.connect(silence=0.3)
        zcostd = self.daemon(bind=self.bind, prices=samples.PRICES)
        for n in range(200):
            producer.emit(samples.random_event(rng, now_ms()))
            if n == 100:
                zcostd.send_signal(signal.SIGSTOP)
        time.sleep(1)
        zcostd.send_signal(signal.SIGCONT)
        producer.wait_acked()
        self.check(zcostd, [producer])


class Many(TestCase):
    timeout = 60

    def test_twenty_thousand_producers_are_bounded(self):
        zcostd = self.daemon()
        rng = seeded(5)
        ids = [rng.randbytes(16) for _ in range(20_000)]
        before = zcostd.health()["rss_bytes"]
        for seq in (1, 2):
            zcostd.push(*[stamped(id, 1, seq, [GOOD]) for id in ids])
            zcostd.settle(seq * len(ids))
        health = zcostd.health()
        if not SANITIZED:
            # A live producer holds its intervals; nobody holds 4 KiB.
            self.assertLess(health["rss_bytes"] - before, len(ids) * 4096)
        zcostd.push(*[stamped(id, 1, 1, [GOOD]) for id in ids])
        events = zcostd.settle(3 * len(ids))["events"]
        self.assertEqual((events["accepted"], events["duplicate"]), (2 * len(ids), len(ids)))
        zcostd.restart()
        self.assertEqual(zcostd.health()["events"], events)
        for id in rng.sample(ids, 20):
            self.assertEqual(check_ack(zcostd.ask("ack", producer=id.hex()))[:2], (1, 3))

    def test_a_forest_of_producers_beyond_the_cap_is_exact(self):
        """More than are kept live: those that are displaced are refused when they come back, and
        never counted twice."""
        zcostd = self.daemon()
        rng = seeded(6)
        ids = [rng.randbytes(16) for _ in range(70_000)]
        zcostd.push(*[stamped(id, 1, 1, [GOOD]) for id in ids])
        zcostd.settle(len(ids), timeout=40)
        zcostd.push(*[stamped(id, 1, 1, [GOOD]) for id in ids])
        health = zcostd.settle(2 * len(ids), timeout=40)
        self.assertEqual(health["events"]["accepted"], len(ids))
        self.assertEqual(health["events"]["duplicate"] + health["rejected"].get("stale", 0), len(ids))


if __name__ == "__main__":
    unittest.main()
