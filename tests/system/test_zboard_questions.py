# SPDX-License-Identifier: MPL-2.0
"""Questions over HTTP: a URL's parameters, each mistake in them, and that the answers are the daemon's own."""
import json
import unittest
import urllib.parse

import msgpack

import questions
import samples
from board import COSTS, Board, BoardCase
from budgets import conf, noon_zone
from harness import Daemon, now_ms, seeded
from questions import DAY_MS, HOUR_MS, MINUTE_MS

QUERIES = {COSTS: "report", "/api/breakdown": "breakdown", "/api/series": "series", "/api/budgets": "budgets",
           "/api/health": "health"}
# What is another number at each look.
MOVES = {"until", "timestamp", "sequence", "uptime_seconds", "rss_bytes", "last_sync_ms", "checkpoint_age_seconds",
         "ago_seconds", "projected_usd"}


def plain(value, moving=()):
    """As JSON has it: 15 digits of a number with a fraction; each number keeps its type. moving: keys of which only
    the type counts."""
    if isinstance(value, dict):
        return {key: type(item).__name__ if key in moving else plain(item, moving) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, moving) for item in value]
    return float(f"{value:.15g}") if isinstance(value, float) else value


class Case(BoardCase):
    @classmethod
    def setUpClass(cls):
        config = conf(questions.TAGS, team=dict(limit_usd=100, period="day", timezone=noon_zone()),
                      red=dict(limit_usd="0.000000001", period="36h", where=dict(service="größe", team="red")))
        cls.zcostd = cls.enterClassContext(Daemon(prices=samples.PRICES, config=config))
        events = questions.random_events(7, 1500)
        cls.zcostd.push(*questions.cheap_messages(events), b"\xc1", msgpack.packb({"type": "nope"}))
        cls.zcostd.settle(len(events) + 2)
        cls.zboard = cls.enterClassContext(Board(cls.zcostd))

    @staticmethod
    def url(path, since=None, until=None, by=(), where=(), **more):
        more = {"since": since, "until": until, "by": ",".join(by) or None, **more}
        pairs = [(name, value) for name, value in more.items() if value is not None]
        pairs += [("where", f"{name}={value}") for name, value in dict(where).items()]
        return path + "?" * bool(pairs) + urllib.parse.urlencode(pairs)

    def compare(self, path, moving=MOVES, **arguments):
        """The answer of zboard is that of the daemon: the same keys in the same order, the same types and values."""
        name = QUERIES[path]
        wanted = self.zcostd.ask_raw(msgpack.packb({"query": name, **arguments}))
        with self.subTest(path=path, **arguments):
            answer = self.zboard.get(self.url(path, **arguments))
            if not wanted["ok"]:
                self.assertEqual(wanted["error"]["code"], "bad_request")
                self.assertEqual(self.failed(answer, 400, "bad_request"), wanted["error"]["message"])
                return answer
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(json.dumps(plain(answer.json(), moving)), json.dumps(plain(wanted["result"], moving)))
        return answer


class Answers(Case):
    def test_report(self):
        now = now_ms()
        self.compare(COSTS)
        for service in ("chat", "größe", "", "a", "nobody"):
            self.compare(COSTS, service=service)
        for since, until in ((0, now), (now - DAY_MS, now - HOUR_MS), (now - HOUR_MS, None), (None, now - 2 * DAY_MS),
                             (now, now - DAY_MS)):
            arguments = {"since": since, "until": until}
            self.compare(COSTS, **{key: value for key, value in arguments.items() if value is not None})

    def test_budgets(self):
        self.assertEqual(len(self.compare("/api/budgets").json()["budgets"]), 2)

    def test_health(self):
        health = self.compare("/api/health", MOVES | {"journal", "store", "queues", "unsynced"}).json()
        self.assertEqual((health["events"]["accepted"], health["events"]["rejected"]), (1500, 2))
        wanted = self.zcostd.health()
        for section in ("journal", "store", "queues"):
            self.assertEqual({key: type(value) for key, value in health[section].items()},
                             {key: type(value) for key, value in wanted[section].items()})

    def test_each_dimension(self):
        for name in ("type", "service", "tier", "model", "provider", *questions.TAGS):
            self.compare("/api/breakdown", by=[name])
            self.compare("/api/series", by=[name], since=now_ms() - 5 * DAY_MS, step=86400)
        self.compare("/api/breakdown", by=["model", "größe", "service"])

    def test_limits(self):
        for limit in (1, 2, 10_000, 0, -1, 10_001):
            answer = self.compare("/api/breakdown", by=["model", "service"], limit=limit)
            if limit in (1, 2):
                self.assertEqual(len(answer.json()["rows"]), limit)
                self.assertGreater(answer.json()["rows_left_out"], 0)
            self.compare("/api/series", by=["model"], limit=limit, since=now_ms() - 2 * DAY_MS)

    def test_steps(self):
        for step in (60, 300, 3600, 86400, 7 * 86400, 0, 59, 61, -60, 1 << 60):
            self.compare("/api/series", step=step, since=now_ms() - 2 * HOUR_MS, until=now_ms())

    def test_questions_at_random(self):
        rng, now = seeded(11), now_ms()
        names = ("type", "service", "tier", "model", "provider", *questions.TAGS)
        values = {"type": samples.TYPES, "service": ("chat", "größe", "", "x" * 128), "tier": ("simple", "other"),
                  "model": (*samples.CHAT_MODELS, ""), "provider": ("acme",)}
        for _ in range(60):
            arguments = {"by": rng.sample(names, rng.randrange(4)), "since": now - rng.randrange(400) * DAY_MS,
                         "until": now - rng.randrange(100) * HOUR_MS}
            arguments["where"] = {name: rng.choice(values.get(name, ("red", "blue", "", "ü" * 60)))
                                  for name in rng.sample(names, rng.randrange(3))}
            arguments = {key: value for key, value in arguments.items() if value and rng.random() < 0.8}
            if rng.random() < 0.3:
                arguments["limit"] = rng.randint(1, 5)
            self.compare("/api/breakdown", **arguments)
            self.compare("/api/series", **arguments, step=rng.choice((3600, 86400, 7 * 86400)))


class Spelling(Case):
    """Of URLs there are many that mean the same."""

    def same(self, query, **arguments):
        name, _, query = query.partition("?")
        wanted = self.zcostd.ask(QUERIES[name], **arguments)
        with self.subTest(query=query):
            self.assertEqual(plain(self.zboard.json(name + "?" + query), MOVES), plain(wanted, MOVES))

    def test_percent_plus_and_utf8(self):
        self.same("/api/breakdown?by=model&where=service%3Dgr%C3%B6%C3%9Fe", by=["model"], where={"service": "größe"})
        self.same("/api/breakdown?b%79=m%6Fdel", by=["model"])
        self.same("/api/breakdown?by=gr%c3%b6%c3%9fe", by=["größe"])
        self.same(COSTS + "?service=no+body", service="no body")
        self.same(COSTS + "?service=no%20body", service="no body")
        self.same(COSTS + "?service=%2B%26%3D%25", service="+&=%")
        self.same("/api/breakdown?where=service=a=b", where={"service": "a=b"})
        self.same("/api/breakdown?where=team=", where={"team": ""})
        self.same("/api/breakdown?where=team=red&where=region=&where=model=gpt-4o",
                  where={"team": "red", "region": "", "model": "gpt-4o"})

    def test_nothing_said(self):
        for query in ("?", "?by=", "?by"):
            self.same("/api/breakdown" + query)
        self.same(COSTS + "?service=", service="")
        self.same(COSTS + "?service", service="")

    def test_numbers(self):
        since = now_ms() // MINUTE_MS * MINUTE_MS - HOUR_MS
        for text in (f"{since}", f"0{since}", f"%{ord(str(since)[0]):x}{str(since)[1:]}"):
            self.same("/api/breakdown?since=" + text, since=since)
        self.same("/api/breakdown?since=-1", since=-1)
        self.same("/api/breakdown?since=0", since=0)


class Mistakes(Case):
    def refused(self, path, naming):
        answer = self.zboard.get(path)
        with self.subTest(path=path):
            self.assertIn(naming, self.failed(answer, 400, "bad_request"))

    def test_unknown_parameters(self):
        for path in QUERIES:
            for name in ("x", "Since", "since%20", "query", "instance", "%C3%A9", "%22", "%5C", "%3Cscript%3E",
                         "a" * 300, "%E2%82%AC" * 40, "a" + "%C3%A9" * 40, "%0D%0AX-Evil:%201", "%1B[31m"):
                self.refused(f"{path}?{name}=1", "unknown parameter")
                self.refused(f"{path}?{name}", "unknown parameter")
        for path, names in (("/api/budgets", "since by"), ("/api/health", "limit"), (COSTS, "by step where limit"),
                            ("/api/breakdown", "step service"), ("/api/series", "service")):
            for name in names.split():
                self.refused(f"{path}?{name}=1", f"unknown parameter '{name}'")
        self.refused("/api/breakdown?by=model&colour=red", "colour")

    def test_what_is_no_utf8(self):
        """Never an answer that breaks off, nor another's."""
        for bad in ("%FF", "a%C3", "%ED%A0%80", "%C0%80", "%F8%88%80%80%80"):
            for query in (f"/api/breakdown?{bad}=1", f"/api/breakdown?since={bad}", f"/api/breakdown?by={bad}",
                          f"/api/breakdown?by=model,{bad}", f"/api/breakdown?where={bad}",
                          f"/api/breakdown?where={bad}=1",
                          f"/api/breakdown?where=team={bad}", f"{COSTS}?service={bad}", f"/api/health?x{bad}",
                          "/api/breakdown?since=" + "%C3%A9" * 100, f"/api/breakdown?where=a{'%C3%A9' * 100}"):
                self.refused(query, "")

    def test_a_nul_ends_no_name(self):
        """Else the question would be another one."""
        for query in (f"{COSTS}?service=chat%00x", "/api/breakdown?by=model%00", "/api/breakdown?where=team=red%00",
                      "/api/breakdown?where=team%00=red", "/api/breakdown?since=1%002", "/api/breakdown?by%00=model",
                      "/api/health?%00"):
            self.refused(query, "")

    def test_twice(self):
        for path, name, value in (("/api/breakdown", "since", "1"), ("/api/breakdown", "until", "1"),
                                  ("/api/breakdown", "limit", "1"), ("/api/series", "step", "60"),
                                  ("/api/breakdown", "by", "model"), (COSTS, "service", "a"), (COSTS, "since", "0")):
            self.refused(f"{path}?{name}={value}&{name}={value}", f"{name} is given twice")
        self.refused("/api/breakdown?where=team=a&where=team=b", "team is given twice")

    def test_no_whole_numbers(self):
        for name in ("since", "until", "limit", "step"):
            for value in ("", "x", "1.5", "1e3", "0x10", "-", "--1", "1-", "1_000", "%201", "1%20", "+1", "%2B1",
                          "9" * 20, "-" + "9" * 20, "1%C3%A9", "%D9%A1", "null", "NaN"):
                self.refused(f"/api/series?{name}={value}", f"{name}: ")

    def test_where_is_a_pair(self):
        for value in ("", "team", "=", "=red", "a" * 300 + "=x", "team:red"):
            self.refused(f"/api/breakdown?where={value}", "where")

    def test_no_dimensions(self):
        for name in ("nope", "Model", "tags", "cost", "model,,service", ",", "model,", "model,nope", "model%20",
                     "unheard-of"):
            self.refused(f"/api/breakdown?by={name}", "`by`")
        for name in ("nope", "Model", "tags", "unheard-of"):
            self.refused(f"/api/series?where={name}=x", "`where`")

    def test_as_the_daemon_says_it(self):
        for arguments in ({"by": ["model", "model"]}, {"by": ["service"] * 9}, {"since": 1 << 62},
                          {"until": -(1 << 62)}, {"where": {"service": "x" * 129}}, {"since": now_ms() + 10 * DAY_MS}):
            self.compare("/api/breakdown", **arguments)


if __name__ == "__main__":
    unittest.main()
