#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""to_bus.py ZBOARD COUNT - from a POST to its event on the bus, in milliseconds; one line of key=value.

Stands for the daemon with a PULL and an XPUB, so that what it measures is zboard and the way. One request at a time,
each on the same connection.
"""
import json
import socket
import struct
import subprocess
import sys
import threading
import time

import msgpack
import zmq

EVENT = json.dumps({"type": "query_router", "tier": "simple", "cost": 0.0015}).encode()
REQUEST = (b"POST /api/metrics/track-usage HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
           b"Content-Length: %d\r\n\r\n%s" % (len(EVENT), EVENT))


def bind(context):
    """A PULL and an XPUB, and where they are."""
    pull, publish = context.socket(zmq.PULL), context.socket(zmq.XPUB)
    pull.rcvtimeo = 10_000
    return pull, publish, [f"tcp://127.0.0.1:{bound.bind_to_random_port('tcp://127.0.0.1')}"
                           for bound in (pull, publish)]


def start(zboard, endpoints):
    return subprocess.Popen([zboard, "--listen", "127.0.0.1:0", "--ingest", endpoints[0], "--publish", endpoints[1],
                             "--query", "tcp://127.0.0.1:1"], stderr=subprocess.PIPE, text=True)


def port_of(board):
    """Where it listens; what it logs from then on is read and let go."""
    for line in board.stderr:
        if "event=listening" in line:
            threading.Thread(target=board.stderr.read, daemon=True).start()
            return int(line.rsplit(":", 1)[1].rstrip("/\n"))
    raise SystemExit("zboard does not start")


def acknowledge(publish, frame):
    """What a daemon tells the producer of a frame of one event; what is not acknowledged fills zboard's window."""
    producer, epoch, seq = struct.unpack(">16sIQ", frame[3:31])
    publish.send_multipart([b"ack/%s/" % producer.hex().encode(),
                            msgpack.packb({"epoch": epoch, "seq": seq + 1, "incarnation": "0" * 16})])


def percentile(values, share):
    return sorted(values)[int(share * (len(values) - 1))]


def main():
    context = zmq.Context()
    pull, publish, endpoints = bind(context)
    board = start(sys.argv[1], endpoints)
    try:
        stream = socket.create_connection(("127.0.0.1", port_of(board)), 10)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        time.sleep(0.5)  # it connects meanwhile
        answered, arrived = [], []
        for _ in range(int(sys.argv[2])):
            begun = time.perf_counter()
            stream.sendall(REQUEST)
            frame = pull.recv()
            arrived.append((time.perf_counter() - begun) * 1000)
            assert stream.recv(4096).startswith(b"HTTP/1.1 200")
            answered.append((time.perf_counter() - begun) * 1000)
            acknowledge(publish, frame)
        print(*(f"{name}_{what}_ms={percentile(values, share):.3f}" for name, values in
                (("bus", arrived), ("answer", answered)) for what, share in (("p50", 0.5), ("p99", 0.99), ("max", 1))))
    finally:
        board.kill()
        board.wait()
        context.destroy(linger=0)


main()
