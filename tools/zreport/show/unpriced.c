/* SPDX-License-Identifier: MPL-2.0
 *
 * unpriced.c - models without a price as text for a person; see show.h.
 */
#include "zreport/show/show.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/show/amount.h"
#include "zreport/show/field.h"
#include "zreport/show/table.h"

typedef struct {
    const char *model;
    int64_t count;
} unpriced_t;

static int more_first (const void *a, const void *b)
{
    const unpriced_t *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp (x->model, y->model);
}

/* For the caller to free. */
static unpriced_t *sort_unpriced (json_t *unpriced)
{
    unpriced_t *sorted = zr_screen_need (calloc (json_object_size (unpriced) + 1, sizeof *sorted));
    size_t size = 0;
    const char *model;
    json_t *count;
    json_object_foreach (unpriced, model, count)
        sorted [size++] = (unpriced_t){model, zr_field_count_of (count)};
    qsort (sorted, size, sizeof *sorted, more_first);
    return sorted;
}

void zr_show_unpriced (const zr_screen_t *screen, const json_t *unpriced, size_t max)
{
    size_t size = json_object_size (unpriced);
    unpriced_t *sorted = sort_unpriced ((json_t *) unpriced);
    zr_table_t *table = zr_table_new (screen, 2, "er");
    for (size_t i = 0; i < size && i < max; i++) {
        const char *model = *sorted [i].model ? sorted [i].model : "(no model named)";
        char *clean = zr_screen_clean (screen, model, strlen (model));
        ZR_ROW (table, clean, zr_amount_count (sorted [i].count).text);
        free (clean);
    }
    zr_table_print (table);
    zr_table_destroy (&table);
    if (size > max)
        fprintf (screen->out, "  and %zu more: see zreport health\n", size - max);
    free (sorted);
}
