#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""A real trace of LLM calls, played with its own timestamps kept: what `zreport hourly` and `zreport series` tell of
it equals what is computed from the CSV alone."""
import csv
import datetime
import json
import unittest
from decimal import ROUND_HALF_EVEN, Decimal

import harness
from harness import SHARED_DATA

TIERS = (1000, 4000)
MODELS = {"simple": "gpt-4o-mini", "medium": "gpt-4.1-mini", "complex": "gpt-4o"}
CONFIG = """\
retention
    minutes = 5000d
    quarters = 5000d
store
    checkpoint_seconds = 0.1
"""
NANO = Decimal(1_000_000_000)


def milliseconds(text):
    """`2023-11-16 18:17:03.9799600`, UTC. Digits below a millisecond are cut: no bucket begins between two."""
    head, _, fraction = text.partition(".")
    whole = datetime.datetime.fromisoformat(head).replace(tzinfo=datetime.timezone.utc)
    return int(whole.timestamp()) * 1000 + int((fraction + "000")[:3])


class Trace:
    def __init__(self, lines, prices):
        self.rows = []
        rates = json.loads(prices, parse_float=Decimal, parse_int=Decimal)
        for row in csv.DictReader(lines):
            asked, made = int(row["ContextTokens"]), int(row["GeneratedTokens"])
            tier = "simple" if asked < TIERS[0] else "medium" if asked < TIERS[1] else "complex"

            def nano(model):
                exact = asked * rates[model]["input_cost_per_token"] + made * rates[model]["output_cost_per_token"]
                return int((exact * NANO).quantize(Decimal(1), ROUND_HALF_EVEN))

            self.rows.append({"ts": milliseconds(row["TIMESTAMP"]), "tier": tier, "events": 1,
                              "cost_nanousd": nano(MODELS[tier]), "baseline_nanousd": nano("gpt-4o"),
                              "input_tokens": asked, "output_tokens": made})

    def sums(self, size_ms, by=()):
        """(start, values of by...) -> what is summed."""
        found = {}
        for row in self.rows:
            key = (row["ts"] // size_ms * size_ms, *(row[name] for name in by))
            sums = found.setdefault(key, dict.fromkeys(FIELDS, 0))
            for name in FIELDS:
                sums[name] += row[name]
        return found


FIELDS = ("events", "cost_nanousd", "baseline_nanousd", "input_tokens", "output_tokens")


class Azure(harness.TestCase):
    timeout = 100

    def setUp(self):
        super().setUp()
        if not (SHARED_DATA / "azure_code.csv").exists():
            self.skipTest("no ../shared/data/azure_code.csv beside the checkout")
        prices = (SHARED_DATA / "prices.json").read_text()
        with open(SHARED_DATA / "azure_code.csv", newline="") as lines:
            self.trace = Trace(lines, prices)
        self.zcostd = self.daemon(config=CONFIG, prices=prices)
        done = harness.run("zreplay", "--keep-time", "--tiers", "{},{}".format(*TIERS), "--endpoint",
                           self.zcostd.endpoint("ingest"), "--publish", self.zcostd.endpoint("publish"),
                           SHARED_DATA / "azure_code.csv", timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.zcostd.settle(len(self.trace.rows))

    def zreport(self, *words):
        done = harness.run("zreport", *words, "--json", "--endpoint", self.zcostd.endpoint("query"), timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def window(self):
        """The whole hours that hold the trace, as arguments."""
        first = self.trace.rows[0]["ts"] // 3_600_000 * 3600
        last = -(-(self.trace.rows[-1]["ts"] + 1) // 3_600_000) * 3600
        return "--since", f"@{first}", "--until", f"@{last}"

    def told(self, row):
        return {name: row[name] for name in FIELDS}

    def test_hourly_by_tier(self):
        answer = self.zreport("hourly", "--by", "tier", "--timezone", "UTC", *self.window())
        shown = {(period["since"], row["tier"]): self.told(row)
                 for period in answer["periods"] for row in period["rows"]}
        self.assertEqual(shown, self.trace.sums(3_600_000, ("tier",)))

    def test_series_of_minutes(self):
        answer = self.zreport("series", "--step", "60", *self.window())
        self.assertEqual(answer["step"], 60)
        row, = answer["rows"]
        self.assertEqual({(point["t"],): self.told(point) for point in row["points"]}, self.trace.sums(60_000))

    def test_over_the_bus(self):
        """The same without zreport between, after a crash."""
        self.zcostd.restart()
        first, last = self.trace.rows[0]["ts"], self.trace.rows[-1]["ts"]
        answer = self.zcostd.ask("series", by=["tier"], step=60, since=first, until=last + 1)
        shown = {(point["t"], row["tier"]): self.told(point) for row in answer["rows"] for point in row["points"]}
        self.assertEqual((answer["step"], shown), (60, self.trace.sums(60_000, ("tier",))))
        answer = self.zcostd.ask("breakdown", by=["tier", "model"], since=first, until=last + 1)
        total = self.trace.sums(1 << 50)
        self.assertEqual({(0,): self.told(answer["total"])}, total)
        self.assertEqual({row["tier"]: row["model"] for row in answer["rows"]}, MODELS)


if __name__ == "__main__":
    unittest.main()
