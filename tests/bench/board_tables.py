# SPDX-License-Identifier: MPL-2.0
"""The tables of what board.py measures."""
from tables import Section, spread, tenths, whole

# The project's targets.
CORE_RATE = 10_000   # requests a second on one core
TO_BUS_P99_MS = 1
STREAMS_BYTES = 64 << 20
PAINT_MS = 300


def thousandths(value):
    return f"{value:.3f}"


def http(cells):
    section = Section("zboard, requests a second on one core, beside the endpoints that it replaces",
                      ["request", "FastAPI, uvicorn", "zboard", "zboard / FastAPI", "zboard, of a whole core",
                       "CPU, µs a request", "p99, ms"],
                      "The server has one core; the load, wrk's, and zcostd have another. Equal reads share an answer "
                      f"that is 20 ms old at most. Target: {CORE_RATE:,} a second.")
    for cell in cells:
        ours, old = ([sample[name] for sample in cell.samples] for name in ("zboard", "old"))
        rates = [[one["rate"] for one in samples] for samples in (old, ours)]
        of_core = [one["core_rate"] for one in ours]
        section.row([cell.key["request"]],
                    [*(spread(values, whole) for values in rates),
                     spread([new / before for before, new in zip(*rates)], tenths), spread(of_core, whole),
                     spread([one["cpu_us"] for one in ours], tenths),
                     spread([one["p99_ms"] for one in ours], tenths)],
                    [("rate", rates[1], "≥", CORE_RATE)])
    return section


def tobus(cells):
    section = Section("zboard, from a POST to its event on the bus, milliseconds",
                      ["to", "median", "p99", "max"], f"Target: p99 at most {TO_BUS_P99_MS}.")
    for cell in cells:
        for name, words in (("bus", "the bus"), ("answer", "the answer")):
            values = [[sample[f"{name}_{what}_ms"] for sample in cell.samples] for what in ("p50", "p99", "max")]
            section.row([words], [spread(value, thousandths) for value in values],
                        [("p99", values[1], "≤", TO_BUS_P99_MS)])
    return section


def streams(cells):
    section = Section("zboard, streams at ten snapshots a second",
                      ["streams", "zcostd, % of a core", "zboard, % of a core", "zboard, MiB"],
                      "zcostd has one subscriber, whatever their number. Target: zboard's memory at most "
                      f"{STREAMS_BYTES >> 20} MiB.")
    for cell in cells:
        for name, count in (("none", 0), ("all", cell.key["streams"])):
            samples = [sample[name] for sample in cell.samples]
            memory = [sample["rss_bytes"] / (1 << 20) for sample in samples]
            section.row([count], [spread([100 * sample["daemon_cpu"] for sample in samples], tenths),
                                  spread([100 * sample["zboard_cpu"] for sample in samples], tenths),
                                  spread(memory, tenths)],
                        [("memory", memory, "≤", STREAMS_BYTES >> 20)])
    return section


def paint(cells):
    section = Section("zboard, first paint of its page in a headless Chromium, milliseconds",
                      ["loads", "median", "max"],
                      f"Browser and zboard share the cores. Target: the median at most {PAINT_MS}.")
    for cell in cells:
        medians = [sample["median_ms"] for sample in cell.samples]
        section.row([cell.key["count"]],
                    [spread(medians, whole), spread([sample["max_ms"] for sample in cell.samples], whole)],
                    [("median", medians, "≤", PAINT_MS)])
    return section


MAKERS = (http, tobus, streams, paint)
