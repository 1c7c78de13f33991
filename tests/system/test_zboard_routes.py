# SPDX-License-Identifier: MPL-2.0
"""Routes of zboard: which methods each takes, what all answers have, and their connections. What the answers of
questions hold is in test_zboard_questions.py."""
import json
import re
import time
import unittest

from board import COSTS, JSON, TRACK, BoardCase
from harness import PATIENCE, SANITIZED, fixed_endpoints
from route_case import ALLOW, PAGES, QUESTIONS, Case

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get", "X")
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


class Methods(Case):
    def test_each_route_names_what_it_takes(self):
        for path, allow in ALLOW.items():
            for method in METHODS:
                if method in allow.split(", "):
                    continue
                answer = self.ask(method, path, JSON)
                with self.subTest(method=method, path=path):
                    self.assertEqual(answer.headers["Allow"], allow)
                    self.assertEqual(answer.status, 405)
                    if method != "HEAD":
                        self.assertEqual(self.failed(answer, 405, "method"), f"this address accepts only {allow}")

    def test_what_is_taken_is_answered(self):
        for path in PAGES + QUESTIONS:
            self.assertEqual(self.get(path).status, 200, path)
        self.assertEqual(self.ask("POST", TRACK, JSON, b"[]").json(), {"status": "tracked"})
        self.failed(self.ask("POST", "/api/session", JSON, b"{}"), 401, "token")  # there is none here
        self.assertEqual(self.ask("DELETE", "/api/session").status, 204)

    def test_head_is_get_without_a_body(self):
        for path in PAGES + QUESTIONS + ("/nothing", "/assets/nothing.js", "/api/series?step=x"):
            get, head = self.get(path), self.ask("HEAD", path)
            with self.subTest(path=path):
                self.assertEqual((head.status, head.body), (get.status, b""))
                self.assertEqual(set(head.headers), set(get.headers))
                self.assertEqual(head.headers["Content-Type"], get.headers["Content-Type"])
                if path not in ("/metrics", *QUESTIONS):  # which go on to change
                    self.assertEqual(head.headers["Content-Length"], str(len(get.body)))

    def test_head_of_a_stream_ends(self):
        connection = self.zboard.connection()
        for _ in range(3):
            connection.request("HEAD", "/api/stream")
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.getheader("Content-Type"), answer.read()),
                             (200, "text/event-stream", b""))
        self.assertEqual(self.zboard.metrics()["zboard_streams"], "0")

    def test_unknown_paths(self):
        for path in ("/nothing", "/index.html", "/api", "/api/", "/api/health/", "/API/health", "/api/breakdowns", "//",
                     "/healthz/", "/metrics/x", "/assets", "/assets/", "/assets/nothing.js", "/assets/../app.js",
                     "/assets/%2e%2e/%2e%2e/etc/passwd", "/assets//etc/passwd", "/assets/app.js/", "/assets/app.js%00",
                     "/healthz%00", "/healthz%00x?y", "/assets/" + "x" * 3000, "/../etc/passwd", "/%2e%2e/etc/passwd",
                     "/%", "/%zz", "/%ff"):
            for method in ("GET", "HEAD"):
                answer = self.ask(method, path)
                with self.subTest(method=method, path=path):
                    self.assertEqual(answer.status, 404)
                    if method == "GET":
                        self.failed(answer, 404, "not_found")
        self.failed(self.ask("POST", "/nothing", JSON, b"{}"), 404)
        self.failed(self.ask("OPTIONS", "/nothing", {"Origin": "http://x"}), 404)

    def test_an_address_may_be_whole(self):
        for path in ("/healthz", "", "/api/health", "/assets/app.js"):
            answer = self.ask("GET", f"http://{self.zboard.host}:{self.zboard.port}{path}")
            self.assertEqual(answer.status, 200, path)

    def test_an_address_may_be_escaped(self):
        for path in ("/assets/app%2ejs", "/assets%2Fapp.js", "/%61ssets/app.js?v=%00", "/health%7A"):
            self.assertEqual(self.get(path).status, 200, path)

    def test_what_says_twice_where_it_ends_is_refused(self):
        """Who stands before us may have taken another end for the right one."""
        for lines in (["Content-Length: 2", "Content-Length: 9"], ["Content-Length: 2", "Transfer-Encoding: chunked"],
                      ["Content-Length: 4", "Transfer-Encoding : chunked"], ["Content-Length : 4"], ["Host : evil"]):
            head = self.zboard.head("POST", TRACK, "Content-Type: application/json", *lines)
            answer = self.zboard.raw(head + b"2\r\n[]\r\n0\r\n\r\n")
            with self.subTest(lines):
                self.assertRegex(answer, rb"^HTTP/1.1 400 ")
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1)

    def test_a_coding_that_it_does_not_know_is_refused_at_once(self):
        for coding in ("gzip, chunked", "gzip", "identity", "chunked, chunked"):
            head = self.zboard.head("POST", TRACK, "Content-Type: application/json", f"Transfer-Encoding: {coding}")
            answer = self.zboard.raw(head + b"2\r\n[]\r\n0\r\n\r\n")
            with self.subTest(coding):
                self.assertRegex(answer, rb"^HTTP/1.1 (501|400) ")  # 400 where libmicrohttpd itself sees it
                self.assertEqual(answer.count(b"HTTP/1.1 "), 1)
        for coding in ("chunked", "Chunked"):
            head = self.zboard.head("POST", TRACK, "Content-Type: application/json", f"Transfer-Encoding: {coding}",
                                    "Connection: close")
            self.assertTrue(self.zboard.raw(head + b"2\r\n[]\r\n0\r\n\r\n").startswith(b"HTTP/1.1 200 "), coding)

    def test_what_fills_its_memory_is_forgotten(self):
        """Of a request whose parameters have no room libmicrohttpd tells the beginning only."""
        zboard = self.board(self.zcostd)
        head = zboard.head("GET", "/api/breakdown?" + "where=a=b&" * 380)

        def send():
            sockets = [zboard.connect() for _ in range(400)]
            for socket in sockets:
                socket.sendall(head)
            for socket in sockets:
                socket.close()
            zboard.wait_for(lambda: zboard.get("/healthz").status == 200)
            return zboard.memory_bytes()

        # A round takes 1.5 MB of addresses, and up to 5 more as it finds more or less of its connections still open.
        rounds = [send() for _ in range(20)]
        if not SANITIZED:  # which keeps what is freed
            self.assertLess(rounds[-1] - rounds[0], 10 << 20, rounds)
        begun = time.monotonic()
        zboard.stop()
        self.assertLess(time.monotonic() - begun, 1.5 * PATIENCE)  # it waits for none of them

    def test_parameters_of_pages_do_not_matter(self):
        for path in ("/", "/assets/app.js", "/healthz", "/readyz", "/favicon.ico"):
            self.assertEqual(self.get(path + "?v=1&lang=es").status, 200, path)

    def test_an_address_has_4096_bytes(self):
        for path, name in (("/api/health", "x"), ("/nothing", "x"), (COSTS, "service")):
            path += f"?{name}="
            self.failed(self.get(path + "x" * (4097 - len(path))), 414, "too_large")
            self.failed(self.get(path + "x" * 10_000), 414, "too_large")
            self.assertIn(self.get(path + "x" * (4096 - len(path))).status, (400, 404))
        self.assertEqual(self.get("/healthz?" + "x" * 4000).status, 200)


class Pages(Case):
    def test_all_that_the_page_names_is_there(self):
        page = self.get("/")
        self.assertEqual(page.headers["Content-Type"], "text/html; charset=utf-8")
        self.assertIn("<title>", page.text)
        names = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text))
        self.assertLessEqual({"/assets/app.js", "/assets/style.css", "/assets/icon.svg"}, names)
        seen = set()
        while names - seen:
            path = (names - seen).pop()
            seen.add(path)
            answer = self.get(path)
            with self.subTest(path=path):
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.headers["Content-Type"], TYPES[path[path.rindex("."):]])
                self.assertGreater(len(answer.body), 100)
            if path.endswith(".js"):
                names |= {"/assets/" + name for name in re.findall(r'(?:from|import) "\./([^"]+)"', answer.text)}

    def test_nothing_of_the_page_is_inline(self):
        """Else its own policy would forbid it."""
        self.assertNotRegex(self.get("/").text, r"(?i)<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:")

    def test_the_icon_has_both_names(self):
        icon = self.get("/favicon.ico")
        self.assertEqual((icon.status, icon.headers["Content-Type"]), (200, "image/svg+xml"))
        self.assertEqual(icon.body, self.get("/assets/icon.svg").body)

    def test_what_a_browser_has_is_not_sent_again(self):
        tags = set()
        for path in ("/", "/favicon.ico", "/assets/app.js", "/assets/style.css"):
            answer = self.get(path)
            tag = answer.headers["ETag"]
            tags.add(tag)
            self.assertRegex(tag, r'^"[0-9a-f]{16}"$')
            self.assertEqual(answer.headers["Cache-Control"], "no-cache")
            for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
                again = self.get(path, {"If-None-Match": known})
                with self.subTest(path=path, known=known):
                    self.assertEqual((again.status, again.body, again.headers["ETag"]), (304, b"", tag))
                    self.assertEqual(again.headers["Content-Length"], str(len(answer.body)))
            raw = self.zboard.raw(self.zboard.head("GET", path, f"If-None-Match: {tag}", "Connection: close"))
            self.assertTrue(raw.endswith(b"\r\n\r\n"), raw)
            for other in ('"0123456789abcdef"', tag[:-2], "", "x"):
                self.assertEqual(self.get(path, {"If-None-Match": other}).status, 200, other)
        self.assertEqual(len(tags), 4)

    def test_metrics_are_the_page_for_a_browser(self):
        accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        self.assertEqual(self.get("/metrics", {"Accept": accept}).body, self.get("/").body)

    def test_metrics_are_what_is_accepted(self):
        html, plain, open_metrics = ("text/html; charset=utf-8", "text/plain; version=0.0.4; charset=utf-8",
                                     "application/openmetrics-text; version=1.0.0; charset=utf-8")
        prometheus = ("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                      "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2")
        for accept, wanted in (
                (None, plain), ("*/*", plain), ("text/plain", plain), ("application/json", plain), ("", plain),
                (prometheus, open_metrics), ("text/plain;q=0.5,application/openmetrics-text;x=1", open_metrics),
                ("text/plain;q=0,Application/OpenMetrics-Text;Q=0.001", open_metrics), ("text/html", html),
                ("text/plain;q=0, text/html;level=1;q=1.0", html), ("text/plain, text/html;q=0", plain),
                ("text/html ; q=0.000 ,*/*", plain), ("text/htmlx", plain), ("x/text/html", plain),
                ("application/openmetrics-text;version=1.0.0;q=0", plain),
                ("application/openmetrics-text;q=0.0, text/html;q=0.5", html)):
            for method in ("GET", "HEAD"):
                answer = self.ask(method, "/metrics", {"Accept": accept} if accept is not None else {})
                with self.subTest(accept=accept):
                    self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, wanted))
                    self.assertEqual(answer.headers.get_all("Vary"), ["Accept"])
        lines = self.zboard.head("GET", "/metrics", "Accept: text/plain", "Accept: text/html", "Connection: close")
        self.assertIn(b"Content-Type: text/html", self.zboard.raw(lines))


class Health(BoardCase):
    def test_ready_while_the_daemon_is_there(self):
        zcostd = self.daemon(interval=0.2, bind=fixed_endpoints())
        zboard = self.board(zcostd)

        def ready():
            answer = zboard.get("/readyz")
            return answer.status, answer.text

        self.assertEqual(ready(), (200, "ready\n"))
        for _ in range(2):
            zcostd.crash()
            zboard.wait_for(lambda: ready() == (503, "zcostd is unreachable\n"))
            self.assertEqual((zboard.get("/healthz").status, zboard.get("/healthz").text), (200, "ok\n"))
            zboard.wait_log("daemon_away")
            zcostd.start()
            zboard.wait_for(lambda: ready() == (200, "ready\n"))
        self.assertEqual([line["event"] for line in zboard.log if line["event"].startswith("daemon_")],
                         ["daemon_up"] + ["daemon_away", "daemon_up"] * 2)

    def test_where_there_never_was_a_daemon(self):
        zboard = self.board()
        self.assertEqual((zboard.get("/healthz").status, zboard.get("/readyz").status), (200, 503))
        self.assertTrue(zboard.get("/readyz").headers["Retry-After"])
        self.assertEqual(zboard.get("/").status, 200)
        for path in QUESTIONS:
            answer = zboard.get(path)
            self.assertIn("zcostd is unreachable", self.failed(answer, 503, "unavailable"))
            self.assertTrue(answer.headers["Retry-After"])


class Connections(Case):
    def test_many_requests_on_one(self):
        connection = self.zboard.connection()
        connection.connect()
        socket = connection.sock
        for i in range(300):
            path = ("/healthz", COSTS, "/nothing", "/api/series?step=x", "/", "/metrics", "/api/health")[i % 7]
            if i % 10 == 9:
                connection.request("POST", TRACK, b"[]", JSON)
            else:
                connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            self.assertIn(answer.status, (200, 400, 404))
            self.assertIs(connection.sock, socket, "the connection was not kept")

    def test_refused_bodies_leave_the_connection_whole(self):
        """A body that nobody wanted is no request."""
        connection = self.zboard.connection()
        connection.connect()
        socket = connection.sock
        body = b"GET /nothing HTTP/1.1\r\n\r\n" * 100
        for path, headers, status in ((TRACK, {}, 415), ("/nothing", JSON, 404), ("/healthz", JSON, 405),
                                      (TRACK, JSON, 400)):
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, status)
            self.assertIs(connection.sock, socket)

    def test_requests_sent_ahead_are_answered_in_order(self):
        paths = ["/healthz", COSTS, "/nothing", "/api/breakdown?by=model", "/healthz", "/api/budgets"] * 5
        wanted = [200, 200, 404, 200, 200, 200] * 5
        with self.zboard.connect() as socket:
            socket.sendall(b"".join(self.zboard.head("GET", path) for path in paths) +
                           self.zboard.head("GET", "/readyz", "Connection: close"))
            with socket.makefile("rb") as file:
                answers = [self.read_answer(file) for _ in wanted]
                rest = file.read()
        self.assertEqual([status for status, _ in answers], wanted)
        self.assertEqual(answers[0][1], b"ok\n")
        self.assertIn("query_router", json.loads(answers[1][1]))
        self.assertIn("rows", json.loads(answers[3][1]))
        self.assertTrue(rest.startswith(b"HTTP/1.1 200") and rest.endswith(b"ready\n"), rest)

    @staticmethod
    def read_answer(file):
        """Status and body of the next one."""
        head = b"".join(iter(file.readline, b"\r\n")).decode()
        return int(head.split()[1]), file.read(int(re.search(r"(?m)^Content-Length: (\d+)", head)[1]))

    def test_http_1_0(self):
        for path, end in (("/healthz", b"ok\n"), ("/api/budgets", b'{"budgets":[]}')):
            answer = self.zboard.raw(b"GET %s HTTP/1.0\r\n\r\n" % path.encode())
            self.assertTrue(answer.startswith(b"HTTP/1."), answer)
            self.assertEqual(answer.split(b"\r\n\r\n", 1)[1], end)
        body = b'{"type": "rag_parallel"}'
        head = b"POST %s HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.assertIn(b'{"status":"tracked"}', self.zboard.raw(head % (TRACK.encode(), len(body)) + body))

    def test_close_is_closed(self):
        answer = self.zboard.raw(self.zboard.head("GET", "/healthz", "Connection: close"))
        self.assertTrue(answer.endswith(b"\r\n\r\nok\n"), answer)

    def test_a_stream_over_http_1_0_has_no_chunks(self):
        with self.zboard.connect() as socket:
            socket.sendall(b"GET /api/stream HTTP/1.0\r\n\r\n")
            received = b""
            while b"event: state" not in received:
                received += socket.recv(65536)
        self.assertEqual(received.split(b"\r\n\r\n", 1)[1][:13], b"retry: 2000\n\n")


if __name__ == "__main__":
    unittest.main()
