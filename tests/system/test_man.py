# SPDX-License-Identifier: MPL-2.0
"""The manual pages: they render without a warning, and say what the programs do, no more and no less.

What programs, the header and the log's lines are called is compared both ways; examples are run.
"""
import contextlib
import itertools
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
from decimal import Decimal

import harness
import manual

PROGRAMS = {"zreport.1": "zreport", "zreplay.1": "zreplay", "zboard.8": "zboard", "zcostd.8": "zcostd"}
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def help_of(*words):
    done = harness.run(*words, "--help")
    assert done.returncode == 0, done.stderr
    return done.stdout


class Pages(harness.TestCase):
    """Each page by itself."""

    def test_all_are_there_and_no_more(self):
        self.assertEqual(sorted(path.name for path in manual.FOLDER.iterdir()), sorted(manual.PAGES))

    def test_groff_has_no_warnings(self):
        for page in manual.PAGES:
            with self.subTest(page):
                self.assertEqual(manual.rendered(page)[1], "")

    def test_mandoc_has_no_warnings(self):
        mandoc = shutil.which("mandoc") or self.skipTest("no mandoc here")
        for page in manual.PAGES:
            with self.subTest(page):
                done = subprocess.run([mandoc, "-T", "lint", "-W", "warning", manual.FOLDER / page], text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_no_line_is_wider_than_a_terminal(self):
        for page in manual.PAGES:
            with self.subTest(page):
                self.assertEqual([line for line in manual.rendered(page, 80)[0].splitlines() if len(line) > 80], [])

    def test_each_has_the_usual_sections(self):
        for page in manual.PAGES:
            wanted = ["NAME", "DESCRIPTION", "EXAMPLES", "SEE ALSO"]
            if page in PROGRAMS:
                wanted += ["SYNOPSIS", "EXIT STATUS", "FILES" if page != "zreport.1" else "ENVIRONMENT"]
            if page == "zcost.3":
                wanted += ["SYNOPSIS", "RETURN VALUES", "FILES"]
            with self.subTest(page):
                self.assertEqual(set(wanted) - set(manual.sections(page)), set())

    def test_references_lead_to_pages_and_sections_that_exist(self):
        for page in manual.PAGES:
            text = manual.source(page)
            titles = re.findall(r"^\.S[hs] (.*)$", text, re.M)
            for name, number in re.findall(r"^\.Xr (\S+) (\d)", text, re.M):
                with self.subTest(page, name=name):
                    self.assertIn(f"{name}.{number}", manual.PAGES)
            for title in re.findall(r"\bSx (.*?)(?: [.,;:])?$", text, re.M):
                with self.subTest(page, title=title):
                    self.assertTrue(title in titles or page == "zcostd.conf.5" and title == "FILES")

    def test_pages_are_installed_by_their_section(self):
        build = harness.BIN.parent
        if not (build / "cmake_install.cmake").exists():
            self.skipTest(f"{build} is no build directory")
        prefix = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="zcost-man-")))
        subprocess.run(["cmake", "--install", build, "--prefix", prefix, "--component", "man"], check=True,
                       stdout=subprocess.DEVNULL)
        found = {str(path.relative_to(path.parents[1])) for path in prefix.rglob("*.[0-9]")}
        self.assertEqual(found, {f"man{page[-1]}/{page}" for page in manual.PAGES})


class Options(harness.TestCase):
    def test_options_are_those_of_help(self):
        for page, program in PROGRAMS.items():
            with self.subTest(page):
                named, described = manual.options(page)
                self.assertEqual(described, set(OPTION.findall(help_of(program))))
                self.assertEqual(named - described, set())

    def test_options_of_the_synopsis_are_all_of_them(self):
        for page in ("zreplay.1", "zboard.8", "zcostd.8"):
            synopsis = set("--" + name for name in re.findall(r"\bFl -([a-z-]+)", manual.section(page, "SYNOPSIS")))
            with self.subTest(page):
                self.assertEqual(synopsis, manual.options(page)[1])

    def test_commands_are_those_of_help(self):
        listed = re.search(r"^Commands:\n(.*?)\n\n", help_of("zreport"), re.M | re.S)[1]
        described = re.search(r"^\.Ss Commands\n(.*?)^\.El$", manual.source("zreport.1"), re.M | re.S)[1]
        heads = re.findall(r"^\.It Cm (.*)$", described, re.M)
        names = {name for head in heads for name in re.split(r"[ ,]+", head.replace("Ar MODEL", "")) if name}
        self.assertEqual(names, {line.split()[0] for line in listed.splitlines() if line[2] != " "})

    def test_placeholders_are_those_of_help(self):
        pattern = re.compile(r"\{\w+\}")
        self.assertEqual(set(pattern.findall(manual.source("zreport.1"))),
                         set(pattern.findall(help_of("zreport", "statusline"))))


class Settings(harness.TestCase):
    """zcostd.conf(5) and the daemon."""
    timeout = 60

    # What a setting needs beside it, to be taken at the edge of its range.
    BESIDE = {"ingest/max_frame_bytes": {"memory/max_bytes": "0", "data/directory": "none"},
              "journal/segment_bytes": {"ingest/max_frame_bytes": "1024"}}

    def setUp(self):
        super().setUp()
        self.dir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="zcost-man-")))

    def complaint(self, lines):
        """What zcostd says of a configuration; None: it has no fault. Nothing is started: --check of nothing."""
        path = self.dir / "one.conf"
        path.write_text(lines)
        done = harness.run("zcostd", "--config", path, "--check", self.dir / "absent")
        return done.stderr if done.returncode == 2 else None

    @staticmethod
    def text(values):
        """{path: value} as ZPL."""
        lines, above = [], []
        for path, value in values.items():
            *sections, name = path.split("/")
            for level, word in enumerate(sections):
                if above[:level + 1] != sections[:level + 1]:
                    lines.append("    " * level + word)
            above = sections
            lines.append("    " * len(sections) + f"{name} = {value}")
        return "\n".join(lines) + "\n"

    def test_settings_are_those_that_the_daemon_takes(self):
        folder = harness.ROOT / "src/daemon"
        taken = set(re.findall(r'\.setting = "(\w+/\w+)"', (folder / "settings.c").read_text()))
        self.assertGreater(len(taken), 20)
        taken |= {f"budgets/NAME/{name}" for name in
                  re.findall(r'\.setting = "(\w+)"', (folder / "settings_budgets.c").read_text())}
        self.assertEqual(set(manual.settings()), taken | {"tiers/NAME", "budgets/NAME/where/DIMENSION"})

    def test_each_is_known(self):
        for setting in manual.settings():
            name = setting.replace("DIMENSION", "model").replace("NAME", "name")
            with self.subTest(setting):
                self.assertNotIn("unknown", self.complaint(self.text({name: ""})) or "")
        self.assertIn("unknown", self.complaint("publish\n    interval = 1\n"))

    def taken(self, setting, value):
        name = setting.replace("NAME", "name")
        values = {name: value, **self.BESIDE.get(setting, {})}
        if setting.startswith("budgets/"):
            values = {"budgets/name/limit_usd": "1", "budgets/name/period": "day", **values}
        return self.complaint(self.text(values)) is None

    def test_ranges_are_exact(self):
        seen = 0
        for setting, entry in manual.settings().items():
            found = re.search(r"(?<![\d.])(-?[\d.]+) to (-?[\d.]+)", entry.replace(",", ""))
            if not found or setting.endswith("/thresholds"):
                continue
            seen += 1
            least, most = found[1].rstrip("."), found[2].rstrip(".")
            decimals = len(least.partition(".")[2])
            whole = setting.split("/")[-1] not in ("interval_seconds", "checkpoint_seconds", "per_query_usd",
                                                  "hit_saves_usd", "assumed_seconds", "limit_usd")
            step = Decimal(1).scaleb(0 if whole else -(decimals or 3))
            with self.subTest(setting, least=least, most=most):
                self.assertTrue(self.taken(setting, least))
                self.assertTrue(self.taken(setting, most))
                self.assertFalse(self.taken(setting, f"{Decimal(least) - step:f}"))
                self.assertFalse(self.taken(setting, f"{Decimal(most) + step:f}"))
        self.assertGreater(seen, 14)

    def test_durations_and_words_are_as_told(self):
        for setting, good, bad in (
                ("journal/keep", ("0s", "forever", "30d"), ("30", "1y")),
                ("retention/minutes", ("1h", "60m"), ("59m", "forever")),
                ("retention/quarters", ("48h", "401d"), ("47h", "forever")),
                ("retention/days", ("400d", "forever"), ("399d",)),
                ("producers/expire_after", ("1h",), ("59m", "forever")),
                ("memory/max_bytes", ("0", "268435456"), ("268435455", "1")),
                ("data/directory", ("none",), ("",)),
                ("tags/key", ("team",), ("model", "type", "service", "tier", "provider", "")),
                ("budgets/NAME/period", ("day", "month", "1h", "8760h"), ("0h", "8761h", "week", "24")),
                ("budgets/NAME/timezone", ("UTC",), ("Europe/Atlantis", "")),
                ("budgets/NAME/thresholds", ("50", "1 1000", "1 2 3 4 5 6 7 8"),
                 ("0", "1001", "80 50", "1 2 3 4 5 6 7 8 9", ""))):
            for value, expected in itertools.chain(((v, True) for v in good), ((v, False) for v in bad)):
                with self.subTest(setting, value=value):
                    self.assertEqual(self.taken(setting, value), expected)

    def test_counts_are_as_told(self):
        for setting, most in (("ingest/endpoint", 8), ("tags/key", 4)):
            lines = [f"    {setting.split('/')[1]} = "
                     + (f"ipc:///x{n}" if setting.startswith("ingest") else f"t{n}") for n in range(most + 1)]
            section = setting.split("/")[0] + "\n"
            self.assertIsNone(self.complaint(section + "\n".join(lines[:most]) + "\n"))
            self.assertIsNotNone(self.complaint(section + "\n".join(lines) + "\n"))
        for most in (32, 33):
            lines = "budgets\n" + "".join(f"    b{n}\n        limit_usd = 1\n        period = day\n"
                                          for n in range(most))
            self.assertEqual(self.complaint(lines) is None, most == 32)

    def test_the_example_is_taken(self):
        if not os.path.exists("/usr/share/zoneinfo/Europe/Madrid"):
            self.skipTest("no tz database here")
        text = manual.example("zcostd.conf.5", "# zcostd.conf")
        self.assertIsNone(self.complaint(text))


class Protocol(harness.TestCase):
    """zcost_protocol(7) names all that the daemon says."""

    def words(self):
        return set(re.findall(r"[a-z_][a-z_0-9]*", manual.plain(manual.source("zcost_protocol.7"))))

    def keys(self, value):
        if isinstance(value, dict):
            for key, below in value.items():
                yield key
                yield from self.keys(below)
        elif isinstance(value, list):
            for below in value:
                yield from self.keys(below)

    def test_every_key_of_every_answer_is_in_it(self):
        daemon = self.daemon(config="tags\n    key = team\nbudgets\n    all\n        limit_usd = 1\n"
                                    "        period = day\n        where\n            service = x\n")
        daemon.push_events({"type": "llm_call", "model": "gpt-4o", "service": "x", "cost": 0.5, "latency_ms": 2,
                            "tags": {"team": "core"}},
                           {"type": "query_router", "tier": "simple", "input_tokens": 10},
                           {"type": "embedding_cache", "hit": True}, {"type": "rag_parallel"}, {"type": "guess"})
        daemon.settle(5)
        words = self.words() | {"simple", "medium", "complex", "x", "team"}
        by = ["type", "service", "tier", "model", "provider", "team"]
        answers = {name: daemon.ask(name) for name in ("report", "health", "rejects", "budgets", "ping")}
        answers["price"] = daemon.ask("price", model="gemini-2.5-pro")
        answers["ack"] = daemon.ask("ack", producer="0" * 32)
        answers["breakdown"] = daemon.ask("breakdown", by=by, since=0)
        answers["series"] = daemon.ask("series", by=by, step=60)
        answers["window"] = daemon.ask("report", since=0)
        for name, answer in answers.items():
            with self.subTest(name):
                self.assertEqual(set(self.keys(answer)) - words, set())

    def test_every_reason_code_and_key_of_events_is_in_it(self):
        text = (harness.ROOT / "src/wire/event.c").read_text()
        named = set(re.findall(r'\] = "([a-z_]+)"', text)) - {""}
        self.assertGreater(len(named), 20)
        named |= {"bad_request", "unknown_query", "too_large", "unavailable"}
        named = {name for name in named if "_" in name or name in ("malformed", "stale")}
        self.assertEqual(named - self.words(), set())

    def test_the_example_works(self):
        daemon = self.daemon()
        text = manual.example("zcost_protocol.7", "import msgpack")
        for port, role in (("7751", "ingest"), ("7752", "publish"), ("7753", "query")):
            text = text.replace(f"tcp://127.0.0.1:{port}", daemon.endpoint(role))
        done = subprocess.run([sys.executable, "-c", text], timeout=20 * harness.PATIENCE, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        daemon.settle(1)


class Daemon(harness.TestCase):
    """zcostd(8)."""

    def test_log_events_are_those_of_the_code(self):
        for page, folder in (("zcostd.8", "src/daemon"), ("zboard.8", "tools/zboard")):
            code = "".join(path.read_text() for room in (folder, "src/program")
                           for path in (harness.ROOT / room).glob("*.c"))
            logged = set(re.findall(r'zc_log \([^;{]*?"([a-z_]+)",', code))
            listed = re.search(r"^\.Ss Log\n.*?^\.Bl(.*?)^\.El$", manual.source(page), re.M | re.S)[1]
            heads = re.findall(r"^\.It Cm (.*)$", listed, re.M)
            with self.subTest(page):
                self.assertEqual({name for head in heads for name in head.split(" , ")}, logged)

    def test_sql_of_the_example_works(self):
        daemon = self.daemon(config="store\n    checkpoint_seconds = 0.1\n")
        daemon.push_events({"type": "llm_call", "service": "search", "model": "gpt-4o", "cost": 2.5})
        daemon.settle(1)
        daemon.wait_health(lambda health: health["store"]["cells"] > 0)
        text = re.search(r'"(SELECT.*?)"', manual.example("zcostd.8", "sqlite3"), re.S)[1]
        with contextlib.closing(sqlite3.connect(f"file:{daemon.data}/ledger.db?mode=ro", uri=True)) as ledger:
            self.assertEqual(ledger.execute(text).fetchall(), [("search", "gpt-4o", 1, 2.5)])


class Gateway(harness.TestCase):
    """zboard(8)."""
    FOLDER = harness.ROOT / "tools/zboard"

    def test_settings_are_those_that_it_takes(self):
        taken = set(re.findall(r'\.setting = "(\w+/\w+)"', (self.FOLDER / "settings.c").read_text()))
        self.assertGreater(len(taken), 10)
        listed = re.search(r"^\.Ss Settings\n.*?^\.Bl(.*?)^\.El$", manual.source("zboard.8"), re.M | re.S)[1]
        heads = re.findall(r"^\.It Cm (.*)$", listed, re.M)
        self.assertEqual({name for head in heads for name in head.split(" , ")}, taken)

    def test_routes_are_those_that_it_has(self):
        text = (self.FOLDER / "routes.c").read_text()
        served = set(re.findall(r'^ +\{"(/[^"]*)", "', text, re.M)) - {"/favicon.ico"}
        listed = re.search(r"^\.Ss Routes\n.*?^\.Bl(.*?)^\.El$", manual.source("zboard.8"), re.M | re.S)[1]
        self.assertEqual(set(re.findall(r"(?:GET |POST |DELETE |Cm )(/[^\s,]*)", listed)), served)


class Library(harness.TestCase):
    """zcost(3) and include/zcost.h."""
    HEADER = (harness.ROOT / "include/zcost.h").read_text()

    def test_names_are_those_of_the_header(self):
        code = re.sub(r"/\*.*?\*/|^#if.*?$", "", self.HEADER, flags=re.S | re.M)
        pattern = re.compile(r"\b(?:zcost_\w+|ZCOST_[A-Z_]+)\b")
        ours = {"zcost_t", "zcost_options_t", "zcost_event_t", "zcost_stats_t", "zcost_type_t",
                "zcost_tag_t"}
        unsaid = {"ZCOST_API", "ZCOST_H", "zcost_init"}  # zcost_init: behind the macros, in C++
        page = manual.plain(manual.source("zcost.3"))
        named = set(pattern.findall(page)) - {"ZCOST_HAS_", "zcost_protocol"}
        self.assertEqual(set(pattern.findall(code)) - ours - unsaid, named - ours)
        self.assertEqual(named & ours, ours)

    def test_members_are_those_of_the_header(self):
        declared = set()
        for body in re.findall(r"typedef struct \{(.*?)^\} zcost_(?:options|event|stats|tag)_t;", self.HEADER,
                               re.M | re.S):
            for line in re.sub(r"/\*.*?\*/", "", body, flags=re.S).split(";"):
                if line.strip():
                    kind, names = re.match(r"\s*((?:const )?\w+)\s+(.*)", line, re.S).groups()
                    declared |= {(kind, name.strip()) for name in names.split(",")}
        page = manual.source("zcost.3")
        shown = {tuple(re.match(r"((?:const )?\w+) (.*)", text).groups())
                 for text in re.findall(r'\bVa "([^"]+)"', page)}
        self.assertEqual(shown, declared)

    def test_prototypes_are_those_of_the_header(self):
        declared = {re.sub(r"\s+", " ", text).replace(" (", "(").replace("* ", "*") for text in
                    re.findall(r"^ZCOST_API (.*?\));", self.HEADER, re.M | re.S)}
        synopsis = manual.section("zcost.3", "SYNOPSIS")
        shown = set()
        for kind, name, rest in re.findall(r"^\.Ft (.*)\n\.Fn (\w+) (.*)$", synopsis, re.M):
            arguments = re.findall(r'"([^"]*)"|(\S+)', rest)
            joined = ", ".join(quoted or bare for quoted, bare in arguments)
            shown.add(f"{kind.strip(chr(34))} {name}({joined})".replace("* ", "*"))
        self.assertEqual(shown, declared)

    def test_the_example_compiles_and_runs(self):
        daemon = self.daemon()
        text = manual.example("zcost.3", "#include <zcost.h>")
        text = text.replace("options.service", f'options.endpoint = "{daemon.endpoint("ingest")}"; options.service')
        text = text.replace("ZCOST_DEFAULT_PUBLISH", f'"{daemon.endpoint("publish")}"')
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="zcost-man-")))
        program, library = folder / "example", harness.BIN.parent / "lib"
        (folder / "example.c").write_text(text)
        flags = ["-fsanitize=address,undefined"] if harness.SANITIZED else []
        subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", *flags, "-I", harness.ROOT / "include",
                        folder / "example.c", "-o", program, "-L", library, "-lzcost", f"-Wl,-rpath,{library}"],
                       check=True)
        subprocess.run([program], check=True, timeout=20 * harness.PATIENCE)
        daemon.settle(4)
        report = daemon.report()
        self.assertEqual((report["query_router"]["total_queries"], report["llm_calls"]["total_calls"]), (1, 2))


class Replay(harness.TestCase):
    def test_the_summary_is_as_told(self):
        daemon = self.daemon()
        done = harness.run("zreplay", "--endpoint", daemon.endpoint("ingest"), "--demo", "--count", 5, "--json")
        told = re.search(r"^\.Ss The summary\n(.*?)^\.Pp$", manual.source("zreplay.1"), re.M | re.S)[1]
        first = told.split("\n.Cm acknowledged\nis null")[0]
        self.assertEqual(re.findall(r"^\.Cm (\w+)", first, re.M), list(json.loads(done.stdout)))


if __name__ == "__main__":
    unittest.main()
