/* SPDX-License-Identifier: MPL-2.0
 *
 * bars.js - draws spend over time: stacked bars by Chart.js, their legend, and the same numbers as a table.
 * Owns the chart, the colours of the groups and which are switched off. Floats are heights of bars only;
 * every amount that is read comes from the exact numbers of spend.js.
 */
import { attribute, byId, make, name as putName, put, reconcile } from "./dom.js";
import { dollars, toFloat } from "./money.js";
import { groupName } from "./spend.js";
import { hideTip, showTip } from "./tip.js";
import { t } from "./words.js";

const COLOURS = 7;
const LADDER = { clock: [5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440], place: [1, 2, 3, 5, 7, 10, 14, 28, 56] };

let chart = null, data = null, cumulative = false, painted = "";
const off = new Set();
const colours = new Map(); /* "by name" -> 1..COLOURS: a group keeps its colour while it is shown */

export function startBars() {
    byId("cumulative").addEventListener("change", (event) => {
        cumulative = event.target.checked;
        draw();
    });
    const repaint = () => {
        painted = "";
        draw();
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    byId("plot").addEventListener("mouseleave", hideTip);
}

export function showSpend(spend) {
    data = spend;
    const shown = new Set(spend.groups.map(keyOf));
    for (const key of colours.keys())
        if (!shown.has(key))
            colours.delete(key);
    for (const group of spend.groups.filter((one) => !one.other)) {
        const key = keyOf(group), used = new Set(colours.values());
        for (let i = 1; !colours.has(key) && i <= COLOURS; i++)
            if (!used.has(i))
                colours.set(key, i);
    }
    draw();
}

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
/* Without the space it is nobody's. */
const keyOf = (group) => group.other ? data.by : `${data.by} ${group.name}`;
const colourOf = (group) => css(group.other ? "--c-other" : `--c${colours.get(keyOf(group)) || 1}`);
const visible = (group) => !off.has(keyOf(group));

function amountsOf(group) {
    let sum = 0n;
    return cumulative ? group.amounts.map((amount) => sum += amount) : group.amounts;
}

export function draw() {
    if (!data)
        return;
    const empty = data.total === 0n;
    byId("spend-nothing").hidden = !empty;
    legend();
    table();
    if (!window.Chart)
        return; /* not there yet: app.js draws again when it is */
    if (!chart)
        chart = new window.Chart(byId("spend-chart"), settings());
    const look = css("--ground") + css("--line");
    if (look !== painted) {
        painted = look;
        dress(chart.options.scales);
    }
    chart.options.scales.y.suggestedMax = empty ? 1 : undefined;
    const drawn = data.groups.filter(visible);
    chart.data.labels = data.slots.map((slot) => slot.tick);
    chart.data.datasets = drawn.map((group) => ({
        label: groupName(data.by, group), data: amountsOf(group).map(toFloat), backgroundColor: colourOf(group),
        hoverBackgroundColor: colourOf(group),
    }));
    chart.update("none");
    const dearest = data.groups[0];
    attribute(byId("spend-chart"), "aria-label", empty ? t("noSpend")
        : t("chartSays", dollars(data.total), groupName(data.by, dearest), dollars(dearest.total)));
}

function dress(scales) {
    const font = { family: getComputedStyle(document.body).fontFamily, size: 11 };
    for (const scale of [scales.x, scales.y])
        Object.assign(scale.ticks, { color: css("--soft"), font });
    Object.assign(scales.x.grid, { display: false, drawBorder: true, borderColor: css("--line") });
    Object.assign(scales.y.grid, { color: css("--line"), drawBorder: false, drawTicks: false });
}

function settings() {
    return {
        type: "bar",
        data: { labels: [], datasets: [] },
        options: {
            responsive: true, maintainAspectRatio: false, animation: false, normalized: true,
            interaction: { mode: "index", intersect: false },
            datasets: { bar: { categoryPercentage: 1, barPercentage: 0.86, maxBarThickness: 44 } },
            plugins: { legend: { display: false }, tooltip: { enabled: false, external: tooltip } },
            scales: {
                x: { stacked: true, grid: {}, ticks: { autoSkip: false, maxRotation: 0 }, afterBuildTicks: pickTicks },
                y: {
                    stacked: true, beginAtZero: true, grid: {},
                    ticks: { maxTicksLimit: 6, padding: 6, callback: (value) => axisDollars(value) },
                },
            },
        },
    };
}

function axisDollars(value) {
    return value === 0 ? "0" : data.total === 0n ? "" : dollars(BigInt(Math.round(value * 1e9)));
}

/* Even ticks at round times, as many as have room; where no slot begins at one (UTC+5:45), each n-th. */
function pickTicks(axis) {
    const room = Math.max(2, Math.floor(axis.chart.width / 78));
    const ordinals = data.slots.map((slot, i) => slot.ordinal ?? data.slots.length - 1 - i);
    const steps = LADDER[data.slots[0]?.ordinal === null ? "place" : "clock"];
    axis.ticks = ordinals.map((ordinal, value) => ({ value }));
    for (const step of steps) {
        const ticks = ordinals.flatMap((ordinal, value) => ordinal % step === 0 ? [{ value }] : []);
        if (ticks.length < Math.min(2, ordinals.length))
            break;
        axis.ticks = ticks;
        if (ticks.length <= room)
            return;
    }
    const every = Math.ceil(axis.ticks.length / room);
    axis.ticks = axis.ticks.filter((tick, i) => i % every === 0);
}

function tooltip({ chart: mine, tooltip: model }) {
    const index = model.dataPoints?.[0]?.dataIndex;
    if (!model.opacity || index === undefined || !data.slots[index])
        return hideTip();
    const rows = data.groups.filter(visible).map((group) => ({
        key: keyOf(group), label: groupName(data.by, group), colour: colourOf(group),
        amount: amountsOf(group)[index],
    }));
    showTip(data.slots[index].title, rows, model.caretX, mine.width);
}

/* ------------------------------------------------------------------ legend and table */

function legend() {
    reconcile(byId("legend"), data.groups, keyOf, (group) => {
        const button = make("button", { type: "button" }, make("i", { class: "swatch", "aria-hidden": "true" }),
                            make("span", { class: "name", dir: "auto" }), make("b"));
        const key = keyOf(group);
        button.addEventListener("click", () => {
            if (!off.delete(key))
                off.add(key);
            draw();
        });
        return make("li", {}, button);
    }, (item, group) => {
        const button = item.firstElementChild, label = groupName(data.by, group);
        attribute(button, "aria-pressed", visible(group));
        attribute(button, "title", `${label} · ${dollars(group.total)}`);
        button.querySelector(".swatch").style.background = colourOf(group);
        put(button.querySelector(".name"), label);
        put(button.querySelector("b"), dollars(group.total));
    });
}

function table() {
    const node = byId("spend-table");
    if (!node.tHead)
        node.append(make("caption", { class: "unseen" }), make("thead", {}, make("tr")), make("tbody"));
    put(node.caption, t("spend"));
    const columns = [t("time"), ...data.groups.map((group) => groupName(data.by, group)), t("total")]
        .map((name, i) => ({ name, key: `${i} ${name}` }));
    reconcile(node.tHead.rows[0], columns, (column) => column.key, () => make("th", { scope: "col", class: "number" }),
              (cell, column) => putName(cell, column.name));
    const amounts = data.groups.map(amountsOf);
    const rows = data.slots.map((slot, i) => ({ slot, cells: [...amounts.map((of) => of[i]),
                                               amounts.reduce((sum, of) => sum + of[i], 0n)] }));
    reconcile(node.tBodies[0], rows, (row) => `${row.slot.t} ${row.cells.length}`,
              (row) => make("tr", {}, make("th", { scope: "row" }),
                            ...row.cells.map(() => make("td", { class: "number" }))),
              (line, row) => {
                  put(line.cells[0], row.slot.title);
                  row.cells.forEach((amount, i) => put(line.cells[i + 1], amount ? dollars(amount) : "·"));
              });
}
