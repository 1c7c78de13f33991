# SPDX-License-Identifier: MPL-2.0
"""The endpoint that zboard takes the place of, as it was: a FastAPI application that keeps sums as floats in memory
and forgets them at its end.

POST /api/metrics/track-usage, GET /api/metrics/llm-costs.
"""
import datetime
import threading
import time

import fastapi
import uvicorn

MODELS = {"simple": "gpt-4o-mini", "medium": "gpt-4.1-mini", "complex": "gpt-4o"}
QUERY_COST = 0.035  # of each, had it gone to gpt-4o
HIT_SAVES = 0.0001
SECONDS_SAVED = 6.0


def make_app():
    app = fastapi.FastAPI()
    tiers = {tier: {"queries": 0, "cost": 0.0} for tier in MODELS}
    cache = {"hits": 0, "misses": 0}
    preloads = []

    @app.post("/api/metrics/track-usage")
    async def track_usage(event: dict = fastapi.Body(...)):
        if event["type"] == "query_router":
            tier = tiers[event.get("tier", "medium")]
            tier["queries"] += 1
            tier["cost"] += event.get("cost", 0.0)
        elif event["type"] == "embedding_cache":
            cache["hits" if event.get("hit") else "misses"] += 1
        elif event["type"] == "rag_parallel":
            preloads.append(event.get("time_saved_seconds", SECONDS_SAVED))
        return {"status": "tracked"}

    @app.get("/api/metrics/llm-costs")
    async def llm_costs():
        queries = sum(tier["queries"] for tier in tiers.values())
        cost = sum(tier["cost"] for tier in tiers.values())
        baseline = queries * QUERY_COST
        savings = max(0.0, baseline - cost)
        requests = cache["hits"] + cache["misses"]
        return {
            "query_router": {
                "total_queries": queries,
                "cost_breakdown": {
                    name: {"queries": tier["queries"], "cost": round(tier["cost"], 4), "model": MODELS[name]}
                    for name, tier in tiers.items()},
                "total_cost": round(cost, 4),
                "estimated_savings": round(savings, 4),
                "savings_percent": round(savings / baseline * 100, 1) if baseline else 0.0,
            },
            "embedding_cache": {
                "total_requests": requests,
                "cache_hits": cache["hits"],
                "cache_misses": cache["misses"],
                "hit_rate_percent": round(cache["hits"] / requests * 100, 1) if requests else 0.0,
                "estimated_cost_saved": round(cache["hits"] * HIT_SAVES, 4),
            },
            "rag_parallel": {
                "total_preloads": len(preloads),
                "avg_time_saved_seconds": sum(preloads) / len(preloads) if preloads else 0.0,
            },
            "timestamp": datetime.datetime.utcnow().isoformat(),
        }

    return app


class OldService:
    """It runs on a port of its own: .host, .port."""

    def __init__(self):
        self._server = uvicorn.Server(uvicorn.Config(make_app(), host="127.0.0.1", port=0, log_level="error"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self):
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            assert self._thread.is_alive() and time.monotonic() < deadline, "the old service does not start"
            time.sleep(0.01)
        self.host, self.port = self._server.servers[0].sockets[0].getsockname()
        return self

    def __exit__(self, *_):
        self._server.should_exit = True
        self._thread.join(20)
