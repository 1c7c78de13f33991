#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""p50, p95 and p99 are within 1/128 of the exact latency of their rank: of every shape of distribution, in every
window and group, and after all the merging that a restart and a change of bucket sizes brings."""
import http.client
import http.server
import threading
import time
import unittest

from harness import now_ms, seeded
from question_oracle import LATENCY_ERROR, measures
from questions import DAY_MS, HOUR_MS, MINUTE_MS, NEVER, OFTEN, Case

EVENTS = 4_000
KINDS = ("query_router", "llm_call", "embedding_cache")


def log_normal(rng):
    return rng.lognormvariate(5, 1.1)


def bimodal(rng):
    return rng.gauss(20, 2) if rng.random() < 0.7 else rng.gauss(4000, 300)


def constant(_):
    return 812.345


def heavy_tailed(rng):
    return min(rng.paretovariate(0.6), 1e9)


def uniform(rng):
    return rng.random() * 1000


def at_edges_of_bins(rng):
    """Powers of two of microseconds and of 1/64 above them, and their neighbours: where a bin begins or ends."""
    power = 2 ** rng.randrange(0, 39)
    return max(0, power + rng.randrange(64) * power // 64 + rng.choice((-1, 0, 1))) / 1000


def extremes(rng):
    return rng.choice((0, 0.0, 0.0004, 0.001, 0.127, 0.128, 1e9, 999_999_999.999, 5))


def two_values(rng):
    """The rank of each quantile lies right beside the step."""
    return 10 if rng.random() < 0.95 else 10_000


def geometric(rng):
    """As many in each doubling as in any other."""
    return 1.003 ** rng.randrange(5000)


SHAPES = {shape.__name__: shape for shape in (log_normal, bimodal, constant, heavy_tailed, uniform, at_edges_of_bins,
                                              extremes, two_values, geometric)}


def latencies(seed, spans, count=EVENTS):
    """Each shape is a service; its events are spread over time and tiers."""
    rng, now = seeded(seed), now_ms()
    return [{"type": rng.choice(KINDS), "service": name, "ts": now - rng.randrange(rng.choice(spans)),
             "latency_ms": max(0, shape(rng)), "provider": rng.choice("ab")}
            for name, shape in SHAPES.items() for _ in range(count // len(SHAPES))]


class Latency(Case):
    """Case.breakdown and Case.series compare each quantile with that of the exact rank."""

    def ask_all(self):
        now = now_ms()
        for since in (None, now - 2 * HOUR_MS, now - 40 * HOUR_MS, now - 30 * DAY_MS, now - 450 * DAY_MS):
            for by in ((), ("service",), ("service", "type"), ("provider",)):
                self.breakdown(by, since)
            self.breakdown(("service",), since, now - HOUR_MS)
        self.series(86400, ("service",))
        self.series(3600, ("service",), now - 40 * HOUR_MS)
        self.series(60, (), now - 2 * HOUR_MS)

    def test_of_every_shape_in_memory(self):
        self.start(NEVER, events=latencies(1, (10 * MINUTE_MS, HOUR_MS, 45 * HOUR_MS)))
        self.ask_all()

    def test_of_every_shape_where_nothing_is_kept(self):
        self.start(data=None, events=latencies(2, (HOUR_MS, 300 * DAY_MS)))
        self.ask_all()

    def test_after_restarts_and_merges_of_levels(self):
        self.start(OFTEN)
        for part in range(4):
            self.send(latencies(3 + part, (2 * HOUR_MS, 40 * HOUR_MS, 70 * HOUR_MS, 30 * DAY_MS, 500 * DAY_MS), 1800))
            if part % 2:
                self.wait_stored()
            self.zcostd.restart()
        self.ask_all()
        self.wait_stored()
        self.ask_all()

    def test_of_one_two_and_three_events(self):
        self.start()
        now = now_ms()
        for count, values in ((1, [7.5]), (2, [1, 1000]), (3, [5, 1, 300])):
            self.send([{"type": "llm_call", "service": f"n{count}", "ts": now, "latency_ms": value}
                       for value in values])
        answer = self.breakdown(("service",))
        shown = {row["service"]: [row[f"latency_ms_p{q}"] for q in (50, 95, 99)] for row in answer["rows"]}
        for name, exact in (("n1", [7.5] * 3), ("n2", [1] * 3), ("n3", [5] * 3)):  # floor (q * (n - 1))
            for shown_ms, exact_ms in zip(shown[name], exact):
                self.assertAlmostEqual(shown_ms, exact_ms, delta=exact_ms * LATENCY_ERROR + 0.0006)

    def test_without_latencies_there_are_none(self):
        self.start()
        now = now_ms()
        self.send([{"type": "llm_call", "ts": now}, {"type": "rag_parallel", "ts": now, "latency_ms": 5},
                   {"type": "llm_call", "ts": now, "latency_ms": 0, "service": "zero"}])
        rows = {(row["service"], row["type"]): row for row in self.breakdown(("service", "type"))["rows"]}
        for key in (("default", "llm_call"), ("default", "rag_parallel")):
            self.assertEqual([rows[key][f"latency_ms_p{q}"] for q in (50, 95, 99)], [None] * 3)
        self.assertEqual(rows["zero", "llm_call"]["latency_events"], 1)
        self.assertAlmostEqual(rows["zero", "llm_call"]["latency_ms_p50"], 0, delta=0.0006)

    def test_more_events_in_a_bin_than_one_slot_counts(self):
        """Hundreds of thousands of one latency, and a few of another."""
        self.start(OFTEN)
        now = now_ms()
        for _ in range(4):
            self.send([{"type": "llm_call", "ts": now, "latency_ms": 250}] * 50_000)
        self.send([{"type": "llm_call", "ts": now, "latency_ms": 9000}] * 3_000)
        self.zcostd.restart()
        self.breakdown(("service",))


class RealLatency(Case):
    """Requests to a server on this machine, timed as a service would time them."""

    class Server(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            turn = int(self.path[1:])
            if turn % 50 == 0:
                time.sleep(0.02)
            body = b"x" * (turn % 7 * 1000)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def times(self, count=1500):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.Server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        line = http.client.HTTPConnection(*server.server_address)
        self.addCleanup(line.close)
        for turn in range(count):
            begun = time.perf_counter()
            line.request("GET", f"/{turn}")
            line.getresponse().read()
            yield (time.perf_counter() - begun) * 1000

    def test_of_real_requests(self):
        self.start(OFTEN)
        self.send([{"type": "llm_call", "service": f"s{i % 3}", "ts": now_ms() - i * 40_000, "latency_ms": took}
                   for i, took in enumerate(self.times())])
        self.wait_stored()
        for by in ((), ("service",)):
            self.breakdown(by)
            self.series(3600, by, now_ms() - DAY_MS)
        exact = measures(self.book.within())
        self.assertGreater(exact["latency_ms_p99"], 20_000)  # microseconds: the slow ones are among them
        self.assertLess(exact["latency_ms_p50"], 20_000)


if __name__ == "__main__":
    unittest.main()
