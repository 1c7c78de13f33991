# SPDX-License-Identifier: MPL-2.0
"""Bad inputs, each with the reason under which the contract has it rejected: TABLE, rows of
(reason, frame), where the frame holds one bad object and nothing else."""
import wire

REASONS = {"malformed", "not_a_map", "missing_type", "unknown_type", "bad_field", "overflow", "too_large", "stale",
           "spoofed"}
NAN, INF = float("nan"), float("inf")
GOOD = wire.pack({"type": "query_router", "cost": 1})


def nested(depth, innermost=b"\x90"):
    return wire.Raw(b"\x91" * (depth - 1) + innermost)


def call(**fields):
    return {"type": "llm_call", **fields}


def embed(**fields):
    return {"type": "embedding_cache", **fields}


BAD_FIELDS = [
    # the wrong kind
    *({"type": kind} for kind in (None, 1, True, b"llm_call", [], {}, 0.5)),
    *(call(service=value) for value in (None, 1, True, b"x", ["x"], {})),
    *(call(ts=value) for value in (None, "2023-11-16", True, b"x", [1], {}, wire.extension(1, b"abcd"),
                                   wire.extension(-1, b"abc"), wire.extension(-1, b"x" * 36))),
    *(call(tags=value) for value in (None, "x", 1, ["team", "a"], {"team": 1}, {"team": None}, {"team": {}})),
    *({"type": "query_router", "tier": value} for value in (None, 1, True, b"simple", [], {})),
    *(call(cost=value) for value in (None, "0.5", True, False, b"1", [1], {})),
    *(call(**{key: value}) for key in ("model", "provider") for value in (None, 1, b"x", [], {})),
    *(call(**{key: value}) for key in ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens",
                                       "reasoning_tokens") for value in (None, "5", True, b"5", [5], {})),
    *(call(latency_ms=value) for value in (None, "5", True, [5])),
    *(embed(hit=value) for value in (None, 1, 0, "true", [])),
    *(embed(**{key: value}) for key in ("hits", "misses") for value in (None, True, "1", [])),
    *({"type": "rag_parallel", "time_saved_seconds": value} for value in (None, "1", True, [])),
    # out of range
    *(call(cost=value) for value in (-1, -1e-9, -1e-12, NAN, INF, -INF, wire.float32(NAN), wire.float32(-INF),
                                     1_000_001, 1_000_000.001, 1 << 63, (1 << 64) - 1, -1 << 63, 1e300)),
    *({"type": "query_router", "cost": value} for value in (-1, NAN, 1_000_001)),
    *(call(**{key: value}) for key in ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens",
                                       "reasoning_tokens")
      for value in (-1, 10 ** 12 + 1, 1 << 63, (1 << 64) - 1, -1 << 63)),
    *(call(latency_ms=value) for value in (-1, -0.5, NAN, INF, 10 ** 9 + 1, 1e10)),
    *(embed(**{key: value}) for key in ("hits", "misses") for value in (-1, 10 ** 12 + 1)),
    *({"type": "rag_parallel", "time_saved_seconds": value} for value in (NAN, INF, -INF, 1_000_001, -1_000_001,
                                                                           1e300)),
    *(call(ts=value) for value in (0, -1, 946_684_799_999, 946_684_799.5, 1_700_000_000, 1.7e12, NAN, INF, -INF, 1e300,
                                   (1 << 64) - 1, -1 << 63, wire.timestamp(0, bits=32), wire.timestamp(-5),
                                   wire.timestamp(1 << 62), wire.timestamp(-(1 << 63)),
                                   wire.timestamp((1 << 34) - 1, 0, 64),
                                   wire.timestamp(1_700_000_000, 10 ** 9, 64),
                                   wire.timestamp(1_700_000_000, 10 ** 9, 96))),
    # parts and wholes
    call(input_tokens=5, cache_read_tokens=6),
    call(input_tokens=5, cache_write_tokens=6),
    call(input_tokens=5, cache_read_tokens=3, cache_write_tokens=3),
    call(input_tokens=0, cache_read_tokens=1),
    call(output_tokens=5, reasoning_tokens=6),
    {"reasoning_tokens": 6, "output_tokens": 5, "type": "query_router"},
    embed(input_tokens=5, cache_read_tokens=6),
    embed(hit=True, hits=1), embed(hit=False, misses=1), embed(hit=True, hits=1, misses=0), embed(misses=0, hit=True),
    # strings
    *({"type": "query_router", key: "x" * 129} for key in ("service", "tier", "model", "provider")),
    call(service="é" * 65), call(model="x" * 100_000),
    call(tags={"team": "x" * 129}),
    *(call(service=wire.Raw(bytes([0xA0 | len(text)]) + text)) for text in (
        b"\xff", b"\x80", b"\xc3", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe2\x82", b"\xed\xa0\x80",
        b"\xed\xbf\xbf", b"\xf0\x80\x80\x80", b"\xf0\x9f\x99", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"ok\xffok")),
    call(tags={"team": wire.Raw(b"\xa1\xff")}),
    {"type": "query_router", "tier": wire.Raw(b"\xa1\xff")},
    {"type": "query_router", "model": wire.Raw(b"\xa1\xff")},
]

MALFORMED = [
    b"\xc1", b"\x81\xc1\x01", b"\x81\xa1x\xc1",
    *(GOOD[:size] for size in range(1, len(GOOD))),
    b"\x81", b"\xd9", b"\xd9\x05ab", b"\xda\x00", b"\xdb\xff\xff\xff\xff", b"\xdb\x00\x00\x00\x05abc",
    b"\xc4\x05", b"\xc6\xff\xff\xff\xffx", b"\xca\x00", b"\xcb\x00\x00", b"\xcc", b"\xcf\x00", b"\xd3\x00",
    b"\xd4", b"\xd8\x01", b"\xc7", b"\xc7\x24", b"\xc7\x24\x01abc", b"\xc9\xff\xff\xff\xff\x01",
    b"\xdf\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff" + GOOD[1:],
    wire.pack({"type": "llm_call", "x": nested(8)}),
    wire.pack({"type": "llm_call", "x": nested(10_000)}),
    wire.pack({"x": nested(10_000), "type": "llm_call"}),
    wire.pack({"type": "llm_call", "x": wire.Raw(b"\x81\xa1k" * 8 + b"\xc0")}),
    wire.pack({"type": "llm_call", "x": wire.Raw(b"\x91" * 3_000_000)}),
    wire.pack({"type": "llm_call", "x": wire.Raw(b"\x81\x91" * 1_000)}),
    wire.pack({"type": "llm_call", "x": wire.Raw(b"\xdd\xff\xff\xff\xff")}),
    wire.pack({"type": "llm_call", "x": wire.Raw(b"\xdf\xff\xff\xff\xff")}),
    wire.pack({"type": "llm_call", "x": wire.Raw(b"\xdb\xff\xff\xff\xff")}),
    wire.pack({"type": "llm_call", "service": wire.Raw(b"\xdb\xff\xff\xff\xffabc")}),
    wire.pack({"type": "llm_call", "tags": wire.Raw(b"\xdf\xff\xff\xff\xff")}),
    wire.pack({"type": "llm_call", "x": wire.Raw(b"\xc9\xff\xff\xff\xff\x01")}),
]

NOT_A_MAP = [wire.pack(value) for value in (0, -1, 1 << 40, None, True, False, 0.5, "text", "", b"bytes")] + [
    b"\x91\x90", b"\x91\x91" + GOOD, b"\x91\xc0", wire.array([wire.pack("query_router")]),
    bytes(wire.extension(5, b"abcd"))]

MISSING_TYPE = [wire.pack(value) for value in ({}, {"cost": 1}, {"Type": "llm_call"}, {"type ": "llm_call"},
                                               {b"type": "llm_call"}, {1: "llm_call"}, {"cost": "x", "hit": 5})]

UNKNOWN_TYPE = [wire.pack({"type": value}) for value in (
    "", "nope", "QUERY_ROUTER", "query_router ", "query_route", "query_router\0", "x" * 128)]

TABLE = [
    *(("bad_field", wire.pack(event)) for event in BAD_FIELDS),
    *(("malformed", frame) for frame in MALFORMED),
    *(("not_a_map", frame) for frame in NOT_A_MAP),
    *(("missing_type", frame) for frame in MISSING_TYPE),
    *(("unknown_type", frame) for frame in UNKNOWN_TYPE),
]
