# SPDX-License-Identifier: MPL-2.0
"""zreport watch, full-screen, in a real terminal (tmux): what it shows, its keys, and how it leaves the terminal."""
import pathlib
import re
import shutil
import subprocess
import time
import unittest

from harness import PATIENCE, Daemon, TestCase, fixed_endpoints
from terminal import PROMPT, Terminal
from watch_peer import NANO, WatchPeer, alert, budget, measures, report
from zreport_peer import NOWHERE


def rows_of(group="model", span="today"):
    """The heading of a table of rows, not of the want of them."""
    return re.compile(rf"By {group}, {span} +cost")


GARBAGE = re.compile(r"\x1b|\^\[|\[\?|;\d+[mRc]")


@unittest.skipUnless(shutil.which("tmux"), "tmux is not installed")
class Screen(TestCase):
    timeout = 60

    def terminal(self, columns=100, rows=40, **settings):
        return self.enterContext(Terminal(columns, rows, **settings))

    def peer(self):
        return self.enterContext(WatchPeer())

    def watch(self, peer, *args, columns=100, rows=40, ready="q quit", **settings):
        """A terminal in which the view of the peer is on the screen."""
        terminal = self.terminal(columns, rows, **settings)
        terminal.type(" ".join(["zreport watch", "--endpoint", peer.publish, "--query", peer.query, *args]))
        terminal.wait(ready, rows_of() if ready == "q quit" else ready)
        return terminal

    def assert_left_well(self, terminal, status=0):
        """Back at the prompt, on the main screen, with a cursor, and a terminal that echoes and takes lines."""
        terminal.wait(lambda text: text.rstrip().endswith(PROMPT.strip()))
        self.assertEqual((terminal.query("alternate_on"), terminal.query("cursor_flag")), ("0", "1"))
        terminal.type("echo status=$? modes=$(stty -a | tr -s ' ;\\n' '\\n'"
                      " | grep -Ecx 'icanon|echo|isig|opost|icrnl')")
        terminal.wait(f"status={status} modes=5")
        self.assertNotRegex(terminal.text(), GARBAGE)


class Sizes(Screen):
    MUST = ("Now ", "/h over 5 min", "Today", "$10.00", "Month", "projected", "▇", "Routing", "gpt-4o", "simple",
            "complex", "-$2.00", "~$4.00", "By model", "60.0%", "search", "85.5%", "warning", "1,442 accepted",
            "0 rejected", "0 duplicate", "0 lost", "0 dropped", "0 unpriced", "snapshot", "journal synced",
            "store idle", "q quit")
    ALSO = ("By service", "chat", "Embedding cache", "75.0% of 400 hit", "Prompt cache", "$0.4000 saved",
            "RAG preloads", "Alerts", "everything", "everything [", "$128.25", "peak $0.06")

    def assert_shown(self, terminal, columns, wanted):
        lines = terminal.wait(*wanted)
        self.assertLessEqual(max(map(len, lines)), columns)
        self.assertIn("zcost", lines[0])
        return lines

    def test_60_by_20_has_what_matters(self):
        terminal = self.watch(self.peer(), columns=60, rows=20)
        lines = self.assert_shown(terminal, 60, self.MUST)
        self.assertEqual(len(lines), 20)
        self.assertIn("q quit", lines[-1])

    def test_200_by_60_has_all(self):
        terminal = self.watch(self.peer(), columns=200, rows=60)
        lines = self.assert_shown(terminal, 200, [one for one in self.MUST + self.ALSO if "[" not in one])
        self.assertEqual(len(lines), 60)
        self.assertIn("q quit", lines[-1])

    def test_each_size_keeps_to_its_width(self):
        terminal = self.watch(self.peer())
        for columns, rows in ((60, 20), (250, 70), (40, 12), (200, 60), (80, 24), (119, 30), (120, 30)):
            with self.subTest(columns=columns, rows=rows):
                terminal.resize(columns, rows)
                lines = terminal.wait(lambda text: len(text.split("\n")) == rows
                                      and "q quit" in text.split("\n")[-1] and "zcost" in text.split("\n")[0])
                self.assertLessEqual(max(map(len, lines)), columns)
                self.assertEqual("\n".join(lines).count("Today "), 1, lines)
                self.assertEqual("\n".join(lines).count("q quit"), 1, lines)

    def test_sizes_too_small_for_anything_do_no_harm(self):
        terminal = self.watch(self.peer())
        for columns, rows in ((20, 5), (2, 2), (5, 1), (1, 30), (30, 3)):
            terminal.resize(columns, rows)
            time.sleep(0.05)
        terminal.resize(100, 40)
        terminal.wait(rows_of(), "q quit")
        terminal.press("q")
        self.assert_left_well(terminal)

    def test_columns_of_the_environment_do_not_count(self):
        terminal = self.watch(self.peer(), COLUMNS="40", LINES="10")
        self.assertEqual(len(terminal.lines()[0]), 99)


class Keys(Screen):
    def since(self, peer):
        """The windows that rows of a group were asked for, the last one last; in hours before now."""
        return [(time.time() * 1000 - question["since"]) / 3_600_000 for question in list(peer.questions)
                if question.get("by")]

    def wait_asked(self, peer, holds):
        deadline = time.monotonic() + 10 * PATIENCE
        while not any(holds(question) for question in list(peer.questions)):
            self.assertLess(time.monotonic(), deadline, peer.questions)
            time.sleep(0.02)

    def test_digits_and_arrows_choose_the_span(self):
        peer = self.peer()
        terminal = self.watch(peer)
        for key, name in (("1", "1 h"), ("2", "today"), ("3", "7 days"), ("4", "month"), ("Right", "1 h"),
                          ("Left", "month"), ("Left", "7 days")):
            with self.subTest(key=key):
                peer.questions.clear()
                terminal.press(key)
                terminal.wait(f"[{name}]", rows_of(span=name))
                self.wait_asked(peer, lambda question: question.get("by") == ["service"])
        self.assertAlmostEqual(self.since(peer)[-1], 168, delta=0.1)
        terminal.press("1")
        terminal.wait("[1 h]", rows_of(span="1 h"))
        self.assertAlmostEqual(self.since(peer)[-1], 1, delta=0.1)

    def test_tab_and_arrows_choose_the_group(self):
        terminal = self.watch(self.peer())
        for key, group, dearest in (("Tab", "service", "search"), ("Tab", "provider", "openai"),
                                    ("Down", "tier", "complex"),
                                    ("Up", "provider", "openai"), ("BTab", "service", "search"),
                                    ("Up", "model", "gpt-4o"),
                                    ("Up", "type", "query_router")):
            with self.subTest(key=key, group=group):
                terminal.press(key)
                lines = terminal.wait(f"by {group}", rows_of(group))
                row = next(i for i, line in enumerate(lines) if f"By {group}, today" in line)
                self.assertTrue(lines[row + 1].startswith(dearest), lines[row:row + 3])

    def test_configured_tags_are_groups_too(self):
        peer = self.peer()
        peer.answers["health"]["tags"] = ["team"]
        terminal = self.watch(peer)
        terminal.wait("Data ", "store idle")  # health came
        for _ in range(5):
            terminal.press("Tab")
        lines = terminal.wait("by team", rows_of("team"))
        row = next(i for i, line in enumerate(lines) if "By team, today" in line)
        self.assertTrue(lines[row + 1].startswith("core"), lines[row:row + 3])
        terminal.press("Tab")
        terminal.wait("by model", rows_of("model"))
        terminal.press("Up")
        terminal.wait("by team", rows_of("team"))
        peer.answers["health"]["tags"] = []  # it came back without
        terminal.press("r")
        terminal.wait("by model", rows_of("model"))

    def test_help_and_back(self):
        terminal = self.watch(self.peer())
        for key in ("h", "?"):
            terminal.press(key)
            terminal.wait("Keys", "this month", "any key: back")
            terminal.press("x")
            terminal.wait(rows_of(), "q quit")
        terminal.press("h")
        terminal.wait("any key: back")
        terminal.press("q")  # quits from anywhere
        self.assert_left_well(terminal)

    def test_pause_holds_the_frame_and_goes_on(self):
        peer = self.peer()
        terminal = self.watch(peer)
        terminal.press("p")
        terminal.wait("PAUSED", "p resume")
        before = terminal.lines()
        zcost = {**report()["zcost"], "events": {"accepted": 7777, "rejected": 5}}
        peer.snapshot = report(zcost=zcost)
        peer.send(b"snapshot", peer.snapshot)
        asked = len(peer.questions)
        time.sleep(1.3)
        self.assertEqual(terminal.lines(), before)
        self.assertLessEqual(len(peer.questions), asked + 1)  # the one that was under way
        terminal.press("p")
        terminal.wait("live", "7,777 accepted", "5 rejected")

    def test_r_asks_again_now(self):
        peer = self.peer()
        terminal = self.watch(peer)
        peer.answers["budgets"] = {"budgets": [budget("anew", 99.0, "warning")]}
        zcost = {**report()["zcost"], "events": {"accepted": 8888}}
        peer.snapshot = report(zcost=zcost)
        terminal.press("r")
        terminal.wait("anew", "8,888 accepted", timeout=4)

    def test_keys_work_while_no_answer_comes(self):
        peer = self.peer()
        peer.answers["series"] = None
        terminal = self.watch(peer, "--timeout 30", ready="loading")
        begun = time.monotonic()
        for key, wanted in (("h", "any key: back"), ("x", "q quit"), ("3", "[7 days]"), ("Tab", "by service")):
            terminal.press(key)
            terminal.wait(wanted)
        self.assertLess(time.monotonic() - begun, 8 * PATIENCE)
        terminal.press("q")
        self.assert_left_well(terminal)

    def test_keys_come_from_the_terminal_where_stdin_is_none(self):
        terminal = self.watch(self.peer(), "</dev/null")
        terminal.press("h")
        terminal.wait("any key: back")
        terminal.press("q")
        self.assert_left_well(terminal)

    def test_unknown_keys_are_nothing(self):
        terminal = self.watch(self.peer())
        terminal.press("F5", "Home", "M-x", "ä", "9", "0", "Escape", "Space", "C-l", "PPage")
        time.sleep(0.3)
        terminal.wait(rows_of(), "[today]", "live")


class Leaving(Screen):
    def test_q_and_ctrl_c(self):
        peer = self.peer()
        terminal = self.watch(peer)
        terminal.press("q")
        self.assert_left_well(terminal)
        terminal.type(f"zreport watch --endpoint {peer.publish} --query {peer.query}")
        terminal.wait("q quit")
        terminal.press("C-c")
        self.assert_left_well(terminal)

    def test_signals(self):
        peer = self.peer()
        terminal = self.terminal()
        for name in ("TERM", "HUP", "INT"):
            with self.subTest(signal=name):
                terminal.type(f"(sleep 1.5; pkill -{name} -P $$ -x zreport) & zreport watch --endpoint {peer.publish} "
                              f"--query {peer.query}")
                terminal.wait("q quit")
                self.assert_left_well(terminal)
                terminal.type("clear")
                terminal.wait(lambda text: text.strip() == PROMPT.strip())

    def test_a_terminal_that_goes_away_ends_it_also_without_a_signal(self):
        peer = self.peer()
        with Terminal(100, 40) as terminal:
            terminal.type("trap '' HUP")
            terminal.type(f"zreport watch --endpoint {peer.publish} --query {peer.query}")
            terminal.wait(rows_of(), "q quit")
            found = subprocess.run(["pgrep", "-P", terminal.query("pane_pid"), "-x", "zreport"], text=True,
                                   stdout=subprocess.PIPE, check=True)
            directory = pathlib.Path("/proc", found.stdout.strip())
        deadline = time.monotonic() + 10 * PATIENCE
        while directory.exists():
            self.assertLess(time.monotonic(), deadline, "it draws on nothing for ever")
            time.sleep(0.05)

    def test_ctrl_z_and_back(self):
        terminal = self.watch(self.peer())
        for _ in range(2):
            terminal.press("C-z")
            terminal.wait("Stopped", PROMPT.strip())
            self.assertEqual((terminal.query("alternate_on"), terminal.query("cursor_flag")), ("0", "1"))
            terminal.type("echo typed-$((6 * 7))")
            terminal.wait("typed-42")
            terminal.type("fg")
            terminal.wait(rows_of(), "q quit", "live")
            self.assertEqual(terminal.query("alternate_on"), "1")
        terminal.press("1")
        terminal.wait("[1 h]")
        terminal.press("q")
        self.assert_left_well(terminal)

    def test_a_resize_while_stopped_counts(self):
        terminal = self.watch(self.peer())
        terminal.press("C-z")
        terminal.wait("Stopped")
        terminal.resize(60, 20)
        terminal.type("fg")
        lines = terminal.wait(lambda text: "q quit" in text.split("\n")[-1] and "zcost" in text.split("\n")[0])
        self.assertLessEqual(max(map(len, lines)), 60)

    def test_count_ends_it(self):
        peer = self.peer()
        terminal = self.terminal()
        terminal.type(f"zreport watch --count 2 --endpoint {peer.publish} --query {peer.query}")
        terminal.wait("q quit")
        peer.send(b"snapshot", peer.snapshot)
        self.assert_left_well(terminal)

    def test_nobody_there_takes_no_terminal(self):
        terminal = self.terminal()
        terminal.type(f"zreport watch --timeout 0.3 --endpoint {NOWHERE}")
        terminal.wait(f"no snapshot from {NOWHERE} within 0.3 s")
        self.assert_left_well(terminal, status=1)


class Looks(Screen):
    COLOUR = re.compile(r"\x1b\[[\d;]*\b(3[1-7]|38;5)")

    def shown(self, terminal):
        return "\n".join(terminal.lines(colours=True))

    def test_colours_but_not_with_no_color(self):
        peer = self.peer()
        self.assertRegex(self.shown(self.watch(peer)), self.COLOUR)
        self.assertNotRegex(self.shown(self.watch(peer, NO_COLOR="1")), self.COLOUR)
        self.assertNotRegex(self.shown(self.watch(peer, TERM="vt100")), self.COLOUR)

    def test_ascii_alone_where_the_locale_has_no_more(self):
        peer = self.peer()
        terminal = self.watch(peer, locale="C")
        text = terminal.text()
        self.assertTrue(text.isascii(), text)
        self.assertIn("###", text)

    def test_plain_where_the_terminal_is(self):
        peer = self.peer()
        for term in ("dumb", "no-such-terminal"):
            with self.subTest(TERM=term):
                terminal = self.terminal(TERM=term)
                terminal.type(f"zreport watch --count 1 --endpoint {peer.publish} --query {peer.query}")
                terminal.wait("Spent", "RAG preloads")
                self.assertEqual(terminal.query("alternate_on"), "0")
                self.assertNotRegex(terminal.text(), GARBAGE)

    def test_json_is_plain(self):
        peer = self.peer()
        terminal = self.terminal()
        terminal.type(f"zreport watch --json --count 1 --endpoint {peer.publish}")
        terminal.wait('{"query_router":')
        self.assert_left_well(terminal)

    def test_names_steer_no_terminal(self):
        peer = self.peer()
        names = ("\x1b[2J\x1b[31m", "a\nb", "模型" * 40, "\u202egnp.exe", "x" * 128)
        rows = [{"model": name, "service": name, **measures(NANO)} for name in names]
        peer.answers["breakdown"] = {"rows": rows, "total": measures(5 * NANO)}
        peer.answers["budgets"] = {"budgets": [budget(name, 10.0, "ok") for name in names]}
        terminal = self.watch(peer, columns=80, rows=50)
        peer.send(b"alert", alert("\x1b]0;owned\x07"))
        lines = terminal.wait("\\x1b[2J", "a\\x0ab", "模型", "\\u{202e}gnp.exe", "\\x1b]0;owned\\x07")
        self.assertIn("zcost", lines[0])
        self.assertLessEqual(max(len(line) + sum(one in "模型" for one in line) for line in lines), 80)


class Trouble(Screen):
    def test_alerts_are_shown_the_newest_first_and_each_once(self):
        peer = self.peer()
        terminal = self.watch(peer)
        terminal.wait("Alerts   none")
        for percent in (50, 80, 80, 100):
            peer.send(b"alert", alert("search", percent))
        lines = terminal.wait("search passed 50%", "search passed 100%")
        shown = [re.search(r"passed (\d+)%", line)[1] for line in lines if "passed" in line]
        self.assertEqual(shown, ["100", "80", "50"])

    def test_without_answers_the_snapshot_is_shown_and_it_says_so(self):
        peer = self.peer()
        terminal = self.terminal()
        terminal.type(f"zreport watch --timeout 1 --endpoint {peer.publish} --query {NOWHERE}")
        lines = terminal.wait("! no answers from tcp://127.0.0.1:1: no answer within 1 s", "1,442 accepted",
                              "saved $25.00", "since 20", "unknown: no answers")
        self.assertNotIn("$0.00", "\n".join(lines))  # what is not known is not nothing

    def test_a_refusal_is_told_in_its_place(self):
        peer = self.peer()
        peer.answers["budgets"] = "the disk is on fire"
        terminal = self.watch(peer)
        terminal.wait("Budgets  the disk is on fire", "gpt-4o-mini")

    def test_answers_of_another_daemon_are_noticed(self):
        peer = self.peer()
        peer.answers["report"] = report(incarnation="b2")
        terminal = self.watch(peer)
        terminal.wait("! answers and snapshots come from different zcostds: see --query")

    def test_what_is_none_of_zcosts_is_named_and_survived(self):
        peer = self.peer()
        terminal = self.watch(peer)
        for body in (b"\xc1", b"", b"\x01", b"\x80\x80"):
            peer.send(b"snapshot", body)
            peer.send(b"alert", body)
        terminal.wait("! invalid alert from")
        for name, bad in (("series", b"\xc1"), ("breakdown", b""), ("report", b"\x81\xa2ok\xc3"), ("budgets", b"\x01")):
            peer.answers[name] = bad
            terminal.press("r")
            terminal.wait("! no answers from", "invalid reply: ")
            del peer.answers[name]
        peer.answers["report"] = report()
        terminal.press("r")
        terminal.wait(lambda text: "no answers" not in text)
        terminal.press("q")
        self.assert_left_well(terminal)

    def test_what_is_bad_in_the_data_stands_out(self):
        peer = self.peer()
        zcost = {**report()["zcost"], "events": {"accepted": 5, "rejected": 3, "duplicate": 2, "lost": 4, "dropped": 1}}
        peer.snapshot = report(zcost=zcost, savings={**report()["savings"], "unpriced_events": 6})
        peer.answers["health"] = {"journal": {"state": "none"}, "store": {"state": "none"}, "waiting": ["the disk"],
                                  "cells_folded_to_other": 9}
        terminal = self.watch(peer)
        terminal.wait("5 accepted", "3 rejected", "2 duplicate", "4 lost", "1 dropped", "6 unpriced", "journal none",
                      "store none", "! waiting for the disk", '9 folded into "other"')


class RealDaemon(Screen):
    EVENTS = ([{"type": "query_router", "service": "search", "tier": "simple", "cost": 0.25}] * 4
              + [{"type": "llm_call", "service": "chat", "model": "gpt-4o", "cost": 1.5, "latency_ms": 230.0,
                  "input_tokens": 1000, "output_tokens": 50}] * 2
              + [{"type": "llm_call", "service": "chat", "model": "no-such-model", "input_tokens": 7}]
              + [{"type": "embedding_cache", "hit": True}] * 3 + [{"type": "embedding_cache"}]
              + [{"type": "rag_parallel", "time_saved_seconds": 2.5}])

    def start(self, daemon, terminal, *args):
        terminal.type(" ".join(["zreport watch --timezone UTC", "--endpoint", daemon.endpoint("publish"),
                                "--query", daemon.endpoint("query"), *args]))
        return terminal.wait("q quit", "zcost")

    def test_real_events_are_shown(self):
        daemon = self.daemon(interval=0.5)
        daemon.push_events(*self.EVENTS)
        daemon.push(b"\xc1")
        daemon.settle(len(self.EVENTS) + 1)
        terminal = self.terminal(120, 45)
        self.start(daemon, terminal)
        terminal.wait("live", f"{len(self.EVENTS)} accepted", "1 rejected", "1 unpriced", "75.0% of 4 hit",
                      "1, 2.50 s saved each", "simple", "Today    $4.00", "Month $4.00", rows_of(), "gpt-4o",
                      "230 ms", "search", "Budgets  none configured", "journal ", "store ")
        daemon.push_events({"type": "llm_call", "model": "gpt-4o", "cost": 2})
        terminal.wait("Today    $6.00", f"{len(self.EVENTS) + 1} accepted")
        terminal.press("q")
        self.assert_left_well(terminal)

    def test_an_alert_of_a_budget_comes(self):
        daemon = self.daemon(interval=0.5, config="budgets\n    all\n        limit_usd = 10\n        period = day\n")
        terminal = self.terminal(120, 45)
        self.start(daemon, terminal)
        terminal.wait("all ", "ok")
        daemon.push_events({"type": "llm_call", "model": "gpt-4o", "cost": 9})
        terminal.wait("all passed 50%", "all passed 80%", "90.0%", "warning")
        daemon.push_events({"type": "llm_call", "model": "gpt-4o", "cost": 9})
        terminal.wait("all passed 100%", "180.0%", "breached")

    def test_a_daemon_killed_and_back(self):
        with Daemon(interval=0.5, bind=fixed_endpoints()) as daemon:
            daemon.push_events(*self.EVENTS)
            daemon.settle(len(self.EVENTS))
            terminal = self.terminal(100, 40)
            self.start(daemon, terminal, "--timeout 2")
            terminal.wait("live", "Today    $4.00")
            daemon.crash()
            terminal.wait("AWAY", "! zcostd is unreachable: no connection to", "Today    $4.00")
            terminal.press("h")  # keys all the same
            terminal.wait("any key: back")
            terminal.press("x")
            daemon.start()
            daemon.push_events({"type": "llm_call", "model": "gpt-4o", "cost": 2})
            terminal.wait("live", "Today    $6.00", lambda text: "AWAY" not in text and "! zcostd" not in text)
            terminal.press("q")
            self.assert_left_well(terminal)

    def test_a_daemon_that_stands_still_is_noticed(self):
        daemon = self.daemon(interval=0.5)
        terminal = self.terminal(100, 40)
        self.start(daemon, terminal, "--timeout 1")
        terminal.wait("live", "journal")
        daemon.send_signal(19)  # SIGSTOP
        try:
            terminal.wait("AWAY", "! no snapshot from")
        finally:
            daemon.send_signal(18)
        terminal.wait("live", lambda text: "AWAY" not in text)


if __name__ == "__main__":
    unittest.main()
