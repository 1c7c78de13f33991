# SPDX-License-Identifier: MPL-2.0
"""The processes of a bench: builds them, starts them, and always ends what it started.

Owns how our programs are called and how their output is read. Standard library only.
"""
import atexit
import ctypes
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEEDED = ("bin/zcostd", "bin/zreport", "bin/zboard", *(f"bench/bench_{name}" for name in
                                         ("ingest", "query", "question", "emit", "fold", "ack", "fill")))

HIGH_WATER_MARK = 1000  # of the daemon and of the bare drain alike
PATIENCE_SECONDS = 60   # for one program

LIBRARIES = ("libzmq", "libczmq", "msgpack-c", "msgpack", "jansson", "sqlite3", "libisal", "libmicrohttpd")

ANY_PORT = "tcp://127.0.0.1:*"
_pair = re.compile(r'(\w+)=("[^"]*"|\S*)')


class Failed(Exception):
    """A run that did not do what it measures: its figures would be worth nothing."""


def pairs(text):
    """Lines of key=value as one dict."""
    return dict(_pair.findall(text))


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def build(folder):
    """Builds what is missing of the programs in a build directory."""
    if all((folder / name).exists() for name in NEEDED):
        return
    if folder.resolve() == ROOT / "build/release":
        commands = [[ROOT / "tools/build", "release"]]
    else:
        commands = [["cmake", "-S", ROOT, "-B", folder], ["cmake", "--build", folder, "--parallel"]]
    for command in commands:
        done = subprocess.run(list(map(str, command)), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise Failed(f"{' '.join(map(str, command))} failed:\n{done.stdout[-4000:]}")


class Process:
    """One of our programs, killed at the latest when we end. `with` kills it at the block's end."""

    def __init__(self, *argv, **more):
        self.argv = list(map(str, argv))
        self._popen = subprocess.Popen(self.argv, text=True, preexec_fn=_die_with_parent,
                                       **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                          "stderr": subprocess.PIPE, **more})
        self._listener, self._said = None, []
        atexit.register(self.kill)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        if self._popen.poll() is None:
            self._popen.kill()
        self._popen.wait()
        if self._listener:
            self._listener.join()
        for stream in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            if stream and not stream.closed:
                stream.close()
        atexit.unregister(self.kill)

    def stop(self):
        """Asks it to leave with SIGTERM, and waits until it has, well."""
        self.signal(signal.SIGTERM)
        try:
            code = self._popen.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.argv[0]} does not end") from None
        if code:
            raise Failed(f"{self.argv[0]} ended with {code}: {self.said()}")
        self.kill()

    def is_running(self):
        return self._popen.poll() is None

    def signal(self, number):
        self._popen.send_signal(number)

    def tell(self, text):
        self._popen.stdin.write(text)
        self._popen.stdin.flush()

    def line(self, stream="stdout"):
        """The next line that it prints; unbuffered, so that the wait has an end."""
        descriptor = getattr(self._popen, stream).fileno()
        end, text = time.monotonic() + PATIENCE_SECONDS, b""
        while not text.endswith(b"\n"):
            if not select.select([descriptor], [], [], max(0, end - time.monotonic()))[0]:
                raise Failed(f"{self.argv[0]} said nothing for {PATIENCE_SECONDS} s")
            byte = os.read(descriptor, 1)
            if not byte:
                _, errors = self._popen.communicate(timeout=PATIENCE_SECONDS)
                raise Failed(f"{' '.join(self.argv)} ended: {text.decode()}{errors.strip()}")
            text += byte
        return text.decode()

    def output(self):
        """Waits for its end. Returns what it printed; a failure of its is one of ours."""
        try:
            output, errors = self._popen.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{' '.join(self.argv)} did not end within {PATIENCE_SECONDS} s") from None
        if self._popen.returncode:
            raise Failed(f"{' '.join(self.argv)}: {errors.strip() or self._popen.returncode}")
        return output

    def result(self):
        """The same, line by line of key=value."""
        return [pairs(line) for line in self.output().splitlines()]

    def listen(self):
        """From now on reads stderr by itself, so that a process that says much is never held up by it."""
        self._said = []
        stream = self._popen.stderr

        def read():
            for text in stream:
                self._said = [*self._said[-9:], text]
        self._listener = threading.Thread(target=read, daemon=True)
        self._listener.start()

    def said(self):
        """The last lines that it said on stderr."""
        return "".join(self._said).strip() if self._listener else ""

    def rss_bytes(self):
        """Memory that it holds now."""
        text = pathlib.Path(f"/proc/{self._popen.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB$", text, re.M).group(1)) * 1024

    def cpu_seconds(self):
        """Processor time so far, of all its threads."""
        text = pathlib.Path(f"/proc/{self._popen.pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def endpoints(self, stream, until):
        """Reads `event=listening` lines up to one with `until`: role -> endpoints."""
        found = {}
        while True:
            line = pairs(self.line(stream))
            if line.get("event") == "listening":
                found.setdefault(line["role"], []).append(line["endpoint"])
            if until(line, found):
                return found


def run(*argv):
    with Process(*argv) as process:
        return process.result()


class Bus:
    """zcostd and the bare drain on tcp and ipc, started when first needed, gone with close().

    What daemons keep is beside the build, on the disk that it is on, whatever /tmp is.
    """

    def __init__(self, folder):
        self.folder = folder
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="zcost-bench-"))
        self.disk = pathlib.Path(tempfile.mkdtemp(prefix="bench-data-", dir=folder))
        self._daemons, self._kept = {}, []
        self._drain, self._drained = None, {}

    def close(self):
        for process in (*(daemon for daemon, *_ in self._daemons.values()), *self._kept, self._drain):
            if process:
                process.kill()
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.rmtree(self.disk, ignore_errors=True)

    def keep(self, process):
        """Ends it with the bench."""
        self._kept.append(process)

    def fresh(self):
        """A directory for a ledger of its own, on the disk."""
        return pathlib.Path(tempfile.mkdtemp(dir=self.disk))

    def start_daemon(self, *ingest, data=None, **settings):
        """A zcostd, and its endpoints by role. data: where its ledger is; None: in memory. settings: section_name."""
        listens = [word for endpoint in ingest or [ANY_PORT] for word in ("--ingest", endpoint)]
        config = self.dir / f"zcostd-{len(os.listdir(self.dir))}.conf"
        config.write_text(f"ingest\n    high_water_mark = {HIGH_WATER_MARK}\n"
                          + "".join("{}\n    {} = {}\n".format(*name.split("_", 1), value)
                                    for name, value in settings.items()))
        daemon = Process(self.folder / "bin/zcostd", "--config", config, "--data", data or "none", *listens,
                         "--publish", ANY_PORT, "--query", ANY_PORT, stdout=subprocess.DEVNULL)
        found = daemon.endpoints("stderr", lambda line, _: line.get("event") == "ready")
        daemon.listen()
        return daemon, found

    def daemon(self, where="memory"):
        """The daemon that stands for the whole bench, with its ledger in "memory" or on "disk": (process,
        {transport: ingest}, query, publish)."""
        if where not in self._daemons:
            data = self.fresh() if where == "disk" else None
            daemon, found = self.start_daemon(ANY_PORT, f"ipc://{self.dir}/{where}", data=data)
            self._daemons[where] = (daemon, dict(zip(("tcp", "ipc"), found["ingest"])), found["query"][0],
                                    found["publish"][0])
        return self._daemons[where]

    def health(self, query):
        """What a daemon says of itself."""
        with Process(self.folder / "bin/zreport", "health", "--json", "--endpoint", query) as asked:
            return json.loads(asked.output())

    def drain(self):
        """The bare drain: (process, {transport: endpoint})."""
        if not self._drain:
            self._drain = Process(self.folder / "bench/bench_ingest", "drain", "--high-water-mark", HIGH_WATER_MARK,
                                  "--endpoint", ANY_PORT, "--endpoint", f"ipc://{self.dir}/drain",
                                  stdin=subprocess.PIPE)
            found = self._drain.endpoints("stdout", lambda _, found: len(found.get("ingest", ())) == 2)
            self._drained = dict(zip(("tcp", "ipc"), found["ingest"]))
        return self._drain, self._drained


# ------------------------------------------------------------------------------ ports

def dead_port():
    """A socket that holds a port without listening: connections to it are refused, and no other process is given the
    port. Returns (socket, endpoint)."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder, f"tcp://127.0.0.1:{holder.getsockname()[1]}"


# ---------------------------------------------------------------------------- machine

def _first(path, pattern, otherwise="unknown"):
    try:
        found = re.search(pattern, pathlib.Path(path).read_text(), re.M)
    except OSError:
        found = None
    return found.group(1) if found else otherwise


def _output(*argv, otherwise="unknown"):
    try:
        done = subprocess.run(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return done.stdout.strip().splitlines()[0]
    except (OSError, IndexError):
        return otherwise


def _libraries():
    """Names and versions, as pkg-config has them; a name that it does not know is left out."""
    versions = ((name, _output("pkg-config", "--modversion", name, otherwise="")) for name in LIBRARIES)
    return ", ".join(f"{name} {version}" for name, version in versions if version)


def file_system(folder):
    """The kind of file system that a directory is on."""
    best, found = "", "unknown"
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        point = before.split()[4]
        if len(point) >= len(best) and (f"{folder}/".startswith(point.rstrip("/") + "/")):
            best, found = point, after.split()[0]
    return found


def machine(folder):
    """What the figures hold for: {what: text}, without the names of hosts and places."""
    cache = folder / "CMakeCache.txt"
    kind = _first(cache, r"^CMAKE_BUILD_TYPE:\w+=(.*)$")
    sanitizers = _first(cache, r"^ZCOST_SANITIZE:\w+=(.+)$", "")
    compiler = _output(_first(cache, r"^CMAKE_C_COMPILER:\w+=(.*)$", "cc"), "--version")
    processor = _first("/proc/cpuinfo", r"^model name.*: (.*)$")
    system = _first("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)')
    commit = _output("git", "-C", ROOT, "log", "-1", "--format=%h of %cs", otherwise="")
    changed = commit and _output("git", "-C", ROOT, "status", "--porcelain", "--", "src", "include", "tools",
                                 otherwise="")
    return {
        "Program": _output(folder / "bin/zcostd", "--version") + (f", commit {commit}" if commit else "")
                   + (", changed since" if changed else ""),
        "Machine": f"{processor}, {os.cpu_count()} cores, data on {file_system(folder)}",
        "System": f"{system}, Linux {os.uname().release}",
        "Compiler": f"{compiler}, {kind} build{' with ' + sanitizers if sanitizers else ''}",
        "Libraries": _libraries(),
    }
