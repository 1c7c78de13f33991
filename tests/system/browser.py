# SPDX-License-Identifier: MPL-2.0
"""One headless Chromium and what the tests of zboard's page ask of it: what is shown, what was asked of the network,
what was complained of, and pictures. Skips where the browser, its driver or selenium is missing.

Knows the page's hooks (data-test) and no more of it. Whatever waits has a deadline.
"""
import atexit
import base64
import ctypes
import json
import os
import shutil
import signal
import tempfile
import time
import unittest

from decimal import ROUND_HALF_UP, Decimal

import msgpack

from board import BoardCase
from harness import BIN, PATIENCE, SANITIZED

try:
    from selenium import webdriver
    from selenium.common.exceptions import NoAlertPresentException
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    webdriver = Keys = None  # Keys are here for the tests

ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-proxy-server",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
             "--disable-dev-shm-usage", "--disable-search-engine-choice-screen", "--disable-default-apps",
             "--remote-debugging-pipe")
SCREENSHOTS = BIN.parent / "screenshots"
DESKTOP = (1440, 900)
ZONE = "Europe/Madrid"


def why_not():
    """Why there can be no browser here; None where there can."""
    if SANITIZED:
        return "Chromium is not what we sanitize: the release build's run has these"
    if webdriver is None:
        return "python3-selenium is not installed"
    missing = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    return f"{', '.join(missing)} is not installed" if missing else None


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Browser:
    """Ended at the latest with this process."""

    def __init__(self):
        self._home = tempfile.mkdtemp(prefix="zcost-browser-")
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in (*ARGUMENTS, f"--user-data-dir={self._home}", "--window-size=%d,%d" % DESKTOP):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        # A group of its own, and a pipe between the two: whoever of us dies, nothing is left behind.
        self._service = Service(shutil.which("chromedriver"), popen_kw={"start_new_session": True,
                                                                        "preexec_fn": die_with_parent})
        atexit.register(self.quit)
        self.driver = webdriver.Chrome(service=self._service, options=options)
        self._requests, self._complaints = [], []
        self.agent = self.script("return navigator.userAgent")

    def quit(self):
        atexit.unregister(self.quit)
        process = self._service.process
        try:
            self.driver.quit()
        except Exception:  # whatever state it is in, it has to go
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (AttributeError, ProcessLookupError):
            pass
        shutil.rmtree(self._home, ignore_errors=True)

    # --------------------------------------------------------------- one page

    def fresh(self, language="en-US", scheme="light", size=DESKTOP):
        """A browser that nobody used, as a person of this language has it; what was before is forgotten."""
        self.open("about:blank")
        self.command("Network.clearBrowserCache")
        self.command("Network.clearBrowserCookies")
        self.command("Emulation.setTimezoneOverride", timezoneId=ZONE)
        self.command("Emulation.setUserAgentOverride", userAgent=self.agent, acceptLanguage=language)
        self.command("Emulation.setFocusEmulationEnabled", enabled=True)
        self.scheme(scheme)
        self.size(*size)
        self.requests(), self.complaints()
        self._requests, self._complaints = [], []

    def command(self, name, **arguments):
        return self.driver.execute_cdp_cmd(name, arguments)

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def open(self, url):
        self.driver.get(url)

    def size(self, width, height):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                     mobile=False)

    def scheme(self, name):
        """What the system is said to prefer: light or dark."""
        self.command("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": name}, {"name": "prefers-reduced-motion", "value": "reduce"}])

    # --------------------------------------------------------------- what is shown

    def find(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def text(self, css):
        """All that it says, whether there is room for it or not; None: there is no such thing, or it is hidden."""
        return self.script("const node = document.querySelector(arguments[0]);"
                           "return !node || node.closest('[hidden]') || node.tagName === 'DIALOG' && !node.open"
                           " ? null : node.textContent.replace(/\\s+/g, ' ').trim()", css)

    def texts(self, css):
        return self.script("return Array.from(document.querySelectorAll(arguments[0]), (node) => node.textContent"
                           ".replace(/\\s+/g, ' ').trim())", css)

    def test(self, name):
        """The text at a hook of tests."""
        return self.text(hook(name))

    def numbers(self):
        """Hook -> text, of all that are on the page."""
        return self.script("return Object.fromEntries(Array.from(document.querySelectorAll('main [data-test]'), (node) "
                           "=> [node.dataset.test, node.textContent.replace(/\\s+/g, ' ').trim()]))")

    def until(self, holds, deadline=10, told=lambda: ""):
        """What the predicate says, once it is true."""
        end = time.monotonic() + deadline * PATIENCE
        while not (found := holds()):
            assert time.monotonic() < end, f"not within {deadline} s: {told()}"
            time.sleep(0.02)
        return found

    def wait(self, css, wanted=None, deadline=10):
        """Until it is shown, and says this text, has it (a set), or the predicate holds of what it says; returns it."""
        def holds():
            text = self.text(css)
            if text is None or wanted is None:
                return [text] if text is not None else None
            good = wanted(text) if callable(wanted) else all(one in text for one in wanted) \
                if isinstance(wanted, set) else text == wanted
            return [text] if good else None
        return self.until(holds, deadline, lambda: f"{css} to be {wanted}: it is {self.text(css)!r}; "
                                                   f"{self.complaints()}")[0]

    def wait_gone(self, css, deadline=10):
        self.until(lambda: self.text(css) is None, deadline, lambda: f"{css} to go: {self.text(css)!r}")

    def wait_settled(self, deadline=15):
        """Until a whole round was answered, and no more of it is under way."""
        self.until(lambda: self.script(
            "return document.documentElement.dataset.ready === '1' && !document.querySelector('[aria-busy=true]')"
            " && Boolean(window.Chart)"), deadline, lambda: f"the page to settle: {self.complaints()}")

    def click(self, css):
        self.find(css).click()

    def choose(self, css, value):
        """Of a select, by the keyboard of a script: the value and the event that a person's choice makes."""
        self.script("const select = document.querySelector(arguments[0]); select.value = arguments[1];"
                    "select.dispatchEvent(new Event('change', { bubbles: true }))", css, value)

    def press(self, *keys):
        """To whatever has the focus."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def tab(self):
        """The tab key: on to the next control."""
        for kind in ("rawKeyDown", "keyUp"):
            self.command("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)

    def dialog(self):
        """The text of one that a script opened; None: there is none."""
        try:
            return self.driver.switch_to.alert.text
        except NoAlertPresentException:
            return None

    # --------------------------------------------------------------- what it did

    def requests(self):
        """The address of everything that pages asked for since the last `fresh`."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self._requests.append(message["params"]["request"]["url"])
        return [url for url in self._requests if not url.startswith(("data:", "chrome:", "about:"))]

    def complaints(self):
        """What stands in the console since the last `fresh`, warnings too."""
        self._complaints += self.driver.get_log("browser")
        return [f"{one['source']}: {one['message']}" for one in self._complaints
                if one["level"] in ("SEVERE", "WARNING")]

    def console_errors(self, network=False):
        """Less those of the network, where a test provoked some."""
        return [text for text in self.complaints() if not (network and text.startswith("network: "))]

    def screenshot(self, name, whole=True):
        """A picture of the page from its head to its foot, as an artifact of the build."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        width, height, page = self.script("return [innerWidth, innerHeight, document.documentElement.scrollHeight]")
        self.size(width, max(height, page) if whole else height)
        self.script("scrollTo(0, 0)")
        self.driver.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 100))")
        picture = self.command("Page.captureScreenshot", format="png")["data"]
        (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(picture))
        self.size(width, height)


def hook(name):
    return f'[data-test="{name}"]'


def push_all(daemon, events):
    """Many, in batches; counted by the time it returns."""
    events, before = list(events), daemon.health()["events"]["accepted"]
    daemon.push(*(msgpack.packb(events[i:i + 200]) for i in range(0, len(events), 200)))
    daemon.settle(before + len(events))


# ------------------------------------------------------------------- numbers as the page writes them in English

def dollars(text):
    """An amount of the wire, a decimal string, as a person reads it."""
    amount = Decimal(text)
    size = abs(amount)
    decimals = 2 if not size or size >= 1 else 4 if size >= Decimal("0.001") else 6 if size >= Decimal("1e-6") else 9
    rounded = amount.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{'-' if rounded < 0 else ''}${abs(rounded):,}"


def percent(number, decimals=1):
    if decimals == 1 and 0 < number < 0.05:
        return "<0.1%"
    return f"{Decimal(str(number)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,}%"


class PageCase(BoardCase):
    """Tests of one browser, which a file's classes share."""
    timeout = 60
    browser = None
    provokes_network = False  # errors of the network are not the page's fault

    @classmethod
    def setUpClass(cls):
        if reason := why_not():
            raise unittest.SkipTest(reason)
        if not PageCase.browser:
            PageCase.browser = Browser()

    def setUp(self):
        super().setUp()
        self.browser.fresh()

    def tearDown(self):
        """Of each page whatsoever: no errors in the console, nothing asked of anyone else. All is forgotten then."""
        self.browser.command("Storage.clearDataForOrigin", origin=self.origin, storageTypes="all")
        complaints = self.browser.console_errors(self.provokes_network)
        self.assertEqual(complaints, [])
        foreign = [url for url in self.browser.requests() if not url.startswith(self.origin)]
        self.assertEqual(foreign, [])

    def open(self, board, hash="", settled=True):
        self.origin = f"http://{board.host}:{board.port}/"
        self.browser.open(self.origin + hash)
        if settled:
            self.browser.wait_settled()

    def shows(self, name, wanted, deadline=10):
        return self.browser.wait(hook(name), wanted, deadline)
