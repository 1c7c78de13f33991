/* SPDX-License-Identifier: MPL-2.0
 *
 * csv.c - rows of comma-separated values. See csv.h.
 *
 * A row is scanned out of the input's window into a buffer of its own; the window
 * stays as it was, so a row that ends too early is scanned again with more bytes,
 * and one that is wrong can be left after its first line.
 */
#include "zreplay/csv.h"

#include <stdbool.h>
#include <stdlib.h>

struct zc_csv {
    zc_input_t *input;
    uint64_t line, next_line;
    const char *reason;
    size_t count;
    const char *fields [ZC_CSV_FIELDS_MAX];
    char text [ZC_INPUT_WINDOW + ZC_CSV_FIELDS_MAX]; /* no field is longer than it was, but for its NUL */
};

typedef enum { SCAN_FIELD_END, SCAN_ROW_END, SCAN_SHORT, SCAN_BAD } scan_result_t;

/* One scan over what the window holds. */
typedef struct {
    const char *at, *end;
    bool final; /* nothing comes after `end` */
    char *out;
    const char *reason;
} scan_t;

zc_csv_t *zc_csv_new (zc_input_t *input)
{
    zc_csv_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->input = input;
    self->next_line = 1;
    return self;
}

void zc_csv_destroy (zc_csv_t **self_p)
{
    if (!self_p)
        return;
    free (*self_p);
    *self_p = NULL;
}

static scan_result_t bad (scan_t *scan, const char *reason)
{
    scan->reason = reason;
    return SCAN_BAD;
}

/* What stands behind a field: a comma, a line end, or the end. */
static scan_result_t scan_delimiter (scan_t *scan)
{
    if (scan->at == scan->end)
        return scan->final ? SCAN_ROW_END : SCAN_SHORT;
    char c = *scan->at;
    if (c == ',' || c == '\n') {
        scan->at++;
        return c == ',' ? SCAN_FIELD_END : SCAN_ROW_END;
    }
    if (c != '\r')
        return bad (scan, "text behind a closing quote");
    if (scan->at + 1 == scan->end && !scan->final)
        return SCAN_SHORT;
    if (scan->at + 1 < scan->end && scan->at [1] != '\n')
        return bad (scan, "a carriage return within a line");
    scan->at += scan->at + 1 < scan->end ? 2 : 1;
    return SCAN_ROW_END;
}

static scan_result_t scan_quoted (scan_t *scan)
{
    for (scan->at++; scan->at < scan->end; scan->at++) {
        char c = *scan->at;
        if (c == '\0')
            return bad (scan, "a NUL byte");
        if (c == '"') {
            /* The last byte at hand may be half of an escape. */
            if (scan->at + 1 == scan->end && !scan->final)
                return SCAN_SHORT;
            if (scan->at + 1 == scan->end || scan->at [1] != '"') {
                scan->at++;
                return scan_delimiter (scan);
            }
            scan->at++;
        }
        *scan->out++ = c;
    }
    return scan->final ? bad (scan, "a quote that is never closed") : SCAN_SHORT;
}

static scan_result_t scan_plain (scan_t *scan)
{
    for (; scan->at < scan->end; scan->at++) {
        char c = *scan->at;
        if (c == ',' || c == '\n' || c == '\r')
            break;
        if (c == '"')
            return bad (scan, "a quote within an unquoted field");
        if (c == '\0')
            return bad (scan, "a NUL byte");
        *scan->out++ = c;
    }
    return scan_delimiter (scan);
}

/* Scans a whole row into fields; ROW_END, SHORT or BAD. */
static scan_result_t scan_row (zc_csv_t *self, scan_t *scan)
{
    scan_result_t result;
    scan->out = self->text;
    self->count = 0;
    do {
        if (self->count == ZC_CSV_FIELDS_MAX)
            return bad (scan, "too many fields");
        self->fields [self->count++] = scan->out;
        bool quoted = scan->at < scan->end && *scan->at == '"';
        result = quoted ? scan_quoted (scan) : scan_plain (scan);
        *scan->out++ = '\0';
    } while (result == SCAN_FIELD_END);
    return result;
}

static void take_row (zc_csv_t *self, const char *from, const char *to)
{
    for (const char *at = from; at < to; at++)
        self->next_line += *at == '\n';
    zc_input_take (self->input, (size_t) (to - from));
}

static zc_read_t skip_bad (zc_csv_t *self, const char *reason)
{
    self->reason = reason;
    self->next_line++;
    zc_read_t read = zc_input_skip_line (self->input);
    return read == ZC_READ_ITEM ? ZC_READ_BAD : read;
}

zc_read_t zc_csv_next (zc_csv_t *self)
{
    bool final = false;
    for (;;) {
        size_t size;
        const char *bytes = zc_input_bytes (self->input, &size);
        if (final && size == 0)
            return ZC_READ_END;
        self->line = self->next_line;
        scan_t scan = {.at = bytes, .end = bytes + size, .final = final};
        scan_result_t result = size > 0 ? scan_row (self, &scan) : SCAN_SHORT;
        if (result == SCAN_BAD)
            return skip_bad (self, scan.reason);
        if (result == SCAN_ROW_END) {
            bool empty = bytes [0] == '\n' || bytes [0] == '\r';
            take_row (self, bytes, scan.at);
            if (!empty)
                return ZC_READ_ITEM;
            continue;
        }
        zc_read_t read = zc_input_more (self->input);
        if (read == ZC_READ_BAD)
            return skip_bad (self, "longer than 65536 bytes, or a quote that is never closed");
        if (read == ZC_READ_STOPPED || read == ZC_READ_FAILED)
            return read;
        final = read == ZC_READ_END;
    }
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
