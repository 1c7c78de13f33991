/* SPDX-License-Identifier: MPL-2.0
 *
 * columns.c - events from a table with named columns. See columns.h.
 */
#include "zreplay/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "zreplay/csv.h"

#define TAG_PREFIX "tags."
#define BLANKS " \t"

typedef struct {
    const zc_field_t *field; /* NULL: a tag, or nothing that we know */
    char *tag;               /* owned */
} column_t;

struct zc_columns {
    const char *name;
    const zc_defaults_t *defaults;
    zc_console_t *console;
    zc_csv_t *csv;
    size_t count;
    column_t columns [ZC_CSV_FIELDS_MAX];
    char reason [256];
    char cell [ZC_INPUT_WINDOW]; /* a cell without the blanks around it */
};

zc_columns_t *zc_columns_new (zc_input_t *input, const char *name, const zc_defaults_t *defaults, zc_console_t *console)
{
    zc_columns_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->name = name;
    self->defaults = defaults;
    self->console = console;
    self->csv = zc_csv_new (input);
    if (!self->csv)
        zc_columns_destroy (&self);
    return self;
}

void zc_columns_destroy (zc_columns_t **self_p)
{
    zc_columns_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    for (size_t i = 0; i < self->count; i++)
        free (self->columns [i].tag);
    zc_csv_destroy (&self->csv);
    free (self);
    *self_p = NULL;
}

/* A copy without the blanks around it, in self->cell. */
static const char *trim (zc_columns_t *self, const char *text)
{
    text += strspn (text, BLANKS);
    size_t size = strlen (text);
    while (size > 0 && strchr (BLANKS, text [size - 1]))
        size--;
    memcpy (self->cell, text, size);
    self->cell [size] = '\0';
    return self->cell;
}

/* What the column called `name` holds. Nothing, where it is not known. */
static int name_column (zc_columns_t *self, column_t *column, const char *name)
{
    if (strncasecmp (name, TAG_PREFIX, strlen (TAG_PREFIX)) == 0) {
        column->tag = strdup (name + strlen (TAG_PREFIX));
        return column->tag ? 0 : -1;
    }
    column->field = zc_record_field_find_column (name);
    if (column->field && zc_record_field_is_tags (column->field))
        column->field = NULL;
    if (!column->field)
        zc_console_say (self->console, "%s:%llu: ignoring unknown column \"%.60s\"", self->name,
                        (unsigned long long) zc_csv_line (self->csv), name);
    for (column_t *other = self->columns; column->field && other < column; other++)
        if (other->field == column->field) {
            snprintf (self->reason, sizeof self->reason, "two columns for %s", zc_record_field_name (column->field));
            return -1;
        }
    return 0;
}

static bool has_column (const zc_columns_t *self, const char *key)
{
    const zc_field_t *field = zc_record_field_find (key);
    for (size_t i = 0; i < self->count; i++)
        if (self->columns [i].field == field)
            return true;
    return false;
}

/* Whether any row under this header could become an event. Told once, not once a row. */
static bool is_usable (zc_columns_t *self)
{
    const char *reason = NULL;
    bool cost = has_column (self, "cost"), tier = has_column (self, "tier");
    bool input = has_column (self, "input_tokens"), output = has_column (self, "output_tokens");
    if (self->defaults->keep_time && !has_column (self, "ts"))
        reason = "--keep-time needs a column ts (TIMESTAMP)";
    else if (has_column (self, "type"))
        return true;
    else if (!input && !output && !cost)
        reason =
            "no usable column: a trace needs type, cost, or input_tokens and output_tokens (ContextTokens, "
            "GeneratedTokens)";
    else if (!cost && !tier && !has_column (self, "model") && !self->defaults->tiers && !self->defaults->model)
        reason =
            "the rows have neither type nor model: use --tiers A,B to make them router queries, or --model M, calls";
    else if (self->defaults->tiers && !tier && !input)
        reason = "--tiers needs a column input_tokens (ContextTokens)";
    if (reason)
        snprintf (self->reason, sizeof self->reason, "%s", reason);
    return !reason;
}

zc_read_t zc_columns_begin (zc_columns_t *self, const char **ret_reason)
{
    zc_read_t read = zc_csv_next (self->csv);
    if (read == ZC_READ_BAD)
        *ret_reason = zc_csv_reason (self->csv);
    if (read != ZC_READ_ITEM)
        return read;
    *ret_reason = self->reason;
    snprintf (self->reason, sizeof self->reason, "out of memory");
    for (size_t i = 0; i < zc_csv_count (self->csv); i++) {
        self->count = i + 1;
        if (name_column (self, &self->columns [i], trim (self, zc_csv_field (self->csv, i))))
            return ZC_READ_BAD;
    }
    return is_usable (self) ? ZC_READ_ITEM : ZC_READ_BAD;
}

static int set_cell (zc_columns_t *self, zc_record_t *record, size_t index)
{
    const column_t *column = &self->columns [index];
    const char *text = zc_csv_field (self->csv, index);
    if (column->tag)
        return text [0] ? zc_record_add_tag (record, column->tag, text) : 0;
    if (!column->field)
        return 0;
    /* Names are taken as they stand (the record keeps a view of them); numbers may be padded. */
    if (!zc_record_field_is_text (column->field))
        text = trim (self, text);
    return text [0] ? zc_record_set_text (record, column->field, text) : 0;
}

zc_read_t zc_columns_next (zc_columns_t *self, zc_record_t *ret_record, uint64_t *ret_line)
{
    zc_read_t read = zc_csv_next (self->csv);
    *ret_line = zc_csv_line (self->csv);
    zc_record_clear (ret_record);
    if (read == ZC_READ_BAD)
        zc_record_refuse (ret_record, "%s", zc_csv_reason (self->csv));
    if (read != ZC_READ_ITEM)
        return read;
    if (zc_csv_count (self->csv) != self->count) {
        zc_record_refuse (ret_record, "%zu fields, but the header has %zu", zc_csv_count (self->csv), self->count);
        return ZC_READ_BAD;
    }
    for (size_t i = 0; i < self->count; i++)
        if (set_cell (self, ret_record, i))
            return ZC_READ_BAD;
    return zc_record_finish (ret_record, self->defaults) ? ZC_READ_BAD : ZC_READ_ITEM;
}
