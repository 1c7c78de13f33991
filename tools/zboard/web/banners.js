/* SPDX-License-Identifier: MPL-2.0
 *
 * banners.js - what is wrong, in plain sight, for as long as it is: the stream is lost, zcostd is away, the
 * numbers are overdue, events without a price, events that were not counted. Owns the strip under the head.
 * A banner about the past (unpriced, not counted) can be put away until there is more of it. Their counts run on:
 * a screen reader is told of a banner once, when it appears.
 */
import { attribute, byId, make, plain, put, reconcile } from "./dom.js";
import { clockSeconds, count } from "./numbers.js";
import { keep, kept } from "./state.js";
import { live, overdue } from "./stream.js";
import { list, t } from "./words.js";

const NAMED = 4; /* models or reasons named before "and n more" */

let report = null, health = null, windowUnpriced = null, shown = [];

export function bannersKnow(news) {
    report = news.report ?? report;
    health = news.health ?? health;
    windowUnpriced = news.windowUnpriced ?? windowUnpriced;
    showBanners();
}

function named(counts) {
    const entries = Object.entries(counts || {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
    const shown = entries.slice(0, NAMED).map(([name, n]) => `\u2068${plain(name)}\u2069 (${count(n)})`);
    return shown.length ? list(shown) + (entries.length > NAMED ? t("andMore", entries.length - NAMED) : "") : "";
}

function connection() {
    const heard = live.heard === null ? "" : t("numbersAsOf", clockSeconds(live.heard));
    if (live.stream === "lost")
        return [{ key: "stream", kind: "bad", title: t("streamGone", clockSeconds(live.streamSince)),
                  text: `${t("streamRetry")} ${heard}` }];
    if (live.daemon === "away")
        return [{ key: "daemon", kind: "bad", title: t("daemonGone", clockSeconds(live.daemonSince)),
                  text: `${t("daemonRetry")} ${heard}` }];
    if (live.stream === "open" && live.daemon === "up" && live.heard !== null && overdue() === 2)
        return [{ key: "overdue", kind: "warn", title: t("overdueTitle"), text: heard }];
    return [];
}

/* What makes a put away banner come back: an unpriced model more, an uncounted event more. Without health nobody knows
 * which models are unpriced, nor so whether theirs was put away. */
function ledger() {
    if (!report)
        return [];
    const found = [], incarnation = report.zcost.since;
    const unpriced = report.savings?.unpriced_events || 0;
    if (unpriced > 0 && health) {
        const models = named(health.unpriced);
        found.push({
            key: "unpriced", kind: "warn", mark: `${incarnation} ${Object.keys(health.unpriced || {}).sort()}`,
            away: t("putAwayUnpriced"), title: t("unpricedTitle", unpriced),
            text: [models && t("unpricedModels", models),
                   windowUnpriced > 0 ? t("unpricedWindow", windowUnpriced)
                       : windowUnpriced === 0 && t("unpricedNot")].filter(Boolean).join(" "),
        });
    }
    const { rejected = 0, lost = 0, dropped = 0 } = report.zcost.events || {};
    if (rejected + lost + dropped > 0) {
        const parts = [rejected && t("nRejected", rejected), lost && t("nLost", lost),
                       dropped && t("nDropped", dropped)].filter(Boolean);
        const reasons = rejected ? named(health?.rejected) : "";
        found.push({
            key: "lost", kind: "warn", mark: `${incarnation} ${rejected} ${lost} ${dropped}`, away: t("putAway"),
            title: t("lostTitle", list(parts)), text: (reasons ? t("lostReasons", reasons) + " " : "") + t("lostText"),
        });
    }
    return found.filter((banner) => (kept.away || {})[banner.key] !== banner.mark);
}

function build(banner) {
    const close = make("button", { type: "button", class: "close" }, "×");
    close.addEventListener("click", () => {
        keep({ away: { ...kept.away, [banner.key]: close.dataset.mark } });
        showBanners();
        byId("main").focus({ preventScroll: true }); /* what had it is gone */
    });
    return make("div", { class: "banner", "data-test": `banner-${banner.key}` },
                make("i", { class: "sign", "aria-hidden": "true" }),
                make("p", {}, make("strong"), " ", make("span")), close);
}

function fill(node, banner) {
    node.classList.toggle("bad", banner.kind === "bad");
    put(node.querySelector("strong"), banner.title);
    put(node.querySelector("span"), banner.text);
    const close = node.querySelector(".close");
    close.hidden = !banner.mark;
    close.dataset.mark = banner.mark || "";
    attribute(close, "aria-label", banner.away);
    attribute(close, "title", banner.away);
}

export function showBanners() {
    const banners = [...connection(), ...ledger()], fresh = banners.filter(({ key }) => !shown.includes(key));
    reconcile(byId("banners"), banners, (banner) => banner.key, build, fill);
    shown = banners.map((banner) => banner.key);
    if (fresh.length)
        put("announce", fresh.map((banner) => banner.title).join(" "));
}
