# SPDX-License-Identifier: MPL-2.0
"""What is not accepted: each bad input under its reason, kept, and without harm to its neighbours."""
import time
import unittest

import samples
import wire
from bad_inputs import GOOD, REASONS, TABLE
from harness import SANITIZED, TestCase, now_ms, seeded

MB = 1 << 20


def shown(frame):
    return frame[:60].hex(" ") + (" …" if len(frame) > 60 else "")


class RejectCase(TestCase):
    def start(self, **settings):
        self.zcostd = self.daemon(**settings)
        self.total = 0

    def settle(self, events):
        self.total += events
        return self.zcostd.settle(self.total)

    def check_rejects(self, events, health, reasons):
        """Events are as given, and the reasons sum up."""
        self.assertEqual(health["rejected"], {**dict.fromkeys(REASONS, 0), **reasons})
        self.assertEqual(health["events"]["rejected"], sum(reasons.values()))
        self.assertEqual(health["events"]["accepted"], events)


class Table(RejectCase):
    timeout = 60

    def test_each_bad_input_has_its_reason(self):
        """A daemon counts each bad frame under its reason, keeps it, and takes the good event after it."""
        self.start(config="rejects\n    keep = 1000\n", prices=samples.PRICES)
        self.zcostd.push(*(frame for pair in ((bad, GOOD) for _, bad in TABLE) for frame in pair))
        health = self.settle(2 * len(TABLE))
        rows = self.zcostd.ask("rejects", limit=1000)["rows"][::-1]
        self.assertEqual(len(rows), len(TABLE))
        for (reason, frame), row in zip(TABLE, rows):
            with self.subTest(reason=reason, frame=shown(frame)):
                self.assertEqual(row["reason"], reason, row)
                self.check_row(row, frame)
        counts = {reason: sum(1 for wanted, _ in TABLE if wanted == reason) for reason in {r for r, _ in TABLE}}
        self.check_rejects(len(TABLE), health, counts)
        self.assertEqual(self.zcostd.report()["query_router"]["total_cost_usd"], f"{len(TABLE)}.000000000")

    def check_row(self, row, frame):
        self.assertEqual(set(row), {"ts", "reason", "detail", "head"})
        self.assertIsInstance(row["head"], bytes)
        self.assertTrue(row["head"])
        self.assertLessEqual(len(row["head"]), 256)
        self.assertIn(row["head"], frame)
        if frame[:1] != b"\x91":  # but for an element of an array, the rejected object is the frame
            self.assertEqual(row["head"], frame[:256])
        self.assertIsInstance(row["detail"], str)
        self.assertTrue(row["detail"].strip())
        self.assertAlmostEqual(row["ts"], now_ms(), delta=60_000)

    def test_a_bad_field_is_named(self):
        self.start()
        for key in ("cost", "input_tokens", "service", "ts"):
            self.zcostd.push(wire.pack({"type": "llm_call", key: None}))
            self.settle(1)
            self.assertIn(key, self.zcostd.ask("rejects", limit=1)["rows"][0]["detail"])

    def test_good_events_of_a_bad_array_are_counted(self):
        self.start(config="rejects\n    keep = 1000\n")
        bad = [(reason, frame) for reason, frame in TABLE
               if reason not in ("malformed", "not_a_map") and len(frame) < 1000]
        messages = [wire.array([GOOD, frame, GOOD]) for _, frame in bad]
        messages += [GOOD + frame + GOOD for _, frame in bad]
        messages += [[GOOD, frame, GOOD] for _, frame in bad]
        self.zcostd.push(*messages)
        health = self.settle(9 * len(bad))
        self.assertEqual(health["events"]["accepted"], 6 * len(bad))
        rows = self.zcostd.ask("rejects", limit=1000)["rows"][::-1]
        self.assertEqual([row["reason"] for row in rows], [reason for reason, _ in bad] * 3)

    def test_good_events_around_what_is_no_map(self):
        self.start()
        self.zcostd.push(GOOD + b"\x05" + GOOD, wire.array([GOOD, b"\xa3abc", GOOD, b"\xc0", GOOD]))
        self.check_rejects(5, self.settle(8), {"not_a_map": 3})

    def test_what_is_no_msgpack_ends_the_frame_only(self):
        self.start()
        self.zcostd.push(GOOD + b"\xc1" + GOOD, [GOOD + GOOD[:-1], GOOD], wire.array([GOOD, b"\xc1", GOOD]), GOOD)
        self.check_rejects(5, self.settle(8), {"malformed": 3})

    def test_an_event_does_not_go_on_in_the_next_frame(self):
        self.start()
        self.zcostd.push([GOOD[:-1], GOOD[-1:]], [b"\x92" + GOOD, GOOD])
        self.check_rejects(2, self.settle(5), {"malformed": 2, "not_a_map": 1})

    def test_an_array_that_promises_more_than_there_is(self):
        self.start()
        self.zcostd.push(b"\x9f" + GOOD * 3, b"\xdc\x00\xff" + GOOD * 3, b"\xdd\x00\x00\xff\xff" + GOOD * 3, b"\x91")
        self.check_rejects(9, self.settle(13), {"malformed": 4})

    def test_headers_that_promise_four_billion(self):
        self.start()
        headers = (b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff",
                   b"\xc9\xff\xff\xff\xff\x01")
        before = self.zcostd.health()["rss_bytes"]
        for header in headers:
            self.zcostd.push(*[header] * 200, *[b"\x91" + header] * 200, *[header * 100] * 10, GOOD)
        health = self.zcostd.wait_health(lambda health: health["events"]["accepted"] == len(headers))
        self.assertEqual(health["events"]["rejected"], health["rejected"]["malformed"] + health["rejected"]["too_large"]
                         + health["rejected"]["not_a_map"])
        self.assertGreaterEqual(health["events"]["rejected"], 410 * len(headers))
        if not SANITIZED:
            self.assertLess(health["rss_bytes"] - before, 32 * MB)

    def test_a_stamp_of_the_wrong_size_or_place(self):
        self.start()
        good_stamp = wire.stamp(b"\1" * 16, 1, 1)
        self.zcostd.push(wire.extension(1, b"x" * 35) + GOOD, wire.extension(1, b"x" * 37) + GOOD,
                         wire.extension(2, b"x" * 36) + GOOD, GOOD + good_stamp + GOOD,
                         wire.array([GOOD, bytes(good_stamp), GOOD]), GOOD)
        health = self.settle(13)
        self.assertEqual((health["events"]["accepted"], health["events"]["rejected"]), (8, 5))


class TheRing(RejectCase):
    def test_newest_first_and_bounded(self):
        self.start(config="rejects\n    keep = 5\n")
        self.zcostd.push(*(wire.pack({"type": f"t{i}"}) for i in range(20)))
        self.settle(20)
        rows = self.zcostd.ask("rejects")["rows"]
        self.assertEqual([row["head"] for row in rows], [wire.pack({"type": f"t{i}"}) for i in range(19, 14, -1)])
        self.assertEqual(len(self.zcostd.ask("rejects", limit=2)["rows"]), 2)
        self.assertEqual(self.zcostd.ask("rejects", limit=2)["rows"], rows[:2])
        self.assertEqual(self.zcostd.ask("rejects", limit=1_000_000)["rows"], rows)

    def test_empty_without_rejects(self):
        self.start()
        self.assertEqual(self.zcostd.ask("rejects"), {"rows": []})

    def test_head_is_the_first_256_bytes_of_the_object(self):
        self.start()
        long = wire.pack({"type": "llm_call", "service": "x" * 1_000})
        self.zcostd.push(wire.array([GOOD, long, GOOD]))
        self.settle(3)
        self.assertEqual(self.zcostd.ask("rejects")["rows"][0]["head"], long[:256])


class Limits(RejectCase):
    def test_batch_limit(self):
        self.start(config="ingest\n    max_batch_events = 10\n")
        self.zcostd.push(wire.array([GOOD] * 11), wire.array([GOOD] * 10), GOOD * 11)
        self.check_rejects(21, self.settle(22), {"too_large": 1})

    def test_default_batch_limit(self):
        self.start()
        self.zcostd.push(wire.array([GOOD] * 100_001), GOOD)
        self.check_rejects(1, self.settle(2), {"too_large": 1})

    def test_frame_limit(self):
        self.start(config="ingest\n    max_frame_bytes = 4096\n")
        filler = 4096 - len(wire.pack({"type": "query_router", "x": "y" * 4000})) + 4000
        exact = wire.pack({"type": "query_router", "x": "y" * filler})
        over = wire.pack({"type": "query_router", "x": "y" * (filler + 1)})
        self.assertEqual((len(exact), len(over)), (4096, 4097))
        self.zcostd.push(over, exact, [GOOD, over, GOOD], GOOD)
        self.check_rejects(4, self.settle(6), {"too_large": 2})
        rows = self.zcostd.ask("rejects")["rows"]
        self.assertEqual(rows[-1]["head"], over[:256])

    def test_a_frame_far_over_the_limit_harms_nobody_else(self):
        """Past a hard bound the connection goes before the frame is in memory; whether such a frame can
        still be counted is left open."""
        self.start(config="ingest\n    max_frame_bytes = 4096\n")
        before = self.zcostd.health()["rss_bytes"]
        for _ in range(5):
            self.zcostd.push(b"\xc1" * (64 * MB))
            self.zcostd.push(GOOD)
        health = self.zcostd.wait_health(lambda health: health["events"]["accepted"] == 5)
        self.assertEqual(health["events"]["rejected"], health["rejected"]["too_large"])
        if not SANITIZED:
            self.assertLess(health["rss_bytes"] - before, 16 * MB)

    def test_default_frame_limit(self):
        self.start()
        self.zcostd.push(GOOD + b"\xc6\x00\xff\xff\x00" + b"x" * (16 * MB), GOOD)
        self.check_rejects(1, self.settle(2), {"too_large": 1})


class Overflow(RejectCase):
    timeout = 60

    def overflow(self, kind):
        self.start()
        # 9,223 events of 10^15 nano-dollars fit below 2^63.
        self.zcostd.push(wire.array([wire.pack({"type": kind, "cost": 1_000_000})] * 10_000))
        self.check_rejects(9_223, self.settle(10_000), {"overflow": 777})
        self.zcostd.push(wire.pack({"type": kind, "cost": 372_036.854775807}))  # the rest, exactly
        self.check_rejects(9_224, self.settle(1), {"overflow": 777})
        self.zcostd.push(*(wire.pack({"type": kind, "cost": cost}) for cost in (1e-9, 0, 1_000_000)))
        self.check_rejects(9_225, self.settle(3), {"overflow": 779})
        return self.zcostd.report()

    def test_the_cost_of_queries(self):
        router = self.overflow("query_router")["query_router"]
        self.assertEqual(router["total_cost_usd"], "9223372036.854775807")
        self.assertEqual(router["total_queries"], 9_225)
        self.assertEqual(router["total_cost"], 9223372036.8548)
        # Savings: 9,225 times the assumed 0.035, less all of that.
        self.assertEqual(router["net_savings_usd"], "-9223371713.979775807")

    def test_the_cost_of_calls(self):
        calls = self.overflow("llm_call")["llm_calls"]
        self.assertEqual((calls["total_calls"], calls["total_cost_usd"]), (9_225, "9223372036.854775807"))

    def test_an_overflowing_event_leaves_no_trace(self):
        self.start()
        self.zcostd.push(wire.array([wire.pack({"type": "query_router", "tier": "simple", "cost": 1_000_000})] * 9_223))
        self.settle(9_223)
        self.zcostd.push(wire.pack({"type": "query_router", "tier": "complex", "cost": 1_000_000, "input_tokens": 5}))
        self.check_rejects(9_223, self.settle(1), {"overflow": 1})
        router = self.zcostd.report()["query_router"]
        self.assertEqual(router["cost_breakdown"]["complex"]["queries"], 0)
        self.assertEqual(router["total_cost_usd"], "9223000000.000000000")
        self.assertEqual(router["baseline"]["measured_queries"], 0)

    def test_counts_and_seconds(self):
        """Whether these sums can overflow is the daemon's affair; that they stay true is not."""
        self.start()
        trillion = 10 ** 12
        batch = wire.pack({"type": "embedding_cache", "hits": trillion, "misses": trillion})
        preload = wire.pack({"type": "rag_parallel", "time_saved_seconds": 10 ** 6})
        self.zcostd.push(wire.array([batch] * 20_000), wire.array([preload] * 20_000))
        health = self.settle(40_000)
        self.assertEqual(health["events"]["rejected"], health["rejected"]["overflow"])
        report = self.zcostd.report()
        cache, rag = report["embedding_cache"], report["rag_parallel"]
        self.assertEqual(cache["cache_hits"], cache["cache_misses"])
        self.assertEqual(cache["total_requests"], 2 * cache["cache_hits"])
        self.assertEqual(health["events"]["accepted"], rag["total_preloads"] + cache["cache_hits"] // trillion)
        self.assertEqual(rag["avg_time_saved_seconds"], 1e6)


def mutate(frame, rng, others):
    """One to four random injuries."""
    data = bytearray(frame)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        injury = rng.randrange(6)
        if injury == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif injury == 1 and at < len(data):
            data[at] = rng.choice((0x00, 0x80, 0x90, 0xC0, 0xC1, 0xC7, 0xDB, 0xDD, 0xDF, 0xFF, rng.randrange(256)))
        elif injury == 2:
            del data[at:at + rng.randint(1, 8)]
        elif injury == 3:
            data[at:at] = rng.randbytes(rng.randint(1, 8))
        elif injury == 4:
            other = rng.choice(others)
            cut = rng.randrange(len(other))
            data[at:] = other[cut:]
        else:
            data[at:at] = rng.choice((b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff",
                                      b"\x91" * 20, b"\xcb\x7f\xf0\0\0\0\0\0\0"))
    return bytes(data)


class Mutations(RejectCase):
    timeout = 60

    def flood(self, kinds, count, seed):
        rng = seeded(seed)
        seeds = []
        for _ in range(300):
            events = [wire.spell(samples.random_event(rng, now_ms(), rng.choice(kinds)), rng)
                      for _ in range(rng.randint(1, 4))]
            seeds.append(wire.array(events, rng.choice) if rng.random() < 0.5 else b"".join(events))
        before = self.zcostd.health()["rss_bytes"]
        marker = f"after-{seed}"
        self.zcostd.push(*(mutate(rng.choice(seeds), rng, seeds) for _ in range(count)),
                         wire.pack({"type": "llm_call", "model": marker, "output_tokens": 1}))
        health = self.zcostd.wait_health(lambda health: marker in health["unpriced"])
        self.assertEqual(health["events"]["rejected"], sum(health["rejected"].values()))
        self.assertGreater(health["events"]["rejected"], count // 2)
        if not SANITIZED:
            self.assertLess(health["rss_bytes"] - before, 64 * MB)
        return health

    def test_mutated_frames(self):
        self.start(prices=samples.PRICES)
        health = self.flood(("query_router", "llm_call", "rag_parallel"), 15_000, 1)
        report = self.zcostd.report()
        self.assertEqual(health["events"]["accepted"], report["query_router"]["total_queries"]
                         + report["llm_calls"]["total_calls"] + report["rag_parallel"]["total_preloads"])
        self.flood(samples.TYPES, 5_000, 2)
        self.assertIsNone(self.zcostd.process.poll())

    def test_noise(self):
        self.start()
        rng = seeded(3)
        self.zcostd.push(*(rng.randbytes(rng.randint(0, 200)) for _ in range(5_000)), GOOD)
        health = self.zcostd.wait_health(lambda health: health["events"]["accepted"])
        self.assertEqual(health["events"]["rejected"], sum(health["rejected"].values()))


class OverRestarts(RejectCase):
    def test_counts_stay_and_are_logged_once(self):
        zcostd = self.daemon(config="store\n    checkpoint_seconds = 0.1\n", interval=0.2)
        zcostd.push(b"\x01", b"\x80")
        zcostd.settle(2)
        zcostd.wait_log("rejected", total="2")
        zcostd.wait_health(lambda health: health["store"]["sequence"] > 1)
        zcostd.restart()
        time.sleep(0.5)  # more than an interval
        self.assertEqual([line.text for line in zcostd.log if line.get("event") == "rejected"], [])
        zcostd.push(b"\x80")
        zcostd.settle(3)
        self.assertEqual(zcostd.health()["rejected"]["missing_type"], 2)
        self.assertEqual(zcostd.wait_log("rejected", total="3")["new"], "1")
        self.assertEqual(zcostd.health()["rejected"]["not_a_map"], 1)


class Keys(RejectCase):
    """Distinct names are the sender's, and could be without end."""
    timeout = 60

    def test_names_without_end_do_not_grow_memory(self):
        self.start(prices=samples.PRICES)
        count = 60_000
        packed = [wire.pack({"type": "query_router", "cost": 1, "service": f"service-{i:0100}", "tier": f"tier-{i}",
                             "model": f"model-{i:0100}"}) for i in range(count)]
        self.zcostd.push(*wire.arrays(packed, 100))
        self.zcostd.push(wire.array([wire.pack({"type": "llm_call", "model": f"unpriced-{i:0100}", "input_tokens": 1})
                                     for i in range(20_000)]))
        health = self.settle(count + 20_000)
        self.assertEqual(health["events"]["rejected"], 0)
        self.assertEqual(health["cells_folded_to_other"], count - 998)  # beside `default` and `other`
        self.assertEqual(self.zcostd.ask("report", service="other")["query_router"]["total_queries"], count - 998)
        self.assertEqual(sum(health["unpriced"].values()), 20_000)
        report = self.zcostd.report()
        self.assertEqual(report["query_router"]["total_cost_usd"], f"{count}.000000000")
        self.assertEqual(report["llm_calls"]["unpriced_calls"], 20_000)
        self.assertEqual(set(report["query_router"]["cost_breakdown"]), {"simple", "medium", "complex", "other"})
        if not SANITIZED:
            self.assertLess(health["rss_bytes"], 128 * MB)


if __name__ == "__main__":
    unittest.main()
