# SPDX-License-Identifier: MPL-2.0
"""kill -9, again and again: the sums, the counts and the report are those of an undisturbed life.

Producers in pyzmq and over libzcost send while the daemon is killed at random instants: in the middle
of a drain, a checkpoint, a switch of segments, a start. Services with a spool are killed too. Someone
looks at the reports all the while.
"""
import os
import threading
import time
import unittest

import samples
from emitters import DROPPED, Spooling, Steady
from harness import PATIENCE, Daemon, TestCase, fixed_endpoints, now_ms, seeded
from oracle import Oracle
from reliable import Producer
from watch import Watch

KILLS = 125 if os.environ.get("ZCOST_TEST_LONG") else 5  # each of four
CONFIG = """
ingest
    max_frame_bytes = 524288
journal
    segment_bytes = {segment}
    sync_interval_ms = {sync_ms}
store
    checkpoint_seconds = {checkpoint}
"""


class Feeder(threading.Thread):
    """Emits random frames on pyzmq producers until it is told to end. padding: bytes without a meaning in
    each frame, so that the journal's segments are soon full."""

    def __init__(self, producers, seed, padding):
        super().__init__(daemon=True)
        self.producers, self.rng, self.padding = producers, seeded(seed), padding
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            events = [samples.random_event(self.rng, now_ms()) for _ in range(self.rng.randint(1, 4))]
            if self.padding:
                events[0] = {"": self.rng.randbytes(self.padding), **events[0]}
            self.rng.choice(self.producers).emit(*events)
            time.sleep(0.001)

    def end(self):
        self.ending.set()
        self.join()


class KillLoop(TestCase):
    timeout = 115

    def setUp(self):
        super().setUp()
        self.rng = seeded(self.id())

    def storm(self, kills, *, transport="tcp", checkpoint=10, segment=64 << 20, sync_ms=10, padding=0,
              queue_events=1_000_000, emitters=(), spooling=0):
        daemon = Daemon(bind=fixed_endpoints(transport), prices=samples.PRICES, interval=0.05,
                        config=CONFIG.format(segment=segment, sync_ms=sync_ms, checkpoint=checkpoint))
        self.enterContext(daemon)
        bind = {role: [daemon.endpoint(role)] for role in ("ingest", "publish", "query")}
        watch = Watch(bind["publish"][0], bind["query"][0])
        producers = [Producer(bind["ingest"][0], bind["publish"][0], rng=seeded(n), queue_events=queue_events)
                     for n in range(3)]
        services = [Steady(daemon.dir, f"steady{n}", bind, n, *options) for n, options in enumerate(emitters)]
        for n in range(spooling):
            (daemon.dir / f"spool{n}").mkdir()
            services.append(Spooling(daemon.dir, f"spooling{n}", bind, n, daemon.dir / f"spool{n}"))
        feeder = Feeder(producers, self.id(), padding)
        feeder.start()
        self.wait_seen(watch, 1)  # the first life too, however busy the machine
        try:
            for _ in range(kills):
                self.kill_once(daemon)
        finally:
            feeder.end()
        for service in services:
            service.end()
        for producer in producers:
            producer.wait_acked(30)
        self.check(daemon, producers, services)
        self.wait_seen(watch, 2)
        for ended in (*producers, watch):
            ended.close()

    def wait_seen(self, watch, incarnations):
        """Until as many lives of the daemon were seen by a report and by a snapshot."""
        end = time.monotonic() + 10 * PATIENCE
        while min(len(seen.incarnations) for seen in (watch.reports, watch.snapshots)) < incarnations:
            self.assertLess(time.monotonic(), end, "a life of the daemon that no report or no snapshot tells of")
            time.sleep(0.01)

    def kill_once(self, daemon):
        if self.rng.random() < 0.25:  # while it starts
            daemon.crash()
            daemon.start(ready=False)
            time.sleep(self.rng.uniform(0, 0.06) * PATIENCE)
        else:
            time.sleep(self.rng.uniform(0, 0.4) * PATIENCE)
        daemon.restart()

    def check(self, daemon, producers, services):
        lives = [life for service in services for life in service.lives]
        events = [event for producer in producers for event in producer.taken]
        events += [event for life in lives for event in life.settle(daemon)]
        dropped = sum(producer.dropped for producer in producers)
        dropped += sum(life.marks().count(DROPPED) for life in lives)
        wanted = {"accepted": len(events), "rejected": 0, "lost": 0, "dropped": dropped}
        shown = daemon.wait_health(lambda health: wanted.items() <= health["events"].items()
                                   or health["events"]["accepted"] > len(events), timeout=10)["events"]
        self.assertLessEqual(wanted.items(), shown.items(), f"{shown}, not {wanted}")
        Oracle(samples.PRICES).add(*events).check(self, daemon.report())
        for service in services:
            self.assertEqual(service.last["close"], 0, service.last)

    def test_with_the_defaults(self):
        self.storm(KILLS)

    def test_in_checkpoints(self):
        self.storm(KILLS, transport="ipc", checkpoint=0.05, sync_ms=1)

    def test_in_switches_of_segments(self):
        self.storm(KILLS, checkpoint=0.2, segment=1 << 20, padding=20_000)

    def test_with_queues_that_overflow(self):
        self.storm(KILLS, checkpoint=0.5, queue_events=40)

    def test_services_over_libzcost(self):
        self.storm(KILLS, checkpoint=0.1, segment=1 << 20, emitters=[(), ("--queue-bytes", 65536)])

    def test_services_with_a_spool_that_are_killed_too(self):
        self.storm(KILLS, checkpoint=0.1, segment=1 << 20, spooling=2)


if __name__ == "__main__":
    unittest.main()
