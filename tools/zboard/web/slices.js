/* SPDX-License-Identifier: MPL-2.0
 *
 * slices.js - spend by civil slices (days, weeks, months of this time zone), which a series with steps since
 * the epoch cannot give: a breakdown each. Owns the answers about slices that are over: they are asked once,
 * and again only when their events no longer add up, for late ones may have come.
 */
import { ask } from "./api.js";
import { fromUsd } from "./money.js";

const ROWS = 100; /* groups asked of a slice; beyond them a name counts under "other" */
const KEPT = 1000;

const over = new Map();

async function one(slice, by, where, signal) {
    const answer = await ask("breakdown", {
        by, where, since: slice.since, until: slice.until, limit: ROWS,
    }, signal);
    return {
        costs: new Map(answer.rows.map((row) => [String(row[by] ?? ""), fromUsd(row.cost_usd) ?? 0n])),
        total: fromUsd(answer.total.cost_usd) ?? 0n,
        events: answer.total.events || 0,
    };
}

/* An answer {costs (name -> nano), total, events} for each of slices, in order. */
export async function ofSlices(slices, by, where, signal) {
    const key = (slice) => JSON.stringify([slice.since, slice.until, by, where]);
    const closed = slices.filter((slice) => slice.until !== null);
    if (over.size > KEPT)
        over.clear();
    if (closed.some((slice) => over.has(key(slice)))) {
        const check = await ask("breakdown", {
            where, since: closed[0].since, until: closed[closed.length - 1].until, limit: 0,
        }, signal);
        await fetchMissing();
        const sum = closed.reduce((events, slice) => events + over.get(key(slice)).events, 0);
        if (sum !== check.total.events)
            closed.forEach((slice) => over.delete(key(slice)));
    }
    await fetchMissing();
    const open = slices.filter((slice) => slice.until === null);
    const last = await Promise.all(open.map((slice) => one(slice, by, where, signal)));
    return [...closed.map((slice) => over.get(key(slice))), ...last];

    async function fetchMissing() {
        await Promise.all(closed.filter((slice) => !over.has(key(slice)))
            .map(async (slice) => over.set(key(slice), await one(slice, by, where, signal))));
    }
}
