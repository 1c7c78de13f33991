# SPDX-License-Identifier: MPL-2.0
"""A daemon's stand-in for the live view: it answers every question that the view asks, in the contract's shapes, and
publishes what it is told to."""
import threading

import msgpack
import zmq

from harness import now_ms
from zreport_peer import StandIn

NANO = 10 ** 9
MINUTE_MS = 60_000


def usd(nanousd):
    sign, amount = ("-" if nanousd < 0 else ""), abs(nanousd)
    return f"{sign}{amount // NANO}.{amount % NANO:09}"


def measures(cost, events=10, **more):
    sums = {"events": events, "unpriced_events": 0, "measured_events": events, "cost_nanousd": cost,
            "cost_usd": usd(cost), "baseline_nanousd": 3 * cost, "savings_nanousd": 2 * cost,
            "assumed_baseline_nanousd": 0, "assumed_savings_nanousd": 0, "input_tokens": 1200 * events,
            "cache_read_tokens": 0, "cache_write_tokens": 0, "output_tokens": 300 * events, "reasoning_tokens": 0,
            "hits": 0, "misses": 0, "cache_saved_nanousd": 0, "assumed_cache_saved_nanousd": 0,
            "prompt_cache_saved_nanousd": 0, "time_saved_seconds": 0.0, "latency_events": events,
            "latency_ms_p50": 210.0, "latency_ms_p95": 850.0, "latency_ms_p99": 1900.0}
    return {**sums, **more}


def report(incarnation="a1", **more):
    """A report as a snapshot or a window has it."""
    tiers = {name: {"queries": queries, "cost": cost, "cost_usd": usd(int(cost * NANO)), "model": model}
             for name, queries, cost, model in (("simple", 700, 1.25, "gpt-4o-mini"),
                                                ("medium", 200, 4.5, "gpt-4.1-mini"),
                                                ("complex", 100, 20.25, "gpt-4o"))}
    saved = {name: {"net_usd": usd(net * NANO), "measured_usd": usd((net - assumed) * NANO),
                    "assumed_usd": usd(assumed * NANO)}
             for name, net, assumed in (("simple", 24, 4), ("medium", 3, 0), ("complex", -2, 0))}
    told = {
        "query_router": {"total_queries": 1000, "cost_breakdown": tiers, "total_cost": 26.0,
                         "estimated_savings": 25.0, "savings_percent": 49.0, "total_cost_usd": "26.000000000",
                         "net_savings_usd": "25.000000000", "baseline": {
                             "model": "gpt-4o", "per_query_usd": "0.035000000", "measured_queries": 900,
                             "assumed_queries": 100}, "unpriced_queries": 0},
        "embedding_cache": {"total_requests": 400, "cache_hits": 300, "cache_misses": 100, "hit_rate_percent": 75.0,
                            "estimated_cost_saved": 0.03, "estimated_cost_saved_usd": "0.030000000"},
        "rag_parallel": {"total_preloads": 12, "avg_time_saved_seconds": 5.5, "measured_preloads": 4},
        "llm_calls": {"total_calls": 30, "total_cost": 1.5, "total_cost_usd": "1.500000000", "unpriced_calls": 0},
        "savings": {"baseline_model": "gpt-4o",
                    "router": {"net_usd": "25.000000000", "measured_usd": "21.000000000", "assumed_usd": "4.000000000"},
                    "tiers": saved, "embedding_cache": {"saved_usd": "0.030000000", "measured_usd": "0.010000000",
                                                        "assumed_usd": "0.020000000"},
                    "prompt_cache": {"net_usd": "0.400000000"}, "unpriced_events": 0},
        "timestamp": "2026-11-22T00:00:00.000Z",
        "zcost": {"version": "1.0.0", "instance": "peer", "incarnation": incarnation, "sequence": 1,
                  "interval_seconds": 30, "since": now_ms() - 86_400_000, "until": now_ms(),
                  "events": {"accepted": 1442, "rejected": 0, "duplicate": 0, "lost": 0, "dropped": 0},
                  "price_table": {"source": "built-in", "models": 300, "not_read": 0}},
    }
    return {**told, **more}


def budget(name, share, state, **more):
    told = {"name": name, "period": "month", "timezone": "UTC", "where": {}, "since": 0, "until": 0,
            "limit_nanousd": 100 * NANO, "limit_usd": "100.000000000", "spent_nanousd": int(share * NANO),
            "spent_usd": usd(int(share * NANO)), "share_percent": share, "projected_usd": usd(int(1.5 * share * NANO)),
            "state": state, "thresholds": []}
    return {**told, **more}


def alert(name="search", percent=80, **more):
    told = {"id": f"{name}/1761955200/{percent}", "budget": name, "threshold_percent": percent, "share_percent": 80.2,
            "spent_nanousd": 80 * NANO, "spent_usd": "80.200000000", "limit_nanousd": 100 * NANO,
            "limit_usd": "100.000000000", "period": "month", "timezone": "UTC", "since": 0, "until": 0,
            "at": now_ms(), "instance": "peer"}
    return {**told, **more}


DEAREST = {"model": ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5"), "service": ("search", "chat", ""),
           "provider": ("openai", "anthropic", "mistral"), "tier": ("complex", "medium", "simple"),
           "type": ("query_router", "llm_call", "embedding_cache"), "team": ("core", "data", "")}


class WatchPeer:
    """`with WatchPeer () as peer:` serves peer.query and peer.publish. peer.answers: query -> result, to be changed
    meanwhile; a string is a refusal, None is no answer."""

    def __init__(self):
        self.answers = {"report": report(), "health": {
            "journal": {"state": "synced", "synced_at": now_ms(), "sync_age_ms": 200},
            "store": {"state": "idle", "checkpoint_at": now_ms(), "checkpoint_age_seconds": 4}, "waiting": [],
            "unpriced": {}, "cells_folded_to_other": 0}, "budgets": {"budgets": [
                budget("everything", 42.0, "ok"), budget("search", 85.5, "warning")]}}
        self.snapshot = report()
        self._context = zmq.Context()
        self._publisher = self._context.socket(zmq.XPUB)
        self._publisher.setsockopt(zmq.XPUB_VERBOSE, 1)
        self._publisher.linger = 0
        self.publish = f"tcp://127.0.0.1:{self._publisher.bind_to_random_port('tcp://127.0.0.1')}"
        self._outbox = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._asked = StandIn(self._answer)
        self.query = self._asked.endpoint
        self.questions = self._asked.questions

    def send(self, topic, body):
        self._outbox.append((topic, body))

    def _serve(self):
        while not self._ended.is_set():
            if self._publisher.poll(10) and self._publisher.recv() == b"\1snapshot":
                self.send(b"snapshot", self.snapshot)
            while self._outbox:
                topic, body = self._outbox.pop(0)
                self._publisher.send_multipart([topic, body if isinstance(body, bytes) else msgpack.packb(body)])

    def _answer(self, question):
        name = question["query"]
        result = self.answers.get(name, getattr(self, f"_{name}", lambda _: {})(question))
        if callable(result):
            result = result(question)
        if result is None:
            return (None,)
        if isinstance(result, bytes):
            return (result,)
        if isinstance(result, str):
            return (msgpack.packb({"ok": False, "error": {"code": "unavailable", "message": result}}),)
        return (msgpack.packb({"ok": True, "query": name, "result": result}),)

    def _series(self, question):
        points = [{"t": question["since"] + minute * MINUTE_MS, **measures((minute % 7) * NANO // 100)}
                  for minute in range(0, 61)]
        return {"step": 60, "start": question["since"], "since": question["since"], "until": now_ms(), "by": [],
                "rows": [{"points": points}], "rows_left_out": 0}

    def _breakdown(self, question):
        by, shares = question.get("by", []), (6, 3, 1)
        names = DEAREST[by[0]] if by else ("",)
        rows = [{**({by[0]: name} if by else {}), **measures(share * NANO)} for name, share in zip(names, shares)]
        total = sum(row["cost_nanousd"] for row in rows)
        return {"since": question.get("since", 0), "until": now_ms(), "by": by, "rows": rows, "rows_left_out": 0,
                "total": measures(total if by else 10 * NANO)}

    def __enter__(self):
        self._thread.start()
        self._asked.__enter__()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        self._asked.__exit__()
        self._context.destroy(linger=0)
