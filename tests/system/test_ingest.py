# SPDX-License-Identifier: MPL-2.0
"""Ingest: every event, every field, every kind of value, every framing."""
import unittest
import uuid

import msgpack

import samples
import wire
from harness import TestCase, now_ms, seeded
from oracle import Oracle

YEAR_2000_MS = 946_684_800_000
DAY_MS = 86_400_000


def sections(report):
    """A report without what may differ between two daemons that were sent the same events."""
    report = {key: value for key, value in report.items() if key != "timestamp"}
    per_run = ("sequence", "until", "since", "incarnation")
    report["zcost"] = {key: value for key, value in report["zcost"].items() if key not in per_run}
    report["zcost"]["price_table"] = dict(report["zcost"]["price_table"], loaded_at=None, source=None)
    return report


class Accepted(TestCase):
    """Tables of events that must be accepted, each sent as a message of its own."""

    def setUp(self):
        super().setUp()
        self.zcostd = self.daemon(prices=samples.PRICES)

    def check(self, events):
        """events: dicts, whose values may be wire.Raw."""
        for number, event in enumerate(events, 1):
            self.zcostd.push(wire.pack(event))
            health = self.zcostd.settle(number)
            with self.subTest(event=event):
                rows = self.zcostd.ask("rejects", limit=1)["rows"]
                self.assertEqual(health["events"]["accepted"], number, rows)

    def test_every_field_of_every_type(self):
        common = {"service": "s", "ts": now_ms(), "tags": {"team": "a"}}
        call = {"model": "acme-full", "provider": "acme", "input_tokens": 10, "cache_read_tokens": 2,
                "cache_write_tokens": 3, "output_tokens": 5, "reasoning_tokens": 1, "latency_ms": 12.5}
        self.check([
            {"type": "query_router"},
            {"type": "query_router", **common, **call, "tier": "complex", "cost": 0.25},
            {"type": "embedding_cache"},
            {"type": "embedding_cache", **common, **call, "hit": True},
            {"type": "embedding_cache", **common, **call, "hits": 3, "misses": 4},
            {"type": "embedding_cache", "hits": 3},
            {"type": "embedding_cache", "misses": 3},
            {"type": "embedding_cache", "hits": 0, "misses": 0},
            {"type": "rag_parallel"},
            {"type": "rag_parallel", **common, "time_saved_seconds": 2.5},
            {"type": "rag_parallel", **common, "time_saved_seconds": -2},
            {"type": "llm_call"},
            {"type": "llm_call", **common, **call, "cost": 1},
        ])
        report = self.zcostd.report()
        self.assertEqual(report["query_router"]["total_queries"], 2)
        self.assertEqual(report["embedding_cache"]["total_requests"], 1 + 1 + 7 + 3 + 3)
        self.assertEqual(report["rag_parallel"]["total_preloads"], 3)
        self.assertEqual(report["llm_calls"]["total_calls"], 2)

    def test_integers_of_every_width(self):
        self.check([{"type": "query_router", "cost": wire.integer(7, width)} for width in wire.INT_WIDTHS]
                   + [{"type": "llm_call", "output_tokens": wire.integer(7, width), "model": "gpt-4o"}
                      for width in wire.INT_WIDTHS]
                   + [{"type": "rag_parallel", "time_saved_seconds": wire.integer(-3, width)}
                      for width in ("fix", "i8", "i16", "i32", "i64")])
        report = self.zcostd.report()
        self.assertEqual(report["query_router"]["total_cost_usd"], f"{7 * len(wire.INT_WIDTHS)}.000000000")
        self.assertEqual(report["llm_calls"]["total_cost_usd"], f"0.{70_000 * len(wire.INT_WIDTHS):09d}")
        self.assertEqual(report["rag_parallel"]["avg_time_saved_seconds"], -3.0)

    def test_floats_of_both_widths(self):
        self.check([{"type": "query_router", "cost": spelling(value)}
                    for spelling in (wire.float32, wire.float64)
                    for value in (0.0, -0.0, 0.5, 0.0009765625, 1e-30)]
                   + [{"type": "rag_parallel", "time_saved_seconds": wire.float32(1.5)},
                      {"type": "llm_call", "latency_ms": wire.float32(1.5)}])
        self.assertEqual(self.zcostd.report()["query_router"]["total_cost_usd"], "1.001953124")

    def test_strings_of_every_width(self):
        events = [{"type": wire.Raw(head + b"query_router"), "cost": 1} for head in wire.string_headers(12).values()]
        events += [{wire.Raw(head + b"type"): "query_router", wire.Raw(head + b"cost"): 1}
                   for head in wire.string_headers(4).values()]
        self.check(events)
        self.assertEqual(self.zcostd.report()["query_router"]["total_cost_usd"], f"{len(events)}.000000000")

    def test_maps_of_every_width(self):
        fields = wire.pack("type") + wire.pack("query_router") + wire.pack("cost") + wire.pack(1)
        events = [wire.Raw(head + fields) for head in wire.map_headers(2).values()]
        wide = {f"unknown-{i}": i for i in range(70_000)}
        self.check(events + [{"type": "query_router", **wide, "cost": 1}])
        self.assertEqual(self.zcostd.report()["query_router"]["total_cost_usd"], "4.000000000")

    def test_times_of_every_kind(self):
        ms = now_ms()
        seconds = ms // 1000
        self.check([{"type": "llm_call", "ts": ts} for ts in (
            ms, YEAR_2000_MS, ms - 400 * DAY_MS, ms + DAY_MS - 60_000,
            float(seconds), seconds + 0.25, wire.float32(YEAR_2000_MS / 1000 + 1000),
            wire.integer(ms, "i64"), wire.integer(ms, "u64"),
            wire.timestamp(seconds, bits=32), wire.timestamp(seconds, 999_999_999, 64),
            wire.timestamp(seconds, 999_999_999, 96), wire.timestamp(YEAR_2000_MS // 1000, 0, 96),
            wire.Raw(msgpack.packb(msgpack.Timestamp(seconds, 5))))])

    def test_bounds_themselves_are_allowed(self):
        trillion = 10 ** 12
        self.check([
            {"type": "query_router", "cost": 1_000_000},
            {"type": "query_router", "cost": 1e6},
            {"type": "query_router", "cost": wire.float32(1e6)},
            {"type": "llm_call", "model": "acme-free", "input_tokens": trillion, "cache_read_tokens": trillion,
             "output_tokens": trillion, "reasoning_tokens": trillion},
            {"type": "llm_call", "model": "acme-free", "input_tokens": 5, "cache_read_tokens": 2,
             "cache_write_tokens": 3},
            {"type": "llm_call", "latency_ms": 10 ** 9},
            {"type": "llm_call", "latency_ms": 0},
            {"type": "embedding_cache", "hits": trillion, "misses": trillion},
            {"type": "rag_parallel", "time_saved_seconds": 10 ** 6},
            {"type": "rag_parallel", "time_saved_seconds": -1e6},
            {"type": "llm_call", "service": "x" * 128, "model": "é" * 64, "provider": "🙂" * 32},
            {"type": "llm_call", "service": "", "tags": {}},
            {"type": "llm_call", "service": "\0\x7f\u0080\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"},
            {"type": "llm_call", "tags": {"t" * 128: "v" * 128, "": ""}},
        ])

    def test_unknown_keys_are_skipped_whatever_their_value(self):
        deepest = []
        for _ in range(6):
            deepest = [deepest]  # seven deep, in the event's own map: eight
        values = [None, True, -1, 1 << 63, 0.5, float("nan"), "x" * 100_000, b"\xff" * 100_000, [], {}, deepest,
                  {"a": {"b": [1, {"c": None}]}}, {None: 1, 5: 6, "type": "llm_call"}, list(range(70_000)),
                  wire.Raw(wire.string_headers(3)[32] + b"\xff\xfe\xfd"),  # not UTF-8
                  wire.extension(5, b"x"), wire.extension(-1, b"odd"), wire.extension(7, b"x" * 300, 16),
                  wire.extension(1, b"x" * 36), *(wire.extension(9, b"x" * n) for n in (1, 2, 4, 8, 16, 17))]
        self.check([{"unknown": value, "type": "query_router", "cost": 1} for value in values]
                   + [{"x" * 70_000: 1, "type": "query_router", "cost": 1},
                      {wire.Raw(b"\xa2\xff\xfe"): 1, "type": "query_router", "cost": 1}])
        self.assertEqual(self.zcostd.report()["query_router"]["total_queries"], len(values) + 2)

    def test_keys_that_are_no_strings_are_skipped(self):
        keys = [wire.Raw(wire.pack(key)) for key in (None, 5, True, 1.5, b"type", [1, 2], {"a": 1})]
        self.check([{key: "x", "type": "query_router"} for key in keys]
                   + [{wire.extension(3, b"type"): 1, "type": "query_router"}])

    def test_known_keys_that_the_type_does_not_use_are_skipped(self):
        wrong = {"cost": "x", "input_tokens": -1, "hit": 5, "tier": None}
        self.check([{"type": "rag_parallel", **wrong},
                    {"type": "query_router", "hit": 5, "hits": "x", "time_saved_seconds": []},
                    {"type": "embedding_cache", "cost": -1, "tier": 5, "time_saved_seconds": "x"},
                    {"time_saved_seconds": "before the type is known", "tier": 5, "type": "llm_call"}])

    def test_order_of_keys_does_not_matter(self):
        event = {"type": "query_router", "service": "s", "ts": now_ms(), "tier": "simple", "cost": 1,
                 "input_tokens": 5, "cache_read_tokens": 5}
        orders = [dict(reversed(event.items())), dict(sorted(event.items()))]
        self.check([event] + orders)


class Framing(TestCase):
    timeout = 60

    def setUp(self):
        super().setUp()
        self.rng = seeded(0)
        self.events = [samples.random_event(self.rng, now_ms()) for _ in range(3_000)]
        self.oracle = Oracle(samples.PRICES).add(*self.events)

    def report_of(self, messages):
        daemon = self.daemon(prices=samples.PRICES)
        daemon.push(*messages)
        health = daemon.settle(len(self.events))
        self.assertEqual(health["events"]["rejected"], 0, daemon.ask("rejects", limit=5))
        self.assertEqual(health["unpriced"], self.oracle.unpriced)
        report = daemon.report()
        self.oracle.check(self, report)
        return sections(report)

    def test_any_order_framing_and_batching_give_the_same_report(self):
        packed = [wire.pack(event) for event in self.events]
        first = self.report_of(wire.single(packed))

        def shuffled():
            self.rng.shuffle(self.events)
            return [wire.spell(event, self.rng) for event in self.events]

        producer = uuid.UUID(int=self.rng.getrandbits(128)).bytes
        for name, messages in (
                ("back to back", wire.back_to_back(shuffled())),
                ("arrays", wire.arrays(shuffled(), 500)),
                ("one message, one array", [wire.array(shuffled())]),
                ("one message, a frame each", [shuffled()]),
                ("mixed", wire.mixed(shuffled(), self.rng, producer))):
            with self.subTest(framing=name):
                self.assertEqual(self.report_of(messages), first)

    def test_several_connections_and_endpoints(self):
        packed = [wire.spell(event, self.rng) for event in self.events]
        endpoints = ["tcp://127.0.0.1:*", "tcp://127.0.0.1:*", "ipc://{dir}/ingest.ipc"]
        daemon = self.daemon(prices=samples.PRICES, bind={"ingest": endpoints})
        self.assertEqual(len(set(daemon.endpoints("ingest"))), 3)
        for i, endpoint in enumerate(daemon.endpoints("ingest")):
            daemon.push(*packed[i::3], endpoint=endpoint)
        daemon.settle(len(packed))
        self.oracle.check(self, daemon.report())


class Frames(TestCase):
    """What a frame may hold besides plain events."""

    def setUp(self):
        super().setUp()
        self.zcostd = self.daemon()
        self.good = wire.pack({"type": "query_router", "cost": 1})
        self.sent = 0

    def check(self, messages, count):
        """The messages hold this many events, all accepted. A last event shows that they are all in."""
        self.zcostd.push(*messages, self.good)
        self.sent += count + 1
        health = self.zcostd.settle(self.sent)
        self.assertEqual(health["events"]["rejected"], 0, self.zcostd.ask("rejects"))
        report = self.zcostd.report()
        self.assertEqual(report["query_router"]["total_cost_usd"], f"{self.sent}.000000000")
        self.assertEqual(report["zcost"]["events"]["accepted"], self.sent)

    def test_empty_frames_and_empty_arrays_are_nothing(self):
        self.check([b"", [b"", b"", b""], [b"", self.good, b""]], 1)
        self.check([*wire.array_headers(0).values()], 0)
        self.check([b"\x90\x90" + self.good + b"\x90"], 1)

    def test_array_headers_of_every_width(self):
        self.check([head + self.good * 3 for head in wire.array_headers(3).values()], 9)
        self.check([head + self.good * 300 for head in wire.array_headers(300).values()], 600)

    def test_stamped_frames(self):
        producer = b"\x01" * 16
        self.check([wire.stamp(producer, 1, 1, 0, 8) + self.good,
                    wire.stamp(producer, 1, 2, 0, 16) + self.good * 2,
                    wire.stamp(producer, 1, 4, 7, 32) + wire.array([self.good] * 3),
                    [wire.stamp(producer, 1, 7) + self.good, self.good, wire.stamp(b"\xff" * 16, 5, 1) + self.good]],
                   1 + 2 + 3 + 3)

    def test_a_stamp_alone_is_nothing(self):
        self.check([wire.stamp(b"\x02" * 16, 1, 1)], 0)

    def test_a_large_batch_in_one_frame(self):
        self.check([wire.array([self.good] * 100_000)], 100_000)
        self.check([self.good * 150_000], 150_000)

    def test_a_multipart_message_of_many_frames(self):
        self.check([[self.good] * 2_000], 2_000)


if __name__ == "__main__":
    unittest.main()
