/* SPDX-License-Identifier: MPL-2.0
 *
 * en.js - every word of the page in English, by the same names as in es.js. Functions take values that are
 * formatted already, or counts.
 */
import { count } from "./locale.js";

const n = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;

export default {
    skip: "Skip to the numbers", liveness: "Connection status", language: "Language", theme: "Theme",
    themeSystem: "System", themeLight: "Light", themeDark: "Dark", choice: "What is shown",
    window: "Window", hour: "1 h", today: "Today", "24h": "24 h", "7d": "7 days", "30d": "30 days",
    month: "Month", all: "All time", groupBy: "Group by", service: "Service", allServices: "all services",
    by_model: "model", by_tier: "tier", by_service: "service", by_provider: "provider", by_type: "type",
    foot: "US dollars, exact to the nano-dollar. Hours, days and months in your time zone:", dayShort: "d",

    streamWait: "Connecting", streamOpen: "Stream live", streamLost: "Reconnecting",
    streamTitle: "This page's connection to zboard",
    daemonWait: "zcostd –", daemonUp: "zcostd up", daemonAway: "zcostd unreachable",
    daemonUnknown: "zcostd: state unknown",
    daemonTitle: "zboard's connection to the daemon",
    ageNone: "No data yet", age: (age) => `Data ${age} old`, ageLate: (age) => `Data ${age} old, overdue`,
    ageTitle: (at, every) => `Last snapshot received at ${at}; one is due every ${every}`,

    streamGone: (at) => `Connection lost at ${at}.`, streamRetry: "Reconnecting automatically.",
    daemonGone: (at) => `zcostd has been unreachable since ${at}.`,
    daemonRetry: "The page resumes by itself once it is back; events wait in their senders' queues.",
    numbersAsOf: (at) => `Numbers are as of ${at}.`,
    overdueTitle: "No new numbers are arriving, although everything is reported to be up.",
    unpricedTitle: (number) => `${n(number, "event has", "events have")} no known price: totals marked + are too low.`,
    unpricedModels: (models) => `Since the ledger began: ${models}.`,
    unpricedWindow: (number) => `In this view: ${count(number)}.`,
    unpricedNot: "None of them in this view.",
    lostTitle: (what) => `Not counted: ${what}.`, nRejected: (number) => `${count(number)} rejected`,
    nLost: (number) => `${count(number)} lost`, nDropped: (number) => `${count(number)} dropped`,
    lostReasons: (reasons) => `Rejected as ${reasons}.`, lostText: "They are not in any total; see Data quality.",
    putAway: "Hide until there are more", putAwayUnpriced: "Hide until another model has no price",
    andMore: (number) => ` and ${count(number)} more`,
    noAnswer: "no answer", asOf: (at) => `stale, as of ${at}`,
    otherChoice: "no answer: still showing the previous selection",

    emptyTitle: "No events yet",
    emptyText: "The ledger is ready. Send the first event from any language that has ZeroMQ and msgpack:",
    emptyMore: "Or play a demo with zreplay --demo. Numbers will appear here by themselves.",

    money: "Money", totalCost: "Total cost", rate: "Current rate", rateUnder: "over the last 5 minutes",
    rateHour: "over the last hour", perHour: (money) => `${money}/h`, monthSoFar: "Month so far",
    projected: "projected", monthOver: (share) => `${share} of the month has passed`,
    paceSince: (day) => `at the pace since ${day}`, ledgerBegan: "the first day of the ledger",
    tooEarly: "too early in the month to project",
    savings: "Saved by routing", queries: "Router queries",
    routerAndCalls: (router, calls) => `router ${router} + other calls ${calls}`,
    below: (model) => `below ${model} alone`, above: (model) => `above ${model} alone`,
    ofItAssumed: (money) => `${money} of it assumed`,
    allMeasured: "all of it measured", noSaving: "costs more", routed: "placed in a tier",
    nUnpriced: (number) => `${count(number)} unpriced`, tooLow: "too low: events without a price are missing",
    vsHour: "vs. the previous hour", vsDay: "vs. yesterday at this time", vs24h: "vs. the previous 24 h",
    vs7d: "vs. the previous 7 days", vs30d: "vs. the previous 30 days", vsMonth: "vs. last month at this point",

    spend: "Spend over time", cumulative: "cumulative", noSpend: "Nothing was spent in this window",
    legend: "Legend: show or hide groups", asTable: "Show as table", time: "Time", total: "Total",
    other: "other", without: (by) => `(no ${by})`, weekOf: (day) => `week of ${day}`,
    chartSays: (total, name, money) => `Bar chart. Total ${total}; the most on ${name}, ${money}. Shown as a table below.`,
    type_query_router: "router query", type_llm_call: "other call", type_embedding_cache: "embedding cache",
    type_rag_parallel: "RAG preload",

    tiers: "Router tiers", tierAndModel: "Tier, model", queriesShort: "Queries", share: "Share", cost: "Cost",
    perQuery: "Per query", savedShort: "Saved", model: "Model", unpriced: "unpriced",
    baseline: (model, measured, assumed, flat) =>
        `Baseline ${model}: ${count(measured)} measured, ${count(assumed)} assumed at ${flat}`,

    caches: "Caches, preloads and other calls", embeddingCache: "Embedding cache", hitRate: "hit rate",
    hitsOf: (number) => `hits of ${n(number ?? 0, "request", "requests")}`, saved: "saved",
    savedAssumed: (money) => `saved, ${money} assumed`, preloads: "RAG preloads", savedEach: "saved on average",
    preloadsWord: "preloads", measuredOf: (some, all) => `${count(some)} of ${count(all)} measured`,
    promptCache: "Prompt cache", netSaved: "net saved", promptUnder: "net of the surcharge for writes",
    promptRead: (share, tokens) => `${share} of input read from it (${tokens})`,
    otherCalls: "Other calls", callsWord: "calls", ofTotal: (share) => `${share} of the total`, ofTotalNone: "in total",

    topModels: "Top models", topServices: "Top services", events: "Events", tokens: "Tokens", latency: "Latency",
    tokensIn: "in", tokensOut: "out", tokensSaved: "saved", p50: "p50", p95: "p95", p99: "p99",
    noRows: "No events in this window", moreRows: (number) => `${count(number)} more`,
    clickService: "select one to filter by it",
    clickAgain: "select it again to show all",

    budgets: "Budgets", state_ok: "ok", state_warning: "warning", state_breached: "breached",
    state_pending: "calculating", spentOf: (spent, limit) => `${spent} of ${limit}`, ofLimit: (limit) => `of ${limit}`,
    projectedSum: (money) => `projected ${money}`, noProjection: "no projection yet",
    gauge: (share, thresholds, passed) => `${share} of the limit spent; thresholds ${thresholds}; passed: ${passed}`,
    lastHours: (hours) => `last ${hours} h`, period_day: "day", period_month: "month",
    noBudgets: "No budgets are configured. See zcostd.conf(5).", allWithin: "all within limits",
    needLook: (number) => n(number, "needs attention", "need attention"), alerts: "Recent alerts", alert: "Budget alert",
    noAlerts: "No threshold has been passed.", passed: (percent) => `passed ${percent}`,

    quality: "Data quality", qualityGood: "every event counted and priced",
    qualityBad: "some events are missing from the sums",
    fact_accepted: "Events accepted", fact_rejected: "Rejected", fact_unpriced: "Unpriced", fact_lost: "Lost",
    fact_dropped: "Dropped", fact_duplicate: "Duplicates", fact_journal: "Journal", fact_store: "Store",
    fact_producers: "Producers", fact_cells: "Cells", fact_uptime: "Uptime", fact_prices: "Price table",
    fact_waiting: "Waiting", waits: "zcostd is waiting", since: (at) => `since ${at}`,
    lostNote: "can no longer arrive", droppedNote: "because senders' queues were full",
    duplicateNote: "sent again, counted once", inMemory: "in memory only", is_none: "none", is_synced: "synced",
    is_syncing: "syncing", is_idle: "idle", is_writing: "writing",
    journalNote: (age, size) => `${age} ago · ${size}`, storeNote: (age, size) => `checkpoint ${age} ago · ${size}`,
    expired: (number) => `live · ${count(number)} expired`, memoryNote: (size) => `${size} of memory`,
    foldedNote: (number) => `${n(number, "event", "events")} counted as “other”`,
    nModels: (number) => n(number, "model", "models"), builtin: "built in",
    notRead: (number) => `${count(number)} not read`, loaded: (at) => `loaded ${at}`,

    signInTitle: "Sign in to zboard", token: "Access token", signIn: "Sign in", signOut: "Sign out",
    wrongToken: "This token is not accepted.", noServer: "No answer from the server. Try again.",
};
