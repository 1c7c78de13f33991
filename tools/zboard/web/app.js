/* SPDX-License-Identifier: MPL-2.0
 *
 * app.js - starts the page and is the one place that knows all parts: the stream's news start rounds of
 * questions, answers go to the parts that show them. It formats and draws nothing itself.
 */
import { addAlert, alertsFromBudgets, showAlerts } from "./alerts.js";
import { ask } from "./api.js";
import { bannersKnow, showBanners } from "./banners.js";
import { draw, showSpend, startBars } from "./bars.js";
import { showBudgets } from "./budgets.js";
import { showChange, showMonth, showPromptTokens, showRate, showReport, totalOf } from "./cards.js";
import { knowServices, knowTags, showControls, showRange, startControls } from "./controls.js";
import { byId, make, put } from "./dom.js";
import { showAge, showInstance, showLive } from "./head.js";
import { askToken, startLogin } from "./login.js";
import { showQuality } from "./quality.js";
import { plan, round, roundIfFailed, roundNow } from "./rounds.js";
import { HOUR, MINUTE, before, floorMinute, learnClock, now, sinceOf, startOfMonth } from "./spans.js";
import { gatherSpend } from "./spend.js";
import { choice, kept, onChoice } from "./state.js";
import * as stream from "./stream.js";
import { showModels, showServices, showTiers } from "./tables.js";
import { translate, use } from "./words.js";

const ROWS = 12; /* of the tables of models and services */
const MODELS = 100; /* that are asked of, so that those without a price are among them */
const SERVICES = 200; /* that can be chosen from */

const root = document.documentElement;
const shown = {}; /* name of a question -> shows its last answer once more, in another language */
let snapshot = null, health = null, greeted = false, begun = false, daemon = "wait";
let ledgerBegan = Infinity;

const filter = () => choice.service ? { service: choice.service } : undefined;
const since = () => sinceOf(choice.window);

/* The first day of the ledger, as exactly as needed: once it is before `ms` there is nothing more to learn. */
async function beganBy(ms, signal) {
    if (ledgerBegan > ms)
        ledgerBegan = (await ask("breakdown", { limit: 0 }, signal)).since;
    return ledgerBegan;
}

/* A question: ask, and give back what shows the answer. depends: on which of the choices. */
function question(name, panels, depends, run) {
    return { name, panels, depends, run: async (signal) => {
        const show = await run(signal);
        return () => (shown[name] = show)();
    } };
}

const questions = [
    question("report", ["cards", "panel-tiers", "panel-caches"], ["window", "service"], async (signal) => {
        const name = choice.window, past = before(name);
        /* Of everything the snapshot is the report already. */
        const whole = since() === undefined && !choice.service && snapshot;
        const [report, earlier, began] = await Promise.all([
            whole || ask("metrics/llm-costs", { since: since(), service: choice.service }, signal),
            past && ask("breakdown", { ...past, where: filter(), limit: 0 }, signal),
            past && beganBy(past.since, signal),
        ]);
        return () => {
            showReport(report);
            showTiers(report);
            showChange(totalOf(report), past && began <= past.since ? earlier : null, name);
            bannersKnow({ windowUnpriced: report.savings?.unpriced_events || 0 });
        };
    }),
    question("rates", ["cards"], ["service"], async (signal) => {
        const at = now(), where = filter();
        const total = (from) => ask("breakdown", { since: from, where, limit: 0 }, signal);
        const [few, hour, month, began] = await Promise.all([
            total(floorMinute(at) - 5 * MINUTE), total(floorMinute(at) - HOUR), total(startOfMonth(at)),
            beganBy(startOfMonth(at), signal)]);
        return () => {
            showRate("rate-now", few);
            showRate("rate-hour", hour);
            showMonth(month, at, began);
        };
    }),
    question("spend", ["panel-spend"], ["window", "by", "service"], async (signal) => {
        const spend = await gatherSpend({ ...choice }, signal);
        return () => showSpend(spend);
    }),
    question("models", ["panel-models"], ["window", "service"], async (signal) => {
        const answer = await ask("breakdown", { by: "model", since: since(), where: filter(), limit: MODELS }, signal);
        return () => {
            showModels(answer, ROWS);
            showRange(answer.since, answer.until);
            showPromptTokens(answer.total);
        };
    }),
    /* Of all services, whatever the filter: it is what the filter is chosen from. */
    question("services", ["panel-services"], ["window"], async (signal) => {
        const answer = await ask("breakdown", { by: "service", since: since(), limit: SERVICES }, signal);
        return () => {
            knowServices(answer.rows.map((row) => row.service));
            showServices(answer, ROWS);
        };
    }),
    question("budgets", ["panel-budgets"], [], async (signal) => {
        const answer = await ask("budgets", {}, signal);
        return () => {
            showBudgets(answer);
            alertsFromBudgets(answer);
        };
    }),
    question("health", ["panel-quality"], [], async (signal) => {
        const answer = await ask("health", {}, signal);
        return () => {
            health = answer;
            showEmpty();
            knowTags(answer.tags);
            showQuality(answer, snapshot);
            bannersKnow({ health });
        };
    }),
];

/* An answer may be newer than the last snapshot. */
function showEmpty() {
    const accepted = (of) => of?.events?.accepted || 0;
    byId("empty").hidden = !snapshot || accepted(snapshot.zcost) + accepted(health) > 0;
}

function onSnapshot(report, isNews) {
    snapshot = report;
    if (isNews)
        learnClock("zcostd", report.zcost.until);
    showInstance(report);
    bannersKnow({ report });
    showEmpty();
    onLive();
    /* The very first one is no news: the round that the start began asks about the same. */
    if (greeted)
        round();
    greeted = true;
}

function onLive() {
    if (stream.live.stream !== "wait")
        root.dataset.stream = stream.live.stream;
    if (stream.live.stream === "open")
        begin();
    if (stream.live.daemon === "up" && daemon !== "up")
        roundIfFailed();
    daemon = stream.live.daemon;
    showLive();
    showBanners();
}

/* The stream is the first question: where a token is wanted, the others would only be refused each. */
function begin() {
    if (!begun) {
        begun = true;
        roundNow();
    }
}

/* True: ask again soon. */
function onFailure(error) {
    if (error.status === 401) {
        stream.stop();
        askToken();
        return false;
    }
    return error.status === 503 && stream.live.daemon === "up";
}

function onSession() {
    begun = true;
    stream.restart();
    roundNow();
}

function reword() {
    translate();
    put("zone", Intl.DateTimeFormat().resolvedOptions().timeZone);
    showControls();
    onLive();
    showAlerts();
    if (!shown.report)
        showTiers(null);
    Object.values(shown).forEach((show) => show());
}

use(kept.language || root.lang);
startControls(reword);
startLogin(onSession);
startBars();
reword();
plan(questions, {
    full: () => (root.dataset.ready = "1"), failed: onFailure,
    about: (depends) => JSON.stringify(depends.map((name) => choice[name])),
});
onChoice(() => {
    showControls();
    roundNow();
});
stream.start({
    snapshot: onSnapshot, alert: addAlert, change: onLive,
    /* Nobody tells an EventSource why it was closed: a question does. */
    closed: () => ask("health").then(begin, (error) => error.status === 401 ? onFailure(error) : begin()),
});
setInterval(() => {
    stream.watch();
    showAge();
    if (stream.overdue())
        showBanners();
}, 1000);
/* Chart.js is fetched by now, but runs only behind the first paint: it would hold it up. */
requestAnimationFrame(() => setTimeout(() => {
    const script = make("script", { src: "/assets/chart.min.js" });
    script.addEventListener("load", draw);
    document.head.append(script);
}));
