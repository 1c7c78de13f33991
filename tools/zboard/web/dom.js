/* SPDX-License-Identifier: MPL-2.0
 *
 * dom.js - small tools over the document. Text from the wire goes in as text only (textContent), and nothing
 * is written that did not change: selections, focus and screen readers are left in peace by a new snapshot.
 */

export const byId = (id) => document.getElementById(id);

export function put(id, text) {
    const node = typeof id === "string" ? byId(id) : id;
    if (node.textContent !== text)
        node.textContent = text;
    return node;
}

export function attribute(node, name, value) {
    if (value === null || value === undefined)
        node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value))
        node.setAttribute(name, value);
}

/* make("td", { class: "number" }, "text" or nodes...) */
export function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
        attribute(node, name, value);
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
}

export function width(node, percent) {
    node.style.width = `${Math.max(0, Math.min(100, percent || 0))}%`;
}

/* Brings the children of parent to one for each item, in order, and reuses those that are there by key, so
 * that what has the focus keeps it. build (item) makes a new child, fill (child, item) writes its texts. Whatever
 * else is in there goes, two of one key too. */
export function reconcile(parent, items, keyOf, build, fill) {
    const old = new Map(Array.from(parent.children, (child) => [child.__key, child]));
    const rest = new Set(parent.children);
    let place = parent.firstElementChild;
    for (const item of items) {
        const key = keyOf(item);
        let child = old.get(key);
        if (child) {
            old.delete(key);
            rest.delete(child);
        } else {
            child = build(item);
            child.__key = key;
        }
        if (child === place)
            place = place.nextElementSibling;
        else
            parent.insertBefore(child, place);
        fill(child, item);
    }
    rest.forEach((child) => child.remove());
}

/* What nobody can see, and what turns the direction of the text behind it ("gpj.exe"), is shown as a mark. */
export function plain(text) {
    return String(text).replace(/[\t\n\r]+/g, " ")
        .replace(/[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "\ufffd");
}

/* A name that anyone may have chosen: one line, cut by the style sheet, whole in its title. */
export function name(node, text) {
    text = plain(text);
    put(node, text);
    attribute(node, "title", text);
    attribute(node, "dir", "auto");
    return node;
}
