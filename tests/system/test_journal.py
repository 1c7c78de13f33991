# SPDX-License-Identifier: MPL-2.0
"""What is kept in the data directory: how a start recovers it and tells so, who may have it, what
--check says, and what becomes of the journal's segments."""
import os
import pathlib
import subprocess
import tempfile
import time
import unittest
import uuid

import wire
from azure_oracle import AzureOracle
from disk import digest, records_end
from durable import GOOD, NEVER, OFTEN, Kept
from faults import preload
from harness import ANY_PORT, PATIENCE, SHARED_DATA, Daemon, executable, fixed_endpoints, run, seeded
from reliable import stamped

PORTS = [word for role in ("--ingest", "--publish", "--query") for word in (role, ANY_PORT)]
SMALL_SEGMENTS = """
ingest
    max_frame_bytes = 524288
journal
    segment_bytes = 1048576
    keep = {keep}
store
    checkpoint_seconds = {checkpoint}
"""


class Recovery(Kept):
    def test_a_fresh_directory_is_made_for_its_owner_only(self):
        zcostd = self.daemon()
        self.assertEqual(zcostd.data.stat().st_mode & 0o777, 0o700)
        line = zcostd.wait_log("recovered")
        self.assertEqual((line["accepted"], line["records"]), ("0", "0"))

    def test_a_start_tells_what_it_recovered(self):
        zcostd = self.daemon(config=NEVER)
        self.durable(zcostd, *[GOOD] * 20)
        zcostd.restart()
        line = zcostd.wait_log("recovered")
        self.assertEqual(line["accepted"], "20")
        self.assertGreaterEqual(int(line["records"]), 20)
        self.assertNotIn("journal_torn", zcostd.log_text())
        self.assertEqual(self.total(zcostd), (20, "20.000000000"))

    def test_after_a_clean_end_nothing_is_replayed(self):
        zcostd = self.daemon(config=NEVER)
        self.durable(zcostd, *[GOOD] * 20)
        zcostd.stop()
        zcostd.start()
        line = zcostd.wait_log("recovered")
        self.assertEqual((line["accepted"], line["records"]), ("20", "0"))
        self.assertEqual(self.total(zcostd), (20, "20.000000000"))

    def test_without_a_change_a_start_is_a_start(self):
        zcostd = self.daemon()
        zcostd.push(GOOD)
        zcostd.settle(1)
        for end in (zcostd.stop, zcostd.crash) * 5:
            end()
            zcostd.start()
            self.assertEqual(self.total(zcostd), (1, "1.000000000"))

    def test_the_ledgers_beginning_stays(self):
        zcostd = self.daemon()
        since = zcostd.report()["zcost"]["since"]
        time.sleep(0.05)
        zcostd.restart()
        self.assertEqual(zcostd.report()["zcost"]["since"], since)

    def last_segment(self, zcostd):
        """The one that was written to last, and the end of what was written."""
        path = max(path for path in (zcostd.data / "journal").glob("segment-*") if path.read_bytes().strip(b"\0"))
        return path, records_end(path.read_bytes())

    def test_a_torn_tail_is_cut_and_reported_once(self):
        zcostd = self.daemon(config=NEVER)
        self.durable(zcostd, *[GOOD] * 5)
        zcostd.crash()
        segment, end = self.last_segment(zcostd)
        with open(segment, "r+b") as file:  # as if a write had been cut short
            file.seek(end)
            file.write(b"\x55" * 100)
        zcostd.start()
        line = zcostd.wait_log("journal_torn")
        self.assertEqual(line["level"], "warn")
        self.assertIn(str(int(line["segment"])), segment.name)
        self.assertAlmostEqual(int(line["offset"]), end, delta=16)
        self.assertAlmostEqual(int(line["bytes"]), 100, delta=16)
        self.assertEqual(self.total(zcostd), (5, "5.000000000"))
        self.durable(zcostd, GOOD)
        zcostd.restart()
        self.assertNotIn("journal_torn", zcostd.log_text())
        self.assertEqual(self.total(zcostd), (6, "6.000000000"))

    def test_damage_names_segment_and_offset(self):
        zcostd = self.daemon(config=NEVER)
        self.durable(zcostd, *[GOOD] * 50)
        zcostd.crash()
        segment, end = self.last_segment(zcostd)
        data = bytearray(segment.read_bytes())
        data[end // 2] ^= 4
        segment.write_bytes(data)
        zcostd.start(ready=False)
        line = zcostd.wait_log("journal_damaged")
        self.assertEqual(line["level"], "error")
        self.assertIn(segment.name, line["reason"])
        self.assertRegex(line["reason"], r"(at|offset) \d+")
        self.assertEqual(zcostd.wait_exit(), 1)

    def test_rejects_and_oversized_frames_are_replayed_as_such(self):
        zcostd = self.daemon(config=SMALL_SEGMENTS.format(keep="0s", checkpoint=86400))
        zcostd.push(GOOD, b"\xc1", wire.pack({"type": "nope"}), b"\xc0" * 600_000, GOOD)
        before = zcostd.settle(5)
        zcostd.restart()
        after = zcostd.health()
        self.assertEqual((after["events"], after["rejected"]), (before["events"], before["rejected"]))
        self.assertEqual(after["rejected"]["too_large"], 1)

    def test_a_last_word_at_sigterm_is_kept(self):
        zcostd = self.daemon(config=NEVER)
        zcostd.push(*[GOOD] * 5_000)
        zcostd.stop()
        zcostd.start()
        self.assertEqual(self.total(zcostd), (5_000, "5000.000000000"))


class Check(Kept):
    def check(self, path, code):
        done = run("zcostd", "--check", path)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_sound(self):
        zcostd = self.daemon(config=NEVER)
        self.durable(zcostd, *[GOOD] * 10)
        for end in (zcostd.crash, zcostd.stop):
            end()
            before = digest(zcostd.data)
            self.assertIn("sound", self.check(zcostd.data, 0).stdout)
            self.assertEqual(digest(zcostd.data), before)
            zcostd.start()
        self.assertEqual(self.total(zcostd), (10, "10.000000000"))

    def test_absent_and_not_made(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.check(f"{folder}/absent", 1)
            self.assertIn("absent", done.stdout + done.stderr)
            self.assertEqual(os.listdir(folder), [])

    def test_a_directory_of_something_else(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "file").write_text("x")
            self.check(folder, 1)
            self.assertEqual(os.listdir(folder), ["file"])
            self.check(f"{folder}/file", 1)

    def test_in_use(self):
        zcostd = self.daemon()
        done = self.check(zcostd.data, 1)
        self.assertIn(str(zcostd.process.pid), done.stdout + done.stderr)
        zcostd.push(GOOD)
        zcostd.settle(1)


class OneDaemon(Kept):
    def refused(self, first):
        second = run("zcostd", "--data", first.data, *PORTS)
        self.assertEqual(second.returncode, 1, second.stderr)
        errors = [line for line in second.stderr.splitlines() if "level=error" in line]
        self.assertEqual(len(errors), 1, second.stderr)
        self.assertIn(str(first.data), errors[0])
        self.assertIn(str(first.process.pid), errors[0])
        self.assertNotIn("event=ready", second.stderr)

    def test_a_second_one_is_refused(self):
        first = self.daemon()
        self.durable(first, GOOD)
        self.refused(first)
        self.durable(first, GOOD)
        first.restart()
        self.assertEqual(self.total(first), (2, "2.000000000"))
        self.refused(first)

    def test_a_directory_that_cannot_be(self):
        with tempfile.NamedTemporaryFile() as file:
            for path in (file.name, file.name + "/below", "/proc/zcost"):
                with self.subTest(path=path):
                    done = run("zcostd", "--data", path, *PORTS)
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertIn(path, done.stderr)

    def test_parents_are_made(self):
        with tempfile.TemporaryDirectory() as folder:
            zcostd = self.daemon(data=f"{folder}/a/b/c")
            zcostd.stop()
            self.assertTrue((pathlib.Path(folder) / "a/b/c/ledger.db").exists())


class DefaultDirectory(Kept):
    def kept_in(self, below, **env):
        names = dict.fromkeys(("STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"))
        with tempfile.TemporaryDirectory() as folder:
            env = {name: value.replace("{dir}", folder) for name, value in env.items()}
            zcostd = self.daemon(data="", env={**names, **env})
            zcostd.push(GOOD)
            zcostd.settle(1)
            zcostd.stop()
            self.assertTrue(pathlib.Path(folder, below, "ledger.db").exists(), list(pathlib.Path(folder).rglob("*")))

    def test_systemds(self):
        self.kept_in("unit", STATE_DIRECTORY="{dir}/unit", XDG_STATE_HOME="{dir}/x", HOME="{dir}/h")
        self.kept_in("one", STATE_DIRECTORY="{dir}/one:{dir}/two")

    def test_the_users(self):
        self.kept_in("x/zcost", XDG_STATE_HOME="{dir}/x", HOME="{dir}/h")
        self.kept_in("h/.local/state/zcost", HOME="{dir}/h")
        self.kept_in("h/.local/state/zcost", XDG_STATE_HOME="relative", HOME="{dir}/h")

    def test_none_is_one_line(self):
        env = {name: value for name, value in os.environ.items()
               if name not in ("STATE_DIRECTORY", "XDG_STATE_HOME", "HOME")}
        done = run("zcostd", *PORTS, env=env)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("--data", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)


class Segments(Kept):
    def fill(self, zcostd, megabytes):
        for _ in range(megabytes):
            padded = wire.pack({"type": "query_router", "cost": 1, "": seeded(2).randbytes(100_000)})
            self.durable(zcostd, *[padded] * 11)

    def segments(self, zcostd):
        return sorted(path.name for path in (zcostd.data / "journal").glob("segment-*"))

    def test_what_is_checkpointed_goes(self):
        zcostd = self.daemon(config=SMALL_SEGMENTS.format(keep="0s", checkpoint=0.05))
        self.fill(zcostd, 8)
        deadline = time.monotonic() + 10 * PATIENCE
        while len(self.segments(zcostd)) > 4 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertLessEqual(len(self.segments(zcostd)), 4)
        zcostd.restart()
        self.assertEqual(self.total(zcostd), (88, "88.000000000"))

    def test_a_flood_does_not_wait_for_the_next_checkpoint(self):
        zcostd = self.daemon(config=SMALL_SEGMENTS.format(keep="0s", checkpoint=86400))
        self.fill(zcostd, 20)
        size = sum(path.stat().st_size for path in (zcostd.data / "journal").iterdir())
        self.assertLess(size, 12 << 20)
        zcostd.restart()
        self.assertEqual(self.total(zcostd), (220, "220.000000000"))

    def test_what_is_to_be_kept_stays_and_can_be_checked(self):
        zcostd = self.daemon(config=SMALL_SEGMENTS.format(keep="forever", checkpoint=0.05))
        self.fill(zcostd, 5)
        for _ in range(2):
            zcostd.restart()
            self.assertGreaterEqual(len(self.segments(zcostd)), 5)
            self.assertEqual(self.total(zcostd), (55, "55.000000000"))
        zcostd.stop()
        done = run("zcostd", "--check", zcostd.data)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_size_of_segments_may_change_between_two_runs(self):
        zcostd = self.daemon(config=SMALL_SEGMENTS.format(keep="forever", checkpoint=86400))
        self.fill(zcostd, 3)
        zcostd.crash()
        text = SMALL_SEGMENTS.format(keep="forever", checkpoint=86400).replace("1048576", "3000000")
        zcostd.config_path.write_text(text)
        zcostd.start()
        self.fill(zcostd, 4)
        zcostd.crash()
        zcostd.config_path.write_text(SMALL_SEGMENTS.format(keep="forever", checkpoint=86400))
        zcostd.start()
        self.fill(zcostd, 1)
        zcostd.restart()
        self.assertEqual(self.total(zcostd), (88, "88.000000000"))


class StalledDisk(Kept):
    def test_a_sync_that_takes_long_holds_up_acknowledgements_only(self):
        zcostd = Daemon()
        self.addCleanup(zcostd.kill)
        zcostd.data.mkdir()
        stall = zcostd.dir / "stall"
        zcostd.env = preload(zcostd.data, stall=stall)
        producer = uuid.uuid4().bytes

        def acked():
            return zcostd.ask("ack", producer=producer.hex())["seq"]

        with zcostd:
            zcostd.push(stamped(producer, 1, 1, [GOOD]))
            self.wait(lambda: acked() == 2)
            stall.touch()
            zcostd.push(*[stamped(producer, 1, n, [GOOD]) for n in range(2, 5_001)])
            zcostd.settle(5_000)
            self.assertEqual(self.total(zcostd), (5_000, "5000.000000000"))
            time.sleep(0.3)
            self.assertEqual(acked(), 2)
            stall.unlink()
            self.wait(lambda: acked() == 5_001)

    def wait(self, holds):
        deadline = time.monotonic() + 10 * PATIENCE
        while not holds():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)


class Azure(Kept):
    timeout = 100
    kills = 20

    def test_a_trace_survives_twenty_kills_to_the_nano_dollar(self):
        trace, prices = SHARED_DATA / "azure_code.csv", SHARED_DATA / "prices.json"
        if not trace.exists() or not prices.exists():
            self.skipTest(f"{SHARED_DATA}/azure_code.csv and prices.json are not there")
        zcostd = self.daemon(bind=fixed_endpoints(), prices=prices.read_bytes(), config=OFTEN)
        replay = subprocess.Popen(
            [executable("zreplay"), "--endpoint", zcostd.endpoint("ingest"), "--publish", zcostd.endpoint("publish"),
             "--tiers", "1000,4000", "--speed", str(400 / PATIENCE), "--json", "--quiet", str(trace)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(replay.kill)
        rng = seeded(1)
        killed = 0
        while killed < self.kills and replay.poll() is None:
            time.sleep(rng.uniform(0, 0.3) * PATIENCE)
            zcostd.restart()
            killed += 1
        out, err = replay.communicate(timeout=60 * PATIENCE)
        self.assertEqual(replay.returncode, 0, err)
        self.assertEqual(killed, self.kills, "it was over before it was killed so often")
        with open(trace, newline="") as lines:
            oracle = AzureOracle(lines, prices.read_text(), (1000, 4000),
                                 {"simple": "gpt-4o-mini", "medium": "gpt-4.1-mini", "complex": "gpt-4o"})
        oracle.check(self, zcostd.report())
        events = zcostd.report()["zcost"]["events"]
        self.assertEqual((events["rejected"], events["lost"], events["dropped"]), (0, 0, 0))


if __name__ == "__main__":
    unittest.main()
