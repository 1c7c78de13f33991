/* SPDX-License-Identifier: MPL-2.0
 *
 * tables.js - the breakdowns: by tier, by model with latencies, by service. Owns what their columns are; rows
 * are reused, so that a focused button keeps the focus when numbers change. A service is a button that sets
 * the filter.
 */
import { attribute, byId, make, name as putName, put, reconcile, width } from "./dom.js";
import { dollars, exact, fromUsd, share } from "./money.js";
import { NONE, compact, count, latency, percent } from "./numbers.js";
import { choice, choose } from "./state.js";
import { t } from "./words.js";

const TIERS = ["simple", "medium", "complex"];

/* columns: [{word, kind: name|number|share, fill (cell, row, line), test}] */
function table(id, caption, columns, rows, keyOf, groups = null) {
    const node = byId(id);
    if (!node.tHead) {
        node.append(make("caption", { class: "unseen" }), make("thead"), make("tbody"));
        if (groups)
            node.tHead.append(make("tr", { class: "over" }, ...groups.map((group) =>
                make("th", { colspan: group.span, scope: group.word ? "colgroup" : null }))));
        node.tHead.append(make("tr", {}, ...columns.map((column) =>
            make("th", { scope: "col", class: column.kind }))));
    }
    put(node.caption, caption);
    groups?.forEach((group, i) => put(node.tHead.rows[0].cells[i], group.word ? t(group.word) : ""));
    columns.forEach((column, i) => put(node.tHead.rows[groups ? 1 : 0].cells[i], t(column.word)));
    if (!rows.length)
        return reconcile(node.tBodies[0], [null], () => null, () =>
            make("tr", { class: "none" }, make("td", { colspan: columns.length })),
                         (line) => put(line.cells[0], t("noRows")));
    reconcile(node.tBodies[0], rows, keyOf, () => make("tr", {}, ...columns.map((column, i) =>
        make(i ? "td" : "th", { class: `${column.kind}`, scope: i ? null : "row",
                                "data-test": column.test }))),
              (line, row) => columns.forEach((column, i) => column.fill(line.cells[i], row, line)));
}

function number(word, text, more = {}) {
    return { word, kind: "number", fill: (cell, row) => put(cell, text(row)), ...more };
}

function money(word, of, more = {}) {
    return number(word, (row) => dollars(of(row)), {
        fill: (cell, row) => {
            const nano = of(row), low = (row.unpriced_events || 0) > 0;
            /* All of it without a price: 0 would be a lie. */
            const none = low && nano === 0n && row.unpriced_events === row.events;
            put(cell, none ? t("unpriced") : dollars(nano) + (low ? "+" : ""));
            cell.classList.toggle("low", none);
            attribute(cell, "title", nano === null ? null : exact(nano) + (low ? ` · ${t("tooLow")}` : ""));
        }, ...more,
    });
}

function bar(word, of) {
    return {
        word, kind: "share", fill: (cell, row) => {
            if (!cell.firstElementChild)
                cell.append(make("span"), make("div", { class: "meter", "aria-hidden": "true" }, make("i")));
            const part = of(row);
            put(cell.firstElementChild, percent(part));
            width(cell.querySelector("i"), part);
        },
    };
}

/* ------------------------------------------------------------------ tiers */

export function showTiers(report) {
    const router = report?.query_router || {}, tiers = router.cost_breakdown || {};
    const names = [...TIERS, ...Object.keys(tiers).filter((tier) => !TIERS.includes(tier)).sort()];
    const rows = names.map((tier) => {
        const of = tiers[tier] || {}, cost = fromUsd(of.cost_usd), saved = report?.savings?.tiers?.[tier] || {};
        /* Which tier the unpriced ones are of the report does not say: any may be too low. */
        return { tier, model: of.model || "", queries: of.queries, cost, net: fromUsd(saved.net_usd),
                 assumed: fromUsd(saved.assumed_usd), unpriced_events: of.queries ? router.unpriced_queries : 0 };
    });
    table("tiers", t("tiers"), [
        { word: "tierAndModel", kind: "name", fill: (cell, row, line) => {
            attribute(line, "data-test", "tier-row");
            attribute(line, "data-tier", row.tier);
            if (!cell.firstElementChild)
                cell.append(make("span", { class: "name" }),
                            make("span", { class: "name small", "data-test": "tier-model" }));
            putName(cell.children[0], row.tier);
            putName(cell.children[1], row.model || NONE);
        } },
        number("queriesShort", (row) => count(row.queries), { test: "tier-queries" }),
        bar("share", (row) => router.total_queries ? (row.queries || 0) / router.total_queries * 100 : NaN),
        money("cost", (row) => row.cost, { test: "tier-cost" }),
        number("perQuery", (row) => row.queries && row.cost !== null
            ? dollars(row.cost / BigInt(row.queries)) + (row.unpriced_events > 0 ? "+" : "") : NONE),
        number("savedShort", (row) => dollars(row.net), { fill: (cell, row) => {
            put(cell, dollars(row.net));
            attribute(cell, "title", row.assumed ? t("ofItAssumed", dollars(row.assumed)) : null);
        } }),
    ], rows, (row) => row.tier);
    const base = router.baseline;
    put("tiers-note", base?.model ? t("baseline", base.model, base.measured_queries || 0, base.assumed_queries || 0,
                                     dollars(fromUsd(base.per_query_usd))) : "");
}

/* ------------------------------------------------------------------ models and services */

const costOf = (row) => fromUsd(row.cost_usd);
/* Used, and saved by embedding caches. */
const tokens = [number("tokensIn", (row) => compact(row.input_tokens)),
                number("tokensOut", (row) => compact(row.output_tokens)),
                number("tokensSaved", (row) => compact(row.saved_tokens))];
const events = number("events", (row) => count(row.events));

function rest(answer, shown) {
    const more = answer.rows.length - shown + (answer.rows_left_out || 0);
    return more > 0 ? t("moreRows", more) : "";
}

export function showModels(answer, most) {
    /* A model without a price costs nothing, it seems, and would stand last: it has a place all the same. */
    const hidden = answer.rows.slice(most).filter((row) => row.unpriced_events > 0).slice(0, 3);
    const rows = [...answer.rows.slice(0, most - hidden.length), ...hidden], whole = fromUsd(answer.total?.cost_usd);
    table("top-models", t("topModels"), [
        { word: "model", kind: "name", fill: (cell, row) => putName(cell, row.model || t("without", "model")) },
        money("cost", costOf), bar("share", (row) => share(costOf(row), whole)), events, ...tokens,
        number("p50", (row) => latency(row.latency_ms_p50)), number("p95", (row) => latency(row.latency_ms_p95)),
        number("p99", (row) => latency(row.latency_ms_p99)),
    ], rows, (row) => row.model, [{ span: 4 }, { span: 3, word: "tokens" }, { span: 3, word: "latency" }]);
    put("models-note", rest(answer, rows.length));
}

export function showServices(answer, most) {
    const rows = answer.rows.slice(0, most), whole = fromUsd(answer.total?.cost_usd);
    const chosen = answer.rows.find((row) => row.service === choice.service);
    if (chosen && !rows.includes(chosen))
        rows[rows.length - 1] = chosen; /* the filter's own row is always there, to be switched off */
    table("top-services", t("topServices"), [
        { word: "service", kind: "name", fill: (cell, row, line) => {
            if (!row.service) /* no filter is of those without one */
                return void putName(cell, t("without", "service"));
            if (!cell.firstElementChild) {
                cell.append(make("button", { type: "button", class: "link" }));
                cell.firstElementChild.addEventListener("click", () =>
                    choose({ service: choice.service === line.__key ? "" : line.__key }));
            }
            const is = choice.service !== "" && choice.service === row.service;
            putName(cell.firstElementChild, row.service);
            attribute(cell.firstElementChild, "aria-pressed", is);
            line.classList.toggle("chosen", is);
        } },
        money("cost", costOf), bar("share", (row) => share(costOf(row), whole)), events, ...tokens,
        number("p95", (row) => latency(row.latency_ms_p95)),
    ], rows, (row) => row.service, [{ span: 4 }, { span: 3, word: "tokens" }, { span: 1, word: "latency" }]);
    put("services-note", !rows.length ? "" : choice.service ? t("clickAgain")
        : rest(answer, rows.length) || t("clickService"));
}
