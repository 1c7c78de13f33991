/* SPDX-License-Identifier: MPL-2.0
 *
 * csv.c - rows of comma-separated values. See csv.h.
 *
 * The parser is libcsv's. It takes bytes, calls back for fields and rows, and does not halt where a row ends: so it is
 * given a line at a time. A row stays in the input's window until it has ended, so that one that is wrong can be left
 * after its first line.
 */
#include "zreplay/csv.h"

#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct zc_csv {
    zc_input_t *input;
    uint64_t line, next_line;
    const char *reason;
    struct csv_parser parser;
    size_t row_bytes, row_lines; /* what of the row the parser has */
    bool has_ended, has_too_many;
    size_t count;
    const char *fields [ZC_CSV_FIELDS_MAX];
    char *out;
    char text [ZC_INPUT_WINDOW + ZC_CSV_FIELDS_MAX]; /* no field is longer than it was, but for its NUL */
};

/* Blanks belong to the field. */
static int is_blank (unsigned char c)
{
    (void) c;
    return 0;
}

static void init_parser (zc_csv_t *self)
{
    csv_init (&self->parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_space_func (&self->parser, is_blank);
    csv_set_blk_size (&self->parser, ZC_INPUT_WINDOW); /* no field is longer: it allocates once */
}

zc_csv_t *zc_csv_new (zc_input_t *input)
{
    zc_csv_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->input = input;
    self->next_line = 1;
    init_parser (self);
    return self;
}

void zc_csv_destroy (zc_csv_t **self_p)
{
    zc_csv_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    csv_free (&self->parser);
    free (self);
    *self_p = NULL;
}

/* -------------------------------------------------------------------- what the parser says */

static void on_field (void *text, size_t size, void *self_)
{
    zc_csv_t *self = self_;
    self->has_too_many |= self->count == ZC_CSV_FIELDS_MAX;
    if (self->has_too_many)
        return;
    self->fields [self->count++] = self->out;
    memcpy (self->out, text, size);
    self->out += size;
    *self->out++ = '\0';
}

static void on_row (int end, void *self_)
{
    (void) end;
    ((zc_csv_t *) self_)->has_ended = true;
}

static zc_read_t bad (zc_csv_t *self, const char *reason)
{
    self->reason = reason;
    return ZC_READ_BAD;
}

static zc_read_t parse (zc_csv_t *self, const char *bytes, size_t size)
{
    size_t parsed = csv_parse (&self->parser, bytes, size, on_field, on_row, self);
    if (parsed == size)
        return ZC_READ_ITEM;
    if (csv_error (&self->parser) == CSV_EPARSE)
        return bad (self, bytes [parsed] == '"' ? "a quote within an unquoted field" : "text after a closing quote");
    errno = ENOMEM;
    return ZC_READ_FAILED;
}

/* A carriage return is a row's end to the parser, and before a row nothing: to us it is half of a line's end. An empty
 * line is nothing to the parser: to us it is a row without fields. */
static zc_read_t parse_line (zc_csv_t *self, const char *line, size_t size)
{
    size_t body = size - (line [size - 1] == '\n');
    body -= body > 0 && line [body - 1] == '\r';
    bool begins = self->row_bytes == 0;
    if (memchr (line, '\0', body))
        return bad (self, "a NUL byte");
    zc_read_t read = parse (self, line, body);
    if (read == ZC_READ_ITEM && (self->has_ended || (begins && body > 0 && line [0] == '\r')))
        return bad (self, "a carriage return within a line");
    if (read == ZC_READ_ITEM)
        read = parse (self, line + body, size - body);
    self->has_ended |= begins && body == 0;
    self->row_bytes += size;
    self->row_lines++;
    return read;
}

/* Nothing comes behind what the parser has. */
static zc_read_t parse_end (zc_csv_t *self)
{
    self->has_ended = true;
    return csv_fini (&self->parser, on_field, on_row, self) == 0 ? ZC_READ_ITEM
                                                                 : bad (self, "a quote that is never closed");
}

/* -------------------------------------------------------------------- rows */

/* The row's next line, with its end, which the input's last line may lack. ITEM; END: there is no line; else as
 * zc_input_more has it. */
static zc_read_t find_line (const zc_csv_t *self, const char **ret_line, size_t *ret_size)
{
    zc_read_t read = ZC_READ_ITEM;
    for (;;) {
        size_t size;
        const char *line = zc_input_bytes (self->input, &size) + self->row_bytes;
        size -= self->row_bytes;
        const char *end = memchr (line, '\n', size);
        if (end || (read == ZC_READ_END && size > 0)) {
            *ret_line = line;
            *ret_size = end ? (size_t) (end - line) + 1 : size;
            return ZC_READ_ITEM;
        }
        if (read != ZC_READ_ITEM)
            return read;
        read = zc_input_more (self->input);
    }
}

static zc_read_t read_row (zc_csv_t *self)
{
    self->line = self->next_line;
    self->row_bytes = self->row_lines = self->count = 0;
    self->has_ended = self->has_too_many = false;
    self->out = self->text;
    while (!self->has_ended) {
        const char *line;
        size_t size;
        zc_read_t read = find_line (self, &line, &size);
        if (read == ZC_READ_ITEM)
            read = parse_line (self, line, size);
        else if (read == ZC_READ_BAD)
            bad (self, "longer than 65536 bytes, or a quote that is never closed");
        else if (read == ZC_READ_END && self->row_bytes > 0)
            read = parse_end (self);
        if (read != ZC_READ_ITEM)
            return read;
    }
    return self->has_too_many ? bad (self, "too many fields") : ZC_READ_ITEM;
}

static zc_read_t skip_bad (zc_csv_t *self)
{
    self->next_line++;
    zc_read_t read = zc_input_skip_line (self->input);
    return read == ZC_READ_ITEM ? ZC_READ_BAD : read;
}

zc_read_t zc_csv_next (zc_csv_t *self)
{
    zc_read_t read;
    do {
        read = read_row (self);
        if (read != ZC_READ_ITEM) {
            csv_free (&self->parser); /* and what it has of a row */
            init_parser (self);
            return read == ZC_READ_BAD ? skip_bad (self) : read;
        }
        zc_input_take (self->input, self->row_bytes);
        self->next_line += self->row_lines;
    } while (self->count == 0);
    return ZC_READ_ITEM;
}

size_t zc_csv_count (const zc_csv_t *self)
{
    return self->count;
}

const char *zc_csv_field (const zc_csv_t *self, size_t index)
{
    return self->fields [index];
}

uint64_t zc_csv_line (const zc_csv_t *self)
{
    return self->line;
}

const char *zc_csv_reason (const zc_csv_t *self)
{
    return self->reason;
}
