/* SPDX-License-Identifier: MPL-2.0
 *
 * spans.js - windows of time, in the person's own time zone: where each begins, which slices its chart has,
 * which window it is compared with. Starts are whole minutes, so that every browser asks the same question
 * and the server can share the answer. It asks nothing.
 */

export const MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

/* Their clocks less ours: a browser with a wrong clock must not ask about a wrong hour, nor call a number old. */
const skew = { zcostd: 0, zboard: 0 };

export function learnClock(whose, theirNow) {
    const difference = theirNow - Date.now();
    skew[whose] = Math.abs(difference) > MINUTE ? difference : 0;
}

/* What zboard's clock said, by ours. */
export function byOurClock(ms) {
    return ms - skew.zboard;
}

export function now() {
    return Date.now() + skew.zcostd;
}

export function floorMinute(ms) {
    return Math.floor(ms / MINUTE) * MINUTE;
}

/* Civil time: Date does the time zone's arithmetic, summer time included. */
export function startOfDay(ms, days = 0) {
    const at = new Date(ms);
    return new Date(at.getFullYear(), at.getMonth(), at.getDate() + days).getTime();
}

export function startOfMonth(ms, months = 0) {
    const at = new Date(ms);
    return new Date(at.getFullYear(), at.getMonth() + months, 1).getTime();
}

/* When a window begins; undefined: with the ledger. */
export function sinceOf(name, at = now()) {
    switch (name) {
    case "hour": return floorMinute(at - HOUR);
    case "today": return startOfDay(at);
    case "24h": return floorMinute(at - DAY);
    case "7d": return floorMinute(at - 7 * DAY);
    case "30d": return floorMinute(at - 30 * DAY);
    case "month": return startOfMonth(at);
    default: return undefined;
    }
}

/* The same stretch one period earlier, or null: what the total is compared with. */
export function before(name, at = now()) {
    const since = sinceOf(name, at);
    if (since === undefined)
        return null;
    const until = floorMinute(at);
    switch (name) {
    case "hour": return { since: since - HOUR, until: until - HOUR };
    case "today": { /* a day need not have 24 hours */
        const start = startOfDay(at, -1);
        return { since: start, until: Math.min(start + (until - since), since) };
    }
    case "7d": return { since: since - 7 * DAY, until: until - 7 * DAY };
    case "30d": return { since: since - 30 * DAY, until: until - 30 * DAY };
    case "month": {
        const start = startOfMonth(at, -1);
        return { since: start, until: Math.min(start + (until - since), since) };
    }
    default: return { since: since - DAY, until: until - DAY };
    }
}

/* Of a window that is even: the step of a series in seconds. Else 0: it is cut by slicesOf. */
export function stepOf(name) {
    return { hour: 60, today: 1800, "24h": 1800 }[name] || 0;
}

/* Civil slices [since, until) that together are the window, the last one open (until: null): a quarter of a
 * day, a day, a week, a month or a year each, so that a day is this time zone's day and not UTC's. Up to `coarse`
 * only UTC's days are kept: slices end at the nearest midnight of UTC there, and where they were to be of a day or less
 * all are UTC's days, for one of 35 hours among them would look dear. */
export function slicesOf(name, since, at = now(), coarse = -Infinity) {
    let kind = name === "7d" ? "quarter" : name === "all" ? kindFor(at - since) : "day";
    if (coarse > since && ["hours", "quarter", "day"].includes(kind)) {
        kind = "day";
        coarse = Infinity;
    }
    const slices = [];
    for (let start = since, t = since; start < at;) {
        const next = nextOf(kind, t), end = next > coarse ? next : Math.round(next / DAY) * DAY;
        if (end > start) {
            slices.push({ since: start, until: end < at ? end : null, t, kind });
            start = end;
        }
        t = next;
    }
    return slices;
}

function kindFor(length) {
    return length <= 2 * DAY ? "hours" : length <= 70 * DAY ? "day" : length <= 540 * DAY ? "week"
        : length <= 3650 * DAY ? "month" : "year";
}

function nextOf(kind, ms) {
    const at = new Date(ms), year = at.getFullYear(), month = at.getMonth(), date = at.getDate();
    switch (kind) {
    case "hours": return new Date(year, month, date, at.getHours() + 1).getTime();
    case "quarter": return new Date(year, month, date, (Math.floor(at.getHours() / 6) + 1) * 6).getTime();
    case "day": return startOfDay(ms, 1);
    case "week": return startOfDay(ms, 7 - (at.getDay() + 6) % 7); /* weeks begin on Monday */
    case "month": return startOfMonth(ms, 1);
    default: return new Date(year + 1, 0, 1).getTime();
    }
}
