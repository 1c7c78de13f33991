/* SPDX-License-Identifier: MPL-2.0
 *
 * stream.js - the life of the connection that the server tells news over (server-sent events). Owns the
 * EventSource, its revival, and the three facts of liveness: is the stream open, is zcostd up, how old are
 * the numbers. It asks nothing and draws nothing.
 *
 * An EventSource comes back by itself after a broken connection, but is closed for good by an HTTP error
 * (401, 503): then a new one is made, later and later. Heartbeats are invisible to it: a stream that is
 * silent for too long while zcostd is said to be up is taken for dead and made anew.
 */

const BACKOFF_MS = [1000, 2000, 4000, 8000, 15000, 30000];

export const live = {
    stream: "wait", /* wait, open, lost */
    streamSince: Date.now(),
    daemon: "wait", /* wait, up, away */
    daemonSince: null,
    heard: null, /* when the last snapshot was received, by our clock */
    interval: 30000,
};

let source = null, timer = 0, failures = 0, opened = Date.now(), on = {};

/* on: {snapshot (report, isNews), alert (alert), change (), closed ()} */
export function start(handlers) {
    on = handlers;
    open();
}

export function restart() {
    failures = 0;
    open();
}

export function stop() {
    clearTimeout(timer);
    source?.close();
    source = null;
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
    stop();
    opened = Date.now();
    let first = true; /* the first snapshot of a connection may be an old one, told again */
    const mine = source = new EventSource("/api/stream");
    mine.onopen = () => {
        failures = 0;
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
        /* The snapshot told at the connection's begin was an old one, then. */
        if (live.daemon === "away" && Number.isFinite(state.heard) && state.heard > 0)
            live.heard = Math.min(live.heard ?? Date.now(), state.heard);
        on.change();
    });
    mine.addEventListener("snapshot", (event) => {
        const report = parse(event.data);
        if (!report?.zcost)
            return;
        if (report.zcost.interval_seconds > 0)
            live.interval = report.zcost.interval_seconds * 1000;
        if (!(first && live.daemon === "away"))
            live.heard = Date.now();
        on.snapshot(report, !first);
        first = false;
    });
    mine.addEventListener("alert", (event) => {
        const alert = parse(event.data);
        if (alert)
            on.alert(alert);
    });
}

function retry() {
    stop();
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
