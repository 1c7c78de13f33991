# SPDX-License-Identifier: MPL-2.0
"""What the report of a played Azure LLM inference trace must show, from the CSV and the price
table alone: an event costs input * rate + output * rate, rounded half to even to the nano-dollar.

Shares nothing with zcost, and nothing with oracle.py: the two check each other.
"""
import csv
import json
from decimal import ROUND_HALF_EVEN, Decimal

NANO = Decimal("1e-9")


class AzureOracle:
    """tier_models: tier -> model. limits: (A, B) as --tiers takes them."""

    def __init__(self, lines, prices_text, limits, tier_models, baseline="gpt-4o"):
        prices = json.loads(prices_text, parse_float=Decimal, parse_int=Decimal)

        def cost(model, row):
            rates = prices[model]
            exact = (int(row["ContextTokens"]) * rates["input_cost_per_token"]
                     + int(row["GeneratedTokens"]) * rates["output_cost_per_token"])
            return exact.quantize(NANO, ROUND_HALF_EVEN)

        self.rows = 0
        self.total = self.baseline = Decimal(0)
        self.tiers = {tier: [0, Decimal(0)] for tier in tier_models}
        for row in csv.DictReader(lines):
            size = int(row["ContextTokens"])
            tier = "simple" if size < limits[0] else "medium" if size < limits[1] else "complex"
            spent = cost(tier_models[tier], row)
            self.rows += 1
            self.total += spent
            self.baseline += cost(baseline, row)
            self.tiers[tier][0] += 1
            self.tiers[tier][1] += spent

    def check(self, test, report):
        """The exact strings of a report, decoded from msgpack or JSON."""
        router = report["query_router"]
        test.assertEqual(report["zcost"]["events"]["accepted"], self.rows)
        test.assertEqual(router["total_queries"], self.rows)
        test.assertEqual(router["unpriced_queries"], 0)
        test.assertEqual(router["total_cost_usd"], f"{self.total:.9f}")
        test.assertEqual(router["net_savings_usd"], f"{self.baseline - self.total:.9f}")
        shown = {tier: (row["queries"], row["cost_usd"]) for tier, row in router["cost_breakdown"].items()}
        test.assertEqual(shown, {tier: (queries, f"{spent:.9f}") for tier, (queries, spent) in self.tiers.items()})
