/* SPDX-License-Identifier: MPL-2.0
 *
 * words.js - which language is spoken. Owns the choice between en.js and es.js, and puts their words into the
 * page's frame. A word that is missing shows its own name, which a test would find.
 */
import en from "./en.js";
import es from "./es.js";
import { locale } from "./locale.js";

let spanish = false;

export function use(language) {
    spanish = /^es\b/i.test(language);
    document.documentElement.lang = spanish ? "es" : "en";
}

export function t(key, ...values) {
    const word = (spanish ? es : en)[key];
    if (typeof word === "function")
        return word(...values);
    /* type_ and the like stand before a value of the wire: one that we have no word for is shown as it is. */
    return word ?? (/^(type|period|is)_/.test(key) ? key.slice(key.indexOf("_") + 1) : key);
}

export function list(parts) {
    return new Intl.ListFormat(locale(), { type: "conjunction" }).format(parts);
}

export function translate() {
    for (const node of document.querySelectorAll("[data-t]"))
        node.textContent = t(node.dataset.t);
    for (const node of document.querySelectorAll("[data-t-label]"))
        node.setAttribute("aria-label", t(node.dataset.tLabel));
    delete document.documentElement.dataset.wording;
}
