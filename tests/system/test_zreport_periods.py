# SPDX-License-Identifier: MPL-2.0
"""zreport hourly, daily, weekly, monthly: civil periods, their sums and their total."""
import datetime
import json
import re
import time
import unittest
import zoneinfo

from harness import TestCase, seeded
from zreport_peer import COUNTED, Ledger, exact, measures, zreport

UNITS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}


def utc(text):
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc).timestamp())


NOW = int(time.time())


def cells(count, since, until, seed=1):
    chance = seeded(seed)
    return [{"ts": chance.randrange(since, until), "model": chance.choice(["gpt-4o", "gpt-4o-mini", "日本", ""]),
             "tier": chance.choice(["simple", "complex"]), "service": chance.choice(["search", "chat"]),
             "cost_nanousd": int(chance.lognormvariate(13, 3)), "savings_nanousd": chance.randrange(-10**6, 10**7),
             "input_tokens": chance.randrange(10**5), "output_tokens": chance.randrange(2000),
             "hits": chance.randrange(2), "latencies": [round(chance.lognormvariate(5, 1), 3)],
             "time_saved_seconds": 0.5, "events": 1} for _ in range(count)]


def civil(zone, unit, at):
    """The start of the civil unit that holds a time, by Python's own calendar."""
    local = datetime.datetime.fromtimestamp(at, zone)
    if unit == "hour":
        return at - at % 3600
    day = local.date()
    if unit == "week":
        day -= datetime.timedelta(days=day.weekday())
    if unit == "month":
        day = day.replace(day=1)
    return int(datetime.datetime.combine(day, datetime.time(), zone).timestamp())


class Json(TestCase):
    timeout = 60

    def ask(self, peer, *args):
        done = zreport(*args, "--json", "--endpoint", peer.endpoint)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def test_each_period_counts_its_own_events_whatever_the_order_of_replies(self):
        all_cells = cells(2000, utc("2026-10-01"), utc("2026-12-01"))
        for zone_name, command, since, until in (
                ("UTC", "daily", "2026-10-20", "2026-11-05"),
                ("Europe/Madrid", "daily", "2026-10-20", "2026-11-05"),
                ("Europe/Madrid", "hourly", "2026-10-25", "2026-10-26"),
                ("America/New_York", "weekly", "2026-10-05", "2026-11-30"),
                ("Europe/London", "monthly", "2026-10-01", "2026-12-01")):
            zone, unit = zoneinfo.ZoneInfo(zone_name), UNITS[command]
            for at_once in (1, 7):
                with self.subTest(zone_name, command=command, at_once=at_once), \
                        Ledger(all_cells, now=NOW, at_once=at_once) as peer:
                    answer = self.ask(peer, command, "--timezone", zone_name, "--since", since, "--until", until,
                                      "--by", "model")
                    bounds = [int(datetime.datetime.fromisoformat(day).replace(tzinfo=zone).timestamp())
                              for day in (since, until)]
                    inside = [cell for cell in all_cells if bounds[0] <= cell["ts"] < bounds[1]]
                    found = 0
                    for period in answer["periods"]:
                        start, end = period["start"] // 1000, period["end"] // 1000
                        own = [cell for cell in inside if civil(zone, unit, cell["ts"]) == start]
                        self.assertEqual(period["total"], measures(own))
                        self.assertEqual((period["since"], period["until"]), (start * 1000, end * 1000))
                        self.assertFalse(period["widened"])
                        found += len(own)
                    self.assertEqual(found, len(inside))
                    starts = [period["start"] for period in answer["periods"]]
                    ends = [period["end"] for period in answer["periods"]]
                    self.assertEqual(starts[1:], ends[:-1])
                    self.assertEqual((starts[0], ends[-1]), (bounds[0] * 1000, bounds[1] * 1000))
                    total, whole = answer["total"], measures(inside)
                    self.assertEqual(total, whole)
                    self.assertEqual(total["cost_usd"], exact(sum(cell["cost_nanousd"] for cell in inside)))
                    for name in COUNTED:
                        self.assertEqual(total[name], sum(p["total"][name] for p in answer["periods"]))

    def test_no_more_than_16_questions_are_on_the_way(self):
        with Ledger([], now=NOW, at_once=16) as peer:
            start = time.monotonic()
            self.ask(peer, "hourly", "--timezone", "UTC", "--since", "@0", "--until", "@115200")
        self.assertEqual(len(peer.questions), 33)
        with Ledger([], now=NOW, at_once=17) as peer:  # never 17 of them: it answers when nothing more comes
            self.ask(peer, "hourly", "--timezone", "UTC", "--since", "@0", "--until", "@115200")
        self.assertLess(time.monotonic() - start, 10)

    def test_defaults(self):
        zone = zoneinfo.ZoneInfo("UTC")
        for command, count in (("hourly", 24), ("daily", 7), ("weekly", 8), ("monthly", 12)):
            with Ledger([], now=NOW) as peer:
                answer = self.ask(peer, command, "--timezone", "UTC")
            self.assertEqual(len(answer["periods"]), count)
            self.assertEqual(answer["unit"], UNITS[command])
            self.assertIn(answer["periods"][-1]["start"] // 1000,
                          {civil(zone, UNITS[command], at) for at in (NOW, int(time.time()))})

    def test_the_window_cuts_its_first_and_last_period_off(self):
        with Ledger([], now=NOW) as peer:
            answer = self.ask(peer, "daily", "--timezone", "UTC", "--since", "2026-11-02T06:00", "--until",
                              "2026-11-04T12:30")
        self.assertEqual([(p["period"], p["start"] // 1000, p["end"] // 1000) for p in answer["periods"]],
                         [("2026-11-02", utc("2026-11-02T06:00"), utc("2026-11-03")),
                          ("2026-11-03", utc("2026-11-03"), utc("2026-11-04")),
                          ("2026-11-04", utc("2026-11-04"), utc("2026-11-04T12:30"))])

    def test_groups_are_all_there(self):
        many = [{"ts": utc("2026-11-02"), "model": f"m{i}", "cost_nanousd": i} for i in range(300)]
        with Ledger(many, now=NOW) as peer:
            answer = self.ask(peer, "daily", "--timezone", "UTC", "--since", "2026-11-02", "--until", "2026-11-03",
                              "--by", "model")
            self.assertEqual(len(answer["periods"][0]["rows"]), 300)
            limited = self.ask(peer, "daily", "--timezone", "UTC", "--since", "2026-11-02", "--until", "2026-11-03",
                               "--by", "model", "--limit", "2")
        self.assertEqual([row["model"] for row in limited["periods"][0]["rows"]], ["m299", "m298"])
        self.assertEqual(limited["periods"][0]["rows_left_out"], 298)
        self.assertEqual(limited["total"], answer["total"])

    def test_widened_periods_say_so_and_the_total_counts_nothing_twice(self):
        all_cells = cells(500, utc("2026-11-01"), utc("2026-11-10"))
        with Ledger(all_cells, now=NOW, days_before=utc("2026-11-05"), at_once=3) as peer:
            answer = self.ask(peer, "daily", "--timezone", "Asia/Kathmandu", "--since", "2026-11-02", "--until",
                              "2026-11-09")
        self.assertEqual([p["widened"] for p in answer["periods"]], [True] * 3 + [True] + [False] * 3)
        for period in answer["periods"]:
            inside = [c for c in all_cells if period["since"] <= c["ts"] * 1000 < period["until"]]
            self.assertEqual(period["total"], measures(inside))
        since, until = answer["periods"][0]["since"], answer["periods"][-1]["until"]
        self.assertEqual(answer["total"], measures([c for c in all_cells if since <= c["ts"] * 1000 < until]))


class Table(TestCase):
    timeout = 60

    def ask(self, peer, *args, status=0, **more):
        done = zreport(*args, "--endpoint", peer.endpoint, **more)
        self.assertEqual((done.returncode, done.stderr), (status, ""))
        return done.stdout

    def days(self, all_cells, *args, since="2026-11-02", until="2026-11-04", ledger=(), **more):
        with Ledger(all_cells, now=NOW, **dict(ledger)) as peer:
            return self.ask(peer, "daily", "--timezone", "UTC", "--since", since, "--until", until, *args, **more)

    DAY = [{"ts": utc("2026-11-02"), "model": "gpt-4o", "events": 1200, "cost_nanousd": 12_344_000_000,
            "savings_nanousd": -4_200_000, "input_tokens": 12_345_678, "output_tokens": 999, "hits": 7,
            "saved_tokens": 54_321, "latencies": [230.0]},
           {"ts": utc("2026-11-02T23:59:59"), "model": "gpt-4o-mini", "cost_nanousd": 4_200_000}]

    def test_a_day_a_line_and_their_sum(self):
        table = self.days(self.DAY, columns=100)
        self.assertRegex(table, r"(?m)^Cost by day +2026-11-02 00:00 to 2026-11-04 00:00 UTC$")
        self.assertRegex(table, r"(?m)^day +events +tokens in +out +saved +hits +cost +savings +p95$")
        self.assertRegex(table, r"(?m)^2026-11-02 +1,201 +12\.3M +999 +54\.3k +7 +\$12\.35 +-\$0\.0042 +230 ms$")
        self.assertRegex(table, r"(?m)^2026-11-03 +0 +0 +0 +0 +0 +\$0\.00 +\$0\.00 +-$")
        self.assertRegex(table, r"(?m)^Total +1,201 +12\.3M +999 +54\.3k +7 +\$12\.35 +-\$0\.0042 +230 ms$")

    def test_groups_stand_below_their_day_and_add_up(self):
        table = self.days(self.DAY, "--by", "model")
        self.assertRegex(table, r"(?m)^2026-11-02 +1,201 .*\n +gpt-4o +1,200 .*\n +gpt-4o-mini +1 .*\$0\.0042")
        limited = self.days(self.DAY, "--by", "model", "--limit", "1")
        self.assertRegex(limited, r"(?m)^ +gpt-4o +1,200 .*\n +1 more +1 .*\$0\.0042 .* -$")

    def test_it_keeps_to_the_width_and_drops_what_matters_least(self):
        all_cells = cells(200, utc("2026-11-02"), utc("2026-11-04"))
        for by in ([], ["--by", "model"], ["--by", "model,tier,service,type,provider"]):
            for columns in (40, 60, 80, 120, 200):
                for locale in ("C", "C.UTF-8"):
                    table = self.days(all_cells, *by, columns=columns, locale=locale)
                    for line in table.splitlines():
                        wide = sum(2 if ord(character) > 0x2e80 else 1 for character in line)
                        self.assertLessEqual(wide, columns, (by, line))
                    if locale == "C":
                        self.assertTrue(table.isascii())
        narrow = self.days([{**self.DAY[0], "hits": 1234567890, "output_tokens": 123456}], columns=60)
        self.assertRegex(narrow, r"(?m)^day +events +.*cost +savings +p95$")
        self.assertNotIn("hits", narrow)
        self.assertRegex(self.days(self.DAY, columns=40), r"(?m)^day +.*cost")

    def test_what_was_widened_is_marked_and_explained(self):
        with Ledger(self.DAY, now=NOW, days_before=utc("2026-11-05")) as peer:
            table = self.ask(peer, "daily", "--timezone", "Asia/Kathmandu", "--since", "2026-11-02", "--until",
                             "2026-11-04", columns=100)
        self.assertRegex(table, r"(?m)^2026-11-02 \* +1,201 ")
        self.assertRegex(table, r"(?m)^\* +only longer buckets are kept for that time: 2026-11-02 counts "
                                r"2026-11-01 05:45 to\s+2026-11-03 05:45 \+0545$")
        self.assertIn("overlap", table)
        self.assertRegex(table, r"(?m)^Total +1,201 ")
        self.assertNotIn("*", self.days(self.DAY))

    def test_an_hour_that_comes_twice_is_two(self):
        with Ledger([], now=NOW) as peer:
            table = self.ask(peer, "hourly", "--timezone", "Europe/Madrid", "--since", "2026-10-25T01:00", "--until",
                             "2026-10-25T04:00")
        self.assertEqual(re.findall(r"(?m)^2026-10-25 \d\d:\d\d(?: \w+)?", table),
                         ["2026-10-25 01:00", "2026-10-25 02:00 CEST", "2026-10-25 02:00 CET", "2026-10-25 03:00"])

    def test_names_from_the_wire_steer_no_terminal(self):
        table = self.days([{"ts": utc("2026-11-02"), "model": "\x1b[2J\n\u202e"}], "--by", "model", columns=120)
        self.assertIn(r"\x1b[2J\x0a\u{202e}", table)
        self.assertNotIn("\x1b", table)
        self.assertIn("(none)", self.days([{"ts": utc("2026-11-02")}], "--by", "model"))

    def test_unpriced_and_assumed_are_told(self):
        table = self.days([{"ts": utc("2026-11-02"), "unpriced_events": 3, "savings_nanousd": 3 * 10**9,
                            "assumed_savings_nanousd": 2 * 10**9}],
                          columns=120)
        self.assertRegex(table, r"(?m)^! Unpriced +3 events without a known price: their cost is not known")
        self.assertRegex(table, r"(?m)^Routing saved +\$3\.00, of that \$2\.00 assumed")
        plain = self.days(self.DAY)
        self.assertNotIn("Unpriced", plain)
        self.assertNotIn("assumed", plain)

    def test_where_is_shown_and_asked(self):
        with Ledger(self.DAY, now=NOW) as peer:
            table = self.ask(peer, "daily", "--timezone", "UTC", "--since", "2026-11-02", "--until", "2026-11-03",
                             "--where", "model=gpt-4o-mini", "--where", "tier=")
        self.assertRegex(table, r"(?m)^Only +model gpt-4o-mini\n +tier \(none\)$")
        self.assertRegex(table, r"(?m)^Total +1 ")


class Refused(TestCase):
    def test_too_many_periods(self):
        with Ledger([], now=NOW) as peer:
            done = zreport("hourly", "--last", "60d", "--endpoint", peer.endpoint)
        self.assertEqual((done.returncode, done.stdout, peer.questions), (1, "", []))
        self.assertRegex(done.stderr, r"\Azreport: more than 1000 hours[^\n]*\n\Z")

    def test_answers_about_other_times_are_none(self):
        class Elsewhere(Ledger):
            def breakdown(self, question):
                return super().breakdown({**question, "since": question["since"] + 86400_000})
        with Elsewhere([], now=NOW) as peer:
            done = zreport("daily", "--endpoint", peer.endpoint)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"\Azreport: the answers are for other windows[^\n]*\n\Z")

    def test_a_refusal_and_silence_end_it(self):
        class Refusing(Ledger):
            def breakdown(self, question):
                if len(self.questions) > 20:
                    raise OverflowError
                return super().breakdown(question)
        with Refusing([], now=NOW) as peer:
            done = zreport("hourly", "--last", "40h", "--endpoint", peer.endpoint)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"\Azreport: refused: too many points \(too_large\)\n\Z")


if __name__ == "__main__":
    unittest.main()
