# SPDX-License-Identifier: MPL-2.0
"""Queries: their results, their errors, and that nothing sent ever leaves the next one unanswered."""
import json
import socket
import threading
import time
import unittest
from decimal import Decimal

import msgpack
import zmq

import samples
from bad_inputs import GOOD, REASONS
from harness import PATIENCE, SHARED_DATA, TestCase, seeded


class QueryCase(TestCase):
    def setUp(self):
        super().setUp()
        self.zcostd = self.daemon(prices=samples.PRICES)

    def refused(self, body, code):
        """The request gets exactly this error, and the next one is answered."""
        reply = self.zcostd.ask_raw(body if isinstance(body, bytes) else msgpack.packb(body))
        self.assertIs(reply["ok"], False, reply)
        self.assertEqual(reply["error"]["code"], code, reply)
        self.assertIsInstance(reply["error"]["message"], str)
        self.assertTrue(reply["error"]["message"])
        self.assertEqual(set(reply), {"ok", "error"})
        self.assertEqual(self.zcostd.ask("ping")["protocol"], 1)


class Results(QueryCase):
    def test_ping(self):
        ping = self.zcostd.ask("ping")
        self.assertEqual(set(ping), {"version", "protocol", "incarnation"})
        self.assertEqual(ping["protocol"], 1)
        self.assertRegex(ping["version"], r"^\d+\.\d+\.\d+$")
        self.assertEqual(len(ping["incarnation"]), 16)
        self.assertEqual(self.zcostd.ask("ping"), ping)
        self.assertNotEqual(self.daemon().ask("ping")["incarnation"], ping["incarnation"])

    def test_health(self):
        health = self.zcostd.health()
        self.assertEqual(health["events"], {"accepted": 0, "rejected": 0, "duplicate": 0, "lost": 0, "dropped": 0})
        self.assertEqual(health["rejected"], dict.fromkeys(REASONS, 0))
        self.assertEqual(health["unpriced"], {})
        self.assertEqual((health["producers"], health["waiting"]), ([], []))
        self.assertEqual(health["producers_total"], {"live": 0, "expired": 0})
        self.assertEqual(health["journal"]["directory"], str(self.zcostd.data))
        self.assertIn(health["journal"]["state"], ("syncing", "synced"))
        self.assertEqual((health["store"]["state"], health["store"]["kind"]), ("idle", "sqlite"))
        for key in ("uptime_seconds", "rss_bytes", "cells", "cells_folded_to_other"):
            self.assertGreaterEqual(health[key], 0, key)
        self.assertTrue(all(isinstance(depth, int) for depth in health["queues"].values()))
        self.assertEqual(health["version"], self.zcostd.ask("ping")["version"])
        self.assertIsInstance(health["instance"], str)
        self.assertGreater(health["rss_bytes"], 1 << 20)

    def test_health_where_nothing_is_kept(self):
        health = self.daemon(data=None).health()
        self.assertEqual((health["journal"], health["store"]), ({"state": "none"}, {"state": "none"}))

    def test_health_counts_cells_before_and_after_they_are_stored(self):
        """Of one event: a cell that changed; then its minute, its quarter and its day."""
        for data in (None, "{dir}/data"):
            for seconds, cells in (("86400", 1), ("0.05", 3)):
                daemon = self.daemon(data=data, config=f"store\n    checkpoint_seconds = {seconds}\n")
                daemon.push_events({"type": "llm_call", "cost": 1})
                daemon.settle(1)
                health = daemon.wait_health(lambda health: health["cells"] == cells)
                self.assertEqual(health["store"].get("cells"), {None: None, 1: 0, 3: 3}[data and cells])

    def test_uptime_goes_on(self):
        first = self.zcostd.health()["uptime_seconds"]
        time.sleep(1.2)
        self.assertGreater(self.zcostd.health()["uptime_seconds"], first)

    def test_report_of_one_service(self):
        self.zcostd.push_events({"type": "query_router", "cost": 1, "service": "a"},
                                {"type": "query_router", "cost": 2, "service": "b"},
                                {"type": "query_router", "cost": 4})
        self.zcostd.settle(3)
        for service, cost in (("a", 1), ("b", 2), ("default", 4), ("nobody", 0)):
            router = self.zcostd.ask("report", service=service)["query_router"]
            self.assertEqual(router["total_cost_usd"], f"{cost}.000000000", service)

    def test_report_takes_unknown_arguments_as_absent(self):
        report = self.zcostd.ask("report", color="red")
        self.assertEqual(report["query_router"], self.zcostd.report()["query_router"])


class Prices(QueryCase):
    def rates(self, model, how, resolved):
        result = self.zcostd.ask("price", model=model)
        self.assertEqual((result["model"], result["resolved"], result["how"]), (model, resolved, how), result)
        return {kind: Decimal(text) for kind, text in result.get("rates", {}).items()}

    def test_rates(self):
        self.assertEqual(self.rates("acme-full", "exact", "acme-full"), {
            "input_usd_per_mtok": 3, "cache_read_usd_per_mtok": Decimal("0.3"),
            "cache_write_usd_per_mtok": Decimal("3.75"), "output_usd_per_mtok": 15, "reasoning_usd_per_mtok": 25})
        odd = self.rates("acme-odd", "exact", "acme-odd")
        self.assertEqual(odd["input_usd_per_mtok"], Decimal("0.546875"))
        self.assertEqual(odd["output_usd_per_mtok"], Decimal("1.640625"))
        self.assertEqual(self.rates("acme-free", "exact", "acme-free")["input_usd_per_mtok"], 0)

    def test_rates_are_text(self):
        for text in self.zcostd.ask("price", model="acme-odd")["rates"].values():
            self.assertRegex(text, r"^\d+(\.\d+)?$")

    def test_names(self):
        for model, how, resolved in (
                ("acme-full-2024-08-06", "without_date", "acme-full"),
                ("acme-full-20240806", "without_date", "acme-full"),
                ("acme/acme-full", "without_provider", "acme-full"),
                ("nobody-1", "unpriced", None), ("", "unpriced", None), ("acme", "unpriced", None),
                ("acme-full-", "unpriced", None), ("acme-full-1", "unpriced", None), ("/", "unpriced", None),
                ("ACME-FULL-2024-13", "unpriced", None), ("x" * 128, "unpriced", None)):
            with self.subTest(model=model):
                rates = self.rates(model, how, resolved)
                self.assertEqual(rates.get("input_usd_per_mtok"), None if resolved is None else 3)
        result = self.zcostd.ask("price", model="acme/acme-full-2024-08-06")
        self.assertEqual(result["resolved"], "acme-full")
        self.assertNotIn("rates", self.zcostd.ask("price", model="nobody-1"))

    def test_a_resolved_name_prices_events(self):
        for model in ("acme-full-2024-08-06", "acme/acme-full", "acme/acme-full-20240806"):
            self.zcostd.push_events({"type": "llm_call", "model": model, "input_tokens": 1_000_000})
        self.assertEqual(self.zcostd.settle(3)["unpriced"], {})
        self.assertEqual(self.zcostd.report()["llm_calls"]["total_cost_usd"], "9.000000000")

    def test_long_context(self):
        result = self.zcostd.ask("price", model="acme-long")
        self.assertEqual(result["long_context"]["above_tokens"], 200_000)
        self.assertEqual(Decimal(result["long_context"]["rates"]["output_usd_per_mtok"]), 15)
        self.assertNotIn("long_context", self.zcostd.ask("price", model="gpt-4o"))

    def test_price_table_is_told(self):
        table = self.zcostd.ask("price", model="gpt-4o")["price_table"]
        self.assertEqual(table, self.zcostd.report()["zcost"]["price_table"])
        self.assertIn("prices.json", table["source"])

    def test_wrong_arguments(self):
        for arguments in ({}, {"model": None}, {"model": 5}, {"model": b"gpt-4o"}, {"model": ["gpt-4o"]}):
            self.refused({"query": "price", **arguments}, "bad_request")

    def test_built_in_table(self):
        daemon = self.daemon()
        for model, price in (("gpt-4o", "2.5"), ("gpt-4o-mini", "0.15"), ("gpt-4.1-mini", "0.4")):
            result = daemon.ask("price", model=model)
            self.assertEqual((result["how"], Decimal(result["rates"]["input_usd_per_mtok"])), ("exact", Decimal(price)))
        self.assertEqual(daemon.ask("price", model="acme-full")["how"], "unpriced")

    def test_public_table(self):
        if not SHARED_DATA.is_dir():
            self.skipTest("no ../shared/data beside the checkout")
        path = SHARED_DATA / "prices.json"
        table = json.loads(path.read_text(), parse_float=Decimal, parse_int=Decimal)
        daemon = self.daemon("--prices", path)
        priced = {model: rates for model, rates in table.items() if "input_cost_per_token" in rates}
        for model, rates in seeded(1).sample(sorted(priced.items()), 40):
            result = daemon.ask("price", model=model)
            self.assertEqual(result["how"], "exact", result)
            self.assertEqual(Decimal(result["rates"]["input_usd_per_mtok"]), rates["input_cost_per_token"] * 10 ** 6)


class Errors(QueryCase):
    def test_garbage(self):
        for body in (b"", b"\xc1", b"\x81", b"{\"query\": \"ping\"}", b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff",
                     b"\x91" * 60_000, b"\x81\xa5query\xdb\xff\xff\xff\xff", b"\x81\xa5query\xa4pin",
                     b"\x81\xa5query\xa4ping\xc1", seeded(1).randbytes(5_000)):
            with self.subTest(body=body[:20]):
                self.refused(body, "bad_request")

    def test_not_a_map(self):
        for body in (None, 5, "ping", ["query", "ping"], [{"query": "ping"}], b"ping", True):
            with self.subTest(body=body):
                self.refused(body, "bad_request")

    def test_no_query_or_of_the_wrong_kind(self):
        for body in ({}, {"Query": "ping"}, {"query": None}, {"query": 5}, {"query": b"ping"}, {"query": ["ping"]},
                     {b"query": "ping"}):
            with self.subTest(body=body):
                self.refused(body, "bad_request")

    def test_unknown_query(self):
        for name in ("", "nope", "PING", "ping ", "ping\0", "x" * 128):
            with self.subTest(name=name[:20]):
                self.refused({"query": name}, "unknown_query")

    def test_wrong_arguments(self):
        for body in ({"query": "rejects", "limit": "x"}, {"query": "rejects", "limit": -1},
                     {"query": "rejects", "limit": 1.5}, {"query": "rejects", "limit": [1]},
                     {"query": "report", "service": 5}):
            with self.subTest(body=body):
                self.refused(body, "bad_request")

    def test_too_large(self):
        for size in (64 * 1024, 1 << 19):
            self.refused({"query": "ping", "x": b"x" * size}, "too_large")
        self.assertTrue(self.zcostd.ask_raw(msgpack.packb({"query": "ping", "x": b"x" * 60_000}))["ok"])

    def test_mutations_are_always_answered(self):
        rng = seeded(7)
        seeds = [msgpack.packb(body) for body in (
            {"query": "ping"}, {"query": "report"}, {"query": "health"}, {"query": "rejects", "limit": 5},
            {"query": "price", "model": "gpt-4o"}, {"query": "breakdown", "by": ["model"], "where": {"a": "b"}})]
        with self.zcostd.socket(zmq.REQ, "query") as client:
            for _ in range(2_000):
                body = bytearray(rng.choice(seeds))
                for _ in range(rng.randint(1, 3)):
                    body[rng.randrange(len(body))] = rng.randrange(256)
                client.send(bytes(body))
                reply = msgpack.unpackb(client.recv(), strict_map_key=False)
                self.assertIn(reply["ok"], (True, False))
                if not reply["ok"]:
                    self.assertIn(reply["error"]["code"], ("bad_request", "unknown_query", "too_large", "unavailable"))


class Envelopes(QueryCase):
    ping = msgpack.packb({"query": "ping"})

    def test_dealer_with_an_empty_delimiter(self):
        with self.zcostd.socket(zmq.DEALER, "query") as client:
            for name in ("ping", "health", "report", "nope"):
                client.send_multipart([b"", msgpack.packb({"query": name})])
            replies = [client.recv_multipart() for _ in range(4)]
        self.assertEqual([len(reply) for reply in replies], [2] * 4)
        self.assertEqual([reply[0] for reply in replies], [b""] * 4)
        names = [msgpack.unpackb(reply[1]).get("query") for reply in replies]
        self.assertEqual(names, ["ping", "health", "report", None])

    def test_malformed_envelopes_hurt_nobody(self):
        with self.zcostd.socket(zmq.DEALER, "query") as client:
            for message in ([self.ping], [b""], [b"", b""], [b"x", self.ping], [b"x", b"", self.ping],
                            [b"", self.ping, self.ping], [b"", b"", self.ping], [b""] * 100, [b"x" * 300_000],
                            [b"", self.ping] + [b"y"] * 1_000):
                client.send_multipart(message)
                self.assertEqual(self.zcostd.ask("ping")["protocol"], 1)
            while client.poll(100):  # whatever came of those
                client.recv_multipart()
            client.send_multipart([b"", self.ping])
            self.assertTrue(msgpack.unpackb(client.recv_multipart()[-1])["ok"])

    def test_a_client_that_never_reads(self):
        with self.zcostd.socket(zmq.DEALER, "query", rcvhwm=1, sndhwm=0) as client:
            request = [b"", msgpack.packb({"query": "report"})]
            for _ in range(20_000):
                client.send_multipart(request)
            for _ in range(20):
                self.assertEqual(self.zcostd.ask("ping")["protocol"], 1)

    def test_a_client_that_leaves_at_once(self):
        for _ in range(200):
            with self.zcostd.socket(zmq.DEALER, "query", linger=100) as client:
                client.send_multipart([b"", msgpack.packb({"query": "report"})])
        self.assertEqual(self.zcostd.ask("ping")["protocol"], 1)

    def test_a_stranger_that_speaks_no_zeromq(self):
        for role in ("query", "ingest", "publish"):  # libzmq takes this for frames of ZMTP 1.0
            host, port = self.zcostd.endpoint(role).rsplit("/", 1)[-1].rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout=5) as stranger:
                stranger.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        self.assertEqual(self.zcostd.ask("ping")["protocol"], 1)
        self.zcostd.push(GOOD)
        self.zcostd.wait_health(lambda health: health["events"]["accepted"] == 1)


class Load(QueryCase):
    timeout = 60

    def test_several_clients_at_once(self):
        failures = []

        def ask_often(name):
            try:
                with self.zcostd.socket(zmq.REQ, "query") as client:
                    for _ in range(300):
                        client.send(msgpack.packb({"query": name}))
                        reply = msgpack.unpackb(client.recv())
                        assert reply["ok"] and reply["query"] == name, reply
            except Exception as error:  # a thread's failure is the test's
                failures.append((name, error))

        names = ("ping", "report", "health", "rejects") * 2
        threads = [threading.Thread(target=ask_often, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_queries_are_answered_while_ingest_is_flooded(self):
        frame = GOOD * 500
        stop = threading.Event()
        sent = []

        def flood():
            with self.zcostd.socket(zmq.PUSH, "ingest", linger=-1) as client:
                while not stop.is_set():
                    client.send(frame)
                    sent.append(500)

        thread = threading.Thread(target=flood)
        thread.start()
        times = []
        try:
            with self.zcostd.socket(zmq.REQ, "query") as client:
                for _ in range(300):
                    begin = time.perf_counter()
                    client.send(msgpack.packb({"query": "report"}))
                    self.assertTrue(msgpack.unpackb(client.recv())["ok"])
                    times.append(time.perf_counter() - begin)
        finally:
            stop.set()
            thread.join()
        self.zcostd.settle(sum(sent))
        decile = sorted(times)[len(times) * 9 // 10]
        self.assertLess(decile, 0.25 * PATIENCE, "the ninth decile, with room for two cores")


if __name__ == "__main__":
    unittest.main()
