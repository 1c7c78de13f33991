# SPDX-License-Identifier: MPL-2.0
"""The page of zboard and its connection: what dies is told and heals by itself, tabs leave each other room, and who has
the token is let in."""
import unittest

from board import TOKEN
from browser import Keys, PageCase, hook
from harness import fixed_endpoints

ROUTER = {"type": "query_router", "tier": "simple", "cost": 1}


def a_port():
    return int(fixed_endpoints()["ingest"][0].rsplit(":", 1)[1])


class Liveness(PageCase):
    provokes_network = True

    def stream(self):
        return self.browser.script("return document.documentElement.dataset.stream")

    def test_a_daemon_that_dies_is_told_and_one_that_is_back_heals_it(self):
        daemon = self.daemon(bind=fixed_endpoints(), interval=0.5)
        self.open(self.board(daemon))
        self.shows("live-daemon", "zcostd up")
        daemon.push_events(ROUTER)
        self.shows("total-cost", "$1.00")
        daemon.crash()
        self.shows("banner-daemon", {"zcostd has been unreachable since"})
        self.shows("live-daemon", "zcostd unreachable")
        self.assertEqual((self.browser.test("total-cost"), self.stream()), ("$1.00", "open"))
        daemon.start()
        self.browser.wait_gone(hook("banner-daemon"))
        self.shows("live-daemon", "zcostd up")
        daemon.push_events(ROUTER)
        self.shows("total-cost", "$2.00")
        self.browser.until(lambda: not self.browser.texts("[data-stale]"))

    def test_a_gateway_that_dies_is_told_and_one_that_is_back_heals_it_without_a_reload(self):
        daemon = self.daemon(interval=0.5)
        board = self.board(daemon, listen=f"127.0.0.1:{a_port()}")
        self.open(board)
        self.browser.script("window.same = true")
        self.assertEqual(self.stream(), "open")
        board.crash()
        self.shows("banner-stream", {"Connection lost at", "Reconnecting automatically", "Numbers are as of"})
        self.shows("live-stream", "Reconnecting")
        self.assertEqual(self.stream(), "lost")
        daemon.push_events(ROUTER)
        board.start()
        self.browser.wait_gone(hook("banner-stream"), 15)
        self.shows("live-stream", "Stream live")
        self.shows("total-cost", "$1.00")
        self.assertTrue(self.browser.script("return window.same"))

    def test_tabs_that_nobody_looks_at_leave_the_others_their_connections(self):
        daemon = self.daemon(interval=0.5)
        board = self.board(daemon)
        driver, first = self.browser.driver, self.browser.driver.current_window_handle
        tabs = []
        try:
            for _ in range(8):  # a browser has six connections to a server
                driver.switch_to.new_window("tab")
                tabs.append(driver.current_window_handle)
                self.open(board)
            daemon.push_events(ROUTER)
            self.shows("total-cost", "$1.00")
            for tab in tabs[:2]:
                driver.switch_to.window(tab)
                self.shows("live-stream", "Stream live")
                self.shows("live-daemon", "zcostd up")
                self.shows("total-cost", "$1.00")
                self.shows("live-age", lambda text: "overdue" not in text)
                self.assertEqual(self.browser.texts(".banner, [data-stale]"), [])
        finally:
            for tab in tabs:
                driver.switch_to.window(tab)
                driver.close()
            driver.switch_to.window(first)


class Token(PageCase):
    provokes_network = True  # 401, in the console

    def sign_in(self, token):
        field = self.browser.find(hook("token"))
        field.clear()
        field.send_keys(token, Keys.ENTER)

    def test_it_lets_in_who_has_it_until_they_leave(self):
        daemon = self.daemon(interval=0.5)
        daemon.push_events(ROUTER)
        path = daemon.dir / "token"
        path.write_text(TOKEN + "\n")
        path.chmod(0o600)
        self.open(self.board(daemon, "--token-file", path), settled=False)
        self.shows("login", {"Sign in to zboard"})
        self.assertLess(len(self.browser.complaints()), 3)  # it does not ask in vain for all that it wants to know
        self.assertEqual(self.browser.script("return document.activeElement.id"), "token")
        self.assertNotEqual(self.browser.test("total-cost"), "$1.00")
        for _ in range(3):
            self.browser.press(Keys.ESCAPE)
        self.shows("login", bool)  # behind it there is nothing
        self.sign_in("wrong")
        self.browser.wait("#login-wrong", "This token is not accepted.")
        self.sign_in(TOKEN)
        self.browser.wait_gone(hook("login"))
        self.shows("total-cost", "$1.00")
        self.shows("live-stream", "Stream live")
        self.browser.driver.refresh()
        self.browser.wait_settled()
        self.assertIsNone(self.browser.test("login"))
        self.shows("total-cost", "$1.00")
        self.assertEqual(self.browser.script("return document.cookie"), "")  # no script can read it
        self.assertNotIn(TOKEN, self.browser.script("return JSON.stringify(localStorage)"))
        self.browser.click(hook("signout"))
        self.shows("login", {"Sign in to zboard"})
        self.assertNotEqual(self.browser.test("total-cost"), "$1.00")


if __name__ == "__main__":
    unittest.main()
