# SPDX-License-Identifier: MPL-2.0
"""What is measured: one class a kind of measurement, one object a row of its table.

measure() makes one run, or one pair of runs to be compared, and keeps it in `samples`. A run that
lost or rejected an event raises Failed.
"""
import signal
import subprocess

import programs

WARM_UP_EVENTS = 100000
WARM_UP_MESSAGES = 20000
ASKED_A_SECOND = 200
QUERY_MARGIN_SECONDS = 1.0  # how much longer ingest runs than is asked
ATTEMPTS = 5                # to make it so
GUESSED_RATE = 2e6          # of ingest, at first


def send(folder, endpoint, event, batch, events, query=None):
    """Starts a sender. Without a query endpoint it stays connected until its result is asked for."""
    asked = ["--query", query] if query else []
    return programs.Process(folder / "bench/bench_ingest", "send", "--endpoint", endpoint, "--event", event,
                            "--batch", batch, "--events", events, *asked, stdin=subprocess.PIPE)


def rate_of(events, begun, finished, sent, receiver_cpu_seconds):
    seconds = (int(finished["finished_ns"]) - int(begun["started_ns"])) / 1e9
    return {"events": events, "seconds": seconds, "rate": events / seconds,
            "bytes_an_event": int(sent["bytes"]) / events,
            "sender_cpu_ns": int(sent["cpu_ns"]) / events,
            "receiver_cpu_ns": receiver_cpu_seconds * 1e9 / events}


def few(batch):
    """How many events a short run is, that tells how many a long one is to be."""
    return min(WARM_UP_EVENTS if batch == 1 else WARM_UP_MESSAGES * batch, 10 * WARM_UP_EVENTS) // batch * batch


class Ingest:
    """Events a second into the bare drain and into zcostd, one after the other."""
    kind = "ingest"

    def __init__(self, bus, transport, event, batch, seconds):
        self.key = {"transport": transport, "event": event, "batch": batch}
        self.bus, self.seconds = bus, seconds
        self.events = None
        self.samples = []

    def _drained(self, events):
        drain, endpoints = self.bus.drain()
        drain.tell(f"{events // self.key['batch']}\n")
        with send(self.bus.folder, endpoints[self.key["transport"]], self.key["event"], self.key["batch"],
                  events) as sender:
            cpu = drain.cpu_seconds()
            finished = programs.pairs(drain.line())
            begun, sent = sender.result()
            if finished["bytes"] != sent["bytes"]:
                raise programs.Failed(f"the drain got {finished['bytes']} bytes of {sent['bytes']}")
            return rate_of(events, begun, finished, sent, drain.cpu_seconds() - cpu)

    def _folded(self, events):
        daemon, endpoints, query, _ = self.bus.daemon()
        with send(self.bus.folder, endpoints[self.key["transport"]], self.key["event"], self.key["batch"],
                  events, query) as sender:
            cpu = daemon.cpu_seconds()
            begun, sent = sender.result()
            return rate_of(events, begun, sent, sent, daemon.cpu_seconds() - cpu)

    def measure(self):
        batch = self.key["batch"]
        if self.events is None:  # a short run tells how many events take `seconds`
            rate = (self._drained(few(batch))["rate"] + self._folded(few(batch))["rate"]) / 2
            self.events = max(1, int(rate * self.seconds / batch)) * batch
        # Who is first alternates, so that what drifts favours neither.
        if len(self.samples) % 2:
            folded, drained = self._folded(self.events), self._drained(self.events)
        else:
            drained, folded = self._drained(self.events), self._folded(self.events)
        self.samples.append({"drain": drained, "zcostd": folded})


class Emit:
    """Single calls of libzcost and of a raw zmq_send, as bench_emit times them in turn, with zcostd up, stopped, or
    absent. Mode "reliable": libzcost with acknowledgements, from a daemon that has a disk."""
    kind = "emit"

    def __init__(self, bus, mode, event, rate, state, seconds):
        self.key = {"mode": mode, "event": event, "rate": rate, "state": state}
        self.bus, self.seconds = bus, seconds
        self.samples = []

    def _caller(self, endpoint, publish):
        reliable = ["--publish", publish] if self.key["mode"] == "reliable" else []
        return programs.Process(self.bus.folder / "bench/bench_emit", "--endpoint", endpoint, *reliable, "--seconds",
                                self.seconds, "--event", self.key["event"], "--rate", self.key["rate"])

    def _absent(self):
        holder, endpoint = programs.dead_port()
        with holder, self._caller(endpoint, endpoint) as caller:
            caller.line()
            return caller.result()

    def _present(self):
        data = self.bus.fresh() if self.key["mode"] == "reliable" else None
        daemon, found = self.bus.start_daemon(data=data)
        with daemon, self._caller(found["ingest"][0], found["publish"][0]) as caller:
            caller.line()  # it is connected
            if self.key["state"] == "stopped":
                daemon.signal(signal.SIGSTOP)
            result = caller.result()
            if not daemon.is_running():
                raise programs.Failed("zcostd died")
            return result

    def measure(self):
        lines = self._absent() if self.key["state"] == "absent" else self._present()
        sample = {}
        for line in lines:
            numbers = {name: int(line[name]) for name in ("samples", "drops", "median_ns", "p99_ns", "p999_ns",
                                                          "max_ns")}
            sample[line["call"]] = {**numbers, "drops_share": numbers["drops"] / numbers["samples"]}
        self.samples.append(sample)


class Fold:
    """Decode, price and fold in memory; one run gives all its rows."""
    kind = "fold"

    def __init__(self, bus, seconds):
        self.key = {}
        self.bus, self.seconds = bus, seconds
        self.samples = []

    def measure(self):
        lines = programs.run(self.bus.folder / "bench/bench_fold", "--seconds", self.seconds)
        self.samples.append({line["event"]: {"bytes": float(line["bytes"]), "ns": float(line["ns_median"])}
                             for line in lines})


class Query:
    """Round trips of queries while small events come in flat out over tcp; batch 0: while none do.

    Only a run in which ingest outlasted the questions counts.
    """
    kind = "query"

    def __init__(self, bus, batch, seconds):
        self.key = {"batch": batch}
        self.bus, self.seconds = bus, seconds
        self.rate = GUESSED_RATE
        self.samples = []

    def _ask(self):
        lines = programs.run(self.bus.folder / "bench/bench_query", "--endpoint", self.bus.daemon()[2],
                             "--rate", ASKED_A_SECOND, "--seconds", self.seconds)
        return {line["query"]: {name: float(line[name]) for name in ("samples", "median_us", "p99_us", "max_us")}
                for line in lines}

    def _sender(self, events):
        _, endpoints, query, _ = self.bus.daemon()
        return send(self.bus.folder, endpoints["tcp"], "small", self.key["batch"], events, query)

    def measure(self):
        batch = self.key["batch"]
        if batch == 0:
            self.samples.append(self._ask())
            return
        for _ in range(ATTEMPTS):  # the first tells how much can be sent
            events = int(self.rate * (self.seconds + QUERY_MARGIN_SECONDS) / batch) * batch
            with self._sender(events) as sender:
                begun = programs.pairs(sender.line())
                answers = self._ask()
                lasted = sender.is_running()
                sent, = sender.result()
            if lasted:
                self.samples.append(answers)
                return
            self.rate = 1.2 * events / (int(sent["finished_ns"]) - int(begun["started_ns"])) * 1e9
        raise programs.Failed("ingest ended before the questions did")
