/* SPDX-License-Identifier: MPL-2.0
 *
 * cards.js - the money at a glance: total, rate, month, savings, queries; and the four small ones about
 * caches, preloads and other calls. Sums and shares are of exact nano-dollars. It asks nothing.
 */
import { attribute, put, byId, width } from "./dom.js";
import { dollars, exact, fromUsd, share } from "./money.js";
import { NONE, compact, count, day, percent, seconds } from "./numbers.js";
import { startOfMonth } from "./spans.js";
import { t } from "./words.js";

const HOUR_MS = 3600000n;
const BLANK = "\u00a0";
const MOST_CHANGE = 999; /* percent; beyond it nobody reads the number */

/* What is large is as large as its length lets it be, so that it stays in its card (style.css). */
function putSized(id, text) {
    const node = put(id, text);
    node.closest(".big, .mid")?.style.setProperty("--length", text.length);
    return node;
}

const amount = (nano, tooLow) => dollars(nano) + (tooLow && nano !== null ? "+" : "");

function money(id, nano, tooLow = false) {
    const node = putSized(id, amount(nano, tooLow));
    attribute(node, "title", nano === null ? null : exact(nano) + (tooLow ? ` · ${t("tooLow")}` : ""));
}

const plus = (a, b) => a === null || b === null ? null : a + b;

export function totalOf(report) {
    return plus(fromUsd(report.query_router?.total_cost_usd), fromUsd(report.llm_calls?.total_cost_usd));
}

export function showReport(report) {
    const router = report.query_router || {}, calls = report.llm_calls || {}, savings = report.savings || {};
    const routerCost = fromUsd(router.total_cost_usd), callsCost = fromUsd(calls.total_cost_usd);
    const total = plus(routerCost, callsCost);
    money("total-cost", total, (router.unpriced_queries || 0) + (calls.unpriced_calls || 0) > 0);
    put("total-under", t("routerAndCalls", dollars(routerCost), dollars(callsCost)));

    const net = fromUsd(router.net_savings_usd), assumed = fromUsd(savings.router?.assumed_usd);
    money("savings", net);
    const dearer = net !== null && net < 0n;
    attribute(put("savings-percent", dearer ? t("noSaving") : percent(router.savings_percent)), "data-is",
              dearer ? "bad" : null);
    put("savings-under", t(dearer ? "above" : "below", router.baseline?.model || savings.baseline_model || NONE));
    put("savings-assumed", !router.total_queries ? BLANK
        : assumed ? t("ofItAssumed", dollars(assumed)) : t("allMeasured"));

    putSized("total-queries", count(router.total_queries));
    put("queries-under", t("routed"));
    put("queries-calls", router.unpriced_queries > 0 ? t("nUnpriced", router.unpriced_queries) : BLANK);
    showCaches(report, total, callsCost);
}

function showCaches(report, total, callsCost) {
    const cache = report.embedding_cache || {}, rag = report.rag_parallel || {}, calls = report.llm_calls || {};
    const saved = fromUsd(cache.estimated_cost_saved_usd);
    const assumed = fromUsd(report.savings?.embedding_cache?.assumed_usd);
    put("cache-rate", percent(cache.total_requests ? cache.hit_rate_percent : NaN));
    width(byId("cache-bar"), cache.total_requests ? cache.hit_rate_percent : 0);
    put("cache-hits", count(cache.cache_hits));
    put("cache-of", t("hitsOf", cache.total_requests));
    money("cache-saved", saved);
    put("cache-assumed", assumed ? t("savedAssumed", dollars(assumed)) : t("saved"));

    put("rag-saved", rag.total_preloads ? seconds(rag.avg_time_saved_seconds) : NONE);
    put("rag-preloads", count(rag.total_preloads));
    put("rag-measured", rag.total_preloads ? t("measuredOf", rag.measured_preloads, rag.total_preloads) : BLANK);
    width(byId("rag-bar"), rag.total_preloads ? rag.measured_preloads / rag.total_preloads * 100 : 0);

    money("prompt-saved", fromUsd(report.savings?.prompt_cache?.net_usd));
    putSized("calls", count(calls.total_calls));
    money("calls-cost", callsCost, calls.unpriced_calls > 0);
    const part = share(callsCost, total);
    put("calls-share", part === null ? t("ofTotalNone") : t("ofTotal", percent(part)));
    width(byId("calls-bar"), part);
    put("calls-unpriced", calls.unpriced_calls > 0 ? t("nUnpriced", calls.unpriced_calls) : BLANK);
}

/* How much of the input the providers' caches read: the report has only the money. */
export function showPromptTokens(total) {
    const part = total?.input_tokens > 0 ? total.cache_read_tokens / total.input_tokens * 100 : null;
    put("prompt-read", part === null ? BLANK : t("promptRead", percent(part), compact(total.cache_read_tokens)));
    width(byId("prompt-bar"), part);
}

export function showRate(id, answer) {
    const spent = fromUsd(answer.total?.cost_usd);
    const length = BigInt(Math.max(1, Math.round(answer.until - answer.since)) || 1);
    const rate = spent === null ? null : spent * HOUR_MS / length;
    const tooLow = answer.total?.unpriced_events > 0;
    attribute(putSized(id, rate === null ? NONE : t("perHour", amount(rate, tooLow))), "title",
              tooLow ? t("tooLow") : null);
}

/* spent / elapsed * whole, of the month or, where the ledger began in it, of what is since its first day; not before a
 * hundredth of that is over, when it would say nothing. */
export function showMonth(answer, at, began) {
    const spent = fromUsd(answer.total?.cost_usd), tooLow = answer.total?.unpriced_events > 0;
    const start = startOfMonth(at), from = Math.max(start, Math.min(at, began));
    const whole = startOfMonth(at, 1) - from, elapsed = Math.max(1, Math.round(at - from));
    money("month-spent", spent, tooLow);
    const early = elapsed * 100 < whole;
    const projected = spent === null || early ? null : spent * BigInt(whole) / BigInt(elapsed);
    money("month-projected", projected, tooLow);
    attribute(put("month-under", early ? t("tooEarly") : from > start ? t("paceSince", day(from))
        : t("monthOver", percent(elapsed / whole * 100, 0))), "title", from > start ? t("ledgerBegan") : null);
}

/* Against the same stretch one period earlier; not against next to nothing, of which everything is a multiple. */
export function showChange(total, earlier, name) {
    const past = earlier ? fromUsd(earlier.total?.cost_usd) : null;
    const part = past === null || total === null || past * 100n < total ? null : share(total - past, past);
    const words = { hour: "vsHour", today: "vsDay", "24h": "vs24h", "7d": "vs7d", "30d": "vs30d", month: "vsMonth" };
    if (part === null || !words[name])
        return void put("total-change", BLANK);
    const arrow = part > 0.05 ? "▲" : part < -0.05 ? "▼" : "=", size = Math.abs(part);
    const text = size >= MOST_CHANGE ? ">" + percent(MOST_CHANGE, 0) : percent(size, size < 100 ? 1 : 0);
    put("total-change", `${arrow} ${text} ${t(words[name])}`);
}
