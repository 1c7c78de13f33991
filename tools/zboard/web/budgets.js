/* SPDX-License-Identifier: MPL-2.0
 *
 * budgets.js - each budget as a bar: what is spent, what it will be at this rate, and where its thresholds
 * are. States are told in words and shape beside the colour. It asks nothing and blocks nothing.
 */
import { attribute, byId, make, name, put, reconcile, width } from "./dom.js";
import { dollars, exact, fromUsd, share } from "./money.js";
import { NONE, percent } from "./numbers.js";
import { t } from "./words.js";

const STATES = ["ok", "warning", "breached", "pending"];

function build() {
    return make("li", { class: "budget" },
                make("p", { class: "line" }, make("b", { class: "name" }), make("span", { class: "chip" }),
                     make("span", { class: "share" })),
                make("div", { class: "gauge", role: "img" }, make("i", { class: "ahead" }),
                     make("i", { class: "spent" }), make("div", { class: "ticks" })),
                make("p", { class: "line small" }, make("span", { class: "sums" }),
                     make("span", { class: "ahead-text" })),
                make("p", { class: "small where" }));
}

function fill(node, budget) {
    const state = STATES.includes(budget.state) ? budget.state : "pending";
    const spent = fromUsd(budget.spent_usd), limit = fromUsd(budget.limit_usd);
    const hours = /^(\d+)h$/.exec(budget.period || "");
    /* The last hours have no end to be projected to. */
    const ahead = hours ? null : fromUsd(budget.projected_usd);
    /* A bar that is full is the limit; beyond it the bar shrinks, so that the limit's mark stays in sight. */
    const full = Math.max(100, budget.share_percent || 0);
    const of = (value) => value / full * 100;
    attribute(node, "data-state", state);
    name(node.querySelector(".name"), budget.name);
    put(node.querySelector(".chip"), t("state_" + state));
    put(node.querySelector(".share"), percent(budget.share_percent));
    width(node.querySelector(".spent"), of(budget.share_percent || 0));
    width(node.querySelector(".ahead"), of(Math.min(full, share(ahead, limit) ?? 0)));
    const thresholds = [...(budget.thresholds || [])];
    if (full > 100 && !thresholds.some((one) => one.percent === 100))
        thresholds.push({ percent: 100, passed: true });
    reconcile(node.querySelector(".ticks"), thresholds, (one) => one.percent, () => make("i"), (tick, one) => {
        tick.style.left = `${Math.min(100, of(one.percent))}%`;
        tick.classList.toggle("passed", Boolean(one.passed));
    });
    const passed = thresholds.filter((one) => one.passed).map((one) => percent(one.percent, 0));
    attribute(node.querySelector(".gauge"), "aria-label", t("gauge", percent(budget.share_percent),
              thresholds.map((one) => percent(one.percent, 0)).join(", "), passed.join(", ") || NONE));
    attribute(node.querySelector(".gauge"), "title", node.querySelector(".gauge").getAttribute("aria-label"));
    attribute(put(node.querySelector(".sums"), t("spentOf", dollars(spent), dollars(limit))), "title", exact(spent));
    const over = ahead !== null && limit !== null && ahead > limit;
    const text = put(node.querySelector(".ahead-text"),
                     hours ? "" : ahead === null ? t("noProjection") : t("projectedSum", dollars(ahead)));
    text.classList.toggle("over", over);
    const period = hours ? t("lastHours", Number(hours[1])) : t("period_" + budget.period);
    const where = Object.entries(budget.where || {}).map(([key, value]) => `${key} = ${value}`);
    name(node.querySelector(".where"), [period, hours ? "" : budget.timezone, ...where].filter(Boolean).join(" · "));
}

export function showBudgets(answer) {
    const budgets = answer.budgets || [];
    const list = byId("budgets");
    if (budgets.length)
        reconcile(list, budgets, (budget) => budget.name, build, fill);
    else
        reconcile(list, [null], () => "none", () => make("li", { class: "hint" }), (item) => put(item, t("noBudgets")));
    const count = budgets.filter((budget) => budget.state === "breached" || budget.state === "warning").length;
    const known = budgets.length && budgets.every((budget) => budget.state === "ok");
    put("budgets-note", count ? t("needLook", count) : known ? t("allWithin") : "");
}
