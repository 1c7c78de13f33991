# SPDX-License-Identifier: MPL-2.0
"""The examples of README.md do what it says: each is taken out of it and run against the real daemon.

Only endpoints are replaced, so that no test needs the default ports.
"""
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

README = (harness.ROOT / "README.md").read_text()
LINES, COLUMNS = 260, 120
OMITTED = "..."  # a line that stands for some that are not shown


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
MIDNIGHT_S = 20  # before midnight, in which no test of days begins


def screens():
    """What is shown of `zreport …`: {the words behind it: lines}."""
    found = {}
    for command, shown in re.findall(r"^\$ zreport (.*)\n((?:(?!\$ |```).*\n)*)", README, re.M):
        assert command not in found, command
        found[command] = shown.rstrip("\n").split("\n")
    return found


def prose():
    """What stands outside the fenced blocks, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"^```.*?^```$", "", README, flags=re.M | re.S))


def pieces(lines):
    """What is shown, in pieces of lines that stand together."""
    found = [[]]
    for line in lines:
        if line == OMITTED:
            found.append([])
        else:
            found[-1].append(line)
    return [piece for piece in found if piece]


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

    def assertShown(self, shown, printed):
        """All pieces that are shown were printed, in this order."""
        self.assertTrue(pieces(shown))
        begin = 0
        for piece in pieces(shown):
            found = [at for at in range(begin, len(printed)) if printed[at:at + len(piece)] == piece]
            self.assertTrue(found, "not printed, or not there:\n" + "\n".join(piece + ["of:"] + printed[begin:]))
            begin = found[0] + len(piece)

    def test_python_producer(self):
        daemon = self.daemon()
        python(aimed(block("python", "# producer.py"), daemon))
        daemon.settle(4)
        report = daemon.report()
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

    def test_python_query(self):
        daemon = self.week()
        printed = python(aimed(block("python", "# ask.py"), daemon)).splitlines()
        rows = daemon.ask("breakdown", by=["team", "model"])["rows"]
        self.assertGreater(len(rows), 5)
        self.assertEqual(printed, [f"{row['team']} {row['model']} {row['events']} {row['cost_usd']} "
                                   f"{row['latency_ms_p95']}" for row in rows])

    def test_c_producer(self):
        daemon = self.daemon()
        text = block("c", "zcost_open").replace(
            "options.service", f'options.endpoint = "{daemon.endpoint("ingest")}"; options.service')
        text = text.replace("ZCOST_DEFAULT_PUBLISH", f'"{daemon.endpoint("publish")}"')
        source, program, library = self.dir / "sample.c", self.dir / "sample", harness.BIN.parent / "lib"
        source.write_text(text)
        flags = ["-fsanitize=address,undefined"] if harness.SANITIZED else []
        subprocess.run(["cc", "-std=c11", "-Wall", "-Werror", *flags, "-I", harness.ROOT / "include", source, "-o",
                        program, "-L", library, "-lzcost", f"-Wl,-rpath,{library}"], check=True)
        subprocess.run([program], check=True, timeout=20 * harness.PATIENCE)
        daemon.settle(2)
        report = daemon.report()
        self.assertEqual(report["query_router"]["total_cost_usd"], "0.001500000")
        self.assertEqual(report["llm_calls"]["total_cost_usd"], "0.003800000")  # 1200 x 2.5e-6 + 80 x 1e-5
        self.assertEqual([row["acknowledged"] for row in daemon.health()["producers"]], [3])

    def test_configuration(self):
        if not os.path.exists("/usr/share/zoneinfo/Europe/Madrid"):
            self.skipTest("no tz database here")
        daemon = self.daemon(config=block("", "# zcostd.conf"))
        self.assertEqual(daemon.health()["tags"], ["team"])
        self.assertEqual([(budget["name"], budget["limit_usd"], budget["period"], budget["where"])
                          for budget in daemon.ask("budgets")["budgets"]],
                         [("company", "75.000000000", "month", {}),
                          ("search", "1.500000000", "day", {"service": "search"})])

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

    def test_shown_report_is_what_the_quickstart_prints(self):
        """The same demo against a daemon of ours."""
        daemon = self.daemon()
        quickstart = (harness.ROOT / "tools/quickstart").read_text()
        events = int(re.search(r"^events=(\d+)", quickstart, re.M)[1])
        seed = re.search(r"^seed=(\d+)", quickstart, re.M)[1]
        done = harness.run("zreplay", "--endpoint", daemon.endpoint("ingest"), "--demo", "--count", events, "--seed",
                           seed, "--rate", "max", timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        daemon.settle(events)
        asked = re.search(r'^"\$bin/zreport" (top .*?) --endpoint', quickstart, re.M)[1]
        self.assertShown(block("", "Spent  ").splitlines(),
                         self.zreport(daemon, "report") + self.zreport(daemon, asked))

    def test_shown_days_are_those_of_the_week(self):
        daemon = self.week()
        self.assertShown(undated(screens()["daily"]), undated(self.zreport(daemon, "daily")))

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


class Text(harness.TestCase):
    """What the README says by itself."""

    def test_it_is_short(self):
        lines = README.splitlines()
        self.assertLessEqual(len(lines), LINES)
        self.assertEqual([line for line in lines if len(line) > COLUMNS], [])

    def test_links_lead_to_files(self):
        """Those of all pages in Markdown."""
        seen = 0
        for pattern in ("*.md", ".github/*.md", "src/*.md", "tests/*.md", "tests/bench/*.md"):
            for page in harness.ROOT.glob(pattern):
                links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
                local = [link for link in links if not link.startswith("https://")]
                seen += len(local)
                with self.subTest(page.name):
                    self.assertEqual([link for link in local if not (page.parent / link).is_file()], [])
        self.assertGreater(seen, 15)

    def test_python_samples_are_short(self):
        for mark in ("# producer.py", "# ask.py"):
            code = [line for line in block("python", mark).splitlines() if line.strip() and not line.startswith("#")]
            self.assertLessEqual(len(code), 10, mark)

    def test_settings_are_some_that_there_are(self):
        named = set(re.findall(r"`([a-z]+/[a-z_]+)`", prose()))
        self.assertGreater(len(named), 2)
        self.assertEqual(named - set(manual.settings()), set())

    def test_options_are_some_that_there_are(self):
        """`PROGRAM … --option`; options without a program are zreport's, of the commands named before them."""
        text = prose()
        named = re.findall(r"`(zcostd|zboard)?[a-z ]*(--[a-z-]+)", text.replace("`pkg-config --cflags", ""))
        self.assertGreater(len(named), 5)
        shared = re.search(r"`top`, .*?\.", text)[0]
        commands = re.findall(r"`(\w+)`", shared)
        self.assertGreater(len(commands), 4)
        for program, option in named:
            words = [["zreport", name] for name in commands] if option in shared else [[program or "zcostd"]]
            for asked in words:
                with self.subTest(option, asked=asked):
                    self.assertRegex(harness.run(*asked, "--help").stdout, rf"(?m)^  {option}\b")

    def test_commands_are_some_that_there_are(self):
        listed = harness.run("zreport", "--help").stdout
        named = set(re.findall(r"`zreport (\w+)`", prose())) | {words.split()[0] for words in screens()}
        self.assertGreater(len(named), 4)
        for command in named:
            with self.subTest(command):
                self.assertRegex(listed, rf"\b{command}\b")

    def test_limits_are_those_of_the_code(self):
        text = prose()
        for path, name, told in (
                ("src/core/window/query_spec.h", "ZC_ROWS_MAX", "at most {} rows"),
                ("src/core/window/row_sums.h", "ZC_SERIES_POINTS_MAX", "or {} points"),
                ("src/core/pricing/policy.h", "ZC_TAGS_MAX", "Up to {} tags"),
                ("src/core/budget/budget.h", "ZC_BUDGETS_MAX", "tags, {} budgets"),
                ("src/core/budget/budget.h", "ZC_THRESHOLDS_MAX", "and {} thresholds"),
                ("src/core/ledger/keys.h", "ZC_KEYS_MAX", "Beyond {} combinations"),
                ("include/zcost.h", "ZCOST_STRING_MAX", "a string {} bytes"),
                ("include/zcost.h", "ZCOST_COST_MAX_USD", "a cost of {} USD")):
            with self.subTest(name):
                self.assertIn(told.format(f"{manual.constant(path, name):,}"), text)


if __name__ == "__main__":
    unittest.main()
