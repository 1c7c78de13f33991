/* SPDX-License-Identifier: MPL-2.0
 *
 * window.h - which time a command is about: --since, --until, --last, --timezone.
 *
 * Reads words and asks civil/zone.h for civil time; knows no clock and prints nothing.
 */
#ifndef ZR_WINDOW_H
#define ZR_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "civil/zone.h"

#define ZR_PERIODS_MAX 1000
#define ZR_DIMENSION_BYTES 129 /* a name of a dimension, with its end */

/* From since_s on and before until_s, in seconds since the epoch. */
typedef struct {
    bool has_since, has_until;
    int64_t since_s, until_s;
} zr_window_t;

typedef struct {
    int64_t since_s, until_s;
} zr_interval_t;

/* The words as given, or NULL. */
typedef struct {
    const char *since, *until, *last;
} zr_window_words_t;

/* Reads the words. unit: of civil periods, where the command is about such; else NULL. With it --last is so many
 * whole civil units, the present one among them, and a window without an end ends with the present unit; without
 * it --last goes back from now, and a window may have no end. Returns 0, or -1 with what is wrong in `mistake`. */
int zr_window_read (const zr_window_words_t *words, const char *zone, int64_t now_s, const zc_civil_t *unit,
                    zr_window_t *ret_window, char *mistake, size_t mistake_size);

/* Cuts a window with both ends in its civil periods, the first and the last one cut off by its edges. Returns how many
 * there are; more than ZR_PERIODS_MAX are not written, and may not all be counted. */
size_t zr_window_cut (const zr_window_t *window, const char *zone, zc_civil_t unit, zr_interval_t *periods);

/* A duration in seconds: 60, 90s, 5m, 1h, 1d, 2w. False: none, or over some ten years. */
bool zr_window_duration_read (const char *text, int64_t *ret_seconds);

/* "2026-11-21 09:30" in the zone. */
#define ZR_STAMP_BYTES 32
const char *zr_window_stamp (const char *zone, int64_t at_s, char *text);

/* "2026-11-20 00:00 to 2026-11-21 15:30 CET", in one line. */
#define ZR_WINDOW_BYTES 96
const char *zr_window_text (const char *zone, int64_t since_s, int64_t until_s, char *text);

#endif
