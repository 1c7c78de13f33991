# SPDX-License-Identifier: MPL-2.0
"""Budgets: what was spent in which period, and each threshold that is passed told once, by a real daemon."""
import sqlite3
import time
import unittest
from datetime import timedelta
from decimal import Decimal

from budgets import (BUDGET_KEYS, MINUTE_MS, Alerts, Budgets, conf, fake_clock, in_zone, needs_fake_clock,
                     noon_zone)
from durable import NEVER, OFTEN
from harness import PATIENCE, now_ms, run, seeded


class Thresholds(Budgets):
    def test_each_is_told_once_with_what_was_spent_then(self):
        zcostd = self.daemon(config=conf(team=dict(limit_usd=10, period="day", timezone=noon_zone())))
        alerts = Alerts(zcostd)
        self.spend(zcostd, 4)
        self.assertEqual(self.wait_spent(zcostd, 4)["state"], "ok")
        self.spend(zcostd, 1.000000001)
        first = alerts.next()
        self.spend(zcostd, 20)
        second, third = alerts.next(), alerts.next()
        budget = self.wait_spent(zcostd, "25.000000001")
        self.assertEqual(list(first), ["id", "budget", "threshold_percent", "share_percent", "spent_nanousd",
                                       "spent_usd", "limit_nanousd", "limit_usd", "period", "timezone", "since",
                                       "until", "at",
                                       "instance"])
        since_s = budget["since"] // 1000
        for alert, percent, spent in ((first, 50, 5_000_000_001), (second, 80, 25_000_000_001),
                                      (third, 100, 25_000_000_001)):
            at = alert.pop("at")
            self.assertLess(abs(at - now_ms()), 20_000 * PATIENCE)
            self.assertEqual(alert, {
                "id": f"team/{since_s}/{percent}", "budget": "team", "threshold_percent": percent,
                "share_percent": 50.0 if percent == 50 else 250.0, "spent_nanousd": spent,
                "spent_usd": f"{Decimal(spent).scaleb(-9):.9f}", "limit_nanousd": 10 ** 10, "limit_usd": "10.000000000",
                "period": "day", "timezone": noon_zone(), "since": budget["since"], "until": budget["until"],
                "instance": zcostd.health()["instance"]})
            told = next(each for each in budget["thresholds"] if each["percent"] == percent)
            self.assertEqual(told, {"percent": percent, "passed": True, "at": at})
        self.spend(zcostd, 20)
        self.wait_spent(zcostd, "45.000000001")
        alerts.assert_none()

    def test_the_answer_has_the_shape_of_the_contract(self):
        zone = noon_zone()
        zcostd = self.daemon(config=conf(
            team=dict(limit_usd=200, period="day", timezone=zone, thresholds="10 150",
                      where=dict(service="search", model="m")),
            hours=dict(limit_usd="0.5", period="36h"), none=dict(limit_usd=1, period="month")))
        self.spend(zcostd, 30, service="search", model="m")
        self.wait_spent(zcostd, 30, "team")
        team, hours, none = zcostd.ask("budgets")["budgets"]
        for budget in (team, hours, none):
            self.assertEqual(list(budget), BUDGET_KEYS)
        day = in_zone(now_ms(), zone).replace(hour=0, minute=0, second=0, microsecond=0)
        self.assertEqual((team["name"], team["period"], team["timezone"], team["where"], team["since"], team["until"]),
                         ("team", "day", zone, {"service": "search", "model": "m"}, day.timestamp() * 1000,
                          (day + timedelta(days=1)).timestamp() * 1000))
        self.assertEqual((team["spent_usd"], team["limit_usd"], team["share_percent"], team["state"]),
                         ("30.000000000", "200.000000000", 15.0, "warning"))
        part = (now_ms() - team["since"]) / (team["until"] - team["since"])
        self.assertAlmostEqual(float(team["projected_usd"]), 30 / part, delta=0.5)
        self.assertEqual([each["percent"] for each in team["thresholds"]], [10, 150])
        self.assertEqual((hours["period"], hours["state"], hours["projected_usd"]), ("36h", "breached", "30.000000000"))
        self.assertEqual(hours["until"] - hours["since"], 36 * 60 * MINUTE_MS)
        self.assertEqual(hours["until"] % MINUTE_MS, 0)
        self.assertLessEqual(abs(hours["until"] - now_ms()), 2 * MINUTE_MS)
        self.assertEqual(none["timezone"], "UTC")

    def test_an_alert_waits_for_its_first_subscriber(self):
        zcostd = self.daemon(config=conf(team=dict(limit_usd=10, period="day", timezone=noon_zone())))
        self.spend(zcostd, 9)
        budget = self.wait_spent(zcostd, 9)
        self.assertEqual(budget["state"], "warning")
        zcostd.subscribe(b"snapshot").recv_multipart()  # another topic's is none
        time.sleep(2.5)
        alerts = Alerts(zcostd)
        self.assertEqual([alerts.next()["threshold_percent"] for _ in range(2)], [50, 80])
        Alerts(zcostd).assert_none()
        alerts.assert_none(0)

    def test_budgets_in_memory_only(self):
        budget = conf(team=dict(limit_usd=10, period="day", timezone=noon_zone()))
        zcostd = self.daemon(data=None, config=OFTEN + budget)
        alerts = Alerts(zcostd)
        for _ in range(10):
            self.spend(zcostd, 0.6)
            time.sleep(0.06)  # a checkpoint in between
        self.assertEqual(alerts.next()["threshold_percent"], 50)
        self.wait_spent(zcostd, 6)
        alerts.assert_none()

    def test_no_budgets(self):
        self.assertEqual(self.daemon().ask("budgets"), {"budgets": []})


class Sums(Budgets):
    FILTERS = dict(all={}, service=dict(service="search"), other=dict(service="nobody"), model=dict(model="org/m-1"),
                   provider=dict(provider="azure"), tier=dict(tier="complex"), type=dict(type="llm_call"),
                   tag=dict(team="core"), two=dict(team="core", region="eu west"),
                   all_of=dict(service="search", model="org/m-1", team="core", type="llm_call"))

    def events(self, rng, count):
        """Events of a month and the days around it, stamped."""
        now = now_ms()
        for _ in range(count):
            event = {"type": rng.choice(("llm_call", "query_router")), "cost": rng.randrange(10 ** 9) / 1e9,
                     "ts": now - rng.randrange(50 * 24 * 60) * MINUTE_MS}
            if rng.random() < 0.7:
                event["service"] = rng.choice(("search", "chat"))
            if rng.random() < 0.7:
                event["model"] = rng.choice(("org/m-1", "m-2"))
            if rng.random() < 0.5:
                event["provider"] = rng.choice(("azure", "openai"))
            if rng.random() < 0.7:
                event["tags"] = {name: rng.choice(values) for name, values in
                                 (("team", ("core", "web")), ("region", ("eu west", "us")), ("unknown", ("x",)))
                                 if rng.random() < 0.7}
            if event["type"] == "query_router":
                event["tier"] = rng.choice(("simple", "complex"))
            yield event

    @staticmethod
    def takes_in(budget, event):
        values = {"service": "default", "model": "", "provider": "", "tier": "", **event, **event.get("tags", {})}
        return budget["since"] <= event["ts"] < budget["until"] and \
            all(values.get(name) == value for name, value in budget["where"].items())

    def check(self, zcostd, events):
        for budget in self.wait_known(zcostd):
            expected = sum(round(event["cost"] * 1e9) for event in events if self.takes_in(budget, event))
            with self.subTest(budget=budget["name"], where=budget["where"]):
                self.assertEqual(budget["spent_nanousd"], expected)
                self.assertEqual(Decimal(budget["spent_usd"]), Decimal(expected).scaleb(-9))

    def budgets(self, period, zone):
        limit = dict(limit_usd=10 ** 9, period=period, timezone=zone)
        return conf(tags=("region", "team"), **{f"{period}-{name}": dict(limit, where=where)
                                                 for name, where in self.FILTERS.items()})

    def run_one(self, period, before, seed):
        rng = seeded(seed)
        zcostd = self.daemon(config=before + self.budgets(period, noon_zone() if period == "day" else "Asia/Kathmandu"))
        sent = []
        for _ in range(4):
            batch = list(self.events(rng, 500))
            sent += batch
            zcostd.push_events(*batch)
            zcostd.settle(len(sent))
            time.sleep(1.5)  # a look
            self.check(zcostd, sent)
        zcostd.restart()
        self.check(zcostd, sent)

    def test_filters_tags_and_periods_are_exact_in_memory(self):
        self.run_one("day", NEVER, 1)

    def test_filters_tags_and_periods_are_exact_over_checkpoints(self):
        self.run_one("month", OFTEN, 2)

    def test_hours_are_exact(self):
        self.run_one("720h", OFTEN, 3)

    def test_what_is_stamped_ahead_counts_in_its_own_day(self):
        zone = noon_zone()
        zcostd = self.daemon(config=conf(team=dict(limit_usd=10, period="day", timezone=zone)))
        self.spend(zcostd, 1)
        until = self.wait_spent(zcostd, 1)["until"]
        self.spend(zcostd, 2, ts=until - 1)
        self.spend(zcostd, 4, ts=until)
        self.wait_spent(zcostd, 3)
        zcostd.settle(3)
        time.sleep(1.5)
        self.assertEqual(self.budget(zcostd)["spent_usd"], "3.000000000")


class Restarts(Budgets):
    timeout = 120

    def test_one_that_cannot_be_summed_is_told_in_the_log(self):
        """Once; it is asked for again until it can be."""
        zcostd = self.daemon(config=conf(team=dict(limit_usd=10, period="day", timezone=noon_zone())))
        zcostd.push_events({"type": "llm_call", "cost": 3, "ts": now_ms() - 3 * 60 * MINUTE_MS})  # not the last hour's
        self.wait_spent(zcostd, 3)
        zcostd.stop()
        self.move_keys(zcostd, 1000)
        zcostd.start()
        line = zcostd.wait_log("budget_not_summed", timeout=5)
        self.assertEqual(line["budget"], "team")
        self.assertIn("damaged", line["reason"])
        time.sleep(2.5)
        self.assertEqual(zcostd.ask("budgets")["budgets"][0]["state"], "pending")
        self.move_keys(zcostd, -1000)
        self.wait_spent(zcostd, 3)
        self.assertEqual([line.get("event") for line in zcostd.log].count("budget_not_summed"), 1)

    @staticmethod
    def move_keys(zcostd, by):
        with sqlite3.connect(zcostd.data / "ledger.db", timeout=10) as db:
            for table in ("minute", "quarter", "day"):
                db.execute(f"UPDATE {table} SET key = key + {by}")
        db.close()

    def config(self, before="", **more):
        return before + conf(team=dict({"limit_usd": 100, "period": "day", "timezone": noon_zone()}, **more))

    def test_an_alert_that_was_told_is_not_repeated(self):
        for before in (NEVER, OFTEN):
            with self.subTest(before=before):
                zcostd = self.daemon(config=self.config(before))
                alerts = Alerts(zcostd)
                self.spend(zcostd, 60)
                self.assertEqual(alerts.next()["threshold_percent"], 50)
                told = self.budget(zcostd)["thresholds"]
                zcostd.restart()
                alerts = Alerts(zcostd)
                alerts.assert_none()
                self.assertEqual(self.wait_spent(zcostd, 60)["thresholds"], told)
                self.spend(zcostd, 20)
                self.assertEqual(alerts.next()["threshold_percent"], 80)
                zcostd.stop()
                zcostd.start()
                Alerts(zcostd).assert_none()

    def test_an_alert_that_nobody_heard_is_told_after_a_restart(self):
        for before in (NEVER, OFTEN):
            with self.subTest(before=before):
                zcostd = self.daemon(config=self.config(before))
                self.spend(zcostd, 60)
                zcostd.wait_log("budget_threshold", budget="team", percent="50")
                at = self.budget(zcostd)["thresholds"][0]["at"]
                zcostd.restart()
                self.wait_spent(zcostd, 60)
                alert = Alerts(zcostd).next()
                self.assertEqual((alert["threshold_percent"], alert["at"], alert["spent_usd"]),
                                 (50, at, "60.000000000"))
                self.assertNotIn("budget_threshold", zcostd.log_text())

    def test_a_threshold_that_nobody_looked_at_is_told_after_a_restart(self):
        for before in (NEVER, OFTEN):
            with self.subTest(before=before):
                zcostd = self.daemon(config=self.config(before))
                self.spend(zcostd, 60)
                zcostd.settle(1)
                zcostd.crash()  # mostly before the tick
                zcostd.start()
                alerts = Alerts(zcostd)
                self.assertEqual(alerts.next()["threshold_percent"], 50)
                alerts.assert_none()

    def test_many_kills_neither_repeat_nor_miss_one(self):
        rng = seeded(5)
        percents = list(range(10, 90, 10))
        zcostd = self.daemon(config=self.config("store\n    checkpoint_seconds = 0.7\n",
                                                thresholds=" ".join(map(str, percents))))
        heard = []
        for _ in percents:
            alerts = Alerts(zcostd)
            time.sleep(rng.uniform(0, 0.5))
            self.spend(zcostd, 10)
            zcostd.wait_health(lambda health: health["journal"]["unsynced_bytes"] == 0)
            time.sleep(rng.uniform(0, 2.5))
            zcostd.crash()
            heard += alerts.drain()
            zcostd.start()
        heard += Alerts(zcostd).drain(3)
        self.assertEqual(self.wait_spent(zcostd, 80)["state"], "warning")
        self.assertEqual([alert["threshold_percent"] for alert in heard], percents)

    def test_another_limit(self):
        zcostd = self.daemon(config=self.config())
        alerts = Alerts(zcostd)
        self.spend(zcostd, 90)
        self.assertEqual([alerts.next()["threshold_percent"] for _ in range(2)], [50, 80])
        zcostd.crash()
        zcostd.config_path.write_text(self.config(limit_usd=150))
        zcostd.start()
        alerts = Alerts(zcostd)
        alerts.assert_none()  # 50 % is still passed, 80 % is not any more
        self.assertEqual([each["passed"] for each in self.wait_spent(zcostd, 90)["thresholds"]], [True, False, False])
        self.spend(zcostd, 30)
        self.assertEqual(alerts.next()["threshold_percent"], 80)

    def test_a_budget_that_is_new_knows_what_was_spent_before(self):
        zcostd = self.daemon(config="")
        self.spend(zcostd, 60)
        zcostd.settle(1)
        zcostd.stop()
        zcostd.config_path.write_text(self.config())
        zcostd.start()
        alerts = Alerts(zcostd)
        self.assertEqual(alerts.next()["spent_usd"], "60.000000000")
        zcostd.stop()
        zcostd.config_path.write_text("")
        zcostd.start()  # its alerts are of no budget any more
        self.assertEqual(zcostd.ask("budgets"), {"budgets": []})


@needs_fake_clock
class Calendar(Budgets):
    """The daemon's clock is set by libfaketime; it runs on from there."""
    timeout = 60

    def start_at(self, zone, text, **budget):
        """A daemon whose clock shows this local time now; .ahead_ms: how much its clock is ahead of ours."""
        env, ahead_ms = fake_clock(zone, text)
        zcostd = self.daemon(env=env, config=conf(team=dict(dict(limit_usd=10, timezone=zone), **budget)))
        zcostd.ahead_ms = ahead_ms
        return zcostd

    def until(self, zcostd, at_ms):
        """Sleeps until the daemon's clock shows this."""
        time.sleep(max(0, at_ms - now_ms() - zcostd.ahead_ms) / 1000)

    def over_the_end(self, zone, last_second, period):
        """Spends before and after the end of a period that is some seconds ahead."""
        zcostd = self.start_at(zone, last_second, period=period)
        alerts = Alerts(zcostd)
        self.spend(zcostd, 6)
        before = self.wait_spent(zcostd, 6)
        first = alerts.next()
        self.assertEqual(first["id"], f"team/{before['since'] // 1000}/50")
        self.until(zcostd, before["until"])
        after = self.wait_budget(zcostd, lambda budget: budget["since"] == before["until"] and
                                 budget["state"] != "pending")
        self.assertEqual((after["spent_nanousd"], after["state"]), (0, "ok"))
        self.assertEqual([each["passed"] for each in after["thresholds"]], [False] * 3)
        self.spend(zcostd, 7)
        self.assertEqual(alerts.next()["id"], f"team/{after['since'] // 1000}/50")
        zcostd.restart()
        self.wait_spent(zcostd, 7)
        Alerts(zcostd).assert_none()
        return before, after

    def test_midnight(self):
        before, after = self.over_the_end("Europe/Madrid", "2026-06-30 23:59:52", "day")
        self.assertEqual(str(in_zone(after["since"], "Europe/Madrid")), "2026-07-01 00:00:00+02:00")
        self.assertEqual(after["until"] - after["since"], 86_400_000)

    def test_the_end_of_a_month(self):
        before, after = self.over_the_end("Asia/Kathmandu", "2027-02-28 23:59:52", "month")
        self.assertEqual(str(in_zone(before["since"], "Asia/Kathmandu")), "2027-02-01 00:00:00+05:45")
        self.assertEqual(str(in_zone(after["since"], "Asia/Kathmandu")), "2027-03-01 00:00:00+05:45")
        self.assertEqual(str(in_zone(after["until"], "Asia/Kathmandu")), "2027-04-01 00:00:00+05:45")

    def test_the_end_of_a_year(self):
        self.over_the_end("UTC", "2026-12-31 23:59:52", "month")

    def test_days_of_23_and_25_hours(self):
        for zone, text, hours in (("Europe/Madrid", "2027-03-28 12:00:00", 23),
                                  ("Europe/Madrid", "2026-10-25 12:00:00", 25),
                                  ("Australia/Lord_Howe", "2027-04-04 12:00:00", 24.5)):
            with self.subTest(zone=zone, text=text):
                zcostd = self.start_at(zone, text, period="day")
                day = self.wait_known(zcostd)[0]
                self.assertEqual(day["until"] - day["since"], hours * 3_600_000)
                for at in (day["since"] - 1, day["since"], day["until"] - 1, day["until"]):
                    self.spend(zcostd, 1, ts=at)
                self.wait_spent(zcostd, 2)

    def test_a_threshold_passed_in_the_last_moment_is_told(self):
        for early_ms in (1100, 700, 300):
            with self.subTest(early_ms=early_ms):
                zcostd = self.start_at("Europe/Madrid", "2026-06-30 23:59:56", period="day")
                alerts = Alerts(zcostd)
                midnight = self.wait_known(zcostd)[0]["until"]
                self.until(zcostd, midnight - early_ms)
                self.spend(zcostd, 6)
                alert = alerts.next()
                self.assertEqual((alert["threshold_percent"], alert["until"]), (50, midnight))
                self.assertEqual(self.wait_budget(zcostd, lambda budget: budget["since"] == midnight and
                                                  budget["state"] != "pending")["spent_nanousd"], 0)

    def test_down_over_midnight(self):
        zcostd = self.start_at("Europe/Madrid", "2026-06-30 23:59:55", period="day")
        self.spend(zcostd, 6)
        before = self.wait_spent(zcostd, 6)
        zcostd.crash()
        self.until(zcostd, before["until"] + 100)
        zcostd.start()
        alerts = Alerts(zcostd)
        after = self.wait_known(zcostd)[0]
        self.assertEqual((after["since"], after["spent_nanousd"]), (before["until"], 0))
        alerts.assert_none()  # that nobody heard of the day before is of no use any more
        self.spend(zcostd, 5)
        self.assertEqual(alerts.next()["since"], after["since"])

    def test_hours_roll(self):
        """60 times as fast: what was spent leaves the last hour, and the threshold is passed again."""
        env, ahead_ms = fake_clock("UTC", "2026-07-01 11:59:30", rate=60)
        zcostd = self.daemon(env=env, config=OFTEN + conf(team=dict(limit_usd=10, period="1h", thresholds="50")))
        start = now_ms()

        def clock():  # the daemon's, to some seconds
            return start + ahead_ms + (now_ms() - start) * 60
        alerts = Alerts(zcostd)
        self.spend(zcostd, 6, ts=clock() - 40 * MINUTE_MS)
        first = alerts.next()
        self.assertEqual((first["spent_usd"], first["period"]), ("6.000000000", "1h"))
        self.assertEqual(first["until"] - first["since"], 60 * MINUTE_MS)
        self.spend(zcostd, 1, ts=clock() - 30 * MINUTE_MS)
        self.wait_spent(zcostd, 7)
        self.wait_spent(zcostd, 1, timeout=30)  # 6 USD are more than an hour old
        budget = self.wait_spent(zcostd, 0, timeout=20)
        self.assertEqual((budget["state"], budget["thresholds"][0]["passed"]), ("ok", False))
        self.spend(zcostd, 5)
        second = alerts.next()
        self.assertNotEqual(second["id"], first["id"])
        self.assertEqual(second["spent_usd"], "5.000000000")
        alerts.assert_none()

    def test_hours_that_rolled_while_it_was_down(self):
        env, _ = fake_clock("UTC", "2026-07-01 12:00:10")
        zcostd = self.daemon(env=env, config=conf(team=dict(limit_usd=10, period="2h")))
        self.spend(zcostd, 9)
        alerts = Alerts(zcostd)
        self.assertEqual([alerts.next()["threshold_percent"] for _ in range(2)], [50, 80])
        for text, spent in (("2026-07-01 13:58:10", "9"), ("2026-07-01 14:01:10", "0")):
            zcostd.crash()
            zcostd.env.update(fake_clock("UTC", text)[0])
            zcostd.start()
            self.wait_spent(zcostd, spent)
            alerts = Alerts(zcostd)
            alerts.assert_none()
        self.spend(zcostd, 5)
        self.assertEqual(alerts.next()["threshold_percent"], 50)


class Zreport(Budgets):
    def test_it_exits_with_3_when_one_is_breached(self):
        zcostd = self.daemon(config=conf(team=dict(limit_usd=10, period="day", timezone=noon_zone()),
                                         calm=dict(limit_usd=1000, period="day", timezone=noon_zone())))
        self.wait_known(zcostd)
        for spend, code, state in ((9, 0, "warning"), (1, 3, "breached")):
            self.spend(zcostd, spend)
            self.wait_budget(zcostd, lambda budget: budget["state"] == state)
            result = run("zreport", "budgets", "--endpoint", zcostd.endpoint("query"))
            if "unknown command" in result.stderr:
                self.skipTest("this zreport has no budgets")
            self.assertEqual(result.returncode, code, result.stdout + result.stderr)
            self.assertIn("team", result.stdout)
            self.assertIn("calm", result.stdout)


if __name__ == "__main__":
    unittest.main()
