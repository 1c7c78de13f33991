/* SPDX-License-Identifier: MPL-2.0
 *
 * api.js - questions to zboard over HTTP. Owns the addresses, the bound on how many are under way, and what
 * an error is. It keeps no answers and never asks twice by itself.
 */

import { learnClock } from "./spans.js";

/* A browser opens six connections to a server at most, and the stream holds one of them. */
const AT_ONCE = 4;
const TIMEOUT_MS = 15000;

let running = 0;
const waiting = [];

export class ApiError extends Error {
    constructor(status, code, detail) {
        super(detail);
        this.status = status; /* 0: there was no answer at all */
        this.code = code;
    }
}

async function place() {
    if (running >= AT_ONCE)
        await new Promise((go) => waiting.push(go));
    else
        running++;
}

function leave() {
    const next = waiting.shift();
    if (next)
        next();
    else
        running--;
}

function addressOf(route, query) {
    const parameters = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
        if (value === undefined || value === null || value === "")
            continue;
        if (key === "where")
            for (const [dimension, is] of Object.entries(value))
                parameters.append("where", `${dimension}=${is}`);
        else
            parameters.append(key, value);
    }
    const text = parameters.toString();
    return `/api/${route}${text ? "?" + text : ""}`;
}

/* The answer as an object, or throws: ApiError, or AbortError where signal was given up. */
export async function ask(route, query = {}, signal = undefined) {
    await place();
    try {
        signal?.throwIfAborted();
        return await fetchJson(addressOf(route, query), signal);
    } finally {
        leave();
    }
}

async function fetchJson(address, signal) {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), TIMEOUT_MS);
    const giveUp = () => patience.abort();
    signal?.addEventListener("abort", giveUp);
    try {
        const reply = await fetch(address, { signal: patience.signal, headers: { Accept: "application/json" } });
        const clock = Date.parse(reply.headers.get("Date"));
        if (clock > 0)
            learnClock("zboard", clock);
        const body = await reply.json().catch(() => null);
        if (!reply.ok)
            throw new ApiError(reply.status, body?.code || "", body?.detail || reply.statusText);
        if (!body || typeof body !== "object")
            throw new ApiError(0, "bad_answer", "no JSON");
        return body;
    } catch (error) {
        if (error instanceof ApiError)
            throw error;
        signal?.throwIfAborted();
        throw new ApiError(0, "no_answer", error.message);
    } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", giveUp);
    }
}

/* True: the token was taken. */
export async function signIn(token) {
    const reply = await fetch("/api/session", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }),
    });
    if (reply.status === 401 || reply.status === 403)
        return false;
    if (!reply.ok)
        throw new ApiError(reply.status, "", reply.statusText);
    return true;
}

export async function signOut() {
    await fetch("/api/session", { method: "DELETE" });
}
