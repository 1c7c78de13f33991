# SPDX-License-Identifier: MPL-2.0
"""/metrics: Prometheus takes it, its numbers are the ledger's own, and they never go back."""
import contextlib
import email.utils
import glob
import json
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request
from decimal import Decimal

import msgpack

import harness
import questions
import samples
from bad_inputs import REASONS
from board import COSTS, TOKEN, TRACK, BoardCase, deadline_in
from budgets import conf
from harness import PATIENCE, fixed_endpoints, seeded

OPEN_METRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}
HOSTILE = ('"', "\\", "\n", '\\"', "\\n", 'a"} 1\nevil{x="', "{}=,", "😀", "größe", "\u2028", "\r", "\x01\x7f", " ",
           "x" * 128, "# EOF")
DEARER = 2100  # more than zboard asks the daemon for
FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")


def label(value):
    """As it stands in the text."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def counters(metrics):
    return {name: Decimal(value) for name, value in metrics.items() if re.match(r"zcost_\w+_total(\{|$)", name)}


class Case(BoardCase):
    def check_format(self, zboard):
        """What promtool says of it: nothing. And OpenMetrics says the same."""
        text = zboard.get("/metrics").text
        if shutil.which("promtool"):
            done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        answer = zboard.get("/metrics", OPEN_METRICS)
        *lines, end, last = answer.text.split("\n")
        self.assertEqual((end, last), ("# EOF", ""))
        ours, others = (
            sorted(line.rsplit(" ", 1)[0] for line in some if line and not line.startswith(("#", "zboard_http")))
            for some in (lines, text.split("\n")))
        self.assertEqual(ours, others)
        families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
        self.assertEqual(len(families), len(set(families)))
        return text


class Values(Case):
    def test_they_are_the_ledgers_own(self):
        zcostd = self.daemon(prices=samples.PRICES, config=conf(team=dict(limit_usd="12.5", period="720h")))
        zboard = self.board(zcostd)
        events = questions.random_events(5, 800)
        bad = [b"\xc1", *(msgpack.packb(event) for event in (5, {}, {"type": "x"}, {"type": "llm_call", "cost": -1}))]
        zcostd.push(*questions.cheap_messages(events), *bad, *bad[:2])
        health = zcostd.settle(len(events) + len(bad) + 2)
        zboard.track({"type": "llm_call", "cost": 1.5, "latency_ms": 250, "model": "acme-odd"})
        metrics = zboard.metrics()
        self.check_format(zboard)
        report = zcostd.report()
        for tier, row in report["query_router"]["cost_breakdown"].items():
            self.assertEqual(metrics[f'zcost_queries_total{{tier="{tier}"}}'], str(row["queries"]))
            self.assertEqual(metrics[f'zcost_query_cost_usd_total{{tier="{tier}"}}'], row["cost_usd"])
        self.assertEqual(metrics["zcost_call_cost_usd_total"], report["llm_calls"]["total_cost_usd"])
        self.assertEqual(metrics["zcost_calls_total"], str(report["llm_calls"]["total_calls"]))
        for result, key in (("hit", "cache_hits"), ("miss", "cache_misses")):
            self.assertEqual(metrics[f'zcost_embedding_cache_requests_total{{result="{result}"}}'],
                             str(report["embedding_cache"][key]))
        self.assertEqual(metrics["zcost_rag_preloads_total"], str(report["rag_parallel"]["total_preloads"]))
        self.assertEqual(metrics["zcost_events_accepted_total"], "801")
        for reason in REASONS:
            self.assertEqual(metrics[f'zcost_events_rejected_total{{reason="{reason}"}}'],
                             str(health["rejected"][reason]))
        for model, count in health["unpriced"].items():
            self.assertEqual(metrics[f'zcost_model_unpriced_total{{model="{model}"}}'], str(count))
        self.check_breakdowns(zcostd, metrics)
        self.assertEqual(metrics['zcost_budget_limit_usd{budget="team"}'], "12.500000000")
        self.assertEqual(metrics["zcost_up"], "1")
        self.assertEqual(metrics["zboard_daemon_up"], "1")
        self.assertEqual(metrics["zboard_tracked_events_total"], "1")
        self.assertEqual(float(metrics['zcost_model_latency_seconds{model="acme-odd",quantile="0.5"}']) > 0, True)

    def check_breakdowns(self, zcostd, metrics):
        kinds = ("input", "cache_read", "cache_write", "output", "reasoning", "saved")
        by_model = zcostd.ask("breakdown", by=["model"])
        self.assertEqual(metrics["zcost_cost_usd_total"], by_model["total"]["cost_usd"])
        for row in by_model["rows"]:
            of = f'{{model="{label(row["model"])}"'
            self.assertEqual(metrics[f"zcost_model_cost_usd_total{of}}}"], row["cost_usd"])
            self.assertEqual(metrics[f"zcost_model_events_total{of}}}"], str(row["events"]))
            for kind in kinds:
                self.assertEqual(metrics[f'zcost_model_tokens_total{of},kind="{kind}"}}'], str(row[f"{kind}_tokens"]))
        for row in zcostd.ask("breakdown", by=["service"])["rows"]:
            of = f'{{service="{label(row["service"])}"}}'
            self.assertEqual(metrics[f"zcost_service_cost_usd_total{of}"], row["cost_usd"])
            self.assertEqual(metrics[f"zcost_service_events_total{of}"], str(row["events"]))

    def test_names_of_any_kind(self):
        zcostd = self.daemon(prices=samples.PRICES)
        zboard = self.board(zcostd)
        events = [{"type": "llm_call", "cost": i + 1, "model": name, "service": name, "latency_ms": 5}
                  for i, name in enumerate(HOSTILE)]
        events += [{"type": "llm_call", "input_tokens": 5, "model": "unpriced" + name[:100]} for name in HOSTILE]
        # With a NUL they would pass for each other.
        events += [{"type": "llm_call", "cost": 1, "model": f"nul\0{i}", "service": f"nul\0{i}"} for i in range(3)]
        zcostd.push_events(*events)
        zcostd.settle(len(events))
        text = self.check_format(zboard)
        metrics = zboard.metrics()
        for i, name in enumerate(HOSTILE):
            self.assertEqual(metrics[f'zcost_model_cost_usd_total{{model="{label(name)}"}}'], f"{i + 1}.000000000")
            self.assertEqual(metrics[f'zcost_service_cost_usd_total{{service="{label(name)}"}}'], f"{i + 1}.000000000")
        self.assertNotIn("\0", text)
        self.assertNotRegex(text, r"(?m)^evil")

    def test_requests_are_counted(self):
        zboard = self.board(self.daemon())
        for path, count in (("/nothing", 3), ("/assets/none.js", 2), ("/assets/app.js", 1), ("/api/series?step=x", 4)):
            for _ in range(count):
                zboard.get(path)
        zboard.post(TRACK, {})
        zboard.get(COSTS, {"Host": "evil.example"})
        metrics = zboard.metrics()
        for route, code, count in (("none", 404, 3), ("/assets/", 404, 2), ("/assets/", 200, 1),
                                   ("/api/series", 400, 4), (TRACK, 400, 1), ("none", 421, 1)):
            self.assertEqual(metrics[f'zboard_http_requests_total{{route="{route}",code="{code}"}}'], str(count))
        self.assertEqual(metrics['zboard_refused_events_total{reason="bad"}'], "1")

    def test_those_that_zboard_did_not_answer_are_counted(self):
        """Nor did it refuse them: libmicrohttpd did, by itself."""
        zboard = self.board(self.daemon())
        for request, status in ((b"GET /healthz HTTP/1.1\r\n\r\n", b"400"),
                                (zboard.head("GET", "/healthz", "X: " + "x" * 100_000), b"431")):
            self.assertEqual(zboard.raw(request).split(b" ")[1], status)
        text = zboard.get("/metrics").text
        self.assertRegex(text, r'(?m)^zboard_http_requests_total\{route="none",code="0"\} 2$')
        self.assertRegex(text, "(?m)^# HELP zboard_http_requests_total .* Status 0: not answered by zboard; the client "
                               "disconnected, or libmicrohttpd refused the request itself.$")


class Life(Case):
    def test_counters_never_go_back(self):
        rng = seeded(9)
        zcostd = self.daemon(prices=samples.PRICES, config="ledger\n    max_keys = 60\n", bind=fixed_endpoints(),
                             interval=0.5)
        zboard = self.board(zcostd)
        before = {}
        for round_ in range(12):
            events = questions.random_events(round_, 150)
            zcostd.push(*questions.cheap_messages(events), rng.randbytes(20))
            zboard.track([{"type": "query_router", "cost": 0.1, "model": f"m{rng.randrange(40)}"}] * 3)
            accepted = int(before.get("zcost_events_accepted_total", 0))
            zcostd.wait_health(lambda health: health["events"]["accepted"] >= accepted + len(events) + 3)
            if round_ % 4 == 1:
                zcostd.restart()
            if round_ % 4 == 3:
                zboard.stop()
                zboard.start()
            zboard.wait_for(lambda: zboard.metrics()["zcost_up"] == "1" and "zcost_cost_usd_total" in zboard.metrics())
            now = counters(zboard.metrics())
            for name, value in before.items():
                missing = value if round_ % 4 == 3 else -1  # a new zboard may name others
                self.assertGreaterEqual(now.get(name, missing), value, f"{name} in round {round_}")
            before = now
        self.assertGreater(before["zcost_events_folded_to_other_total"], 0)
        self.check_format(zboard)

    def test_a_daemon_that_is_away_is_told(self):
        zcostd = self.daemon(bind=fixed_endpoints(), interval=0.2)
        zboard = self.board(zcostd)
        self.assertEqual(zboard.metrics()["zcost_up"], "1")
        zcostd.crash()
        zboard.wait_for(lambda: zboard.metrics()["zcost_up"] == "0")
        zboard.wait_for(lambda: zboard.metrics()["zboard_daemon_up"] == "0")
        metrics = zboard.metrics()
        self.assertNotIn("zcost_cost_usd_total", metrics)
        self.assertGreater(float(metrics["zboard_snapshot_age_seconds"]), 0)
        self.check_format(zboard)
        zcostd.start()
        zboard.wait_for(lambda: zboard.metrics()["zcost_up"] == "1")
        self.check_format(self.board())


class Labels(Case):
    def test_there_are_no_more_than_configured_and_they_stay(self):
        zcostd = self.daemon()
        zboard = self.board(zcostd, config="metrics\n    max_labels = 5\n")

        def spend(first, count, cost):
            zcostd.push_events(*({"type": "llm_call", "cost": cost + i, "model": f"m{i}", "service": f"s{i}",
                                  "latency_ms": 1} for i in range(first, first + count)))

        def named(kind):
            metrics = zboard.metrics()
            found = {re.search(f'{kind}="(\\w+)"', name)[1] for name in metrics
                     if name.startswith(f"zcost_{kind}_events_total")}
            return found, int(metrics[f'zcost_labels_left_out{{label="{kind}"}}'])

        spend(0, 300, 1)
        zcostd.settle(300)
        zboard.wait_for(lambda: named("model")[0])
        dearest = [{f"{letter}{i}" for i in range(295, 300)} for letter in "ms"]
        self.assertEqual((named("model"), named("service")), ((dearest[0], 295), (dearest[1], 295)))
        spend(400, 50, 10_000)  # dearer, but later
        zcostd.settle(350)
        zboard.wait_for(lambda: named("model")[1] == 345)
        self.assertEqual((named("model"), named("service")), ((dearest[0], 345), (dearest[1], 345)))
        metrics = zboard.metrics()
        self.assertEqual(sum("model=" in name for name in metrics), 5 * (2 + 6) + 5 * 3)
        self.assertEqual(metrics["zcost_cost_usd_total"], zcostd.ask("breakdown")["total"]["cost_usd"])
        self.check_format(zboard)

    def test_a_series_goes_on_behind_those_that_are_dearer(self):
        zcostd = self.daemon()
        zboards = [self.board(zcostd), self.board(zcostd, config="metrics\n    max_labels = 3\n")]
        zcostd.push_events({"type": "llm_call", "cost": 0.5, "model": "first", "input_tokens": 7})
        zcostd.settle(1)
        first = {'zcost_model_cost_usd_total{model="first"}': "0.500000000",
                 'zcost_model_events_total{model="first"}': "1",
                 'zcost_model_tokens_total{model="first",kind="input"}': "7"}
        for zboard in zboards:
            zboard.wait_for(lambda: first.items() <= zboard.metrics().items())
        zcostd.push(*(msgpack.packb([{"type": "llm_call", "cost": 1, "model": f"m{begin + i}"} for i in range(700)])
                      for begin in range(0, DEARER, 700)))
        zcostd.settle(1 + DEARER)
        for zboard, most in zip(zboards, (200, 3)):
            zboard.wait_for(lambda: zboard.metrics()["zcost_events_accepted_total"] == str(1 + DEARER))
            metrics = zboard.metrics()
            self.assertEqual({name: metrics.get(name) for name in first}, first)
            self.assertEqual(sum(name.startswith("zcost_model_events_total") for name in metrics), most)
            self.assertEqual(metrics['zcost_labels_left_out{label="model"}'], str(1 + DEARER - most))
            self.check_format(zboard)

    def test_those_of_another_ledger_are_forgotten(self):
        """They would keep the places of its own for ever. A start of the same ledger is no reason."""
        endpoints = fixed_endpoints()
        zcostd = self.daemon(bind=endpoints, interval=0.2)
        zboard = self.board(zcostd, config="metrics\n    max_labels = 2\n")

        def spend(daemon, *models):
            daemon.push_events(*({"type": "llm_call", "cost": 2, "model": model, "service": model, "latency_ms": 5}
                                 for model in models))

        def check(**models):
            cost = {f'zcost_{kind}_cost_usd_total{{{kind}="{model}"}}': f"{usd}.000000000"
                    for model, usd in models.items() for kind in ("model", "service")}
            zboard.wait_for(lambda: {name: value for name, value in zboard.metrics().items()
                                     if re.match("zcost_(model|service)_cost_usd", name)} == cost)
            self.check_format(zboard)

        spend(zcostd, "a", "b")
        check(a=2, b=2)
        zcostd.restart()
        spend(zcostd, "c", "c", "b")
        check(a=2, b=4)
        zcostd.stop()
        with harness.Daemon(bind=endpoints, interval=0.2) as fresh:
            spend(fresh, "d", "c", "c")
            check(c=4, d=2)


@unittest.skipUnless(FAKETIME and not harness.SANITIZED, "needs libfaketime, and none of the sanitizers")
class Clock(Case):
    """zboard's is set; the daemon's, and the one that nobody sets, are not."""

    def board_with_clock(self, zcostd, **more):
        self.ahead = zcostd.dir / "ahead"
        self.ahead.write_text("+0s\n")
        return self.board(zcostd, env={"LD_PRELOAD": FAKETIME[0], "FAKETIME_TIMESTAMP_FILE": str(self.ahead),
                                       "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                                       "DONT_FAKE_MONOTONIC": "1"}, **more)

    def set(self, zboard, seconds):
        self.ahead.write_text(f"{seconds:+}s\n")
        told = email.utils.parsedate_to_datetime(zboard.get("/healthz").headers["Date"]).timestamp()
        self.assertAlmostEqual(told - time.time(), seconds, delta=abs(seconds) / 2)

    def test_the_age_of_a_snapshot_is_no_matter_of_it(self):
        zcostd = self.daemon(interval=0.5)
        zboard = self.board_with_clock(zcostd)
        zcostd.send_signal(signal.SIGSTOP)
        self.addCleanup(zcostd.send_signal, signal.SIGCONT)
        for seconds in (-60, 60):
            self.set(zboard, seconds)
            age = float(zboard.metrics()["zboard_snapshot_age_seconds"])
            self.assertTrue(0 <= age < 15 * PATIENCE, age)

    def test_models_that_told_no_latency_in_a_quarter_of_an_hour_give_their_places_up(self):
        zcostd = self.daemon()
        zboard = self.board_with_clock(zcostd, config="metrics\n    max_labels = 2\n")

        def told(at_ms, *models):
            seen = zcostd.health()["events"]["accepted"]
            zcostd.push_events(*({"type": "llm_call", "cost": 1, "model": model, "latency_ms": 5, "ts": at_ms}
                                 for model in models))
            zcostd.settle(seen + len(models))
            zboard.wait_for(lambda: zboard.metrics()["zcost_events_accepted_total"] == str(seen + len(models)))
            self.check_format(zboard)
            metrics = zboard.metrics()
            latencies = (name for name in metrics if name.startswith("zcost_model_latency"))
            return ({re.search('model="(\\w+)"', name)[1] for name in latencies},
                    metrics['zcost_labels_left_out{label="latency"}'])

        now = harness.now_ms()
        self.assertEqual(told(now, "a", "b", "c"), ({"a", "b"}, "1"))
        self.assertEqual(told(now, "c"), ({"a", "b"}, "1"))  # it is the dearest now
        self.set(zboard, 1200)
        self.assertEqual(told(now + 1_200_000, "b", "c", "d"), ({"b", "c"}, "1"))


@unittest.skipUnless(shutil.which("prometheus"), "needs prometheus")
class WithPrometheus(Case):
    """The last one of this file, for it takes Prometheus seconds to begin: setUpModule has started it."""
    timeout = 60

    def test_it_scrapes_what_there_is(self):
        zcostd = self.daemon(bind=fixed_endpoints())
        self.board(zcostd, "--token-file", prometheus.dir / "token", listen=prometheus.target)
        zcostd.push_events(*({"type": "llm_call", "cost": 0.125, "model": name} for name in HOSTILE),
                           {"type": "query_router", "tier": "complex", "cost": 1.25})
        zcostd.settle(len(HOSTILE) + 1)
        query, cost = prometheus.query, 0.125 * len(HOSTILE) + 1.25
        self.wait_for(lambda: query("zcost_cost_usd_total") == [({}, cost)])
        self.assertEqual(query('zcost_query_cost_usd_total{tier="complex"}'), [({"tier": "complex"}, 1.25)])
        self.assertEqual(query("sum(zcost_model_cost_usd_total)"), [({}, cost)])
        models = {labels["model"] for labels, _ in query("zcost_model_events_total == 1")}
        self.assertEqual(models, {*HOSTILE, "gpt-4o"})
        self.assertEqual(query("up"), [({}, 1)])
        self.assertGreater(query("scrape_samples_post_metric_relabeling")[0][1], 50)
        zcostd.crash()
        self.wait_for(lambda: query("zcost_up") == [({}, 0)])
        self.assertEqual(query("up"), [({}, 1)])

    def wait_for(self, predicate):
        deadline = deadline_in(20)
        while not predicate():
            self.assertLess(time.monotonic(), deadline, prometheus.query('{__name__=~"up|zcost_.*"}'))
            time.sleep(0.1)


class PrometheusServer:
    """Debian's, which scrapes .target every second."""

    def __init__(self):
        self._own_dir = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self._own_dir.name)
        (self.dir / "token").write_text(TOKEN)
        self.target, self.address = (endpoints[0].removeprefix("tcp://")
                                     for endpoints in list(fixed_endpoints().values())[:2])
        (self.dir / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [{"job_name": "zboard", "static_configs": [{"targets": [self.target]}],
                                "authorization": {"credentials_file": str(self.dir / "token")}}]}))
        self._process = subprocess.Popen(
            ["prometheus", f"--config.file={self.dir}/prometheus.yml", f"--storage.tsdb.path={self.dir}/data",
             f"--web.listen-address={self.address}"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            preexec_fn=harness._die_with_parent)

    def end(self):
        self._process.kill()
        self._process.wait()
        self._own_dir.cleanup()

    def query(self, text):
        """What it answers: labels and value of each series; None: it does not yet."""
        url = f"http://{self.address}/api/v1/query?query={urllib.parse.quote(text)}"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            found = json.load(answer)["data"]["result"]
            for row in found:
                for name in ("__name__", "job", "instance"):
                    row["metric"].pop(name, None)
            return [(row["metric"], float(row["value"][1])) for row in found]


def setUpModule():
    global prometheus
    if shutil.which("prometheus"):
        prometheus = PrometheusServer()
        unittest.addModuleCleanup(prometheus.end)


if __name__ == "__main__":
    unittest.main()
