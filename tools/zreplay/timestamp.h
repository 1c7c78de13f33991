/* SPDX-License-Identifier: MPL-2.0
 *
 * timestamp.h - the times that traces carry.
 */
#ifndef ZC_TIMESTAMP_H
#define ZC_TIMESTAMP_H

#include <stdint.h>

/* Reads "2023-11-16 18:17:03.9799600": date, T or spaces, time, a fraction of any length, and
 * Z, +HH, +HHMM or +HH:MM; without a zone it is UTC. A date alone is its midnight, UTC. Also a number,
 * as the contract has it: whole = milliseconds since the epoch, with a point = seconds, taken to the
 * microsecond. The years 1970 to 2199 are taken.
 * *ret_ns: nanoseconds since the epoch. Returns 0; -1: no such time. */
int zc_timestamp_parse (const char *text, int64_t *ret_ns);

/* The same from numbers. */
int zc_timestamp_from_ms (int64_t ms, int64_t *ret_ns);
int zc_timestamp_from_seconds (double seconds, int64_t *ret_ns);

#endif
