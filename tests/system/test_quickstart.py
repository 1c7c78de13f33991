# SPDX-License-Identifier: MPL-2.0
"""tools/quickstart: it ends with a page that lives, until Ctrl-C, and leaves nothing behind."""
import http.client
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from harness import BIN, PATIENCE, ROOT, TestCase

SCRIPT = ROOT / "tools/quickstart"
SECONDS = 120


class Quickstart(TestCase):
    timeout = 2 * SECONDS

    def setUp(self):
        super().setUp()
        if BIN != ROOT / "build/release/bin":
            self.skipTest("it is about build/release")
        self.temporary = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="zcost-test-")))

    def start(self, *args):
        process = subprocess.Popen([SCRIPT, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, start_new_session=True,
                                   env={**os.environ, "TMPDIR": str(self.temporary)})
        self.addCleanup(self.kill, process)
        return process

    @staticmethod
    def kill(process):
        """Its traps end what it started; what is left after that is killed with it."""
        if process.poll() is None:
            process.terminate()
            process.wait(20 * PATIENCE)
        process.stdout.close()

    def read_until(self, process, pattern):
        """What it prints, up to a line with the pattern."""
        text, deadline = "", time.monotonic() + SECONDS * PATIENCE
        while not re.search(pattern, text):
            ready = select.select([process.stdout], [], [], deadline - time.monotonic())[0]
            self.assertTrue(ready, f"not in time: {text}")
            piece = os.read(process.stdout.fileno(), 65536).decode()
            self.assertTrue(piece, f"ended: {text}")
            text += piece
        return text

    def running(self):
        """What still runs on its folder, by command line."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().decode(errors="replace")
            except OSError:
                continue
            if str(self.temporary) in words:
                found.append(words.replace("\0", " "))
        return found

    def get(self, url, path):
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10 * PATIENCE)
        connection.request("GET", path)
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200, path)
        body = answer.read()
        connection.close()
        return body

    def test_it_ends_with_a_page_that_lives(self):
        process = self.start("--count", "400")
        text = self.read_until(process, r"Ctrl-C stops")
        self.assertIn("Spent  ", text)
        url = urllib.parse.urlsplit(re.search(r"(http://\S+)  .*open it in a browser", text)[1])
        self.assertIn(b"<html", self.get(url, "/"))
        before = json.loads(self.get(url, "/api/metrics/llm-costs"))["zcost"]["events"]["accepted"]
        self.assertGreaterEqual(before, 400)
        deadline = time.monotonic() + 20 * PATIENCE
        while json.loads(self.get(url, "/api/metrics/llm-costs"))["zcost"]["events"]["accepted"] == before:
            self.assertLess(time.monotonic(), deadline, "the demo does not go on")
            time.sleep(0.1)
        states = {budget["name"] for budget in json.loads(self.get(url, "/api/budgets"))["budgets"]}
        self.assertEqual(states, {"company", "code-review"})
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        rest = process.communicate(timeout=30 * PATIENCE)[0]
        self.assertEqual(process.returncode, 0, rest)
        self.assertIn("stopped again", rest)
        self.assertEqual(self.running(), [])
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_once_ends_by_itself(self):
        process = self.start("--once", "--count", "400")
        text = process.communicate(timeout=SECONDS * PATIENCE)[0]
        self.assertEqual(process.returncode, 0, text)
        for word in ("Spent  ", "Most expensive first", "stopped again"):
            self.assertIn(word, text)
        self.assertNotIn("open it in a browser", text)
        self.assertEqual(self.running(), [])
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_a_mistake_is_one_line(self):
        for args in (("--twice",), ("--count", "0"), ("--count", "many"), ("--count",)):
            with self.subTest(args):
                process = self.start(*args)
                text = process.communicate(timeout=SECONDS * PATIENCE)[0]
                self.assertEqual((process.returncode, text.count("\n")), (2, 1), text)


if __name__ == "__main__":
    unittest.main()
