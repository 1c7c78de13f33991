/* SPDX-License-Identifier: MPL-2.0
 *
 * table.c - rows in columns; see table.h.
 */
#include "zreport/show/table.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2
#define GAP_NARROW 1
#define ELASTIC_GOOD 20 /* before an elastic column becomes narrower, the gaps do */
#define ELASTIC_MIN 8   /* before one becomes narrower than this, dispensable columns are left out */
#define ELASTIC_LEAST 4 /* an ellipsis of ASCII, and a letter */

typedef struct {
    bool bold;
    char *cells [ZR_TABLE_COLUMNS_MAX];
} row_t;

struct zr_table {
    const zr_screen_t *screen;
    char align [ZR_TABLE_COLUMNS_MAX]; /* l, r, d or e */
    int rank [ZR_TABLE_COLUMNS_MAX];   /* when a column is left out, the least first; 0: never */
    int indent;
    size_t columns, count;
    row_t *rows;
};

typedef struct {
    int width [ZR_TABLE_COLUMNS_MAX];
    bool left_out [ZR_TABLE_COLUMNS_MAX];
    int gap;
} layout_t;

zr_table_t *zr_table_new (const zr_screen_t *screen, int indent, const char *shape)
{
    zr_table_t *self = zr_screen_need (calloc (1, sizeof *self));
    self->screen = screen;
    self->indent = indent;
    for (; *shape; shape++) {
        assert (self->columns < ZR_TABLE_COLUMNS_MAX);
        size_t column = self->columns++;
        self->align [column] = (char) tolower (*shape);
        /* Without figures the columns' own order is that in which they go. */
        self->rank [column] = isupper (*shape) ? (int) self->columns : 0;
        if (shape [1] >= '1' && shape [1] <= '9')
            self->rank [column] = *++shape - '0';
    }
    return self;
}

void zr_table_destroy (zr_table_t **self_p)
{
    zr_table_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        for (size_t j = 0; j < self->columns; j++)
            free (self->rows [i].cells [j]);
    free (self->rows);
    free (self);
    *self_p = NULL;
}

void zr_table_row (zr_table_t *self, bool bold, const char *const *cells)
{
    self->rows = zr_screen_need (realloc (self->rows, (self->count + 1) * sizeof *self->rows));
    row_t *row = &self->rows [self->count++];
    row->bold = bold;
    for (size_t i = 0; i < self->columns; i++)
        row->cells [i] = zr_screen_need (strdup (cells [i]));
}

/* Columns that a row takes where no elastic column is wider than `elastic_max`. */
static int row_width (const zr_table_t *self, const layout_t *layout, int elastic_max)
{
    int total = self->indent - layout->gap;
    for (size_t i = 0; i < self->columns; i++) {
        bool cut = self->align [i] == 'e' && layout->width [i] > elastic_max;
        if (!layout->left_out [i])
            total += layout->gap + (cut ? elastic_max : layout->width [i]);
    }
    return total;
}

static bool fits (const zr_table_t *self, const layout_t *layout, int elastic_max)
{
    return row_width (self, layout, elastic_max) <= self->screen->columns;
}

/* An elastic column that can be left out is, before it and its neighbours are cut to stumps. */
static void leave_out_elastic (const zr_table_t *self, layout_t *layout)
{
    for (size_t i = 0; i < self->columns && !fits (self, layout, ELASTIC_GOOD); i++)
        layout->left_out [i] = self->rank [i] && self->align [i] == 'e';
}

static void leave_out (const zr_table_t *self, layout_t *layout)
{
    leave_out_elastic (self, layout);
    for (int rank = 1; rank <= ZR_TABLE_COLUMNS_MAX; rank++)
        for (size_t i = 0; i < self->columns && !fits (self, layout, ELASTIC_MIN); i++)
            layout->left_out [i] |= self->rank [i] == rank;
}

static layout_t make_layout (const zr_table_t *self)
{
    layout_t layout = {.gap = GAP};
    for (size_t i = 0; i < self->count; i++)
        for (size_t j = 0; j < self->columns; j++) {
            int width = zr_screen_width (self->screen, self->rows [i].cells [j]);
            layout.width [j] = width > layout.width [j] ? width : layout.width [j];
        }
    if (!fits (self, &layout, ELASTIC_GOOD))
        layout.gap = GAP_NARROW;
    leave_out (self, &layout);
    int elastic_max = self->screen->columns;
    while (elastic_max > ELASTIC_LEAST && !fits (self, &layout, elastic_max))
        elastic_max--;
    for (size_t i = 0; i < self->columns; i++)
        if (self->align [i] == 'e' && layout.width [i] > elastic_max)
            layout.width [i] = elastic_max;
    return layout;
}

/* Bytes from the decimal point on; 0 where there is none. */
static size_t decimals_of (const char *cell)
{
    return strlen (cell + strcspn (cell, "."));
}

/* Fills up the decimals of a column with spaces: aligned right, the points then stand in line. */
static void align_points (zr_table_t *self, size_t column)
{
    size_t most = 0;
    for (size_t i = 0; i < self->count; i++) {
        size_t decimals = decimals_of (self->rows [i].cells [column]);
        most = decimals > most ? decimals : most;
    }
    for (size_t i = 0; i < self->count; i++) {
        char **cell = &self->rows [i].cells [column];
        size_t size = strlen (*cell), decimals = decimals_of (*cell);
        if (decimals == 0)
            continue;
        *cell = zr_screen_need (realloc (*cell, size + most - decimals + 1));
        memset (*cell + size, ' ', most - decimals);
        (*cell) [size + most - decimals] = 0;
    }
}

/* Bytes of text without the spaces at its end. */
static int trimmed (const char *text)
{
    size_t size = strlen (text);
    while (size > 0 && text [size - 1] == ' ')
        size--;
    return (int) size;
}

static void print_cell (const zr_table_t *self, const char *text, int width, char align, bool last)
{
    FILE *out = self->screen->out;
    int pad = width - zr_screen_width (self->screen, text);
    if (pad < 0) {
        const char *ellipsis = zr_screen_ellipsis (self->screen);
        int room = width - zr_screen_width (self->screen, ellipsis);
        size_t size = zr_screen_fit (self->screen, text, room);
        fprintf (out, "%.*s%s", (int) size, text, ellipsis);
    } else if (align == 'r' || align == 'd')
        fprintf (out, "%*s%.*s", pad, "", last ? trimmed (text) : (int) strlen (text), text);
    else
        fprintf (out, "%s%*s", text, last ? 0 : pad, "");
}

static void print_row (const zr_table_t *self, const layout_t *layout, const row_t *row)
{
    size_t last = self->columns - 1; /* empty cells at a row's end leave no spaces there */
    while (last > 0 && (layout->left_out [last] || *row->cells [last] == 0))
        last--;
    fprintf (self->screen->out, "%*s%s", self->indent, "", row->bold ? zr_screen_bold (self->screen) : "");
    int gap = 0;
    for (size_t i = 0; i <= last; i++) {
        if (layout->left_out [i])
            continue;
        fprintf (self->screen->out, "%*s", gap, "");
        print_cell (self, row->cells [i], layout->width [i], self->align [i], i == last);
        gap = layout->gap;
    }
    fprintf (self->screen->out, "%s\n", row->bold ? zr_screen_plain (self->screen) : "");
}

void zr_table_print (zr_table_t *self)
{
    for (size_t i = 0; i < self->columns; i++)
        if (self->align [i] == 'd')
            align_points (self, i);
    layout_t layout = make_layout (self);
    for (size_t i = 0; i < self->count; i++)
        print_row (self, &layout, &self->rows [i]);
}
