#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Breakdowns, series and windowed reports over random events of months equal what an oracle recomputes from every
event: wherever the cells are, and however a window is cut."""
import itertools
import threading
import unittest
import uuid

import zmq

import reliable
import wire
from harness import now_ms, seeded
from question_oracle import DIMENSIONS
from questions import (DAY_MS, HOUR_MS, MINUTE_MS, NEVER, OFTEN, TAGS, WIDE, Case, added, cheap_messages, random_events)


class Places(Case):
    """The same answers, wherever the cells are."""

    def test_nothing_yet(self):
        self.start()
        now = now_ms()
        for since, until in ((None, None), (now - DAY_MS, None), (now - 2 * DAY_MS, now), (None, now)):
            self.breakdown(("service",), since, until)
            self.breakdown((), since, until)
            self.series(60, ("type",), since, until)
            self.report(since, until)

    def test_in_memory_only(self):
        self.start(NEVER)
        self.send(random_events(1, 1500), seeded(1))
        self.ask_much(101)

    def test_where_nothing_is_kept(self):
        self.start(data=None)
        self.send(random_events(2, 1500), seeded(2))
        self.ask_much(102)

    def test_where_nothing_is_kept_and_checkpoints_are_frequent(self):
        self.start(OFTEN, data=None)
        for part in range(4):
            self.send(random_events(20 + part, 400), seeded(2))
            self.ask_much(120 + part, rounds=3)

    def test_in_the_store_only(self):
        self.start(OFTEN)
        self.send(random_events(3, 1500), seeded(3))
        self.wait_stored()
        self.ask_much(103)

    def test_in_store_and_memory(self):
        self.start(OFTEN)
        self.send(random_events(4, 1000), seeded(4))
        self.wait_stored()
        self.zcostd.stop()
        self.reconfigure(NEVER)
        self.zcostd.start()
        self.send(random_events(40, 1000), seeded(40))
        self.ask_much(104)

    def test_between_checkpoints(self):
        self.start(OFTEN)
        for part in range(6):
            self.send(random_events(50 + part, 300), seeded(part))
            self.ask_much(150 + part, rounds=2)

    def test_after_a_crash(self):
        self.start(OFTEN)
        self.send(random_events(6, 800), seeded(6))
        self.wait_stored()
        self.zcostd.restart()
        self.ask_much(106, rounds=4)
        self.send(random_events(60, 800), seeded(60))
        self.zcostd.restart()
        self.ask_much(107, rounds=4)

    def test_after_a_crash_before_the_first_checkpoint(self):
        self.start(NEVER)
        self.send(random_events(7, 1000), seeded(7))
        self.zcostd.restart()
        self.ask_much(108, rounds=6)

    def test_minutes_of_two_years(self):
        self.kept = type(self.kept)(700 * 24, 800 * 24)
        self.start(OFTEN, WIDE)
        self.send(random_events(8, 1500), seeded(8))
        self.ask_much(109, rounds=8)
        self.wait_stored()
        self.ask_much(110, rounds=8)

    def test_frames_sent_twice_count_once(self):
        self.start()
        producer, events = uuid.uuid4().bytes, random_events(9, 600)
        frames = [reliable.stamped(producer, 1, at + 1, [wire.pack(event) for event in events[at:at + 30]])
                  for at in range(0, len(events), 30)]
        self.book.add(*events)
        self.sent = len(events)
        self.zcostd.push(*frames, *frames)
        self.zcostd.wait_health(lambda health: health["events"]["duplicate"] == len(events))
        self.settle()
        self.ask_much(111, rounds=4)


class Partitions(Case):
    """The parts of a window, of a dimension, of time: their sums are the whole, exactly."""

    def setUp(self):
        super().setUp()
        self.start(OFTEN, events=random_events(10, 2500))

    def parts(self, windows, where=None):
        return [self.zcostd.ask("breakdown", since=since, until=until, **({"where": where} if where else {}))["total"]
                for since, until in windows]

    def whole(self, **arguments):
        return added([self.zcostd.ask("breakdown", **arguments)["total"]])

    def test_of_time(self):
        rng, now = seeded(11), now_ms()
        for span, size in ((40 * HOUR_MS, MINUTE_MS), (300 * DAY_MS, 15 * MINUTE_MS), (700 * DAY_MS, DAY_MS)):
            since = (now - span) // size * size
            until = now // size * size
            cuts = sorted({since, until, *(rng.randrange(since, until) // size * size for _ in range(12))})
            where = rng.choice((None, {"type": "query_router"}))
            parts = self.parts(itertools.pairwise(cuts), where)
            self.assertEqual(added(parts), self.whole(since=since, until=until, **({"where": where} if where else {})))
            self.assertGreater(added(parts)["events"], 0)

    def test_of_everything(self):
        cut = now_ms() - 3 * DAY_MS
        cut -= cut % (15 * MINUTE_MS)
        before, = self.parts([(None, cut)])
        behind = self.zcostd.ask("breakdown", since=cut)["total"]
        self.assertEqual(added([before, behind]), self.whole())
        self.assertEqual(added([before, behind])["events"], self.sent)

    def test_of_each_dimension(self):
        now = now_ms()
        for name in (*DIMENSIONS, *TAGS):
            for since in (None, now - 30 * HOUR_MS, now - 90 * DAY_MS):
                window = {} if since is None else {"since": since, "until": now}
                answer = self.zcostd.ask("breakdown", by=[name], **window)
                self.assertEqual(added(answer["rows"]), added([answer["total"]]))
                filtered = [self.zcostd.ask("breakdown", where={name: row[name]}, **window)["total"]
                            for row in answer["rows"]]
                self.assertEqual(added(filtered), added([answer["total"]]))

    def test_of_a_series(self):
        now = now_ms()
        for step, since in ((60, now - 20 * HOUR_MS), (900, now - 9 * DAY_MS), (86400, now - 420 * DAY_MS)):
            answer = self.zcostd.ask("series", by=["service", "tier"], step=step, since=since, until=now)
            points = [point for row in answer["rows"] for point in row["points"]]
            self.assertEqual(added(points), self.whole(since=answer["since"], until=answer["until"]))
            self.assertEqual(len({(*(row[name] for name in ("service", "tier")), point["t"])
                                  for row in answer["rows"] for point in row["points"]}), len(points))

    def test_of_a_series_without_a_window(self):
        answer = self.zcostd.ask("series", step=86400)
        self.assertEqual(added([point for row in answer["rows"] for point in row["points"]]), self.whole())


class Meaning(Case):
    """Single events whose measures are told by hand."""

    def measured(self, *events):
        """What the total is, of these events alone: only what is not 0."""
        now = now_ms()
        self.service = getattr(self, "service", 0) + 1
        self.send([{**event, "service": f"s{self.service}", "ts": now} for event in events])
        total = self.zcostd.ask("breakdown", where={"service": f"s{self.service}"})["total"]
        self.breakdown(("type", "tier", "model"), where={"service": f"s{self.service}"})
        return {name: value for name, value in total.items() if value not in (0, None) and name != "cost_usd"}

    def test_prompt_cache_net_of_its_write_premium(self):
        self.start()
        full = {"type": "llm_call", "model": "acme-full", "input_tokens": 1_000_000}
        read = self.measured({**full, "cache_read_tokens": 1_000_000})
        self.assertEqual(read["prompt_cache_saved_nanousd"], 2_700_000_000)  # 3 USD plain, 0.30 read
        written = self.measured({**full, "cache_write_tokens": 1_000_000})
        self.assertEqual(written["prompt_cache_saved_nanousd"], -750_000_000)  # 3.75 written
        both = self.measured({**full, "cache_read_tokens": 500_000, "cache_write_tokens": 500_000, "cost": 9.0})
        self.assertEqual((both["prompt_cache_saved_nanousd"], both["cost_nanousd"]), (975_000_000, 9_000_000_000))
        routed = self.measured({"type": "query_router", "tier": "complex", "input_tokens": 1_000_000,
                                "cache_read_tokens": 1_000_000})  # the tier's gpt-4o: 2.50 plain, 1.25 read
        self.assertEqual(routed["prompt_cache_saved_nanousd"], 1_250_000_000)
        for event in ({"model": "nobody-1", "cost": 1}, {"model": "acme-zero-write", "cache_read_tokens": 0}):
            self.assertNotIn("prompt_cache_saved_nanousd",
                             self.measured({**full, "cache_write_tokens": 1_000_000, **event}))

    def test_measured_and_assumed_savings(self):
        self.start()
        query = {"type": "query_router", "tier": "simple"}
        self.assertEqual(self.measured({**query, "cost": 1}),
                         {"events": 1, "cost_nanousd": 10 ** 9, "baseline_nanousd": 35_000_000,
                          "savings_nanousd": -965_000_000, "assumed_baseline_nanousd": 35_000_000,
                          "assumed_savings_nanousd": -965_000_000})
        self.assertEqual(self.measured({**query, "input_tokens": 1_000_000}),
                         {"events": 1, "measured_events": 1, "cost_nanousd": 150_000_000, "input_tokens": 1_000_000,
                          "baseline_nanousd": 2_500_000_000, "savings_nanousd": 2_350_000_000})
        self.assertEqual(self.measured({**query, "model": "nobody-1", "input_tokens": 5}),
                         {"events": 1, "unpriced_events": 1, "input_tokens": 5})
        self.assertEqual(self.measured({"type": "llm_call", "cost": 1}), {"events": 1, "cost_nanousd": 10 ** 9})

    def test_cache_hits_measured_and_assumed(self):
        self.start()
        cache = {"type": "embedding_cache", "model": "acme-embed"}
        self.assertEqual(self.measured({**cache, "hits": 3, "misses": 2}),
                         {"events": 1, "hits": 3, "misses": 2, "cache_saved_nanousd": 300_000,
                          "assumed_cache_saved_nanousd": 300_000})
        self.assertEqual(self.measured({**cache, "hit": True, "input_tokens": 5_000_000}),
                         {"events": 1, "hits": 1, "saved_tokens": 5_000_000, "cache_saved_nanousd": 100_000_000})
        self.assertEqual(self.measured({**cache, "model": "nobody-1", "hits": 2, "input_tokens": 7}),
                         {"events": 1, "unpriced_events": 1, "hits": 2, "saved_tokens": 7,
                          "cache_saved_nanousd": 200_000, "assumed_cache_saved_nanousd": 200_000})
        self.assertEqual(self.measured({**cache, "hit": False, "input_tokens": 300}),
                         {"events": 1, "misses": 1, "input_tokens": 300})

    def test_time_saved(self):
        self.start()
        self.assertEqual(self.measured({"type": "rag_parallel"}, {"type": "rag_parallel", "time_saved_seconds": -7.5}),
                         {"events": 2, "measured_events": 1, "time_saved_seconds": -1.5})

    def test_latency_of_types_that_have_none(self):
        self.start()
        self.assertEqual(self.measured({"type": "rag_parallel", "latency_ms": 5})["time_saved_seconds"], 6.0)
        for kind in ("query_router", "llm_call", "embedding_cache"):
            self.assertEqual(self.measured({"type": kind, "latency_ms": 0.004})["latency_events"], 1)


class Groups(Case):
    def test_tags_are_those_of_the_configuration(self):
        self.start(tags=("team",))
        event = {"type": "llm_call", "cost": 1, "ts": now_ms()}
        self.send([{**event, "tags": {"team": "red", "region": "eu"}}, {**event, "tags": {"region": "us"}}, event,
                   {**event, "tags": {"team": ""}}, {**event, "tags": {"team": "other"}}])
        self.breakdown(("team",))
        self.breakdown((), where={"team": ""})
        reply = self.zcostd.ask_raw(wire.pack({"query": "breakdown", "by": ["region"]}))
        self.assertEqual(reply["error"]["code"], "bad_request")

    def test_without_tags(self):
        self.start(tags=(), events=random_events(12, 500))
        self.ask_much(112, rounds=3)

    def test_tags_that_leave_the_configuration_come_back(self):
        self.start(OFTEN, events=random_events(13, 400))
        self.wait_stored()
        self.zcostd.stop()
        self.reconfigure(tags=("region",))
        self.zcostd.start()
        self.book.tags = ("region",)
        self.breakdown(("region", "service"))
        self.zcostd.stop()
        self.reconfigure(tags=tuple(reversed(TAGS)))
        self.zcostd.start()
        self.book.tags = TAGS
        self.ask_much(113, rounds=3)

    def test_dearest_first_and_ties_by_events_then_bytes(self):
        self.start()
        now = now_ms()
        self.send([{"type": "llm_call", "cost": cost, "service": name, "ts": now}
                   for name, cost, count in (("b", 1, 1), ("a", 1, 1), ("c", 0.5, 2), ("aa", 1, 1), ("", 1, 1),
                                             ("ü", 1, 1), ("z", 2, 1), ("y", 0.1, 1)) for _ in range(count)])
        answer = self.breakdown(("service",), limit=7)
        self.assertEqual([row["service"] for row in answer["rows"]], ["z", "c", "", "a", "aa", "b", "ü"])
        self.assertEqual(answer["rows_left_out"], 1)
        answer = self.series(3600, ("service",), limit=2)
        self.assertEqual([row["service"] for row in answer["rows"]], ["z", "c"])

    def test_keys_beyond_the_cap(self):
        self.start("ledger\n    max_keys = 40\n", OFTEN, keys_max=40)
        for part in range(3):  # the same keys again, and others
            self.send(random_events(14 + part, 500))
        self.assertGreater(self.zcostd.health()["cells_folded_to_other"], 100)
        self.ask_much(114, rounds=4)
        self.zcostd.restart()
        self.send(random_events(17, 300))
        self.ask_much(115, rounds=4)

    def test_services_beyond_the_cap(self):
        self.start()
        now = now_ms()
        self.send([{"type": "llm_call", "cost": 1, "service": f"s{i % 1100}", "ts": now - i, "model": f"m{i % 3}",
                    "tags": {"team": "red"}} for i in range(3300)])
        self.breakdown(("service",))
        self.breakdown(("model", "team"), where={"service": "other"})


class Floods(Case):
    """Checkpoints are taken and ingest runs while it is asked."""

    def test_the_past_stands_still_and_the_flood_is_seen_whole(self):
        self.start(OFTEN, events=random_events(18, 1000, (3 * DAY_MS, 90 * DAY_MS, 500 * DAY_MS)))
        until = (now_ms() - 6 * HOUR_MS) // DAY_MS * DAY_MS
        self.book.records = [record for record in self.book.records if record.ts_ms < until]
        stop, flood = threading.Event(), threading.Thread(target=self.flood, args=(until + DAY_MS,))
        self.stop_flood = stop
        flood.start()
        try:
            rng = seeded(19)
            for _ in range(60):
                by, where = self.random_question(rng)
                self.breakdown(by, until - rng.randrange(500 * DAY_MS), until, where)
                self.seen_whole()
        finally:
            stop.set()
            flood.join()

    def flood(self, now):
        """Events of one nano-dollar each, over thousands of cells."""
        rng = seeded(20)
        messages = [wire.pack([{"type": "llm_call", "cost": 1e-9, "input_tokens": 3, "service": f"flood{i % 50}",
                                "ts": now - rng.randrange(6 * HOUR_MS), "latency_ms": 8} for i in range(200)])
                    for _ in range(50)]
        with self.zcostd.socket(zmq.PUSH, "ingest") as socket:
            self.zcostd._sockets.remove(socket)
            while not self.stop_flood.wait(0.002):
                socket.send(rng.choice(messages))

    def seen_whole(self):
        """Between two readings of what is accepted lies what an answer has; and all its parts agree."""
        before = self.accepted()
        answer = self.zcostd.ask("breakdown", by=["service", "type"])
        behind = self.accepted()
        self.assertTrue(before <= answer["total"]["events"] <= behind, (before, answer["total"]["events"], behind))
        self.assertEqual(added(answer["rows"]), added([answer["total"]]))
        for row in answer["rows"]:
            if row["service"].startswith("flood"):
                self.assertEqual((row["cost_nanousd"], row["input_tokens"], row["latency_events"]),
                                 (row["events"], 3 * row["events"], row["events"]))

    def accepted(self):
        return self.zcostd.health()["events"]["accepted"]

    def test_each_answer_has_what_the_one_before_had(self):
        self.start(OFTEN)
        messages = cheap_messages([{"type": "llm_call", "cost": 1e-9, "service": f"s{i % 20}", "ts": now_ms() - i * 977}
                                   for i in range(20_000)], 20)
        pushing = threading.Thread(target=self.zcostd.push, args=messages)
        pushing.start()
        last, since = 0, now_ms() - DAY_MS
        while last < 20_000:
            answer = self.zcostd.ask("breakdown", by=["service"], since=since)
            events = answer["total"]["events"]
            self.assertGreaterEqual(events, last)
            self.assertEqual(answer["total"]["cost_nanousd"], events)
            last = events
        pushing.join()
        self.assertEqual(last, 20_000)


if __name__ == "__main__":
    unittest.main()
