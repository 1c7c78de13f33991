# SPDX-License-Identifier: MPL-2.0
"""The stamp: each number of each producer is folded exactly once, whatever connections do to frames."""
import threading
import unittest
import uuid

import wire
from durable import BAD, GOOD, Stamped
from harness import SANITIZED, seeded
from reliable import read_ack, stamped, topic_of

U64_MAX = (1 << 64) - 1
U32_MAX = (1 << 32) - 1


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
        rng = seeded(5)
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


if __name__ == "__main__":
    unittest.main()
