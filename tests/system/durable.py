# SPDX-License-Identifier: MPL-2.0
"""What the tests of exactly-once and of the data directory share: producers by hand, and waiting for the
disk."""
import time
import uuid

import zmq

import samples
import wire
from harness import PATIENCE, TestCase
from oracle import usd_text
from reliable import check_ack, stamped

GOOD = wire.pack({"type": "query_router", "cost": 1})
BAD = wire.pack({"type": "nobody_knows"})
OFTEN = "store\n    checkpoint_seconds = 0.05\n"
NEVER = "store\n    checkpoint_seconds = 86400\n"


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


class Kept(TestCase):
    def durable(self, zcostd, *frames):
        """Pushes frames of one event each; returns when they are on disk."""
        producer = uuid.uuid4().bytes
        zcostd.push(*[stamped(producer, 1, seq, [frame]) for seq, frame in enumerate(frames, 1)])
        deadline = time.monotonic() + 20 * PATIENCE
        while zcostd.ask("ack", producer=producer.hex())["seq"] <= len(frames):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)

    def total(self, zcostd):
        report = zcostd.report()
        return report["zcost"]["events"]["accepted"], report["query_router"]["total_cost_usd"]
