# SPDX-License-Identifier: MPL-2.0
"""Samples to Markdown: medians, ranges, and whether what the project set out to reach was reached.

A target is held against the median of the repetitions. Missed is said, never left out.
"""
import statistics

# What the project set out to reach.
RATIO = {1: 0.9, 500: 0.7}                               # of the bare drain, by events a message
EMIT_MEDIAN_NS = {"1000": 300, "50000": 60, "flat": 60}  # by rate
EMIT_P99_NS = 1000
QUERY_P99_US = 5000

EVENTS = {"small": "small", "large": "12 fields"}
RATES = {"1000": "1,000/s", "50000": "50,000/s", "flat": "flat out"}
MODES = {"zcost": "libzcost", "reliable": "libzcost, acknowledged", "raw": "raw `zmq_send`"}
FOLDED = {"seed": "small (type, tier, cost)", "small": "small, from libzcost (and service, ts)",
          "priced": "priced from tokens", "large": "12 fields"}


def spread(values, form):
    """`median (lowest-highest)`; one value stands alone."""
    middle = form(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({form(min(values))}-{form(max(values))})"


def millions(value):
    return f"{value / 1e6:.2f}"


def ratio(value):
    return f"{value:.2f}"


def whole(value):
    return f"{value:,.0f}"


def tenths(value):
    return f"{value:.1f}"


def missed(parts):
    """Of (what, median, form, sign, target), where sign is ≥ or ≤, those that do not hold."""
    return [part for part in parts if (part[1] < part[4] if part[3] == "≥" else part[1] > part[4])]


def verdict(parts):
    """What stands in the last column. No parts: nothing was set out."""
    if not parts:
        return "–"
    short = [f"{what} {sign} {target:,}" for what, _, _, sign, target in missed(parts)]
    return "**missed**: " + ", ".join(short) if short else "reached"


def table(head, rows):
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
                     for line in lines)


class Section:
    """One table: its title, its rows, and a line for each target that was missed."""

    def __init__(self, title, head):
        self.title, self.head, self.rows, self.missed = title, [*head, "target"], [], []

    def row(self, name, figures, parts=()):
        """name: the cells that say which row it is; parts: what to hold against a target."""
        self.rows.append([*map(str, name), *figures, verdict(parts)])
        for what, value, form, sign, target in missed(parts):
            self.missed.append(f"{self.title.split(',')[0]}, {', '.join(map(str, name))}: "
                               f"{what} is {form(value)}, not {sign} {target:,}")

    def text(self):
        return f"### {self.title}\n\n{table(self.head, self.rows)}\n"


def ingest(cells):
    """Cells of one transport make a block; the CPU columns tell who works how much for an event."""
    section = Section("Ingest, millions of events a second",
                      ["transport", "event", "events a message", "bare drain", "zcostd", "zcostd / drain",
                       "CPU ns an event: sender, drain, zcostd"])
    for cell in cells:
        samples = cell.samples
        ratios = [sample["zcostd"]["rate"] / sample["drain"]["rate"] for sample in samples]
        cpu = [statistics.median(sample[who][what] for sample in samples)
               for who, what in (("zcostd", "sender_cpu_ns"), ("drain", "receiver_cpu_ns"),
                                 ("zcostd", "receiver_cpu_ns"))]
        batch = cell.key["batch"]
        parts = [("ratio", statistics.median(ratios), ratio, "≥", RATIO[batch])] if batch in RATIO else []
        section.row([cell.key["transport"], EVENTS[cell.key["event"]], batch],
                    [spread([sample["drain"]["rate"] for sample in samples], millions),
                     spread([sample["zcostd"]["rate"] for sample in samples], millions),
                     spread(ratios, ratio), ", ".join(map(whole, cpu))], parts)
    return section


def emit(cells):
    """`not taken`: calls that said that there is no room; they are counted, and cost their caller no wait."""
    section = Section("One call, nanoseconds to its caller",
                      ["call", "event", "rate", "zcostd", "median", "p99", "p99.9", "not taken"])
    for cell in cells:
        key = cell.key

        def of(name):
            return [sample[name] for sample in cell.samples]

        parts = []
        if key["mode"] != "raw":  # of a raw send nothing was set out
            parts = [("median", statistics.median(of("median_ns")), whole, "≤", EMIT_MEDIAN_NS[key["rate"]]),
                     ("p99", statistics.median(of("p99_ns")), whole, "≤", EMIT_P99_NS)]
        section.row([MODES[key["mode"]], EVENTS[key["event"]], RATES[key["rate"]], key["state"]],
                    [*(spread(of(name), whole) for name in ("median_ns", "p99_ns", "p999_ns")),
                     f"{statistics.median(of('drops_share')):.0%}"], parts)
    return section


def fold(cells):
    section = Section("Decode, price and fold in memory, nanoseconds an event", ["event", "bytes", "ns"])
    for cell in cells:
        for event in cell.samples[0]:
            section.row([FOLDED.get(event, event)],
                        [tenths(cell.samples[0][event]["bytes"]),
                         spread([sample[event]["ns"] for sample in cell.samples], tenths)])
    return section


def query(cells):
    section = Section("Round trip of a query, microseconds",
                      ["ingest", "query", "median", "p99", "max"])
    for cell in cells:
        batch = cell.key["batch"]
        load = f"flat out, {batch} a message" if batch else "idle"
        for name in cell.samples[0]:
            values = {what: [sample[name][what] for sample in cell.samples]
                      for what in ("median_us", "p99_us", "max_us")}
            section.row([load, name], [spread(values[what], whole) for what in values],
                        [("p99", statistics.median(values["p99_us"]), whole, "≤", QUERY_P99_US)])
    return section


MAKERS = (ingest, emit, fold, query)


def sections(cells, makers):
    """The tables of all cells that were measured, in the order of their makers."""
    made = []
    for make in makers:
        chosen = [cell for cell in cells if cell.kind == make.__name__ and cell.samples]
        if chosen:
            made.append(make(chosen))
    return made
