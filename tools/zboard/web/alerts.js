/* SPDX-License-Identifier: MPL-2.0
 *
 * alerts.js - thresholds that were passed, newest first: those the stream told, and those that the budgets
 * say were passed before this page was open. Owns the list and the one announcement of each new one.
 */
import { byId, make, name as putName, plain, put, reconcile } from "./dom.js";
import { dollars, fromUsd } from "./money.js";
import { moment, percent } from "./numbers.js";
import { t } from "./words.js";

const SHOWN = 6, KEPT = 100;
const opened = Date.now();
const known = new Map();
let sure = false; /* without an answer nobody knows that there was none */

/* Both sources tell the same alert; the stream's has the amounts of that moment. */
const keyOf = (alert) => `${alert.budget}/${alert.threshold_percent}/${alert.at}`;

export function addAlert(alert) {
    if (typeof alert.budget !== "string" || !Number.isFinite(alert.at))
        return;
    const key = keyOf(alert), told = known.get(key)?.told;
    known.set(key, { ...alert, told: true });
    for (const old of [...known.keys()].slice(0, Math.max(0, known.size - KEPT)))
        known.delete(old);
    showAlerts();
    if (!told && alert.at > opened - 60000)
        put("announce", `${t("alert")}: ${plain(alert.budget)} ${passed(alert)}`);
}

export function alertsFromBudgets(answer) {
    sure = true;
    for (const budget of answer.budgets || [])
        for (const threshold of budget.thresholds || []) {
            const alert = { budget: budget.name, threshold_percent: threshold.percent, at: threshold.at,
                            limit_usd: budget.limit_usd };
            if (threshold.passed && Number.isFinite(threshold.at) && !known.has(keyOf(alert)))
                known.set(keyOf(alert), alert);
        }
    showAlerts();
}

const passed = (alert) => t("passed", percent(alert.threshold_percent, 0));

function sums(alert) {
    const spent = fromUsd(alert.spent_usd), limit = dollars(fromUsd(alert.limit_usd));
    return spent === null ? t("ofLimit", limit) : t("spentOf", dollars(spent), limit);
}

export function showAlerts() {
    const alerts = [...known.values()].sort((a, b) => b.at - a.at || b.threshold_percent - a.threshold_percent)
        .slice(0, SHOWN);
    if (!alerts.length)
        return reconcile(byId("alerts"), [null], () => "none", () => make("li", { class: "hint" }),
                         (item) => put(item, sure ? t("noAlerts") : "–"));
    reconcile(byId("alerts"), alerts, keyOf,
              () => make("li", {}, make("time"), make("span", { class: "what" }, make("span"), " ", make("span")),
                         make("span", { class: "small" })),
              (item, alert) => {
                  item.children[0].dateTime = new Date(alert.at).toISOString();
                  put(item.children[0], moment(alert.at));
                  putName(item.children[1].children[0], alert.budget);
                  put(item.children[1].children[1], passed(alert));
                  put(item.children[2], sums(alert));
              });
}
