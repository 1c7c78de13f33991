# SPDX-License-Identifier: MPL-2.0
"""A fixed piece of work for a daemon that will not live to its end: frames of several producers, what
they must come to, and the acknowledgements that were given for them."""
import copy
import time
import uuid

import msgpack
import zmq

import samples
from harness import PATIENCE, now_ms, seeded
from oracle import Oracle
from reliable import Frame, check_ack, read_ack, stamped, topic_of

BAD = msgpack.packb({"type": "nobody_knows"})  # a number of its own, and a reject


class Script:
    """frames: over all producers. padding: bytes that each frame carries without a meaning, so that
    journals are long. `done`: id -> the number below which all was acknowledged, to the producers
    that live as long as this object does."""

    def __init__(self, seed, frames=60, producers=3, padding=0):
        rng = seeded(seed)
        self.ids = [uuid.UUID(int=rng.getrandbits(128)).bytes for _ in range(producers)]
        self.end = dict.fromkeys(self.ids, 1)
        self.done = dict.fromkeys(self.ids, 1)
        self.oracle = Oracle(samples.PRICES)
        self.accepted = self.rejected = 0
        self.frames = [self._frame(rng, rng.choice(self.ids), padding) for _ in range(frames)]

    def _frame(self, rng, id, padding):
        count = rng.randint(1, 5)
        events = [samples.random_event(rng, now_ms()) for _ in range(count)]
        self.oracle.add(*events)
        self.accepted += count
        if padding:
            events[0] = {"": rng.randbytes(padding), **events[0]}
        if rng.random() < 0.1:
            events.insert(rng.randint(0, count), BAD)
            self.rejected += 1
        frame = Frame(self.end[id], len(events), stamped(id, 1, self.end[id], events))
        self.end[id] += len(events)
        return id, frame

    def fork(self):
        """The same work, done as far: for one of several ways on from here."""
        other = copy.copy(self)
        other.done = dict(self.done)
        return other

    def left(self):
        """The frames that are not acknowledged."""
        return [frame.data for id, frame in self.frames if frame.first + frame.count > self.done[id]]

    def is_done(self):
        return self.done == self.end

    def take(self, id, ack):
        assert ack[:2] >= (1 if self.done[id] > 1 else 0, self.done[id]), f"{ack} after {self.done[id]}"
        assert ack.seq <= self.end[id], ack
        self.done[id] = ack.seq

    def play(self, daemon, pace_ms=1, timeout=20):
        """Sends what is left, a frame every pace_ms, until all is acknowledged or the daemon is dead.
        What was acknowledged, up to its last breath, is in `done`."""
        context = zmq.Context()
        try:
            push, acks = context.socket(zmq.PUSH), context.socket(zmq.SUB)
            push.linger = acks.linger = 0
            push.sndtimeo = 100
            for id in self.ids:
                acks.subscribe(topic_of(id))
            push.connect(daemon.endpoint("ingest"))
            acks.connect(daemon.endpoint("publish"))
            self._play(daemon, push, acks, pace_ms, time.monotonic() + timeout * PATIENCE)
        finally:
            context.destroy(linger=0)

    def _play(self, daemon, push, acks, pace_ms, deadline):
        left = self.left()[::-1]
        while not self.is_done() and time.monotonic() < deadline:
            alive = daemon.process.poll() is None
            if left and alive:
                try:
                    push.send(left[-1])
                    left.pop()
                except zmq.Again:
                    pass
            # Of the dead, what its connection still holds.
            while acks.poll(pace_ms if alive else 100):
                message = acks.recv_multipart()
                id = next(id for id in self.ids if message[0] == topic_of(id))
                self.take(id, read_ack(id, message))
                if alive:
                    break
            if not alive:
                return

    def finish(self, daemon, timeout=20):
        """What its producers do with a daemon that came back: each acknowledged number is known there,
        and what is left is sent again, until all is acknowledged."""
        self._ask(daemon)
        daemon.push(*self.left())
        deadline = time.monotonic() + timeout * PATIENCE
        while not self.is_done():
            assert time.monotonic() < deadline, f"acknowledged: {self.done}, sent: {self.end}"
            self._ask(daemon)

    def _ask(self, daemon):
        for id in self.ids:
            self.take(id, check_ack(daemon.ask("ack", producer=id.hex())))

    def check(self, test, daemon):
        """All of it is in the daemon's report, once."""
        report = daemon.report()
        events = report["zcost"]["events"]
        test.assertEqual((events["accepted"], events["rejected"]), (self.accepted, self.rejected))
        test.assertEqual((events["lost"], events["dropped"]), (0, 0))
        self.oracle.check(test, report)
