# SPDX-License-Identifier: MPL-2.0
"""Runs programs that speak TAP, and counts.

Owns the numbers of the last line and the end of every process that a test leaves
behind. Refuses to wait: whatever runs has a deadline.
"""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

RESULT = re.compile(r"^\s*(not )?ok\s+\d+\s*(?:- )?(.*)$")
PLAN = re.compile(r"^\s*1\.\.(\d+)\s*(?:# *skip *(.*))?$", re.I)
SKIP = re.compile(r"# *skip\b *", re.I)


class Tally:
    def __init__(self):
        self.passed = self.failed = 0
        self.skips = []
        self.failures = []
        self._counting = threading.Lock()

    def line(self, label, result, seconds):
        print(f"{label:42} {result:32} {seconds:6.1f} s", flush=True)

    def fail(self, label, why, seconds, output):
        """Counts a failure that is not a line of TAP, such as a build's."""
        self.failed += 1
        self.failures.append(f"{label}: {why}")
        _show(output)
        self.line(label, why, seconds)

    def tap(self, label, argv, env, seconds, reports):
        """Runs a TAP program and counts its tests. reports: a folder where sanitizers leave theirs."""
        begun = time.monotonic()
        code, output = run(argv, env, seconds)
        with self._counting:
            self._count(label, code, output, seconds, time.monotonic() - begun, reports)

    def _count(self, label, code, output, allowed, seconds, reports):
        passed, failed, skipped = 0, [], []
        planned = None
        for line in output.splitlines():
            plan, result = PLAN.match(line), RESULT.match(line)
            if plan:
                planned = (planned or 0) + int(plan[1])
                if plan[2]:
                    skipped.append(plan[2])
                    planned += 1
            elif result and SKIP.search(line):
                skipped.append(SKIP.sub(" ", result[2]).strip(" -"))
            elif result and result[1]:
                failed.append(result[2])
            elif result:
                passed += 1

        count = passed + len(failed) + len(skipped)
        if code is None:
            failed.append(f"did not end within {allowed:.0f} s")
        elif planned is None or count < planned:
            failed.append(f"ended early, {_ending(code)}, after {count} of {planned or 'its'} tests")
        elif code and not failed:
            failed.append(f"{_ending(code)}, though each test passed")
        texts = [path.read_text(errors="replace") for path in sorted(reports.iterdir())]
        if texts:
            failed.append("a sanitizer reports")

        if failed:
            # What passed is no news beside what failed.
            _show("\n".join(line for line in output.splitlines() if not line.lstrip().startswith("ok ")), *texts)
        self.passed += passed
        self.failed += len(failed)
        self.failures += [f"{label}: {name}" for name in failed]
        self.skips += [f"{label}: {name}" for name in skipped]
        numbers = [f"{passed} passed"] + [f"{len(names)} {kind}" for kind, names in
                                          (("failed", failed), ("skipped", skipped)) if names]
        self.line(label, ", ".join(numbers), seconds)

    def end(self, seconds, again):
        """Says what was skipped and failed, how the run is repeated with the same random numbers, and the sums. The
        exit code."""
        for kind, names in ("skipped", self.skips), ("failed", self.failures):
            for name in names:
                print(f"{kind}  {name}")
        if self.failures:
            print(f"again   {again}")
        print(f"in {seconds // 60:.0f} min {seconds % 60:.0f} s")
        more = f", {len(self.skips)} skipped" if self.skips else ""
        print(f"{self.passed} passed, {self.failed} failed{more}")
        return 1 if self.failed or not self.passed else 0


def _show(*texts):
    for text in texts:
        print("    " + text.strip().replace("\n", "\n    "))


def _ending(code):
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def run(argv, env, seconds):
    """(exit code or None when time ran out, output). Nothing of its process group outlives it."""
    # A file, not a pipe: a process that is left behind must not keep us reading.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(list(map(str, argv)), env=env, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        output.seek(0)
        return code, output.read().decode(errors="replace")


def reports_folder(build, name):
    """An empty folder for the reports of sanitizers about a test."""
    folder = pathlib.Path(build) / "reports" / name
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    return folder
