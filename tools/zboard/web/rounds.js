/* SPDX-License-Identifier: MPL-2.0
 *
 * rounds.js - when the questions about windows are asked: a round at each snapshot and at each new choice;
 * at most one every 2 s, never two at once, never while nobody looks. Owns that pacing and which part of the
 * page is stale. There is no polling timer: without news there is no question.
 */
import { byId, attribute } from "./dom.js";
import { clockSeconds } from "./numbers.js";
import { t } from "./words.js";

const APART_MS = 2000;
const AGAIN_MS = 3000;

let questions = [], began = 0, wanted = false, running = null, timer = 0, told = {};
let failed = false;
const answered = new Map(); /* name -> {at, about}: what was last shown, and when */

/* questions: [{name, panels: [ids], depends: [names of choices], run: async (signal) -> shows the answer}];
 * handlers: {full (), failed (error) -> ask again, about (depends) -> what was chosen of these just now} */
export function plan(list, handlers) {
    questions = list;
    told = handlers;
    document.addEventListener("visibilitychange", () => {
        if (!document.hidden && wanted)
            next();
    });
}

/* News came: ask anew, soon. */
export function round() {
    wanted = true;
    if (!running && !timer && !document.hidden)
        next();
}

/* What kept the last round from its answers is over. */
export function roundIfFailed() {
    if (failed)
        round();
}

/* The person chose: what is under way is about something else now. */
export function roundNow() {
    running?.abort();
    running = null;
    clearTimeout(timer);
    timer = 0;
    began = 0;
    busy();
    wanted = true;
    next();
}

function next() {
    if (running || timer || document.hidden)
        return;
    const wait = began + APART_MS - Date.now();
    if (wait > 0)
        timer = setTimeout(() => {
            timer = 0;
            next();
        }, wait);
    else if (wanted)
        go();
}

async function go() {
    const mine = running = new AbortController();
    wanted = false;
    began = Date.now();
    const results = await Promise.all(questions.map((question) => one(question, mine)));
    if (running !== mine)
        return; /* another choice took over */
    running = null;
    mark(results);
    const failure = results.find((error) => error);
    failed = Boolean(failure);
    if (!failure)
        told.full();
    else if (told.failed(failure) && !wanted)
        timer = setTimeout(() => { /* zcostd is up and was busy: once more, without waiting for news */
            timer = 0;
            round();
        }, AGAIN_MS);
    if (wanted)
        next();
}

async function one(question, mine) {
    try {
        const show = await question.run(mine.signal);
        if (running !== mine)
            return null;
        show?.();
        answered.set(question.name, { at: Date.now(), about: about(question) });
        return null;
    } catch (error) {
        if (error.status === undefined && error.name !== "AbortError")
            console.error(error); /* a mistake of ours */
        return error;
    }
}

const about = (question) => told.about(question.depends);

/* Where an answer failed the last numbers stay, and say of when they are. */
function mark(results) {
    const panels = new Map();
    questions.forEach((question, i) => question.panels.forEach((id) => {
        if (results[i] || !panels.has(id))
            panels.set(id, results[i] ? question : null);
    }));
    panels.forEach((question, id) => {
        const last = question && answered.get(question.name);
        attribute(byId(id), "data-stale", !question ? null : !last ? t("noAnswer")
            : last.about === about(question) ? t("asOf", clockSeconds(last.at)) : t("otherChoice"));
        attribute(byId(id), "aria-busy", null);
    });
}

function busy() {
    questions.forEach((question) => question.panels.forEach((id) => attribute(byId(id), "aria-busy", "true")));
}
