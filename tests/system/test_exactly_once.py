# SPDX-License-Identifier: MPL-2.0
"""The stamp: each number of each producer is folded exactly once, whatever connections do to frames;
what is acknowledged, how, and to whom."""
import random
import signal
import threading
import time
import unittest
import uuid

import msgpack
import zmq

import samples
import wire
from harness import PATIENCE, SANITIZED, TestCase, fixed_endpoints, now_ms
from oracle import Oracle, usd_text
from reliable import Producer, check_ack, read_ack, stamped, topic_of

GOOD = wire.pack({"type": "query_router", "cost": 1})
BAD = wire.pack({"type": "nobody_knows"})
U64_MAX = (1 << 64) - 1
U32_MAX = (1 << 32) - 1


class Stamped(TestCase):
    """A producer by hand: one daemon, and a UUID."""

    def setUp(self):
        super().setUp()
        self.producer = uuid.uuid4().bytes
        self.zcostd = self.daemon(prices=samples.PRICES)
        self.line = None, None

    def push(self, seq, count=1, epoch=1, dropped=0, id=None, events=None):
        """One frame. All of a daemon's life come over one connection, in order."""
        pid = self.zcostd.process.pid
        if self.line[0] != pid:
            self.line = pid, self.zcostd.socket(zmq.PUSH, "ingest")
        self.line[1].send(stamped(id or self.producer, epoch, seq, events or [GOOD] * count, dropped))

    def events(self, **wanted):
        """Waits until the daemon's counters are these, and 0 where not named."""
        wanted = {**dict.fromkeys(("accepted", "rejected", "duplicate", "lost", "dropped"), 0), **wanted}
        try:
            health = self.zcostd.wait_health(lambda health: health["events"] == wanted, timeout=3)
        except AssertionError:
            self.assertEqual(self.zcostd.health()["events"], wanted)
            raise
        health["rejected"] = {reason: count for reason, count in health["rejected"].items() if count}
        report = self.zcostd.report()
        self.assertEqual(report["zcost"]["events"], wanted)
        self.assertEqual(report["query_router"]["total_queries"], wanted["accepted"])
        self.assertEqual(report["query_router"]["total_cost_usd"], usd_text(wanted["accepted"] * 10 ** 9))
        return health

    def ack(self, id=None):
        return check_ack(self.zcostd.ask("ack", producer=(id or self.producer).hex()))

    def acked(self, epoch, seq, id=None):
        """Waits until the producer is acknowledged so far, and no farther."""
        deadline = time.monotonic() + 5 * PATIENCE
        while (ack := self.ack(id))[:2] < (epoch, seq) and time.monotonic() < deadline:
            time.sleep(0.005)
        self.assertEqual(ack[:2], (epoch, seq))


class Once(Stamped):
    def test_a_frame_sent_twice_counts_once(self):
        for _ in range(3):
            self.push(1, 5)
        self.events(accepted=5, duplicate=10)
        self.acked(1, 6)

    def test_a_gap_is_filled_later(self):
        self.push(4, 3)
        self.events(accepted=3)  # taken before the missing earlier one, and nothing is lost yet
        self.assertEqual(self.ack()[1], 1)
        self.push(1, 3)
        self.events(accepted=6)
        self.acked(1, 7)

    def test_any_order_and_any_number_of_copies(self):
        rng = random.Random(5)
        frames, seq = [], 1
        while seq <= 600:
            count = rng.randint(1, 7)
            frames.append((seq, count))
            seq += count
        sent = frames + rng.sample(frames, 60)
        # Not farther than a connection would: the intervals that are kept above a gap are bounded.
        sent.sort(key=lambda frame: frame[0] + rng.randrange(100))
        self.zcostd.push(*[stamped(self.producer, 1, first, [GOOD] * count) for first, count in sent])
        copies = sum(count for _, count in sent) - (seq - 1)
        self.events(accepted=seq - 1, duplicate=copies)
        self.acked(1, seq)

    def test_partly_seen_is_rejected_whole(self):
        self.push(1, 4)
        self.push(10, 4)
        self.events(accepted=8)
        rejected = 0
        for seq, count in ((3, 4), (9, 2), (13, 2), (4, 7), (1, 20)):
            with self.subTest(seq=seq, count=count):
                self.push(seq, count)
                rejected += count
                health = self.events(accepted=8, rejected=rejected)
                self.assertEqual(health["rejected"].get("bad_field"), rejected)
        self.push(5, 5)
        self.events(accepted=13, rejected=rejected)
        self.acked(1, 14)

    def test_a_duplicate_within_a_filled_gap(self):
        self.push(1, 2)
        self.push(5, 2)
        self.push(3, 2)
        self.push(2, 4)
        self.events(accepted=6, duplicate=4)

    def test_a_rejected_event_uses_its_number(self):
        self.push(1, events=[GOOD, BAD, GOOD])
        self.events(accepted=2, rejected=1)
        self.acked(1, 4)
        self.push(4, events=[BAD])
        self.events(accepted=2, rejected=2)
        self.acked(1, 5)
        self.push(1, events=[GOOD, BAD, GOOD])
        self.push(4, events=[BAD])
        self.events(accepted=2, rejected=2, duplicate=4)

    def test_arrays_and_events_back_to_back_are_numbered_alike(self):
        self.push(1, events=[wire.array([GOOD] * 3), GOOD, wire.array([]), wire.array([BAD, GOOD])])
        self.events(accepted=5, rejected=1)
        self.acked(1, 7)

    def test_each_frame_of_a_message_has_its_own_stamp(self):
        other = uuid.uuid4().bytes
        self.zcostd.push([stamped(self.producer, 1, 1, [GOOD] * 2), GOOD, stamped(other, 1, 1, [GOOD]),
                          stamped(self.producer, 1, 3, [GOOD]), stamped(self.producer, 1, 1, [GOOD] * 2)])
        self.events(accepted=5, duplicate=2)
        self.acked(1, 4)
        self.acked(1, 2, other)

    def test_a_frame_that_breaks_off_is_never_asked_for_again(self):
        """What could be told apart is counted; the end that could not is one reject, and is not waited
        for."""
        self.push(1, events=[GOOD, GOOD, GOOD[:-3]])
        self.events(accepted=2, rejected=1)
        self.push(4, 1)
        self.zcostd.settle(4)
        self.acked(1, 5)

    def test_stamps_are_compared_by_producer(self):
        ids = [uuid.uuid4().bytes for _ in range(50)]
        self.zcostd.push(*[stamped(id, 1, 1, [GOOD]) for id in ids * 2])
        self.events(accepted=50, duplicate=50)

    def test_unstamped_frames_count_each_time(self):
        self.zcostd.push(GOOD, GOOD)
        self.push(1)
        self.events(accepted=3)


class Numbers(Stamped):
    def test_seq_0_is_a_bad_field(self):
        self.push(0, 3)
        health = self.events(rejected=3)
        self.assertEqual(health["rejected"], {"bad_field": 3})
        self.push(1, 1)
        self.events(accepted=1, rejected=3)

    def test_numbers_at_the_end_of_64_bits(self):
        self.push(U64_MAX, 2)  # its second number would not fit
        self.events(rejected=2)
        self.push(U64_MAX - 9, 5)
        self.events(accepted=5, rejected=2)
        self.push(U64_MAX - 9, 5)
        self.events(accepted=5, rejected=2, duplicate=5)
        self.assertEqual(self.ack()[1], 1)

    def test_the_last_epoch(self):
        self.push(1, 2, epoch=U32_MAX)
        self.events(accepted=2)
        self.acked(U32_MAX, 3)
        self.push(3, 1, epoch=U32_MAX - 1)
        self.assertEqual(self.events(accepted=2, rejected=1)["rejected"], {"stale": 1})

    def test_a_far_gap_is_not_waited_for_in_memory(self):
        before = self.zcostd.health()["rss_bytes"]
        for n in range(1, 3_001):
            self.zcostd.push(stamped(self.producer, 1, n * 1_000_000, [GOOD]))
        self.zcostd.wait_health(lambda health: health["events"]["accepted"] == 3_000)
        if not SANITIZED:
            self.assertLess(self.zcostd.health()["rss_bytes"] - before, 8 << 20)

    def test_more_gaps_than_are_kept_stay_exactly_once(self):
        """Whatever the daemon gives up waiting for, it counts as lost and never takes twice."""
        odd = [stamped(self.producer, 1, n, [GOOD]) for n in range(1, 1_001, 2)]
        even = [stamped(self.producer, 1, n, [GOOD]) for n in range(2, 1_001, 2)]
        self.zcostd.push(*odd)
        self.zcostd.wait_health(lambda health: health["events"]["accepted"] == 500)
        self.zcostd.push(*even, *odd, *even)
        ended = self.zcostd.wait_health(lambda health: sum(
            health["events"][kind] for kind in ("accepted", "duplicate", "rejected")) >= 2_000)["events"]
        self.assertEqual(ended["accepted"] + ended["lost"], 1_000)
        self.assertEqual(self.zcostd.report()["query_router"]["total_queries"], ended["accepted"])
        self.acked(1, 1_001)


class Epochs(Stamped):
    def test_a_raised_epoch_fences_the_old_one(self):
        self.push(1, 3)
        self.push(1, 2, epoch=2)
        self.events(accepted=5)
        self.acked(2, 3)
        self.push(4, 2)
        health = self.events(accepted=5, rejected=2)
        self.assertEqual(health["rejected"], {"stale": 2})
        self.push(1, 3)  # nor is what was once taken told from what was not
        self.assertEqual(self.zcostd.settle(10)["events"]["accepted"], 5)

    def test_what_was_missing_in_a_fenced_epoch_is_lost(self):
        self.push(1, 1)
        self.push(5, 1)
        self.push(8, 2)
        self.events(accepted=4)
        self.push(1, 1, epoch=2)
        self.events(accepted=5, lost=5)

    def test_what_came_before_its_time_is_not_its_loss(self):
        """A producer that the daemon meets above 1 may have been acknowledged by another one."""
        self.push(5, 1)
        self.push(8, 2)
        self.push(1, 1, epoch=2)
        self.events(accepted=4, lost=2)

    def test_an_epoch_used_again_is_the_same_epoch(self):
        """A restart that kept its epoch and began at 1 again: its numbers were seen."""
        self.push(1, 5)
        self.push(1, 3)
        self.events(accepted=5, duplicate=3)

    def test_epochs_may_be_skipped(self):
        self.push(1, 1, epoch=7)
        self.push(1, 1, epoch=1_000_000)
        self.events(accepted=2)
        self.acked(1_000_000, 2)

    def test_epoch_0(self):
        self.push(1, 2, epoch=0)
        self.events(accepted=2)
        self.acked(0, 3)

    def test_clones_are_folded_once(self):
        """Two with one UUID that send the same frames, such as copies of one spool."""
        frames = [stamped(self.producer, 1, n, [GOOD]) for n in range(1, 1_001)]
        threads = [threading.Thread(target=self.zcostd.push, args=frames) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.events(accepted=1_000, duplicate=1_000)
        self.acked(1, 1_001)


class Drops(Stamped):
    def test_declared_with_a_frame(self):
        self.push(1, 2, dropped=7)
        self.events(accepted=2, dropped=7)

    def test_cumulative_within_an_epoch(self):
        for seq, dropped in ((1, 3), (2, 3), (3, 10)):
            self.push(seq, 1, dropped=dropped)
        self.events(accepted=3, dropped=10)

    def test_an_older_declaration_takes_nothing_back(self):
        self.push(2, 1, dropped=5)
        self.push(1, 1, dropped=0)
        self.push(2, 1, dropped=5)
        self.events(accepted=2, duplicate=1, dropped=5)

    def test_an_empty_stamped_frame_declares(self):
        self.zcostd.push(stamped(self.producer, 1, 1, dropped=4), stamped(self.producer, 1, 1, dropped=4))
        self.events(dropped=4)
        self.push(1, 2, dropped=4)
        self.events(accepted=2, dropped=4)
        self.acked(1, 3)

    def test_each_epoch_counts_its_own(self):
        self.push(1, 1, dropped=5)
        self.push(1, 1, epoch=2, dropped=3)
        self.events(accepted=2, dropped=8)

    def test_over_producers(self):
        for n in range(5):
            self.push(1, 1, dropped=n, id=uuid.uuid4().bytes)
        self.events(accepted=5, dropped=10)


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


class InMemory(Stamped):
    """--data none: an acknowledgement then means folded."""

    def setUp(self):
        super().setUp()
        self.zcostd = self.daemon(data=None)

    def test_exactly_once_and_acknowledged(self):
        self.push(3, 2)
        self.push(1, 2)
        self.push(1, 2)
        self.events(accepted=4, duplicate=2)
        self.acked(1, 5)
        socket = self.zcostd.subscribe(topic_of(self.producer))
        self.assertEqual(read_ack(self.producer, socket.recv_multipart())[:2], (1, 5))


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
        rng = random.Random(1)
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
        id, rng = uuid.uuid4().bytes, random.Random(3)
        clones = [self.connect(id=id, rng=random.Random(n)) for n in range(2)]
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
        rng = random.Random(4)
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
        ids = [random.randbytes(16) for _ in range(20_000)]
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
        for id in random.sample(ids, 20):
            self.assertEqual(check_ack(zcostd.ask("ack", producer=id.hex()))[:2], (1, 3))

    def test_a_forest_of_producers_beyond_the_cap_is_exact(self):
        """More than are kept live: those that are displaced are refused when they come back, and
        never counted twice."""
        zcostd = self.daemon()
        ids = [random.randbytes(16) for _ in range(70_000)]
        zcostd.push(*[stamped(id, 1, 1, [GOOD]) for id in ids])
        zcostd.settle(len(ids), timeout=40)
        zcostd.push(*[stamped(id, 1, 1, [GOOD]) for id in ids])
        health = zcostd.settle(2 * len(ids), timeout=40)
        self.assertEqual(health["events"]["accepted"], len(ids))
        self.assertEqual(health["events"]["duplicate"] + health["rejected"].get("stale", 0), len(ids))


if __name__ == "__main__":
    unittest.main()
