# SPDX-License-Identifier: MPL-2.0
"""A producer that keeps the contract of the stamp to the letter, in pyzmq; and its parts.

Producer numbers events as they enter its bounded queue, declares those it must drop, keeps what is
not acknowledged, and sends it again, unchanged, with the same boundaries, when the daemon is a new
one or has been silent. It knows what it sent, and whatever an acknowledgement says that the contract
forbids is an error that close() raises.
"""
import collections
import threading
import time
import uuid

import msgpack
import zmq

import wire
from harness import PATIENCE

Frame = collections.namedtuple("Frame", "first count data")
Ack = collections.namedtuple("Ack", "epoch seq incarnation")


def topic_of(producer):
    return b"ack/" + producer.hex().encode() + b"/"


def stamped(producer, epoch, seq, events=(), dropped=0):
    """One frame. events: dicts, or bytes to stand for themselves."""
    return wire.stamp(producer, epoch, seq, dropped) + b"".join(
        event if isinstance(event, bytes) else msgpack.packb(event) for event in events)


def read_ack(producer, message):
    """An acknowledgement as it was published; its form is checked to the letter."""
    assert len(message) == 2, message
    assert message[0] == topic_of(producer), message[0]
    return check_ack(msgpack.unpackb(message[1]))


def check_ack(body):
    assert {"epoch", "seq", "incarnation"} <= body.keys(), body
    assert isinstance(body["incarnation"], str) and len(body["incarnation"]) == 16, body
    assert 0 <= body["epoch"] < 1 << 32 and 1 <= body["seq"] < 1 << 64, body
    return Ack(body["epoch"], body["seq"], body["incarnation"])


class Producer:
    """A thread that talks to one aggregator at fixed endpoints, over its restarts.

    queue_events  an event that finds so many unacknowledged is dropped, and declared
    silence       seconds without progress after which what is unacknowledged is sent again
    rng           where given, frames are now and then sent twice, and sent again out of order, as
                  connections that break do it
    """

    def __init__(self, ingest, publish, *, id=None, epoch=1, queue_events=1_000_000, silence=1.0, rng=None):
        self.id = id or uuid.uuid4().bytes
        self.epoch = epoch
        self.queue_events = queue_events
        self.silence = silence * PATIENCE
        self.rng = rng
        self.taken = []     # the events that have a number, in its order
        self.dropped = 0
        self.acks = []      # all that were received, in order
        self.incarnations = []
        self.errors = []
        self._frames = collections.deque()   # not acknowledged, in order
        self._to_send = collections.deque()
        self._declared = 0
        self._moved_at = time.monotonic()
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._run, args=(ingest, publish), daemon=True)
        self._thread.start()

    # ------------------------------------------------------------------ its user's side

    @property
    def next(self):
        return len(self.taken) + 1

    @property
    def acked(self):
        """All numbers below it are acknowledged."""
        return self.acks[-1].seq if self.acks and self.acks[-1].epoch == self.epoch else 1

    def emit(self, *events):
        """Queues events as one frame. False: the queue was full, they are dropped."""
        with self._changed:
            if self.next - self.acked + len(events) > self.queue_events:
                self.dropped += len(events)
                return False
            frame = Frame(self.next, len(events), stamped(self.id, self.epoch, self.next, events, self.dropped))
            self.taken += events
            self._frames.append(frame)
            self._to_send.append(frame)
            return True

    def wait_acked(self, timeout=20):
        """Waits until all is acknowledged."""
        with self._changed:
            done = self._changed.wait_for(lambda: self.errors or self.acked == self.next, timeout * PATIENCE)
            assert not self.errors, self.errors
            assert done, f"{self.id.hex()}: acknowledged below {self.acked}, not below {self.next}; {self.acks[-3:]}"

    def close(self):
        """Ends it; raises what went against the contract."""
        with self._changed:
            self._ending = True
        self._thread.join()
        assert not self.errors, self.errors

    # ------------------------------------------------------------------ its thread's side

    def _run(self, ingest, publish):
        context = zmq.Context()
        try:
            push, acks = context.socket(zmq.PUSH), context.socket(zmq.SUB)
            push.immediate = 0
            acks.subscribe(topic_of(self.id))
            for socket, endpoint in ((push, ingest), (acks, publish)):
                socket.linger = 0
                socket.reconnect_ivl, socket.reconnect_ivl_max = 5, 50
                socket.connect(endpoint)
            while not self._ending:
                self._take_acks(acks)
                self._resend_after_silence()
                self._send(push)
        except Exception as error:  # told by whoever waits for this thread
            with self._changed:
                self.errors.append(repr(error))
                self._changed.notify_all()
        finally:
            context.destroy(linger=0)

    def _take_acks(self, socket):
        if not socket.poll(2):
            return
        with self._changed:
            while socket.poll(0):
                self._take_ack(read_ack(self.id, socket.recv_multipart()))
            self._changed.notify_all()

    def _take_ack(self, ack):
        last = self.acks[-1] if self.acks else Ack(0, 1, None)
        assert ack[:2] >= last[:2], f"went back from {last} to {ack}"
        assert ack.epoch <= self.epoch, f"fenced by {ack}"
        assert ack.epoch < self.epoch or ack.seq <= self.next, f"{ack} for what was never sent; next is {self.next}"
        if not self.incarnations or ack.incarnation != self.incarnations[-1]:
            assert ack.incarnation not in self.incarnations, f"{ack.incarnation} came back"
            self.incarnations.append(ack.incarnation)
            self._resend()
        if ack[:2] > last[:2]:
            self._moved_at = time.monotonic()
        self.acks.append(ack)
        while self._frames and self._frames[0].first + self._frames[0].count <= self.acked:
            self._frames.popleft()

    def _out_of_order(self, frames):
        """In a few pieces, as several connections, one after another, would have them arrive."""
        cuts = sorted(self.rng.randint(0, len(frames)) for _ in range(5))
        pieces = [frames[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(frames)])]
        self.rng.shuffle(pieces)
        return sum(pieces, [])

    def _resend_after_silence(self):
        with self._changed:
            if self._frames and time.monotonic() - self._moved_at > self.silence:
                self._resend()

    def _resend(self):
        """All that is not acknowledged; the drops too, since nobody acknowledges a declaration."""
        frames = list(self._frames)
        if self.rng and self.rng.random() < 0.5:
            frames = self._out_of_order(frames)
        self._to_send = collections.deque(frames)
        self._declared = 0
        self._moved_at = time.monotonic()

    def _send(self, socket):
        with self._changed:
            batch = [self._to_send.popleft() for _ in range(min(100, len(self._to_send)))]
            if not batch and self._declared < self.dropped:
                batch = [Frame(self.next, 0, stamped(self.id, self.epoch, self.next, (), self.dropped))]
                self._declared = self.dropped
        for at, frame in enumerate(batch):
            try:
                for _ in range(2 if self.rng and self.rng.random() < 0.02 else 1):
                    socket.send(frame.data, zmq.NOBLOCK)
            except zmq.Again:
                with self._changed:
                    self._to_send.extendleft(reversed(batch[at:]))
                return
