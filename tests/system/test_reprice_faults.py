#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""zcostd --reprice on a disk that fails, or killed at any moment: the ledger is the one before it or the one after it,
never a mixture; it says which; and once the disk is well again it can be repeated."""
import os
import shutil
import sqlite3
import subprocess
import unittest

from durable import NEVER
from faults import count_classes, preload, read_trace
from harness import PATIENCE, executable, run
from test_reprice import KEEP, RepriceCase, price_list, some_events

LONG = bool(os.environ.get("ZCOST_TEST_LONG"))
SUMS = ("minute", "quarter", "day", "ever", "unpriced")


def sums_of(data):
    """All that a re-pricing may change, as whoever opens the file next sees it; and how many it has been through."""
    with sqlite3.connect(data / "ledger.db") as db:
        sums = {table: sorted(db.execute(f"SELECT * FROM {table}"), key=repr) for table in SUMS}
        return sums, db.execute("SELECT count (*) FROM repricing").fetchone()[0]


class RepriceFaults(RepriceCase):
    timeout = 110

    def setUp(self):
        super().setUp()
        # The store has one half; the other is only in the journal.
        kept = self.ledger(0, config=KEEP + NEVER)
        self.feed(kept, some_events(self.rng, 60, self.begin, self.now))
        kept.stop()
        kept.start()
        self.feed(kept, some_events(self.rng, 60, self.begin, self.now))
        kept.crash()
        self.kept, self.saved = kept, kept.dir / "saved"
        shutil.copytree(kept.data, self.saved)
        self.prices = kept.dir / "other.json"
        self.prices.write_text(price_list(1))
        _, self.operations = self.attempt()
        self.after = sums_of(kept.data)
        self.restore()
        kept.start()
        kept.stop()
        self.before = sums_of(kept.data)
        self.assertNotEqual(self.before, self.after)

    def restore(self):
        shutil.rmtree(self.kept.data)
        shutil.copytree(self.saved, self.kept.data)

    def options(self):
        return ["--config", str(self.kept.config_path), "--data", str(self.kept.data), "--reprice", str(self.prices),
                "--since", f"@{self.begin // 1000}"]

    def attempt(self, **faults):
        """Re-prices the ledger as it was saved; how that ended, and what it did to the disk."""
        trace = self.kept.dir / "trace"
        trace.unlink(missing_ok=True)
        self.restore()
        env = {**os.environ, **preload(self.kept.data, trace=trace, **faults)}
        done = run("zcostd", *self.options(), env=env, timeout=30)
        return done, read_trace(trace)

    def check_end(self, done):
        """Before or after, and which of them as it said."""
        shutil.copytree(self.kept.data, self.kept.dir / "looked-at")
        try:
            sums = sums_of(self.kept.dir / "looked-at")
        finally:
            shutil.rmtree(self.kept.dir / "looked-at")
        self.assertIn(sums[1], (0, 1))
        if done.returncode == 0:
            self.assertEqual(sums, self.after)
        elif done.returncode == 1:
            self.assertEqual(sums[1], 0, done.stderr)
            self.assertTrue(done.stderr.splitlines()[-1].startswith("zcostd: --reprice: "), done.stderr)
            self.assertNotIn("written\n", done.stdout or "")
        again = run("zcostd", *self.options(), timeout=30)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(sums_of(self.kept.data), self.after)
        self.assert_sound(self.kept)

    def spread(self, cases, count):
        return cases if LONG or len(cases) <= count else sorted(self.rng.sample(cases, count))

    def test_killed_at_any_moment(self):
        for number in self.spread(range(1, len(self.operations) + 1), 25):
            with self.subTest(before=number, of=len(self.operations)):
                done, _ = self.attempt(kill=number)
                self.assertIn(done.returncode, (0, -9), done.stderr)
                self.check_end(done)

    def check_fault(self, error, *classes):
        counts = count_classes(self.operations)
        cases = [(op, nth) for op in classes for nth in range(1, counts[op] + 1)]
        self.assertTrue(cases)
        for op, nth in self.spread(cases, 20):
            with self.subTest(op=op, nth=nth, error=error):
                done, _ = self.attempt(fail=(op, nth, error, 1 if error == "EIO" else 0))
                self.assertIn(done.returncode, (0, 1), done.stderr)
                self.check_end(done)

    def test_a_full_disk(self):
        self.check_fault("ENOSPC", "write", "create", "size")

    def test_a_full_disk_in_the_middle_of_a_write(self):
        self.check_fault("short", "write")

    def test_eio(self):
        self.check_fault("EIO", "write", "sync", "create", "size")

    def test_stdout_that_is_full(self):
        """Who does not see what changes does not change it."""
        self.restore()
        with open("/dev/full", "w") as full:
            done = subprocess.run([executable("zcostd"), *self.options()], timeout=30 * PATIENCE, text=True,
                                  stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("stdout", done.stderr)
        self.check_end(done)


if __name__ == "__main__":
    unittest.main()
