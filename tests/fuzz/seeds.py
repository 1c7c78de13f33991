#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Makes the seeds of the fuzz targets, a file a seed, named by what it is: tests/fuzz/corpus those of fuzz_decode,
tests/fuzz/corpus_track those of fuzz_track.

    tests/fuzz/seeds.py

Needs python3-msgpack. Writes the same bytes each time; run it again after a change here, and commit
what it wrote. What the fuzzer finds is kept elsewhere, in the build tree.
"""
import json
import pathlib
import struct

import msgpack

HERE = pathlib.Path(__file__).parent
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


DECODE = {
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


def body(value):
    return b"t" + json.dumps(value, ensure_ascii=False).encode()


def parameters(text, takes=0x1f, room=160):
    return b"a" + bytes([takes, room]) + text


def reply(result):
    return b"r" + msgpack.packb({"ok": True, "query": "x", "result": result})


ROW = {"model": "gpt-4o", "service": "search", "events": 10, "cost_usd": "12.000000001", "input_tokens": 1000,
       "cache_read_tokens": 600, "output_tokens": 50, "latency_events": 9, "latency_ms_p50": 812.5,
       "latency_ms_p95": 2000.0, "latency_ms_p99": None}

TRACK = {
    # t: events, as the body of a request
    "track_query": body(QUERY),
    "track_call": body(PRICED),
    "track_array": body([QUERY, PRICED, HIT, BATCH, PRELOAD]),
    "track_empty": body([]),
    "track_floats": body({"type": "llm_call", "input_tokens": 1200.0, "output_tokens": 1e3, "cost": 1e-9}),
    "track_nulls": body({"type": "llm_call", "model": None, "tags": None, "ts": None}),
    "track_tags": body({"type": "llm_call", "tags": {"a": "1", "b": "2", "c": "3", "d": "", "": "x"}}),
    "track_five_tags": body({"type": "llm_call", "tags": dict.fromkeys("abcde", "1")}),
    "track_all_bad": body([5, None, "x", [], {}, {"type": "x"}, {"type": "llm_call", "cost": -1}, [[QUERY]]]),
    "track_one_bad": body([QUERY, {"type": "embedding_cache", "hit": True, "misses": 1}, QUERY]),
    "track_deep": body({"type": "llm_call", "x": nested(40)}),
    "track_utf8": body({"type": "llm_call", "model": "caf\u00e9 \U0001f600"}),
    "track_escapes": b't{"type":"llm_call","model":"\\u00e9\\ud83d\\ude00\\n"}',
    "track_twice": b't{"type":"x","cost":-1,"type":"llm_call","cost":0.1}',
    "track_huge": b't{"type":"llm_call","cost":1e999,"input_tokens":99999999999999999999}',
    "track_cut": body(PRICED)[:-9],
    "track_not_utf8": b't{"type":"llm_call","model":"\xff"}',
    # a: parameters
    "arguments_all": parameters(b"since=1767225600000&until=-5&service=search&by=model,tier&where=model=a&limit=7"
                                b"&step=60"),
    "arguments_odd": parameters(b"by=,a,,b&where=team=x=y,z&where=tier=&service"),
    "arguments_edges": parameters(b"since=9223372036854775807&until=-9223372036854775808"),
    "arguments_over": parameters(b"since=9223372036854775808", room=20),
    "arguments_twice": parameters(b"service=a&service=b"),
    "arguments_not_taken": parameters(b"step=60", takes=1),
    "arguments_not_utf8": parameters(b"by=model,\xff"),
    "arguments_where_not_utf8": parameters(b"where=model=\xff&where=\xff=x"),
    "arguments_unknown": parameters("x".encode() * 39 + "\u00e9=1".encode()),
    # r: replies
    "reply_breakdown": reply({"by": ["model"], "rows": [ROW, {**ROW, "model": ""}], "total": ROW}),
    "reply_report": reply({
        "query_router": {"cost_breakdown": {"simple": {"queries": 3, "cost_usd": "0.123456789"}}},
        "embedding_cache": {"cache_hits": 7}, "rag_parallel": {"avg_time_saved_seconds": 1.25},
        "llm_calls": {"total_calls": 6, "total_cost_usd": "0.500000001"},
        "savings": {"router": {"measured_usd": "-1.0"}, "prompt_cache": {"net_usd": "x"}, "unpriced_events": 9},
        "zcost": {"version": "0.1.0", "instance": "a\"b", "events": {"accepted": 2**63 - 1}}}),
    "reply_health": reply({
        "rejected": {"malformed": 1, "stale": "x"}, "unpriced": {"a": 1, "b": 2, "c": 3, "d": 4, "e\n": 5},
        "journal": {"unsynced_bytes": 12, "last_sync_ms": 1.5}, "store": {"bytes": 4096}, "cells": None}),
    "reply_budgets": reply({"budgets": [{"name": "team", "limit_usd": "100.0", "spent_usd": None}, 5]}),
    "reply_names": reply({"rows": [{"model": name} for name in ("a\0b", 5, None, "q\"\\\n", "a", "b", "c", "d")]}),
    "reply_refusal": b"r" + msgpack.packb({"ok": False, "error": {"code": "bad_request",
                                                                  "message": "no " * 110 + "\u00e9"}}),
    "reply_foreign": b"r" + msgpack.packb({"ok": True, "result": []}),
    "reply_promises": b"r\x82\xa2ok\xc3\xa6result\xdf\xff\xff\xff\xff",
}


def write(corpus, seeds):
    corpus.mkdir(exist_ok=True)
    for old in corpus.iterdir():
        if old.name not in seeds:
            old.unlink()
    for name, data in seeds.items():
        (corpus / name).write_bytes(data)


def main():
    write(HERE / "corpus", DECODE)
    write(HERE / "corpus_track", TRACK)


if __name__ == "__main__":
    main()
