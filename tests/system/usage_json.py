# SPDX-License-Identifier: MPL-2.0
"""Usage events as services may write them in JSON, good and bad, for the tests of zboard."""
import json
import math

GOOD = {"type": "query_router", "cost": 1}

NOT_JSON = {
    "nothing": b"",
    "a blank": b" ",
    "half": b'{"type": "rag_parallel"',
    "a word": b"nope",
    "a comma too many": b"[{},]",
    "quotes of another kind": b"{'type': 'rag_parallel'}",
    "two": b"{} {}",
    "a comment": b"{} // x",
    "msgpack": b"\x81\xa4type\xa1x",
    "a byte order mark": b'\xef\xbb\xbf{"type": "rag_parallel"}',
    "UTF-16": '{"type": "rag_parallel"}'.encode("utf-16"),
    "Latin-1": '{"type": "llm_call", "model": "größe"}'.encode("latin-1"),
    "not a number": b'{"type": "llm_call", "cost": NaN}',
    "infinite": b'{"type": "llm_call", "cost": -Infinity}',
    "huge": b'{"type": "llm_call", "cost": 1e400}',
    "huge and whole": b'{"type": "llm_call", "cost": 1%s}' % (b"0" * 400),
    "beyond 64 bits": b'{"type": "llm_call", "input_tokens": 9223372036854775808}',
    "half a character": b'{"type": "llm_call", "model": "\\ud800"}',
    "the other half": b'{"type": "llm_call", "model": "\\udc00x"}',
    "a NUL": b'{"type": "llm_call", "model": "a\\u0000b"}',
    "a NUL in a key": b'{"type": "llm_call", "a\\u0000b": 1}',
    "a raw NUL": b'{"type": "llm_call", "model": "a\0b"}',
    "a raw line break": b'{"type": "llm_call", "model": "a\nb"}',
    "many brackets": b"[" * 500_000,
    "many brackets and braces": b'{"a":[' * 100_000,
    "part of a character": b'{"\xf0\x9f\x98',
    "what is cut when it is shown": b'{"type": ' + "€".encode() * 300,
}


def _with(kind, code, key, *values):
    """Events of this type that are wrong by one of these values of a key."""
    return [({"type": kind, key: value}, code, key) for value in values]


# The event, the code of the answer, and what its detail names.
BAD = [
    ({}, "missing_type", "type"), ({"cost": 1}, "missing_type", "type"), ({"type": None}, "missing_type", "type"),
    ({"type": "x"}, "unknown_type", "type"), ({"type": ""}, "unknown_type", "type"), ({"type": 5}, "bad_field", "type"),
    *((value, "not_a_map", "map") for value in (None, 5, "query_router", True, 1.5)),
    *_with("llm_call", "bad_field", "cost", -1, -1e-9, "1", True, [], {}, 1_000_000.01, 1e300),
    *_with("llm_call", "bad_field", "input_tokens", -1, 1.5, 10 ** 12 + 1, 10 ** 15, 1e300, "5", True, [5]),
    *_with("query_router", "bad_field", "output_tokens", -1, 1.5, 10 ** 12 + 1, "5", {}),
    *_with("embedding_cache", "bad_field", "cache_read_tokens", -1, 0.5, "5", False),
    ({"type": "llm_call", "input_tokens": 5, "cache_read_tokens": 3, "cache_write_tokens": 3}, "bad_field",
     "input_tokens"),
    ({"type": "llm_call", "output_tokens": 5, "reasoning_tokens": 6}, "bad_field", "output_tokens"),
    *_with("llm_call", "bad_field", "latency_ms", -1, "1", 1e12, False),
    *_with("embedding_cache", "bad_field", "hit", 1, "true", 0.0),
    ({"type": "embedding_cache", "hit": True, "hits": 1}, "bad_field", "hit"),
    ({"type": "embedding_cache", "hit": False, "misses": 1}, "bad_field", "hit"),
    *_with("embedding_cache", "bad_field", "hits", -1, 10 ** 12 + 1, "1"),
    *_with("embedding_cache", "bad_field", "misses", -1, 0.5),
    *_with("rag_parallel", "bad_field", "time_saved_seconds", "6", True, 1e7, -1e7),
    *(bad for key in ("service", "tier", "model", "provider")
      for bad in _with("query_router", "bad_field", key, 5, ["x"], "x" * 129, "ü" * 65, True)),
    *_with("llm_call", "bad_field", "ts", "2026-01-01", True, 946_684_799_999, 1 << 62, -1, 0, 1e300, {}),
    *_with("llm_call", "bad_field", "tags", [], "x", 5, {"a": 1}, {"a": "x" * 129}, {"a": ["x"]}, {"x" * 129: "a"}),
    *_with("llm_call", "malformed", "x", [[[[[[[[[]]]]]]]]], json.loads("[" * 60 + "]" * 60)),
]
BAD = [(event, code, "deep" if code == "malformed" else naming) for event, code, naming in BAD]

# What only zboard refuses: the daemon takes more tags, of which few can be configured, and has arrays of its own.
BAD_HERE = [
    ({"type": "llm_call", "tags": dict.fromkeys("abcde", "x")}, "bad_field", "tags"),
    ([], "not_a_map", "array"), ([GOOD], "not_a_map", "array"),
]


def has_json(value):
    """Whether JSON can say it, too."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and has_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(has_json, value))
    return not isinstance(value, bytes) and not (isinstance(value, float) and not math.isfinite(value))


def as_json(event, rng):
    """The event as a service might write it: nulls for keys that are not there, counts with a fraction of 0."""
    spelled = dict(event)
    for key, value in event.items():
        if key.endswith("_tokens") and isinstance(value, int) and rng.random() < 0.3:
            spelled[key] = float(value)
    for key in ("model", "cost", "input_tokens", "tags", "hit", "hits", "ts", "service", "anything"):
        if key not in event and rng.random() < 0.1:
            spelled[key] = None
    keys = list(spelled)
    rng.shuffle(keys)
    return {key: spelled[key] for key in keys}
