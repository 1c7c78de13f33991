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
import unittest

import harness

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

    def test_python_samples_are_about_ten_lines(self):
        for mark in ("# producer.py", "# subscriber.py"):
            code = [line for line in block("python", mark).splitlines() if line.strip() and not line.startswith("#")]
            self.assertLessEqual(len(code), 10, mark)

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
        text = block("", "# zcostd.conf").replace("/etc/zcost/prices.json", str(self.dir / "prices.json"))
        shutil.copy(harness.ROOT / "src/core/prices_builtin.json", self.dir / "prices.json")
        report = self.daemon(config=text, interval=None).report()
        self.assertEqual(report["zcost"]["interval_seconds"], 10)
        self.assertEqual(report["query_router"]["cost_breakdown"]["simple"]["model"], "gpt-4.1-nano")

    def test_sql(self):
        daemon = self.daemon(config="store\n    checkpoint_seconds = 0.1\n")
        daemon.push_events({"type": "llm_call", "service": "search", "model": "gpt-4o", "cost": 2.5})
        daemon.settle(1)
        daemon.wait_health(lambda health: health["store"]["cells"] > 0)
        text = block("sql", "sqlite3").split("\n", 1)[1]
        with contextlib.closing(sqlite3.connect(f"file:{daemon.data}/ledger.db?mode=ro", uri=True)) as ledger:
            self.assertEqual(ledger.execute(text).fetchall(), [("search", "gpt-4o", 1, 2.5)])

    def test_every_option_and_setting_exists(self):
        help_text = harness.run("zcostd", "--help").stdout
        options = set(re.findall(r"^\| `(--\w+)", README, re.M))
        self.assertGreater(len(options), 5)
        for option in options:
            self.assertIn(option, help_text)
        settings = set(re.findall(r"`((?:server|ingest|publish|query|prices|data|journal|store|retention|ledger|producers"
                                  r"|baseline|embedding|rag|rejects|memory)"
                                  r"/\w+)`", README.split("## Options")[1].split("## Limits")[0]))
        self.assertGreater(len(settings), 12)
        for setting in settings:
            section, name = setting.split("/")
            path = self.dir / "one.conf"
            path.write_text(f"{section}\n    {name} = \n")
            done = harness.run("zcostd", "--config", path)
            self.assertEqual(done.returncode, 2, setting)
            self.assertNotIn("unknown setting", done.stderr)

    def test_shown_report_is_what_the_quickstart_prints(self):
        """The same demo against a daemon of ours: every line but the first two, which tell place and time."""
        shown = block("", "Spent  ").splitlines()
        begin = next(n for n, line in enumerate(shown) if line.startswith("Spent"))
        end = next(n for n, line in enumerate(shown) if line.startswith("Events"))
        daemon = self.daemon()
        quickstart = (harness.ROOT / "tools/quickstart").read_text()
        events = int(re.search(r"^events=(\d+)", quickstart, re.M)[1])
        seed = re.search(r"^seed=(\d+)", quickstart, re.M)[1]
        done = harness.run("zreplay", "--endpoint", daemon.endpoint("ingest"), "--demo", "--count", events, "--seed",
                           seed, "--rate", "max", timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        daemon.settle(events)
        printed = harness.run("zreport", "--endpoint", daemon.endpoint("query"),
                              env={**os.environ, "COLUMNS": "80", "LC_ALL": "C.UTF-8"}).stdout
        for line in shown[begin:end + 1]:
            self.assertIn(line, printed.splitlines())


if __name__ == "__main__":
    unittest.main()
