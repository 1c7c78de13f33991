# SPDX-License-Identifier: MPL-2.0
"""What durability costs and holds: the journal on disk, acknowledgements, recovery, and size.

One class a kind of measurement, one object a row of its table, as in cells.py.
"""
import shutil
import time

import cells
import programs

ACK_RATE = 100000
FILL_BATCH = 50
FILL_EVENTS = 20000
# Neither time nor a change of segments is a reason for a checkpoint.
NO_CHECKPOINT = {"store_checkpoint_seconds": 86400, "journal_segment_bytes": 1 << 30}


class Journal:
    """Events a second into zcostd in memory, and into one that journals and syncs, one after the other."""
    kind = "journal"

    def __init__(self, bus, event, batch, seconds):
        self.key = {"event": event, "batch": batch}
        self.bus, self.seconds = bus, seconds
        self.events = None
        self.samples = []

    def _run(self, where, events):
        daemon, endpoints, query, _ = self.bus.daemon(where)
        with cells.send(self.bus.folder, endpoints["tcp"], self.key["event"], self.key["batch"], events,
                        query) as sender:
            cpu = daemon.cpu_seconds()
            begun, sent = sender.result()
            return cells.rate_of(events, begun, sent, sent, daemon.cpu_seconds() - cpu)

    def measure(self):
        batch = self.key["batch"]
        if self.events is None:
            few = cells.few(batch)
            rate = (self._run("memory", few)["rate"] + self._run("disk", few)["rate"]) / 2
            self.events = max(1, int(rate * self.seconds / batch)) * batch
        order = ("disk", "memory") if len(self.samples) % 2 else ("memory", "disk")
        self.samples.append({where: self._run(where, self.events) for where in order})


class Ack:
    """From an emit call of libzcost to its acknowledgement, at a steady rate."""
    kind = "ack"

    def __init__(self, bus, seconds):
        self.key = {"rate": ACK_RATE}
        self.bus, self.seconds = bus, seconds
        self.samples = []

    def measure(self):
        daemon, found = self.bus.start_daemon(data=self.bus.fresh())
        with daemon:
            line, = programs.run(self.bus.folder / "bench/bench_ack", "--endpoint", found["ingest"][0], "--publish",
                                 found["publish"][0], "--rate", self.key["rate"], "--seconds", self.seconds)
        self.samples.append({name: float(value) for name, value in line.items()})


class Replay:
    """Recovery from a journal of this size: filled, killed, started again. What the page cache holds of it, it
    holds: a crash of the daemon, not of the machine."""
    kind = "replay"

    def __init__(self, bus, event, size_bytes):
        self.key = {"event": event, "bytes": size_bytes}
        self.bus = bus
        self.samples = []

    def _fill(self, data):
        """Returns events and bytes that are in the journal afterwards, and nowhere else."""
        daemon, found = self.bus.start_daemon(data=data, **NO_CHECKPOINT)

        def send(events):
            with cells.send(self.bus.folder, found["ingest"][0], self.key["event"], FILL_BATCH, events,
                            found["query"][0]) as sender:
                return int(sender.result()[-1]["bytes"])

        with daemon:  # killed at its end
            first_bytes = send(FILL_EVENTS)  # tells how many events make the rest
            rest = max(0, self.key["bytes"] - first_bytes) * FILL_EVENTS // first_bytes // FILL_BATCH * FILL_BATCH
            return FILL_EVENTS + rest, first_bytes + (send(rest) if rest else 0)

    def measure(self):
        data = self.bus.fresh()
        events, sent_bytes = self._fill(data)
        begun = time.monotonic()
        daemon, found = self.bus.start_daemon(data=data, **NO_CHECKPOINT)
        with daemon:
            seconds = time.monotonic() - begun
            health = self.bus.health(found["query"][0])
        shutil.rmtree(data)
        if health["recovered"]["events"] != events or health["events"]["accepted"] != events:
            raise programs.Failed(f"{events} events in the journal, {health['recovered']} recovered")
        self.samples.append({"events": events, "bytes": sent_bytes, "start_seconds": seconds,
                             "seconds": health["recovered"]["seconds"],
                             "rate": events / health["recovered"]["seconds"]})


class Cells:
    """Memory, disk and the start of a daemon whose ledger has this many cells."""
    kind = "cells"

    def __init__(self, bus, count):
        self.key = {"cells": count}
        self.bus = bus
        self.samples = []

    def measure(self):
        data = self.bus.fresh()
        daemon, found = self.bus.start_daemon(data=data)
        with daemon:
            programs.run(self.bus.folder / "bench/bench_fill", "cells", "--endpoint", found["ingest"][0], "--query",
                         found["query"][0], "--count", self.key["cells"])
            filled_bytes = daemon.rss_bytes()
            daemon.stop()
        begun = time.monotonic()
        daemon, found = self.bus.start_daemon(data=data)
        with daemon:
            seconds = time.monotonic() - begun
            health = self.bus.health(found["query"][0])
            started_bytes = daemon.rss_bytes()
            daemon.stop()
        shutil.rmtree(data)
        if health["events"]["accepted"] != self.key["cells"] or health["store"]["cells"] < self.key["cells"]:
            raise programs.Failed(f"not all is there after a restart: {health['events']} {health['store']}")
        self.samples.append({"filled_bytes": filled_bytes, "started_bytes": started_bytes, "start_seconds": seconds,
                             "store_bytes": health["store"]["bytes"], "rows": health["store"]["cells"]})


class Producers:
    """Memory of a daemon before and after a frame from each of so many producers, and when it starts again."""
    kind = "producers"

    def __init__(self, bus, count):
        self.key = {"producers": count}
        self.bus = bus
        self.samples = []

    def measure(self):
        data = self.bus.fresh()
        daemon, found = self.bus.start_daemon(data=data)
        with daemon:
            before_bytes = daemon.rss_bytes()
            programs.run(self.bus.folder / "bench/bench_fill", "producers", "--endpoint", found["ingest"][0],
                         "--query", found["query"][0], "--count", self.key["producers"])
            after_bytes = daemon.rss_bytes()
            total = self.bus.health(found["query"][0])["producers_total"]
            daemon.stop()
        begun = time.monotonic()
        daemon, _ = self.bus.start_daemon(data=data)
        with daemon:
            seconds, started_bytes = time.monotonic() - begun, daemon.rss_bytes()
            daemon.stop()
        shutil.rmtree(data)
        self.samples.append({"before_bytes": before_bytes, "after_bytes": after_bytes, "live": total["live"],
                             "expired": total["expired"], "start_seconds": seconds, "started_bytes": started_bytes})
