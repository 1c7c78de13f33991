# SPDX-License-Identifier: MPL-2.0
"""zreport export: every cell once, however long the time and however large the answers."""
import csv
import datetime
import io
import json
import subprocess
import time
import unittest

from harness import PATIENCE, TestCase, executable, seeded
from zreport_peer import COUNTED, DIMENSIONS, Ledger, exact, zreport

NOW = int(time.time())
DAY = 86400
SINCE = NOW - NOW % DAY - 10 * DAY


def cells(count, models=20, seed=3):
    chance = seeded(seed)
    return [{"ts": chance.randrange(SINCE, NOW), "model": f"m{chance.randrange(models)}", "events": 1,
             "service": chance.choice(["search", ""]), "type": "llm_call",
             "cost_nanousd": int(chance.lognormvariate(13, 3)), "input_tokens": chance.randrange(1000)}
            for _ in range(count)]


class Export(TestCase):
    timeout = 60

    def ask(self, peer, *args):
        done = zreport("export", *args, "--endpoint", peer.endpoint)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def rows(self, peer, *args):
        return list(csv.DictReader(io.StringIO(self.ask(peer, *args), newline="")))

    def assert_all_once(self, rows, all_cells):
        """Each cell of each step is a row of its own, and they add up to what there is."""
        for name in COUNTED:
            self.assertEqual(sum(int(row[name]) for row in rows), sum(cell.get(name, 0) for cell in all_cells), name)
        keys = [(row["time"], *(row.get(name) for name in DIMENSIONS)) for row in rows]
        self.assertEqual(len(set(keys)), len(keys))
        self.assertEqual([row["time"] for row in rows], sorted(row["time"] for row in rows))

    def test_csv(self):
        all_cells = cells(3000)
        with Ledger(all_cells, now=NOW) as peer:
            rows = self.rows(peer, "--last", "11d")
        self.assert_all_once(rows, all_cells)
        self.assertEqual(list(rows[0])[:7], ["time", "step_seconds", *DIMENSIONS])
        for row in rows:
            start = datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00")).timestamp()
            own = [cell for cell in all_cells if start <= cell["ts"] < start + int(row["step_seconds"])
                   and all(cell.get(name, "") == row[name] for name in DIMENSIONS)]
            self.assertEqual(row["cost_usd"], exact(sum(cell["cost_nanousd"] for cell in own)))
            self.assertEqual(row["latency_ms_p95"], "")

    def test_json_lines(self):
        all_cells = cells(500)
        with Ledger(all_cells, now=NOW) as peer:
            lines = self.ask(peer, "--last", "11d", "--step", "1d", "--by", "model", "--format", "jsonl")
            self.assertEqual(self.ask(peer, "--last", "11d", "--step", "1d", "--by", "model", "--json"), lines)
        rows = [json.loads(line) for line in lines.splitlines()]
        self.assert_all_once(rows, all_cells)
        self.assertEqual(list(rows[0])[:4], ["time", "step_seconds", "model", "events"])
        self.assertIsNone(rows[0]["latency_ms_p50"])

    def test_configured_tags_are_exported_unless_groups_are_named(self):
        tagged = [{"ts": NOW - 60, "team": team, "cost_nanousd": 1} for team in ("core", "a,b\0c", "")]
        with Ledger(tagged, now=NOW, tags=("team", "größe")) as peer:
            rows = self.rows(peer)
            self.assertEqual(list(rows[0])[2:9], [*DIMENSIONS, "team", "größe"])
            self.assertEqual(sorted(row["team"] for row in rows), ["", "a,b\0c", "core"])
            self.assertEqual(list(self.rows(peer, "--by", "model")[0])[2:4], ["model", "events"])

    def test_it_asks_for_less_where_an_answer_is_too_large(self):
        all_cells = cells(3000)
        for limits in ({"points_max": 40}, {"rows_max": 25}):
            with self.subTest(limits), Ledger(all_cells, now=NOW, **limits) as peer:
                self.assert_all_once(self.rows(peer, "--last", "11d"), all_cells)

    def test_it_asks_for_more_where_there_is_little(self):
        with Ledger([], now=NOW) as peer:
            self.assertEqual(len(self.ask(peer, "--since", "@0", "--step", "1m").splitlines()), 1)
            self.assertLess(len(peer.questions), 101)

    def test_nothing_is_left_out_in_silence(self):
        crowd = [{"ts": NOW - DAY, "model": f"m{i}"} for i in range(30)]
        with Ledger(crowd, now=NOW, rows_max=25) as peer:
            done = zreport("export", "--last", "2d", "--endpoint", peer.endpoint)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Azreport: more groups in one step than an answer can hold: [^\n]*\n\Z")

    def test_what_is_only_kept_by_days_comes_once_too(self):
        all_cells = cells(2000)
        with Ledger(all_cells, now=NOW, days_before=NOW - NOW % DAY - 3 * DAY) as peer:
            rows = self.rows(peer, "--since", f"@{SINCE}", "--step", "1m")
        self.assert_all_once(rows, all_cells)
        self.assertEqual({row["step_seconds"] for row in rows}, {"60", "86400"})

    def test_retention_that_passes_by_meanwhile_is_an_error(self):
        all_cells = cells(3000)

        class Ageing(Ledger):
            def series(self, question):
                if len(self.questions) == 3:
                    self.days_before = NOW
                return super().series(question)
        with Ageing(all_cells, now=NOW, points_max=200) as peer:
            done = zreport("export", "--since", f"@{SINCE}", "--step", "1m", "--endpoint", peer.endpoint)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Azreport: finer buckets expired during the export[^\n]*\n\Z")

    def test_names_are_quoted_and_no_formulas(self):
        names = ["a,b", 'say "hi"', "two\nlines", "=cmd()", "+1", "-1", "@x", "plain", "日本"]
        with Ledger([{"ts": NOW - 60, "model": name, "cost_nanousd": i} for i, name in enumerate(names)],
                    now=NOW) as peer:
            rows = self.rows(peer, "--by", "model")
        self.assertEqual(sorted(row["model"] for row in rows),
                         sorted("'" + name if name[0] in "=+-@" else name for name in names))

    def test_a_full_disk_ends_it(self):
        with Ledger(cells(3000), now=NOW) as peer, open("/dev/full", "w") as full:
            done = subprocess.run([executable("zreport"), "export", "--last", "11d", "--endpoint", peer.endpoint],
                                  stdout=full, stderr=subprocess.PIPE, text=True, timeout=20 * PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Azreport: cannot write: [^\n]+\n\Z")

    def test_a_refusal_is_told(self):
        class Refusing(Ledger):
            def series(self, question):
                raise OverflowError
        with Refusing([], now=NOW) as peer:
            done = zreport("export", "--endpoint", peer.endpoint)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, "zreport: refused: too many points (too_large)\n")


class Real(TestCase):
    """Against the daemon itself: the same events by every way of asking."""
    timeout = 60

    def test_all_ways_tell_the_same(self):
        chance = seeded(7)
        now_ms = time.time_ns() // 10**6
        events = [{"type": "llm_call", "model": f"m{chance.randrange(5)}", "service": chance.choice(["a", "b"]),
                   "cost": chance.randrange(1, 10**9) / 10**9, "ts": now_ms - chance.randrange(20 * DAY * 1000),
                   "latency_ms": chance.lognormvariate(5, 1)} for _ in range(3000)]
        nano = {i: round(event["cost"] * 10**9) for i, event in enumerate(events)}
        daemon = self.daemon()
        daemon.push_events(*events)
        daemon.settle(len(events))

        def ask(*args):
            done = zreport(*args, "--timezone", "Asia/Kathmandu", "--endpoint", daemon.endpoint("query"))
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return done.stdout
        total = sum(nano.values())
        for command, span in (("daily", "22d"), ("weekly", "5w"), ("monthly", "3mo"), ("hourly", "22d")):
            answer = json.loads(ask(command, "--last", span, "--json", "--by", "model"))
            self.assertEqual(answer["total"]["cost_nanousd"], total, command)
            self.assertFalse(any(period["widened"] for period in answer["periods"]))
            for period in answer["periods"]:
                inside = [nano[i] for i, event in enumerate(events) if period["start"] <= event["ts"] < period["end"]]
                self.assertEqual(period["total"]["cost_nanousd"], sum(inside))
                self.assertEqual(period["total"]["cost_nanousd"], sum(r["cost_nanousd"] for r in period["rows"]))
        for step in ("1m", "1h", "1d"):
            rows = list(csv.DictReader(io.StringIO(ask("export", "--last", "21d", "--step", step))))
            self.assertEqual(sum(int(row["cost_nanousd"]) for row in rows), total, step)
            self.assertEqual(sum(int(row["events"]) for row in rows), len(events))
        top = json.loads(ask("top", "--last", "21d", "--json"))
        self.assertEqual(top["total"]["cost_nanousd"], total)


if __name__ == "__main__":
    unittest.main()
