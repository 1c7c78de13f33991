# SPDX-License-Identifier: MPL-2.0
"""What tests/run runs: which tests, against which builds, with which sanitizer options.

The command line has been checked by tests/run: words that are kinds of tests or builds,
--long, --match=TEXT.
"""
import concurrent.futures
import functools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import coverage
import tally

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYSTEM = ROOT / "tests/system"
SEED = os.environ.get("ZCOST_TEST_SEED") or str(time.time_ns() // 1000)  # of random tests: another in each run

# In this order. Release first: what is broken for everyone shows early.
PLAN = [
    ("", "includes"), ("", "lint"),
    ("release", "unit"), ("release", "system"), ("release", "install"), ("release", "readme"),
    ("release", "quickstart"),
    ("asan-ubsan", "unit"), ("asan-ubsan", "system"),
    ("tsan", "unit"), ("tsan", "system"),
    ("fuzz", "fuzz"),
]
COVERAGE_PLAN = [("coverage", "unit"), ("coverage", "system")]

# What has threads of its own: libzcost, which zreplay drives hard; the daemon's journal and checkpointer; zboard's
# mailboxes. And what any thread may ask: civil time.
TSAN_ONLY = {"unit": {"unit.client", "unit.encode", "unit.guest", "unit.journal", "unit.journal_faults",
                      "unit.journal_sync", "unit.keys", "unit.ledger_cells", "unit.mailbox", "unit.outbox",
                      "unit.ring", "unit.reliable", "unit.spool", "unit.store_faults", "unit.store_reader",
                      "unit.zone"},
             "system": {"test_exactly_once", "test_questions", "test_zboard_questions", "test_zboard_stream",
                        "test_zreplay", "test_zreplay_formats", "test_zreplay_reliable"}}

# Tests of the tree as it is installed and described, which every build shares.
OWN_KIND = {"install": "test_install", "readme": "test_readme", "quickstart": "test_quickstart"}

# What waits for clocks more than it works.
SLEEPERS = {"test_budgets", "test_budget_periods", "test_watch_screen"}

SLOWER = {"asan-ubsan": 4, "tsan": 4}
LINT_SECONDS = 1200      # when it reads all files, on a busy machine
UNIT_SECONDS = 120       # a whole executable
SYSTEM_SECONDS = 120     # one test
SYSTEM_FILE_SECONDS = 600
FUZZ_SECONDS, FUZZ_LONG_SECONDS = 15, 600  # each
# A target, and the folder of its seeds; what it finds goes to a folder of the same name in the build tree.
FUZZ_TARGETS = {"fuzz_decode": "corpus", "fuzz_track": "corpus_track"}


@functools.lru_cache
def unrandomized():
    """A prefix that switches address randomization off, where it may: with much of it, older
    sanitizer runtimes find their shadow memory taken and die at start."""
    argv = ["setarch", "-R"]
    try:
        return argv if subprocess.run([*argv, "true"], stderr=subprocess.DEVNULL).returncode == 0 else []
    except OSError:
        return []


@functools.lru_cache
def leaks_can_be_found():
    """LeakSanitizer stops the process by ptrace, which some containers forbid."""
    zcostd = ROOT / "build/asan-ubsan/bin/zcostd"
    env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=1"}
    _, output = tally.run([*unrandomized(), zcostd, "--version"], env, 60)
    return "LeakSanitizer has encountered a fatal error" not in output


def environment(build, reports, long):
    env = {name: value for name, value in os.environ.items() if not name.startswith("ZCOST_")}
    env["ZCOST_TEST_SEED"] = SEED
    env["ZCOST_BIN"] = str(ROOT / "build" / build / "bin")
    env["CMOCKA_MESSAGE_OUTPUT"] = "TAP"
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    env["XDG_STATE_HOME"] = str(ROOT / "build" / build / "state")  # not near the ledger of whoever runs this
    if long:
        env["ZCOST_TEST_LONG"] = "1"
    log = f"log_path={reports}/report"
    if build == "asan-ubsan":
        leaks = int(leaks_can_be_found())
        env["ASAN_OPTIONS"] = f"detect_leaks={leaks}:strict_string_checks=1:detect_stack_use_after_return=1:{log}"
        env["UBSAN_OPTIONS"] = f"print_stacktrace=1:{log}"
        env["LSAN_OPTIONS"] = f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0"
    if build == "tsan":
        env["TSAN_OPTIONS"] = f"suppressions={ROOT}/tests/tsan.supp:second_deadlock_stack=1:{log}"
    return env


def wrapped(build, argv):
    return [*(unrandomized() if build in SLOWER else []), *argv]


class Suite:
    def __init__(self, long, match):
        self.tally = tally.Tally()
        self.long = long
        self.match = match

    def build(self, name):
        begun = time.monotonic()
        code, output = tally.run([ROOT / "tools/build", name], dict(os.environ), 1200)
        seconds = time.monotonic() - begun
        if code == 0:
            self.tally.line(f"build {name}", "built", seconds)
        else:
            progress = re.compile(r"^(\[\d+/\d+\]|\[ *\d+%\]|--) .*\n", re.M)
            self.tally.fail(f"build {name}", "does not build" if code else "took too long", seconds,
                            progress.sub("", output))
        return code == 0

    def tap(self, build, name, argv, seconds):
        if self.match not in name:
            return
        reports = tally.reports_folder(ROOT / "build" / build, name)
        self.tally.tap(f"{build} {name}".strip(), wrapped(build, argv), environment(build, reports, self.long),
                       seconds * SLOWER.get(build, 1), reports)

    def includes(self, build):
        self.tap(build, "includes", [ROOT / "tests/includes"], 60)

    def lint(self, build):
        self.tap(build, "lint", [ROOT / "tests/lint"], LINT_SECONDS)

    def unit(self, build):
        listing = subprocess.run(["ctest", "--show-only=json-v1"], cwd=ROOT / "build" / build, check=True,
                                 stdout=subprocess.PIPE)
        tests = json.loads(listing.stdout)["tests"]
        if not tests:
            self.tally.fail(f"{build} unit", "there are none: cmocka was not found when this was built", 0, "")
        for test in tests:
            if build != "tsan" or test["name"] in TSAN_ONLY["unit"]:
                self.tap(build, test["name"], test["command"], UNIT_SECONDS)

    def python(self, build, name):
        seconds = SYSTEM_SECONDS * SLOWER.get(build, 1)
        self.tap(build, "system." + name.removeprefix("test_"),
                 ["/usr/bin/python3", ROOT / "tests/runner/tapcase.py", SYSTEM / f"{name}.py", seconds],
                 SYSTEM_FILE_SECONDS)

    def system(self, build):
        """Two at a time: most of them mostly wait. Those that do nothing else run beside them."""
        names = [path.stem for path in sorted(SYSTEM.glob("test_*.py")) if path.stem not in OWN_KIND.values() and
                 (build != "tsan" or path.stem in TSAN_ONLY["system"])]
        pool = concurrent.futures.ThreadPoolExecutor
        with pool(1) as beside, pool(2) as workers:
            running = [(beside if name in SLEEPERS else workers).submit(self.python, build, name) for name in names]
            for one in running:
                one.result()

    def install(self, build):
        self.python(build, OWN_KIND["install"])

    def readme(self, build):
        self.python(build, OWN_KIND["readme"])

    def quickstart(self, build):
        """Alone: it may build anew what the others run."""
        self.python(build, OWN_KIND["quickstart"])

    def fuzz(self, build):
        for target, corpus in FUZZ_TARGETS.items():
            self.fuzz_one(target, corpus)

    def fuzz_one(self, target, corpus):
        """What it finds anew is kept in the build tree; the seeds stay as they are."""
        seconds = FUZZ_LONG_SECONDS if self.long else FUZZ_SECONDS
        name = target.replace("_", " ")
        folder = ROOT / "build/fuzz"
        found = folder / corpus
        found.mkdir(exist_ok=True)
        begun = time.monotonic()
        code, output = tally.run([*unrandomized(), folder / target, f"-max_total_time={seconds}", "-timeout=10",
                                  "-rss_limit_mb=1024", "-print_final_stats=1", f"-artifact_prefix={folder}/",
                                  found, ROOT / "tests/fuzz" / corpus], dict(os.environ), seconds + 120)
        seconds = time.monotonic() - begun
        if code == 0:
            self.tally.passed += 1
            runs = re.search(r"stat::number_of_executed_units: *(\d+)", output)
            self.tally.line(name, f"1 passed, {int(runs[1]):,} inputs" if runs else "1 passed", seconds)
        else:
            report = re.sub(r"^#\d+\s.*\n", "", output, flags=re.M)
            self.tally.fail(name, "found something" if code else "did not end", seconds, report[-8000:])


def main(arguments):
    long = "--long" in arguments
    match = "".join(word.removeprefix("--match=") for word in arguments if word.startswith("--match="))
    words = {word for word in arguments if not word.startswith("--")}
    plan = PLAN
    if "coverage" in words:
        words.remove("coverage")
        plan = COVERAGE_PLAN
    kinds = words & {kind for _, kind in plan}
    builds = words - kinds
    chosen = [(build, kind) for build, kind in plan
              if (not builds or build in builds) and (not kinds or kind in kinds)]
    if not chosen:
        print(f"tests/run: no {' '.join(sorted(kinds))} in {' '.join(sorted(builds))}", file=sys.stderr)
        return 2
    suite = Suite(long, match)
    begun = time.monotonic()
    built = {"": True}
    for build, kind in chosen:
        if build not in built:
            built[build] = suite.build(build)
            if build == "coverage":
                coverage.forget(ROOT)
        if built[build]:
            getattr(suite, kind)(build)
    if plan is COVERAGE_PLAN:
        coverage.show(ROOT)
    return suite.tally.end(time.monotonic() - begun, f"ZCOST_TEST_SEED={SEED} tests/run {' '.join(arguments)}".rstrip())


def leave(number, _):
    # As an exception, so that what runs is ended on the way out.
    sys.exit(128 + number)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    os.environ["LC_ALL"] = "C.UTF-8"
    sys.exit(main(sys.argv[1:]))
