# SPDX-License-Identifier: MPL-2.0
"""What questions about windows of time cost: whom they keep waiting, what they take from ingest, and what memory
the cells take that answer them.

One class a kind of measurement, one object a row of its table, as in cells.py.
"""
import shutil
import subprocess
import time

import cells
import programs

KEYS = 1000
DAYS = 400
DAYS_BEFORE = 30  # so that the sums for good are no answer
HOUR_CELLS = KEYS * 60
ASKED_A_SECOND = 20
NO_CHECKPOINT = {"store_checkpoint_seconds": 86400, "journal_segment_bytes": 1 << 30}
LAST_HOUR_SECONDS = 3600


def fill(bus, found, count, keys=KEYS, apart=60, ago=0):
    programs.run(bus.folder / "bench/bench_fill", "spread", "--endpoint", found["ingest"][0], "--query",
                 found["query"][0], "--count", count, "--keys", keys, "--apart", apart, "--ago", ago)


def settle(bus, found, cells):
    """Waits until so many are in the store: whether their checkpoint falls into a run is chance."""
    endpoint, deadline = found["query"][0], time.monotonic() + programs.PATIENCE_SECONDS
    while bus.health(endpoint)["store"]["cells"] < cells:
        if time.monotonic() > deadline:
            raise programs.Failed("no checkpoint was taken")
        time.sleep(0.2)


def ask(bus, endpoint, query, by, step, last, **more):
    """A process that asks. more: rate, count, stdin."""
    stdin = {"stdin": more.pop("stdin")} if "stdin" in more else {}
    words = [word for name, value in more.items() for word in (f"--{name}", value)]
    return programs.Process(bus.folder / "bench/bench_question", query, "--endpoint", endpoint, "--last", last,
                            *(["--by", by] if by else []), *(["--step", step] if step else []), *words, **stdin)


def numbers(line):
    return {name: float(value) for name, value in line.items()}


class Days:
    """A daemon with 430 days of 1,000 keys in its store, an event a day each; filled when it is first asked for."""

    def __init__(self, bus):
        self.bus, self._endpoint = bus, None

    def endpoint(self):
        if not self._endpoint:
            data = self.bus.fresh()
            daemon, found = self.bus.start_daemon(data=data)
            with daemon:
                fill(self.bus, found, KEYS * (DAYS + DAYS_BEFORE), apart=86400)
                daemon.stop()
            daemon, found = self.bus.start_daemon(data=data)
            self.bus.keep(daemon)
            self._endpoint = found["query"][0]
            if self.bus.health(self._endpoint)["store"]["cells"] < KEYS * DAYS:
                raise programs.Failed("not all cells are in the store")
        return self._endpoint


class Windows:
    """Breakdowns and series over the last 400 of those days, while nothing else happens."""
    kind = "windows"

    def __init__(self, days, query, by, step, count):
        self.key = {"query": query, "by": by, "step": step}
        self.days, self.count = days, count
        self.samples = []

    def measure(self):
        endpoint, words = self.days.endpoint(), (*self.key.values(), DAYS * 86400)
        with ask(self.days.bus, endpoint, *words, count=1) as first:  # brings what it reads into memory
            first.output()
        with ask(self.days.bus, endpoint, *words, count=self.count) as asked:
            self.samples.append(numbers(asked.result()[-1]))


class Lasthour:
    """Questions about the last hour, of 1,000 keys with an event a minute each and in the store, while ingest runs flat
    out; and the same ingest without questions, one after the other. A daemon of its own each time: an hour does not
    last."""
    kind = "lasthour"

    def __init__(self, bus, query, by, step, batch, seconds):
        self.key = {"query": query, "by": by, "step": step, "batch": batch}
        self.bus, self.seconds = bus, seconds
        self.events = None
        self.samples = []

    def _send(self, daemon, found, events):
        with cells.send(self.bus.folder, found["ingest"][0], "small", self.key["batch"], events,
                        found["query"][0]) as sender:
            cpu = daemon.cpu_seconds()
            begun, sent = sender.result()
            return cells.rate_of(events, begun, sent, sent, daemon.cpu_seconds() - cpu)

    def _asked(self, daemon, found, events):
        query, by, step, _ = self.key.values()
        with ask(self.bus, found["query"][0], query, by, step, LAST_HOUR_SECONDS, rate=ASKED_A_SECOND,
                 stdin=subprocess.PIPE) as asking:
            asking.line()  # it has its first answer
            rate = self._send(daemon, found, events)
            return rate, numbers(asking.result()[-1])

    def measure(self):
        batch = self.key["batch"]
        daemon, found = self.bus.start_daemon(data=self.bus.fresh())
        with daemon:
            fill(self.bus, found, HOUR_CELLS)
            settle(self.bus, found, HOUR_CELLS)
            few = self._send(daemon, found, cells.few(batch))
            if self.events is None:
                self.events = max(1, int(few["rate"] * self.seconds / batch)) * batch
            if len(self.samples) % 2:
                (asked, answers), alone = self._asked(daemon, found, self.events), self._send(daemon, found,
                                                                                              self.events)
            else:
                alone, (asked, answers) = self._send(daemon, found, self.events), self._asked(daemon, found,
                                                                                              self.events)
            daemon.stop()
        self.samples.append({"alone": alone, "asked": asked, "answers": answers})


class Live:
    """Memory of cells that changed since the last checkpoint, each with an event and its latency: first with their
    keys, then more of the same keys in other minutes."""
    kind = "live"
    MORE = 4  # times as many

    def __init__(self, bus, keys):
        self.key = {"keys": keys}
        self.bus = bus
        self.samples = []

    def measure(self):
        keys, data = self.key["keys"], self.bus.fresh()
        daemon, found = self.bus.start_daemon(data=data, **NO_CHECKPOINT, ledger_max_keys=2 * keys)
        with daemon:
            # What a daemon takes once, libzmq's queue most of all: as many messages, and hardly a cell.
            fill(self.bus, found, (1 + self.MORE) * keys, keys=100, apart=0)
            before = daemon.rss_bytes()
            fill(self.bus, found, keys, keys=keys)
            with_keys = daemon.rss_bytes()
            fill(self.bus, found, self.MORE * keys, keys=keys, ago=120)
            after = daemon.rss_bytes()
            if self.bus.health(found["query"][0])["store"]["sequence"] > 1:
                raise programs.Failed("a checkpoint was taken")
        shutil.rmtree(data)
        self.samples.append({"key_bytes": (with_keys - before) / keys,
                             "cell_bytes": (after - with_keys) / keys / self.MORE})
