/* SPDX-License-Identifier: MPL-2.0
 *
 * head.js - the line at the top: whose ledger this is and three facts of liveness, apart: the stream, zcostd,
 * the age of the numbers. Ages tick here each second, without a question. What is wrong banners.js explains.
 */
import { attribute, byId, put } from "./dom.js";
import { duration, clockSeconds } from "./numbers.js";
import { live, overdue } from "./stream.js";
import { t } from "./words.js";

function fact(id, is, text, title = null) {
    const node = byId(id);
    attribute(node, "data-is", is);
    attribute(node, "title", title);
    put(node.querySelector(".say"), text);
}

export function showLive() {
    fact("live-stream", { wait: "wait", open: "good", lost: "bad" }[live.stream],
         t({ wait: "streamWait", open: "streamOpen", lost: "streamLost" }[live.stream]), t("streamTitle"));
    fact("live-daemon", { wait: "wait", up: "good", away: "bad", unknown: "wait" }[live.daemon],
         t({ wait: "daemonWait", up: "daemonUp", away: "daemonAway", unknown: "daemonUnknown" }[live.daemon]),
         t("daemonTitle"));
    showAge();
}

export function showAge() {
    if (live.heard === null)
        return fact("live-age", "wait", t("ageNone"));
    const late = overdue();
    const age = duration(Date.now() - live.heard);
    fact("live-age", ["good", "late", "bad"][late], t(late ? "ageLate" : "age", age),
         t("ageTitle", clockSeconds(live.heard), duration(live.interval)));
}

export function showInstance(report) {
    const name = report.zcost.instance || "";
    attribute(put("instance", name), "title", name);
    document.title = name ? `${name} · zcost` : "zcost";
}
