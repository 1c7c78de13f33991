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
const AMISS_MS = 600000;

const over = new Map();
const amiss = new Map(); /* question -> {lack, at}: the events that did not add up though all was asked anew */
let coarse = -Infinity; /* up to then zcostd has only whole days of UTC, as far as we know */

async function one(slice, by, where, signal) {
    const answer = await ask("breakdown", {
        by, where, since: slice.since, until: slice.until, limit: ROWS,
    }, signal);
    return {
        costs: new Map(answer.rows.map((row) => [String(row[by] ?? ""), fromUsd(row.cost_usd) ?? 0n])),
        total: fromUsd(answer.total.cost_usd) ?? 0n,
        events: answer.total.events || 0,
        since: answer.since,
        until: answer.until,
    };
}

/* cut (coarse) makes the slices. An answer {costs (name -> nano), total, events} for each of them, in order. */
export async function ofSlices(cut, by, where, signal) {
    let slices = cut(coarse), answers = await answersOf(slices, by, where, signal);
    /* An answer that is wider than its slice has what its neighbour has too: cut where the days are. */
    const edges = slices.flatMap((slice, i) => [
        i > 0 && answers[i].since < slice.since ? slice.since : -Infinity,
        slice.until !== null && answers[i].until > slice.until ? slice.until : -Infinity,
    ]);
    const last = Math.max(...edges);
    if (last > coarse) {
        coarse = last;
        slices = cut(coarse);
        answers = await answersOf(slices, by, where, signal);
    }
    return { slices, answers };
}

async function answersOf(slices, by, where, signal) {
    const key = (slice) => JSON.stringify([slice.since, slice.until, by, where]);
    const closed = slices.filter((slice) => slice.until !== null);
    if (over.size > KEPT)
        over.clear();
    const old = closed.filter((slice) => over.has(key(slice)));
    if (old.length) {
        const check = await ask("breakdown", {
            where, since: closed[0].since, until: closed[closed.length - 1].until, limit: 0,
        }, signal);
        const lack = () => check.total.events - closed.reduce((sum, slice) => sum + over.get(key(slice)).events, 0);
        const question = JSON.stringify([by, where, slices[0].kind, closed.length]);
        await fetchMissing();
        /* What does not add up when asked anew either is let be for a while: all slices at each snapshot are many. */
        const { lack: known = 0, at = 0 } = amiss.get(question) || {};
        if (lack() !== 0 && (lack() !== known || Date.now() - at > AMISS_MS)) {
            old.forEach((slice) => over.delete(key(slice)));
            await fetchMissing();
            amiss.set(question, { lack: lack(), at: Date.now() });
        }
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
