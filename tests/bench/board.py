# SPDX-License-Identifier: MPL-2.0
"""What zboard costs: requests a second on one core, beside the endpoints that it replaces; the way of a POST onto the
bus; what 500 streams take; and the page's first paint.

One class a kind of measurement, one object a row of its table, as in cells.py. Load is wrk's.
"""
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

import programs

CONNECTIONS = 32
EVENT = {"type": "query_router", "tier": "simple", "cost": 0.0015, "service": "bench"}
TRACK, COSTS = "/api/metrics/track-usage", "/api/metrics/llm-costs"
OLD = programs.ROOT / "tests/system"  # old_service.py: the endpoints that zboard replaces, by FastAPI
STREAMS = 500
INTERVAL_SECONDS = 0.1

POST = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '%s'
""" % json.dumps(EVENT)
# Of wrk's own words only these are read.
DONE = """
function done (summary, latency, requests)
    io.write (string.format ("requests=%d seconds=%f p99_us=%d errors=%d\\n", summary.requests, summary.duration / 1e6,
        latency:percentile (99), summary.errors.connect + summary.errors.read + summary.errors.write +
        summary.errors.status + summary.errors.timeout))
end
"""


def pinned(core, *argv):
    """On one core, where there are two."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", str(core), *argv] if taskset and os.cpu_count() > 1 else list(argv)


def start_board(bus, found, *more, core=0):
    """A zboard on one core, and its address."""
    board = programs.Process(*pinned(core, bus.folder / "bin/zboard"), "--listen", "127.0.0.1:0",
                             *(word for role in ("ingest", "publish", "query")
                               for word in ("--" + role, found[role][0])), *more, stdout=subprocess.DEVNULL)
    listening = board.endpoints("stderr", lambda line, _: line.get("event") == "daemon_up")
    board.listen()
    return board, listening["http"][0].removeprefix("http://").rstrip("/")


def start_old():
    """The old endpoints on one core, and their address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    old = programs.Process(*pinned(0, "/usr/bin/python3"), "-B", "-m", "uvicorn", "--app-dir", OLD, "--port", port,
                           "--no-access-log", "--log-level", "error", "--factory", "old_service:make_app",
                           stdout=subprocess.DEVNULL)
    old.listen()
    deadline = time.monotonic() + programs.PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).request("GET", COSTS)
            return old, f"127.0.0.1:{port}"
        except OSError:
            if not old.is_running():
                raise programs.Failed(f"the old endpoints do not start: {old.said()}") from None
            time.sleep(0.05)
    raise programs.Failed("the old endpoints do not start")


def load(bus, process, address, path, script, seconds):
    """wrk on the other core. Requests a second, p99, and what of a core the server took."""
    if not shutil.which("wrk"):
        raise programs.Failed("wrk is missing (Debian: wrk)")
    lua = bus.dir / "load.lua"
    lua.write_text(script + DONE)
    cpu = process.cpu_seconds()
    result = programs.run(*pinned(1, "wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", lua,
                          f"http://{address}{path}")[-1]
    cpu = process.cpu_seconds() - cpu
    requests, seconds = int(result["requests"]), float(result["seconds"])
    if int(result["errors"]) or requests == 0:
        raise programs.Failed(f"{result['errors']} of {requests} requests failed")
    return {"rate": requests / seconds, "core_rate": requests / cpu, "cpu_us": cpu / requests * 1e6,
            "p99_ms": int(result["p99_us"]) / 1000}


class Http:
    """Requests a second on one core, of zboard with a daemon on disk and of the old endpoints, one after the other."""
    kind = "http"

    def __init__(self, bus, request, seconds):
        self.key = {"request": request}
        self.bus, self.seconds = bus, seconds
        self.path, self.script = (TRACK, POST) if request == "POST" else (COSTS, "")
        self.samples = []

    def _zboard(self):
        daemon, found = self.bus.start_daemon(data=self.bus.fresh())
        with daemon:
            board, address = start_board(self.bus, found)
            with board:
                return load(self.bus, board, address, self.path, self.script, self.seconds)

    def _old(self):
        old, address = start_old()
        with old:
            return load(self.bus, old, address, self.path, self.script, self.seconds)

    def measure(self):
        names = ("zboard", "old") if len(self.samples) % 2 else ("old", "zboard")
        self.samples.append({name: self._zboard() if name == "zboard" else self._old() for name in names})


class Tobus:
    """From the first byte of a POST to its event in a daemon's hands: a PULL socket stands for the daemon, so that
    nothing else is measured."""
    kind = "tobus"

    def __init__(self, bus, count):
        self.key = {"count": count}
        self.bus = bus
        self.samples = []

    def measure(self):
        done = programs.run("/usr/bin/python3", "-B", pathlib.Path(__file__).with_name("to_bus.py"),
                            self.bus.folder / "bin/zboard", self.key["count"])
        self.samples.append({name: float(value) for name, value in done[-1].items()})


class Streams:
    """500 streams at ten snapshots a second: what the daemon does for none and for all of them, and zboard's memory."""
    kind = "streams"

    def __init__(self, bus, count, seconds):
        self.key = {"streams": count}
        self.bus, self.seconds = bus, seconds
        self.samples = []

    def _open(self, address):
        host, port = address.rsplit(":", 1)
        stream = socket.create_connection((host, int(port)), 10)
        stream.sendall(b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return stream

    def _drain(self, streams):
        """Reads what comes for a while; how many bytes."""
        end, total = time.monotonic() + self.seconds, 0
        for stream in streams:
            stream.setblocking(False)
        while time.monotonic() < end:
            for stream in streams:
                try:
                    total += len(stream.recv(65536))
                except BlockingIOError:
                    pass
            time.sleep(0.02)
        return total

    def measure(self):
        daemon, found = self.bus.start_daemon(publish_interval_seconds=INTERVAL_SECONDS)
        with daemon:
            board, address = start_board(self.bus, found)
            with board:
                sample = {}
                for name, count in (("none", 0), ("all", self.key["streams"])):
                    streams = [self._open(address) for _ in range(count)]
                    self._drain(streams)
                    cpu = daemon.cpu_seconds(), board.cpu_seconds()
                    if self._drain(streams) == 0 and count:
                        raise programs.Failed("nothing came")
                    sample[name] = {"daemon_cpu": (daemon.cpu_seconds() - cpu[0]) / self.seconds,
                                    "zboard_cpu": (board.cpu_seconds() - cpu[1]) / self.seconds,
                                    "rss_bytes": board.rss_bytes()}
                    for stream in streams:
                        stream.close()
                self.samples.append(sample)


class Paint:
    """The page's first paint, of a daemon that has something to show. Browser and zboard share both cores."""
    kind = "paint"

    def __init__(self, bus, count):
        self.key = {"count": count}
        self.bus = bus
        self.samples = []

    def measure(self):
        if not shutil.which("chromium") or not shutil.which("chromedriver"):
            raise programs.Failed("chromium or chromedriver is missing (Debian: chromium, chromium-driver)")
        daemon, found = self.bus.start_daemon()
        with daemon:
            board, address = start_board(self.bus, found)
            with board:
                connection = http.client.HTTPConnection(*address.split(":"), timeout=10)
                connection.request("POST", TRACK, json.dumps([EVENT] * 100), {"Content-Type": "application/json"})
                if connection.getresponse().status != 200:
                    raise programs.Failed("the events were not taken")
                connection.close()
                done = programs.run("/usr/bin/python3", "-B", pathlib.Path(__file__).with_name("first_paint.py"),
                                    address, self.key["count"])
        self.samples.append({name: float(value) for name, value in done[-1].items()})
