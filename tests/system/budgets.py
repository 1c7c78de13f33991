# SPDX-License-Identifier: MPL-2.0
"""What the tests of budgets share: configurations, spending, listening to alerts, and a daemon whose clock is set."""
import glob
import time
import unittest
from datetime import datetime, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgpack
import zmq

from harness import PATIENCE, SANITIZED, TestCase

MINUTE_MS = 60_000
BUDGET_KEYS = ["name", "period", "timezone", "where", "since", "until", "limit_nanousd", "limit_usd", "spent_nanousd",
               "spent_usd", "share_percent", "projected_usd", "state", "thresholds"]


def conf(tags=(), **budgets):
    """A configuration: name=dict(limit_usd=.., period=.., where=dict(..), ..)."""
    lines = ["budgets"] if budgets else []
    for name, settings in budgets.items():
        lines.append("    " + name)
        lines += [f"        {key} = {value}" for key, value in settings.items() if key != "where"]
        where = settings.get("where")
        lines += ["        where"] * bool(where)
        lines += [f'            {key} = "{value}"' for key, value in (where or {}).items()]
    lines += ["tags"] * bool(tags) + ["    key = " + tag for tag in tags]
    return "\n".join(lines) + "\n"


def noon_zone():
    """A zone where it is about noon: so that no day ends while a test of the real clock runs."""
    ahead = 12 - time.gmtime().tm_hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/UTC"  # POSIX counts them the other way round


def in_zone(at_ms, zone):
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone))


class Alerts:
    """A subscriber of `alert`, known to the daemon when it is made."""

    def __init__(self, zcostd):
        self.socket = zcostd.subscribe(b"alert")
        # Subscriptions are handled in the order in which they come: the welcome to this one shows the other.
        self.socket.subscribe(b"snapshot")
        self.heard = []
        while self._receive() != b"snapshot":
            pass

    def _receive(self):
        topic, body = self.socket.recv_multipart()
        if topic == b"alert":
            self.heard.append(msgpack.unpackb(body))
        return topic

    def next(self):
        while not self.heard:
            self._receive()
        return self.heard.pop(0)

    def drain(self, seconds=0.3):
        """All that came, and comes within this time."""
        deadline = time.monotonic() + seconds
        while self.socket.poll(max(0, 1000 * (deadline - time.monotonic())), zmq.POLLIN):
            self._receive()
        heard, self.heard = self.heard, []
        return heard

    def assert_none(self, seconds=2.5):
        heard = self.drain(seconds)
        assert not heard, heard


class Budgets(TestCase):
    timeout = 60

    def spend(self, zcostd, usd, **event):
        zcostd.push_events({"type": "llm_call", "cost": float(usd), **event})

    @staticmethod
    def budget(zcostd, name=None):
        budgets = zcostd.ask("budgets")["budgets"]
        return next(budget for budget in budgets if name in (None, budget["name"]))

    def wait_budget(self, zcostd, predicate, name=None, timeout=20):
        """The first answer of which the predicate holds."""
        deadline = time.monotonic() + timeout * PATIENCE
        while not predicate(budget := self.budget(zcostd, name)):
            assert time.monotonic() < deadline, f"in time, the budget is only {budget}"
            time.sleep(0.02)
        return budget

    def wait_spent(self, zcostd, usd, name=None, timeout=20):
        return self.wait_budget(zcostd, lambda budget: budget["spent_usd"] is not None and
                                Decimal(budget["spent_usd"]) == Decimal(usd), name, timeout)

    def wait_known(self, zcostd, timeout=20):
        """All budgets, when none is pending."""
        deadline = time.monotonic() + timeout * PATIENCE
        while True:
            budgets = zcostd.ask("budgets")["budgets"]
            if all(budget["state"] != "pending" for budget in budgets):
                return budgets
            assert time.monotonic() < deadline, budgets
            time.sleep(0.02)


# ---------------------------------------------------------------------------- another clock

_LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
needs_fake_clock = unittest.skipUnless(_LIBRARY and not SANITIZED, "needs libfaketime (package faketime), unsanitized")


def fake_clock(zone, text, rate=1):
    """An environment in which the clock shows this local time now and runs on, at this rate; and how much it is ahead
    of ours now, in ms. What waits and times out goes by the monotonic clock, which is left alone."""
    at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    ahead = (at - datetime.now(timezone.utc)).total_seconds()
    return {"LD_PRELOAD": _LIBRARY, "FAKETIME": f"{ahead:+.3f}s" + f" x{rate}" * (rate != 1),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}, round(ahead * 1000)
