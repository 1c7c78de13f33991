# SPDX-License-Identifier: MPL-2.0
"""A week of a made-up company's spending, for the screens that README.md shows: the same figures on any day.

Days are those of UTC. What is of today lies in its first minute, so that no figure depends on the hour.
"""
import random

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
SEED = 7

CONFIG = """\
tags
    key = team
budgets
    company
        limit_usd = 75
        period = month
        timezone = Europe/Madrid
    search
        limit_usd = 1.50
        period = day
        where
            service = search
"""

# model, provider, service, team, calls on a working day, tokens in and out, latency in the median
_CALLS = (
    ("claude-sonnet-4-5", "anthropic", "assistant", "core", 260, 5200, 420, 2400),
    ("gpt-4o", "openai", "assistant", "core", 180, 2600, 350, 1500),
    ("gpt-4.1-mini", "openai", "search", "growth", 420, 1900, 160, 620),
    ("gemini-2.5-flash", "gemini", "documents", "core", 240, 6100, 240, 900),
)
_UNPRICED = ("llama-home-made", "", "documents", "research", 800, 90, 300)
_UNPRICED_AGO = 3  # the day that it was tried
_TIERS = (("simple", 500), ("medium", 220), ("complex", 80))
_BUSY = (1, 1, 1, 1, 1, 2, 4, 8, 16, 22, 24, 22, 18, 20, 24, 22, 18, 12, 8, 6, 4, 3, 2, 1)  # by the hour
_WEEK = (1.0, 1.1, 0.95, 1.2, 1.05, 0.4, 1.15)  # by the day, the oldest first


def _at(rng, day_ms, is_today):
    if is_today:
        return day_ms + rng.randrange(60_000)
    return day_ms + rng.choices(range(24), _BUSY)[0] * HOUR_MS + rng.randrange(HOUR_MS)


def _call(rng, model, provider, service, team, tokens_in, tokens_out, latency):
    asked = int(tokens_in * rng.uniform(0.5, 1.5))
    event = {"type": "llm_call", "model": model, "service": service, "tags": {"team": team}, "input_tokens": asked,
             "output_tokens": int(tokens_out * rng.uniform(0.4, 1.8)),
             "latency_ms": latency * rng.lognormvariate(0, 0.5)}
    if provider:
        event["provider"] = provider
    if provider == "anthropic" and rng.random() < 0.7:
        event["cache_read_tokens"] = int(asked * 0.8)
    return event


def _query(rng, tier):
    event = {"type": "query_router", "tier": tier, "service": "search", "tags": {"team": "growth"},
             "latency_ms": {"simple": 400, "medium": 700, "complex": 1800}[tier] * rng.lognormvariate(0, 0.4)}
    if rng.random() < 0.9:  # the others are held against the flat baseline
        event |= {"input_tokens": rng.randrange(200, 3000), "output_tokens": rng.randrange(40, 600)}
    return event


def _day(rng, share):
    for model, provider, service, team, calls, *sizes in _CALLS:
        yield from (_call(rng, model, provider, service, team, *sizes) for _ in range(round(calls * share)))
    for tier, queries in _TIERS:
        yield from (_query(rng, tier) for _ in range(round(queries * share)))
    yield from ({"type": "embedding_cache", "service": "search", "hit": rng.random() < 0.7,
                 "model": "text-embedding-3-small", "input_tokens": 300} for _ in range(round(400 * share)))
    yield from ({"type": "rag_parallel", "service": "documents", "time_saved_seconds": rng.uniform(1, 8)}
                for _ in range(round(60 * share)))


def events(now_ms):
    """A week up to today."""
    rng = random.Random(SEED)
    today_ms = now_ms // DAY_MS * DAY_MS
    for ago in range(6, -1, -1):
        share = _WEEK[6 - ago] * (0.3 if ago == 0 else 1)
        tried = (_call(rng, *_UNPRICED) for _ in range(9 if ago == _UNPRICED_AGO else 0))
        for event in (*_day(rng, share), *tried):
            yield {**event, "ts": _at(rng, today_ms - ago * DAY_MS, ago == 0)}
