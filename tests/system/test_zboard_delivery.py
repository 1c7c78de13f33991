# SPDX-License-Identifier: MPL-2.0
"""What a POST was told is tracked is counted once, whatever dies in between; and what follows it on the same zboard
shows it."""
import json
import os
import signal
import threading
import time
import unittest

from board import COSTS, JSON, TRACK, BoardCase, hurried
from harness import PATIENCE, fixed_endpoints

SMALL_QUEUE = "ingest\n    queue_bytes = 4194304\n"


def router(cost=1, **more):
    return {"type": "query_router", "cost": cost, **more}


class Case(BoardCase):
    timeout = 60

    def setUp(self):
        super().setUp()
        self.zcostd = self.daemon(bind=fixed_endpoints(), interval=0.5)

    def check_total(self, queries):
        """All of these, each once, and nothing else."""
        self.zcostd.wait_health(lambda health: health["events"]["accepted"] >= queries)
        report = self.zcostd.report()
        self.assertEqual(report["zcost"]["events"], {"accepted": queries, "rejected": 0, "lost": 0, "dropped": 0,
                                                     "duplicate": report["zcost"]["events"]["duplicate"]})
        self.assertEqual(report["query_router"]["total_queries"], queries)
        self.assertEqual(report["query_router"]["total_cost_usd"], f"{queries}.000000000")

    @staticmethod
    def wait_queued(zboard, tracked, queued):
        """Until this zboard tells that it has tracked so many, of which so many are not acknowledged."""
        def told():
            metrics = zboard.metrics()
            return [metrics[f"zboard_{name}"] for name in ("tracked_events_total", "queued_events")] == wanted
        wanted = [str(tracked), str(queued)]
        zboard.wait_for(told)


class Reading(Case):
    """The costs hold all that was tracked before; other answers may be seconds older."""

    def test_what_was_tracked_is_seen_at_once(self):
        zboard = self.board(self.zcostd)
        connection = zboard.connection()
        for i in range(1, 201):
            connection.request("POST", TRACK, json.dumps([router(), {"type": "llm_call", "cost": 1}]), JSON)
            self.assertEqual(connection.getresponse().read(), b'{"status":"tracked"}')
            connection.request("GET", COSTS)
            answer = json.loads(connection.getresponse().read())
            seen = answer["query_router"]["total_queries"], answer["llm_calls"]["total_calls"]
            self.assertEqual(seen, (i, i))
        zboard.wait_for(lambda: zboard.json("/api/breakdown")["total"]["events"] == 400)
        zboard.wait_for(lambda: zboard.metrics()["zcost_events_accepted_total"] == "400")

    def test_by_each_of_many_at_once(self):
        """What others ask at the same time is no excuse to show an older answer."""
        zboard = self.board(self.zcostd)
        failures = []

        def work(service):
            try:
                connection = zboard.connection()
                for i in range(1, 26):
                    connection.request("POST", TRACK, json.dumps(router(service=service)), JSON)
                    connection.getresponse().read()
                    for path, most in ((f"{COSTS}?service={service}", i), (COSTS, 200)):
                        connection.request("GET", path)
                        answer = json.loads(connection.getresponse().read())
                        assert i <= answer["query_router"]["total_queries"] <= most, (path, i, answer["query_router"])
            except Exception as error:  # a thread's failure is the test's
                failures.append(error)

        threads = [threading.Thread(target=work, args=(f"s{n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.check_total(200)


class DaemonAway(Case):
    def test_it_is_taken_and_counted_when_the_daemon_is_back(self):
        zboard = self.board(self.zcostd)
        zboard.track(router())
        self.wait_queued(zboard, 1, 0)
        self.zcostd.crash()
        zboard.wait_for(lambda: zboard.get("/readyz").status == 503)
        zboard.track(router(), [router()] * 10)
        self.failed(zboard.get(COSTS), 503, "unavailable")
        self.wait_queued(zboard, 12, 11)
        self.zcostd.start()
        self.check_total(12)
        self.wait_queued(zboard, 12, 0)

    def test_before_there_ever_was_one(self):
        bind = fixed_endpoints()
        zboard = self.board(None, endpoints={role: endpoints[0] for role, endpoints in bind.items()})
        zboard.track([router()] * 3)
        self.zcostd = self.daemon(bind=bind)
        self.check_total(3)
        self.wait_queued(zboard, 3, 0)

    def test_kills_of_the_daemon_while_events_come(self):
        zboard = self.board(self.zcostd)
        told, ended, failures = [], threading.Event(), []

        def post():
            connection = zboard.connection(timeout=30)
            while not ended.is_set():
                events = [router()] * (1 + len(told) % 7)
                connection.request("POST", TRACK, json.dumps(events), JSON)
                answer = connection.getresponse()
                (told if answer.status == 200 else failures).append(len(events))
                answer.read()
                time.sleep(0.001)

        thread = threading.Thread(target=post)
        thread.start()
        for pause in (0.1, 0.3, 0.05, 0.2):
            time.sleep(pause)
            self.zcostd.restart()
        time.sleep(0.1)
        ended.set()
        thread.join()
        self.assertEqual(failures, [])
        self.check_total(sum(told))


class QueueFull(Case):
    """A daemon that stands still: what fits is taken, what does not is refused whole, and may come again."""

    def test_what_was_told_is_counted_and_nothing_else(self):
        zboard = self.board(self.zcostd, config=SMALL_QUEUE)
        told, refused = {}, []
        with self.standing_still(self.zcostd):
            for i in range(60):
                count = (5000, 900, 77, 1)[i % 4] if i < 56 else 15_000
                answer = zboard.post(TRACK, [router(service=f"r{i}")] * count)
                if answer.status == 200:
                    self.assertEqual(answer.json(), {"status": "tracked"})
                    told[f"r{i}"] = count
                    continue
                self.assertIn("nothing in this request was tracked", self.failed(answer, 503, "unavailable"))
                self.assertGreater(int(answer.headers["Retry-After"]), 0)
                refused.append((f"r{i}", count))
        self.assertGreater(len(told), 5)
        self.assertGreater(len(refused), 5)
        self.check_total(sum(told.values()))
        self.check_services(told)
        self.wait_queued(zboard, sum(told.values()), 0)
        for service, count in refused[:4]:
            zboard.track([router(service=service)] * count)
            told[service] = count
        self.check_total(sum(told.values()))
        self.check_services(told)
        count = str(sum(count for _, count in refused))
        zboard.wait_for(lambda: zboard.metrics()['zboard_refused_events_total{reason="full"}'] == count)

    def check_services(self, told):
        rows = self.zcostd.ask("breakdown", by=["service"])["rows"]
        self.assertEqual({row["service"]: row["events"] for row in rows}, told)

    def test_many_at_once(self):
        zboard = self.board(self.zcostd, config=SMALL_QUEUE)
        told, failures = {}, []

        def post(name):
            try:
                for i in range(30):
                    answer = zboard.post(TRACK, [router(service=f"{name}-{i}")] * 700)
                    assert answer.status in (200, 503), answer
                    if answer.status == 200:
                        told[f"{name}-{i}"] = 700
            except Exception as error:  # a thread's failure is the test's
                failures.append(error)

        threads = [threading.Thread(target=post, args=(name,)) for name in "abcd"]
        with self.standing_still(self.zcostd):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(failures, [])
        self.check_total(sum(told.values()))
        self.check_services(told)


class Spool(Case):
    def setUp(self):
        super().setUp()
        self.spool = self.zcostd.dir / "spool"
        self.spool.mkdir()

    def test_a_kill_of_zboard_loses_nothing(self):
        """Whether the daemon is there, stands still, or is away."""
        zboard = self.board(self.zcostd, "--spool", self.spool)
        told = 0

        def track_and_die():
            nonlocal told
            for count in (1, 50, 1, 1000, 3):
                zboard.track([router()] * count)
                told += count
            zboard.crash()
            self.assertTrue(os.listdir(self.spool))

        for kind in ("there", "still", "away", "there"):
            if kind == "still":
                with self.standing_still(self.zcostd):
                    track_and_die()
            elif kind == "away":
                self.zcostd.crash()
                track_and_die()
                self.zcostd.start()
            else:
                track_and_die()
            zboard.start()
            self.check_total(told)
        zboard.wait_for(lambda: len(os.listdir(self.spool)) == 1)  # its own
        zboard.stop()
        self.assertEqual(os.listdir(self.spool), [])

    def test_zboard_and_daemon_killed_at_once(self):
        zboard = self.board(self.zcostd, "--spool", self.spool)
        told = 0
        for _ in range(3):
            for _ in range(20):
                zboard.track([router()] * 11)
                told += 11
            self.zcostd.crash()
            zboard.crash()
            self.zcostd.start()
            zboard.start()
        self.check_total(told)

    def test_without_a_kill_it_is_kept_for_the_next_start(self):
        """An end within seconds though the daemon is away: the exit code and the log tell what was not handed over."""
        self.zcostd.crash()
        spooled = self.board(None, "--spool", self.spool, endpoints=self.endpoints(), env=hurried())
        forgetful = self.board(None, endpoints=self.endpoints(), env=hurried())
        for zboard in (spooled, forgetful):
            zboard.track([router()] * 7)
            zboard.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        for zboard, kept in ((spooled, str(self.spool)), (forgetful, "nowhere")):
            self.assertEqual(zboard.wait_exit(), 1)
            line = zboard.wait_log("not_acknowledged", events="7")
            self.assertEqual((line["level"], line["kept"]), ("error", kept))
        self.assertLess(time.monotonic() - begun, 8 * PATIENCE)
        self.zcostd.start()
        spooled.daemon, spooled.env = self.zcostd, {}
        spooled.start()
        self.check_total(7)

    def endpoints(self):
        return {role: self.zcostd.endpoint(role) for role in ("ingest", "publish", "query")}


if __name__ == "__main__":
    unittest.main()
