# SPDX-License-Identifier: MPL-2.0
"""Settings: the command line, the configuration file, and one clear line about what is wrong."""
import re
import tempfile
import unittest
from decimal import Decimal

import samples
import wire
from builds import VERSION
from harness import ANY_PORT, SANITIZED, TestCase, run

PORTS = ("--ingest", ANY_PORT, "--publish", ANY_PORT, "--query", ANY_PORT)


class Options(TestCase):
    def refused(self, *argv, naming):
        result = run("zcostd", *argv)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn(naming, result.stderr)

    def test_help_and_version(self):
        for option, text in (("--help", "--ingest"), ("--help", "--config"), ("--version", VERSION)):
            result = run("zcostd", option)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertIn(text, result.stdout)
        self.assertEqual(len(run("zcostd", "--version").stdout.splitlines()), 1)

    def test_help_names_every_option(self):
        text = run("zcostd", "--help").stdout
        for option in ("config", "ingest", "publish", "query", "interval", "data", "prices", "check", "help",
                       "version"):
            self.assertIn("--" + option, text)

    def test_unknown_options(self):
        for option in ("--nope", "--ingests", "-z", "--intervall=5"):
            with self.subTest(option=option):
                self.refused(*PORTS, option, naming=option.split("=")[0].lstrip("-"))
        self.refused(*PORTS, "stray", naming="stray")
        self.refused(*PORTS, "-h", naming="unknown option '-h'")
        self.refused(*PORTS, "-xy", naming="unknown option '-xy'")
        self.refused(*PORTS, "--help=now", naming="--help takes no value")

    def test_a_value_missing(self):
        for option in ("config", "ingest", "publish", "query", "interval", "data", "prices", "check"):
            with self.subTest(option=option):
                self.refused("--" + option, naming=option)

    def test_bad_values(self):
        for option, values in {
                "interval": ("0", "-1", "x", "", "nan", "inf", "1e99", "30x", "0x10", "1,5", "-0"),
                "ingest": ("", "nope", "127.0.0.1:7751", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:99999",
                           "tcp://127.0.0.1:x", "tcp://127.0.0.1:1;127.0.0.1:2", "http://127.0.0.1:1", "ipc://"),
                "publish": ("nope",), "query": ("nope", "inproc://x"),
                "data": ("", "a\"b")}.items():
            for value in values:
                with self.subTest(option=option, value=value):
                    argv = [part for pair in zip(PORTS[::2], PORTS[1::2]) if pair[0] != "--" + option for part in pair]
                    self.refused(*argv, "--" + option, value, naming=option)

    def fails(self, *argv, naming):
        """Whether that is a wrong setting or a failure, it is one clear line."""
        result = run("zcostd", *PORTS, *argv)
        self.assertIn(result.returncode, (1, 2))
        complaints = [line for line in result.stderr.splitlines() if not re.match("level=(info|warn) ", line)]
        self.assertEqual(len(complaints), 1, result.stderr)
        self.assertIn(naming, complaints[0])

    def test_files_that_cannot_be_read(self):
        with tempfile.TemporaryDirectory() as dir:
            for option in ("config", "prices"):
                for path in (f"{dir}/absent", dir):
                    with self.subTest(option=option, path=path):
                        self.fails("--" + option, path, naming=path)

    def test_a_price_file_that_is_none(self):
        with tempfile.TemporaryDirectory() as dir:
            path = f"{dir}/prices.json"
            for text in ("", "{", "[]", "null", '{"a": {}} x'):
                with self.subTest(text=text):
                    with open(path, "w") as file:
                        file.write(text)
                    self.fails("--prices", path, naming=path)

    def test_a_price_table_without_the_baseline_model(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write('{"acme": {"input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06}}')
            file.flush()
            self.fails("--prices", file.name, naming="gpt-4o")

    def test_settings_that_do_not_go_together(self):
        for text, naming in (("journal\n    segment_bytes = 1048576\n", "segment_bytes"),
                             ("retention\n    minutes = 48h\n    quarters = 24h\n", "retention/quarters"),
                             ("retention\n    quarters = 30d\n    days = 29d\n", "retention/days")):
            with self.subTest(text=text), tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
                file.write(text)
                file.flush()
                self.refused(*PORTS, "--config", file.name, naming=naming)

    def test_data_none(self):
        self.daemon("--data", "none")

    def test_an_option_with_an_equals_sign(self):
        zcostd = self.daemon("--interval=0.5", interval=None)
        self.assertEqual(zcostd.report()["zcost"]["interval_seconds"], 0.5)

    def test_defaults(self):
        daemon = self.daemon(interval=None)
        if not SANITIZED:  # these reserve the address space
            with open(f"/proc/{daemon.process.pid}/limits") as limits:
                text = limits.read()
            self.assertRegex(text, r"Max open files +(\d+) +\1 ")  # the soft limit is raised to the hard one
            self.assertRegex(text, rf"Max address space +{4 << 30} ")
        zcost = daemon.report()["zcost"]
        self.assertEqual(zcost["interval_seconds"], 30)
        self.assertTrue(zcost["instance"])


class BadFile(TestCase):
    def refused(self, text, line, *naming):
        with tempfile.NamedTemporaryFile(suffix=".conf") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
            file.flush()
            result = run("zcostd", *PORTS, "--config", file.name)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertEqual(result.stdout, "")
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
            message = result.stderr.replace(file.name, "FILE")
        for name in naming:
            self.assertIn(name, message)
        if line:
            self.assertRegex(message, rf"(?<!\d){line}(?!\d)")

    def test_unknown_settings(self):
        self.refused("nope = 5\n", 1, "nope")
        self.refused("# a comment\n\nnope\n    x = 5\n", 3, "nope")
        self.refused("server\n    instance = a\nnosuchsection\n", 3, "nosuchsection")
        self.refused("server\n    instance = a\ningest\n    # more\n    endpoints = tcp://127.0.0.1:*\n", 5,
                     "ingest", "endpoints")
        self.refused("ingest\n    endpoint = tcp://127.0.0.1:*\n        deeper = 5\n", 3, "deeper")
        self.refused("publish\n    endpoint = tcp://127.0.0.1:*\n    max_frame_bytes = 5\n", 3, "max_frame_bytes")
        self.refused("Server\n    instance = a\n", 1, "Server")

    def test_bad_values(self):
        for section, name, values in (
                ("ingest", "endpoint", ("nope", "", "http://x")), ("publish", "endpoint", ("nope",)),
                ("query", "endpoint", ("nope",)),
                ("ingest", "max_frame_bytes", ("0", "-1", "x", "1e3", "99999999999999999999", "5 5", "")),
                ("ingest", "max_batch_events", ("0", "-1", "x", "4294967296000")),
                ("ingest", "high_water_mark", ("-1", "x", "99999999999")),
                ("publish", "interval_seconds", ("0", "-1", "x", "nan", "inf", "")),
                ("baseline", "per_query_usd", ("-1", "x", "nan", "inf", "1e30", "")),
                ("embedding", "hit_saves_usd", ("-1", "x", "nan")),
                ("rag", "assumed_seconds", ("x", "nan", "inf", "1e30")),
                ("data", "directory", ("", "a\tb")),
                ("journal", "segment_bytes", ("0", "1048575", "x", "4294967296")),
                ("journal", "sync_interval_ms", ("0", "-1", "10001", "x")),
                ("journal", "keep", ("1", "x", "-1d", "1w", "1.5d", "")),
                ("store", "checkpoint_seconds", ("0", "0.01", "x", "86401")),
                ("retention", "minutes", ("forever", "59m", "x", "400d1h")),
                ("retention", "quarters", ("forever", "59m", "48")),
                ("retention", "days", ("23h", "x")),
                ("ledger", "max_keys", ("0", "-1", "x")),
                ("producers", "max", ("0", "x")),
                ("producers", "max_expired", ("0", "x")),
                ("producers", "expire_after", ("59m", "forever", "x")),
                ("rejects", "keep", ("-1", "x", "99999999999999")),
                ("memory", "max_bytes", ("-1", "5", "x", "99999999999999999999")),
                ("tags", "key", ("", "x" * 129, "service", "type", "tier", "model", "provider"))):
            for value in values:
                with self.subTest(setting=f"{section}/{name}", value=value):
                    self.refused(f'server\n    instance = a\n{section}\n    {name} = "{value}"\n', 4, name)

    def test_tags_that_cannot_be(self):
        self.refused("tags\n    key = a\n    key = b\n    key = a\n", 4, "tags/key", "'a'")
        self.refused("tags\n" + "".join(f"    key = t{n}\n" for n in range(5)), 6, "tags/key", "4")
        self.refused("tags\n    keys = a\n", 2, "tags/keys", "unknown setting")

    BUDGET = "budgets\n    team\n        limit_usd = 1\n        period = day\n"

    def test_bad_values_of_a_budget(self):
        for name, values in (
                ("limit_usd", ("0", "-1", "0.0000000001", "1000000000.01", "x", "nan", "inf", "1,5", "")),
                ("period", ("", "Day", "week", "0h", "8761h", "h", "24", "-1h", "1.5h", "24H", "24h ", "99999999999h")),
                ("timezone", ("", "Europe", "Europe/Nowhere", "../UTC", "/usr/share/zoneinfo/UTC", "UTC+1", "x" * 64)),
                ("thresholds", ("", "0", "-5", "1001", "50 50", "80 50", "50,80", "50%", "x", "1.5",
                                "1 2 3 4 5 6 7 8 9", "99999999999999999999")),
                ("limit", ("5",)), ("where", ("x",))):
            for value in values:
                with self.subTest(setting=name, value=value):
                    self.refused(self.BUDGET + f'        {name} = "{value}"\n', 5, f"budgets/team/{name}")

    def test_a_filter_of_a_budget_that_no_event_can_pass(self):
        for name, value, why in (("user", "x", "tag"), ("Model", "x", "tag"), ("type", "query", "type"),
                                 ("tier", "hard", "tier"), ("model", "", "empty"), ("team", "x" * 129, "128"),
                                 ("where", "x", "tag")):
            with self.subTest(name=name, value=value):
                self.refused(self.BUDGET + f'        where\n            service = a\n            {name} = "{value}"\n'
                             "tags\n    key = team\n", 7, f"budgets/team/where/{name}", why)
        self.refused(self.BUDGET + "        where\n            model = a\n            model = b\n", 7, "twice")

    def test_budgets_that_are_incomplete_or_too_many(self):
        """The line is the one that begins the budget."""
        self.refused("# x\nbudgets\n    team\n        period = day\n", 3, "budgets/team", "limit_usd")
        self.refused("budgets\n    team\n        limit_usd = 5\n        thresholds = 5\n    other\n", 2, "period")
        self.refused("budgets\n    team\n", 2, "budgets/team", "limit_usd")
        self.refused(self.BUDGET + "    a\n        limit_usd = 1\n        period = 1h\n" + self.BUDGET[8:], 8,
                     "budgets/team", "two")
        self.refused(self.BUDGET + "budgets\n" + self.BUDGET[8:], 6, "budgets/team", "two")
        self.refused("budgets\n" + "".join(self.BUDGET[8:].replace("team", f"t{n}") for n in range(33)), 98, "32")
        self.refused("budgets\n    team = 5\n", 2, "budgets/team")
        self.refused(self.BUDGET.replace("team", "a/b"), 2, "budgets/a/b", "'/'")
        self.refused(self.BUDGET.replace("team", "x" * 129), 2, "128")
        self.refused(self.BUDGET + "            deeper = 5\n", 5, "deeper")

    def test_a_frame_limit_beyond_the_memory_is_refused(self):
        self.refused("ingest\n    max_frame_bytes = 268435456\nmemory\n    max_bytes = 1073741824\n", None,
                     "ingest/max_frame_bytes", "memory/max_bytes")

    def test_strings_are_utf8_without_quotes(self):
        for setting in ("tiers\n    simple", "server\n    instance", "baseline\n    model", "prices\n    file"):
            with self.subTest(setting=setting):
                self.refused((setting + " = caf\udce9\n").encode(errors="surrogateescape"), 2)
                self.refused(setting + " = 'a\"b'\n", 2)

    def test_bad_names(self):
        self.refused(f"tiers\n    simple = {'x' * 129}\n", 2, "simple")

    def test_the_line_of_a_syntax_error_deep_in_a_long_file_comes_soon(self):
        lines = ["publish\n"] + ["    interval_seconds = 10\n"] * 2000
        lines[1500] = "   interval_seconds = 10\n"
        self.refused("".join(lines), 1501)
        self.refused("# " + "x" * 65536 + "\n", None, "64 KiB")

    def test_text_that_is_no_zpl(self):
        for text in ("server\n  instance = a\n", "server\n        instance = a\n", "= 5\n",
                     'server\n    instance = "a\n', "\0\1\2\n"):
            with self.subTest(text=text):
                self.refused(text, None)


class GoodFile(TestCase):
    def test_every_setting(self):
        with tempfile.TemporaryDirectory() as dir:
            with open(f"{dir}/prices.json", "w") as file:
                file.write(samples.PRICES)
            zcostd = self.daemon(bind=None, interval=None, config=f"""\
#   Every setting there is
server
    instance = "node 7"
ingest
    endpoint = tcp://127.0.0.1:*
    endpoint = "ipc://{dir}/ingest.ipc"     #   a second one
    max_frame_bytes = 1000000
    max_batch_events = 1000
    high_water_mark = 5000
publish
    endpoint = tcp://127.0.0.1:*
    interval_seconds = 0.5
query
    endpoint = tcp://127.0.0.1:*
    endpoint = ipc://{dir}/query.ipc
prices
    file = {dir}/prices.json
baseline
    model = acme-full
    per_query_usd = 0.05
tiers
    simple = acme-odd
    huge = acme-full
embedding
    hit_saves_usd = 0.001
rag
    assumed_seconds = 2.5
data
    directory = none
rejects
    keep = 3
memory
    max_bytes = 400000000
budgets
    everything   # of 730 hours
        limit_usd = 0.000000001
        period = 730h
    team-1
        where
            team = "x"
            tier = huge
            type = query_router
        thresholds = 1 25 1000
        timezone = Asia/Kathmandu
        period = month
        limit_usd = 1000000000
tags
    key = team
    key = region
""")
            zcostd.push(*[wire.pack({"type": "query_router", "tier": "huge", "tags": {"team": "x"}})] * 2,
                        *[b"\xc1"] * 5, endpoint=f"ipc://{dir}/ingest.ipc")
            zcostd.settle(7)
            report = zcostd.report()
            self.assertEqual(report["zcost"]["instance"], "node 7")
            self.assertEqual(report["zcost"]["interval_seconds"], 0.5)
            self.assertEqual(report["query_router"]["baseline"]["model"], "acme-full")
            self.assertEqual(Decimal(report["query_router"]["baseline"]["per_query_usd"]), Decimal("0.05"))
            self.assertEqual(report["query_router"]["cost_breakdown"]["simple"]["model"], "acme-odd")
            self.assertEqual(report["query_router"]["cost_breakdown"]["huge"]["queries"], 2)
            self.assertIn("prices.json", report["zcost"]["price_table"]["source"])
            self.assertEqual(len(zcostd.ask("rejects")["rows"]), 3)
            self.assertEqual(len(zcostd.endpoints("query")), 2)
            self.assertEqual(zcostd.health()["instance"], "node 7")
            every, team = zcostd.ask("budgets")["budgets"]
            self.assertEqual((every["period"], every["limit_nanousd"], every["timezone"], every["where"]),
                             ("730h", 1, "UTC", {}))
            self.assertEqual([each["percent"] for each in every["thresholds"]], [50, 80, 100])
            self.assertEqual((team["name"], team["period"], team["limit_usd"], team["timezone"]),
                             ("team-1", "month", "1000000000.000000000", "Asia/Kathmandu"))
            self.assertEqual(team["where"], {"team": "x", "tier": "huge", "type": "query_router"})
            self.assertEqual([each["percent"] for each in team["thresholds"]], [1, 25, 1000])

    def test_the_command_line_beats_the_file(self):
        config = """\
ingest
    endpoint = ipc:///nowhere/at/all/file.ipc
publish
    interval_seconds = 7
prices
    file = /nowhere/prices.json
"""
        zcostd = self.daemon(config=config, prices=samples.PRICES, interval=0.25)
        self.assertEqual(zcostd.report()["zcost"]["interval_seconds"], 0.25)
        self.assertEqual(len(zcostd.endpoints("ingest")), 1)
        self.assertTrue(zcostd.endpoint("ingest").startswith("tcp://"))
        self.assertEqual(zcostd.ask("price", model="acme-full")["how"], "exact")

    def test_where_the_option_stands_does_not_matter(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("publish\n    interval_seconds = 7\n")
            file.flush()
            zcostd = self.daemon("--config", file.name, interval=0.25)
            self.assertEqual(zcostd.report()["zcost"]["interval_seconds"], 0.25)

    def test_an_empty_file(self):
        for text in ("", "\n\n", "#   nothing\n", "server\n"):
            with self.subTest(text=text):
                self.daemon(config=text)


if __name__ == "__main__":
    unittest.main()
