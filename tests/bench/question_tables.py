# SPDX-License-Identifier: MPL-2.0
"""The tables of what questions.py measures."""
import statistics

from tables import Section, millions, ratio, spread, tenths, whole

# The project's targets.
WINDOW_MS = 200
LAST_HOUR_P99_MS = 10
KEPT_RATE = 0.95  # of ingest, while it is asked
CELL_BYTES = 256


def _question(key):
    step = {3600: "1h", 86400: "1d", 60: "1m"}.get(key["step"], key["step"])
    return [key["query"] + (f", step {step}" if step else ""), key["by"] or "–"]


def _milliseconds(samples):
    return [[sample[name] / 1000 for sample in samples] for name in ("median_us", "p99_us", "max_us")]


def windows(cells):
    section = Section("Questions over 400 days of a thousand keys, milliseconds",
                      ["question", "by", "KiB of the answer", "median", "p99", "max"],
                      f"Target: the median at most {WINDOW_MS}.")
    for cell in cells:
        times = _milliseconds(cell.samples)
        section.row(_question(cell.key),
                    [whole(statistics.median(sample["reply_bytes"] for sample in cell.samples) / 1024),
                     *(spread(values, tenths) for values in times)],
                    [("median", times[0], "≤", WINDOW_MS)])
    return section


def lasthour(cells):
    section = Section("Questions about the last hour of a thousand keys while ingest runs flat out, 20 a second",
                      ["question", "by", "events a message", "median, ms", "p99, ms", "max, ms", "refused",
                       "events/s alone, millions", "asked", "asked / alone"],
                      f"Targets: p99 at most {LAST_HOUR_P99_MS} ms, and {KEPT_RATE} of the rate of ingest alone. While "
                      "ingest runs flat out, an answer waits for a core beside five busy threads.")
    for cell in cells:
        times = _milliseconds([sample["answers"] for sample in cell.samples])
        rates = [[sample[name]["rate"] for sample in cell.samples] for name in ("alone", "asked")]
        ratios = [asked / alone for alone, asked in zip(*rates)]
        section.row([*_question(cell.key), cell.key["batch"]],
                    [*(spread(values, tenths) for values in times),
                     whole(sum(sample["answers"]["unavailable"] for sample in cell.samples)),
                     *(spread(values, millions) for values in rates), spread(ratios, ratio)],
                    [("p99", times[1], "≤", LAST_HOUR_P99_MS),
                     ("ratio", ratios, "≥", KEPT_RATE)])
    return section


def live(cells):
    section = Section("Memory of live cells, bytes", ["keys", "a key and its first cell", "each cell more"],
                      f"Memory of the process, so with the checkpoint that is then on its way. Target: {CELL_BYTES} a "
                      "cell. `build/release/tests/test_cells` prints what a cell takes by itself.")
    for cell in cells:
        values = [[sample[name] for sample in cell.samples] for name in ("key_bytes", "cell_bytes")]
        section.row([whole(cell.key["keys"])], [spread(value, whole) for value in values],
                    [("a cell", values[1], "≤", CELL_BYTES)])
    return section


MAKERS = (windows, lasthour, live)
