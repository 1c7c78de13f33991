/* SPDX-License-Identifier: MPL-2.0
 *
 * field.h - values of a result by their path, such as "zcost.events.lost".
 *
 * What is missing or of the wrong kind reads as nothing (0, ""): a report of an
 * older or newer daemon is shown as far as it goes.
 */
#ifndef ZR_SHOW_FIELD_H
#define ZR_SHOW_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "zreport/show/screen.h"

#define ZR_FIELD_COUNT_MAX INT64_C (1000000000000000000)

/* Borrowed; NULL where there is none. A path holds no key of the wire's own choosing: those may
 * hold dots. */
json_t *zr_field (const json_t *root, const char *path);

/* A count or a time: from 0 to ZR_FIELD_COUNT_MAX, whatever the peer says, so that sums of a few
 * of them stay in range. */
int64_t zr_field_count (const json_t *root, const char *path);
int64_t zr_field_count_of (const json_t *value);

double zr_field_real (const json_t *root, const char *path);

/* A string, clean for this screen, for the caller to free. */
char *zr_field_text (const zr_screen_t *screen, const json_t *root, const char *path);

/* Any value in one line, clean: what this version knows no better words for. For the caller to free. */
char *zr_field_value_text (const zr_screen_t *screen, const json_t *value);

/* "a 1, b 2" of a map; "" of none. nonzero: without counts of 0. For the caller to free. */
char *zr_field_map_text (const zr_screen_t *screen, const json_t *map, bool nonzero);

/* Nano-dollars at the first of two paths that holds any: the exact value, else the rounded one. */
int64_t zr_field_money (const json_t *root, const char *exact, const char *rounded);

#endif
