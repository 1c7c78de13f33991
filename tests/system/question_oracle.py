# SPDX-License-Identifier: MPL-2.0
"""Keeps every event and recomputes from scratch what `breakdown`, `series` and a windowed `report` must answer, in
integers, decimals and the events' own times.

Book holds the events and answers for a window; Kept tells to which windows a daemon may widen what it was asked; the
checks hold an answer against both. Refuses to guess: an answer must say which window it used, and is held to that.
"""
import bisect
import dataclasses
import math
from decimal import ROUND_HALF_EVEN, Decimal

from oracle import TIER_MODELS, Oracle, Prices, has_tokens, nano, usd_text

DIMENSIONS = ("type", "service", "tier", "model", "provider")
QUANTILES = {"latency_ms_p50": 0.5, "latency_ms_p95": 0.95, "latency_ms_p99": 0.99}
LATENCY_ERROR = 1 / 128
ROWS_MAX = 10_000
SERVICES_MAX = 1_000  # `default` and `other` included
MINUTE, QUARTER, DAY = 60_000, 900_000, 86_400_000

# What is summed, in this order in a record; and what an answer shows, in its order.
SUMMED = ("events", "unpriced_events", "measured_events", "cost_nanousd", "baseline_nanousd", "savings_nanousd",
          "assumed_baseline_nanousd", "assumed_savings_nanousd", "input_tokens", "cache_read_tokens",
          "cache_write_tokens", "output_tokens", "reasoning_tokens", "hits", "misses", "saved_tokens",
          "cache_saved_nanousd", "assumed_cache_saved_nanousd", "prompt_cache_saved_nanousd", "time_saved_ns")
SHOWN = (*SUMMED[:4], "cost_usd", *SUMMED[4:-1], "time_saved_seconds", "latency_events", *QUANTILES)
_ALL_TOKENS = SUMMED[8:13]
_CACHED = {"cache_read_tokens", "cache_write_tokens"}
_NO_SUMS = dict.fromkeys(SUMMED, 0)


def microseconds(latency_ms):
    return int((Decimal(latency_ms) * 1000).quantize(Decimal(1), ROUND_HALF_EVEN))


def floor_ms(at_ms, size_ms):
    return at_ms // size_ms * size_ms


def ceil_ms(at_ms, size_ms):
    return -(-at_ms // size_ms) * size_ms


# ------------------------------------------------------------------------------- one event

class Meaning:
    """What one event adds."""

    def __init__(self, prices_text, tiers=None, baseline="gpt-4o", per_query_usd="0.035", hit_saves_usd="0.0001",
                 assumed_seconds="6"):
        self.prices = Prices(prices_text)
        self.tier_models = {**TIER_MODELS, **(tiers or {})}
        self.baseline = baseline
        self.per_query = nano(Decimal(per_query_usd))
        self.hit_saves = nano(Decimal(hit_saves_usd))
        self.assumed_ns = nano(Decimal(assumed_seconds))

    def tier(self, event):
        tier = event.get("tier", "medium")
        return tier if tier in self.tier_models else "other"

    def dimensions(self, event, tags):
        kind = event["type"]
        tier = self.tier(event) if kind == "query_router" else ""
        named = kind != "rag_parallel"
        model = event.get("model", "") if named else ""
        return {"type": kind, "service": event.get("service", "default"), "tier": tier,
                "model": model or self.tier_models.get(tier, ""),
                "provider": event.get("provider", "") if named else "",
                **{name: event.get("tags", {}).get(name, "") for name in tags}}

    def sums(self, event):
        """By the names of SUMMED."""
        return {**_NO_SUMS, "events": 1, **getattr(self, "_" + event["type"])(event)}

    def _tokens(self, event):
        return {name: event.get(name, 0) for name in _ALL_TOKENS}

    def _cost(self, event, model):
        if "cost" in event:
            return nano(event["cost"])
        return self.prices.nano(model, event) if has_tokens(event) else 0

    def _prompt_saved(self, event, model):
        """The tokens at their plain input rate, less the same tokens at their cache rates."""
        plain = {name: count for name, count in event.items() if name not in _CACHED}
        if len(plain) == len(event) or model not in self.prices.table:
            return 0
        return self.prices.nano(model, plain) - self.prices.nano(model, event)

    def _llm_call(self, event):
        model = event.get("model", "")
        cost = self._cost(event, model)
        return {**self._tokens(event), "unpriced_events": int(cost is None), "cost_nanousd": cost or 0,
                "prompt_cache_saved_nanousd": self._prompt_saved(event, model)}

    def _query_router(self, event):
        model = event.get("model") or self.tier_models.get(self.tier(event), "")
        sums = self._llm_call({**event, "model": model})
        if sums["unpriced_events"]:
            return sums  # outside of all that is saved
        measured = has_tokens(event)
        baseline = self.prices.nano(self.baseline, event) if measured else self.per_query
        saved = baseline - sums["cost_nanousd"]
        return {**sums, "measured_events": int(measured), "baseline_nanousd": baseline, "savings_nanousd": saved,
                "assumed_baseline_nanousd": 0 if measured else baseline,
                "assumed_savings_nanousd": 0 if measured else saved}

    def _embedding_cache(self, event):
        if "hits" in event or "misses" in event:
            hits, misses = event.get("hits", 0), event.get("misses", 0)
        else:
            hits, misses = (1, 0) if event.get("hit") else (0, 1)
        asked = hits > 0 and has_tokens(event)
        saved = self.prices.nano(event.get("model", ""), event) if asked else None
        assumed = hits * self.hit_saves if saved is None else 0
        tokens = {"saved_tokens": event.get("input_tokens", 0) + event.get("output_tokens", 0)} if hits \
            else self._tokens(event)
        return {**tokens, "hits": hits, "misses": misses, "unpriced_events": int(asked and saved is None),
                "cache_saved_nanousd": assumed if saved is None else saved, "assumed_cache_saved_nanousd": assumed}

    def _rag_parallel(self, event):
        measured = "time_saved_seconds" in event
        return {"measured_events": int(measured),
                "time_saved_ns": nano(event["time_saved_seconds"]) if measured else self.assumed_ns}


# ------------------------------------------------------------------------------- all events

@dataclasses.dataclass(frozen=True)
class Record:
    ts_ms: int
    event: dict
    dimensions: dict
    sums: tuple       # in the order of SUMMED
    latency_us: int   # None: it has none


def measures(records):
    """What a row shows of these records; time and latencies exact, in integers: time_saved_ns, and the latencies of
    the exact ranks in microseconds."""
    sums = dict(zip(SUMMED, map(sum, zip(*(record.sums for record in records))) if records else [0] * len(SUMMED)))
    latencies = sorted(record.latency_us for record in records if record.latency_us is not None)
    exact = {name: latencies[math.floor(q * (len(latencies) - 1))] if latencies else None
             for name, q in QUANTILES.items()}
    return {**sums, "cost_usd": usd_text(sums["cost_nanousd"]), "latency_events": len(latencies), **exact}


class Book:
    """Every event, in the order of arrival. tags: the configured ones; keys_max as the daemon's."""

    def __init__(self, prices_text, tags=(), keys_max=100_000, **assumptions):
        self.prices_text, self.assumptions = prices_text, assumptions
        self.meaning = Meaning(prices_text, **assumptions)
        self.tags, self.keys_max = tuple(tags), keys_max
        self.records = []  # by time, where _sorted
        self._sorted = True
        self._keys, self._counted, self._services = set(), 0, {"default", "other"}

    def add(self, *events):
        for event in events:
            used = event["type"] != "rag_parallel" and "latency_ms" in event
            self.records.append(Record(event["ts"], event, self._within_caps(event),
                                       tuple(self.meaning.sums(event).values()),
                                       microseconds(event["latency_ms"]) if used else None))
        self._sorted = False
        return self

    def _within_caps(self, event):
        asked = self.meaning.dimensions(event, self.tags)
        found = dict(asked)
        if tuple(found.values()) not in self._keys and found["service"] not in self._services \
                and len(self._services) >= SERVICES_MAX:
            found["service"] = "other"
        key = tuple(found.values())
        if key not in self._keys:
            if self._counted >= self.keys_max and not self._is_other(found):
                found.update(service="other", model="other", provider="other", **dict.fromkeys(self.tags, ""))
                key = tuple(found.values())
            if key not in self._keys:
                self._keys.add(key)
                self._services.add(found["service"])
                self._counted += not self._is_other(found)
        if self._is_other(found):
            found.update(dict.fromkeys(self.tags, "other"))
        return found

    def _is_other(self, found):
        return all(found[name] == "other" for name in ("service", "model", "provider")) \
            and not any(found[name] for name in self.tags)

    def within(self, since_ms=None, until_ms=None, where=()):
        if not self._sorted:
            self.records.sort(key=lambda record: record.ts_ms)
            self._sorted = True
        begin = 0 if since_ms is None else bisect.bisect_left(self.records, since_ms, key=lambda r: r.ts_ms)
        end = len(self.records) if until_ms is None else bisect.bisect_left(self.records, until_ms,
                                                                            key=lambda r: r.ts_ms)
        where = dict(where)
        return [record for record in self.records[begin:end]
                if all(record.dimensions[name] == value for name, value in where.items())]

    def _grouped(self, by, records):
        groups = {}
        for record in records:
            groups.setdefault(tuple(record.dimensions[name] for name in by), []).append(record)
        rows = [(key, measures(group), group) for key, group in groups.items()]
        rows.sort(key=lambda row: (-row[1]["cost_nanousd"], -row[1]["events"], [name.encode() for name in row[0]]))
        return rows

    def breakdown(self, by=(), since_ms=None, until_ms=None, where=(), limit=ROWS_MAX):
        records = self.within(since_ms, until_ms, where)
        rows = [{**dict(zip(by, key)), **shown} for key, shown, _ in self._grouped(by, records)]
        return {"rows": rows[:limit], "rows_left_out": max(0, len(rows) - limit), "total": measures(records)}

    def series(self, step_s, by=(), since_ms=None, until_ms=None, where=(), limit=ROWS_MAX):
        rows = []
        for key, _, records in self._grouped(by, self.within(since_ms, until_ms, where)):
            steps = {}
            for record in records:
                steps.setdefault(floor_ms(record.ts_ms, step_s * 1000), []).append(record)
            rows.append({**dict(zip(by, key)),
                         "points": [{"t": t, **measures(steps[t])} for t in sorted(steps)]})
        return {"rows": rows[:limit], "rows_left_out": max(0, len(rows) - limit)}

    def report(self, since_ms=None, until_ms=None, service=None):
        """An Oracle of the events of a window, and what `savings` says of them."""
        records = self.within(since_ms, until_ms, {} if service is None else {"service": service})
        events = Oracle(self.prices_text, **self.assumptions).add(*(record.event for record in records))
        return events, self._savings(records)

    def _savings(self, records):
        def driver(chosen, net, assumed, name="net_usd"):
            sums = measures(chosen)
            return {name: usd_text(sums[net]), "measured_usd": usd_text(sums[net] - sums[assumed]),
                    "assumed_usd": usd_text(sums[assumed])}

        def routed(chosen):
            return driver(chosen, "savings_nanousd", "assumed_savings_nanousd")

        of_tier = {}
        for record in records:
            if record.dimensions["type"] == "query_router":
                of_tier.setdefault(record.dimensions["tier"], []).append(record)
        total = measures(records)
        return {"baseline_model": self.meaning.baseline, "router": routed(records),
                "tiers": {tier: routed(chosen) for tier, chosen in of_tier.items()},
                "embedding_cache": driver(records, "cache_saved_nanousd", "assumed_cache_saved_nanousd", "saved_usd"),
                "prompt_cache": {"net_usd": usd_text(total["prompt_cache_saved_nanousd"])},
                "unpriced_events": total["unpriced_events"]}


# ------------------------------------------------------------------------------- windows

class Kept:
    """To which buckets a window may widen: by the age of its edges when it is answered, some time between two
    readings of the clock. The edge between two sizes may lie a larger bucket later, or half an hour: there each will
    do, for the oldest buckets may go while an answer is made."""

    def __init__(self, minutes_hours=48, quarters_hours=400 * 24):
        self.minutes_ms, self.quarters_ms = minutes_hours * 3_600_000, quarters_hours * 3_600_000

    def sizes(self, at_ms, before_ms, after_ms):
        sizes = set()
        if at_ms >= before_ms - self.minutes_ms - MINUTE:
            sizes.add(MINUTE)
        if at_ms < after_ms - self.minutes_ms + 2 * QUARTER and at_ms >= before_ms - self.quarters_ms - QUARTER:
            sizes.add(QUARTER)
        if at_ms < after_ms - self.quarters_ms + DAY + 2 * QUARTER:
            sizes.add(DAY)
        return sizes

    def steps(self, step_s, since_ms, before_ms, after_ms):
        return {ceil_ms(step_s * 1000, size) // 1000 for size in self.sizes(since_ms, before_ms, after_ms)}

    def check(self, test, asked, answer, before_ms, after_ms):
        """The window that a `breakdown` or a `report` used."""
        since, until = asked
        if since is not None:
            test.assertIn(answer["since"], {floor_ms(since, size) for size in self.sizes(since, before_ms, after_ms)},
                          f"since {since} widened by {since - answer['since']} ms")
        if until is not None and until > (since if since is not None else -math.inf):
            test.assertIn(answer["until"], {ceil_ms(until, size) for size in self.sizes(until, before_ms, after_ms)},
                          f"until {until} widened by {answer['until'] - until} ms")

    def check_series(self, test, asked, step_s, answer, before_ms, after_ms):
        """The window and the step that a `series` with a `since` used."""
        since, until = asked
        test.assertIn(answer["step"], self.steps(step_s, since, before_ms, after_ms))
        size = answer["step"] * 1000
        test.assertEqual(answer["start"], floor_ms(since, size))
        test.assertEqual(answer["since"], answer["start"])
        if until is not None and until > since:
            test.assertEqual(answer["until"], ceil_ms(until, size))


# ------------------------------------------------------------------------------- checks

def check_latency(test, shown_ms, exact_us, where=""):
    if exact_us is None:
        test.assertIsNone(shown_ms, where)
        return
    test.assertIsInstance(shown_ms, float, where)
    # A bin is named by its middle, which is told in whole microseconds.
    test.assertLessEqual(abs(shown_ms * 1000 - exact_us), exact_us * LATENCY_ERROR + 0.51,
                         f"{where}: {shown_ms} ms where the exact rank has {exact_us / 1000} ms")


def check_measures(test, shown, wanted, where=""):
    """A row, point or total against measures()."""
    names = [name for name in SHOWN if name not in QUANTILES and name != "time_saved_seconds"]
    test.assertEqual({name: shown.get(name) for name in names}, {name: wanted[name] for name in names}, where)
    test.assertIsInstance(shown["time_saved_seconds"], float, where)
    test.assertAlmostEqual(shown["time_saved_seconds"], wanted["time_saved_ns"] / 1e9, delta=1e-6, msg=where)
    for name in QUANTILES:
        check_latency(test, shown[name], wanted[name], f"{where} {name}")


def _check_rows(test, answer, wanted, by, has, check):
    test.assertEqual([tuple(row[name] for name in by) for row in answer["rows"]],
                     [tuple(row[name] for name in by) for row in wanted["rows"]])
    test.assertEqual(answer["rows_left_out"], wanted["rows_left_out"])
    for shown, row in zip(answer["rows"], wanted["rows"]):
        test.assertEqual(tuple(shown), (*by, *has))
        check(shown, row, str({name: row[name] for name in by}))


def check_breakdown(test, answer, wanted, by=()):
    """Rows in their order, and the total. Without a group and without events, a row of zeros or none."""
    test.assertEqual(tuple(answer), ("since", "until", "by", "rows", "rows_left_out", "total"))
    test.assertEqual(answer["by"], list(by))
    test.assertEqual(tuple(answer["total"]), SHOWN)
    check_measures(test, answer["total"], wanted["total"], "total")
    if not by and not wanted["rows"] and answer["rows"]:
        wanted = {**wanted, "rows": [measures([])]}
    _check_rows(test, answer, wanted, by, SHOWN, lambda *row: check_measures(test, *row))


def check_series(test, answer, wanted, by=()):
    test.assertEqual(tuple(answer), ("step", "start", "since", "until", "by", "rows", "rows_left_out"))
    test.assertEqual(answer["by"], list(by))

    def check_points(shown, row, where):
        test.assertEqual([point["t"] for point in shown["points"]], [point["t"] for point in row["points"]], where)
        for point, exact in zip(shown["points"], row["points"]):
            test.assertEqual(tuple(point), ("t", *SHOWN))
            check_measures(test, point, exact, f"{where} at {point['t']}")

    if not by and not wanted["rows"]:
        test.assertTrue(all(not row["points"] for row in answer["rows"]))
        return
    _check_rows(test, answer, wanted, by, ("points",), check_points)


def check_report(test, report, wanted):
    """A report against Book.report()."""
    oracle, savings = wanted
    oracle.check(test, report)
    shown = dict(report["savings"])
    zero = {"net_usd": usd_text(0), "measured_usd": usd_text(0), "assumed_usd": usd_text(0)}
    test.assertEqual(set(shown["tiers"]), set(report["query_router"]["cost_breakdown"]))
    shown["tiers"] = {tier: row for tier, row in shown["tiers"].items() if tier in savings["tiers"] or row != zero}
    test.assertEqual(shown, savings)
