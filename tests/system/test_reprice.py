# SPDX-License-Identifier: MPL-2.0
"""zcostd --reprice: after it the ledger is the one that a daemon with those prices would have kept."""
import hashlib
import json
import operator
import unittest

import samples
import wire
from durable import NEVER, OFTEN, Kept
from harness import now_ms, run, seeded

HOUR = 3_600_000
KEEP = "journal\n    keep = forever\n"


def price_list(seed):
    """The tests' table, each rate times a number of its own; one model more, one less."""
    rng = seeded(seed)
    table = json.loads(samples.PRICES)
    for entry in table.values():
        for key, rate in entry.items():
            if isinstance(rate, float):
                entry[key] = float(f"{rate * rng.choice((0.5, 2, 3, 7)):.6e}")
    if seed:
        table[samples.UNKNOWN_MODEL] = {"mode": "chat", "input_cost_per_token": 1e-6 * seed,
                                        "output_cost_per_token": 2e-6}
        del table["acme-odd"]
    return json.dumps(table)


def some_events(rng, count, since_ms, until_ms):
    events = []
    for _ in range(count):
        event = {"type": rng.choice(["llm_call", "query_router", "embedding_cache"]),
                 "service": rng.choice("abc"), "ts": rng.randrange(since_ms, until_ms),
                 "model": rng.choice([*samples.CHAT_MODELS, samples.UNKNOWN_MODEL])}
        if event["type"] == "query_router":
            event["tier"] = rng.choice(["simple", "complex", "odd"])
        if event["type"] == "embedding_cache":
            event |= {"hits": rng.randrange(5), "misses": 1, "model": rng.choice(["acme-embed", "acme-odd"])}
        if rng.random() < 0.8:
            event |= {"input_tokens": rng.randrange(1000, 9000)}
        if "input_tokens" in event and event["type"] != "embedding_cache":
            event |= {"cache_read_tokens": rng.randrange(500), "cache_write_tokens": rng.randrange(500),
                      "output_tokens": rng.randrange(900)}
        if rng.random() < 0.2 and event["type"] != "embedding_cache":
            event["cost"] = rng.randrange(10 ** 6) / 1e9
        events.append(event)
    return events


class RepriceCase(Kept):
    def setUp(self):
        super().setUp()
        self.rng = seeded(7)
        self.now = now_ms()
        self.begin = (self.now - 30 * HOUR) // HOUR * HOUR

    def ledger(self, seed=0, config=KEEP + OFTEN):
        return self.daemon(prices=price_list(seed), config=config)

    def feed(self, daemon, events):
        self.durable(daemon, *[wire.pack(event) for event in events])

    def figures(self, daemon, since, until):
        answer = daemon.ask("breakdown", by=["type", "service", "tier", "model"], since=since, until=until)
        total = answer.pop("total")
        self.assertEqual(total["cost_nanousd"], sum(row["cost_nanousd"] for row in answer["rows"]))
        return sorted(answer["rows"], key=operator.itemgetter("type", "service", "tier", "model")), total

    def reprice(self, daemon, seed, since_ms, *more, status=0):
        path = daemon.dir / f"prices-{seed}.json"
        path.write_text(price_list(seed))
        done = run("zcostd", "--config", daemon.config_path, "--data", daemon.data, "--reprice", path, "--since",
                   f"@{since_ms // 1000}", *more, timeout=60)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done

    def assert_sound(self, daemon):
        done = run("zcostd", "--check", daemon.data)
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1]), (0, "sound"), done.stdout)

    def assert_like(self, daemon, others):
        """Between two moments the figures are those of a daemon with other prices: (since, until, daemon)."""
        for since, until, other in others:
            self.assertEqual(self.figures(daemon, since, until), self.figures(other, since, until))


class Reprice(RepriceCase):
    def test_all_of_it_then_again_then_a_part(self):
        middle = self.begin + 20 * HOUR
        end = self.now + HOUR
        events = some_events(self.rng, 400, self.begin, self.now)
        daemons = [self.ledger(seed) for seed in range(4)]
        for daemon in daemons:
            self.feed(daemon, events)
        kept = daemons[0]
        for seed, since, expected in ((1, self.begin, [(self.begin, end, 1)]),
                                      (2, self.begin, [(self.begin, end, 2)]),
                                      (3, middle, [(self.begin, middle, 2), (middle, end, 3)]),
                                      (1, self.begin - HOUR, [(self.begin, end, 1)])):
            with self.subTest(seed=seed, since=since):
                kept.stop()
                self.reprice(kept, seed, since)
                self.assert_sound(kept)
                kept.start()
                self.assert_like(kept, [(a, b, daemons[n]) for a, b, n in expected])
        self.assertEqual(kept.health()["unpriced"], daemons[1].health()["unpriced"])

    def test_what_came_between_two_repricings_is_under_the_prices_then(self):
        kept, other = self.ledger(0), self.ledger(2)
        first, second = (some_events(seeded(n), 100, self.begin, self.now) for n in (1, 2))
        self.feed(kept, first)
        kept.stop()
        self.reprice(kept, 1, self.begin)
        kept.start()
        self.feed(kept, second)
        kept.crash()  # the tail of the journal is not in the store yet, or is
        self.reprice(kept, 2, self.begin)
        kept.start()
        self.feed(other, first + second)
        self.assert_like(kept, [(self.begin, self.now + HOUR, other)])

    def test_a_dry_run_says_the_same_and_writes_nothing(self):
        kept = self.ledger(0, config=KEEP + NEVER)
        self.feed(kept, some_events(self.rng, 100, self.begin, self.now))
        kept.stop()
        before = {path: hashlib.sha256(path.read_bytes()).digest() for path in kept.data.rglob("*") if path.is_file()}
        dry = self.reprice(kept, 1, self.begin, "--dry-run")
        self.assertEqual(before, {path: hashlib.sha256(path.read_bytes()).digest()
                                  for path in kept.data.rglob("*") if path.is_file()})
        done = self.reprice(kept, 1, self.begin)
        self.assertEqual(dry.stdout.splitlines()[:-1], done.stdout.splitlines()[:-1])
        self.assertEqual(dry.stdout.splitlines()[-1], "dry run: nothing was written")
        self.assertIn(samples.UNKNOWN_MODEL, dry.stdout)
        again = self.reprice(kept, 1, self.begin, "--dry-run")
        self.assertIn("0.000000000", again.stdout.splitlines()[3])

    def test_a_daemon_that_runs_is_in_the_way(self):
        kept = self.ledger(0)
        self.feed(kept, some_events(self.rng, 5, self.begin, self.now))
        for more in ((), ("--dry-run",)):
            self.reprice(kept, 1, self.begin, *more, status=1)
        self.assertEqual(kept.report()["zcost"]["events"]["accepted"], 5)

    def test_prices_without_the_baseline_are_refused(self):
        kept = self.ledger(0)
        self.feed(kept, some_events(self.rng, 5, self.begin, self.now))
        kept.stop()
        path = kept.dir / "bad.json"
        for text in ("{", "{}", '{"acme": {"mode": "chat", "input_cost_per_token": 1e-6}}'):
            path.write_text(text)
            done = run("zcostd", "--config", kept.config_path, "--data", kept.data, "--reprice", path, "--since", "7d")
            self.assertEqual(done.returncode, 1, text)
            self.assertIn("--reprice", done.stderr)
        kept.start()

    def test_a_journal_that_was_cut_reaches_back_to_its_beginning_only(self):
        config = "journal\n    segment_bytes = 17000000\n" + OFTEN
        kept = self.ledger(0, config=config)
        frame = b"".join(wire.pack({"type": "llm_call", "model": "gpt-4o", "input_tokens": n}) for n in range(50_000))
        for _ in range(16):
            kept.push(frame)
        kept.wait_health(lambda health: health["events"]["accepted"] == 800_000, timeout=60)
        kept.stop()
        done = self.reprice(kept, 1, self.begin, status=1)
        self.assertRegex(done.stderr, r"the journal begins only at @\d+")

    def test_a_name_that_a_terminal_would_obey(self):
        kept = self.ledger(0)
        names = ["\x1b[2Jrogue", "rogue\x9b31m", "\trogue\x7f", "größe", "x" * 128]
        table = json.loads(price_list(1))
        for name in names:
            table[name] = {"mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6}
        self.feed(kept, [{"type": "llm_call", "model": name, "input_tokens": 1000, "ts": self.now} for name in names])
        kept.stop()
        path = kept.dir / "rogue.json"
        path.write_text(json.dumps(table))
        done = run("zcostd", "--config", kept.config_path, "--data", kept.data, "--reprice", path, "--since", "1d")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse([char for char in done.stdout if char != "\n" and (char < " " or "\x7f" <= char <= "\x9f")])
        shown = [line.split()[0] for line in done.stdout.splitlines()[3:8]]
        self.assertEqual(shown, ["?rogue?", "?[2Jrogue", "größe", "rogue?31m", "x" * 128])
        self.assertEqual({line.index("0.001000000") for line in done.stdout.splitlines()[3:7]}, {72})

    def test_options_that_do_not_go_together(self):
        for options in (["--reprice", "x"], ["--since", "7d"], ["--dry-run"],
                        ["--reprice", "x", "--since", "7d", "--data", "none"],
                        ["--reprice", "x", "--since", "yesterweek"], ["--dry-run=yes"]):
            done = run("zcostd", *options)
            self.assertEqual(done.returncode, 2, options)
            self.assertEqual(len(done.stderr.splitlines()), 1)


if __name__ == "__main__":
    unittest.main()
