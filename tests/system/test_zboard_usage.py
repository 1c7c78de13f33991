# SPDX-License-Identifier: MPL-2.0
"""zboard's command line, its configuration file, its log, and its end."""
import os
import re
import signal
import socket as sockets
import subprocess
import tempfile
import time
import unittest

from board import COSTS, NOWHERE, TRACK, BoardCase
from harness import PATIENCE, ROLES, executable, run

PLACES = ("--listen", "127.0.0.1:0", *(word for role in ROLES for word in ("--" + role, NOWHERE)))
OPTIONS = ("listen", "ingest", "publish", "query", "spool", "token-file", "tls-cert", "tls-key", "config")


class Options(BoardCase):
    def refused(self, *args, naming):
        done = run("zboard", *args)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("zboard: "), done.stderr)
        self.assertIn(naming, done.stderr)

    def test_help_and_version(self):
        done = run("zboard", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in (*OPTIONS, "help", "version"):
            self.assertIn("  --" + option, done.stdout)
        done = run("zboard", "--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"^zboard \d+\.\d+\.\d+\n$")

    def test_help_that_nobody_can_read(self):
        for option in ("--help", "--version"):
            with open("/dev/full", "w") as full:
                done = subprocess.run([executable("zboard"), option], stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual((done.returncode, done.stderr), (1, "zboard: cannot write: No space left on device\n"))

    def test_unknown_options(self):
        for option in ("--nope", "--listens", "-z", "--interval=5", "--data"):
            self.refused(option, naming=option.split("=")[0])
        self.refused("stray", naming="stray")
        self.refused("--", "stray", naming="stray")
        self.refused("-h", naming="unknown option '-h'")
        self.refused("--help=now", naming="--help takes no value")

    def test_a_value_missing(self):
        for option in OPTIONS:
            self.refused("--" + option, naming=f"--{option} needs a value")

    def test_bad_values(self):
        wrong = {
            "listen": ("", "nope", "127.0.0.1", "127.0.0.1:", ":7750", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:x",
                       "127.0.0.1:80x", "::1:7750", "[::1]", "[]:1", "x" * 300 + ":1", "http://127.0.0.1:1",
                       "127.0.0.1:1:2"),
            **dict.fromkeys(ROLES, ("", "nope", "127.0.0.1:7751", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:99999",
                                    "tcp://127.0.0.1:*", "http://127.0.0.1:1", "ipc://", "inproc://x")),
            "spool": ("", 'a"b', "a\tb"), "token-file": ("", "x" * 5000), "tls-cert": ("",), "tls-key": ("", "\x7f"),
        }
        for option, values in wrong.items():
            for value in values:
                with self.subTest(option=option, value=value[:40]):
                    self.refused("--" + option, value, naming=f"--{option}: ")
                    self.refused(f"--{option}={value}", naming=f"--{option}: ")

    def test_a_certificate_needs_its_key(self):
        for option in ("--tls-cert", "--tls-key"):
            self.refused(*PLACES, option, "x", naming="http/tls_cert and http/tls_key")

    def test_a_mistake_behind_help_is_none(self):
        self.assertEqual(run("zboard", "--help", "--nope").returncode, 0)


class File(BoardCase):
    def refused(self, text, line, *naming):
        with tempfile.NamedTemporaryFile(suffix=".conf") as file:
            file.write(text.encode())
            file.flush()
            done = run("zboard", *PLACES, "--config", file.name)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            if line:
                self.assertTrue(done.stderr.startswith(f"zboard: {file.name}:{line}: "), done.stderr)
            for name in naming:
                self.assertIn(name, done.stderr)

    def test_unknown_settings(self):
        self.refused("nope\n    x = 5\n", 1, "nope: unknown section")
        self.refused("# a comment\n\njournal\n    keep = 5d\n", 3, "journal: unknown section")
        self.refused("http\n    access_log = off\nHttp\n", 3, "Http: unknown section")
        self.refused("http\n    port = 80\n", 2, "http/port: unknown setting")
        self.refused("http\n    access_log = off\n        deeper = 1\n", 3, "deeper")
        self.refused("http = 5\n", 1, "http: is a section")
        self.refused("http\n  access_log = off\n", 2, "not ZPL")

    def test_bad_values(self):
        for section, name, values in (
                ("http", "listen", ("nope", "", "127.0.0.1")),
                ("http", "host", ("", "http://x", "x:80", "a b", "[::1]")),
                ("http", "allow_origin", ("", "x", "*", "http://", "ftp://x", "https://x/", "https://*.x", "null")),
                ("http", "max_connections", ("7", "0", "-1", "x", "100001", "1e3", "")),
                ("http", "max_streams", ("0", "-1", "x", "100001")),
                ("http", "request_seconds", ("0", "0.9", "3601", "-1", "x", "nan", "")),
                ("http", "access_log", ("", "yes", "On", "1")), ("http", "token_file", ("",)),
                ("http", "tls_key", ("",)),
                ("ingest", "endpoint", ("nope", "tcp://127.0.0.1:*")), ("ingest", "spool", ("",)),
                ("ingest", "queue_bytes", ("4194303", "1073741825", "x", "-1")), ("publish", "endpoint", ("nope",)),
                ("query", "endpoint", ("nope",)), ("metrics", "max_labels", ("0", "1001", "x")),
                ("memory", "max_bytes", ("-1", "5", "268435455", "x"))):
            for value in values:
                with self.subTest(setting=f"{section}/{name}", value=value):
                    self.refused(f'publish\n    endpoint = tcp://127.0.0.1:1\n{section}\n    {name} = "{value}"\n', 4,
                                 f"{section}/{name}: ")

    def test_settings_that_do_not_go_together(self):
        self.refused("http\n    max_connections = 100\n", 0, "http/max_streams", "http/max_connections")
        self.refused("http\n    tls_cert = x\n", 0, "http/tls_cert")
        self.refused("http\n" + "".join(f"    host = h{i}\n" for i in range(9)), 10, "http/host: may be given")
        self.refused("http\n" + "".join(f"    allow_origin = http://h{i}\n" for i in range(9)), 10, "may be given")

    def test_files_that_cannot_be_read(self):
        with tempfile.TemporaryDirectory() as dir:
            for path in (f"{dir}/absent", dir, "/dev/zero"):
                done = run("zboard", *PLACES, "--config", path)
                self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (2, "", 1), done.stderr)
                self.assertIn(path, done.stderr)

    def test_the_command_line_beats_the_file(self):
        config = "http\n    listen = 127.0.0.1:1\n    access_log = off\nquery\n    endpoint = tcp://127.0.0.1:2\n"
        zboard = self.board(self.daemon(), config=config)
        self.assertEqual(zboard.get(COSTS).status, 200)
        zboard.stop()
        self.assertNotIn("event=request", zboard.log_text())  # what only the file says counts


class Start(BoardCase):
    def fails(self, *args, event, **naming):
        begun = time.monotonic()
        done = run("zboard", *PLACES, *args)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        line, = (line for line in done.stderr.splitlines() if "level=error" in line)
        self.assertIn(f"event={event} ", line)
        for name, value in naming.items():
            self.assertRegex(line, f"{name}=\"?[^\"]*{re.escape(value)}")
        self.assertLess(time.monotonic() - begun, 3 * PATIENCE)

    def test_an_address_that_is_in_use(self):
        with sockets.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            self.fails("--listen", address, event="listen", address=address, reason="in use by another process")
        zboard = self.board()
        self.fails("--listen", f"127.0.0.1:{zboard.port}", event="listen", reason="in use")

    def test_an_address_that_is_not_ours(self):
        self.fails("--listen", "203.0.113.1:0", event="listen", address="203.0.113.1", reason="Cannot assign")
        self.fails("--listen", "no.such.host.invalid:0", event="listen", address="no.such.host.invalid", reason="")

    def test_a_spool_that_cannot_be(self):
        with tempfile.TemporaryDirectory() as dir:
            for path in (f"{dir}/absent", "/proc/self", "/dev/null"):
                self.fails("--spool", path, event="connect", spool=path)

    def test_an_address_of_any_kind(self):
        for listen, shown in (("localhost:0", "127.0.0.1:"), ("127.0.0.2:*", "127.0.0.2:"), ("[::1]:0", "[::1]:"),
                              ("0.0.0.0:0", "0.0.0.0:")):
            if listen.startswith("[") and not os.path.exists("/proc/net/if_inet6"):
                continue
            with self.subTest(listen=listen):
                zboard = self.board(listen=listen)
                self.assertEqual(zboard.get("/healthz").status, 200)
                self.assertIn("://", zboard.wait_log("listening")["endpoint"])
                if listen != "localhost:0":  # which may be either
                    self.assertIn("://" + shown, zboard.wait_log("listening")["endpoint"])

    def test_who_may_ask_is_told_where_it_is_everybody(self):
        zboard = self.board(listen="0.0.0.0:0")
        self.assertEqual(zboard.wait_log("open_to_all")["level"], "warn")
        with tempfile.NamedTemporaryFile("w") as tokens:
            tokens.write("a-token-of-some-length\n")
            tokens.flush()
            self.board(None, "--token-file", tokens.name, listen="0.0.0.0:0").wait_log("token_in_clear", level="warn")
        zboard = self.board()
        zboard.stop()
        for event in ("open_to_all", "token_in_clear"):
            self.assertNotIn(event, zboard.log_text())


class Log(BoardCase):
    def test_a_line_for_each_request(self):
        zboard = self.board(self.daemon())
        zboard.get("/nothing?a=b")
        zboard.post(TRACK, {})
        zboard.get(COSTS, {"Host": "evil.example"})
        for uri, method, status in (("/nothing?a=b", "GET", "404"), (TRACK, "POST", "400"), (COSTS, "GET", "421")):
            line = zboard.wait_log("request", uri=uri)
            self.assertEqual(list(line), ["level", "event", "method", "uri", "status", "ms", "peer"])
            self.assertEqual((line["level"], line["method"], line["status"]), ("info", method, status))
            self.assertEqual(line["peer"], "127.0.0.1")
            self.assertRegex(line["ms"], r"^\d+\.\d{3}$")
        stream = zboard.stream()
        stream.next("state")
        self.assertNotIn("uri=\"/api/stream\"", zboard.log_text())  # it is not over yet
        zboard.stop()
        self.assertEqual(zboard.wait_log("request", uri="/api/stream")["status"], "200")

    def test_what_it_could_not_answer_is_a_warning(self):
        zboard = self.board()
        zboard.get(COSTS)
        self.assertEqual(zboard.wait_log("request", uri=COSTS)["level"], "warn")

    def test_what_the_peer_writes_forges_nothing(self):
        zboard = self.board()
        lines = [f"GET {uri}" for uri in (
            '/x"\tstatus=200\tevil=1', '/"', '/\\"', "/%22%20evil=1", "/\x1b[31mevil=1", "/\x7f\x01evil=1",
            '/"\tevil="1', "/größe", "/\\", "/\x0blevel=error\x0bevent=evil")]
        lines += [f"{method} /forged" for method in ('x="', '"', "a=b", "a\x0bb=c", "\\", "\x1b[31m", "ü")]
        for line in lines:
            zboard.raw(line.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        zboard.stop()
        lines = [line for line in zboard.log if line.get("event") == "request"]
        self.assertGreater(len(lines), 12)
        for line in zboard.log[:-1]:
            self.assertRegex(line.text, r"^level=(info|warn) event=\w+( [ -~]*)?$")
            self.assertNotIn("evil", line)
        for line in lines:
            self.assertEqual(list(line), ["level", "event", "method", "uri", "status", "ms", "peer"], line.text)
            self.assertEqual(line.text.count('"'), 2, line.text)
            self.assertIn(line["status"], ("404", "405", "400"))

    def test_a_long_address_is_cut(self):
        zboard = self.board()
        zboard.get("/" + "x" * 4000)
        zboard.get("/" + "%22" * 1300)
        zboard.stop()
        self.assertTrue(all(len(line.text) < 1024 for line in zboard.log))
        self.assertEqual(sum(line.get("status") == "404" for line in zboard.log), 2)

    def test_a_hundred_a_second_and_the_others_are_counted(self):
        zboard = self.board()
        connection = zboard.connection()
        for _ in range(1500):
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        zboard.wait_log("requests_not_logged")
        time.sleep(1.1)
        zboard.stop()
        logged = sum(line.get("uri") == "/healthz" for line in zboard.log)
        left_out = sum(int(line["count"]) for line in zboard.log if line.get("event") == "requests_not_logged")
        self.assertEqual(logged + left_out, 1500)
        self.assertLess(logged, 900)


class End(BoardCase):
    def test_each_signal_ends_it(self):
        for numbers in ((signal.SIGINT,), (signal.SIGTERM,), (signal.SIGTERM, signal.SIGTERM),
                        (signal.SIGINT, signal.SIGTERM) * 5, (signal.SIGHUP, signal.SIGTERM)):
            zboard = self.board()
            zboard.stream()
            for number in numbers[:-1]:
                zboard.send_signal(number)
            zboard.stop(numbers[-1])
            ends = [line["event"] for line in zboard.log if line.get("event", "").startswith("stop")]
            self.assertEqual(ends, ["stopping", "stopped"])

    def test_its_last_line_tells_what_was_tracked(self):
        zboard = self.board(self.daemon())
        zboard.track({"type": "llm_call"}, [{"type": "llm_call"}] * 4)
        zboard.stop()
        self.assertEqual(zboard.log[-2]["event"], "stopped")
        self.assertEqual(zboard.log[-2]["tracked"], "5")

    def test_a_log_that_nobody_reads_holds_nothing_up(self):
        read, write = os.pipe()
        process = subprocess.Popen([executable("zboard"), *PLACES], stderr=write)
        os.close(write)
        os.close(read)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(10 * PATIENCE), 0)

    def test_standard_streams_that_are_closed_get_no_sockets(self):
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            with sockets.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            process = subprocess.Popen(["sh", "-c", f'exec "$@" {closed}', "sh", executable("zboard"), "--listen",
                                        f"127.0.0.1:{port}", *PLACES[2:]], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            try:
                deadline = time.monotonic() + 10 * PATIENCE
                while True:
                    try:
                        with sockets.create_connection(("127.0.0.1", port), timeout=5) as socket:
                            socket.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                            self.assertTrue(socket.makefile("rb").read().endswith(b"\r\n\r\nok\n"))
                        break
                    except ConnectionRefusedError:
                        self.assertLess(time.monotonic(), deadline)
                        time.sleep(0.02)
                for number in (0, 1, 2):
                    self.assertNotIn("socket", os.readlink(f"/proc/{process.pid}/fd/{number}"), closed)
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(10 * PATIENCE), 0, closed)
            finally:
                process.kill()
                process.wait()


if __name__ == "__main__":
    unittest.main()
