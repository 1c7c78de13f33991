/* SPDX-License-Identifier: MPL-2.0
 *
 * tip.js - the box beside the pointer over the chart: one slot's exact amounts, dearest first. Owns its place,
 * always inside the plot. Chart.js calls it in place of the tooltip that it would draw itself.
 */
import { byId, make, put, reconcile } from "./dom.js";
import { dollars } from "./money.js";
import { t } from "./words.js";

/* rows: [{key, label, colour, amount}] */
export function showTip(title, rows, x, plotWidth) {
    const tip = byId("tip");
    tip.hidden = false;
    if (!tip.firstElementChild)
        tip.append(make("p", { class: "tip-title" }), make("ul"), make("p", { class: "tip-total" },
                   make("span"), make("b")));
    put(tip.querySelector(".tip-title"), title);
    const shown = rows.filter((row) => row.amount > 0n).sort((a, b) => a.amount < b.amount ? 1 : -1);
    reconcile(tip.querySelector("ul"), shown, (row) => row.key,
              () => make("li", {}, make("i", { class: "swatch" }), make("span", { class: "name", dir: "auto" }),
                         make("b")),
              (item, row) => {
                  item.querySelector(".swatch").style.background = row.colour;
                  put(item.querySelector(".name"), row.label);
                  put(item.querySelector("b"), dollars(row.amount));
              });
    put(tip.querySelector(".tip-total span"), t("total"));
    put(tip.querySelector(".tip-total b"), dollars(rows.reduce((sum, row) => sum + row.amount, 0n)));
    const left = x + 14 + tip.offsetWidth > plotWidth ? x - 14 - tip.offsetWidth : x + 14;
    tip.style.left = `${Math.max(0, left)}px`;
}

export function hideTip() {
    byId("tip").hidden = true;
}
