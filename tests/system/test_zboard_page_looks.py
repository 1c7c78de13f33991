# SPDX-License-Identifier: MPL-2.0
"""The page of zboard as it is looked at: by eyes in two themes at all widths, by a keyboard, by a screen reader, and
with what strangers wrote in it. Leaves pictures in build/NAME/screenshots."""
import random
import unittest
import uuid

import spending
from board import Board
from browser import DESKTOP, Keys, PageCase, hook, push_all
from budgets import conf
from harness import Daemon, fixed_endpoints, now_ms
from reliable import stamped

MINUTE_MS = 60_000
BYTES_MAX = 409_600
PAINT_MAX_MS = 1000

# Text and what it stands on, as they are painted: colours of all that is seen, blended with what is below.
CONTRASTS = """
const channels = (text) => { const c = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    return text.startsWith('rgb') ? text.match(/[\\d.]+/g).map(Number) : (c.fillStyle = text, c.fillRect(0, 0, 1, 1),
        Array.from(c.getImageData(0, 0, 1, 1).data).map((v, i) => i === 3 ? v / 255 : v)); };
const over = (top, below) => { const a = top[3] ?? 1; return [0, 1, 2].map((i) => top[i] * a + below[i] * (1 - a)); };
const ground = (node) => { if (!node) return [255, 255, 255];
    const own = channels(getComputedStyle(node).backgroundColor);
    return (own[3] ?? 1) === 1 ? own.slice(0, 3) : over(own, ground(node.parentElement)); };
const light = (c) => { const [r, g, b] = c.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92
    : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || !node.checkVisibility({ visibilityProperty: true }) || node.closest('.unseen, .skip, option, script'))
        continue;
    const style = getComputedStyle(node), below = ground(node), a = light(over(channels(style.color), below));
    const b = light(below), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push([ratio, parseFloat(style.fontSize) >= 24 ? 3 : 4.5, text.slice(0, 40)]);
}
return found;
"""

# What a screen reader would say of each control: nothing is what must not be.
NAMELESS = """
const label = (node) => node.ariaLabel || node.ariaLabelledByElements?.map((one) => one.textContent).join(' ')
    || Array.from(node.labels || [], (one) => Array.from(one.childNodes, (part) =>
        part === node || part.nodeType === 1 && getComputedStyle(part).display === 'none' ? ''
            : part.textContent).join('')).join(' ')
    || (node.matches('select, input') ? '' : node.textContent);
return Array.from(document.querySelectorAll('button, select, input:not([hidden]), a, summary, [tabindex="0"], canvas,'
    + '[role=img], [role=radiogroup], [role=group], nav, dialog, section'),
    (node) => label(node).trim() ? '' : node.outerHTML.slice(0, 120)).filter(Boolean);
"""

# Every stop of the tab key, in the document's order.
STOPS = """
return Array.from(document.querySelectorAll('a[href], button, select, input, summary, [tabindex="0"]'))
    .filter((node) => node.checkVisibility({ visibilityProperty: true }) && node.tabIndex >= 0 && !node.disabled
        && !(node.closest('details:not([open])') && node.tagName !== 'SUMMARY'))
    .map((node, i) => (node.dataset.stop = i, (node.id || node.textContent || node.ariaLabel).trim().slice(0, 30)));
"""


def last_hour(now):
    """Some of what the week has, of now."""
    rng = random.Random(spending.SEED)
    week = [event for event in spending.events(now) if event.get("model") != "llama-home-made"]
    return [{**rng.choice(week), "ts": now - rng.randrange(60 * MINUTE_MS)} for _ in range(400)]


class Case(PageCase):
    def overflows(self):
        """By how many pixels it is wider than the window, once the chart minds its width; who sticks out."""
        self.browser.driver.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 50))")
        return self.browser.script(
            "const wide = document.documentElement.scrollWidth - innerWidth; return wide <= 0 ? [] : [wide, ...Array"
            ".from(document.querySelectorAll('body *')).filter((node) => node.getBoundingClientRect().right >"
            " innerWidth + 1 && !node.closest('.scroll, .segments')).map((node) => node.outerHTML.slice(0, 90))]")


class Week(Case):
    """A week of spending and its last hour, which nobody changes."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.zcostd = cls.enterClassContext(Daemon(config=spending.CONFIG, interval=3600))
        now = now_ms()
        push_all(cls.zcostd, [*spending.events(now), *last_hour(now)])
        cls.zboard = cls.enterClassContext(Board(cls.zcostd))

    def test_pictures_in_both_languages_both_themes_and_three_widths(self):
        self.open(self.zboard, "#window=7d")
        for language, window in (("en", "24h"), ("es", "7d")):
            self.browser.choose(hook("language"), language)
            self.browser.click(f'[data-value="{window}"]')
            self.browser.wait_settled()
            for width, height in ((360, 740), DESKTOP, (2560, 1440)):
                self.browser.size(width, height)
                for scheme in ("light", "dark"):
                    self.browser.scheme(scheme)
                    self.browser.screenshot(f"{language}-{scheme}-{width}")

    def test_no_width_is_too_small(self):
        for language in ("en", "es"):
            self.open(self.zboard, "#window=7d")
            self.browser.choose(hook("language"), language)
            for width in (360, 768, 1080, 1440, 2560):
                self.browser.size(width, 900)
                self.assertEqual(self.overflows(), [], f"{language} {width}")

    def test_what_is_read_can_be_read_in_both_themes(self):
        self.open(self.zboard, "#window=7d&service=documents")
        self.browser.click("#spend-details summary")
        for scheme in ("light", "dark"):
            self.browser.scheme(scheme)
            found = self.browser.script(CONTRASTS)
            self.assertGreater(len(found), 150)
            self.assertEqual([one for one in found if one[0] < one[1]], [], scheme)

    def test_everything_has_a_name_and_a_place(self):
        self.open(self.zboard, "#window=7d")
        for width in (360, DESKTOP[0]):
            self.browser.size(width, 900)
            self.assertEqual(self.browser.script(NAMELESS), [], width)
        self.assertEqual(len(self.browser.texts("h1")), 1)
        for css in ("header", "nav[aria-label]", "main", "footer", "[aria-live=polite]",
                    "canvas[role=img][aria-label]"):
            self.assertTrue(self.browser.texts(css), css)
        self.assertEqual(self.browser.texts("img:not([alt])"), [])
        self.assertEqual(self.browser.script(
            "return Array.from(document.querySelectorAll('table')).filter((table) => !table.caption?.textContent"
            " || table.querySelector('thead tr:last-child th:not([scope]), tbody th:not([scope]),"
            " tbody tr > td:first-child')).map((table) => table.id)"), [])
        self.assertEqual(self.browser.script("return Array.from(document.querySelectorAll('[id]'), (node) => node.id)"
                                             ".filter((id, i, all) => all.indexOf(id) !== i)"), [])
        self.assertIn("Bar chart. Total", self.browser.script("return document.querySelector('canvas').ariaLabel"))

    def test_by_keyboard_alone(self):
        self.open(self.zboard, "#window=7d")
        stops = self.browser.script(STOPS)
        for name in ("language", "theme", "7 days", "group", "service", "cumulative", "assistant", "Show as table"):
            self.assertIn(name, " ".join(stops))
        reached = []
        for _ in stops:
            self.browser.tab()
            reached.append(self.browser.script("return document.activeElement.dataset.stop ?? 'other: ' + "
                                               "document.activeElement.outerHTML.slice(0, 80)"))
        self.assertEqual(reached, [str(i) for i in range(len(stops))], stops)
        self.browser.script("document.querySelector('[aria-checked=true]').focus()")
        for key, value in ((Keys.ARROW_RIGHT, "30d"), (Keys.ARROW_LEFT, "7d"), (Keys.ARROW_UP, "24h"),
                           (Keys.END, "all"), (Keys.ARROW_DOWN, "hour"), (Keys.HOME, "hour"), (Keys.ARROW_LEFT, "all")):
            self.browser.press(key)
            found = self.browser.script("const at = document.activeElement;"
                                        "return [at.dataset.value, at.ariaChecked, location.hash]")
            self.assertEqual(found, [value, "true", f"#window={value}&by=model"])
        self.browser.wait_settled()
        self.browser.script("document.querySelector('#legend button').focus()")
        self.browser.press(Keys.SPACE)
        self.assertEqual(self.browser.script("return document.activeElement.ariaPressed"), "false")

    def test_it_is_small_quick_and_keeps_to_its_policy(self):
        self.open(self.zboard)
        policy = self.zboard.get("/").headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(self.browser.complaints(), [])  # nor warnings
        assets = self.browser.script("return performance.getEntriesByType('resource')"
                                     ".filter((one) => one.name.includes('/assets/'))"
                                     ".concat(performance.getEntriesByType('navigation'))"
                                     ".map((one) => [one.name, one.encodedBodySize])")
        self.assertGreater(len(assets), 20)
        self.assertNotIn(0, [size for _, size in assets])
        total = sum(dict(assets).values())
        paint = self.browser.script("return performance.getEntriesByName('first-contentful-paint')[0].startTime")
        print(f"# first contentful paint after {paint:.0f} ms; {total:,} bytes of assets", flush=True)
        self.assertLess(total, BYTES_MAX)
        self.assertLess(paint, PAINT_MAX_MS)


class Strangers(Case):
    NAMES = ('<img src=x onerror="alert(1)">', "</td></table><script>alert(2)</script>", "W" * 128,
             "\u202egpj.exe\u2066", "🧮🏳️‍🌈" * 4, "&lt;b&gt; &amp;", "' onclick='alert(3)", "{{7*7}} ${7*7}",
             "شركة ألف", "a\nb\tc\x07", "a,b=c",
             "\u200b", "__proto__", "constructor", "toString")

    def test_names_of_strangers_are_text(self):
        daemon = self.daemon(config=conf(tags=["team"], some=dict(limit_usd=1, period="day")), interval=0.5)
        daemon.push_events(*({"type": kind, "cost": 1, "model": name, "service": name, "provider": name[:60],
                              "tags": {"team": name}} for name in self.NAMES for kind in ("llm_call", "query_router")),
                           *({"type": "llm_call", "model": name[:99] + "?", "input_tokens": 1} for name in self.NAMES))
        daemon.settle(3 * len(self.NAMES))
        self.open(self.board(daemon))
        for by in ("service", "provider", "team", "model"):
            self.browser.choose(hook("group"), by)
            self.browser.wait_settled()
        self.shows("banner-unpriced", {"15 events have"})
        self.shows("budgets", {"some", "breached"})
        text = self.browser.script("return document.body.innerText")
        for name in (self.NAMES[0], self.NAMES[1], self.NAMES[5], "\ufffdgpj.exe\ufffd", "a b c\ufffd", "شركة ألف"):
            self.assertIn(name, text)
        self.assertNotRegex(text, "[\u202a-\u202e\u200b]")
        self.assertEqual(self.browser.texts("main img, main script, main b b, main i i, [onclick], [onerror]"), [])
        self.assertIsNone(self.browser.dialog())
        for width in (360, *DESKTOP[:1], 2560):
            self.browser.size(width, 900)
            self.assertEqual(self.overflows(), [], width)
            self.browser.screenshot(f"strangers-{width}")
        self.browser.size(*DESKTOP)
        for name in ("__proto__", self.NAMES[0]):
            self.browser.choose(hook("service"), name)
            self.shows("total-cost", "$2.00")
            self.browser.wait_settled()


class Extremes(Case):
    def test_an_empty_ledger_says_what_to_do_until_something_comes(self):
        daemon = self.daemon(interval=0.5)
        self.open(self.board(daemon))
        self.shows("empty", {"No events yet", "zreplay --demo"})
        self.assertNotRegex(self.browser.script("return document.body.innerText"),
                            r"NaN|undefined|null|Infinity|\[object")
        self.assertEqual((self.browser.test("total-cost"), self.browser.text("#spend-nothing")),
                         ("$0.00", "Nothing was spent in this window"))
        self.browser.screenshot("empty")
        daemon.push_events({"type": "llm_call", "cost": 3})
        self.browser.wait_gone(hook("empty"))
        self.shows("total-cost", "$3.00")

    def test_what_came_after_an_old_snapshot_is_no_empty_ledger(self):
        daemon = self.daemon(interval=3600)
        board = self.board(daemon)
        daemon.push_events({"type": "llm_call", "cost": 3})
        daemon.settle(1)
        self.open(board)
        self.shows("total-cost", "$3.00")
        self.assertIsNone(self.browser.test("empty"))

    def test_everything_wrong_at_once(self):
        self.provokes_network = True
        config = conf(all=dict(limit_usd=10, period="month"), search=dict(limit_usd=2, period="day",
                                                                          where=dict(service="search")))
        daemon = self.daemon(config=config, interval=0.5, bind=fixed_endpoints())
        producer = uuid.uuid4().bytes
        self.browser.until(lambda: all(one["state"] == "ok" for one in daemon.ask("budgets")["budgets"]))
        push_all(daemon, [*last_hour(now_ms()), {"type": "llm_call", "cost": 9, "service": "search"},
                          *[{"type": "llm_call", "model": "llama-home-made", "input_tokens": 9}] * 7])
        daemon.push(b"\xc1", stamped(producer, 1, 1), stamped(producer, 1, 1, [{"type": "llm_call", "cost": 1}]),
                    stamped(producer, 1, 40, [{"type": "llm_call", "cost": 1}]),
                    stamped(producer, 2, 1, [{"type": "llm_call", "cost": 1}], 1900))
        self.open(self.board(daemon))
        self.shows("banner-lost", {"38 lost", "1,900 dropped"})
        self.shows("budgets", {"breached"})
        daemon.crash()
        for banner in ("daemon", "unpriced", "lost"):
            self.shows(f"banner-{banner}", bool)
        self.browser.choose(hook("group"), "service")
        self.browser.wait("[data-stale]", deadline=20)
        self.browser.until(lambda: not self.browser.texts("[aria-busy=true]"), 20)
        told = self.browser.script("return Object.fromEntries(Array.from(document.querySelectorAll('[data-stale]'),"
                                   " (node) => [node.id, node.dataset.stale]))")
        self.assertEqual([panel for panel, text in told.items() if "previous selection" in text], ["panel-spend"], told)
        for width, scheme in ((360, "light"), (1440, "light"), (1440, "dark")):
            self.browser.scheme(scheme)
            self.browser.size(width, 900)
            self.assertEqual(self.overflows(), [], width)
            self.browser.screenshot(f"wrong-{scheme}-{width}")
        self.assertEqual([one for one in self.browser.script(CONTRASTS) if one[0] < one[1]], [])

    def test_large_amounts_stay_in_their_places(self):
        daemon = self.daemon(interval=3600)
        push_all(daemon, [{"type": kind, "cost": 4321.9876, "tier": "complex", "model": f"m{i % 3}"}
                          for kind in ("llm_call", "query_router") for i in range(1500)] +
                 [{"type": "llm_call", "model": "nobody", "input_tokens": 5}])
        self.open(self.board(daemon))
        for language in ("es", "en"):
            self.browser.choose(hook("language"), language)
            for width in (360, 720, 900, 1080, 1440):
                self.browser.size(width, 900)
                self.assertEqual(self.overflows(), [], f"{language} {width}")
                self.assertEqual(self.browser.script(
                    "return Array.from(document.querySelectorAll('.big, .mid')).filter((node) =>"
                    " node.scrollWidth > node.clientWidth || node.textContent.includes('$')"
                    " && !node.querySelector('.chip, .unit') && node.clientHeight > 60)"
                    ".map((node) => node.textContent)"), [], f"{language} {width}")
            self.browser.screenshot(f"large-{language}")


if __name__ == "__main__":
    unittest.main()
