# SPDX-License-Identifier: MPL-2.0
"""zreplay --keep-time: events carry the trace's own times, in its own order; what has none that the daemon
would take is refused; and what is too old for minutes is told."""
import contextlib
import csv
import datetime
import json
import sqlite3
import time
import unittest

from harness import PATIENCE, SHARED_DATA, now_ms, run
from zreplay_peer import Collector, ZreplayCase

UTC = datetime.timezone.utc
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
MODEL = ("--keep-time", "--model", "m")


def text_of(ms):
    """A time as traces write it, without a zone."""
    return datetime.datetime.fromtimestamp(ms / 1000, UTC).replace(tzinfo=None).isoformat(" ", "milliseconds")


class KeepTime(ZreplayCase):
    def kept(self, *args, stdin=b""):
        """The times and input tokens of the events of a run that must succeed, and its summary."""
        with Collector() as collector:
            done = self.replay("--endpoint", collector.endpoint, *MODEL, "--json", *args, stdin=stdin)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            events = collector.timed_events()
        return [(event["ts"], event["input_tokens"]) for event in events], json.loads(done.stdout)

    def refused(self, *args, stdin=b""):
        """What was said of a run that must play nothing."""
        with Collector() as collector:
            done = self.replay("--endpoint", collector.endpoint, *MODEL, *args, stdin=stdin)
            self.assertEqual((done.returncode, done.stdout, collector.timed_events()), (1, b"", []), done.stderr)
        self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
        return done.stderr.decode().strip()

    ROWS = (b"TIMESTAMP,ContextTokens\n2023-11-16 18:17:03.9799600,1\n2023-11-16,2\n2023-11-16T18:17:03+01:30,3\n"
            b"2000-01-01,4\n1700158623979,5\n1700158623.979,6\n2023-11-16 18:17:03Z,7\n")
    TIMES = [1700158623979, 1700092800000, 1700153223000, 946684800000, 1700158623979, 1700158623979, 1700158623000]

    def test_times_and_order_are_the_traces_own_at_any_speed(self):
        for speed in ("max", "1e9"):
            events, summary = self.kept("--speed", speed, "-", stdin=self.ROWS)
            self.assertEqual(events, list(zip(self.TIMES, range(1, 8))))
            self.assertEqual((summary["older_than_48_hours"], summary["older_than_400_days"]), (7, 7))

    def test_json_lines_keep_theirs_too(self):
        lines = "".join(json.dumps({"type": "llm_call", "input_tokens": n, "ts": ts}) + "\n"
                        for n, ts in enumerate((1700158623979, 1700158623.5, "2023-11-16", "2023-11-16 18:17:03.25")))
        events, _ = self.kept("-", stdin=lines.encode())
        self.assertEqual(events, [(1700158623979, 0), (1700158623500, 1), (1700092800000, 2), (1700158623250, 3)])

    def test_speed_still_paces(self):
        start = now_ms() - HOUR_MS
        rows = f"ts,input_tokens\n{start},1\n{start + 5000},2\n{start + 2500},3\n".encode()
        events, summary = self.kept("--speed", 10, "-", stdin=rows)
        self.assertEqual([ts for ts, _ in events], [start, start + 5000, start + 2500])
        self.assertTrue(0.495 <= summary["seconds"] < 0.495 + 0.5 * PATIENCE, summary)

    def test_without_it_times_are_those_of_the_replay(self):
        with Collector() as collector:
            done = self.replay("--endpoint", collector.endpoint, "--model", "m", "--json", "-", stdin=self.ROWS)
            self.assertEqual(len(collector.events()), 7)  # it looks at their times
        summary = json.loads(done.stdout)
        self.assertEqual((summary["older_than_48_hours"], summary["older_than_400_days"]), (None, None))

    def test_what_is_too_old_for_minutes_is_counted_by_its_age(self):
        now, minute = now_ms(), 60_000
        ages = [0, 48 * HOUR_MS - minute, 48 * HOUR_MS + minute, 400 * DAY_MS - minute, 400 * DAY_MS + minute]
        rows = "ts,input_tokens\n" + "".join(f"{now - age},1\n" for age in ages)
        _, summary = self.kept("-", stdin=rows.encode())
        self.assertEqual((summary["older_than_48_hours"], summary["older_than_400_days"]), (3, 1))

    def test_it_is_said_in_words_at_the_end(self):
        now = now_ms()
        young, old, oldest = f"{now},1\n", f"{now - 3 * DAY_MS},1\n", f"{now - 401 * DAY_MS},1\n"
        for rows, said in (
                (young, None),
                (young + old, "events older than 48 h, which zcostd does not keep by the minute: 1"),
                (young + old + oldest, "events older than 48 h, which zcostd does not keep by the minute: 2; "
                                       "older than 400 d, kept by the day only: 1")):
            with Collector() as collector:
                done = self.replay("--endpoint", collector.endpoint, *MODEL, "-",
                                   stdin=("ts,input_tokens\n" + rows).encode())
                self.assertEqual(done.returncode, 0, done.stderr)
            lines = done.stderr.decode().splitlines()
            self.assertEqual(len(lines), 1 if said is None else 2)
            if said:
                self.assertEqual(lines[1], f"zreplay: {said} (unless its retention settings are longer)")

    def test_a_trace_without_times_is_refused(self):
        self.assertEqual(self.refused(self.file("a.csv", "input_tokens\n1\n")),
                         f"zreplay: {self.dir}/a.csv:1: --keep-time needs a column ts (TIMESTAMP)")
        self.assertEqual(self.refused(self.file("typed.csv", "type,cost\nllm_call,1\n")),
                         f"zreplay: {self.dir}/typed.csv:1: --keep-time needs a column ts (TIMESTAMP)")
        said = "ts: missing, but --keep-time needs it; nothing was played"
        self.assertEqual(self.refused("-", stdin=b"ts,input_tokens\n,1\n"), f"zreplay: stdin:2: {said}")
        self.assertEqual(self.refused("-", stdin=b'{"type": "llm_call"}\n'), f"zreplay: stdin:1: {said}")

    def test_a_trace_whose_times_the_daemon_would_reject_is_refused(self):
        ahead = now_ms() + DAY_MS
        for time_text, why in (("1999-12-31 23:59:59.999", "before the year 2000"),
                               ("946684799999", "before the year 2000"), ("0", "before the year 2000"),
                               (text_of(ahead + 60_000), "more than 24 h ahead of now"),
                               ("2199-01-01", "more than 24 h ahead of now")):
            with self.subTest(time_text):
                # Speed: nobody waits for a row that is a century ahead.
                said = self.refused("--speed", "real", "-", stdin=f"ts,input_tokens\n{time_text},1\n".encode())
                self.assertEqual(said, f"zreplay: stdin:2: ts: {why}; nothing was played")
        events, _ = self.kept("-", stdin=f"ts,input_tokens\n{text_of(ahead - 60_000)},1\n".encode())
        self.assertEqual(events, [(ahead - 60_000, 1)])

    def test_once_it_plays_such_a_row_is_one_bad_row(self):
        rows = b"ts,input_tokens\n2023-11-16,1\n,2\n1999-01-01,3\n2199-01-01,4\n2023-11-17,5\n"
        with Collector() as collector:
            done = self.replay("--endpoint", collector.endpoint, *MODEL, "--speed", 1e9, "--json", "-", stdin=rows)
            self.assertEqual([event["input_tokens"] for event in collector.timed_events()], [1, 5])
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.decode().splitlines(), [
            "zreplay: stdin:3: ts: missing, but --keep-time needs it",
            "zreplay: stdin:4: ts: before the year 2000",
            "zreplay: stdin:5: ts: more than 24 h ahead of now"])
        self.assertEqual(json.loads(done.stdout)["bad_rows"], 3)

    def test_the_demo_has_no_times_to_keep(self):
        done = self.replay("--demo", "--keep-time")
        self.assertEqual((done.returncode, done.stderr),
                         (2, b"zreplay: --demo takes no --keep-time; see zreplay --help\n"))


class Daemon(ZreplayCase):
    """What it keeps is what the real daemon takes."""
    timeout = 60

    def play(self, daemon, *args):
        done = run("zreplay", "--endpoint", daemon.endpoint("ingest"), "--publish", daemon.endpoint("publish"),
                   "--keep-time", "--json", *args, timeout=30)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def test_the_edges_are_the_daemons_edges(self):
        daemon = self.daemon()
        now = now_ms()
        trace = self.file("a.csv", f"ts,input_tokens\n2000-01-01,1\n{now - DAY_MS},1\n{now + DAY_MS - 20_000},1\n")
        self.assertEqual(self.play(daemon, "--model", "gpt-4o", trace)["events"], 3)
        events = daemon.settle(3)["events"]
        self.assertEqual((events["accepted"], events["rejected"]), (3, 0))

    def test_azure_trace_is_kept_by_its_own_minutes(self):
        trace = SHARED_DATA / "azure_code.csv"
        if not trace.exists():
            self.skipTest(f"{trace} is not there")
        with open(trace, newline="") as lines:
            starts = [datetime.datetime.fromisoformat(row["TIMESTAMP"][:26]).replace(tzinfo=UTC)
                      for row in csv.DictReader(lines)]
        expected = {}
        for start in starts:
            minute = int(start.timestamp()) // 60 * 60
            expected[minute] = expected.get(minute, 0) + 1
        daemon = self.daemon(config="retention\n    minutes = 3650d\n    quarters = 3650d\n"
                                    "store\n    checkpoint_seconds = 0.1\n")
        summary = self.play(daemon, "--tiers", "1000,4000", trace)
        self.assertEqual((summary["events"], summary["acknowledged"], summary["older_than_48_hours"]),
                         (len(starts), len(starts), len(starts)))
        daemon.settle(len(starts))
        self.assertEqual(self.minutes(daemon, sum(expected.values())), expected)

    def minutes(self, daemon, events):
        """{start of the minute: events}, from the store, once it has them all."""
        deadline = time.monotonic() + 20 * PATIENCE
        while True:
            with contextlib.closing(sqlite3.connect(f"file:{daemon.data}/ledger.db?mode=ro", uri=True)) as ledger:
                found = dict(ledger.execute("SELECT start, sum(events) FROM minutes GROUP BY start"))
            if sum(found.values()) >= events or time.monotonic() > deadline:
                return found
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
