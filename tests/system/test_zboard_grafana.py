# SPDX-License-Identifier: MPL-2.0
"""tools/zboard/grafana.json: its panels ask what Prometheus takes, about metrics that there are."""
import json
import re
import shutil
import time
import unittest

import harness
from board import TOKEN, BoardCase, deadline_in
from test_zboard_metrics import PrometheusServer

DASHBOARD = harness.ROOT / "tools/zboard/grafana.json"
VARIABLES = (("$__range", "5m"), ("$__rate_interval", "10s"), ("$job", ".*"))
EVENTS = ({"type": "llm_call", "cost": 0.125, "model": "m", "latency_ms": 20}, {"type": "guess"},
          {"type": "llm_call", "model": "unknown", "input_tokens": 5}, {"type": "embedding_cache", "hit": True},
          {"type": "query_router", "tier": "simple", "input_tokens": 9}, {"type": "rag_parallel"})


class Dashboard(BoardCase):
    timeout = 60

    def setUp(self):
        super().setUp()
        if not shutil.which("prometheus"):
            self.skipTest("no Prometheus here")

    def test_its_questions_are_answered(self):
        panels = json.loads(DASHBOARD.read_text())["panels"]
        asked = [target["expr"] for panel in panels for target in panel.get("targets", ())]
        self.assertGreater(len(asked), 25)
        prometheus = PrometheusServer()
        self.addCleanup(prometheus.end)
        zcostd = self.daemon(config="budgets\n    all\n        limit_usd = 5\n        period = day\n")
        zboard = self.board(zcostd, "--token-file", prometheus.dir / "token", listen=prometheus.target)
        zcostd.push_events(*EVENTS)
        zcostd.settle(len(EVENTS))
        deadline = deadline_in(20)
        while not prometheus.query("zcost_budget_spent_usd"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        text = zboard.get("/metrics", {"Authorization": "Bearer " + TOKEN}).text
        names = set(re.findall(r"^(\w+)[{ ]", text, re.M))
        for question in asked:
            with self.subTest(question):
                self.assertEqual(set(re.findall(r"\b(?:zcost|zboard|process)_\w+", question)) - names, set())
                for name, value in VARIABLES:
                    question = question.replace(name, value)
                self.assertNotIn("$", question)
                self.assertIsNotNone(prometheus.query(question))  # None: it was refused
        version, = (panel for panel in panels if panel["title"] == "Version")
        labels = [set(labels) for labels, _ in prometheus.query(version["targets"][0]["expr"].replace("$job", ".*"))]
        self.assertEqual(labels, [set(re.findall(r"{{(\w+)}}", version["targets"][0]["legendFormat"]))])
        up, = (panel["targets"][0]["expr"].replace("$job", ".*") for panel in panels if panel["title"] == "zcostd")
        self.assertEqual(prometheus.query(up), [({}, 1)])
        zboard.kill()
        deadline = deadline_in(20)
        while prometheus.query(up) != [({}, 0)]:  # who is not asked is not up
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def test_a_single_number_is_of_now(self):
        panels = json.loads(DASHBOARD.read_text())["panels"]
        targets = [target for panel in panels if panel["type"] == "stat" for target in panel["targets"]]
        self.assertGreater(len(targets), 10)
        self.assertEqual([target["expr"] for target in targets if not target.get("instant")], [])

    def test_each_panel_has_a_place_of_its_own(self):
        panels = json.loads(DASHBOARD.read_text())["panels"]
        taken = set()
        for panel in panels:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            self.assertEqual(cells & taken, set(), panel["title"])
            self.assertLessEqual(at["x"] + at["w"], 24)
            taken |= cells
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))


if __name__ == "__main__":
    unittest.main()
