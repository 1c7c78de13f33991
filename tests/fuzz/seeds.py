#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Makes the seeds of the fuzz target: tests/fuzz/corpus, a file a seed, named by what it is.

    tests/fuzz/seeds.py

Needs python3-msgpack. Writes the same bytes each time; run it again after a change here, and commit
what it wrote. What the fuzzer finds is kept elsewhere, in the build tree.
"""
import pathlib
import struct

import msgpack

CORPUS = pathlib.Path(__file__).parent / "corpus"
NOW_MS = 1767225600000

QUERY = {"type": "query_router", "tier": "simple", "cost": 0.0125, "service": "search", "ts": NOW_MS}
PRICED = {"type": "llm_call", "model": "openai/gpt-4o-2024-08-06", "provider": "openai", "input_tokens": 1000,
          "cache_read_tokens": 600, "cache_write_tokens": 100, "output_tokens": 50, "reasoning_tokens": 20,
          "latency_ms": 812.5, "tags": {"team": "a", "region": "eu"}}
HIT = {"type": "embedding_cache", "hit": True, "model": "text-embedding-3-small", "input_tokens": 300}
BATCH = {"type": "embedding_cache", "hits": 5, "misses": 300}
PRELOAD = {"type": "rag_parallel", "time_saved_seconds": -1.5}


def stamp(seq, dropped=0):
    return msgpack.ExtType(1, bytes(range(16)) + struct.pack(">IQQ", 1, seq, dropped))


def back_to_back(*objects):
    return b"".join(map(msgpack.packb, objects))


def nested(depth):
    value = None
    for _ in range(depth):
        value = [value]
    return value


SEEDS = {
    # frames: [stamp] *( event / array-of-event )
    "frame_query": back_to_back(QUERY),
    "frame_call": back_to_back(PRICED),
    "frame_cache": back_to_back(HIT, BATCH),
    "frame_preload": back_to_back(PRELOAD, {"type": "rag_parallel"}),
    "frame_array": back_to_back([QUERY, PRICED, HIT, BATCH, PRELOAD]),
    "frame_mixed": back_to_back(QUERY, [HIT, PRELOAD], PRICED, [], BATCH),
    "frame_stamped": back_to_back(stamp(1), QUERY, HIT),
    "frame_stamped_array": back_to_back(stamp(7, 2), [QUERY, HIT]),
    "frame_unpriced": back_to_back({"type": "llm_call", "model": "nobody's", "input_tokens": 5},
                                   {"type": "query_router", "tier": "purple", "output_tokens": 7}),
    # every way to say when
    "ts_float": back_to_back({"type": "llm_call", "ts": NOW_MS / 1000}),
    "ts_extension_32": back_to_back({"type": "llm_call", "ts": msgpack.Timestamp(1700000000)}),
    "ts_extension_64": back_to_back({"type": "llm_call", "ts": msgpack.Timestamp(1700000000, 125000000)}),
    "ts_extension_96": back_to_back({"type": "llm_call", "ts": msgpack.Timestamp(-1, 5)}),
    # rejects: one of each reason that a frame can give
    "reject_malformed": back_to_back(QUERY) + b"\xc1",
    "reject_truncated": back_to_back([QUERY, HIT])[:-3],
    "reject_promises": b"\xdd\xff\xff\xff\xff" + back_to_back(HIT),
    "reject_too_deep": back_to_back({"type": "llm_call", "x": nested(9)}),
    "reject_not_a_map": back_to_back(1, "two", QUERY),
    "reject_missing_type": back_to_back({"cost": 1}),
    "reject_unknown_type": back_to_back({"type": "query"}),
    "reject_bad_field": back_to_back({"type": "llm_call", "cost": float("nan")}),
    "reject_part_over_whole": back_to_back({"type": "llm_call", "input_tokens": 1, "cache_read_tokens": 2}),
    "reject_both_given": back_to_back({"type": "embedding_cache", "hit": True, "hits": 1}),
    "reject_not_utf8": back_to_back({"type": "llm_call", "model": "cafe"})[:-1] + b"\xe9",
    "reject_batch": back_to_back([PRELOAD] * 9),
    "reject_overflow": back_to_back(*[{"type": "llm_call", "model": "gpt-5-pro", "output_tokens": 10**12}] * 80),
    # odd, and good
    "odd_duplicate_key": b"\x83\xa4type\xa8llm_call\xa4cost\xff\xa4cost\x01",
    "odd_unknown_keys": back_to_back({"type": "llm_call", "x": {"y": [b"z", None, 1.5]}, 7: True}),
    "odd_headers": b"\xdf\x00\x00\x00\x02\xd9\x04type\xda\x00\x08llm_call\xdb\x00\x00\x00\x04cost\xca\x3f\x00\x00\x00",
    # queries
    "query_ping": back_to_back({"query": "ping"}),
    "query_report": back_to_back({"query": "report", "service": "search"}),
    "query_window": back_to_back({"query": "report", "since": NOW_MS - 60000, "until": NOW_MS}),
    "query_health": back_to_back({"query": "health"}),
    "query_rejects": back_to_back({"query": "rejects", "limit": 10}),
    "query_price": back_to_back({"query": "price", "model": "azure/gemini-2.5-pro@20250101"}),
    "query_later": back_to_back({"query": "breakdown", "by": ["tier", "model"], "where": {"service": "search"}}),
}


def main():
    CORPUS.mkdir(exist_ok=True)
    for old in CORPUS.iterdir():
        if old.name not in SEEDS:
            old.unlink()
    for name, data in SEEDS.items():
        (CORPUS / name).write_bytes(data)


if __name__ == "__main__":
    main()
