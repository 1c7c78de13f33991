/* SPDX-License-Identifier: MPL-2.0
 *
 * export_row.h - one exported row: its time, its groups, its measures; as CSV (RFC 4180, lines end with \n) or as a
 * line of JSON.
 */
#ifndef ZR_EXPORT_ROW_H
#define ZR_EXPORT_ROW_H

#include <jansson.h>
#include <stdio.h>

#include "zreport/options.h"

/* The first line of CSV. */
void zr_export_heading (FILE *to, const zr_options_t *options);

/* row: holds the groups; point: the measures. */
void zr_export_row (FILE *to, const zr_options_t *options, int64_t time_ms, int64_t step_s, const json_t *row,
                    const json_t *point);

#endif
