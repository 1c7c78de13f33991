# SPDX-License-Identifier: MPL-2.0
"""A real terminal for tests: tmux, with a shell in it. Keys are sent to it, and its screen is looked at."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import BIN, PATIENCE

PROMPT = "ready> "


class Terminal:
    """`with Terminal (80, 24) as terminal:` has a shell at its prompt. Skips the test where tmux is absent."""

    def __init__(self, columns=80, rows=24, locale="C.UTF-8", **environment):
        if not shutil.which("tmux"):
            raise unittest.SkipTest("tmux is not installed")
        self._dir = tempfile.mkdtemp(prefix="zcost-tmux-")
        self._size = columns, rows
        kept = {name: value for name, value in os.environ.items()
                if name not in ("TMUX", "NO_COLOR", "COLUMNS", "LINES", "BASH_ENV", "ENV")}
        self._environment = {**kept, "LC_ALL": "C.UTF-8"}
        # tmux itself is always of UTF-8: `locale` is what the program in it is told.
        path = pathlib.Path(self._dir, "profile")
        settings = {"LC_ALL": locale, "PATH": f"{BIN}:{os.environ['PATH']}", **environment}
        path.write_text("".join(f"export {name}='{value}'\n" for name, value in settings.items())
                        + f"PS1='{PROMPT}'\nunset PROMPT_COMMAND HISTFILE\n")
        self._profile = path

    def __enter__(self):
        columns, rows = self._size
        try:
            self._tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                       f"exec bash --noprofile --rcfile {self._profile} -i", ";", "set", "-g", "status", "off",
                       ";", "set", "-g", "escape-time", "0")
            self._tmux("resize-window", "-x", str(columns), "-y", str(rows))
            self.wait(PROMPT.strip())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run(self._argv("kill-server"), env=self._environment, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=10 * PATIENCE)
        shutil.rmtree(self._dir, ignore_errors=True)

    def _argv(self, *words):
        return ["tmux", "-u", "-S", f"{self._dir}/socket", *words]

    def _tmux(self, *words):
        done = subprocess.run(self._argv(*words), env=self._environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=10 * PATIENCE)
        assert done.returncode == 0, f"tmux {words}: {done.stderr}"
        return done.stdout

    def type(self, text):
        """Types a line, and Enter."""
        self._tmux("send-keys", "-l", text)
        self.press("Enter")

    def press(self, *keys):
        """Presses keys, by tmux's names: q, C-c, Tab, Left."""
        self._tmux("send-keys", *keys)

    def resize(self, columns, rows):
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def lines(self, colours=False):
        """The screen as it is; with escape sequences for its colours where they are asked for."""
        return self._tmux("capture-pane", "-p", *(["-e"] if colours else [])).split("\n")[:-1]

    def text(self):
        return "\n".join(self.lines())

    def query(self, name):
        """A fact about the pane, by tmux's name for it: cursor_flag, alternate_on, pane_pid."""
        return self._tmux("display-message", "-p", "#{%s}" % name).strip()

    def wait(self, *wanted, timeout=15):
        """The screen's lines, as soon as each of the texts is on it. A text may also be a compiled pattern, or a
        predicate of the whole screen."""
        def holds(one, text):
            return one in text if isinstance(one, str) else one(text) if callable(one) else one.search(text)
        deadline = time.monotonic() + timeout * PATIENCE
        while True:
            lines = self.lines()
            text = "\n".join(lines)
            if all(holds(one, text) for one in wanted):
                return lines
            assert time.monotonic() < deadline, f"no {wanted} on the screen:\n{text}"
            time.sleep(0.03)
