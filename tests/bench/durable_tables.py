# SPDX-License-Identifier: MPL-2.0
"""The tables of what durable.py measures."""
import statistics

from tables import EVENTS, Section, millions, ratio, spread, tenths, whole

# The project's targets.
JOURNAL_RATIO = 0.85  # of the rate without a journal
ACK_P99_MS = 50
REPLAY_RATE = 1e6


def mebibytes(value):
    return f"{value / 2**20:,.0f}"


def tenth_mebibytes(value):
    return f"{value / 2**20:,.1f}"


def milliseconds(value):
    return f"{value * 1000:,.0f}"


def journal(cells):
    section = Section("Ingest with a journal, millions of events a second",
                      ["event", "events a message", "`--data none`", "journal, synced", "journal / none",
                       "MiB/s to disk", "CPU ns an event: none, journal"],
                      f"Target: {JOURNAL_RATIO} of the rate without a journal. What a journal costs is a copy into the "
                      "page cache, a checksum, and the thread that syncs, on cores that are all in use.")
    for cell in cells:
        samples = cell.samples
        ratios = [sample["disk"]["rate"] / sample["memory"]["rate"] for sample in samples]
        cpu = [statistics.median(sample[where]["receiver_cpu_ns"] for sample in samples)
               for where in ("memory", "disk")]
        section.row([EVENTS[cell.key["event"]], cell.key["batch"]],
                    [spread([sample["memory"]["rate"] for sample in samples], millions),
                     spread([sample["disk"]["rate"] for sample in samples], millions),
                     spread(ratios, ratio),
                     spread([sample["disk"]["rate"] * sample["disk"]["bytes_an_event"] for sample in samples],
                            mebibytes), ", ".join(map(whole, cpu))],
                    [("ratio", ratios, "≥", JOURNAL_RATIO)])
    return section


def ack(cells):
    section = Section("From emit to acknowledgement, milliseconds", ["events a second", "median", "p99", "max"],
                      f"Target: p99 at most {ACK_P99_MS}. Part of it are the 5 ms of the library's queue, the 10 ms of "
                      "a group that is synced together, and the disk's sync.")
    for cell in cells:
        values = {name: [sample[name] / 1000 for sample in cell.samples] for name in ("p50_us", "p99_us", "max_us")}
        section.row([whole(statistics.median(sample["rate"] for sample in cell.samples))],
                    [spread(values[name], tenths) for name in values],
                    [("p99", values["p99_us"], "≤", ACK_P99_MS)])
    return section


def replay(cells):
    section = Section("Recovery from the journal, millions of events a second",
                      ["event", "MiB sent", "events", "rate", "start, seconds"],
                      "A daemon that was killed starts again and replays its whole journal, which the page cache "
                      "still holds. A checkpoint begins long before there is so much, unless it is forbidden, as here. "
                      f"Target: {REPLAY_RATE / 1e6:.0f} million a second.")
    for cell in cells:
        rates = [sample["rate"] for sample in cell.samples]
        section.row([EVENTS[cell.key["event"]], mebibytes(cell.samples[0]["bytes"]),
                     whole(cell.samples[0]["events"])],
                    [spread(rates, millions), spread([sample["start_seconds"] for sample in cell.samples], tenths)],
                    [("rate", rates, "≥", REPLAY_RATE)])
    return section


def cells(chosen):
    section = Section("A ledger's size, MiB and milliseconds",
                      ["cells", "rows in the store", "store", "memory, filled", "memory, started", "start, ms"],
                      "Each cell that is sent is a minute of one service; the store's rows hold quarters of an hour "
                      "and days too. Cells stay in the store: a start does not load them.")
    for cell in chosen:
        def of(name, form):
            return spread([sample[name] for sample in cell.samples], form)

        section.row([whole(cell.key["cells"])],
                    [of("rows", whole), of("store_bytes", tenth_mebibytes), of("filled_bytes", mebibytes),
                     of("started_bytes", mebibytes), of("start_seconds", milliseconds)])
    return section


def producers(chosen):
    section = Section("A frame from each of many producers, MiB of memory",
                      ["producers", "live, remembered", "before", "after", "started again", "start, ms"],
                      "Memory of the daemon before and after one stamped frame from each of them.")
    for cell in chosen:
        def of(name, form):
            return spread([sample[name] for sample in cell.samples], form)

        known = cell.samples[-1]
        section.row([whole(cell.key["producers"])],
                    [f"{known['live']:,}, {known['expired']:,}", of("before_bytes", mebibytes),
                     of("after_bytes", mebibytes), of("started_bytes", mebibytes),
                     of("start_seconds", milliseconds)])
    return section


MAKERS = (journal, ack, replay, cells, producers)
