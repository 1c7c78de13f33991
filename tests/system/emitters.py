# SPDX-License-Identifier: MPL-2.0
"""Services over libzcost (tests/faults/emitter.c), fed with events, killed, and started again."""
import os
import subprocess
import threading
import time
import unittest

import samples
from harness import BIN, PATIENCE, now_ms, seeded

EMITTER = BIN.parent / "tests/emitter"
BEGUN, TAKEN, DROPPED = 1, 2, 3
KEYS = {"tier", "model", "provider", "cost", "input_tokens", "cache_read_tokens", "cache_write_tokens",
        "output_tokens", "reasoning_tokens", "latency_ms", "time_saved_seconds", "ts"}
# Of these a report shows one count for each event, by which one can tell whether it was folded.
COUNTED = {"query_router": ("query_router", "total_queries"), "llm_call": ("llm_calls", "total_calls"),
           "rag_parallel": ("rag_parallel", "total_preloads")}


def random_event(rng):
    event = samples.random_event(rng, now_ms(), rng.choice(list(COUNTED)))
    used = samples._USED[event["type"]] | {"type", "ts"}
    return {key: value for key, value in event.items() if key in used and value != ""}


def line_of(event):
    return " ".join([event["type"]] + [f"{key}={event[key]}" for key in event if key in KEYS]) + "\n"


class Life:
    """One process. events: those that it was given, of which marks() tells what became."""

    def __init__(self, folder, name, bind, *options):
        if not EMITTER.exists():
            raise unittest.SkipTest(f"{EMITTER} is not built")
        self.service = name
        self.events = []
        self.marks_path = folder / f"{name}.marks"
        self.process = subprocess.Popen(
            [EMITTER, "--ingest", bind["ingest"][0], "--publish", bind["publish"][0], "--service", name,
             "--marks", self.marks_path, *map(str, options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def feed(self, *events):
        self.events += events
        try:
            self.process.stdin.write("".join(map(line_of, events)))
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it was killed; the marks tell what it read

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def end(self, timeout=40):
        """Its last line as a dict, after its client was closed with all acknowledged."""
        out, err = self.process.communicate(timeout=timeout * PATIENCE)
        assert self.process.returncode == 0, err
        return {key: int(value) for key, value in (pair.split("=") for pair in out.split())}

    def marks(self):
        """A byte for each event that it got to; none where it was killed before it began."""
        return self.marks_path.read_bytes()[:len(self.events)] if self.marks_path.exists() else b""

    def taken(self):
        return [event for event, mark in zip(self.events, self.marks()) if mark == TAKEN]

    def settle(self, daemon):
        """The events that count: those that the library took, and the one that it was being given at a
        kill, where the daemon has it. The daemon has no other."""
        taken = self.taken()
        doubtful = [event for event, mark in zip(self.events, self.marks()) if mark == BEGUN]
        assert len(doubtful) <= 1
        report = daemon.ask("report", service=self.service)
        seen = sum(report[section][count] for section, count in COUNTED.values())
        assert len(taken) <= seen <= len(taken) + len(doubtful), \
            f"{self.service}: {seen} were folded; {len(taken)} were taken, and {len(doubtful)} may have been"
        return taken + doubtful[:seen - len(taken)]


class Steady:
    """One life that is fed until it is told to end."""

    def __init__(self, folder, name, bind, seed, *options, pace=0.004):
        self.lives = []
        self._options = (folder, name, bind, *options)
        self._rng = seeded(seed)
        self._pace = pace
        self._ending = threading.Event()
        self.last = {}
        self.error = None
        self._thread = threading.Thread(target=self._guard, daemon=True)
        self._thread.start()

    def end(self):
        self._ending.set()
        self._thread.join()
        assert self.error is None, self.error

    def _guard(self):
        try:
            self._run()
        except Exception as error:  # told by end
            self.error = repr(error)
            for life in self.lives:
                life.process.kill()

    def _begin(self):
        folder, name, bind, *options = self._options
        self.lives.append(Life(folder, f"{name}-{len(self.lives)}", bind, *options))
        return self.lives[-1]

    def _feed(self, life, seconds=None):
        until = time.monotonic() + seconds if seconds else None
        while not self._ending.is_set() and (until is None or time.monotonic() < until):
            # Bursts too, in the middle of which a kill may come.
            count = self._rng.choice((1, 2, 3, 5, 100)) if self._rng.random() < 0.2 else 2
            life.feed(*[random_event(self._rng) for _ in range(count)])
            time.sleep(self._pace)

    def _run(self):
        life = self._begin()
        self._feed(life)
        self.last = life.end()


class Spooling(Steady):
    """Lives that are killed at random instants, each of which finds what those before have left."""

    def __init__(self, folder, name, bind, seed, spool):
        self._spool = spool
        super().__init__(folder, name, bind, seed, "--spool", spool)

    def _run(self):
        while not self._ending.is_set():
            life = self._begin()
            self._feed(life, self._rng.uniform(0.01, 0.8))
            life.kill()
        before = set(os.listdir(self._spool))
        last = self._begin()
        deadline = time.monotonic() + 40 * PATIENCE
        while left := before & set(os.listdir(self._spool)):
            assert time.monotonic() < deadline, f"never sent: {left}"
            assert last.process.poll() is None, "the last life ended early"
            time.sleep(0.02)
        self.last = last.end()
        assert not os.listdir(self._spool), os.listdir(self._spool)
