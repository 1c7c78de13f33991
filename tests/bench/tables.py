# SPDX-License-Identifier: MPL-2.0
"""Samples to Markdown: medians, ranges, and whether the project's targets were reached.

A target is held against the median of the repetitions. One that is missed by the median and reached by a repetition
is `unclear`: the noise is larger than the distance. A table's note says what bounds its figures, and no figure.
"""
import collections
import statistics
import textwrap

# The project's targets.
RATIO = {1: 0.9, 500: 0.7}  # of the bare drain, by events a message
EMIT_RATIO = 30             # a raw zmq_send takes this many times as long
EMIT_RATIO_RATE, EMIT_RATIO_STATE = "1000", "up"
QUERY_P99_US = 5000

EVENTS = {"small": "small", "large": "12 fields"}
RATES = {"1000": "1,000/s", "50000": "50,000/s", "flat": "flat out"}
MODES = {"zcost": "libzcost", "reliable": "libzcost, acknowledged"}
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


def holds(value, sign, target):
    return value >= target if sign == "≥" else value <= target


def judge(values, sign, target):
    """One word for a target and the figures of all repetitions."""
    if holds(statistics.median(values), sign, target):
        return "reached"
    return "unclear" if any(holds(value, sign, target) for value in values) else "missed"


def verdict(parts):
    """What stands in the last column, of (what, values, sign, target); no parts: there is no target."""
    words = {"unclear": [], "missed": []}
    for what, values, sign, target in parts:
        word = judge(values, sign, target)
        if word in words:
            words[word].append(f"{what} {sign} {target:,}")
    told = [f"{mark}{word}{mark}: {', '.join(words[word])}" for word, mark in (("missed", "**"), ("unclear", ""))
            if words[word]]
    return "; ".join(told) or ("reached" if parts else "–")


def table(head, rows):
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
                     for line in lines)


class Section:
    """One table: its title, its note, its rows, and how many targets were reached, unclear and missed."""

    def __init__(self, title, head, note):
        self.title, self.head, self.note = title, [*head, "target"], note
        self.rows, self.tally = [], collections.Counter()

    def row(self, name, figures, parts=()):
        """name: the cells that say which row it is; parts: what to hold against a target, see verdict."""
        self.rows.append([*map(str, name), *figures, verdict(parts)])
        self.tally.update(judge(*part[1:]) for part in parts)

    def text(self):
        return f"## {self.title}\n\n{textwrap.fill(self.note, 118)}\n\n{table(self.head, self.rows)}\n"


def ingest(cells):
    """Cells of one transport make a block; the CPU columns tell how much each process works for an event."""
    section = Section("Ingest, millions of events a second",
                      ["transport", "event", "events a message", "bare drain", "zcostd", "zcostd / drain",
                       "CPU ns an event: sender, drain, zcostd"],
                      "zcostd decodes, prices and folds in memory. The bare drain receives the same bytes and drops "
                      "them: what it takes is libzmq's and the kernel's. "
                      + " ".join(f"Target: {target} of the drain at {batch} a message." for batch, target
                                 in RATIO.items()))
    for cell in cells:
        samples = cell.samples
        ratios = [sample["zcostd"]["rate"] / sample["drain"]["rate"] for sample in samples]
        cpu = [statistics.median(sample[process][what] for sample in samples)
               for process, what in (("zcostd", "sender_cpu_ns"), ("drain", "receiver_cpu_ns"),
                                     ("zcostd", "receiver_cpu_ns"))]
        batch = cell.key["batch"]
        parts = [("ratio", ratios, "≥", RATIO[batch])] if batch in RATIO else []
        section.row([cell.key["transport"], EVENTS[cell.key["event"]], batch],
                    [spread([sample["drain"]["rate"] for sample in samples], millions),
                     spread([sample["zcostd"]["rate"] for sample in samples], millions),
                     spread(ratios, ratio), ", ".join(map(whole, cpu))], parts)
    return section


def emit(cells):
    """`not taken`: calls that said that there is no room; they are counted, and do not keep their caller waiting."""
    section = Section("One call, nanoseconds to its caller",
                      ["call", "event", "rate", "zcostd", "median", "p99", "p99.9", "`zmq_send`: median", "p99",
                       "`zmq_send` / libzcost: median", "p99", "not taken: libzcost, `zmq_send`"],
                      "One process emits an event by libzcost and sends the same bytes by a raw, non-blocking "
                      "`zmq_send`, in turn and at the same rate. At 1,000 a second caches have gone cold between two "
                      f"calls. Target, at that rate with zcostd up: `zmq_send` takes {EMIT_RATIO} times as long, in "
                      "the median and at p99. With zcostd stopped or absent there is no target, for `zmq_send` wakes "
                      "no reader, and in the end only fails. Not taken are calls that found no room: the library "
                      "counts those as dropped.")
    for cell in cells:
        key = cell.key

        def of(call, name):
            return [sample[call][name] for sample in cell.samples]

        ratios = [[raw / max(1, ours) for raw, ours in zip(of("raw", name), of("emit", name))]
                  for name in ("median_ns", "p99_ns")]
        parts = []
        if (key["rate"], key["state"]) == (EMIT_RATIO_RATE, EMIT_RATIO_STATE):
            parts = [("median", ratios[0], "≥", EMIT_RATIO), ("p99", ratios[1], "≥", EMIT_RATIO)]
        shares = [f"{statistics.median(of(call, 'drops_share')):.0%}" for call in ("emit", "raw")]
        section.row([MODES[key["mode"]], EVENTS[key["event"]], RATES[key["rate"]], key["state"]],
                    [*(spread(of("emit", name), whole) for name in ("median_ns", "p99_ns", "p999_ns")),
                     *(spread(of("raw", name), whole) for name in ("median_ns", "p99_ns")),
                     *(spread(values, tenths) for values in ratios), ", ".join(shares)], parts)
    return section


def fold(cells):
    section = Section("Decode, price and fold in memory, nanoseconds an event", ["event", "bytes", "ns"],
                      "zcostd's own work for an event, without a socket.")
    for cell in cells:
        for event in cell.samples[0]:
            section.row([FOLDED.get(event, event)],
                        [tenths(cell.samples[0][event]["bytes"]),
                         spread([sample[event]["ns"] for sample in cell.samples], tenths)])
    return section


def query(cells):
    section = Section("Round trip of a query, microseconds",
                      ["ingest", "query", "median", "p99", "max"],
                      f"Target: p99 at most {QUERY_P99_US:,}. A turn of the daemon's ends at 256 KiB; while ingest "
                      "runs flat out the rest is five busy threads that share the cores.")
    for cell in cells:
        batch = cell.key["batch"]
        load = f"flat out, {batch} a message" if batch else "idle"
        for name in cell.samples[0]:
            values = {what: [sample[name][what] for sample in cell.samples]
                      for what in ("median_us", "p99_us", "max_us")}
            section.row([load, name], [spread(values[what], whole) for what in values],
                        [("p99", values["p99_us"], "≤", QUERY_P99_US)])
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
