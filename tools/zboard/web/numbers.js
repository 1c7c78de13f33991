/* SPDX-License-Identifier: MPL-2.0
 *
 * numbers.js - counts, shares, times and ages as a person of the chosen language reads them. What is no
 * number becomes a dash, never NaN. Money is money.js's.
 */
import { NONE, count, good, intl } from "./locale.js";
import { t } from "./words.js";

export { NONE, count };

/* 1.51M: three digits are enough for tokens. */
export function compact(number) {
    if (!good(number))
        return NONE;
    return Math.abs(number) < 10000 ? count(number)
        : intl("NumberFormat", "compact", { notation: "compact", maximumSignificantDigits: 3 }).format(number);
}

export function percent(number, decimals = 1) {
    if (decimals === 1 && number > 0 && number < 0.05)
        return "<" + percent(0.1); /* a little is not nothing */
    return good(number) ? intl("NumberFormat", "percent" + decimals, {
        style: "percent", minimumFractionDigits: decimals, maximumFractionDigits: decimals,
    }).format(number / 100) : NONE;
}

/* The units are the same in both languages; the gap must not break. */
function unit(number, name, digits) {
    return intl("NumberFormat", "fixed" + digits, { minimumFractionDigits: digits, maximumFractionDigits: digits })
        .format(number) + "\u00a0" + name;
}

/* Three digits of a latency: it is known within 0.8 %. */
export function latency(ms) {
    if (!good(ms))
        return NONE;
    if (ms < 999.5)
        return unit(ms, "ms", ms < 9.95 ? 1 : 0);
    return seconds(ms / 1000);
}

export function seconds(number) {
    if (!good(number))
        return NONE;
    const size = Math.abs(number);
    if (size > 999.5)
        return duration(number * 1000);
    return unit(number, "s", size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

export function bytes(number) {
    if (!good(number))
        return NONE;
    const names = ["B", "kB", "MB", "GB", "TB"];
    let step = 0;
    for (; number >= 1000 && step < names.length - 1; step++)
        number /= 1000;
    return unit(number, names[step], step && number < 10 ? 1 : 0);
}

/* "12 s", "3 min", "2 h 5 min", "4 d": what has passed, without "ago". */
export function duration(ms) {
    if (!good(ms))
        return NONE;
    const s = Math.max(0, Math.round(ms / 1000));
    if (s < 90)
        return `${s} s`;
    if (s < 5400)
        return `${Math.round(s / 60)} min`;
    const hours = Math.floor(Math.round(s / 60) / 60), minutes = Math.round(s / 60) % 60;
    if (hours < 48)
        return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
    return `${count(Math.round(s / 86400))} ${t("dayShort")}`;
}

/* ------------------------------------------------------------------ moments */

const DATE = { month: "short", day: "numeric" };
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

export function clock(ms) {
    return intl("DateTimeFormat", "clock", CLOCK).format(ms);
}

const inOtherYear = (ms) => new Date(ms).getFullYear() !== new Date().getFullYear();

/* With the day where it is not today. */
export function clockSeconds(ms) {
    if (!good(ms))
        return NONE;
    const days = new Date(ms).toDateString() !== new Date().toDateString();
    return intl("DateTimeFormat", "seconds" + days, { ...CLOCK, second: "2-digit", ...(days ? DATE : {}) }).format(ms);
}

export function day(ms) {
    return intl("DateTimeFormat", "day", DATE).format(ms);
}

/* With the year where it is not this one. */
export function dayOfYear(ms) {
    return inOtherYear(ms) ? intl("DateTimeFormat", "dayOfYear", { ...DATE, year: "numeric" }).format(ms) : day(ms);
}

export function weekday(ms) {
    return intl("DateTimeFormat", "weekday", { weekday: "short", ...DATE }).format(ms);
}

export function month(ms) {
    return intl("DateTimeFormat", "month", { month: "short", year: "numeric" }).format(ms);
}

/* With the year where it is not this one. */
export function moment(ms) {
    if (!good(ms))
        return NONE;
    const years = inOtherYear(ms);
    return intl("DateTimeFormat", "moment" + years,
                { ...DATE, ...CLOCK, ...(years ? { year: "numeric" } : {}) }).format(ms);
}
