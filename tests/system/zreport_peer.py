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
    returns; not at all where the one frame is None."""

    def __init__(self, *frames):
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.linger = 0
        self._socket.rcvtimeo = 50
        self._frames = frames
        self.endpoint = f"tcp://127.0.0.1:{self._socket.bind_to_random_port('tcp://127.0.0.1')}"
        self.questions = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self):
        while not self._ended.is_set():
            with contextlib.suppress(zmq.Again):
                peer, empty, question = self._socket.recv_multipart()
                self.questions.append(msgpack.unpackb(question))
                frames = self._frames
                if callable(frames[0]):
                    frames = frames[0](self.questions[-1])
                if frames != (None,):
                    self._socket.send_multipart([peer, empty, *frames])

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        self._context.destroy(linger=0)


def answering(result):
    return StandIn(msgpack.packb({"ok": True, "query": "report", "result": result}))
