/* SPDX-License-Identifier: MPL-2.0
 *
 * spend.js - the numbers behind the chart of spend over time: which groups (the dearest seven and "other"),
 * which slots of time, and the exact amount of each. It draws nothing (bars.js) and rounds nothing.
 */
import { ApiError, ask } from "./api.js";
import { plain } from "./dom.js";
import { fromUsd } from "./money.js";
import { clock, day, dayOfYear, month, weekday } from "./numbers.js";
import { ofSlices } from "./slices.js";
import { now, sinceOf, slicesOf, stepOf } from "./spans.js";
import { t } from "./words.js";

export const TOP = 7;

/* {by, slots: [{t, end, tick, title, ordinal}], groups: [{name, amounts, total, other}], total}; other: all that are
 * not among the dearest, under no name, for any name may be somebody's. */
export async function gatherSpend(choice, signal) {
    const where = choice.service ? { service: choice.service } : undefined;
    const asked = { by: choice.by, where };
    const step = stepOf(choice.window);
    return step ? bySteps(choice, asked, step, signal) : bySlices(choice, asked, signal);
}

async function bySteps(choice, asked, step, signal) {
    const since = sinceOf(choice.window);
    let first, answer;
    for (;; step *= 4)
        try {
            /* A series widens to whole steps: the broken one at the window's begin is asked by itself. */
            first = Math.ceil(since / (step * 1000)) * step * 1000;
            answer = await ask("series", { ...asked, since: first, step, limit: TOP }, signal);
            break;
        } catch (error) { /* Very many groups: coarser steps have fewer points. */
            if (!(error instanceof ApiError) || error.code !== "too_large" || step > 86400)
                throw error;
        }
    const [broken, all] = await Promise.all([
        first > since && ask("breakdown", { ...asked, since, until: first, limit: 100 }, signal),
        answer.rows_left_out > 0 && ask("series", { where: asked.where, since: first, step, limit: 1 }, signal),
    ]);
    const length = answer.step * 1000, slots = [], at = new Map();
    if (broken)
        slots.push(slotOf(since, first, "clock"));
    for (let start = answer.start; start < Math.min(answer.until, now() + length); start += length) {
        at.set(start, slots.length);
        slots.push(slotOf(start, start + length, "clock"));
    }
    const groups = answer.rows.map((row) => ({ name: String(row[choice.by] ?? ""), amounts: spread(row.points) }));
    for (const row of broken ? broken.rows : []) {
        const name = String(row[choice.by] ?? "");
        let group = groups.find((one) => one.name === name);
        if (!group && groups.length < TOP)
            groups.push(group = { name, amounts: spread([]) });
        if (group)
            group.amounts[0] = fromUsd(row.cost_usd) ?? 0n;
    }
    const total = all ? spread(all.rows[0]?.points || [])
        : slots.map((slot, i) => groups.reduce((sum, group) => sum + group.amounts[i], 0n));
    if (broken)
        total[0] = fromUsd(broken.total.cost_usd) ?? 0n;
    groups.push({ other: true, amounts: total.map((sum, i) => rest(sum, groups, i)) });
    return finish(choice.by, slots, groups);

    function spread(points) {
        const amounts = slots.map(() => 0n);
        for (const point of points)
            if (at.has(point.t))
                amounts[at.get(point.t)] = fromUsd(point.cost_usd) ?? 0n;
        return amounts;
    }
}

/* Events that came between two answers could make it negative for a moment. */
function rest(sum, groups, i) {
    const left = groups.reduce((whole, group) => whole - group.amounts[i], sum);
    return left > 0n ? left : 0n;
}

async function bySlices(choice, asked, signal) {
    const whole = await ask("breakdown", { ...asked, since: sinceOf(choice.window), limit: TOP }, signal);
    const began = sinceOf(choice.window) ?? whole.since;
    const { slices, answers } = whole.total.events
        ? await ofSlices((coarse) => slicesOf(choice.window, began, now(), coarse), choice.by, asked.where, signal)
        : { slices: [], answers: [] };
    const groups = whole.rows.map((row) => {
        const name = String(row[choice.by] ?? "");
        return { name, amounts: answers.map((answer) => answer.costs.get(name) ?? 0n) };
    });
    if (whole.rows_left_out > 0)
        groups.push({ other: true, amounts: answers.map((answer, i) => rest(answer.total, groups, i)) });
    return finish(choice.by, slices.map((slice) => slotOf(slice.t, slice.until ?? now(), slice.kind)), groups);
}

function finish(by, slots, groups) {
    for (const group of groups)
        group.total = group.amounts.reduce((sum, amount) => sum + amount, 0n);
    /* Dearest first, whatever is left together at the end; what cost nothing has no bar. */
    const order = (a, b) => Boolean(a.other) - Boolean(b.other) || Number(b.total - a.total);
    groups = groups.filter((group) => group.total > 0n).sort(order);
    return { by, slots, groups, total: groups.reduce((sum, group) => sum + group.total, 0n) };
}

/* tick: the text below the axis; title: all of it; both in the language of whoever reads them next. ordinal: by
 * what even ticks are chosen (minutes of the day, or the place). */
function slotOf(start, end, kind) {
    const at = new Date(start), minutes = at.getHours() * 60 + at.getMinutes();
    const within = { clock: true, hours: true, quarter: true }[kind];
    return {
        t: start,
        get tick() {
            return within ? (minutes === 0 ? day(start) : clock(start)) : kind === "month" ? month(start)
                : kind === "year" ? String(at.getFullYear()) : kind === "week" ? dayOfYear(start) : day(start);
        },
        get title() {
            return within ? `${weekday(start)}, ${clock(start)} – ${clock(end)}`
                : kind === "week" ? t("weekOf", dayOfYear(start))
                : kind === "month" ? month(start) : kind === "year" ? String(at.getFullYear()) : weekday(start);
        },
        ordinal: within ? minutes : null,
    };
}

export function groupName(by, { name, other }) {
    if (other)
        return t("other");
    if (name === "")
        return t("without", by);
    return by === "type" ? t("type_" + name) : plain(name);
}
