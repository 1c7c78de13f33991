# SPDX-License-Identifier: MPL-2.0
"""Runs one unittest file and tells of it as TAP, a line a test.

Usage: python3 tapcase.py FILE SECONDS

The plan comes last: without it, whoever reads knows that the process ended early. A test
that takes longer than SECONDS does that, with the place where it hangs on stderr.
"""
import faulthandler
import importlib.util
import pathlib
import sys
import unittest


class TapResult(unittest.TestResult):
    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds
        self.count = 0
        self.troubles = []
        self.skip = None

    def say(self, ok, test, more=""):
        self.count += 1
        print("ok" if ok else "not ok", self.count, "-", test.id() + more, flush=True)

    def tell(self):
        for text in self.troubles:
            print("# " + text.rstrip("\n").replace("\n", "\n# "), flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.troubles = []
        self.skip = None
        faulthandler.dump_traceback_later(self.seconds, exit=True)

    def stopTest(self, test):
        faulthandler.cancel_dump_traceback_later()
        self.tell()
        if self.skip is not None and not self.troubles:
            self.say(True, test, " # SKIP " + self.skip)
        else:
            self.say(not self.troubles, test)
        super().stopTest(test)

    def addError(self, test, err):
        super().addError(test, err)  # which formats it
        self.troubles.append(self.errors[-1][1])
        # Of a class or a module that could not be set up there is no startTest, and no stopTest.
        if not isinstance(test, unittest.TestCase):
            self.tell()
            self.say(False, test)

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        if err is not None:
            super().addError(subtest, err)
            self.troubles.append(f"{subtest}\n{self.errors[-1][1]}")

    def addSkip(self, test, reason):
        if isinstance(test, unittest.TestCase):
            self.skip = reason
        else:
            self.say(True, test, " # SKIP " + reason)

    def addUnexpectedSuccess(self, test):
        self.troubles.append("passed, but is marked as an expected failure")


def main():
    path, seconds = pathlib.Path(sys.argv[1]).resolve(), float(sys.argv[2])
    sys.path.insert(0, str(path.parent))
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except unittest.SkipTest as skip:
        print(f"1..0 # SKIP {skip}")
        return
    result = TapResult(seconds)
    unittest.defaultTestLoader.loadTestsFromModule(module).run(result)
    print(f"1..{result.count}", flush=True)


main()
