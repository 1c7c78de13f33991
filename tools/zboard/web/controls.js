/* SPDX-License-Identifier: MPL-2.0
 *
 * controls.js - the choosers: window, grouping, service, language, theme. Owns their look and keyboard; the
 * choices themselves are state.js's. A radiogroup, as ARIA has it: one stop of the tab key, arrows inside.
 */
import { attribute, byId, make, plain, put } from "./dom.js";
import { moment } from "./numbers.js";
import { GROUPS, WINDOWS, choice, choose, keep, kept } from "./state.js";
import { t, use } from "./words.js";

const LONGEST = 40; /* a select is as wide as its longest option, and a name may have 128 bytes */

let tags = [], services = [];

export function startControls(onLanguage) {
    const radios = byId("window");
    radios.addEventListener("click", (event) => {
        const value = event.target.closest("[role=radio]")?.dataset.value;
        if (value)
            choose({ window: value });
    });
    radios.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        const at = WINDOWS.indexOf(choice.window);
        const to = event.key === "Home" ? 0 : event.key === "End" ? WINDOWS.length - 1
            : step ? (at + step + WINDOWS.length) % WINDOWS.length : -1;
        if (to < 0)
            return;
        event.preventDefault();
        choose({ window: WINDOWS[to] });
        radios.querySelector("[aria-checked=true]").focus();
    });
    byId("group").addEventListener("change", (event) => choose({ by: event.target.value }));
    byId("service").addEventListener("change", (event) => choose({ service: event.target.value }));
    byId("language").addEventListener("change", (event) => {
        keep({ language: event.target.value });
        use(event.target.value);
        onLanguage();
    });
    byId("theme").value = kept.theme || "system";
    byId("theme").addEventListener("change", (event) => {
        const theme = event.target.value;
        keep({ theme });
        if (theme === "system")
            delete document.documentElement.dataset.theme;
        else
            document.documentElement.dataset.theme = theme;
    });
}

export function showControls() {
    for (const radio of byId("window").children) {
        const is = radio.dataset.value === choice.window;
        attribute(radio, "aria-checked", is);
        attribute(radio, "tabindex", is ? 0 : -1);
    }
    byId("language").value = document.documentElement.lang;
    options(byId("group"), [...GROUPS, ...tags], choice.by, (by) => GROUPS.includes(by) ? t("by_" + by) : by);
    options(byId("service"), ["", ...services], choice.service, (name) => name || t("allServices"));
}

export function knowTags(names) {
    tags = (names || []).filter((name) => typeof name === "string" && !GROUPS.includes(name));
    showControls();
    if (!GROUPS.includes(choice.by) && !tags.includes(choice.by))
        choose({ by: GROUPS[0] }, false); /* a link from another ledger */
}

/* Those of the window; they only become more, so that none vanishes from under the pointer. */
export function knowServices(names) {
    services = [...new Set([...services, ...names.filter(Boolean)])].sort((a, b) => a.localeCompare(b)).slice(0, 500);
    showControls();
}

function options(select, values, chosen, word) {
    if (!values.includes(chosen))
        values.push(chosen);
    const old = Array.from(select.options, (option) => option.value);
    if (old.join("\n") !== values.join("\n"))
        select.replaceChildren(...values.map((value) => make("option", { value })));
    for (const option of select.options) {
        const text = plain(word(option.value)), letters = Array.from(text);
        put(option, letters.length > LONGEST ? letters.slice(0, LONGEST - 1).join("") + "…" : text);
    }
    select.value = chosen;
}

/* Which time the answers are really about: windows widen to the buckets that are kept. */
export function showRange(since, until) {
    put("range", Number.isFinite(since) && Number.isFinite(until) ? `${moment(since)} – ${moment(until)}` : "");
}
