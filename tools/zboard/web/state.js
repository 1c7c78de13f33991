/* SPDX-License-Identifier: MPL-2.0
 *
 * state.js - what the person chose. Owns the URL's hash (window, grouping, service: what a shared link must
 * show) and what this browser remembers (language, theme, dismissed banners). It holds no data of the ledger.
 */

export const WINDOWS = ["hour", "today", "24h", "7d", "30d", "month", "all"];
export const GROUPS = ["model", "tier", "service", "provider", "type"];

const DEFAULTS = { window: "24h", by: "model", service: "" };
const listeners = [];

export const choice = readHash();

function readHash() {
    const hash = new URLSearchParams(location.hash.slice(1));
    const picked = { ...DEFAULTS };
    if (WINDOWS.includes(hash.get("window")))
        picked.window = hash.get("window");
    /* A tag is not known before health was answered; whatever it is, it is only ever an argument. */
    if (hash.get("by") && !/[,\s]/.test(hash.get("by")))
        picked.by = hash.get("by");
    if (hash.get("service"))
        picked.service = hash.get("service");
    return picked;
}

function writeHash(change) {
    const hash = new URLSearchParams();
    hash.set("window", choice.window);
    hash.set("by", choice.by);
    if (choice.service)
        hash.set("service", choice.service);
    history[change](null, "", "#" + hash);
}

/* byPerson: one can go back to what was before. */
export function choose(change, byPerson = true) {
    if (Object.keys(change).every((key) => choice[key] === change[key]))
        return;
    Object.assign(choice, change);
    writeHash(byPerson ? "pushState" : "replaceState");
    listeners.forEach((listener) => listener(choice));
}

export function onChoice(listener) {
    listeners.push(listener);
}

addEventListener("hashchange", () => {
    if (location.hash === "#main")
        return writeHash("replaceState"); /* the link over the head was followed: nothing was chosen */
    Object.assign(choice, readHash());
    listeners.forEach((listener) => listener(choice));
});

/* ------------------------------------------------------------------ remembered */

function readKept() {
    try {
        return JSON.parse(localStorage.getItem("zboard") || "{}") || {};
    } catch (error) {
        return {};
    }
}

export const kept = readKept();

export function keep(change) {
    Object.assign(kept, change);
    try {
        localStorage.setItem("zboard", JSON.stringify(kept));
    } catch (error) { /* A private window may refuse; the choice then lasts as long as the page. */ }
}
