# SPDX-License-Identifier: MPL-2.0
"""A disk that fails: at any write, sync, creation or change of size, the daemon ends loudly, has
acknowledged nothing that is not safe, and comes back whole once the disk is well again.

Each case is a life of its own under the shim, in which one operation fails: EIO once; ENOSPC from
there on, since a full disk stays full; a write cut short, and a full disk after it.
"""
import os
import re
import unittest

import samples
from disk import Disk, materialise
from faults import NO_PRELOAD, count_classes, preload, read_trace
from harness import Daemon, TestCase, seeded
from script import Script

LONG = bool(os.environ.get("ZCOST_TEST_LONG"))
CONFIG = """
ingest
    max_frame_bytes = 524288
journal
    segment_bytes = 1048576
store
    checkpoint_seconds = 0.1
"""
SQLITE_SAYS = ("disk I/O error", "unable to open database file")
TEXTS = {"EIO": ("Input/output error", *SQLITE_SAYS),
         "ENOSPC": ("No space left on device", "database or disk is full", *SQLITE_SAYS)}
TEXTS["short"] = TEXTS["ENOSPC"] + ("short",)


def may_live(fault, before):
    """Whether the daemon may live on after this fault, since what failed is not for safety: a file that is
    no longer needed is removed; SQLite moves what is safe in its write-ahead log into the database, when
    it likes and until it succeeds, for which it syncs that log once more; and it keeps an index of it.
    It also syncs its directory after the first sync of a log, and does not look whether that failed."""
    name = os.path.basename(fault.name)
    if fault.other == "sync" and name == "data":
        return before[-1].word == "sync-end" and before[-1].name in ("data/ledger.db-journal", "data/ledger.db-wal")
    if fault.other == "sync" and name == "ledger.db-wal":
        last = next((operation.word for operation in reversed(before)
                     if operation.name == fault.name and operation.word in ("write", "sync-end")), None)
        return last == "sync-end"
    return fault.other == "remove" or name in ("ledger.db", "ledger.db-shm")


def spoken_name(operation):
    """What a person is told: SQLite's files go by the name of their database, and a file that is being
    made by the name that it will have."""
    name = os.path.basename(operation.name).removeprefix("new-")
    return "directory" if name in (".", "data", "journal") else re.sub("^(ledger.db)-.*", r"\1", name)


class InjectedFaults(TestCase):
    timeout = 110

    def setUp(self):
        super().setUp()
        self.rng = seeded(self.id())
        self.work = Script("faults", frames=40, padding=60_000)

    def life(self, script, fail=None):
        """A daemon from an empty directory to SIGTERM, or to the fault. Returns the daemon, dead, the
        operations, and its exit code."""
        daemon = Daemon(config=CONFIG, prices=samples.PRICES, data="{dir}/watched/data")
        self.addCleanup(daemon.kill)
        watched, trace = daemon.dir / "watched", daemon.dir / "trace"
        watched.mkdir()
        daemon.env = preload(watched, trace=trace, fail=fail)
        daemon.start(ready=False)
        if daemon.is_ready():
            script.play(daemon)
            daemon.process.terminate()
        code = daemon.wait_exit()
        return daemon, read_trace(trace), code

    def check_loud(self, daemon, faults, code, error):
        """It ended, and a line says which file (of a full disk: one of them) and which error."""
        self.assertEqual(code, 1, daemon.log_text())
        self.assertNotIn("Sanitizer", daemon.log_text())
        names = {spoken_name(fault) for fault in faults}
        loud = [line.text for line in daemon.log if line.get("level") == "error"]
        self.assertTrue(any(name in line and text in line for line in loud for text in TEXTS[error] for name in names),
                        daemon.log_text())

    def check_recovery(self, daemon, script):
        daemon.env = NO_PRELOAD
        daemon.process.stderr.close()
        daemon.start()
        script.finish(daemon)
        script.check(self, daemon)
        daemon.stop()

    def check_power_cut(self, operations, script):
        """What was acknowledged did not rest on what failed: it is there even where nothing unsynced is."""
        daemon = Daemon(config=CONFIG, prices=samples.PRICES, data="{dir}/watched/data", env=NO_PRELOAD)
        self.addCleanup(daemon.kill)
        (daemon.dir / "watched").mkdir()
        done = [operation for operation in operations if operation.word != "fault"]
        materialise(Disk().replay(done).survivor(self.rng, "none"), daemon.dir / "watched")
        with daemon:
            script.finish(daemon)
            script.check(self, daemon)

    def check_case(self, op, nth, error):
        script = self.work.fork()
        daemon, operations, code = self.life(script, (op, nth, error, 1 if error == "EIO" else 0))
        faults = [operation for operation in operations if operation.word == "fault"]
        tolerable = all(may_live(operation, operations[:number]) for number, operation in enumerate(operations)
                        if operation.word == "fault")
        with self.subTest(op=op, nth=nth, error=error, files={fault.name for fault in faults}):
            if code != 0 or not tolerable:
                self.check_loud(daemon, faults, code, error)
            after = script.fork()
            self.check_recovery(daemon, script)
            if op == "sync":
                self.check_power_cut(operations, after)
        daemon.kill()

    def check_all(self, error, *ops):
        whole = self.work.fork()
        daemon, operations, code = self.life(whole)
        self.assertEqual(code, 0, daemon.log_text())
        self.assertTrue(whole.is_done())
        daemon.kill()
        counts = count_classes(operations)
        cases = [(op, nth) for op in ops for nth in range(1, counts[op] + 1)]
        for op in ops:
            self.assertGreater(counts[op], 0, f"nothing to fail: {counts}")
        for op, nth in cases if LONG else self.spread(cases, 12):
            self.check_case(op, nth, error)

    def spread(self, cases, count):
        """The first few, where most is decided, the last, and some of the rest."""
        rest = cases[2:-1]
        return cases[:2] + sorted(self.rng.sample(rest, min(len(rest), count - 3))) + cases[-1:]

    def test_eio_at_a_write(self):
        self.check_all("EIO", "write")

    def test_eio_at_a_sync(self):
        self.check_all("EIO", "sync")

    def test_eio_at_a_creation_or_a_size(self):
        self.check_all("EIO", "create", "size")

    def test_a_full_disk_at_a_write(self):
        self.check_all("ENOSPC", "write")

    def test_a_full_disk_at_a_creation_or_a_size(self):
        self.check_all("ENOSPC", "create", "size")

    def test_a_full_disk_in_the_middle_of_a_write(self):
        self.check_all("short", "write")

    def test_a_file_that_cannot_be_removed_harms_nothing(self):
        self.check_all("EIO", "remove")


if __name__ == "__main__":
    unittest.main()
