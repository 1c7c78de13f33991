# SPDX-License-Identifier: MPL-2.0
"""Who may ask: tokens, the session of a browser, and TLS."""
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket as sockets
import ssl
import subprocess
import tempfile
import time
import unittest

from board import COSTS, JSON, NOWHERE, TOKEN, TRACK, Board, BoardCase, read_all
from harness import ROLES, Daemon, run

OTHER = "another-token-that-is-long-enough"
GUARDED = (COSTS, "/api/breakdown", "/api/series", "/api/budgets", "/api/health", "/metrics", "/api/stream")
OPEN = ("/", "/assets/app.js", "/favicon.ico", "/healthz", "/readyz")


def bearer(token):
    return {"Authorization": "Bearer " + token}


class Guarded(BoardCase):
    def setUp(self):
        super().setUp()
        self.dir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tokens = self.dir / "tokens"
        self.tokens.write_text(f"# those who may ask\n\n{TOKEN}\r\n{OTHER}\n")
        self.zcostd = self.daemon()
        self.zboard = self.board(self.zcostd, "--token-file", self.tokens)

    def refused(self, answer):
        self.failed(answer, 401, "token")
        self.assertEqual(answer.headers["WWW-Authenticate"], 'Bearer realm="zcost"')


class Tokens(Guarded):
    def test_each_route_that_tells_of_money_needs_one(self):
        hexed = TOKEN.encode().hex()
        for headers in (
                {}, *map(bearer, ("wrong-token-that-is-long", TOKEN[:-1], TOKEN + "x", "", " " + TOKEN, TOKEN.upper(),
                                  TOKEN + "\t" + OTHER, "x" * 8000)),
                *({"Authorization": value} for value in (TOKEN, "Basic " + TOKEN, "Bearer", "")),
                *({"Cookie": value} for value in ("zboard=" + TOKEN, "zboard=", "zboard=0", "zboard=" + "00" * 600,
                                                  "zboard=" + hexed[:-2], "zboard=" + hexed.upper(), "other=" + hexed)),
                {"X-Token": TOKEN}):
            for path in GUARDED:
                with self.subTest(path=path, headers=headers):
                    self.refused(self.zboard.get(path, headers))
            self.refused(self.zboard.post(TRACK, {"type": "llm_call"}, headers))
        for path in OPEN:
            self.assertEqual(self.zboard.get(path).status, 200, path)
        self.assertEqual(self.zcostd.health()["events"]["accepted"], 0)

    def test_each_of_the_tokens_will_do(self):
        for headers in (bearer(TOKEN), bearer(OTHER), {"Authorization": "bearer " + TOKEN},
                        {"authorization": "BEARER " + OTHER}, {"Cookie": "zboard=" + OTHER.encode().hex()},
                        {"Cookie": f"a=b; zboard={TOKEN.encode().hex()}; c=d"},
                        # One of another path or time; and what others of this host have set.
                        {"Cookie": f"zboard=00; zboard={TOKEN.encode().hex()}"},
                        {"Cookie": f"zboard={TOKEN.encode().hex()};zboard=00"},
                        {"Cookie": f'a="b; zboard={TOKEN.encode().hex()}'}):
            for path in GUARDED[:-1]:
                self.assertEqual(self.zboard.get(path, headers).status, 200, (path, headers))
            self.zboard.stream(headers).next("state")
            self.assertEqual(self.zboard.post(TRACK, [], headers).status, 200)

    def test_what_a_stranger_brings_is_not_read(self):
        """He learns that he may not, not whether it was right."""
        for body in (b"no json", b'{"type": "llm_call"}', b"x" * (2 << 20)):
            self.refused(self.zboard.post(TRACK, body))
        self.refused(self.zboard.request("POST", TRACK, b"{}", {"Content-Type": "text/plain"}))
        self.failed(self.zboard.get("/nothing"), 404)
        self.failed(self.zboard.request("PUT", COSTS), 405)
        self.refused(self.zboard.get("/api/series?step=x"))
        self.failed(self.zboard.get("/api/series?step=x", bearer(TOKEN)), 400)

    def test_a_browser_gets_the_page_for_metrics(self):
        """Which asks for the token."""
        answer = self.zboard.get("/metrics", {"Accept": "text/html"})
        self.assertEqual((answer.status, answer.body), (200, self.zboard.get("/").body))
        self.refused(self.zboard.get("/metrics", {"Accept": "text/plain, text/html;q=0"}))

    def test_any_name_will_do(self):
        self.assertEqual(self.zboard.get(COSTS, {"Host": "board.example.com", **bearer(TOKEN)}).status, 200)
        self.refused(self.zboard.get(COSTS, {"Host": "board.example.com"}))

    def test_no_token_is_in_the_log(self):
        for headers in (bearer(TOKEN), bearer(OTHER + "x")):
            self.zboard.get(COSTS, headers)
        self.zboard.post("/api/session", {"token": TOKEN})
        self.zboard.stop()
        for token in (TOKEN, OTHER, TOKEN.encode().hex()):
            self.assertNotIn(token, self.zboard.log_text())


class Session(Guarded):
    def test_a_browser_gets_a_cookie_for_a_token(self):
        answer = self.zboard.post("/api/session", {"token": TOKEN})
        self.assertEqual((answer.status, answer.body), (204, b""))
        cookie, *attributes = answer.headers["Set-Cookie"].split("; ")
        self.assertEqual(attributes, ["Path=/", "HttpOnly", "SameSite=Strict"])
        self.assertNotIn(TOKEN, cookie)
        for path in GUARDED[:-1]:
            self.assertEqual(self.zboard.get(path, {"Cookie": cookie}).status, 200, path)
        self.zboard.stream({"Cookie": cookie}).next("state")
        self.assertEqual(self.zboard.post(TRACK, [], {"Cookie": cookie}).status, 200)
        self.refused(self.zboard.get(COSTS, {"Cookie": cookie, **bearer("wrong-token-that-is-long")}))

    def test_none_for_what_is_no_token(self):
        wrong = ("wrong-token-that-is-long", TOKEN[:-1], "", None, [TOKEN], "x" * 10_000)
        for body in (*({"token": token} for token in wrong), {"Token": TOKEN}, {}, [], TOKEN, b"", b"{",
                     b'{"token": "%s\\u0000"}' % TOKEN.encode()):
            answer = self.zboard.post("/api/session", body)
            self.refused(answer)
            self.assertNotIn("Set-Cookie", answer.headers)
        body = b'{"token": "%s"}' % TOKEN.encode()
        self.failed(self.zboard.request("POST", "/api/session", body, {"Content-Type": "text/plain"}), 415)

    def test_its_end(self):
        answer = self.zboard.request("DELETE", "/api/session")
        self.assertEqual(answer.status, 204)
        self.assertRegex(answer.headers["Set-Cookie"], r"^zboard=; .*Max-Age=0$")


class Reload(Guarded):
    def reload(self, text, event):
        since = len(self.zboard.log)
        if text is None:
            self.tokens.unlink()
        else:
            self.tokens.write_text(text)
        self.zboard.send_signal(signal.SIGHUP)
        return self.zboard.wait_log(event, since=since)

    def test_new_tokens_count_from_now_on(self):
        connection = self.zboard.connection()  # also on a connection that stands
        for text, good, bad in ((OTHER, OTHER, TOKEN), (TOKEN + "\n", TOKEN, OTHER),
                                ("x" * 16 + "\n" + "y" * 512, "y" * 512, TOKEN)):
            self.assertEqual(self.reload(text, "token_file_read")["tokens"], str(text.count("\n", 0, -1) + 1))
            for token, status in ((good, 200), (bad, 401)):
                connection.request("GET", COSTS, headers=bearer(token))
                answer = connection.getresponse()
                answer.read()
                self.assertEqual(answer.status, status)

    def test_a_broken_file_changes_nothing(self):
        for text, why in (("short\n", "16 to 512"), ("", "no token"), ("# none\n\n", "no token"),
                          ("x" * 513, "16 to 512"), (OTHER + "\n" + "two words in a line", "blanks"),
                          (OTHER + "\n" + "größe" * 4, "ASCII"),
                          ("\n".join("token-of-many-%03d" % i for i in range(17)), "16 tokens"),
                          (None, "No such file")):
            line = self.reload(text, "token_file")
            self.assertEqual((line["level"], line["file"]), ("error", str(self.tokens)))
            self.assertIn(why, line["reason"])
            self.assertEqual(self.zboard.get(COSTS, bearer(TOKEN)).status, 200, why)
            self.refused(self.zboard.get(COSTS, bearer("two")))
        self.reload(OTHER, "token_file_read")

    def test_open_streams_end(self):
        """Who may still listen comes again."""
        streams = [self.zboard.stream(bearer(TOKEN)) for _ in range(3)]
        self.reload(OTHER, "token_file_read")
        for stream in streams:
            with self.assertRaisesRegex(EOFError, "the stream ended"):
                while True:
                    stream.next()
        self.refused(self.zboard.get("/api/stream", bearer(TOKEN)))
        self.zboard.stream(bearer(OTHER)).next("state")

    def test_who_was_let_in_before_is_asked_again(self):
        """Where the rest of the request comes after the token's end."""
        tracked = [{"type": "query_router", "cost": 1}]
        requests = (("GET", "/api/stream", b"x"), ("GET", COSTS, b"x"), ("POST", TRACK, json.dumps(tracked).encode()))
        sockets = []
        for method, path, body in requests:
            head = self.zboard.head(method, path, "Content-Type: application/json", f"Content-Length: {len(body)}",
                                    f"Authorization: Bearer {TOKEN}", "Connection: close")
            sockets.append(self.zboard.connect())
            sockets[-1].sendall(head)
        self.zboard.get("/healthz")  # the heads were read
        self.reload(OTHER, "token_file_read")
        for socket, (_, path, body) in zip(sockets, requests):
            socket.sendall(body)
            self.assertTrue(read_all(socket).startswith(b"HTTP/1.1 401 "), path)

    def test_without_a_file_it_is_nothing(self):
        zboard = self.board(self.zcostd)
        zboard.send_signal(signal.SIGHUP)
        self.assertEqual(zboard.get(COSTS).status, 200)


class Starts(BoardCase):
    """Whatever is wrong with a file that it was told to use, it says so in one line and does not serve."""

    def fails(self, *args, naming):
        begun = time.monotonic()
        places = [word for role in ROLES for word in ("--" + role, NOWHERE)]
        done = run("zboard", "--listen", "127.0.0.1:0", *places, *args)
        self.assertEqual(done.returncode, 1, done.stderr)
        lines = [line for line in done.stderr.splitlines() if "level=error" in line]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertNotIn("event=ready", done.stderr)
        for name in naming:
            self.assertIn(name, lines[0])
        return time.monotonic() - begun

    def test_token_files(self):
        with tempfile.TemporaryDirectory() as dir:
            path = f"{dir}/tokens"
            self.fails("--token-file", path, naming=("token_file", path, "No such file"))
            self.fails("--token-file", dir, naming=("token_file", dir))
            for text, why in (("", "no token"), ("short", "16 to 512"), ("x" * 600, "16 to 512"),
                              ("a b" * 10, "blanks")):
                with open(path, "w") as file:
                    file.write(text)
                self.fails("--token-file", path, naming=("token_file", path, why))

    def test_tls_files(self):
        with tempfile.TemporaryDirectory() as dir:
            cert, key = make_certificate(dir)
            other = make_certificate(dir, "other")[1]
            for name in ("nothing", "garbage"):
                with open(f"{dir}/{name}", "w") as file:
                    file.write("no PEM\n" * (name == "garbage"))
            absent, nothing, garbage = f"{dir}/absent", f"{dir}/nothing", f"{dir}/garbage"
            for files, naming in (((absent, key), (absent, "No such file")), ((cert, absent), (absent, "No such file")),
                                  ((nothing, key), (nothing, "empty")), ((cert, dir), (dir,)),
                                  ((garbage, key), ("TLS",)),
                                  ((cert, garbage), ("TLS",)), ((cert, other), ("TLS",)), ((key, cert), ("TLS",))):
                with self.subTest(files=files):
                    self.fails("--tls-cert", files[0], "--tls-key", files[1], naming=naming)


def make_certificate(dir, name="zboard"):
    if not shutil.which("openssl"):
        raise unittest.SkipTest("needs openssl")
    cert, key = f"{dir}/{name}.pem", f"{dir}/{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


class Tls(BoardCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.cert, cls.key = make_certificate(cls.dir)
        tokens = os.path.join(cls.dir, "tokens")
        with open(tokens, "w") as file:
            file.write(TOKEN)
        cls.zcostd = cls.enterClassContext(Daemon(interval=0.1))
        cls.zboard = cls.enterClassContext(Board(
            cls.zcostd, "--tls-cert", cls.cert, "--tls-key", cls.key, "--token-file", tokens,
            tls=ssl.create_default_context(cafile=cls.cert)))

    def test_all_as_without(self):
        self.assertTrue(self.zboard.wait_log("listening")["endpoint"].startswith("https://127.0.0.1:"))
        self.assertEqual(self.zboard.get("/").status, 200)
        self.failed(self.zboard.get(COSTS), 401)
        self.assertIn("query_router", self.zboard.json(COSTS, bearer(TOKEN)))
        self.assertEqual(self.zboard.post(TRACK, {"type": "llm_call", "cost": 1}, bearer(TOKEN)).status, 200)
        self.zcostd.settle(1)
        stream = self.zboard.stream(bearer(TOKEN))
        for _ in range(5):
            stream.next("snapshot")
        self.assertIn("Secure", self.zboard.post("/api/session", {"token": TOKEN}).headers["Set-Cookie"].split("; "))

    def test_large_bodies_both_ways(self):
        connection = self.zboard.connection()
        for _ in range(3):
            body = b'[{"type": "llm_call", "x": "' + b"x" * 1_000_000 + b'"}, 5]'
            connection.request("POST", TRACK, body, {**JSON, **bearer(TOKEN)})
            self.assertEqual(connection.getresponse().read()[:12], b'{"detail":"n')
            connection.request("GET", "/assets/style.css")
            self.assertGreater(len(connection.getresponse().read()), 10_000)

    def test_plain_http_fails_and_hurts_nobody(self):
        for data in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"", b"\x16\x03\x01", os.urandom(2000)):
            with sockets.create_connection((self.zboard.host, self.zboard.port), timeout=10) as socket:
                with contextlib.suppress(OSError):  # it may hang up at any time
                    socket.sendall(data)
                    socket.shutdown(1)
                    self.assertNotIn(b"HTTP/1.1 200", socket.recv(1000))
        self.assertEqual(self.zboard.get("/healthz").status, 200)

    def test_no_old_tls(self):
        context = ssl.create_default_context(cafile=self.cert)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            connection = http.client.HTTPSConnection(self.zboard.host, self.zboard.port, timeout=10, context=context)
            connection.request("GET", "/healthz")
            connection.getresponse()


if __name__ == "__main__":
    unittest.main()
