/* SPDX-License-Identifier: MPL-2.0
 *
 * table.h - rows in columns as wide as what they hold, and no wider than the screen.
 */
#ifndef ZC_TABLE_H
#define ZC_TABLE_H

#include "zreport/screen.h"

#define ZC_TABLE_COLUMNS_MAX 18
#define ZC_TABLE_SHAPE_BYTES (2 * ZC_TABLE_COLUMNS_MAX + 1)

typedef struct zc_table zc_table_t;

/* shape: one character a column: 'l' left, 'r' right, 'd' decimal points under each other, 'e' left
 * and elastic: where the screen is too narrow, elastic columns give way. In upper case: the column is
 * dispensable, and left out where the others would have too little room: the first such one first, or, where a
 * figure 1 to 9 follows its letter, the one with the least figure. The screen must outlive it. */
zc_table_t *zc_table_new (const zc_screen_t *screen, int indent, const char *shape);
void zc_table_destroy (zc_table_t **self_p);

/* Adds a row of as many clean texts as the shape has columns; they are copied. */
void zc_table_row (zc_table_t *self, bool bold, const char *const *cells);
#define ZC_ROW(table, ...) zc_table_row (table, false, (const char *const []) {__VA_ARGS__})
#define ZC_HEADING(table, ...) zc_table_row (table, true, (const char *const []) {__VA_ARGS__})

/* Prints all rows. */
void zc_table_print (zc_table_t *self);

#endif
