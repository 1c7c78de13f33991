/* SPDX-License-Identifier: MPL-2.0
 *
 * stream.js - the life of the connection that the server tells news over (server-sent events). Owns the
 * EventSource, its revival, and the three facts of liveness: is the stream open, is zcostd up, how old are
 * the numbers. It asks nothing and draws nothing.
 *
 * An EventSource comes back by itself after a broken connection, but is closed for good by an HTTP error
 * (401, 503): then a new one is made, later and later. Heartbeats are invisible to it: a stream that is
 * silent for too long while zcostd is said to be up is taken for dead and made anew.
 *
 * A browser opens six connections to a server at most, for all tabs together: one that nobody looks at gives its
 * own back after a while, and has the news again as soon as it is looked at.
 */
import { byOurClock } from "./spans.js";

const BACKOFF_MS = [1000, 2000, 4000, 8000, 15000, 30000];
const HIDDEN_MS = 5000;

export const live = {
    stream: "wait", /* wait, open, lost */
    streamSince: Date.now(),
    daemon: "wait", /* wait, up, away */
    daemonSince: null,
    /* When the last snapshot came, by our clock: to us, or, where it is an old one told again, to zboard. */
    get heard() {
        return told && Math.min(Date.now(), told.us ?? byOurClock(told.zboard));
    },
    interval: 30000,
};

let source = null, timer = 0, failures = 0, opened = Date.now(), told = null, on = {};
let wanted = false, hiding = 0;

/* on: {snapshot (report, isNews), alert (alert), change (), closed ()} */
export function start(handlers) {
    on = handlers;
    document.addEventListener("visibilitychange", look);
    addEventListener("pagehide", sleep); /* a page that one can go back to is kept, with its connection */
    addEventListener("pageshow", look);
    restart();
}

export function restart() {
    failures = 0;
    wanted = true;
    if (!document.hidden)
        open();
}

export function stop() {
    wanted = false;
    close();
}

function close() {
    clearTimeout(timer);
    timer = 0;
    source?.close();
    source = null;
}

function sleep() {
    close();
    live.daemon = "wait";
    is("wait");
}

function look() {
    clearTimeout(hiding);
    if (!wanted)
        return;
    if (document.hidden)
        hiding = setTimeout(sleep, HIDDEN_MS);
    else if (!source && !timer)
        restart();
}

/* Numbers are late, and then overdue, by this many intervals; see also head.js. */
export function overdue(at = Date.now()) {
    const age = at - (live.heard ?? opened);
    return age > 2.5 * live.interval + 5000 ? 2 : age > 1.3 * live.interval + 2000 ? 1 : 0;
}

/* Called each second: a silent stream is one that nobody hears break. */
export function watch() {
    if (source && live.stream === "open" && live.daemon === "up" && overdue() === 2
        && Date.now() - opened > 2.5 * live.interval + 5000)
        open();
}

function is(stream) {
    if (live.stream !== stream) {
        live.stream = stream;
        live.streamSince = Date.now();
    }
    on.change();
}

function open() {
    close();
    opened = Date.now();
    let snapshots = 0, dated = false; /* the first snapshot of a connection may be an old one: a state tells its age */
    const mine = source = new EventSource("/api/stream");
    mine.onopen = () => {
        failures = snapshots = 0;
        dated = false;
        is("open");
    };
    mine.onerror = () => {
        if (live.daemon !== "wait")
            live.daemon = "unknown"; /* who told us is gone */
        is("lost");
        if (mine.readyState === EventSource.CLOSED && mine === source)
            retry();
    };
    mine.addEventListener("state", (event) => {
        const state = parse(event.data);
        if (!state)
            return;
        live.daemon = state.daemon === "up" ? "up" : "away";
        live.daemonSince = Number(state.since) || null;
        if (snapshots < 2 && Number.isFinite(state.heard) && state.heard > 0) {
            told = { zboard: state.heard };
            dated = true;
        }
        on.change();
    });
    mine.addEventListener("snapshot", (event) => {
        const report = parse(event.data);
        if (!report?.zcost)
            return;
        if (report.zcost.interval_seconds > 0)
            live.interval = report.zcost.interval_seconds * 1000;
        const first = snapshots++ === 0;
        if (!first || !dated)
            told = { us: Date.now() };
        on.snapshot(report, !first);
    });
    mine.addEventListener("alert", (event) => {
        const alert = parse(event.data);
        if (alert)
            on.alert(alert);
    });
}

function retry() {
    close();
    timer = setTimeout(open, BACKOFF_MS[Math.min(failures++, BACKOFF_MS.length - 1)]);
    on.closed();
}

function parse(text) {
    try {
        return JSON.parse(text);
    } catch (error) {
        return null;
    }
}
