# SPDX-License-Identifier: MPL-2.0
"""The data directory under attack: hostile stamps, price files that are swapped under signals, a lock that
somebody removed, limits of the system, names that cannot be. Nothing shown is ever taken back, and whatever
ends the daemon is told in a line that names what to look at."""
import json
import os
import pathlib
import resource
import signal
import tempfile
import time
import unittest

import zmq

import wire
from durable import BAD, GOOD, NEVER, OFTEN, Kept
from harness import Daemon, TestCase, run, seeded
from reliable import check_ack, stamped

U64_MAX = (1 << 64) - 1
U32_MAX = (1 << 32) - 1
SMALL_SEGMENTS = """
ingest
    max_frame_bytes = 524288
journal
    segment_bytes = 1048576
"""
FEW = """
producers
    max = {producers}
    max_expired = {expired}
"""


class Hostile:
    """Stamped frames, of which most break a rule of the contract. saturating: some declare so much that the
    counters stop at their highest."""

    def __init__(self, rng, saturating):
        self._rng = rng
        self.ids = [rng.randbytes(16) for _ in range(30)]
        self._next = dict.fromkeys(self.ids, 1)
        self._epoch = dict.fromkeys(self.ids, 1)
        self._far = (0, 1, 1 << 32, 1 << 63, U64_MAX - 3, U64_MAX) if saturating else (0, 1, 500, 100_000)
        self._dropped = (0, 0, 0, 7, U64_MAX) if saturating else (0, 0, 0, 7, 300)

    def _events(self):
        rng = self._rng
        llm_call = wire.pack({"type": "llm_call", "model": f"gpt-4o{rng.choice(('', '-mini', '-nobody'))}",
                              "input_tokens": rng.randrange(10 ** 6), "service": f"s{rng.randrange(20)}"})
        choices = (GOOD, GOOD, BAD, llm_call, wire.array([GOOD] * rng.randrange(8)))
        events = [rng.choice(choices) for _ in range(rng.randrange(6))]
        return events + ([GOOD[:-1]] if rng.random() < 0.05 else [])

    def frame(self):
        rng, id = self._rng, self._rng.choice(self.ids)
        events, luck = self._events(), self._rng.random()
        seq = self._next[id]
        if luck < 0.6:
            self._next[id] += len(events) + rng.choice((0, 0, 0, 0, 1, 50))
        elif luck < 0.8:
            seq = max(1, seq - rng.randrange(60))
        elif luck < 0.9:
            seq = rng.choice(self._far)
        elif luck < 0.95:
            self._epoch[id] = min(self._epoch[id] + rng.choice((1, 5)), U32_MAX)
            seq = self._next[id] = 1
        elif luck < 0.97:
            return b"".join(events)
        return stamped(id, self._epoch[id], seq, events, rng.choice(self._dropped))


class Stamps(Kept):
    timeout = 60

    def state(self, zcostd, ids):
        """All that can be asked for, but for whom it was told by."""
        health, report = zcostd.health(), zcostd.report()
        services = [zcostd.ask("report", service=f"s{n}")["llm_calls"] for n in range(20)]
        acks = [check_ack(zcostd.ask("ack", producer=id.hex()))[:2] for id in ids]
        return (health["events"], health["rejected"], health["unpriced"], report["query_router"],
                report["llm_calls"], services, acks)

    def rested(self, zcostd, ids):
        """The state, when it no longer changes."""
        before = None
        while before != (state := self.state(zcostd, ids)):
            before = state
            time.sleep(0.1)
        return state

    def test_a_replay_is_what_was_shown_whatever_stamps_say(self):
        for saturating in (False, True):
            with self.subTest(saturating=saturating):
                rng = seeded(11)
                hostile = Hostile(rng, saturating)
                zcostd = self.daemon(config=NEVER + FEW.format(producers=20, expired=5))
                for seconds in (NEVER, OFTEN, NEVER, OFTEN, NEVER):
                    line = zcostd.socket(zmq.PUSH, "ingest")
                    for _ in range(400):
                        line.send(hostile.frame())
                    shown = self.rested(zcostd, hostile.ids)
                    self.assertGreater(shown[0]["accepted"], 0)
                    zcostd.crash()
                    zcostd.config_path.write_text(seconds + FEW.format(producers=rng.choice((5, 20)), expired=5))
                    zcostd.start()
                    self.assertEqual(self.state(zcostd, hostile.ids), shown)

    def test_counters_that_strangers_fill_stop_and_stay(self):
        zcostd = self.daemon(config=NEVER)
        rng = seeded(3)
        first, second = rng.randbytes(16), rng.randbytes(16)
        zcostd.push(stamped(first, 1, 1, [GOOD], U64_MAX), stamped(second, 1, 1, [GOOD], U64_MAX),
                    stamped(first, 1, U64_MAX - 3, [GOOD], U64_MAX), stamped(first, 2, 1, [GOOD]))
        events = zcostd.settle(4)["events"]
        self.assertEqual(events, {"accepted": 4, "rejected": 0, "duplicate": 0, "lost": (1 << 63) - 1,
                                  "dropped": (1 << 63) - 1})
        zcostd.restart()
        self.assertEqual(zcostd.health()["events"], events)
        self.assertEqual(self.total(zcostd), (4, "4.000000000"))


class Prices(Kept):
    def test_files_swapped_under_a_storm_of_hangups(self):
        """Whatever stands there when it is read; the past stays as it was priced."""
        def table(dollars):
            return json.dumps({name: {"input_cost_per_token": dollars, "output_cost_per_token": dollars}
                               for name in ("gpt-4o", "m")})
        rng = seeded(2)
        texts = [table(1e-6), table(2e-6), "", "{", "[]", "null", table(-1), '{"a":' * 1_000, table(3e-6)[:30]]
        zcostd = self.daemon(config=NEVER, prices=table(1e-6))
        call = wire.pack({"type": "llm_call", "model": "m", "input_tokens": 1_000_000})
        sent = 0
        for _ in range(60):
            fresh = zcostd.dir / "fresh"
            fresh.write_text(rng.choice(texts))
            os.replace(fresh, zcostd.prices_path)
            for _ in range(rng.randrange(20)):
                zcostd.send_signal(signal.SIGHUP)
            zcostd.push(call * 10)
            sent += 10
        zcostd.settle(sent)
        shown = zcostd.report()["llm_calls"]
        self.assertEqual((shown["total_calls"], shown["unpriced_calls"]), (sent, 0))
        self.assertTrue(sent <= float(shown["total_cost_usd"]) <= 2 * sent, shown)
        zcostd.crash()
        zcostd.prices_path.write_text(table(1e-6))
        zcostd.start()
        self.assertEqual(zcostd.report()["llm_calls"], shown)


class TheLock(Kept):
    def test_removed_as_stale_it_still_lets_nobody_in(self):
        zcostd = self.daemon(config=NEVER)
        self.durable(zcostd, GOOD)
        os.unlink(zcostd.data / "lock")
        second = Daemon(data=str(zcostd.data))
        self.addCleanup(second.kill)
        second.start(ready=False)
        self.assertFalse(second.is_ready())
        self.assertIn("in use by another process", second.log_text())
        self.durable(zcostd, *[GOOD] * 10)
        zcostd.restart()
        self.assertEqual(self.total(zcostd), (11, "11.000000000"))


class Pipes(Kept):
    def test_nothing_waits_for_what_is_no_file(self):
        """A pipe where a file should be is opened once somebody writes to it: neither --check nor a start
        stands there until then."""
        for name in ("lock", "ledger.db", "ledger.db-wal", "journal/synced", "journal/segment-0000000001"):
            with self.subTest(name=name):
                zcostd = self.daemon(config=NEVER)
                self.durable(zcostd, GOOD)
                zcostd.crash()
                (zcostd.data / name).unlink(missing_ok=True)
                os.mkfifo(zcostd.data / name)
                done = run("zcostd", "--check", zcostd.data)
                self.assertEqual(done.returncode, 0 if name == "lock" else 1, done.stdout + done.stderr)
                zcostd.start(ready=False)
                self.assertFalse(zcostd.is_ready())
                self.assertEqual(zcostd.wait_exit(), 1)


class Limits(Kept):
    def test_the_largest_size_of_a_file_ends_it_with_a_word(self):
        """Not by a signal; and what it had acknowledged is there."""
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, limit)
        zcostd = Daemon(config=NEVER + SMALL_SEGMENTS)
        self.addCleanup(zcostd.kill)
        resource.setrlimit(resource.RLIMIT_FSIZE, (512 << 10, limit[1]))
        zcostd.start(ready=False)
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        self.assertFalse(zcostd.is_ready())
        self.assertEqual(zcostd.wait_exit(), 1)
        line = zcostd.wait_log("journal_failed")
        self.assertIn("File too large", line["reason"])
        self.assertEqual(line["directory"], str(zcostd.data / "journal"))
        zcostd.restart()
        self.durable(zcostd, GOOD)
        self.assertEqual(self.total(zcostd), (1, "1.000000000"))


class Names(TestCase):
    def refusal(self, directory=None, env=None):
        """How a start that must not come to be ends: its code and all that it says."""
        daemon = Daemon(data=str(directory) if directory else "", env=env)
        self.addCleanup(daemon.kill)
        daemon.start(ready=False)
        self.assertFalse(daemon.is_ready())
        return daemon.wait_exit(), daemon.log_text()

    def setUp(self):
        super().setUp()
        self.dir = self.enterContext(tempfile.TemporaryDirectory())

    def named(self, size):
        """A directory whose name has so many bytes."""
        path = self.dir
        while size - len(path) > 200:
            path += "/" + "d" * 100
        return path + "/" + "d" * (size - len(path) - 1)

    def test_a_name_that_sqlite_cannot_take(self):
        for size in (505, 1_000, 4_000, 4_080):
            with self.subTest(size=size):
                code, log = self.refusal(self.named(size))
                self.assertEqual(code, 1)
                self.assertIn("name is too long", log)

    def test_a_line_that_is_full_has_its_reason(self):
        code, log = self.refusal(self.named(4_094))
        self.assertEqual(code, 1)
        self.assertIn("File name too long", log)

    def test_a_default_that_no_option_could_say(self):
        for name in ('quote"', "line\nlevel=error", b"\xff"):
            with self.subTest(name=name):
                home = os.fsencode(self.dir) + b"/" + (name if isinstance(name, bytes) else name.encode())
                code, log = self.refusal(env={"STATE_DIRECTORY": None, "XDG_STATE_HOME": os.fsdecode(home)})
                self.assertEqual(code, 2)
                self.assertIn("state directory", log)
                self.assertEqual(os.listdir(self.dir), [])

    def test_a_ledger_beside_another_ones_journal(self):
        """Somebody removed ledger.db: the line says where, and of what."""
        zcostd = self.daemon()
        zcostd.stop()
        os.unlink(zcostd.data / "ledger.db")
        zcostd.start(ready=False)
        self.assertFalse(zcostd.is_ready())
        self.assertEqual(zcostd.wait_exit(), 1)
        line = zcostd.wait_log(level="error")
        self.assertIn("another ledger than the store", line["reason"])
        self.assertEqual(line["directory"], str(zcostd.data / "journal"))


class Replays(TestCase):
    def test_a_spool_that_cannot_be_is_named_as_such(self):
        with tempfile.TemporaryDirectory() as dir:
            done = run("zreplay", "--demo", "--count", 1, "--publish", "tcp://127.0.0.1:1", "--endpoint",
                       "tcp://127.0.0.1:1", "--spool", pathlib.Path(dir) / "absent")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--spool", done.stderr)
        self.assertIn("No such file or directory", done.stderr)


if __name__ == "__main__":
    unittest.main()
