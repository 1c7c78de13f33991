# SPDX-License-Identifier: MPL-2.0
"""What the tests of zboard's routes share: which there are, and what each of their answers has."""
import samples
from board import COSTS, TRACK, Board, BoardCase
from harness import Daemon

QUESTIONS = (COSTS, "/api/breakdown", "/api/series", "/api/budgets", "/api/health")
PAGES = ("/", "/assets/app.js", "/favicon.ico", "/healthz", "/readyz", "/metrics")
ALLOW = {**dict.fromkeys((*PAGES, *QUESTIONS, "/api/stream"), "GET, HEAD"), TRACK: "POST",
         "/api/session": "POST, DELETE"}
SECURITY = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()"}
POLICY = {"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
          "manifest-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"}


class Case(BoardCase):
    """One zboard before one daemon for all tests of a class."""
    options = ()
    config = None
    listen = "127.0.0.1:0"

    @classmethod
    def setUpClass(cls):
        cls.zcostd = cls.enterClassContext(Daemon(prices=samples.PRICES))
        cls.zboard = cls.enterClassContext(Board(cls.zcostd, *cls.options, config=cls.config, listen=cls.listen))

    def ask(self, method, path, headers=(), body=None):
        """One request; its answer has what all answers have."""
        answer = self.zboard.request(method, path, body, headers)
        with self.subTest(method=method, path=path):
            self.check_security(answer)
        return answer

    def get(self, path, headers=()):
        return self.ask("GET", path, headers)

    def check_security(self, answer):
        for name, value in SECURITY.items():
            self.assertEqual(answer.headers.get_all(name), [value], name)
        self.assertEqual(set(answer.headers["Content-Security-Policy"].split("; ")), POLICY)
        self.assertIn(answer.headers["Cache-Control"], ("no-store", "no-cache"))
        self.assertTrue(answer.headers["Content-Type"])
        if answer.status >= 400:
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
