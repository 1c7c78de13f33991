# SPDX-License-Identifier: MPL-2.0
"""The two old endpoints: whoever wrote for them finds the same keys, types and numbers at zboard."""
import datetime
import http.client
import json
import unittest

from board import COSTS, JSON, TRACK, BoardCase
from harness import seeded

try:
    from old_service import OldService
except ImportError:
    OldService = None


def random_event(rng):
    """Costs of whole tenths of a thousandth, so that both round the same amount alike."""
    kind = rng.choice(("query_router", "query_router", "embedding_cache", "rag_parallel"))
    event = {"type": kind}
    if kind == "query_router":
        if rng.random() < 0.9:
            event["tier"] = rng.choice(("simple", "medium", "complex"))
        if rng.random() < 0.95:
            event["cost"] = rng.choice((0, 1, 0.5, round(rng.random() / 20, 4), round(rng.random(), 4)))
    elif kind == "embedding_cache":
        if rng.random() < 0.9:
            event["hit"] = rng.random() < 0.7
    elif rng.random() < 0.6:
        event["time_saved_seconds"] = rng.choice((6.0, 6, 4.5, round(rng.uniform(1, 9), 3)))
    return event


@unittest.skipUnless(OldService, "needs FastAPI and uvicorn (python3-fastapi, python3-uvicorn)")
class OldEndpoints(BoardCase):
    timeout = 60

    def setUp(self):
        super().setUp()
        self.old = self.enterContext(OldService())
        self.zboard = self.board(self.daemon())
        self.clients = [http.client.HTTPConnection(service.host, service.port, timeout=30)
                        for service in (self.old, self.zboard)]
        for client in self.clients:
            self.addCleanup(client.close)

    def both(self, method, path, body=None):
        """The answer of the old one, and that of zboard, to the same request."""
        answers = []
        for client in self.clients:
            client.request(method, path, body, JSON if body else {})
            answer = client.getresponse()
            self.assertEqual(answer.getheader("Content-Type"), "application/json")
            answers.append((answer.status, json.loads(answer.read())))
        return answers

    def check_same(self, old, new, path=""):
        """All that the old one has is here, of the same type and value. There may be more."""
        self.assertIs(type(new), type(old), path)
        if isinstance(old, dict):
            self.assertLessEqual(old.keys(), new.keys(), path)
            for key in old:
                self.check_same(old[key], new[key], f"{path}/{key}")
        elif path == "/timestamp":
            times = [datetime.datetime.fromisoformat(text).replace(tzinfo=None) for text in (old, new)]
            self.assertLess(abs(times[0] - times[1]), datetime.timedelta(minutes=1))
        elif path == "/rag_parallel/avg_time_saved_seconds":
            self.assertAlmostEqual(old, new, delta=5.1e-5)  # which the old one did not round
        elif isinstance(old, float):
            self.assertAlmostEqual(old, new, delta=1e-9, msg=path)
        else:
            self.assertEqual(old, new, path)

    def check_costs(self):
        (old_status, old), (status, new) = self.both("GET", COSTS)
        self.assertEqual((old_status, status), (200, 200))
        self.check_same(old, new)

    def track(self, event):
        self.assertEqual(self.both("POST", TRACK, json.dumps(event)), [(200, {"status": "tracked"})] * 2)

    def test_before_anything_was_tracked(self):
        self.check_costs()

    def test_each_kind_of_event(self):
        for event in ({"type": "query_router", "tier": "simple", "cost": 0.0012},
                      {"type": "query_router", "tier": "medium", "cost": 0.01},
                      {"type": "query_router", "tier": "complex", "cost": 0.0304}, {"type": "query_router"},
                      {"type": "embedding_cache", "hit": True}, {"type": "embedding_cache", "hit": False},
                      {"type": "embedding_cache"}, {"type": "rag_parallel"},
                      {"type": "rag_parallel", "time_saved_seconds": 2.5},
                      {"type": "query_router", "tier": "complex", "cost": 100}):  # no savings are left
            self.track(event)
            self.check_costs()

    def test_many(self):
        rng = seeded(4)
        for i in range(300):
            self.track(random_event(rng))
            if i % 25 == 0:
                self.check_costs()
        self.check_costs()


if __name__ == "__main__":
    unittest.main()
