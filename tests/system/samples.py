# SPDX-License-Identifier: MPL-2.0
"""A price table of the tests' own, and random events over it.

The models of the default tiers keep their real names and prices, so that a daemon that took
this table for its built-in one would still be told apart by the acme models.
"""

PRICES = """{
  "gpt-4o":       {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06,
                   "cache_read_input_token_cost": 1.25e-06, "output_cost_per_token": 1e-05},
  "gpt-4o-mini":  {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1.5e-07,
                   "cache_read_input_token_cost": 7.5e-08, "output_cost_per_token": 6e-07},
  "gpt-4.1-mini": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 4e-07,
                   "cache_read_input_token_cost": 1e-07, "output_cost_per_token": 1.6e-06},
  "acme-odd":     {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 5.46875e-07,
                   "output_cost_per_token": 1.6406250e-06},
  "acme-full":    {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 3e-06,
                   "cache_read_input_token_cost": 3e-07, "cache_creation_input_token_cost": 3.75e-06,
                   "output_cost_per_token": 1.5e-05, "output_cost_per_reasoning_token": 2.5e-05},
  "acme-zero-write": {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1e-06,
                   "cache_creation_input_token_cost": 0, "output_cost_per_token": 2e-06},
  "acme-long":    {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 1.25e-06,
                   "output_cost_per_token": 1e-05, "input_cost_per_token_above_200k_tokens": 2.5e-06,
                   "output_cost_per_token_above_200k_tokens": 1.5e-05},
  "acme-tiny":    {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 5e-10,
                   "output_cost_per_token": 2.5e-10},
  "acme-free":    {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 0.0,
                   "output_cost_per_token": 0.0},
  "acme-embed":   {"litellm_provider": "acme", "mode": "embedding", "input_cost_per_token": 2e-08,
                   "output_cost_per_token": 0.0}
}"""

CHAT_MODELS = ("gpt-4o", "gpt-4o-mini", "acme-odd", "acme-full", "acme-zero-write", "acme-tiny", "acme-free")
UNKNOWN_MODEL = "nobody-1"
HOUR_MS = 3_600_000

_ODD = (None, True, -1, 1 << 40, 1.5, float("nan"), "x" * 300, b"\xff\x00", [], {}, [1, [2, {"a": [3]}]],
        {"k": {"k": [None]}}, {5: 6, None: 7})
_USED = {
    "query_router": {"tier", "cost", "model", "provider", "input_tokens", "cache_read_tokens",
                     "cache_write_tokens", "output_tokens", "reasoning_tokens", "latency_ms"},
    "rag_parallel": {"time_saved_seconds"},
}
_USED["llm_call"] = _USED["query_router"] - {"tier"}
_USED["embedding_cache"] = _USED["llm_call"] - {"cost"} | {"hit", "hits", "misses"}
_ALL = sorted(set().union(*_USED.values()))
TYPES = tuple(_USED)


def random_event(rng, now_ms, kind=None):
    """A valid event, whose meaning the contract leaves no doubt about."""
    event = {"type": kind or rng.choice(TYPES), "ts": now_ms - rng.randrange(HOUR_MS)}
    if rng.random() < 0.5:
        event["service"] = rng.choice(("search", "chat", "größe", "", "x" * 128))
    if rng.random() < 0.2:
        event["tags"] = {"team": rng.choice("abc"), "region": ""}
    globals()["_fill_" + event["type"]](event, rng)
    if rng.random() < 0.2:  # what the type does not use is skipped, whatever its value
        unused = [key for key in _ALL if key not in _USED[event["type"]]]
        event[rng.choice(unused + ["x", "", "tokens"])] = rng.choice(_ODD)
    return event


def _fill_tokens(event, rng):
    if rng.random() < 0.9:
        event["input_tokens"] = whole = rng.choice((1, 7, 127, 128, 999, 65_536, rng.randrange(1, 150_000)))
        if rng.random() < 0.4:
            event["cache_read_tokens"] = rng.randint(0, whole)
        if rng.random() < 0.3:
            event["cache_write_tokens"] = rng.randint(0, whole - event.get("cache_read_tokens", 0))
    if rng.random() < 0.8 or "input_tokens" not in event:
        event["output_tokens"] = whole = rng.randrange(1, 5_000)
        if rng.random() < 0.4:
            event["reasoning_tokens"] = rng.randint(0, whole)


def _fill_call(event, rng):
    has_tokens = rng.random() < 0.6
    if has_tokens:
        _fill_tokens(event, rng)
    if rng.random() < 0.6:
        event["model"] = rng.choice(CHAT_MODELS + (UNKNOWN_MODEL,))
    if rng.random() < 0.4:
        event["cost"] = rng.choice((0, 0.0, 1, 0.25, 0.0009765625, 0.0029296875, 1e-9, 5e-10, 1.5e-9,
                                    rng.random() / 100, rng.randrange(10 ** 9) / 1e9, rng.random() * 1000))
    if rng.random() < 0.3:
        event["latency_ms"] = rng.choice((0, 12, 1.5, 250_000))
    if rng.random() < 0.3:
        event["provider"] = rng.choice(("openai", "acme", ""))


def _fill_query_router(event, rng):
    _fill_call(event, rng)
    if rng.random() < 0.9:
        event["tier"] = rng.choice(("simple", "medium", "complex", "mystery", "other"))


def _fill_llm_call(event, rng):
    _fill_call(event, rng)


def _fill_embedding_cache(event, rng):
    if rng.random() < 0.5:
        if rng.random() < 0.8:
            event["hit"] = rng.random() < 0.7
    else:
        for key in rng.choice((("hits",), ("misses",), ("hits", "misses"))):
            event[key] = rng.randrange(40)
    if rng.random() < 0.5:
        event["model"] = "acme-embed"
        event["input_tokens"] = rng.randrange(1, 10_000)


def _fill_rag_parallel(event, rng):
    if rng.random() < 0.7:
        event["time_saved_seconds"] = rng.choice((0, 3, -2, 1.25, rng.uniform(-1, 12)))
