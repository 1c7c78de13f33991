# SPDX-License-Identifier: MPL-2.0
"""The page of zboard in a browser: its numbers are the daemon's own and go on by themselves, what is chosen is kept,
and what is wrong is told."""
import re
import time
import unittest
import uuid
from decimal import Decimal

import samples
import spending
from board import Board
from browser import Keys, PageCase, dollars, hook, percent, push_all
from budgets import conf
from harness import Daemon, now_ms, seeded
from reliable import stamped

ROUTER = {"type": "query_router", "tier": "simple", "cost": 1}
UNPRICED = {"type": "llm_call", "model": samples.UNKNOWN_MODEL, "input_tokens": 5}
CHOSEN = "return document.querySelector('#window [aria-checked=true]').dataset.value"

# Counts what is put below the head from the very first on.
COUNT_BANNERS = """
window.banners = 0;
new MutationObserver(() => window.banners += document.querySelectorAll('.banner').length)
    .observe(document, { childList: true, subtree: true });
"""


class Numbers(PageCase):
    def events(self, rng, number):
        """Any, but routed cheaply."""
        for event in (samples.random_event(rng, now_ms()) for _ in range(number)):
            if event["type"] == "query_router" and "cost" in event:
                event["cost"] = min(event["cost"], rng.randrange(10_000_000) / 1e9)
            yield event

    def of(self, report):
        """Hook -> text, of all that the old page had."""
        router, cache, rag = report["query_router"], report["embedding_cache"], report["rag_parallel"]
        calls = report["llm_calls"]
        low = "+" if router["unpriced_queries"] + calls["unpriced_calls"] else ""
        cost = Decimal(router["total_cost_usd"]) + Decimal(calls["total_cost_usd"])
        return {
            "total-queries": f"{router['total_queries']:,}", "savings": dollars(router["net_savings_usd"]),
            "savings-percent": percent(router["savings_percent"]),
            "total-cost": dollars(cost) + low,
            "cache-rate": percent(cache["hit_rate_percent"]), "cache-hits": f"{cache['cache_hits']:,}",
            "cache-saved": dollars(cache["estimated_cost_saved_usd"]),
            "rag-saved": f"{rag['avg_time_saved_seconds']:.2f} s",
            "rag-preloads": f"{rag['total_preloads']:,}",
            "calls": f"{calls['total_calls']:,}",
            "calls-cost": dollars(calls["total_cost_usd"]) + ("+" if calls["unpriced_calls"] else ""),
        }

    def check(self, daemon, told):
        report = daemon.report()
        wanted = self.of(report)
        self.browser.until(lambda: wanted.items() <= self.browser.numbers().items(), 10, lambda: told + "".join(
            f"\n{name}: {self.browser.numbers()[name]!r}, is {text!r}" for name, text in wanted.items()
            if self.browser.numbers()[name] != text))
        for tier, one in report["query_router"]["cost_breakdown"].items():
            row = f'[data-tier="{tier}"]'
            self.assertEqual(
                [self.browser.text(f"{row} {hook(f'tier-{what}')}") for what in ("model", "queries")],
                [one["model"] or "–", f"{one['queries']:,}"], tier)
            cost = self.browser.text(f"{row} {hook('tier-cost')}")
            self.assertEqual(cost.rstrip("+"), dollars(one["cost_usd"]), tier)

    def test_they_are_the_daemons_own_and_change_with_its_snapshots(self):
        daemon = self.daemon(prices=samples.PRICES, interval=0.5)
        rng = seeded(31)
        push_all(daemon, self.events(rng, 500))
        board = self.board(daemon)
        for window in ("24h", "all"):
            self.open(board, f"#window={window}")
            self.check(daemon, window)
        self.browser.script("window.same = true")
        for events in (1, 300):
            push_all(daemon, self.events(rng, events))
            self.check(daemon, f"after {events} more")
        self.assertTrue(self.browser.script("return window.same"))  # it was not loaded anew

    def test_a_window_has_what_happened_in_it(self):
        daemon = self.daemon(prices=samples.PRICES, interval=0.5)
        ago = now_ms() - 3 * samples.HOUR_MS
        daemon.push_events(ROUTER, {**ROUTER, "cost": 2, "ts": ago}, {**ROUTER, "cost": 4, "ts": ago - 3 * 86_400_000})
        daemon.settle(3)
        board = self.board(daemon)
        for window, cost in (("hour", 1), ("24h", 3), ("7d", 7), ("all", 7)):
            self.open(board, f"#window={window}")
            self.shows("total-cost", f"${cost}.00")
            self.assertEqual(self.browser.texts("#legend b"), [f"${cost}.00"], window)

    def test_tokens_that_a_cache_saved_stand_apart(self):
        daemon = self.daemon(prices=samples.PRICES)
        cache = {"type": "embedding_cache", "model": "acme-embed", "input_tokens": 300}
        daemon.push_events({**cache, "hit": False}, {**cache, "hit": True}, {**cache, "hits": 2, "misses": 1})
        daemon.settle(3)
        self.open(self.board(daemon))
        for table in ("#top-models", "#top-services"):
            self.browser.wait(f"{table} tbody td")
            self.assertEqual(self.browser.texts(f"{table} thead tr:last-child th")[4:7], ["in", "out", "saved"])
            self.assertEqual(self.browser.texts(f"{table} tbody td")[3:6], ["300", "0", "600"])

    def test_what_routing_made_dearer_is_no_saving(self):
        daemon = self.daemon(prices=samples.PRICES)
        daemon.push_events(ROUTER)
        daemon.settle(1)
        self.open(self.board(daemon))
        self.shows("savings", dollars(daemon.report()["query_router"]["net_savings_usd"]))
        self.shows("savings-percent", "costs more")
        self.assertEqual(self.browser.text("#savings-under"), "above gpt-4o alone")

    def test_nothing_is_asked_while_nothing_arrives(self):
        daemon = self.daemon(interval=3600)
        self.open(self.board(daemon))
        before = self.browser.requests()
        time.sleep(5)
        self.assertEqual(self.browser.requests(), before)

    def test_less_than_a_hundredth_before_is_no_comparison(self):
        daemon = self.daemon(prices=samples.PRICES, interval=0.5)
        board = self.board(daemon)
        earlier = now_ms() - 30 * samples.HOUR_MS
        daemon.push_events({**ROUTER, "cost": 0.001, "ts": earlier}, {**ROUTER, "cost": 70},
                           {**ROUTER, "ts": earlier - 48 * samples.HOUR_MS})  # or there was nothing to compare with
        daemon.settle(3)
        self.open(board)
        self.shows("total-cost", "$70.00")
        self.assertEqual(self.browser.text("#total-change"), "")
        daemon.push_events({**ROUTER, "cost": 1, "ts": earlier})
        self.browser.wait("#total-change", "▲ >999% vs. the previous 24 h")
        daemon.push_events({**ROUTER, "cost": 48.999, "ts": earlier})
        self.browser.wait("#total-change", "▲ 40.0% vs. the previous 24 h")

    def test_no_name_is_taken_for_the_others(self):
        daemon = self.daemon(interval=0.5)
        daemon.push_events(*({"type": "llm_call", "model": f"m{i}", "cost": 5} for i in range(9)),
                           {"type": "llm_call", "model": "\0other", "cost": 9, "service": ""})
        daemon.settle(10)
        self.open(self.board(daemon))
        for more in range(3):
            self.browser.until(lambda: self.browser.texts("#legend b") == [
                "$9.00", *["$5.00"] * 6, f"${15 + more}.00"], told=lambda: self.browser.texts("#legend li"))
            names = self.browser.texts("#legend .name")
            self.assertEqual((names[0], names[-1]), ("\ufffdother", "other"))
            daemon.push_events({"type": "llm_call", "model": f"late{more}", "cost": 1})
        self.browser.wait_settled()
        self.assertEqual(self.browser.texts("#top-services tbody th"), ["default", "(no service)"])
        self.assertEqual(self.browser.texts("#top-services tbody button"), ["default"])  # only what can be filtered by


class Choices(PageCase):
    """A week of spending, which nobody changes."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.zcostd = cls.enterClassContext(Daemon(config=spending.CONFIG, interval=3600))
        push_all(cls.zcostd, spending.events(now_ms()))
        cls.zboard = cls.enterClassContext(Board(cls.zcostd))

    def heads(self):
        return self.browser.texts(f"{hook('spend-table')} thead th")

    def rows(self):
        return len(self.browser.texts(f"{hook('spend-table')} tbody tr"))

    def settled(self, *wanted):
        self.browser.until(lambda: set(wanted) <= set(self.heads()), 10, lambda: f"{wanted}: {self.heads()}")
        self.browser.wait_settled()
        return self.heads(), self.rows()

    def test_window_and_grouping_change_the_chart_and_the_address_and_outlive_a_reload(self):
        self.open(self.zboard)
        models, _ = self.settled("gpt-4o")
        self.browser.click('[data-value="7d"]')
        self.settled("gpt-4o", "claude-sonnet-4-5")
        self.assertIn("window=7d", self.browser.script("return location.hash"))
        week = self.rows()
        self.assertIn(week, range(28, 31))  # of quarters of days
        self.browser.click('[data-value="30d"]')
        self.browser.until(lambda: self.rows() in (30, 31, 32), 10)
        for by, wanted, other in (("service", "assistant", "gpt-4o"), ("tier", "complex", "assistant"),
                                  ("provider", "anthropic", "complex"), ("type", "router query", "anthropic")):
            self.browser.choose(hook("group"), by)
            heads, _ = self.settled(wanted)
            self.assertNotIn(other, heads)
            self.assertIn(f"by={by}", self.browser.script("return location.hash"))
        before = self.settled("router query"), self.browser.test("total-cost")
        self.browser.driver.refresh()
        self.browser.wait_settled()
        self.assertEqual((self.settled("router query"), self.browser.test("total-cost")), before)
        self.assertEqual(self.browser.script("return [group.value, document.querySelector('[aria-checked=true]')"
                                             ".dataset.value]"), ["type", "30d"])

    def test_a_configured_tag_is_a_grouping_and_a_link_to_an_unknown_one_is_harmless(self):
        self.provokes_network = True  # it is asked about once, and refused
        self.open(self.zboard, "#window=7d&by=nothing")
        self.browser.until(lambda: self.browser.script("return group.value") == "model")
        options = self.browser.texts(f"{hook('group')} option")
        self.assertEqual(options, ["model", "tier", "service", "provider", "type", "team"])
        self.browser.choose(hook("group"), "team")
        self.settled("core", "growth")

    def test_a_service_filters_all_but_the_services(self):
        self.open(self.zboard, "#window=7d")
        services = self.browser.test("top-services")
        button = self.browser.find(f"{hook('top-services')} tbody button")
        name = button.text
        button.send_keys(Keys.ENTER)
        since = now_ms() // 60_000 * 60_000 - 7 * 86_400_000
        report = self.zcostd.ask("report", since=since, service=name)
        self.shows("calls-cost", dollars(report["llm_calls"]["total_cost_usd"]))
        self.assertIn(f"service={name}", self.browser.script("return location.hash"))
        self.browser.wait_settled()
        self.assertEqual(self.browser.test("top-services"), services)
        self.assertEqual(self.browser.script("return document.activeElement.textContent"), name)
        self.browser.press(Keys.ENTER)
        self.browser.until(lambda: "service=" not in self.browser.script("return location.hash"))

    def test_back_goes_to_what_was_chosen_before(self):
        self.open(self.zboard, "#window=24h&by=model")
        hashes = [f"#window={window}&by=model" for window in ("24h", "7d", "hour")]
        for window in ("7d", "hour"):
            self.browser.click(f'[data-value="{window}"]')
        self.browser.script("document.querySelector('.skip').click()")
        for wanted in (hashes[2], hashes[1], hashes[0]):
            while self.browser.script("return location.hash") != wanted:
                self.browser.driver.back()
                self.browser.wait_settled()
            self.assertIn(f"window={self.browser.script(CHOSEN)}&", wanted)

    def test_spanish_to_who_reads_it_and_to_who_chose_it(self):
        english = ("Total cost", "Current rate", "Saved by routing", "Router queries", "Spend over time", "Budgets",
                   "Recent alerts", "Top models", "Router tiers", "Embedding cache", "Other calls", "Data quality",
                   "Group by", "hit rate", "Today", "All time", "Stream live", "Show as table", "Events accepted",
                   "cumulative", "Skip to", "breached", "warning", "Price table", "vs.")
        spanish = ("Coste total", "Gasto en el tiempo", "Presupuestos", "Calidad de los datos", "En directo", "Hoy")

        def check(has, lacks, lang):
            self.browser.until(lambda: self.browser.script("return document.documentElement.lang") == lang)
            text = self.browser.script("return document.body.innerText + Array.from(document.querySelectorAll("
                                       "'[aria-label],[title]'), (node) => `\\n${node.ariaLabel} ${node.title}`)")
            self.assertEqual([word for word in has if word not in text], [])
            self.assertEqual([word for word in lacks if word in text], [])
            days = {"es": "(lun|mar|mié|jue|vie|sáb|dom),", "en": "(Mon|Tue|Wed|Thu|Fri|Sat|Sun),"}
            for row in self.browser.texts(f"{hook('spend-table')} tbody th"):
                self.assertRegex(row, "^" + days[lang])

        self.browser.fresh(language="es-ES")
        self.open(self.zboard, "#window=7d")
        check(spanish, english, "es")
        self.assertRegex(self.browser.test("total-cost"), r"^\d+,\d\d\s\$\+?$")
        self.browser.choose(hook("language"), "en")
        check(english[:5], spanish, "en")
        self.browser.driver.refresh()
        self.browser.wait_settled()
        check(english[:5], spanish, "en")
        self.browser.choose(hook("language"), "es")
        check(spanish, english, "es")
        self.browser.command("Storage.clearDataForOrigin", origin=self.origin, storageTypes="all")
        self.browser.fresh(language="fr-FR,es-ES,en-US")  # the first that we have
        self.open(self.zboard, "#window=7d")
        check(spanish, english, "es")

    def test_dark_where_the_system_is_and_as_chosen(self):
        def is_dark():
            shades = re.findall(r"\d+", self.browser.script("return getComputedStyle(document.body).backgroundColor"))
            return sum(map(int, shades)) < 300
        self.browser.fresh(scheme="dark")
        self.open(self.zboard, settled=False)
        self.assertTrue(is_dark())
        self.browser.scheme("light")
        self.assertFalse(is_dark())
        self.browser.choose(hook("theme"), "dark")
        self.assertTrue(is_dark())
        self.browser.driver.refresh()
        self.assertTrue(is_dark())
        self.browser.scheme("dark")
        self.browser.choose(hook("theme"), "light")
        self.assertFalse(is_dark())
        self.browser.choose(hook("theme"), "system")
        self.assertTrue(is_dark())


class Troubles(PageCase):
    def test_what_is_not_priced_or_not_counted_is_told_and_can_be_put_away(self):
        daemon = self.daemon(interval=0.5)
        board = self.board(daemon)
        producer = uuid.uuid4().bytes
        daemon.push_events(UNPRICED, ROUTER)
        daemon.push(b"\xc1", stamped(producer, 1, 1, [ROUTER]), stamped(producer, 1, 4, [ROUTER]),
                    stamped(producer, 2, 1, [ROUTER], 9))
        self.open(board)
        self.shows("banner-unpriced", {"1 event has no known price", samples.UNKNOWN_MODEL, "In this view: 1."})
        self.shows("banner-lost", {"Not counted: 1 rejected, 2 lost, and 9 dropped.", "Rejected as"})
        self.browser.wait("#quality-note", "some events are missing from the sums")
        for fact, number in (("rejected", 1), ("unpriced", 1), ("lost", 2), ("dropped", 9)):
            self.assertEqual(self.browser.text(f'[data-fact="{fact}"].bad b'), str(number), fact)
        self.shows("total-cost", "$4.00+")
        self.browser.wait("#announce", lambda text: "Not counted" in text or "no known price" in text)
        self.assertEqual(self.browser.texts("[aria-live] .banner, [role=status] .banner"), [])  # its counts run on
        for banner in ("banner-unpriced", "banner-lost"):
            self.browser.click(f"{hook(banner)} .close")
            self.browser.wait_gone(hook(banner))
            self.assertEqual(self.browser.script("return document.activeElement.id"), "main")
        script = self.browser.command("Page.addScriptToEvaluateOnNewDocument", source=COUNT_BANNERS)["identifier"]
        self.browser.driver.refresh()
        self.browser.wait_settled()
        self.browser.command("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
        self.assertEqual(self.browser.script("return window.banners"), 0)
        daemon.push(b"\xc1")
        self.shows("banner-lost", {"2 rejected"})

    def test_what_is_too_low_is_marked_so(self):
        daemon = self.daemon(interval=0.5)
        daemon.push_events(ROUTER, {"type": "query_router", "tier": "simple", "model": "nobody", "input_tokens": 5})
        daemon.settle(2)
        self.open(self.board(daemon))
        for name in ("total-cost", "month", "tier-cost"):
            self.shows(name, "$1.00+")
        for name in ("rate-now", "rate-hour"):
            self.assertRegex(self.browser.test(name), r"\+/h$")
        self.assertEqual(self.browser.text('[data-tier="simple"] td:nth-child(5)'), "$0.5000+")
        self.assertEqual(self.browser.text('[data-tier="complex"] ' + hook("tier-cost")), "$0.00")

    def test_budgets_and_an_alert_of_the_stream(self):
        config = conf(all=dict(limit_usd=10, period="month"),
                      search=dict(limit_usd=2, period="day", where=dict(service="search")))
        daemon = self.daemon(config=config, interval=3600)  # so that nothing but the alert tells of it
        self.browser.until(lambda: all(one["state"] == "ok" for one in daemon.ask("budgets")["budgets"]))
        self.open(self.board(daemon))
        self.shows("budgets", {"all", "$0.00 of $10.00", "month · UTC", "service = search"})
        self.assertEqual(self.browser.test("alerts"), "No threshold has been passed.")
        daemon.push_events({**ROUTER, "cost": 11.5, "tier": "complex"})
        self.shows("alerts", {"all passed 100%", "$11.50 of $10.00"})
        self.browser.wait("#announce", {"Budget alert: all passed"})
        self.browser.driver.refresh()
        self.browser.wait_settled()
        self.shows("budgets", {"breached", "115.0%", "$11.50 of $10.00"})
        self.shows("alerts", {"all passed 100%"})


if __name__ == "__main__":
    unittest.main()
