/* SPDX-License-Identifier: MPL-2.0
 *
 * money.js - exact dollars. Owns the way from the wire's decimal strings to BigInt nano-dollars and from
 * there to what a person reads. No amount is ever a float here, but for the height of a bar (toFloat).
 */
import { locale } from "./locale.js";

const NANO = 1000000000n;
const formats = new Map();

/* "-12.034" -> -12034000000n; null for anything that is no amount: the wire is not to be believed. */
export function fromUsd(text) {
    const match = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(String(text ?? ""));
    if (!match)
        return null;
    const nano = BigInt(match[2]) * NANO + BigInt((match[3] || "").padEnd(9, "0"));
    return match[1] ? -nano : nano;
}

/* For the measures that come as integers only (savings). Past 2^53 ($9 million) JSON itself rounded it. */
export function fromNano(number) {
    return Number.isFinite(number) ? BigInt(Math.round(number)) : null;
}

export function toFloat(nano) {
    return Number(nano) / 1e9;
}

function round(nano, decimals) {
    const unit = 10n ** BigInt(9 - decimals);
    const half = nano < 0n ? -unit / 2n : unit / 2n;
    return (nano + half) / unit; /* BigInt division cuts towards zero, so this rounds half away from it */
}

function format(decimals) {
    const key = locale() + decimals;
    if (!formats.has(key))
        formats.set(key, new Intl.NumberFormat(locale(), {
            style: "currency", currency: "USD", currencyDisplay: "narrowSymbol",
            minimumFractionDigits: decimals, maximumFractionDigits: decimals,
        }));
    return formats.get(key);
}

function withDecimals(nano, decimals) {
    const amount = round(nano, decimals);
    const sign = amount < 0n ? "-" : "";
    const digits = String(amount < 0n ? -amount : amount).padStart(decimals + 1, "0");
    const cut = digits.length - decimals;
    /* Intl takes the decimal string as it is, without a float in between. */
    return format(decimals).format(sign + digits.slice(0, cut) + (decimals ? "." + digits.slice(cut) : ""));
}

/* As zreport: cents from a dollar on, below it as many decimals as show something. */
export function dollars(nano) {
    if (nano === null || nano === undefined)
        return "–";
    const amount = nano < 0n ? -nano : nano;
    if (amount === 0n || amount >= NANO)
        return withDecimals(nano, 2);
    return withDecimals(nano, amount >= 1000000n ? 4 : amount >= 1000n ? 6 : 9);
}

/* All nine decimals less the zeros behind the cents, for titles. */
export function exact(nano) {
    if (nano === null || nano === undefined)
        return "";
    const cents = String((nano < 0n ? -nano : nano) % NANO).padStart(9, "0").replace(/0+$/, "");
    return withDecimals(nano, Math.max(2, cents.length));
}

/* part / whole in percent with one decimal; null without a whole. */
export function share(part, whole) {
    if (part === null || whole === null || whole === 0n)
        return null;
    return Number(part * 100000n / whole) / 1000;
}
