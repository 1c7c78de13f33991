#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Windows: how they widen to the buckets that are kept, their edges, steps, and civil days in zones where they begin
at odd times or are 23 and 25 hours long."""
import datetime
import itertools
import json
import unittest
import zoneinfo

import harness
from harness import now_ms, seeded
from question_oracle import Kept, floor_ms
from questions import DAY_MS, HOUR_MS, MINUTE_MS, WIDE, Case, added, random_events

QUARTER_MS = 15 * MINUTE_MS


def call(ts, **more):
    return {"type": "llm_call", "cost": 1, "ts": ts, **more}


class Widening(Case):
    stored = False

    def used(self, since, until=None):
        answer = self.breakdown(("service",), since, until)
        return answer["since"], answer["until"]

    def test_to_the_finest_buckets_kept_by_default(self):
        now = now_ms()
        self.start(events=random_events(1, 300))
        for age, size in ((HOUR_MS, MINUTE_MS), (47 * HOUR_MS, MINUTE_MS), (50 * HOUR_MS, QUARTER_MS),
                          (90 * DAY_MS, QUARTER_MS), (398 * DAY_MS, QUARTER_MS), (402 * DAY_MS, DAY_MS),
                          (5000 * DAY_MS, DAY_MS)):
            since = floor_ms(now - age, size) + size // 2 + 1
            self.assertEqual(self.used(since, since + 1), (floor_ms(since, size), floor_ms(since, size) + size))
            edge = floor_ms(since, size)
            self.assertEqual(self.used(edge, edge + size), (edge, edge + size))
            self.assertEqual(self.used(edge - 1, edge + size + 1), (edge - size, edge + 2 * size))

    def test_each_edge_by_its_own_age(self):
        self.start(events=random_events(2, 500))
        now = now_ms()
        since, until = floor_ms(now - 430 * DAY_MS, DAY_MS) + 5, floor_ms(now - 20 * DAY_MS, QUARTER_MS) + 5
        self.assertEqual(self.used(since, until), (since - 5, until - 5 + QUARTER_MS))
        since, until = floor_ms(now - 20 * DAY_MS, QUARTER_MS) + 7, floor_ms(now - 2 * HOUR_MS, MINUTE_MS) + 7
        self.assertEqual(self.used(since, until), (since - 7, until - 7 + MINUTE_MS))

    def test_by_the_configured_retention(self):
        self.kept = Kept(minutes_hours=1, quarters_hours=5)
        self.start("retention\n    minutes = 1h\n    quarters = 5h\n",
                   events=random_events(3, 800, (2 * HOUR_MS, 12 * HOUR_MS, 5 * DAY_MS)))
        rng = seeded(3)
        for _ in range(40):
            since = now_ms() - rng.randrange(4 * DAY_MS)
            self.breakdown(("service",), since, since + rng.randrange(1, 2 * DAY_MS))
            since = now_ms() - rng.randrange(7 * HOUR_MS)
            self.series(rng.choice((60, 900, 1020, 3600)), ("type",), since, since + rng.randrange(1, 6 * HOUR_MS))

    def test_an_event_too_old_for_minutes_is_in_its_quarter(self):
        self.start()
        at = floor_ms(now_ms() - 60 * HOUR_MS, QUARTER_MS) + 7 * MINUTE_MS
        self.send([call(at)])
        for since, until, events in ((at, at + 1, 1), (at - 7 * MINUTE_MS, at - 6 * MINUTE_MS, 1),
                                     (at + 8 * MINUTE_MS, at + 9 * MINUTE_MS, 0)):
            self.assertEqual(self.breakdown((), since, until)["total"]["events"], events)

    def test_around_the_edges_of_what_is_kept(self):
        """Every minute around 48 h ago, every quarter around 400 days ago: nothing is lost, nothing counts twice."""
        now = now_ms()
        ages = [48 * HOUR_MS + minute * MINUTE_MS for minute in range(-20, 40)]
        ages += [400 * DAY_MS + quarter * QUARTER_MS for quarter in range(-100, 110, 3)]
        self.start(events=[call(now - age, service=f"s{i % 5}") for i, age in enumerate(ages)])
        for age in ages[::2]:
            self.breakdown((), now - age)
            self.breakdown((), None, now - age)
            self.breakdown((), now - age, now - age + 11 * MINUTE_MS)
            self.breakdown((), now - 410 * DAY_MS, now - age)
        rng = seeded(4)
        for _ in range(30):
            a, b = sorted(rng.sample(ages, 2))
            self.breakdown(("service",), now - b, now - a)
            self.report(now - b, now - a)

    def test_a_retention_that_grew_does_not_bring_back_what_was_never_kept(self):
        """What came too late for a minute then is still in a quarter only."""
        self.start("retention\n    minutes = 1h\n    quarters = 5h\n")
        now = now_ms()
        self.send([call(now - age * HOUR_MS, service=f"s{age}") for age in (0, 2, 3, 8, 30)])
        self.zcostd.stop()
        self.reconfigure()
        self.zcostd.start()
        for age in (0, 2, 3, 8, 30):
            at = now - age * HOUR_MS
            answer = self.zcostd.ask("breakdown", by=["service"], since=at, until=at + 1)
            self.assertIn({"service": f"s{age}", "events": 1},
                          [{name: row[name] for name in ("service", "events")} for row in answer["rows"]],
                          (at, answer["since"], answer["until"]))
        self.breakdown(("service",))

    def test_days_that_are_no_longer_kept(self):
        self.start("retention\n    minutes = 1h\n    quarters = 1h\n    days = 3d\n")
        self.kept = Kept(1, 1)
        now = now_ms()
        self.send([call(now - age * DAY_MS) for age in (0, 1, 2, 6, 8)])
        self.assertEqual(self.breakdown()["total"]["events"], 5)  # the total is for good
        since = floor_ms(now - 2 * DAY_MS, DAY_MS)
        self.assertEqual(self.zcostd.ask("breakdown", since=since)["total"]["events"], 3)


class Edges(Case):
    stored = False

    def test_since_is_inclusive_and_until_exclusive(self):
        self.start()
        at = floor_ms(now_ms() - HOUR_MS, MINUTE_MS)
        self.send([call(at - 1), call(at), call(at + MINUTE_MS - 1), call(at + MINUTE_MS)])
        answer = self.breakdown((), at, at + MINUTE_MS)
        self.assertEqual((answer["since"], answer["until"], answer["total"]["events"]), (at, at + MINUTE_MS, 2))

    def test_an_empty_window_has_nothing(self):
        now = now_ms()
        self.start(events=random_events(5, 300))
        for since, until in ((now, now), (now - HOUR_MS, now - 2 * HOUR_MS), (now, now - 500 * DAY_MS),
                             (now - HOUR_MS + 1, now - HOUR_MS), (now + HOUR_MS, now)):
            self.assertEqual(self.breakdown(("service",), since, until)["rows"], [])
            self.series(60, ("service",), since, until)
            self.report(since, until)

    def test_events_ahead_of_time(self):
        now = now_ms()
        self.start()
        self.send([call(now - HOUR_MS), call(now), call(now + HOUR_MS), call(now + 23 * HOUR_MS)])
        for until, events in ((None, 4), (now + MINUTE_MS, 2), (now + 2 * HOUR_MS, 3), (now + 30 * DAY_MS, 4)):
            for since in (None, now - DAY_MS):
                self.assertEqual(self.breakdown((), since, until)["total"]["events"], events)
        self.assertEqual(self.breakdown((), now + 30 * MINUTE_MS)["total"]["events"], 2)
        self.series(3600, (), now - DAY_MS)
        self.series(3600, (), now - DAY_MS, now + 2 * HOUR_MS)

    def test_without_since_or_until(self):
        self.start(events=random_events(6, 600))
        now = now_ms()
        for age in (MINUTE_MS, 20 * HOUR_MS, 70 * HOUR_MS, 100 * DAY_MS, 450 * DAY_MS):
            self.breakdown(("type",), now - age)
            self.breakdown(("type",), None, now - age)
            self.report(now - age)
            self.report(None, now - age)
            self.series(86400, ("type",), None, now - age)
        self.series(60, ("type",))
        self.series(7 * 86400)

    def test_an_answer_without_a_window_says_since_when_and_until_when(self):
        self.start(events=random_events(7, 50))
        before = now_ms()
        answer = self.breakdown()
        self.assertTrue(before <= answer["until"] <= now_ms())
        self.assertLessEqual(answer["since"], before)


class Steps(Case):
    stored = False

    def test_of_every_length(self):
        self.start(events=random_events(8, 1500))
        now = now_ms()
        for step in (60, 60 * 7, 900, 900 * 3, 3600, 5 * 3600, 86400, 3 * 86400, 30 * 86400):
            for age in (HOUR_MS, 30 * HOUR_MS, 10 * DAY_MS):
                self.series(step, ("service",), now - age)
                self.series(step, (), now - age, now - age // 2)
        for step in (86400, 5 * 86400, 30 * 86400, 400 * 86400):
            self.series(step, ("tier",), now - 600 * DAY_MS)

    def test_widen_to_what_is_kept_at_since(self):
        self.start()
        now = now_ms()
        for age, asked, used in ((HOUR_MS, 60, 60), (10 * DAY_MS, 60, 900), (10 * DAY_MS, 960, 1800),
                                 (10 * DAY_MS, 5400, 5400), (500 * DAY_MS, 60, 86400), (500 * DAY_MS, 90000, 172800)):
            self.assertEqual(self.series(asked, (), now - age, now - age + DAY_MS)["step"], used)

    def test_default_to_an_hour(self):
        self.start(events=random_events(9, 100))
        answer = self.zcostd.ask("series", since=now_ms() - DAY_MS)
        self.assertEqual(answer["step"], 3600)

    def test_longer_than_the_window(self):
        self.start(events=random_events(10, 500))
        since = now_ms() - 3 * HOUR_MS
        answer = self.series(30 * 86400, ("service",), since, since + MINUTE_MS)
        self.assertEqual(answer["since"], floor_ms(since, 30 * DAY_MS))

    def test_of_minutes_of_a_year(self):
        self.kept = Kept(700 * 24, 800 * 24)
        self.start(WIDE, events=random_events(11, 1200, (300 * DAY_MS,)))
        self.series(60, (), now_ms() - 360 * DAY_MS)
        self.series(3600, ("service", "type"), now_ms() - 360 * DAY_MS)


# ------------------------------------------------------------------------------- zones

def need_zones(test):
    if "Europe/Madrid" not in zoneinfo.available_timezones():
        test.skipTest("no tz database here (package tzdata)")


def midnights(zone, first, days):
    """The starts of so many civil days from a date on, and the end of the last, in ms."""
    zone = zoneinfo.ZoneInfo(zone)
    dates = [first + datetime.timedelta(n) for n in range(days + 1)]
    return [int(datetime.datetime(date.year, date.month, date.day, tzinfo=zone).timestamp() * 1000) for date in dates]


def changes(zone, now):
    """The dates of the last two changes of an offset before now: one each way."""
    zone, found = zoneinfo.ZoneInfo(zone), []
    day = datetime.datetime.fromtimestamp(now / 1000, datetime.timezone.utc).replace(hour=0, minute=0, second=0,
                                                                                      microsecond=0)
    while len(found) < 2:
        before = day - datetime.timedelta(1)
        if day.astimezone(zone).utcoffset() != before.astimezone(zone).utcoffset():
            found.append(before.astimezone(zone).date())
        day = before
    return found


class Zones(Case):
    """Civil days are windows like others; every zone's midnights are at quarters of an hour."""
    stored = False

    def setUp(self):
        super().setUp()
        need_zones(self)
        self.start(events=random_events(12, 2500, (DAY_MS, 60 * DAY_MS, 390 * DAY_MS)))
        self.now = now_ms()

    def days(self, edges, hours=None):
        self.assertEqual([(b - a) // HOUR_MS for a, b in itertools.pairwise(edges)],
                         hours or [24] * (len(edges) - 1))
        answers = [self.breakdown(("service", "tier"), *day) for day in itertools.pairwise(edges)]
        for day, answer in zip(itertools.pairwise(edges), answers):
            self.assertEqual((answer["since"], answer["until"]), day)  # nothing widened
        whole = self.breakdown((), edges[0], edges[-1])
        self.assertEqual(added([answer["total"] for answer in answers]), added([whole["total"]]))

    def today(self, zone):
        return datetime.datetime.fromtimestamp(self.now / 1000, zoneinfo.ZoneInfo(zone)).date()

    def test_kathmandu(self):
        for ago in (5, 40, 200, 380):
            self.days(midnights("Asia/Kathmandu", self.today("Asia/Kathmandu") - datetime.timedelta(ago), 5))

    def test_madrid_over_both_changes_of_summer_time(self):
        lengths = []
        for date in changes("Europe/Madrid", self.now):
            edges = midnights("Europe/Madrid", date - datetime.timedelta(2), 5)
            hours = [(b - a) // HOUR_MS for a, b in itertools.pairwise(edges)]
            self.days(edges, hours)
            lengths += hours
        self.assertEqual(sorted(lengths), [23, *[24] * 8, 25])

    def test_lord_howe_changes_by_half_an_hour(self):
        for date in changes("Australia/Lord_Howe", self.now):
            edges = midnights("Australia/Lord_Howe", date - datetime.timedelta(2), 4)
            self.days(edges, [(b - a) // HOUR_MS for a, b in itertools.pairwise(edges)])

    def test_months(self):
        zone = zoneinfo.ZoneInfo("America/New_York")
        first = datetime.datetime.fromtimestamp(self.now / 1000, zone).replace(day=1, hour=0, minute=0, second=0,
                                                                               microsecond=0)
        edges = []
        for _ in range(12):
            edges.insert(0, int(first.timestamp() * 1000))
            first = (first - datetime.timedelta(1)).replace(day=1)
        totals = [self.breakdown(("type",), *month)["total"] for month in itertools.pairwise(edges)]
        self.assertEqual(added(totals), added([self.breakdown((), edges[0], edges[-1])["total"]]))


class StoredWidening(Widening):
    stored = True


class StoredEdges(Edges):
    stored = True


class StoredSteps(Steps):
    stored = True


class StoredZones(Zones):
    stored = True


class Reports(Case):
    """`zreport daily` and its kin: their periods are civil ones, and their figures those of the book."""
    stored = True

    def rows(self, command, zone, *more):
        done = harness.run("zreport", command, "--timezone", zone, "--json", "--endpoint",
                           self.zcostd.endpoint("query"), *more, timeout=30)
        if done.returncode == 2:
            self.skipTest(f"zreport has no such command: {done.stderr}")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def check(self, periods, edges):
        self.assertEqual([(period["since"], period["until"]) for period in periods], list(itertools.pairwise(edges)))
        for period in periods:
            wanted = self.book.breakdown((), period["since"], period["until"])["total"]
            self.assertEqual({name: period["total"][name] for name in ("events", "cost_nanousd", "cost_usd")},
                             {name: wanted[name] for name in ("events", "cost_nanousd", "cost_usd")})

    def test_daily_over_a_change_of_summer_time(self):
        need_zones(self)
        self.start(events=random_events(13, 2000, (60 * DAY_MS, 390 * DAY_MS)))
        for zone, date in (*(("Europe/Madrid", date) for date in changes("Europe/Madrid", now_ms())),
                           ("Asia/Kathmandu", datetime.date.today() - datetime.timedelta(30))):
            first = date - datetime.timedelta(2)
            answer = self.rows("daily", zone, "--since", str(first), "--until", str(first + datetime.timedelta(5)))
            self.check(answer["periods"], midnights(zone, first, 5))


if __name__ == "__main__":
    unittest.main()
