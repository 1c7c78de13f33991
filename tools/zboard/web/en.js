/* SPDX-License-Identifier: MPL-2.0
 *
 * en.js - every word of the page in English, by the same names as in es.js. Functions take values that are
 * formatted already, or counts.
 */
import { count } from "./locale.js";

const n = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;

export default {
    skip: "Skip to the numbers", liveness: "Liveness", language: "Language", theme: "Theme",
    themeSystem: "System", themeLight: "Light", themeDark: "Dark", choice: "What is shown",
    window: "Window", hour: "1 h", today: "Today", "24h": "24 h", "7d": "7 days", "30d": "30 days",
    month: "Month", all: "All time", groupBy: "Group by", service: "Service", allServices: "all services",
    by_model: "model", by_tier: "tier", by_service: "service", by_provider: "provider", by_type: "type",
    foot: "US dollars, exact to the nano-dollar. Hours, days and months in your time zone:", dayShort: "d",

    streamWait: "Connecting", streamOpen: "Stream live", streamLost: "Reconnecting",
    streamTitle: "This page's connection to zboard",
    daemonWait: "zcostd –", daemonUp: "zcostd up", daemonAway: "zcostd away", daemonUnknown: "zcostd unknown",
    daemonTitle: "zboard's connection to the daemon",
    ageNone: "No data yet", age: (age) => `Data ${age} old`, ageLate: (age) => `Data ${age} old, overdue`,
    ageTitle: (at, every) => `Last snapshot received at ${at}; one is due every ${every}`,

    streamGone: (at) => `Connection lost at ${at}.`, streamRetry: "Trying again by itself.",
    daemonGone: (at) => `zcostd has been away since ${at}.`,
    daemonRetry: "The page goes on by itself when it is back; events wait at their senders.",
    numbersAsOf: (at) => `Numbers are as of ${at}.`,
    overdueTitle: "No new numbers arrive, although everything is said to be up.",
    unpricedTitle: (number) => `${n(number, "event has", "events have")} no known price: totals marked + are too low.`,
    unpricedModels: (models) => `Since the ledger began: ${models}.`,
    unpricedWindow: (number) => `In this view: ${count(number)}.`,
    unpricedNot: "None of them in this view.",
    lostTitle: (what) => `Not counted: ${what}.`, nRejected: (number) => `${count(number)} rejected`,
    nLost: (number) => `${count(number)} lost`, nDropped: (number) => `${count(number)} dropped`,
    lostReasons: (reasons) => `Rejected as ${reasons}.`, lostText: "They are in no total; see Data quality.",
    putAway: "Put away until there is more", putAwayUnpriced: "Put away until one more model has no price",
    andMore: (number) => ` and ${count(number)} more`,
    noAnswer: "no answer", asOf: (at) => `stale, as of ${at}`,
    otherChoice: "no answer: still the previous choice",

    emptyTitle: "No events yet",
    emptyText: "The ledger is ready. Send the first event from any language that has ZeroMQ and msgpack:",
    emptyMore: "Or play a demonstration with zreplay --demo. Numbers show here by themselves.",

    money: "Money", totalCost: "Total cost", rate: "Rate now", rateUnder: "over the last 5 minutes",
    rateHour: "over the last hour", perHour: (money) => `${money}/h`, monthSoFar: "Month so far",
    projected: "projected", monthOver: (share) => `${share} of the month is over`,
    paceSince: (day) => `at the pace since ${day}`, ledgerBegan: "the first day of the ledger",
    tooEarly: "too early in the month to project",
    savings: "Saved by routing", queries: "Router queries",
    routerAndCalls: (router, calls) => `router ${router} + other calls ${calls}`,
    below: (model) => `below ${model} alone`, above: (model) => `above ${model} alone`,
    ofItAssumed: (money) => `of it ${money} assumed`,
    allMeasured: "all of it measured", noSaving: "dearer", routed: "placed in a tier",
    nUnpriced: (number) => `${count(number)} unpriced`, tooLow: "too low: events without a price are missing",
    vsHour: "vs. the hour before", vsDay: "vs. yesterday by now", vs24h: "vs. the 24 h before",
    vs7d: "vs. the 7 days before", vs30d: "vs. the 30 days before", vsMonth: "vs. last month by now",

    spend: "Spend over time", cumulative: "cumulative", noSpend: "Nothing was spent in this window",
    legend: "Legend: switch groups on and off", asTable: "Show as table", time: "Time", total: "Total",
    other: "other", without: (by) => `(no ${by})`, weekOf: (day) => `week of ${day}`,
    chartSays: (total, name, money) => `Bar chart. Total ${total}; most on ${name}, ${money}. As a table below.`,
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
    promptCache: "Prompt cache", netSaved: "net saved", promptUnder: "after what its writes cost more",
    promptRead: (share, tokens) => `${share} of input read from it (${tokens})`,
    otherCalls: "Other calls", callsWord: "calls", ofTotal: (share) => `${share} of the total`, ofTotalNone: "in all",

    topModels: "Top models", topServices: "Top services", events: "Events", tokens: "Tokens", latency: "Latency",
    tokensIn: "in", tokensOut: "out", p50: "p50", p95: "p95", p99: "p99",
    noRows: "No events in this window", moreRows: (number) => `${count(number)} more`,
    clickService: "choose one to filter by it",
    clickAgain: "choose it again to show all",

    budgets: "Budgets", state_ok: "ok", state_warning: "warning", state_breached: "breached",
    state_pending: "being summed", spentOf: (spent, limit) => `${spent} of ${limit}`, ofLimit: (limit) => `of ${limit}`,
    projectedSum: (money) => `projected ${money}`, noProjection: "no projection yet",
    gauge: (share, thresholds, passed) => `${share} of the limit spent; thresholds ${thresholds}; passed: ${passed}`,
    lastHours: (hours) => `last ${hours} h`, period_day: "day", period_month: "month",
    noBudgets: "No budgets are configured. See zcostd.conf(5).", allWithin: "all within limits",
    needLook: (number) => `${count(number)} to look at`, alerts: "Recent alerts", alert: "Budget alert",
    noAlerts: "No threshold was passed.", passed: (percent) => `passed ${percent}`,

    quality: "Data quality", qualityGood: "every event counted and priced",
    qualityBad: "some events are missing from the sums",
    fact_accepted: "Events accepted", fact_rejected: "Rejected", fact_unpriced: "Unpriced", fact_lost: "Lost",
    fact_dropped: "Dropped", fact_duplicate: "Duplicates", fact_journal: "Journal", fact_store: "Store",
    fact_producers: "Producers", fact_cells: "Cells", fact_uptime: "Uptime", fact_prices: "Price table",
    fact_waiting: "Waiting", waits: "zcostd waits", since: (at) => `since ${at}`,
    lostNote: "numbers that can no longer come", droppedNote: "by full queues of senders",
    duplicateNote: "sent again, counted once", inMemory: "in memory only", is_none: "none", is_synced: "synced",
    is_syncing: "syncing", is_idle: "idle", is_writing: "writing",
    journalNote: (age, size) => `${age} ago · ${size}`, storeNote: (age, size) => `checkpoint ${age} ago · ${size}`,
    expired: (number) => `live · ${count(number)} expired`, memoryNote: (size) => `${size} of memory`,
    foldedNote: (number) => `${n(number, "event", "events")} folded to “other”`,
    nModels: (number) => n(number, "model", "models"), builtin: "built in",
    notRead: (number) => `${count(number)} not read`, loaded: (at) => `loaded ${at}`,

    signInTitle: "Sign in to zboard", token: "Access token", signIn: "Sign in", signOut: "Sign out",
    wrongToken: "This token is not accepted.", noServer: "No answer from the server. Try again.",
};
