/* SPDX-License-Identifier: MPL-2.0
 *
 * quality.js - how far the numbers can be trusted: what was taken, what was not and why, where it is kept.
 * Counts are since the ledger began, whatever the window. It asks nothing.
 */
import { attribute, byId, make, plain, put, reconcile } from "./dom.js";
import { bytes, count, duration, moment, seconds } from "./numbers.js";
import { list, t } from "./words.js";

const REASONS = 3;

function counts(map) {
    const entries = Object.entries(map || {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
    const more = entries.length - REASONS;
    return list(entries.slice(0, REASONS).map(([key, n]) => `\u2068${plain(key)}\u2069 ${count(n)}`))
        + (more > 0 ? t("andMore", more) : "");
}

function unpricedOf(health) {
    return Object.values(health.unpriced || {}).reduce((sum, n) => sum + n, 0);
}

function facts(health, report) {
    const events = health.events || {}, journal = health.journal || {}, store = health.store || {};
    const prices = report?.zcost?.price_table || {}, unpriced = unpricedOf(health);
    const state = (of) => of.state ? t("is_" + of.state) : "";
    return [
        { key: "accepted", value: count(events.accepted), note: report ? t("since", moment(report.zcost.since)) : "" },
        { key: "rejected", value: count(events.rejected), note: counts(health.rejected), bad: events.rejected > 0 },
        { key: "unpriced", value: count(unpriced), note: counts(health.unpriced), bad: unpriced > 0 },
        { key: "lost", value: count(events.lost), note: t("lostNote"), bad: events.lost > 0 },
        { key: "dropped", value: count(events.dropped), note: t("droppedNote"), bad: events.dropped > 0 },
        { key: "duplicate", value: count(events.duplicate), note: t("duplicateNote") },
        { key: "journal", value: state(journal), note: journal.state === "none" || !journal.state ? t("inMemory")
            : t("journalNote", duration(journal.sync_age_ms), bytes(journal.bytes)) },
        { key: "store", value: state(store), note: store.state === "none" || !store.state ? t("inMemory")
            : t("storeNote", duration(store.checkpoint_age_seconds * 1000), bytes(store.bytes)) },
        { key: "producers", value: count(health.producers_total?.live),
          note: t("expired", health.producers_total?.expired || 0) },
        { key: "cells", value: count(health.cells), note: health.cells_folded_to_other > 0
            ? t("foldedNote", health.cells_folded_to_other) : t("memoryNote", bytes(health.rss_bytes)),
          bad: health.cells_folded_to_other > 0 },
        { key: "uptime", value: duration(health.uptime_seconds * 1000), note: `zcostd ${health.version || ""}` },
        { key: "prices", value: prices.models === undefined ? "" : t("nModels", prices.models),
          bad: prices.not_read > 0,
          note: [prices.source === "builtin" ? t("builtin") : prices.source,
                 prices.not_read > 0 ? t("notRead", prices.not_read) : "",
                 t("loaded", moment(Date.parse(prices.loaded_at)))].filter(Boolean).join(" · ") },
    ];
}

function build() {
    return make("div", { class: "fact-box" }, make("dt"), make("dd", {}, make("b"), make("span", { class: "small" })));
}

export function showQuality(health, report) {
    const rows = facts(health, report);
    for (const [i, sentence] of (health.waiting || []).slice(0, 4).entries())
        rows.push({ key: "waiting" + i, word: "waiting", value: t("waits"), note: plain(sentence), bad: true });
    reconcile(byId("quality"), rows, (row) => row.key, build, (node, row) => {
        put(node.querySelector("dt"), t("fact_" + (row.word || row.key)));
        put(node.querySelector("b"), row.value || "–");
        attribute(put(node.querySelector("span"), row.note || ""), "title", row.note || null);
        attribute(node, "data-fact", row.key);
        node.classList.toggle("bad", Boolean(row.bad));
    });
    const events = health.events || {};
    const good = !events.rejected && !events.lost && !events.dropped && !unpricedOf(health);
    put("quality-note", good ? t("qualityGood") : t("qualityBad"));
}
