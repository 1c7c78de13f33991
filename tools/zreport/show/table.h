/* SPDX-License-Identifier: MPL-2.0
 *
 * table.h - rows in columns as wide as what they hold, and no wider than the screen.
 */
#ifndef ZR_SHOW_TABLE_H
#define ZR_SHOW_TABLE_H

#include "zreport/show/screen.h"

#define ZR_TABLE_COLUMNS_MAX 18
#define ZR_TABLE_SHAPE_BYTES (2 * ZR_TABLE_COLUMNS_MAX + 1)

typedef struct zr_table zr_table_t;

/* shape: one character a column: 'l' left, 'r' right, 'd' decimal points under each other, 'e' left
 * and elastic: where the screen is too narrow, elastic columns give way. In upper case: the column is
 * dispensable, and left out where the others would have too little room: the first such one first, or, where a
 * figure 1 to 9 follows its letter, the one with the least figure. The screen must outlive it. */
zr_table_t *zr_table_new (const zr_screen_t *screen, int indent, const char *shape);
void zr_table_destroy (zr_table_t **self_p);

/* Adds a row of as many clean texts as the shape has columns; they are copied. */
void zr_table_row (zr_table_t *self, bool bold, const char *const *cells);
#define ZR_ROW(table, ...) zr_table_row (table, false, (const char *const []){__VA_ARGS__})
#define ZR_HEADING(table, ...) zr_table_row (table, true, (const char *const []){__VA_ARGS__})

/* Prints all rows. */
void zr_table_print (zr_table_t *self);

#endif
