# SPDX-License-Identifier: MPL-2.0
"""A journal that was damaged on disk: what was synced is read back for certain or refused, with the
segment and the offset named. Never a crash, never a wrong sum.

`zcostd --check` says the same, beforehand, and changes no byte.
"""
import os
import re
import shutil
import unittest

import samples
from disk import digest, records_end
from harness import Daemon, TestCase, run, seeded
from script import Script

LONG = bool(os.environ.get("ZCOST_TEST_LONG"))
CONFIG = """
ingest
    max_frame_bytes = 524288
journal
    segment_bytes = 1048576
    keep = forever
store
    checkpoint_seconds = 3600
"""
HEADER_BYTES = 64
HEADER_USED_BYTES = 44  # the rest is room
PLACE = r"(at|offset) \d+"


class Corruption(TestCase):
    timeout = 110
    frames, padding, config, pace_ms = 25, 0, CONFIG, 1

    @classmethod
    def setUpClass(cls):
        """A directory whose journal holds all, synced and acknowledged, behind a kill -9."""
        cls.script = Script("corruption", frames=cls.frames, padding=cls.padding)
        source = Daemon(config=cls.config, prices=samples.PRICES)
        cls.addClassCleanup(source.kill)
        source.start()
        source.restart()
        cls.early = {path.name: path.read_bytes() for path in source.data.glob("ledger.db*")}
        cls.script.play(source, cls.pace_ms)
        assert cls.script.is_done()
        source.crash()
        cls.source = source
        cls.used = [path for path in sorted((source.data / "journal").glob("segment-*"))
                    if records_end(path.read_bytes()) > HEADER_BYTES]

    def setUp(self):
        super().setUp()
        self.rng = seeded(self.id())
        self.victim = Daemon(config=CONFIG, prices=samples.PRICES)
        self.addCleanup(self.victim.kill)

    def fresh(self):
        shutil.rmtree(self.victim.data, ignore_errors=True)
        shutil.copytree(self.source.data, self.victim.data)
        return self.victim.data / "journal"

    # ---------------------------------------------------------------------------- outcomes

    def check_only(self):
        """What --check says: 0 or 1; with no byte changed."""
        before = digest(self.victim.data)
        result = run("zcostd", "--check", self.victim.data)
        self.assertEqual(digest(self.victim.data), before, "--check changed something")
        self.assertIn(result.returncode, (0, 1), result.stderr)
        self.assertTrue(result.stdout)
        return result

    def start(self):
        """Whether it came to life; else it was refused, in one clear line."""
        self.victim.start(ready=False)
        if self.victim.is_ready():
            return True
        self.assertEqual(self.victim.wait_exit(), 1, self.victim.log_text())
        self.victim.process.stderr.close()
        return False

    def check_all_there(self):
        """No producer sends anything again: the sums are whole as they are."""
        script = self.script.fork()
        script.check(self, self.victim)
        self.victim.stop()
        self.victim.process.stderr.close()

    def assert_refused(self, *naming):
        checked = self.check_only()
        self.assertEqual(checked.returncode, 1, checked.stdout)
        before = digest(self.victim.data / "journal")
        self.assertFalse(self.start(), self.victim.log_text())
        self.assertEqual(digest(self.victim.data / "journal"), before, "a refusal changed the journal")
        errors = [line.text for line in self.victim.log if line.get("level") == "error"]
        self.assertTrue(errors)
        for name in naming:
            for text in (errors[-1], checked.stdout):
                self.assertRegex(text, name)

    def assert_whole(self):
        checked = self.check_only()
        self.assertEqual(checked.returncode, 0, checked.stdout)
        self.assertTrue(self.start(), self.victim.log_text())
        self.check_all_there()

    def assert_refused_or_whole(self):
        """For damage that need not matter."""
        checked = self.check_only()
        if self.start():
            self.check_all_there()
            self.assertEqual(checked.returncode, 0, checked.stdout)
        else:
            self.assertEqual(checked.returncode, 1, checked.stdout)

    def flip(self, path, offset, mask):
        data = bytearray(path.read_bytes())
        data[offset] ^= mask
        path.write_bytes(data)


class Bytes(Corruption):
    def places(self, data, count):
        end = records_end(data)
        edges = [0, 7, 8, 24, 32, 40, HEADER_BYTES, HEADER_BYTES + 4, HEADER_BYTES + 8, end - 1]
        return sorted({*edges, *self.rng.sample(range(HEADER_BYTES, end), min(count, end))})

    def test_a_byte_flipped_in_what_was_synced_is_refused(self):
        name = self.used[0].name
        data = self.used[0].read_bytes()
        for offset in self.places(data, 25):
            with self.subTest(offset=offset, end=records_end(data)):
                self.flip(self.fresh() / name, offset, 1 << self.rng.randrange(8))
                self.assert_refused(re.escape(name), PLACE)

    def test_a_byte_behind_the_end_matters_not(self):
        name = self.used[-1].name
        data = self.used[-1].read_bytes()
        end = records_end(data)
        for offset in [end + 1, end + 16, end + 100, len(data) - 1]:
            with self.subTest(offset=offset, end=end):
                self.flip(self.fresh() / name, offset, 0xFF)
                self.assert_whole()

    def test_the_record_of_syncs_may_be_damaged_alone(self):
        """It says where a torn tail may begin; without it the journal is whole nonetheless."""
        size = (self.source.data / "journal/synced").stat().st_size
        for offset in self.rng.sample(range(size), min(size, 8)):
            with self.subTest(offset=offset):
                self.flip(self.fresh() / "synced", offset, 1 << self.rng.randrange(8))
                self.assert_refused_or_whole()


@unittest.skipUnless(LONG, "flips every byte: with ZCOST_TEST_LONG=1")
class EveryByte(Corruption):
    frames = 8

    def test_flipped_is_seen_by_check(self):
        name = self.used[0].name
        path = self.fresh() / name
        data = path.read_bytes()
        for offset in [*range(HEADER_USED_BYTES), *range(HEADER_BYTES, records_end(data))]:
            with open(path, "r+b") as file:
                file.seek(offset)
                file.write(bytes([data[offset] ^ 1 << self.rng.randrange(8)]))
                file.seek(0)
                result = run("zcostd", "--check", self.victim.data)
                self.assertEqual(result.returncode, 1, f"offset {offset}: {result.stdout}")
                file.seek(offset)
                file.write(data[offset:offset + 1])


class Lengths(Corruption):
    def test_cut_off_in_what_was_synced_is_refused(self):
        name = self.used[-1].name
        data = self.used[-1].read_bytes()
        end = records_end(data)
        for length in sorted({0, 1, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 1, end - 1,
                              *self.rng.sample(range(end), 200 if LONG else 8)}):
            with self.subTest(length=length, end=end):
                (self.fresh() / name).write_bytes(data[:length])
                self.assert_refused(re.escape(name))

    def test_cut_off_behind_the_end_is_refused_or_whole(self):
        name = self.used[-1].name
        data = self.used[-1].read_bytes()
        for length in (records_end(data), records_end(data) + 8, records_end(data) + 16, len(data) - 1):
            with self.subTest(length=length):
                (self.fresh() / name).write_bytes(data[:length])
                self.assert_refused_or_whole()

    def test_zeros_from_somewhere_on_are_refused(self):
        name = self.used[-1].name
        data = self.used[-1].read_bytes()
        end = len(data.rstrip(b"\0"))
        for offset in sorted({0, HEADER_BYTES, end - 1, *self.rng.sample(range(end), 100 if LONG else 6)}):
            with self.subTest(offset=offset, end=end):
                (self.fresh() / name).write_bytes(data[:offset] + bytes(len(data) - offset))
                self.assert_refused(re.escape(name))

    def test_the_only_one_missing_is_refused(self):
        (self.fresh() / self.used[0].name).unlink()
        self.assert_refused()

    def test_a_longer_file_matters_not(self):
        name = self.used[-1].name
        for more in (bytes(100), b"\xff" * 100):
            with open(self.fresh() / name, "ab") as file:
                file.write(more)
            self.assert_refused_or_whole()


class Segments(Corruption):
    """Several: the last ones are behind a checkpoint, which the size of the journal brought about, and the
    first ones are only kept. Damage to those is told by --check, and no start depends on them."""
    frames, padding = 80, 60_000

    def assert_seen(self, *naming):
        checked = self.check_only()
        self.assertEqual(checked.returncode, 1, checked.stdout)
        for name in naming:
            self.assertRegex(checked.stdout, name)
        if self.start():
            self.check_all_there()
        else:
            errors = [line.text for line in self.victim.log if line.get("level") == "error"]
            for name in naming:
                self.assertRegex(errors[-1], name)

    def test_there_are_several(self):
        self.assertGreaterEqual(len(self.used), 4)

    def test_the_last_one_missing_is_refused(self):
        (self.fresh() / self.used[-1].name).unlink()
        self.assert_refused()

    def test_one_missing_in_between_is_seen(self):
        for path in self.used[1:-1]:
            with self.subTest(segment=path.name):
                (self.fresh() / path.name).unlink()
                self.assert_seen()

    def test_swapped_ones_are_seen(self):
        for one, other in ((0, 1), (1, 2), (0, -1), (-2, -1)):
            with self.subTest(swapped=(one, other)):
                journal = self.fresh()
                one_path, other_path = journal / self.used[one].name, journal / self.used[other].name
                one_path.rename(journal / "x")
                other_path.rename(one_path)
                (journal / "x").rename(other_path)
                self.assert_seen("segment-")

    def test_one_in_the_place_of_another_is_seen(self):
        for one, other in ((0, 1), (1, 0), (-1, -2), (-2, -1)):
            with self.subTest(copied=(one, other)):
                journal = self.fresh()
                shutil.copyfile(journal / self.used[one].name, journal / self.used[other].name)
                self.assert_seen("segment-")

    def test_flips_in_each_are_seen_by_name(self):
        for path in self.used:
            end = records_end(path.read_bytes())
            for offset in [*self.rng.sample(range(HEADER_BYTES, end), 3), end - 1]:
                with self.subTest(segment=path.name, offset=offset, end=end):
                    self.flip(self.fresh() / path.name, offset, 1 << self.rng.randrange(8))
                    self.assert_seen(re.escape(path.name), PLACE)

    def test_a_record_moved_is_seen(self):
        """A valid record's bytes in another place, as a disk that misdirects a write leaves them."""
        name = self.used[0].name
        data = self.used[0].read_bytes()
        for offset in (HEADER_BYTES + 16, 200_000, 400_016):
            with self.subTest(offset=offset):
                moved = data[:offset] + data[HEADER_BYTES:HEADER_BYTES + 1_000] + data[offset + 1_000:]
                (self.fresh() / name).write_bytes(moved)
                self.assert_seen(re.escape(name), PLACE)

    def test_files_of_others_in_its_directory_are_left_alone(self):
        journal = self.fresh()
        (journal / "README").write_text("mine")
        (journal / "nested").mkdir()
        self.start()
        self.assertEqual((journal / "README").read_text(), "mine")
        self.assertTrue((journal / "nested").is_dir())


class BehindACheckpoint(Corruption):
    """Part of it is in the store, and part in the journal behind it."""
    config, frames, pace_ms = CONFIG.replace("3600", "0.05"), 60, 5

    def test_the_journal_missing_is_refused(self):
        shutil.rmtree(self.fresh())
        self.assert_refused()
        shutil.rmtree(self.fresh())
        (self.victim.data / "journal").mkdir()
        self.assert_refused()

    def test_the_last_segment_missing_is_refused(self):
        (self.fresh() / self.used[-1].name).unlink()
        self.assert_refused()

    def test_an_older_store_is_brought_up_by_the_journal(self):
        """Such as one that was restored from a copy: the segments are kept."""
        self.assertTrue(self.early)
        self.fresh()
        for path in self.victim.data.glob("ledger.db*"):
            path.unlink()
        for name, content in self.early.items():
            (self.victim.data / name).write_bytes(content)
        self.assert_whole()


class OtherFiles(Corruption):
    def test_the_database_alone_missing_is_refused(self):
        """A new one is another ledger: that journal is not its own."""
        self.fresh()
        for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
            (self.victim.data / name).unlink(missing_ok=True)
        self.assertFalse(self.start(), self.victim.log_text())

    def test_a_database_that_is_none_is_refused(self):
        for content in (b"\0" * 4096, b"SQLite format 3\0" + b"\xff" * 4080, b"hello", os.urandom(8192)):
            with self.subTest(content=content[:20]):
                self.fresh()
                for name in ("ledger.db-wal", "ledger.db-shm"):
                    (self.victim.data / name).unlink(missing_ok=True)
                (self.victim.data / "ledger.db").write_bytes(content)
                self.assert_refused("ledger.db")

    def test_another_ledgers_database_is_refused(self):
        other = self.daemon(prices=samples.PRICES)
        other.stop()
        self.fresh()
        for path in self.victim.data.glob("ledger.db*"):
            path.unlink()
        for path in other.data.glob("ledger.db*"):
            shutil.copy(path, self.victim.data)
        self.assert_refused()

    def test_another_ledgers_segment_is_refused(self):
        other = self.daemon(prices=samples.PRICES, config=CONFIG)
        other.push(b"\xc0")
        other.settle(1)
        other.stop()
        path = sorted((other.data / "journal").glob("segment-*"))[0]
        shutil.copy(path, self.fresh() / path.name)
        self.assert_refused(re.escape(path.name))


if __name__ == "__main__":
    unittest.main()
