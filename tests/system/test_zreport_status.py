# SPDX-License-Identifier: MPL-2.0
"""zreport statusline and budgets: how much is spent, at a glance."""
import datetime
import json
import time
import unittest
import zoneinfo

from harness import PATIENCE, TestCase
from zreport_peer import NOWHERE, Ledger, StandIn, exact, zreport

NOW = int(time.time())


def budget(name, share, state, spent=None, limit=10**11, **more):
    spent = round(limit * share / 100) if share is not None else None
    return {"name": name, "period": "month", "timezone": "UTC", "where": {}, "since": 0, "until": 1,
            "limit_nanousd": limit, "limit_usd": exact(limit), "spent_nanousd": spent,
            "spent_usd": None if spent is None else exact(spent), "share_percent": share,
            "projected_usd": None if spent is None else exact(2 * spent), "state": state,
            "thresholds": [{"percent": 80, "passed": False, "at": None}], **more}


class Statusline(TestCase):
    ZONE = zoneinfo.ZoneInfo("Asia/Kathmandu")

    def cells(self):
        """What is told apart by when it was: the last hour, today, this month, before."""
        midnight = datetime.datetime.fromtimestamp(NOW, self.ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        self.midnight, self.month = int(midnight.timestamp()), int(midnight.replace(day=1).timestamp())
        times = (NOW - 60, NOW - 1800, self.midnight + 1, self.midnight - 1, self.month + 1, self.month - 1)
        return [{"ts": at, "cost_nanousd": 10**(6 + i), "input_tokens": 1000, "service": "search" if i else "chat"}
                for i, at in enumerate(times)]

    def expect(self, cells, since):
        return sum(cell["cost_nanousd"] for cell in cells if cell["ts"] >= since)

    def line(self, cells, *args, budgets=(), at_once=4):
        with Ledger(cells, now=NOW, budgets=budgets, at_once=at_once) as peer:
            done = zreport("statusline", "--timezone", "Asia/Kathmandu", *args, "--endpoint", peer.endpoint)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(peer.questions), 4)
        return done.stdout

    def test_today_the_hour_and_the_month_whatever_the_order_of_replies(self):
        cells = self.cells()
        for at_once in (1, 2, 3, 4):
            answer = json.loads(self.line(cells, "--json", at_once=at_once))
            for name, since in (("today", self.midnight), ("month", self.month), ("hour", NOW - NOW % 60 - 3600)):
                if name == "hour" and min(abs(cell["ts"] - since) for cell in cells) < 120:
                    continue  # a minute may have passed
                self.assertEqual(answer[name]["total"]["cost_nanousd"], self.expect(cells, since), name)
            self.assertEqual(answer["budgets"], [])

    def test_one_line_for_a_prompt(self):
        cells = [{"ts": NOW, "cost_nanousd": 1_234_560_000_000, "input_tokens": 20_000, "savings_nanousd": -10**9}]
        self.assertRegex(self.line(cells), r"\A\$1,234\.56 today, \$[\d,.]+/h, \$1,234\.56 this month\n\Z")
        self.assertRegex(self.line(cells, budgets=[budget("a", 12.5, "ok"), budget("b", 83.4, "warning"),
                                                   budget("c", None, "pending")]), r"month, b 83%\n\Z")
        self.assertEqual(self.line(cells, "--format", "{{{today}|{events}|{tokens}|{savings}|{budget}} 100%"),
                         "{$1,234.56|1|20.0k|-$1.00|} 100%\n")

    def test_what_is_not_known_or_assumed_is_marked(self):
        cells = [{"ts": NOW, "cost_nanousd": 10**9, "unpriced_events": 1, "savings_nanousd": 2 * 10**9,
                  "assumed_savings_nanousd": 1}]
        self.assertEqual(self.line(cells, "--format", "{today} {savings}"), "$1.00+ ~$2.00\n")
        cells[0]["cost_nanousd"] = 0
        self.assertEqual(self.line(cells, "--format", "{today} {month}"), "unpriced unpriced\n")

    def test_a_limit_that_is_not_reached_is_not_100_percent(self):
        near = {**budget("near", 99.96, "warning"), "share_percent": 100.0}
        self.assertEqual(self.line([], "--format", "{budget}", budgets=[near]), "near 99%\n")
        with Ledger([], now=NOW, budgets=[near, budget("at", 100.0, "breached")]) as peer:
            table = zreport("budgets", "--endpoint", peer.endpoint).stdout
        self.assertRegex(table, r"(?m)^near .* 99\.9% ")
        self.assertRegex(table, r"(?m)^at .* 100\.0% ")

    def test_where_is_asked(self):
        cells = self.cells()
        answer = json.loads(self.line(cells, "--json", "--where", "service=chat"))
        self.assertEqual(answer["month"]["total"]["cost_nanousd"], 10**6)

    def test_failure_is_two_words_within_a_second(self):
        start = time.monotonic()
        done = zreport("statusline", "--endpoint", NOWHERE)
        self.assertEqual((done.returncode, done.stdout), (1, "zcost ?\n"))
        self.assertRegex(done.stderr, r"\Azreport: no zcostd at [^\n]+\n\Z")
        self.assertLess(time.monotonic() - start, 1 + PATIENCE)
        with StandIn(b"\xc1") as peer:
            done = zreport("statusline", "--endpoint", peer.endpoint)
        self.assertEqual((done.returncode, done.stdout), (1, "zcost ?\n"))


class Budgets(TestCase):
    def ask(self, budgets, *args, **more):
        with Ledger([], now=NOW, budgets=budgets) as peer:
            done = zreport("budgets", *args, "--endpoint", peer.endpoint, **more)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def test_a_table_and_an_exit_status(self):
        status, table = self.ask([budget("all", 83.0, "warning"), budget("new", None, "pending")], columns=100)
        self.assertEqual(status, 0)
        self.assertRegex(table, r"(?m)^all +month +█{10} +83\.0% +\$83\.00 +\$100\.00 +\$166\.00 +warning$")
        self.assertRegex(table, r"(?m)^new +month +- +- +\$100\.00 +- +pending$")
        status, table = self.ask([budget("search", 200.0, "breached", where={"service": "search"})], columns=100)
        self.assertEqual(status, 3)
        self.assertRegex(table, r"(?m)^search .* breached +service search$")
        self.assertRegex(table, r"(?m)^! Breached +search: \$200\.00 of \$100\.00 spent$")

    def test_json_breaches_too(self):
        for state, expected in (("ok", 0), ("breached", 3)):
            status, text = self.ask([budget("a", 1.0, state)], "--json")
            self.assertEqual(status, expected)
            self.assertEqual(json.loads(text)["budgets"][0]["name"], "a")

    def test_none(self):
        self.assertEqual(self.ask([]), (0, "no budgets are configured\n"))

    def test_names_are_whole_where_80_columns_have_room(self):
        rows = [budget("everything", 12.0, "ok"), budget("search-eu", 50.0, "ok", where={"service": "search"})]
        table = self.ask(rows, columns=80)[1]
        self.assertRegex(table, r"(?m)^everything .* ok$")
        self.assertNotIn("…", table)

    def test_it_keeps_to_the_width(self):
        long = [budget("b" * 60, 99.9, "breached", where={"service": "s" * 100, "model": "日本" * 20}, limit=10**18)]
        for columns in (40, 60, 80, 120):
            for line in self.ask(long, columns=columns)[1].splitlines():
                self.assertLessEqual(sum(2 if ord(c) > 0x2e80 else 1 for c in line), columns, line)

    def test_the_real_daemon(self):
        config = ("budgets\n    all\n        limit_usd = 1\n        period = day\n"
                  "    search\n        limit_usd = 100\n        period = 24h\n"
                  "        where\n            service = search\n")
        daemon = self.daemon(config=config)
        daemon.push_events({"type": "llm_call", "service": "search", "cost": 0.75})
        daemon.settle(1)

        def ask():
            deadline = time.monotonic() + 10 * PATIENCE
            while True:
                done = zreport("budgets", "--json", "--endpoint", daemon.endpoint("query"))
                rows = {row["name"]: row for row in json.loads(done.stdout)["budgets"]}
                if all(row["state"] != "pending" for row in rows.values()) or time.monotonic() > deadline:
                    return done.returncode, rows
                time.sleep(0.1)
        status, rows = ask()
        self.assertEqual(status, 0)
        self.assertEqual((rows["all"]["spent_usd"], rows["search"]["spent_usd"]), ("0.750000000",) * 2)
        daemon.push_events({"type": "llm_call", "cost": 0.25})
        daemon.settle(2)
        deadline = time.monotonic() + 10 * PATIENCE
        while ask()[0] == 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        status, rows = ask()
        self.assertEqual((status, rows["all"]["state"], rows["search"]["state"]), (3, "breached", "ok"))


if __name__ == "__main__":
    unittest.main()
