# SPDX-License-Identifier: MPL-2.0
"""The examples of README.md do what it says: each is taken out of it and run against the real daemon.

Only endpoints are replaced, so that no test needs the default ports.
"""
import ast
import contextlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

import msgpack

import harness
import manual
import spending
from board import Board
from terminal import Terminal

README = (harness.ROOT / "README.md").read_text()


def blocks():
    """The fenced blocks: (language, text)."""
    fences = README.split("```")
    assert len(fences) % 2 == 1, "a fence is not closed"
    return [inside.split("\n", 1) for inside in fences[1::2]]


def block(language, mark):
    """The one fenced block of a language that holds `mark`."""
    found = [text for spoken, text in blocks() if spoken == language and mark in text]
    assert len(found) == 1, f"{len(found)} blocks of {language!r} with {mark!r}"
    return found[0]


DATE = re.compile(r"\d{4}-\d\d-\d\d")
MIDNIGHT_S = 20  # so long before it no test of days begins


def screens():
    """What is shown of `zreport …`: {the words behind it: lines}."""
    found = {}
    for command, shown in re.findall(r"^\$ zreport (.*)\n((?:(?!\$ |```).*\n)*)", README, re.M):
        assert command not in found, command
        found[command] = shown.rstrip("\n").split("\n")
    return found


def undated(lines):
    return [DATE.sub("DATE", line.rstrip()) for line in lines]


def aimed(text, daemon):
    for port, role in (("7751", "ingest"), ("7752", "publish"), ("7753", "query")):
        text = text.replace(f"tcp://127.0.0.1:{port}", daemon.endpoint(role))
    return text


def python(text, timeout=20):
    return subprocess.run([sys.executable, "-c", text], check=True, timeout=timeout * harness.PATIENCE, text=True,
                          stdout=subprocess.PIPE).stdout


class Examples(harness.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="zcost-readme-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def test_python_producer_and_subscriber(self):
        daemon = self.daemon()
        python(aimed(block("python", "# producer.py"), daemon))
        daemon.settle(4)
        report = json.loads(python(aimed(block("python", "# subscriber.py"), daemon)))
        self.assertEqual(report["query_router"]["total_cost_usd"], "0.001500000")
        self.assertEqual(report["llm_calls"]["total_cost_usd"], "0.003800000")
        self.assertEqual(report["embedding_cache"]["cache_hits"], 1)
        self.assertEqual(report["rag_parallel"]["avg_time_saved_seconds"], 4.2)

    def week(self):
        """A daemon with the week of spending.py."""
        left_s = 86400 - time.time() % 86400
        if left_s < MIDNIGHT_S * harness.PATIENCE:
            time.sleep(left_s)
        if not os.path.exists("/usr/share/zoneinfo/Europe/Madrid"):
            self.skipTest("no tz database here")
        daemon = self.daemon(config=spending.CONFIG)
        events = [msgpack.packb(event) for event in spending.events(harness.now_ms())]
        daemon.push(*(b"".join(events[begin:begin + 200]) for begin in range(0, len(events), 200)))
        daemon.settle(len(events))
        return daemon

    def zreport(self, daemon, command, status=0):
        done = harness.run("zreport", *command.split(), "--endpoint", daemon.endpoint("query"),
                           env={**os.environ, "COLUMNS": "80", "LC_ALL": "C.UTF-8", "TZ": "UTC"})
        self.assertEqual((done.returncode, done.stderr), (status, ""))
        return done.stdout.splitlines()

    def test_python_questions(self):
        daemon = self.week()
        printed = python(aimed(block("python", "# ask.py"), daemon)).splitlines()
        rows = daemon.ask("breakdown", by=["team", "model"])["rows"]
        self.assertGreater(len(rows), 5)
        for line, row in zip(printed, rows):
            self.assertEqual(line, f"{row['team']} {row['model']} {row['events']} {row['cost_usd']} "
                                   f"{row['latency_ms_p95']}")
        ours = daemon.ask("breakdown", by=["service"], where={"team": "core"})["rows"]
        services = [line.split(" ", 1) for line in printed[len(rows):]]
        self.assertEqual([(name, sum(cost for _, cost in ast.literal_eval(points))) for name, points in services],
                         [(row["service"], row["cost_nanousd"]) for row in ours])

    def test_python_samples_are_short(self):
        for mark, most in (("# producer.py", 10), ("# subscriber.py", 10), ("# ask.py", 12)):
            code = [line for line in block("python", mark).splitlines() if line.strip() and not line.startswith("#")]
            self.assertLessEqual(len(code), most, mark)

    def test_c_producer(self):
        daemon = self.daemon()
        text = block("c", "zcost_open").replace("{.service", f'{{.endpoint = "{daemon.endpoint("ingest")}", .service')
        text = text.replace("ZCOST_DEFAULT_PUBLISH", f'"{daemon.endpoint("publish")}"')
        source, program, library = self.dir / "sample.c", self.dir / "sample", harness.BIN.parent / "lib"
        source.write_text(text)
        flags = ["-fsanitize=address,undefined"] if harness.SANITIZED else []
        subprocess.run(["cc", "-std=c11", "-Wall", "-Werror", *flags, "-I", harness.ROOT / "include", source, "-o",
                        program, "-L", library, "-lzcost", f"-Wl,-rpath,{library}"], check=True)
        subprocess.run([program], check=True, timeout=20 * harness.PATIENCE)
        daemon.settle(3)
        report = daemon.report()
        self.assertEqual(report["query_router"]["total_cost_usd"], "0.001500000")
        # 1200 x 2.5e-6 + 80 x 1e-5, and 800 x 3e-6 + 4200 x 3e-7 + 350 x 1.5e-5
        self.assertEqual(report["llm_calls"]["total_cost_usd"], "0.012710000")
        self.assertEqual([row["acknowledged"] for row in daemon.health()["producers"]], [4])

    def test_configuration(self):
        if not os.path.exists("/usr/share/zoneinfo/Europe/Madrid"):
            self.skipTest("no tz database here")
        text = block("", "# zcostd.conf").replace("/etc/zcost/prices.json", str(self.dir / "prices.json"))
        shutil.copy(harness.ROOT / "src/core/pricing/prices_builtin.json", self.dir / "prices.json")
        daemon = self.daemon(config=text, interval=None)
        report = daemon.report()
        self.assertEqual(daemon.health()["tags"], ["team"])
        self.assertEqual([(budget["name"], budget["limit_usd"], budget["period"], budget["where"])
                          for budget in daemon.ask("budgets")["budgets"]],
                         [("company", "75.000000000", "month", {}),
                          ("search", "1.500000000", "day", {"service": "search"})])
        self.assertEqual(report["zcost"]["interval_seconds"], 10)
        self.assertEqual(report["query_router"]["cost_breakdown"]["simple"]["model"], "gpt-4.1-nano")

    def test_sql(self):
        daemon = self.daemon(config="tags\n    key = team\nstore\n    checkpoint_seconds = 0.1\n")
        daemon.push_events({"type": "llm_call", "model": "gpt-4o", "cost": 2.5, "tags": {"team": "core"}})
        daemon.settle(1)
        daemon.wait_health(lambda health: health["store"]["cells"] > 0)
        text = block("sql", "sqlite3").split("\n", 1)[1]
        with contextlib.closing(sqlite3.connect(f"file:{daemon.data}/ledger.db?mode=ro", uri=True)) as ledger:
            self.assertEqual(ledger.execute(text).fetchall(), [("core", "gpt-4o", 1, 2.5)])

    def test_what_is_said_over_http(self):
        if not shutil.which("curl"):
            self.skipTest("no curl here")
        daemon = self.daemon()
        board = self.enterContext(Board(daemon))
        answers = []
        for command in re.findall(r"^curl (.*?[^\\])$", block("sh", "zboard &"), re.M | re.S):
            text = command.replace("http://127.0.0.1:7750", f"http://{board.host}:{board.port}")
            done = subprocess.run(["sh", "-c", "curl -sS " + text], check=True, stdout=subprocess.PIPE,
                                  timeout=20 * harness.PATIENCE)
            answers.append(json.loads(done.stdout))
        tracked, report, breakdown = answers
        self.assertEqual(tracked, {"status": "tracked"})
        self.assertEqual(report["query_router"]["total_cost_usd"], "0.001500000")
        self.assertEqual([row["cost_usd"] for row in breakdown["rows"]], ["0.001500000"])

    def test_options_and_settings_are_all_there_are(self):
        told = README.split("## Options")[1].split("## Limits")[0].split("| `zboard` |")
        heads = re.findall(r"^\.It Cm (\w+/.*)$", manual.source("zboard.8"), re.M)
        settings = set(manual.settings()), {name for head in heads for name in head.split(" , ")}
        for program, table, taken in zip(("zcostd", "zboard"), told, settings):
            help_text = harness.run(program, "--help").stdout
            options = set(re.findall(r"^  (--[a-z-]+)", help_text, re.M)) - {"--help", "--version", "--config"}
            with self.subTest(program):
                self.assertGreater(len(options), 7)
                self.assertEqual(set(re.findall(r"`(--[a-z-]+)", table)) - {"--help", "--config"}, options)
                self.assertEqual(set(re.findall(r"`([a-z]+/[\w/]+)", table)), taken)

    def test_routes_are_all_there_are(self):
        told = README.split("## See it")[1].split("## Send an event")[0]
        code = (harness.ROOT / "tools/zboard/routes.c").read_text()
        served = set(re.findall(r'^ +\{"(/[^"]*)", "', code, re.M)) - {"/assets/", "/favicon.ico", "/api/session"}
        self.assertEqual(set(re.findall(r"`(?:GET |POST )?(/[^\s`]*)`", told)), served)

    def test_limits_are_those_of_the_code(self):
        for path, name, told in (
                ("daemon/query_workers.h", "ZC_WINDOW_QUERIES_MAX", "{} wait or are worked on"),
                ("daemon/reply_backpressure.h", "ZC_CLIENT_ASKS_MAX", "{} of them one client's"),
                ("daemon/window_query.h", "ZC_WINDOW_QUERY_MS", "{} ms each"),
                ("daemon/answer.c", "ENVELOPE_FRAMES_MAX", "up to {}, of "),
                ("daemon/answer.c", "ENVELOPE_BYTES_MAX", "of {} bytes together"),
                ("core/window/query_spec.h", "ZC_ROWS_MAX", "| rows of an answer | {}, or"),
                ("core/window/rows.h", "ZC_SERIES_POINTS_MAX", "| points of a series | {} |"),
                ("core/pricing/policy.h", "ZC_TAGS_MAX", "thresholds of one | {}; "),
                ("core/budget/budget.h", "ZC_BUDGETS_MAX", "; {}; 8 |"),
                ("core/budget/budget.h", "ZC_THRESHOLDS_MAX", "; {} | the configuration"),
                ("core/budget/budget.h", "ZC_BUDGET_HOURS_MAX", "1 to {})"),
                ("store/store.h", "ZC_REPRICINGS_MAX", "re-pricings that are remembered | {} |"),
                ("core/ledger/keys.h", "ZC_SERVICES_MAX", "| services | {} |"),
                ("../tools/zboard/stream.h", "ZC_ALERTS_KEPT",
                 "| zboard: alerts kept for streams that are slow or come again | {} |"),
                ("../tools/zboard/daemon_queries.h", "ZC_QUERIES_MAX", "| zboard: different questions at once; answers kept | {}; ")):
            with self.subTest(name):
                code = (harness.ROOT / "src" / path).read_text()
                number = int(re.search(rf"^#define {name} (\d+)\b", code, re.M)[1])
                text = told.format(f"{number:,}").replace(",000 ms", " s")
                self.assertIn(text, re.sub(r"\n +", " ", README))

    def test_shown_report_is_what_the_quickstart_prints(self):
        """The same demo against a daemon of ours: every line but the first two, which tell place and time."""
        shown = block("", "Spent  ").splitlines()
        begin = next(n for n, line in enumerate(shown) if line.startswith("Spent"))
        top = next(n for n, line in enumerate(shown) if line.startswith("Dearest first"))
        daemon = self.daemon()
        quickstart = (harness.ROOT / "tools/quickstart").read_text()
        events = int(re.search(r"^events=(\d+)", quickstart, re.M)[1])
        seed = re.search(r"^seed=(\d+)", quickstart, re.M)[1]
        done = harness.run("zreplay", "--endpoint", daemon.endpoint("ingest"), "--demo", "--count", events, "--seed",
                           seed, "--rate", "max", timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        daemon.settle(events)
        self.assertEqual(shown[begin:top - 1], self.zreport(daemon, "report")[3:])
        asked = re.search(r'^"\$bin/zreport" (top .*?) --endpoint', quickstart, re.M)[1]
        self.assertEqual(shown[top + 1:], self.zreport(daemon, asked)[1:])

    def test_shown_periods_are_those_of_the_week(self):
        daemon, seen = self.week(), 0
        for command, shown in screens().items():
            if command.split()[0] in ("daily", "series"):
                seen += 1
                with self.subTest(command):
                    self.assertEqual(undated(shown), undated(self.zreport(daemon, command)))
        self.assertEqual(seen, 2)

    def test_shown_budgets_and_status_line_are_of_their_shape(self):
        """What they tell depends on the hour and the day of the month."""
        daemon, shown = self.week(), screens()
        while any(budget["state"] == "pending" for budget in daemon.ask("budgets")["budgets"]):
            time.sleep(0.05)
        printed = self.zreport(daemon, "budgets")
        self.assertEqual(printed[0].split(), shown["budgets"][0].split())
        self.assertEqual({line.split()[0] for line in printed}, {line.split()[0] for line in shown["budgets"]})
        figures = re.compile(r"[\d.]+\+?|search|company")
        self.assertEqual([figures.sub("0", line) for line in self.zreport(daemon, "statusline")],
                         [figures.sub("0", line) for line in shown["statusline"]])

    def test_shown_live_view_is_of_its_shape(self):
        """Its first words, line by line: it is as large as what is shown of it."""
        daemon, shown = self.week(), block("", "q quit").splitlines()
        heads = ("zcost", "Now", "Today", "Hour", "Routing", "Tier", "By", "Budget", "Events", "Data", "q")
        with Terminal(80, len(shown), TZ="UTC") as terminal:
            terminal.type(f"zreport watch --endpoint {daemon.endpoint('publish')} --query {daemon.endpoint('query')}")
            terminal.wait("q quit", "By service, today  ", "company")
            first = [line.split()[0] for line in terminal.lines() if line.strip()]
            self.assertEqual([word for word in first if word in heads],
                             [line.split()[0] for line in shown if line.split() and line.split()[0] in heads])
            terminal.press("q")


if __name__ == "__main__":
    unittest.main()
