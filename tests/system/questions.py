# SPDX-License-Identifier: MPL-2.0
"""What the tests of questions share: events over months, how they are sent, and questions at random.

A Case has a daemon and the book of all that it was sent; each answer is held against the book.
"""
import uuid

import samples
import wire
from harness import TestCase, now_ms, seeded
from oracle import usd_text
from question_oracle import (DIMENSIONS, SUMMED, Book, Kept, check_breakdown, check_report, check_series, floor_ms)

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
TAGS = ("team", "region", "größe")
NEVER = "store\n    checkpoint_seconds = 86400\n"
OFTEN = "store\n    checkpoint_seconds = 0.05\n"
WIDE = "retention\n    minutes = 700d\n    quarters = 800d\n"
STEPS = (60, 120, 300, 420, 900, 1800, 3600, 5400, 7200, 6 * 3600, 86400, 7 * 86400, 30 * 86400)

_SPANS_MS = (HOUR_MS, HOUR_MS, 6 * HOUR_MS, 47 * HOUR_MS, 50 * HOUR_MS, 7 * DAY_MS, 60 * DAY_MS, 399 * DAY_MS,
             402 * DAY_MS, 600 * DAY_MS)


# ------------------------------------------------------------------------------- events

def past_ms(rng, now, spans=_SPANS_MS):
    """A time from the last minute to the longest span ago; now and then on the edge of a bucket, or ahead."""
    at = now - rng.randrange(rng.choice(spans))
    if rng.random() < 0.1:
        at = floor_ms(at, rng.choice((MINUTE_MS, 15 * MINUTE_MS, DAY_MS))) - rng.choice((0, 0, 1))
    if rng.random() < 0.02:
        at = now + rng.randrange(20 * HOUR_MS)
    return at


def random_event(rng, now, spans=_SPANS_MS):
    event = samples.random_event(rng, now)
    event["ts"] = past_ms(rng, now, spans)
    if rng.random() < 0.6:
        event["service"] = rng.choice(("search", "chat", "größe", "", "a", "b", "billing"))
    if rng.random() < 0.4:
        names = rng.sample((*TAGS, "unheard-of"), rng.randint(0, 3))
        event["tags"] = {name: rng.choice(("red", "blue", "", "ü" * 60)) for name in names}
    if event["type"] != "rag_parallel" and rng.random() < 0.5:
        event["latency_ms"] = rng.choice((rng.lognormvariate(5, 1.2), rng.randrange(100), rng.randrange(10 ** 6) / 8))
    return event


def random_events(seed, count, spans=_SPANS_MS):
    rng, now = seeded(seed), now_ms()
    return [random_event(rng, now, spans) for _ in range(count)]


def _spelled_time(event, rng):
    """The event's time as one of the three forms that the contract allows; all say the same millisecond."""
    ts, choice = event["ts"], rng.randrange(3)
    if choice == 0 and ts % 125 == 0:
        return {**event, "ts": ts / 1000}  # which is exact
    if choice == 1:
        return {**event, "ts": wire.timestamp(ts // 1000, ts % 1000 * 1_000_000, rng.choice((64, 96)))}
    return event


def messages_of(events, rng):
    """The events in any spelling and framing that is allowed, some of them stamped."""
    packed = [wire.spell(_spelled_time(event, rng), rng) for event in events]
    return wire.mixed(packed, rng, uuid.UUID(int=rng.getrandbits(128)).bytes)


def cheap_messages(events, size=500):
    return wire.arrays([wire.pack(event) for event in events], size)


# ------------------------------------------------------------------------------- questions

def config_of(sections, tags=TAGS):
    tagged = ["tags\n", *(f"    key = {name}\n" for name in tags)] if tags else []
    return "".join((*tagged, *sections))


class Case(TestCase):
    timeout = 100
    kept = Kept()
    stored = None  # True: what is sent is in the store before it is asked about; False: in no checkpoint

    def start(self, *config, tags=TAGS, keys_max=100_000, events=(), **settings):
        """A daemon and the book of what it is sent."""
        self.zcostd = self.daemon(prices=samples.PRICES, config=config_of((*config, *self._checkpoints()), tags),
                                  **settings)
        self.book = Book(samples.PRICES, tags=tags, keys_max=keys_max)
        self.sent = 0
        self.send(events)
        return self.zcostd

    def reconfigure(self, *config, tags=TAGS):
        """For the daemon's next start."""
        self.zcostd.config_path.write_text(config_of((*config, *self._checkpoints()), tags))

    def _checkpoints(self):
        return () if self.stored is None else (OFTEN if self.stored else NEVER,)

    def send(self, events, rng=None, wait=True):
        messages = messages_of(events, rng) if rng else cheap_messages(events)
        self.book.add(*events)
        self.sent += len(events)
        if messages:
            self.zcostd.push(*messages)
        if wait:
            self.settle()
        if wait and self.stored:
            self.wait_stored()

    def settle(self):
        """Until all that was sent is counted: also where some of it was before a restart."""
        self.zcostd.wait_health(lambda health: health["events"]["accepted"] >= self.sent)
        health = self.zcostd.health()
        self.assertEqual((health["events"]["accepted"], health["events"]["rejected"]), (self.sent, 0),
                         health["rejected"])

    def wait_stored(self):
        """Until all of the journal is in the store."""
        self.zcostd.wait_health(lambda health: health["store"]["position"] == health["journal"]["written"])

    # ------------------------------------------------------------ one question each

    def breakdown(self, by=(), since=None, until=None, where=None, **more):
        """Asks, and holds the answer against the book."""
        arguments = self._arguments(by, since, until, where, more)
        before = now_ms()
        answer = self.zcostd.ask("breakdown", **arguments)
        with self.subTest(breakdown=arguments):
            self.kept.check(self, (since, until), answer, before, now_ms())
            wanted = self.book.breakdown(by, *self._used(since, until, answer), where or {}, **more)
            check_breakdown(self, answer, wanted, by)
        return answer

    def series(self, step, by=(), since=None, until=None, where=None, **more):
        arguments = {**self._arguments(by, since, until, where, more), "step": step}
        before = now_ms()
        answer = self.zcostd.ask("series", **arguments)
        with self.subTest(series=arguments):
            if since is not None:
                self.kept.check_series(self, (since, until), step, answer, before, now_ms())
            wanted = self.book.series(answer["step"], by, *self._used(since, until, answer), where or {}, **more)
            check_series(self, answer, wanted, by)
        return answer

    def report(self, since=None, until=None, service=None):
        arguments = self._arguments((), since, until, None, {} if service is None else {"service": service})
        before = now_ms()
        answer = self.zcostd.ask("report", **arguments)
        with self.subTest(report=arguments):
            self.kept.check(self, (since, until), answer["zcost"], before, now_ms())
            check_report(self, answer, self.book.report(*self._used(since, until, answer["zcost"]), service))
        return answer

    @staticmethod
    def _arguments(by, since, until, where, more):
        arguments = {"by": list(by), "since": since, "until": until, "where": where, **more}
        return {name: value for name, value in arguments.items() if value is not None and value != []}

    @staticmethod
    def _used(since, until, answer):
        """The window that the answer says it used; open where it was asked open."""
        if since is not None and until is not None and until <= since:
            return since, since  # none
        return (None if since is None else answer["since"]), (None if until is None else answer["until"])

    # ------------------------------------------------------------ many

    def random_window(self, rng):
        now = now_ms()
        kind = rng.random()
        if kind < 0.15:
            return None, None
        since = past_ms(rng, now)
        if kind < 0.3:
            return since, None
        if kind < 0.4:
            return None, past_ms(rng, now)
        return since, since + rng.choice((1, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, DAY_MS, 30 * DAY_MS,
                                          rng.randrange(1, 500 * DAY_MS)))

    def random_question(self, rng):
        """by, where."""
        names = (*DIMENSIONS, *self.book.tags)
        by = rng.sample(names, rng.choice((0, 1, 1, 2, 3, len(names))))
        where = {}
        for name in rng.sample(names, rng.choice((0, 0, 1, 1, 2))):
            where[name] = rng.choice(self.book.records).dimensions[name]
        return by, where

    def ask_much(self, seed, rounds=12):
        """Questions at random, and every dimension by itself."""
        rng = seeded(seed)
        self.breakdown((*DIMENSIONS, *self.book.tags))
        self.breakdown()
        self.report()
        for name in (*DIMENSIONS, *self.book.tags):
            self.breakdown((name,), *self.random_window(rng))
        for _ in range(rounds):
            by, where = self.random_question(rng)
            since, until = self.random_window(rng)
            self.breakdown(by, since, until, where, **({"limit": rng.randint(1, 5)} if rng.random() < 0.2 else {}))
            self.report(since, until, rng.choice((None, None, "chat", "default", "nobody")))
            by, where = self.random_question(rng)
            since, until = self.random_window(rng)
            step = rng.choice(STEPS)
            if since is None or (until or now_ms()) - since > 20 * DAY_MS:
                step = max(step, 3600)  # or it has too many points to be compared one by one
            self.series(step, by, since, until, where)


def added(parts):
    """The sums of totals, rows or points as they were shown: what is exact in them."""
    names = [name for name in SUMMED if name != "time_saved_ns"] + ["latency_events"]
    sums = {name: sum(part[name] for part in parts) for name in names}
    return {**sums, "cost_usd": usd_text(sums["cost_nanousd"])}
