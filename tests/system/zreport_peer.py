# SPDX-License-Identifier: MPL-2.0
"""What the tests of zreport share: how it is run, on a terminal too, and a daemon's stand-in that answers as no
daemon does."""
import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading

import msgpack
import zmq

from harness import PATIENCE, executable, run

NOWHERE = "tcp://127.0.0.1:1"


def zreport(*args, columns=80, locale="C.UTF-8", **more):
    environment = {**os.environ, "COLUMNS": str(columns), "LC_ALL": locale, "TERM": "xterm"}
    return run("zreport", *args, env=environment, **more)


def on_terminal(*args, columns=80, rows=50, until=None, **environment):
    """What zreport writes to a terminal of its own; ended by Ctrl-C where `until` is a text to wait
    for. Returns exit code and text."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm", **environment}
    process = subprocess.Popen([executable("zreport"), *args], stdin=theirs, stdout=theirs, stderr=theirs,
                               env=environment, start_new_session=True,
                               preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(theirs)
    text = b""
    try:
        with contextlib.suppress(OSError):  # the terminal's end, once zreport has left it
            while data := os.read(ours, 65536):
                text += data
                if until and until.encode() in text:
                    os.write(ours, b"\x03")
                    until = None
        return process.wait(10 * PATIENCE), text.decode()
    finally:
        process.kill()
        process.wait()
        os.close(ours)


class StandIn:
    """A ROUTER that answers every question with the same frames, or with those that `frames` of the question
    returns; not at all where the one frame is None. at_once: it takes that many questions before it answers
    them, the last one first."""

    def __init__(self, *frames, at_once=1):
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.linger = 0
        self._socket.rcvtimeo = 50
        self._frames = frames
        self.endpoint = f"tcp://127.0.0.1:{self._socket.bind_to_random_port('tcp://127.0.0.1')}"
        self.questions = []
        self._at_once = at_once
        self._waiting = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self):
        while not self._ended.is_set():
            with contextlib.suppress(zmq.Again):
                self._waiting.append(self._socket.recv_multipart())
                self.questions.append(msgpack.unpackb(self._waiting[-1][-1]))
                if len(self._waiting) >= self._at_once:
                    self._answer()
                continue
            self._answer()  # nothing more comes just now

    def _answer(self):
        while self._waiting:
            *envelope, question = self._waiting.pop()
            frames = self._frames
            if callable(frames[0]):
                frames = frames[0](msgpack.unpackb(question))
            if frames != (None,):
                self._socket.send_multipart([*envelope, *frames])

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        self._context.destroy(linger=0)


class Misnumbering(StandIn):
    """A daemon whose replies bear other numbers than their questions: `number` of the frame makes the frames in its
    place."""

    def __init__(self, *frames, number, at_once=1):
        super().__init__(*frames, at_once=at_once)
        self._number = number

    def _answer(self):
        self._waiting = [[identity, *self._number(number), *rest] for identity, number, *rest in self._waiting]
        super()._answer()


def answering(result):
    return StandIn(msgpack.packb({"ok": True, "query": "report", "result": result}))


DIMENSIONS = ("type", "service", "tier", "model", "provider")
COUNTED = ("events", "unpriced_events", "measured_events", "cost_nanousd", "baseline_nanousd", "savings_nanousd",
           "assumed_baseline_nanousd", "assumed_savings_nanousd", "input_tokens", "cache_read_tokens",
           "cache_write_tokens", "output_tokens", "reasoning_tokens", "hits", "misses", "saved_tokens",
           "cache_saved_nanousd", "assumed_cache_saved_nanousd", "prompt_cache_saved_nanousd")


def exact(nanousd):
    return f"{'-' if nanousd < 0 else ''}{abs(nanousd) // 10**9}.{abs(nanousd) % 10**9:09}"


def measures(cells):
    """The measures of some cells, in the order of the contract's table."""
    sums = {name: sum(cell.get(name, 0) for cell in cells) for name in COUNTED}
    row = {}
    for name in COUNTED:
        row[name] = sums[name]
        if name == "cost_nanousd":
            row["cost_usd"] = exact(sums[name])
    row["time_saved_seconds"] = float(sum(cell.get("time_saved_seconds", 0) for cell in cells))
    latencies = sorted(latency for cell in cells for latency in cell.get("latencies", []))
    row["latency_events"] = len(latencies)
    for percent in (50, 95, 99):
        row[f"latency_ms_p{percent}"] = (float(latencies[percent * (len(latencies) - 1) // 100]) if latencies
                                         else None)
    return row


class Ledger(StandIn):
    """Answers questions about windows as a daemon does, of cells that a test lists: {"ts": seconds, DIMENSIONS..,
    COUNTED.., "latencies": [ms..]}, an event each where "events" does not say.

    days_before  of the time before it only whole days (UTC) are kept
    budgets      what `budgets` answers
    points_max   a series of more is too large
    tags         names that cells may have too
    """

    def __init__(self, cells, *, now, days_before=0, budgets=(), points_max=100_000, rows_max=10_000, at_once=1,
                 tags=()):
        super().__init__(lambda question: (msgpack.packb(self._envelope(question)),), at_once=at_once)
        self.cells = [{"events": 1, **dict.fromkeys((*DIMENSIONS, *tags), ""), **cell} for cell in cells]
        self.tags = list(tags)
        self.now, self.days_before, self.budgets = now, days_before, list(budgets)
        self.points_max, self.rows_max = points_max, rows_max

    def _envelope(self, question):
        try:
            answers = {"breakdown": self.breakdown, "series": self.series, "health": lambda _: {"tags": self.tags},
                       "budgets": lambda _: {"budgets": self.budgets}}
            result = answers[question["query"]](question)
        except OverflowError:
            return {"ok": False, "error": {"code": "too_large", "message": "too many points"}}
        return {"ok": True, "query": question["query"], "result": result}

    def bucket(self, at):
        return 86400 if at < self.days_before else 60

    def _window(self, question, step=1):
        since, until = question.get("since", 0) // 1000, question.get("until", (self.now + 1) * 1000) // 1000
        size = max(self.bucket(since), step)
        since -= since % size
        size = max(self.bucket(until - 1), step)
        return since, until + -until % size

    def _groups(self, question, since, until):
        where, by = question.get("where", {}), question.get("by", [])
        groups = {}
        for cell in self.cells:
            if since <= cell["ts"] < until and all(cell[name] == value for name, value in where.items()):
                groups.setdefault(tuple(cell[name] for name in by), []).append(cell)
        rows = sorted(groups.items(), key=lambda row: (-measures(row[1])["cost_nanousd"], row[0]))
        limit = min(question.get("limit", self.rows_max), self.rows_max)
        return by, rows[:limit], len(rows[limit:]), [cell for _, cells in rows for cell in cells]

    def breakdown(self, question):
        since, until = self._window(question)
        by, rows, left_out, all_cells = self._groups(question, since, until)
        return {"since": since * 1000, "until": until * 1000, "by": by,
                "rows": [{**dict(zip(by, key)), **measures(cells)} for key, cells in rows],
                "rows_left_out": left_out, "total": measures(all_cells)}

    def series(self, question):
        step = max(question.get("step", 3600), self.bucket(question.get("since", 0) // 1000))
        since, until = self._window(question, step)
        by, rows, left_out, _ = self._groups(question, since, until)
        answer, count = [], 0
        for key, cells in rows:
            steps = {}
            for cell in cells:
                steps.setdefault(cell["ts"] - cell["ts"] % step, []).append(cell)
            points = [{"t": at * 1000, **measures(steps[at])} for at in sorted(steps)]
            count += len(points)
            answer.append({**dict(zip(by, key)), "points": points})
        if count > self.points_max:
            raise OverflowError
        return {"step": step, "start": since * 1000, "since": since * 1000, "until": until * 1000, "by": by,
                "rows": answer, "rows_left_out": left_out}
