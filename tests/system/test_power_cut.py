# SPDX-License-Identifier: MPL-2.0
"""What was acknowledged to a producer survives a power cut.

A daemon works under the shim, which kills it at some operation on its files. From the trace, disk.py
makes directories as a power cut at that moment could have left them; on each, the real daemon must
start, know every number that it had acknowledged, and come to the exact sums when the producers send
the rest again.
"""
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import unittest

import samples
from disk import Disk, materialise
from faults import NO_PRELOAD, preload, read_trace
from harness import Daemon, TestCase, seeded
from script import Script

LONG = bool(os.environ.get("ZCOST_TEST_LONG"))
MANNERS = ("none", "scattered", "scattered", "prefix")
CONFIG = """
ingest
    max_frame_bytes = 524288
journal
    sync_interval_ms = {sync_ms}
    segment_bytes = 1048576
store
    checkpoint_seconds = {checkpoint}
"""


class PowerCut(TestCase):
    timeout = 110

    def setUp(self):
        super().setUp()
        self.rng = seeded(self.id())

    def live(self, script, config, sync_ms, kill=None):
        """A daemon's life under the shim, up to operation `kill`: what its disk was told, in order, and
        in `script` what was acknowledged meanwhile. Its directory is made below a watched one, so that
        its own name is subject to the cut as well."""
        daemon = Daemon(config=config, prices=samples.PRICES, data="{dir}/watched/data")
        self.addCleanup(daemon.kill)
        watched, trace = daemon.dir / "watched", daemon.dir / "trace"
        watched.mkdir()
        daemon.env = preload(watched, trace=trace, kill=kill, sync_ms=sync_ms)
        daemon.start(ready=False)
        if daemon.is_ready():
            script.play(daemon)
            daemon.crash()
        operations = read_trace(trace)
        daemon.kill()
        return operations

    def recover(self, disk, script, config, manner):
        """A start on what the cut left."""
        daemon = Daemon(config=config, prices=samples.PRICES, data="{dir}/watched/data", env=NO_PRELOAD)
        self.addCleanup(daemon.kill)
        (daemon.dir / "watched").mkdir()
        materialise(disk.survivor(self.rng, manner), daemon.dir / "watched")
        with daemon:
            script.finish(daemon)
            script.check(self, daemon)

    def cuts(self, count, *, checkpoint, sync_ms=10, stall_ms=None, frames=60, padding=0):
        config = CONFIG.format(sync_ms=sync_ms, checkpoint=checkpoint)
        work = Script(self.id(), frames=frames, padding=padding)
        whole = work.fork()
        total = len(self.live(whole, config, stall_ms))
        self.assertTrue(whole.is_done(), "not all was acknowledged in an undisturbed life")
        acknowledged = 0
        for cut in sorted(self.rng.sample(range(2, total), min(count, total - 2))):
            script = work.fork()
            operations = self.live(script, config, stall_ms, kill=cut)
            acknowledged += sum(script.done.values())
            disk = Disk().replay(operations)
            for manner in MANNERS:
                with self.subTest(cut=cut, of=total, manner=manner, done=list(script.done.values()),
                                  last=operations[-1][:6] if operations else None):
                    self.recover(disk, script.fork(), config, manner)
        self.assertGreater(acknowledged, 0)

    def test_a_small_journal(self):
        self.cuts(100 if LONG else 10, checkpoint=3600)

    def test_many_checkpoints(self):
        self.cuts(60 if LONG else 8, checkpoint=0.05)

    def test_segments_that_are_switched_and_recycled(self):
        self.cuts(40 if LONG else 6, checkpoint=0.1, frames=100, padding=40_000)

    def test_syncs_that_take_long(self):
        """So that much is written while one is under way, which it does not cover."""
        self.cuts(50 if LONG else 8, checkpoint=0.2, stall_ms=15, sync_ms=1)


class TheDisk(TestCase):
    """That it is a hard one: it takes what was not synced from a program that is known to be careful only
    when told to."""
    PROGRAM = """
import os, sqlite3, sys
folder, synchronous, sync_parent = sys.argv[1:]
os.mkdir(folder + "/data")
if sync_parent == "yes":
    parent = os.open(folder, os.O_RDONLY)
    os.fsync(parent)
db = sqlite3.connect(folder + "/data/x.db", isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("PRAGMA synchronous = " + synchronous)
db.execute("PRAGMA wal_autocheckpoint = 5")
db.execute("CREATE TABLE t (n)")
mark = os.open(folder + "/mark", os.O_CREAT | os.O_WRONLY)
for n in range(1, 41):
    db.execute("INSERT INTO t VALUES (?)", (n,))
    os.pwrite(mark, n.to_bytes(4, "big"), 0)
"""

    def losses(self, synchronous, sync_parent):
        """In how many cases less is there than the program was told."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="zcost-test-")))
        watched = folder / "watched"
        watched.mkdir()
        subprocess.run([sys.executable, "-c", self.PROGRAM, watched, synchronous, sync_parent], check=True,
                       env={**os.environ, **preload(watched, trace=folder / "trace")})
        operations = read_trace(folder / "trace")
        rng, lost = seeded(1), 0
        for cut in rng.sample(range(len(operations)), 40):
            marks = [operation.data for operation in operations[:cut]
                     if operation.name == "mark" and operation.word == "write"]
            told = int.from_bytes(marks[-1], "big") if marks else 0
            disk = Disk().replay(operations[:cut])
            for manner in MANNERS:
                with tempfile.TemporaryDirectory() as left:
                    materialise(disk.survivor(rng, manner), left)
                    lost += self.rows(f"{left}/data/x.db") < told
        return lost

    def rows(self, path):
        if not os.path.exists(path):
            return 0
        db = sqlite3.connect(path)
        try:
            self.assertEqual(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            return db.execute("SELECT count(*) FROM t").fetchone()[0]
        except sqlite3.OperationalError:  # no such table
            return 0
        finally:
            db.close()

    def test_it_keeps_what_was_synced(self):
        self.assertEqual(self.losses("FULL", "yes"), 0)

    def test_it_takes_what_was_not(self):
        self.assertGreater(self.losses("NORMAL", "yes"), 20)

    def test_it_takes_a_directory_whose_name_was_not(self):
        self.assertGreater(self.losses("FULL", "no"), 20)


if __name__ == "__main__":
    unittest.main()
