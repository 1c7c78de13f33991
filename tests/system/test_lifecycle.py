# SPDX-License-Identifier: MPL-2.0
"""Start and stop: what has arrived is counted, endpoints are not stolen, prices are read again."""
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from decimal import Decimal

import msgpack
import zmq

import samples
import wire
from harness import ANY_PORT, PATIENCE, SANITIZED, TestCase, executable, run

GOOD = wire.pack({"type": "query_router", "cost": 1})


class Leaving(TestCase):
    timeout = 60

    def last_snapshot(self, messages, number=signal.SIGTERM):
        """Signals as soon as the kernel has all messages; the last snapshot that a subscriber gets."""
        zcostd = self.daemon(interval=3600)
        subscriber = zcostd.subscribe()
        zcostd.next_snapshot(subscriber)
        zcostd.push(*messages)
        zcostd.stop(number, timeout=20)
        return self.last_of(zcostd, subscriber)

    def last_of(self, zcostd, subscriber):
        body = None
        while subscriber.poll(500):
            body = zcostd.next_snapshot(subscriber)
        self.assertIsNotNone(body, "no last snapshot")
        return body

    def test_what_has_arrived_is_counted_one_event_a_message(self):
        body = self.last_snapshot([GOOD] * 200_000)
        self.assertEqual(body["zcost"]["events"]["accepted"], 200_000)
        self.assertEqual(body["query_router"]["total_cost_usd"], "200000.000000000")

    def test_what_has_arrived_is_counted_in_batches(self):
        body = self.last_snapshot([wire.array([GOOD] * 500)] * 400, signal.SIGINT)
        self.assertEqual(body["zcost"]["events"]["accepted"], 200_000)

    def test_what_waits_in_the_kernel_at_the_signal_is_counted(self):
        """The daemon is stopped while the events come, so that it has read none of them when it is told
        to leave; they come over several connections, of which some have ended."""
        zcostd = self.daemon(interval=3600)
        subscriber = zcostd.subscribe()
        zcostd.next_snapshot(subscriber)
        contexts = [zmq.Context() for _ in range(4)]
        sockets = [context.socket(zmq.PUSH) for context in contexts]
        for socket in sockets:
            socket.connect(zcostd.endpoint("ingest"))
            socket.send(GOOD)
        zcostd.settle(len(sockets))
        zcostd.send_signal(signal.SIGSTOP)
        for socket in sockets:
            for _ in range(10_000):
                socket.send(GOOD)
        for socket, context in zip(sockets, contexts):
            socket.close(linger=20_000)
            context.term()  # returns when the kernel has it all
        zcostd.send_signal(signal.SIGTERM)
        zcostd.send_signal(signal.SIGCONT)
        self.assertEqual(zcostd.wait_exit(), 0)
        self.assertEqual(self.last_of(zcostd, subscriber)["zcost"]["events"]["accepted"], 40_004)

    def test_an_idle_daemon_leaves_soon_and_publishes(self):
        begin = time.monotonic()
        self.assertEqual(self.last_snapshot([])["zcost"]["events"]["accepted"], 0)
        self.assertLess(time.monotonic() - begin, 5 * PATIENCE)

    def test_a_producer_that_never_stops_does_not_hold_it(self):
        zcostd = self.daemon()
        stop = threading.Event()

        def flood():
            frame = wire.array([GOOD] * 500)
            with zcostd.socket(zmq.PUSH, "ingest", timeout=0.1) as socket:
                while not stop.is_set():
                    try:
                        socket.send(frame)
                    except zmq.Again:
                        pass

        thread = threading.Thread(target=flood)
        thread.start()
        try:
            zcostd.wait_health(lambda health: health["events"]["accepted"])
            zcostd.stop(timeout=15)
        finally:
            stop.set()
            thread.join()

    def test_peers_that_never_read_do_not_hold_it(self):
        zcostd = self.daemon(interval=0.05)
        for _ in range(3):
            zcostd.subscribe(rcvhwm=1, rcvbuf=2048)
        client = zcostd.socket(zmq.DEALER, "query", rcvhwm=1)
        for _ in range(500):
            client.send_multipart([b"", msgpack.packb({"query": "report"})])
        zcostd.ask("ping")
        zcostd.stop(timeout=10)

    def test_a_second_signal_is_no_accident(self):
        zcostd = self.daemon()
        zcostd.push(*[GOOD] * 1_000)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            zcostd.send_signal(number)
        self.assertEqual(zcostd.wait_exit(), 0)


class Restarting(TestCase):
    def test_the_same_ports_at_once(self):
        first = self.daemon()
        bind = {role: [first.endpoint(role)] for role in ("ingest", "publish", "query")}
        # Peers stay connected, so the old connections linger in TIME_WAIT.
        subscriber = first.subscribe()
        first.next_snapshot(subscriber)
        incarnation = first.report()["zcost"]["incarnation"]
        first.stop()
        second = self.daemon(bind=bind)
        self.assertNotEqual(second.report()["zcost"]["incarnation"], incarnation)
        self.assertEqual(second.next_snapshot(subscriber)["query_router"]["total_queries"], 0)

    def test_ipc_paths_after_a_clean_exit_and_after_a_kill(self):
        with tempfile.TemporaryDirectory() as dir:
            bind = {role: [f"ipc://{dir}/{role}.ipc"] for role in ("ingest", "publish", "query")}
            for end in ("stop", "kill", "kill", "stop"):
                zcostd = self.daemon(bind=bind)
                zcostd.push(GOOD)
                zcostd.settle(1)
                zcostd.next_snapshot(zcostd.subscribe())
                getattr(zcostd, end)()


class SecondStart(TestCase):
    """One that must fail: exit 1, one clear line, and no harm to the first."""

    def refused(self, role, endpoint):
        argv = ["--data", "none"]
        for other in ("ingest", "publish", "query"):
            argv += ["--" + other, endpoint if other == role else "tcp://127.0.0.1:*"]
        second = run("zcostd", *argv)
        self.assertEqual(second.returncode, 1, second.stderr)
        errors = [line for line in second.stderr.splitlines() if "level=error" in line]
        self.assertEqual(len(errors), 1, second.stderr)
        self.assertIn(endpoint, errors[0])
        self.assertNotIn("event=ready", second.stderr)
        self.assertNotIn("Assertion", second.stderr)
        return errors[0]

    def test_same_tcp_endpoint(self):
        first = self.daemon()
        for role in ("ingest", "publish", "query"):
            with self.subTest(role=role):
                self.refused(role, first.endpoint(role))
        first.push(GOOD)
        first.settle(1)
        first.next_snapshot(first.subscribe())

    def test_same_ipc_path_is_not_stolen(self):
        first = self.daemon(bind={role: ["ipc://{dir}/%s.ipc" % role] for role in ("ingest", "publish", "query")})
        for role in ("ingest", "publish", "query"):
            with self.subTest(role=role):
                self.refused(role, first.endpoint(role))
                self.assertTrue((first.dir / f"{role}.ipc").is_socket())
        # New connections over those paths reach the first.
        first.push(GOOD)
        first.settle(1)
        first.next_snapshot(first.subscribe())

    def test_a_file_that_is_no_socket_is_left_alone(self):
        with tempfile.TemporaryDirectory() as dir:
            path = pathlib.Path(dir, "precious")
            path.write_text("keep me")
            self.refused("ingest", f"ipc://{path}")
            self.assertEqual(path.read_text(), "keep me")

    def test_places_that_cannot_be_bound(self):
        for endpoint in ("ipc:///nowhere/at/all/x.ipc", "tcp://192.0.2.1:7751", "ipc://" + "/x" * 80):
            with self.subTest(endpoint=endpoint[:40]):
                self.refused("query", endpoint)

    def test_a_failed_start_leaves_no_ipc_file(self):
        first = self.daemon()
        with tempfile.TemporaryDirectory() as dir:
            result = run("zcostd", "--data", "none", "--ingest", f"ipc://{dir}/ingest.ipc", "--publish",
                         "tcp://127.0.0.1:*", "--query", first.endpoint("query"))
            self.assertEqual(result.returncode, 1)
            third = self.daemon(bind={"ingest": [f"ipc://{dir}/ingest.ipc"]})
            third.push(GOOD)
            third.settle(1)


class Ports(TestCase):
    def test_wildcard_ports_are_told(self):
        zcostd = self.daemon(bind={"ingest": ["tcp://127.0.0.1:*", "tcp://127.0.0.1:*"]})
        endpoints = [endpoint for role in ("ingest", "publish", "query") for endpoint in zcostd.endpoints(role)]
        self.assertEqual(len(set(endpoints)), 4)
        for endpoint in endpoints:
            self.assertTrue(re.fullmatch(r"tcp://127\.0\.0\.1:[1-9]\d+", endpoint), endpoint)


class Reload(TestCase):
    """SIGHUP reads the price file again."""

    def setUp(self):
        super().setUp()
        self.zcostd = self.daemon(prices=samples.PRICES)
        self.sent = 0

    def cost_of_a_million(self, model):
        before = Decimal(self.zcostd.report()["llm_calls"]["total_cost_usd"])
        self.zcostd.push_events({"type": "llm_call", "model": model, "input_tokens": 1_000_000})
        self.sent += 1
        self.zcostd.settle(self.sent)
        return Decimal(self.zcostd.report()["llm_calls"]["total_cost_usd"]) - before

    def hang_up(self, **pairs):
        since = len(self.zcostd.log)
        self.zcostd.send_signal(signal.SIGHUP)
        return self.zcostd.wait_log(since=since, **pairs)

    def new_table(self, price):
        table = json.loads(samples.PRICES)
        table["acme-full"]["input_cost_per_token"] = price
        table["acme-new"] = {"litellm_provider": "acme", "input_cost_per_token": 1e-06, "output_cost_per_token": 0}
        del table["acme-tiny"]
        return json.dumps(table)

    def test_new_prices_hold_for_later_events(self):
        self.assertEqual(self.cost_of_a_million("acme-full"), 3)
        before = self.zcostd.report()["zcost"]["price_table"]
        self.zcostd.prices_path.write_text(self.new_table(7e-06))
        self.hang_up(level="info")
        self.assertEqual(self.zcostd.ask("price", model="acme-tiny")["how"], "unpriced")
        self.assertEqual(Decimal(self.zcostd.ask("price", model="acme-full")["rates"]["input_usd_per_mtok"]), 7)
        self.assertEqual(self.zcostd.report()["llm_calls"]["total_cost_usd"], "3.000000000")
        self.assertEqual(self.cost_of_a_million("acme-full"), 7)
        self.assertEqual(self.cost_of_a_million("acme-new"), 1)
        after = self.zcostd.report()["zcost"]["price_table"]
        self.assertGreaterEqual(after["loaded_at"], before["loaded_at"])
        self.assertEqual(after["models"], before["models"])

    def test_a_broken_file_changes_nothing(self):
        table = self.zcostd.report()["zcost"]["price_table"]
        for text in ("", "{", "[]", "5", '{"acme-full": {"input_cost_per_token": 1e-06', "\0\xff", "{} x"):
            with self.subTest(text=text):
                self.zcostd.prices_path.write_text(text)
                line = self.hang_up(level="error")
                self.assertIn("prices", line.text)
                self.assertEqual(self.zcostd.report()["zcost"]["price_table"], table)
                self.assertEqual(self.cost_of_a_million("acme-full"), 3)
        self.zcostd.prices_path.unlink()
        self.hang_up(level="error")
        self.assertEqual(self.cost_of_a_million("acme-full"), 3)
        self.zcostd.prices_path.write_text(self.new_table(5e-06))
        self.hang_up(level="info")
        self.assertEqual(self.cost_of_a_million("acme-full"), 5)

    def test_a_pipe_in_the_files_place_is_not_waited_for(self):
        self.zcostd.prices_path.unlink()
        os.mkfifo(self.zcostd.prices_path)
        self.hang_up(level="error", event="prices_unusable")
        self.assertEqual(self.cost_of_a_million("acme-full"), 3)

    def test_a_table_without_the_baseline_model_changes_nothing(self):
        table = json.loads(samples.PRICES)
        del table["gpt-4o"]
        self.zcostd.prices_path.write_text(json.dumps(table))
        self.assertIn("gpt-4o", self.hang_up(level="error").text)
        self.assertEqual(self.zcostd.ask("price", model="gpt-4o")["how"], "exact")

    def test_many_hang_ups_under_load(self):
        frame = wire.array([wire.pack({"type": "llm_call", "model": "acme-full", "input_tokens": 1_000})] * 100)
        for _ in range(20):
            self.zcostd.push(*[frame] * 20)
            self.zcostd.send_signal(signal.SIGHUP)
        self.zcostd.settle(40_000)
        self.assertEqual(self.zcostd.report()["llm_calls"]["total_cost_usd"], "120.000000000")

    def test_without_a_price_file_it_lives_on(self):
        zcostd = self.daemon()
        zcostd.send_signal(signal.SIGHUP)
        time.sleep(0.1)
        self.assertEqual(zcostd.ask("price", model="gpt-4o")["how"], "exact")


class Resources(TestCase):
    def test_streams_that_are_closed_get_no_sockets(self):
        """Else the log would go into whatever took the number of stderr."""
        process = subprocess.Popen(f"exec {executable('zcostd')} --data none --ingest {ANY_PORT} --publish {ANY_PORT} "
                                   f"--query {ANY_PORT} 0<&- 1>&- 2>&-", shell=True)
        try:
            folder = f"/proc/{process.pid}/fd"
            deadline = time.monotonic() + 10 * PATIENCE
            while len(os.listdir(folder)) < 10:  # its sockets are open
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            self.assertEqual({os.readlink(f"{folder}/{number}") for number in range(3)}, {"/dev/null"})
            process.terminate()
            self.assertEqual(process.wait(10 * PATIENCE), 0)
        finally:
            process.kill()
            process.wait()

    def test_too_few_open_files_is_one_line(self):
        done = subprocess.run(["bash", "-c", f"ulimit -n 12; exec {executable('zcostd')} --ingest {ANY_PORT} "
                               f"--publish {ANY_PORT} --query {ANY_PORT}"], stderr=subprocess.PIPE, text=True,
                              timeout=20 * PATIENCE)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, "level=error event=open_files .*12")

    def test_rss_does_not_grow_with_events(self):
        zcostd = self.daemon()
        frame = wire.array([GOOD] * 500)
        zcostd.push(*[frame] * 200)
        before = zcostd.settle(100_000)["rss_bytes"]
        zcostd.push(*[frame] * 1_000)
        after = zcostd.settle(600_000)["rss_bytes"]
        if not SANITIZED:
            self.assertLess(after - before, 16 << 20)

    def test_an_idle_daemon_sleeps(self):
        zcostd = self.daemon()
        zcostd.ask("ping")

        def ticks():
            fields = pathlib.Path(f"/proc/{zcostd.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
            return int(fields[11]) + int(fields[12])

        before = ticks()
        time.sleep(1)
        self.assertLessEqual(ticks() - before, 5)  # of 100


class Quiet(TestCase):
    def test_a_flood_of_rejects_does_not_flood_the_log(self):
        zcostd = self.daemon()
        zcostd.push(*[b"\xc1"] * 50_000)
        zcostd.settle(50_000)
        self.assertLess(len(zcostd.log), 100, zcostd.log[-1])

    def test_every_line_of_the_log_has_level_and_event(self):
        zcostd = self.daemon(prices=samples.PRICES)
        zcostd.push(b"\xc1", b"\xc0")
        zcostd.settle(2)
        zcostd.send_signal(signal.SIGHUP)
        time.sleep(0.1)
        zcostd.stop()
        for line in zcostd.log[:-1]:
            self.assertIn(line.get("level"), ("debug", "info", "warn", "error"), line.text)
            self.assertTrue(line.get("event"), line.text)


if __name__ == "__main__":
    unittest.main()
