/* SPDX-License-Identifier: MPL-2.0
 *
 * early.js - the theme and the language before the first paint, so that nobody sees a flash of the wrong
 * one. The only classic script of ours, and blocking, so it stays this small. state.js owns the choices.
 */
"use strict";
(function () {
    let kept = {};
    try {
        kept = JSON.parse(localStorage.getItem("zboard") || "{}") || {};
    } catch (error) { /* Storage may be forbidden or hold nonsense: the defaults are good. */ }
    const root = document.documentElement;
    const spoken = kept.language || (navigator.languages || []).find((tag) => /^(en|es)\b/i.test(tag)) || "en";
    if (kept.theme === "light" || kept.theme === "dark")
        root.dataset.theme = kept.theme;
    if (/^es\b/i.test(spoken)) {
        root.lang = "es";
        root.dataset.wording = "1"; /* the frame's English words stay invisible until the Spanish are in */
    }
})();
