/* SPDX-License-Identifier: MPL-2.0
 *
 * locale.js - what Intl formats by, and the one number that words need: a count. Below all that speaks.
 */
/* What Intl formats by: the browser's own region where it speaks the chosen language. */
export function locale() {
    const language = document.documentElement.lang;
    return (navigator.languages || []).find((tag) => tag.toLowerCase().startsWith(language)) || language;
}

export const NONE = "–";
const cache = new Map();

export function intl(kind, name, options) {
    const key = locale() + name;
    if (!cache.has(key))
        cache.set(key, new Intl[kind](locale(), options));
    return cache.get(key);
}

export const good = (number) => typeof number === "number" && Number.isFinite(number);

export function count(number) {
    return good(number) ? intl("NumberFormat", "count").format(number) : NONE;
}
