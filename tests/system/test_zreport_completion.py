# SPDX-License-Identifier: MPL-2.0
"""Shell completion of zreport: what each shell offers, and that it offers what --help says."""
import pathlib
import re
import shlex
import shutil
import subprocess
import unittest

from harness import ROOT, TestCase
from zreport_peer import zreport

FILES = ROOT / "tools/zreport/completion"
ZONES = pathlib.Path("/usr/share/zoneinfo/tzdata.zi")


def commands():
    return re.findall(r"(?m)^  (\w+)(?: MODEL)? {2,}\S", zreport("--help").stdout.split("Options:")[0])


def options(command):
    return sorted(re.findall(r"(?m)^  (--[a-z]+)", zreport(command, "--help").stdout))


class Bash(TestCase):
    """Driven as bash does it: the words of the line, parted at equals signs too."""

    def offer(self, *words):
        script = (f". {shlex.quote(str(FILES / 'zreport.bash'))}; COMP_WORDS=({shlex.join(words)}); "
                  f"COMP_CWORD={len(words) - 1}; "
                  "\"$(complete -p zreport | sed 's/.*-F \\([^ ]*\\) .*/\\1/')\" || exit; "
                  "((${#COMPREPLY[@]})) && printf '%s\\n' \"${COMPREPLY[@]}\"; exit 0")
        done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, timeout=10)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_commands(self):
        self.assertEqual(sorted(self.offer("zreport", "")), sorted(commands()))
        self.assertEqual(self.offer("zreport", "da"), ["daily"])
        self.assertEqual(self.offer("zreport", "--timeout", "3", "wee"), ["weekly"])

    def test_options_are_those_of_help(self):
        for command in commands():
            self.assertEqual(sorted(self.offer("zreport", command, "--")), options(command), command)
        self.assertEqual(sorted(self.offer("zreport", "--")), options("report"))

    def test_values(self):
        self.assertEqual(self.offer("zreport", "export", "--format", ""), ["csv", "jsonl"])
        self.assertEqual(self.offer("zreport", "statusline", "--format", ""), [])
        self.assertEqual(self.offer("zreport", "top", "--by", ""), ["model", "tier", "service", "provider", "type"])
        self.assertEqual(self.offer("zreport", "top", "--by", "model,t"), ["model,tier", "model,type"])
        self.assertEqual(self.offer("zreport", "top", "--by", "=", "ti"), ["tier"])
        self.assertEqual(self.offer("zreport", "top", "--where", "mo"), ["model="])
        self.assertEqual(self.offer("zreport", "top", "--where", "model", "=", ""), [])
        self.assertEqual(self.offer("zreport", "top", "--where", "model", "=", "gpt-4o", "--li"), ["--limit"])
        self.assertIn("1h", self.offer("zreport", "series", "--step", ""))
        for step in self.offer("zreport", "series", "--step", ""):
            done = zreport("series", "--step", step, "--endpoint", "nowhere")
            self.assertIn("--endpoint", done.stderr, step)  # the only mistake
        for option in ("--last", "--since"):
            for value in self.offer("zreport", "daily", option, ""):
                done = zreport("daily", option, value, "--endpoint", "nowhere")
                self.assertIn("--endpoint", done.stderr, value)

    @unittest.skipUnless(ZONES.exists(), f"no {ZONES}")
    def test_zones(self):
        self.assertEqual(self.offer("zreport", "daily", "--timezone", "Europe/Madr"), ["Europe/Madrid"])
        for zone in self.offer("zreport", "daily", "--timezone", "A")[::40]:
            self.assertIn("--endpoint", zreport("daily", "--timezone", zone, "--endpoint", "nowhere").stderr, zone)


class Others(TestCase):
    def check(self, shell, *args):
        path = shutil.which(shell)
        if not path:
            self.skipTest(f"no {shell}")
        done = subprocess.run([path, *args], capture_output=True, text=True, timeout=20)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_zsh_reads_it(self):
        self.check("zsh", "-n", str(FILES / "_zreport"))

    def test_fish_reads_it(self):
        self.check("fish", "-n", str(FILES / "zreport.fish"))

    def test_fish_offers_what_help_says(self):
        source = f"source {shlex.quote(str(FILES / 'zreport.fish'))}; "
        for command in commands():
            offered = self.check("fish", "-c", source + f"complete -C 'zreport {command} --'")
            self.assertEqual(sorted(line.split("\t")[0] for line in offered.splitlines()), options(command), command)

    def test_all_name_every_command_and_option(self):
        everything = re.findall(r"(?m)^  --([a-z]+)", zreport("--help").stdout) + commands()
        for name in ("zreport.bash", "_zreport", "zreport.fish"):
            text = (FILES / name).read_text()
            for word in everything:
                self.assertRegex(text, rf"\b{word}\b", name)


if __name__ == "__main__":
    unittest.main()
