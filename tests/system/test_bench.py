#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""The bench works: every kind of row is measured, shown and kept. How fast is not asked here."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import harness

sys.path.insert(0, str(harness.ROOT / "tests/bench"))
import tables  # noqa: E402

RUN = harness.ROOT / "tests/bench/run"
SECONDS = 110
TITLES = {
    "ingest": "Ingest, millions of events a second",
    "emit": "One call, nanoseconds to its caller",
    "fold": "Decode, price and fold in memory, nanoseconds an event",
    "query": "Round trip of a query, microseconds",
    "journal": "Ingest with a journal, millions of events a second",
    "ack": "From emit to acknowledgement, milliseconds",
    "replay": "Recovery from the journal, millions of events a second",
    "cells": "A ledger's size, MiB and milliseconds",
    "producers": "A frame from each of many producers, MiB of memory",
    "windows": "Questions over 400 days of a thousand keys, milliseconds",
    "lasthour": "Questions about the last hour of a thousand keys while ingest runs flat out, 20 a second",
    "live": "Memory of live cells, bytes",
    "http": "zboard, requests a second on one core, beside the endpoints that it replaces",
    "tobus": "zboard, from a POST to its event on the bus, milliseconds",
    "streams": "zboard, streams at ten snapshots a second",
    "paint": "zboard, first paint of its page in a headless Chromium, milliseconds",
}


def bench(*arguments):
    return subprocess.run([RUN, "--build", harness.BIN.parent, *arguments], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS * harness.PATIENCE)


class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        harness.executable("../bench/bench_ingest")  # or skips

    def test_bench_shows_a_table_of_each_kind(self):
        with tempfile.TemporaryDirectory(prefix="zcost-test-") as folder:
            kept = pathlib.Path(folder) / "bench.json"
            results = pathlib.Path(folder) / "RESULTS.md"
            done = bench("--quick", "--smoke", "--repeat", "1", "--json", kept, "--results", results)
            self.assertEqual(done.returncode, 0, done.stderr)
            rows = json.loads(kept.read_text())["rows"]
            self.assertEqual(results.read_text(), done.stdout)
        for title in TITLES.values():
            _, found, rest = done.stdout.partition(f"## {title}\n\n")
            self.assertTrue(found, title)
            head, line, row = rest.partition("\n\n")[2].splitlines()[:3]
            self.assertRegex(line, r"^\|( -+ \|)+$")
            self.assertEqual(head.count("|"), row.count("|"))
        self.assertEqual({row["kind"] for row in rows}, set(TITLES))
        for row in rows:
            self.assertEqual(len(row["samples"]), 1)
            if row["kind"] == "ingest":
                self.assertGreater(row["samples"][0]["zcostd"]["rate"], 0)
            if row["kind"] == "journal":
                self.assertGreater(row["samples"][0]["disk"]["rate"], 0)
            if row["kind"] == "emit":
                for call in ("emit", "raw"):
                    self.assertGreater(row["samples"][0][call]["samples"], 0)
        self.assertRegex(done.stdout, r"(?m)^- Targets: \d+ reached, \d+ unclear, \d+ missed$")

    def test_bench_names_a_mistake_on_its_command_line(self):
        done = bench("--only", "speed")
        self.assertEqual(done.returncode, 2)
        self.assertIn("'speed' is not one of ingest, emit, fold, query, ", done.stderr)

    def test_results_are_written_in_whole_or_not_at_all(self):
        with tempfile.TemporaryDirectory(prefix="zcost-test-") as folder:
            results = pathlib.Path(folder) / "RESULTS.md"
            results.write_text("what was there\n")
            done = bench("--smoke", "--only", "fold", "--results", results)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--only would remove the other tables", done.stderr)
            self.assertEqual(results.read_text(), "what was there\n")


class Targets(unittest.TestCase):
    """What stands in the last column."""

    def test_a_target_is_held_against_the_median_and_the_noise_told(self):
        for values, sign, target, word in (([1, 2, 3], "≥", 2, "reached"), ([1, 2, 3], "≤", 2, "reached"),
                                           ([1, 2, 3], "≥", 3, "unclear"), ([1, 2, 3], "≤", 1, "unclear"),
                                           ([1, 2, 3], "≥", 4, "missed"), ([1, 2, 3], "≤", 0.5, "missed"),
                                           ([2], "≥", 3, "missed")):
            with self.subTest(values=values, sign=sign, target=target):
                self.assertEqual(tables.judge(values, sign, target), word)

    def test_a_row_names_what_it_missed(self):
        self.assertEqual(tables.verdict([]), "–")
        self.assertEqual(tables.verdict([("median", [30], "≥", 30), ("p99", [31], "≥", 30)]), "reached")
        self.assertEqual(tables.verdict([("median", [1, 2, 30], "≥", 30), ("p99", [29, 9, 28], "≥", 30)]),
                         "**missed**: p99 ≥ 30; unclear: median ≥ 30")


if __name__ == "__main__":
    unittest.main()
