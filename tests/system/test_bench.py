#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""The bench works: every kind of row is measured, shown and kept. How fast is not asked here."""
import json
import pathlib
import subprocess
import tempfile
import unittest

import harness

RUN = harness.ROOT / "tests/bench/run"
SECONDS = 60
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
            done = bench("--quick", "--smoke", "--repeat", "1", "--json", kept)
            self.assertEqual(done.returncode, 0, done.stderr)
            rows = json.loads(kept.read_text())["rows"]
        for title in TITLES.values():
            _, found, rest = done.stdout.partition(f"### {title}\n\n")
            self.assertTrue(found, title)
            head, line, row = rest.splitlines()[:3]
            self.assertRegex(line, r"^\|( -+ \|)+$")
            self.assertEqual(head.count("|"), row.count("|"))
        self.assertEqual({row["kind"] for row in rows}, set(TITLES))
        for row in rows:
            self.assertEqual(len(row["samples"]), 1)
            if row["kind"] == "ingest":
                self.assertGreater(row["samples"][0]["zcostd"]["rate"], 0)
            if row["kind"] == "journal":
                self.assertGreater(row["samples"][0]["disk"]["rate"], 0)
        self.assertIn("Targets missed: ", done.stdout)

    def test_bench_names_a_mistake_on_its_command_line(self):
        done = bench("--only", "speed")
        self.assertEqual(done.returncode, 2)
        self.assertIn("'speed' is none of ingest, emit, fold, query, ", done.stderr)


if __name__ == "__main__":
    unittest.main()
