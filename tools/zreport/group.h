/* SPDX-License-Identifier: MPL-2.0
 *
 * group.h - groups of events: what is asked by --by and --where, and what a group is called.
 */
#ifndef ZR_GROUP_H
#define ZR_GROUP_H

#include <jansson.h>

#include "zreport/show/screen.h"
#include "zreport/window.h"

#define ZR_DIMENSIONS_MAX 9 /* the contract's five, and four configured tags */

typedef struct {
    char by [ZR_DIMENSIONS_MAX][ZR_DIMENSION_BYTES];
    size_t by_count;
    struct {
        char name [ZR_DIMENSION_BYTES];
        const char *value; /* "": events that lack it */
    } where [ZR_DIMENSIONS_MAX];
    size_t where_count;
} zr_group_t;

/* The question `query` with these groups and filters; its window is the caller's. A limit of 0: as many rows as the
 * daemon gives. A new reference. */
json_t *zr_group_question (const zr_group_t *self, const char *query, int limit);

/* Sets since and until of a question, in seconds; or takes them out where the window has none. */
void zr_group_set_window (json_t *question, const zr_window_t *window);

/* Groups as columns of a table: one for each dimension, or where the screen has no room for them a single one. */
typedef struct {
    const zr_screen_t *screen;
    const zr_group_t *group;
    size_t columns; /* 0 where there are no groups */
    bool joined;
} zr_group_columns_t;

zr_group_columns_t zr_group_columns (const zr_group_t *self, const zr_screen_t *screen);

/* A column's heading, and a row's text in it, clean; for the caller to free. */
char *zr_group_heading (const zr_group_columns_t *self, size_t column);
char *zr_group_text (const zr_group_columns_t *self, const json_t *row, size_t column);

/* A row's whole name, clean: "gpt-4o / simple"; "all" where there are no groups. For the caller to free. */
char *zr_group_name (const zr_group_t *self, const zr_screen_t *screen, const json_t *row);

/* A line that says what --where leaves; nothing without. */
void zr_group_show_where (const zr_group_t *self, const zr_screen_t *screen);

#endif
