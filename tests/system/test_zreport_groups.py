# SPDX-License-Identifier: MPL-2.0
"""zreport top and series: who is dearest, and when."""
import json
import re
import time
import unittest

from harness import TestCase
from zreport_peer import Ledger, zreport

HOUR = 3600
NOW = int(time.time())
THIS_HOUR = NOW - NOW % HOUR
START = THIS_HOUR - 9 * HOUR  # ten hours, the present one included


def at(hour, nanousd, **more):
    return {"ts": START + hour * HOUR, "cost_nanousd": nanousd, **more}


class Case(TestCase):
    def ask(self, cells, *args, ledger=(), **more):
        with Ledger(cells, now=NOW, **dict(ledger)) as peer:
            done = zreport(*args, "--timezone", "UTC", "--endpoint", peer.endpoint, **more)
        self.questions = peer.questions
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def assert_fits(self, text, columns):
        for line in text.splitlines():
            self.assertLessEqual(sum(2 if ord(character) > 0x2e80 else 1 for character in line), columns, line)


class Top(Case):
    CELLS = [at(9, 75 * 10**8, model="gpt-4o", events=1234, input_tokens=20_000_000, saved_tokens=54_321,
                latencies=[10.0, 20.0]),
             at(8, 25 * 10**8, model="gpt-4o-mini", events=3), at(7, 1000, model="tiny"), at(7, 0, model="free"),
             at(6, 0, model="")]

    def test_the_dearest_first_with_share_and_bar(self):
        table = self.ask(self.CELLS, "top")
        self.assertEqual(re.findall(r"(?m)^(\S+) .* +(<?[\d.]+%)", table),
                         [("gpt-4o", "75.0%"), ("gpt-4o-mini", "25.0%"), ("tiny", "<0.1%"), ("(none)", "0.0%"),
                          ("free", "0.0%"), ("Total", "100.0%")])
        self.assertRegex(table, r"(?m)^gpt-4o +1,234 +20\.0M +54\.3k +10 ms +\$7\.50 +75\.0% +█{7}▌$")
        self.assertRegex(table, r"(?m)^tiny .* \$0\.000001 +<0\.1% +▏$")
        self.assertRegex(table, r"(?m)^free .* \$0\.00 +0\.0%$")
        self.assertRegex(self.ask(self.CELLS, "top", locale="C"), r"(?m)^gpt-4o .* #{7}$")

    def test_what_a_limit_leaves_out_is_one_line(self):
        table = self.ask(self.CELLS, "top", "--limit", "1")
        self.assertRegex(table, r"(?m)^gpt-4o +1,234 .*\n4 more +6 +0 +0 +- +\$2\.50 +25\.0% +\S+\nTotal +1,240 ")
        many = [at(9, 100 - i, model=f"m{i}") for i in range(30)]
        self.assertRegex(self.ask(many, "top"), r"(?m)^m9 .*\n20 more ")

    def test_the_default_window_is_the_last_day(self):
        self.ask([], "top")
        since = self.questions[0]["since"] // 1000
        self.assertLessEqual(abs(since - (NOW - 24 * HOUR)), 180)
        self.assertNotIn("until", self.questions[0])

    def test_it_keeps_to_the_width(self):
        cells = [at(9, 10**12, model="日本語モデル" * 5, service="s" * 50, tier="t" * 50, input_tokens=10**9)]
        for columns in (40, 60, 80, 120):
            for by in ("model", "model,tier", "model,tier,service,type,provider"):
                table = self.ask(cells, "top", "--by", by, columns=columns)
                self.assert_fits(table, columns)
                self.assertIn("$1,000.00", table)

    def test_a_cost_that_is_not_known_is_no_zero(self):
        cells = [at(9, 10**9, model="gpt-4o", service="a"), at(9, 0, model="house", service="a", unpriced_events=1),
                 at(9, 0, model="house", service="b", unpriced_events=1), at(9, 0, model="free", service="c")]
        table = self.ask(cells, "top")
        self.assertRegex(table, r"(?m)^house .* unpriced +-$")
        self.assertRegex(table, r"(?m)^gpt-4o .* \$1\.00 +100\.0%")
        self.assertRegex(table, r"(?m)^free .* \$0\.00 +0\.0%$")
        self.assertRegex(table, r"(?m)^Total .* \$1\.00\+ +100\.0%$")
        self.assertRegex(table, r"(?m)^! Unpriced +2 events without a known price: costs marked \+ are too\s+low; ")
        self.assertRegex(self.ask(cells, "top", "--by", "service"), r"(?m)^a .* \$1\.00\+ ")
        series = self.ask(cells, "series", "--by", "service")
        self.assertRegex(series, r"(?m)^a .* \$1\.00\+$")
        self.assertRegex(series, r"(?m)^b .* unpriced$")
        self.assertRegex(series, r"(?m)^! Unpriced +2 events ")
        self.assertRegex(self.ask(cells, "series", "--where", "service=b", columns=120), "all: total unpriced, ")

    def test_nearly_all_is_not_all(self):
        table = self.ask([at(9, 10**13, model="big"), at(9, 1, model="tiny")], "top")
        self.assertRegex(table, r"(?m)^big .* >99\.9% ")

    def test_savings_are_told_with_their_assumed_part(self):
        table = self.ask([at(9, 1, savings_nanousd=3 * 10**9, assumed_savings_nanousd=10**9)], "top")
        self.assertRegex(table, r"(?m)^Routing saved +\$3\.00, of that \$1\.00 assumed: ")

    def test_nothing_is_no_riddle(self):
        self.assertTrue(self.ask([], "top").endswith("\nno events in this time\n"))

    def test_json_is_the_result(self):
        result = json.loads(self.ask(self.CELLS, "top", "--json"))
        self.assertEqual(list(result), ["since", "until", "by", "rows", "rows_left_out", "total"])
        self.assertEqual(len(result["rows"]), 5)


class Series(Case):
    CELLS = [at(0, 10**9, model="a"), at(4, 8 * 10**9, model="a"), at(5, 4 * 10**9, model="a"), at(9, 10**9, model="b")]
    WINDOW = ["--since", f"@{START}", "--until", f"@{START + 10 * HOUR}"]

    def test_a_sparkline_a_row(self):
        table = self.ask(self.CELLS, "series", "--by", "model", *self.WINDOW)
        self.assertRegex(table, r"(?m)^Cost per 1 h +")
        self.assertRegex(table, r"(?m)^a +▁···█▄···· +\$0\.00 +\$8\.00 +\$13\.00$")
        self.assertRegex(table, r"(?m)^b +·········█ +\$0\.00 +\$1\.00 +\$1\.00$")

    def test_steps_without_room_share_a_column_and_nothing_is_lost(self):
        table = self.ask(self.CELLS, "series", "--by", "model", "--step", "1m", *self.WINDOW)
        self.assertRegex(table, r"(?m)^a +\S+ +\$0\.00 +\$8\.00 +\$13\.00$")
        self.assertRegex(table, r"(?m)^Drawn +\d+ steps per column")

    def test_bars_where_the_screen_is_wide(self):
        chart = self.ask(self.CELLS, "series", *self.WINDOW, columns=120)
        self.assertRegex(chart, r"(?m)^all: total \$14\.00, min \$0\.00, max \$8\.00$")
        self.assertRegex(chart, r"(?m)^ +\$8\.00 +█{10}$")
        self.assertRegex(chart, r"(?m)^ +\$0 ▆{10} {30}█{20} {30}▆{10}$")

    def test_a_coarser_step_is_told(self):
        table = self.ask(self.CELLS, "series", *self.WINDOW, ledger={"days_before": NOW})
        self.assertRegex(table, r"(?m)^Cost per 1 d ")
        self.assertRegex(table, r"(?m)^Step +1 d: shorter ones are no longer kept")

    def test_nothing_is_no_riddle(self):
        self.assertRegex(self.ask([], "series"), r"(?m)^no events in this time$")

    def test_it_keeps_to_the_width(self):
        cells = [at(hour, 10**12 + hour, model="日本語モデル" * 5) for hour in range(10)] + self.CELLS
        for columns in (40, 60, 80, 99, 100, 120, 200):
            for step in ("1m", "1h", "1d"):
                for by in ([], ["--by", "model"]):
                    drawn = self.ask(cells, "series", *by, "--step", step, *self.WINDOW, columns=columns)
                    self.assert_fits(drawn, columns)
        self.assertTrue(self.ask(self.CELLS, "series", *self.WINDOW, locale="C").isascii())

    def test_json_is_the_result(self):
        result = json.loads(self.ask(self.CELLS, "series", "--by", "model", "--json", *self.WINDOW))
        self.assertEqual(result["step"], HOUR)
        self.assertEqual([row["model"] for row in result["rows"]], ["a", "b"])
        self.assertEqual([point["t"] for point in result["rows"][0]["points"]],
                         [(START + hour * HOUR) * 1000 for hour in (0, 4, 5)])

    def test_a_hostile_series_is_not_drawn(self):
        class Hostile(Ledger):
            def series(self, question):
                return {**super().series(question), **self.odd}
        for odd in ({"step": 0}, {"step": -60}, {"step": 60, "until": 2**62}, {"rows": 3}, {"step": 2**62}):
            with Hostile(self.CELLS, now=NOW) as peer:
                peer.odd = odd
                done = zreport("series", "--endpoint", peer.endpoint)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertEqual(done.stderr, "zreport: the answer is not a series that can be drawn\n")
        with Hostile(self.CELLS, now=NOW) as peer:
            peer.odd = {"rows": [1, {"points": [{"t": -5}, {"t": 2**62}, 3, {"t": "x"},
                                                {"t": START * 1000, "cost_nanousd": 2**63 - 1}]}]}
            done = zreport("series", "--endpoint", peer.endpoint, *self.WINDOW)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
