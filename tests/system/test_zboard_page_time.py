# SPDX-License-Identifier: MPL-2.0
"""The page of zboard and time: its chart has each event once whatever is kept of it, its ages, comparisons and
projections are of what there is, and no time zone is without an axis."""
import time
import unittest
from datetime import datetime, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from browser import ZONE, PageCase, hook, push_all
from harness import now_ms

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
ZONES = (ZONE, "UTC", "America/New_York", "Pacific/Auckland")


def call(ago_ms=0, cost=1, model="m"):
    return {"type": "llm_call", "model": model, "cost": cost, "ts": now_ms() - ago_ms}


class Case(PageCase):
    def zone(self, name):
        self.browser.command("Emulation.setTimezoneOverride", timezoneId=name)

    def module(self, name, expression, *arguments):
        """What a part of the page, `m`, says of this."""
        return self.browser.driver.execute_async_script(
            f"const done = arguments[arguments.length - 1]; import('/assets/{name}').then((m) => done({expression}))",
            *arguments)


class Slices(Case):
    """Where only days of UTC are kept, which no civil time but UTC's has."""
    def setUp(self):
        super().setUp()
        self.zcostd = self.daemon(config="retention\n    minutes = 1h\n    quarters = 2d\n", interval=0.5)
        push_all(self.zcostd, [call(i * HOUR_MS, model="ab"[i % 2]) for i in range(25 * 24)])
        self.zboard = self.board(self.zcostd)

    def dollars(self, css):
        return sum(Decimal(text.strip("$").replace(",", "").replace("·", "0")) for text in self.browser.texts(css))

    def sums(self):
        """The card's, the legend's, and the table's."""
        return [self.dollars(css) for css in ("#total-cost", "#legend b", f"{hook('spend-table')} tbody td:last-child")]

    def test_each_event_is_in_one_of_them(self):
        for zone in ZONES:
            for window in ("7d", "30d", "all"):
                self.browser.open("about:blank")
                self.zone(zone)
                self.open(self.zboard, f"#window={window}")
                total, *others = self.sums()
                self.assertEqual([total] * 2, others, (zone, window))
                self.assertGreaterEqual(total, 7 * 24)
                says = self.browser.script("return document.querySelector('canvas').ariaLabel")
                self.assertIn(f"Total ${total:,}", says)
                titles = self.browser.texts(f"{hook('spend-table')} tbody th")
                self.assertEqual(len(set(titles)), len(titles), titles)

    def test_they_are_asked_once_and_again_for_a_late_event(self):
        self.open(self.zboard, "#window=all")
        before = len(self.browser.requests())
        for cost in (2, 4):
            self.zcostd.push_events(call(cost=cost))
            time.sleep(2.5)
        self.zcostd.push_events(call(cost=8))
        self.browser.until(lambda: self.sums() == [614] * 3, told=self.sums)
        asked = self.browser.requests()[before:]
        rounds = sum("/api/budgets" in url for url in asked)
        self.assertLess(sum("/api/breakdown" in url for url in asked), 12 * (rounds + 1))
        self.zcostd.push_events(call(9 * DAY_MS, cost=16))
        self.browser.until(lambda: self.sums() == [630] * 3, told=self.sums)


class Young(Case):
    """A ledger that began a while ago, not long before."""
    def test_it_is_not_compared_with_what_was_before_it(self):
        daemon = self.daemon(interval=0.5)
        push_all(daemon, [call(i * HOUR_MS) for i in range(8 * 24)])
        board = self.board(daemon)
        self.open(board, "#window=7d")
        self.assertEqual(self.browser.text("#total-change"), "")
        self.open(board, "#window=24h")
        self.browser.wait("#total-change", lambda text: text.endswith("vs. the previous 24 h"))
        push_all(daemon, [call(20 * DAY_MS)])
        self.browser.click('[data-value="7d"]')
        self.browser.wait("#total-change", lambda text: text.endswith("vs. the previous 7 days"))

    def test_its_month_is_projected_from_its_first_day_on(self):
        daemon = self.daemon(interval=3600)
        push_all(daemon, [call(26 * HOUR_MS, 250), call(0, 250)])
        self.open(self.board(daemon))
        now = datetime.now(ZoneInfo(ZONE))
        start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000
        first = (now_ms() - 26 * HOUR_MS) // DAY_MS * DAY_MS
        self.assertEqual("at the pace since" in self.browser.text("#month-under"), first > start)
        at = datetime(2026, 11, 29, 12, tzinfo=timezone.utc).timestamp() * 1000
        for hours, projected, under in ((36, "$986.11", "at the pace since Nov 28"),
                                        (2000, "$525.55", "95% of the month has passed")):
            self.module("cards.js", "m.showMonth({ total: { cost_usd: '500' } }, arguments[0], arguments[1])",
                        at, at - hours * HOUR_MS)
            self.shows("month-projected", projected)
            self.assertEqual(self.browser.text("#month-under"), under)


class Clock(Case):
    def test_numbers_are_as_old_as_they_are_when_the_page_is_opened(self):
        daemon = self.daemon(interval=3600)
        board = self.board(daemon)
        time.sleep(8)
        self.open(board)
        self.shows("live-age", lambda text: int(text.split()[1]) >= 8, deadline=3)

    def test_each_time_zone_has_an_axis(self):
        daemon = self.daemon(interval=3600)
        push_all(daemon, [call(i * HOUR_MS) for i in range(24)])
        board = self.board(daemon)
        for zone in ("Asia/Kathmandu", "Pacific/Chatham", "Asia/Kolkata", ZONE):
            self.browser.open("about:blank")
            self.zone(zone)
            self.open(board, "#window=24h")
            labels = self.browser.script("return Chart.getChart(document.querySelector('canvas')).scales.x.ticks"
                                         ".map((tick) => tick.label)")
            self.assertGreater(len([label for label in labels if label]), 3, (zone, labels))

    def test_yesterday_by_now_is_so_after_a_day_of_25_hours(self):
        self.open(self.board(self.daemon(interval=3600)))
        at = datetime(2026, 10, 26, 11, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000
        past = self.module("spans.js", "m.before('today', arguments[0])", at)
        self.assertEqual([datetime.fromtimestamp(past[name] / 1000, ZoneInfo(ZONE)).strftime("%d %H:%M")
                          for name in ("since", "until")], ["25 00:00", "25 10:00"])

    def test_times_are_told_whole(self):
        self.open(self.board(self.daemon(interval=3600)))
        for hours, text in ((2.995, "3 h"), (2.5, "2 h 30 min"), (1.9, "1 h 54 min"), (0.2, "12 min")):
            self.assertEqual(self.module("numbers.js", "m.duration(arguments[0])", hours * HOUR_MS), text)
        self.assertRegex(self.module("numbers.js", "m.clockSeconds(Date.now())"), r"^\d\d:\d\d:\d\d$")
        self.assertRegex(self.module("numbers.js", "m.clockSeconds(Date.now() - 3 * 864e5)"),
                         r"^[A-Z][a-z]{2} \d+, \d\d:\d\d:\d\d$")


if __name__ == "__main__":
    unittest.main()
