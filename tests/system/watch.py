# SPDX-License-Identifier: MPL-2.0
"""Looks at a daemon from outside, over its restarts: a number that a report showed never shrinks, and
no acknowledgement goes back."""
import threading
import time

import msgpack
import zmq

from harness import PATIENCE
from oracle import NANO


def shown(report):
    """What a report shows that can only grow: name -> integer."""
    router, cache = report["query_router"], report["embedding_cache"]
    rag, calls = report["rag_parallel"], report["llm_calls"]
    numbers = {f"events.{kind}": count for kind, count in report["zcost"]["events"].items()}
    numbers.update({f"router.{key}": router[key] for key in ("total_queries", "unpriced_queries")})
    numbers.update({f"router.{key}": router["baseline"][key] for key in ("measured_queries", "assumed_queries")})
    numbers["router.cost"] = exact_nano(router["total_cost_usd"])
    for tier, row in router["cost_breakdown"].items():
        numbers[f"router.{tier}.queries"] = row["queries"]
        numbers[f"router.{tier}.cost"] = exact_nano(row["cost_usd"])
    numbers.update({f"cache.{key}": cache[key] for key in ("total_requests", "cache_hits", "cache_misses")})
    numbers["cache.saved"] = exact_nano(cache["estimated_cost_saved_usd"])
    numbers.update({f"rag.{key}": rag[key] for key in ("total_preloads", "measured_preloads")})
    numbers.update({f"calls.{key}": calls[key] for key in ("total_calls", "unpriced_calls")})
    numbers["calls.cost"] = exact_nano(calls["total_cost_usd"])
    return numbers


def exact_nano(text):
    """Nano-dollars of an exact decimal string."""
    whole, _, decimals = text.partition(".")
    return int(whole) * NANO + int(decimals.ljust(9, "0"))


class Floor:
    """What one channel, on which reports come in the order in which they were made, has shown."""

    def __init__(self):
        self.shown = {}
        self.count = 0
        self.incarnations = set()

    def see(self, report):
        numbers = shown(report)
        for name, number in self.shown.items():
            assert numbers.get(name, 0) >= number, f"{name} shrank from {number} to {numbers.get(name)}"
        self.shown = numbers
        self.count += 1
        self.incarnations.add(report["zcost"]["incarnation"])


class Watch:
    """A thread that subscribes to snapshots and to all acknowledgements, and asks for reports, until
    close(), which raises what it saw."""

    def __init__(self, publish, query):
        self.snapshots, self.reports = Floor(), Floor()
        self.acked = {}  # topic -> (epoch, seq)
        self.errors = []
        self._ending = False
        self._thread = threading.Thread(target=self._run, args=(publish, query), daemon=True)
        self._thread.start()

    def close(self):
        self._ending = True
        self._thread.join()
        assert not self.errors, self.errors

    def _run(self, publish, query):
        context = zmq.Context()
        try:
            subscriber = context.socket(zmq.SUB)
            subscriber.subscribe(b"snapshot")
            subscriber.subscribe(b"ack/")
            subscriber.reconnect_ivl, subscriber.reconnect_ivl_max = 5, 50
            subscriber.connect(publish)
            while not self._ending:
                self._ask(context, query)
                while subscriber.poll(5):
                    self._see(*subscriber.recv_multipart())
        except Exception as error:  # told by close
            self.errors.append(repr(error))
        finally:
            context.destroy(linger=0)

    def _see(self, topic, body):
        body = msgpack.unpackb(body)
        if topic == b"snapshot":
            self.snapshots.see(body)
            return
        before, now = self.acked.get(topic, (0, 1)), (body["epoch"], body["seq"])
        assert now >= before, f"{topic} went back from {before} to {now}"
        self.acked[topic] = now

    def _ask(self, context, query):
        """Asks once; a daemon that dies meanwhile answers nothing."""
        with context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(query)
            socket.send(msgpack.packb({"query": "report"}))
            deadline = time.monotonic() + 0.3 * PATIENCE
            while not self._ending and time.monotonic() < deadline:
                if socket.poll(10):
                    self.reports.see(msgpack.unpackb(socket.recv())["result"])
                    return
