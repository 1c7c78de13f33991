/* SPDX-License-Identifier: MPL-2.0
 *
 * source.c - where events come from. See source.h.
 */
#include "zreplay/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "civil/clock.h"
#include "zreplay/columns.h"
#include "zreplay/demo.h"
#include "zreplay/jsonl.h"

#define HOUR_MS 3600000ll
#define BAD_ROWS_SHOWN 100 /* a file that is wrong throughout does not fill the screen */

struct zc_source {
    const char *name;
    zc_console_t *console;
    zc_input_t *input; /* NULL: the demo */
    /* One of these: */
    zc_columns_t *columns;
    zc_jsonl_t *jsonl;
    zc_demo_t *demo;
    uint64_t line;
    uint64_t bad_rows;
};

static int out_of_memory (zc_console_t *console)
{
    zc_console_say (console, "out of memory");
    return -1;
}

static int open_input (zc_source_t *self, const char *path, zc_stop_t *stop)
{
    bool is_stdin = strcmp (path, "-") == 0;
    self->name = is_stdin ? "stdin" : path;
    /* O_NONBLOCK: to open a named pipe would wait for its writer, deaf to Ctrl-C; to read it is watched. */
    int fd = is_stdin ? dup (STDIN_FILENO) : open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        zc_console_say (self->console, "%s: %s", self->name, strerror (errno));
        return -1;
    }
    self->input = zc_input_new (fd, stop);
    if (!self->input) {
        close (fd);
        return out_of_memory (self->console);
    }
    return 0;
}

static bool ends_with (const char *text, const char *end)
{
    size_t size = strlen (text), end_size = strlen (end);
    return size >= end_size && strcasecmp (text + size - end_size, end) == 0;
}

/* By the option, else by the name, else by the first byte: an object begins with a brace. */
static zc_format_t choose_format (const zc_options_t *options, int first_byte)
{
    if (options->format != ZC_FORMAT_GUESS)
        return options->format;
    if (ends_with (options->file, ".csv"))
        return ZC_FORMAT_CSV;
    static const char *const of_jsonl [] = {".jsonl", ".ndjson", ".json"};
    for (size_t i = 0; i < sizeof of_jsonl / sizeof *of_jsonl; i++)
        if (ends_with (options->file, of_jsonl [i]))
            return ZC_FORMAT_JSONL;
    return first_byte == '{' ? ZC_FORMAT_JSONL : ZC_FORMAT_CSV;
}

static int told (zc_source_t *self, zc_read_t read)
{
    if (read == ZC_READ_STOPPED)
        return 1;
    zc_console_say (self->console, "%s: %s", self->name, read == ZC_READ_END ? "empty" : strerror (errno));
    return -1;
}

static int open_columns (zc_source_t *self, const zc_options_t *options)
{
    self->columns = zc_columns_new (self->input, self->name, &options->defaults, self->console);
    if (!self->columns)
        return out_of_memory (self->console);
    const char *reason;
    zc_read_t read = zc_columns_begin (self->columns, &reason);
    if (read == ZC_READ_ITEM)
        return 0;
    if (read != ZC_READ_BAD)
        return told (self, read);
    zc_console_say (self->console, "%s:1: %s", self->name, reason);
    return -1;
}

static int open_trace (zc_source_t *self, const zc_options_t *options, zc_stop_t *stop)
{
    if (open_input (self, options->file, stop))
        return -1;
    int first_byte = -1;
    zc_read_t read = zc_input_begin (self->input, &first_byte);
    if (read != ZC_READ_ITEM)
        return told (self, read);
    if (choose_format (options, first_byte) == ZC_FORMAT_CSV)
        return open_columns (self, options);
    self->jsonl = zc_jsonl_new (self->input, self->name, &options->defaults, self->console);
    return self->jsonl ? 0 : out_of_memory (self->console);
}

/* The demo, of now or of the hours up to now. */
static int open_demo (zc_source_t *self, const zc_options_t *options)
{
    self->name = "demo";
    self->demo = zc_demo_new ((uint64_t) options->seed, options->rate);
    if (!self->demo)
        return out_of_memory (self->console);
    int64_t span_ms = options->past_hours * HOUR_MS, now_ms = zc_clock_wall_ms ();
    if (span_ms > 0)
        zc_demo_spread (self->demo, now_ms - span_ms, (double) span_ms / (double) options->count);
    return 0;
}

int zc_source_open (const zc_options_t *options, zc_stop_t *stop, zc_console_t *console, zc_source_t **ret_source)
{
    zc_source_t *self = calloc (1, sizeof *self);
    if (!self)
        return out_of_memory (console);
    self->console = console;
    int rc = options->demo ? open_demo (self, options) : open_trace (self, options, stop);
    if (rc)
        zc_source_destroy (&self);
    else
        *ret_source = self;
    return rc;
}

void zc_source_destroy (zc_source_t **self_p)
{
    zc_source_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zc_columns_destroy (&self->columns);
    zc_jsonl_destroy (&self->jsonl);
    zc_demo_destroy (&self->demo);
    zc_input_destroy (&self->input);
    free (self);
    *self_p = NULL;
}

void zc_source_reject (zc_source_t *self, const char *reason)
{
    if (self->bad_rows++ < BAD_ROWS_SHOWN)
        zc_console_say (self->console, "%s:%llu: %s", self->name, (unsigned long long) self->line, reason);
    else if (self->bad_rows == BAD_ROWS_SHOWN + 1)
        zc_console_say (self->console, "%s: more bad rows; from here on they are counted, not shown", self->name);
}

zc_read_t zc_source_next (zc_source_t *self, zc_record_t *ret_record)
{
    if (self->demo) {
        zc_demo_next (self->demo, ret_record);
        return ZC_READ_ITEM;
    }
    zc_read_t read;
    do {
        read = self->columns ? zc_columns_next (self->columns, ret_record, &self->line)
                             : zc_jsonl_next (self->jsonl, ret_record, &self->line);
        if (read == ZC_READ_BAD)
            zc_source_reject (self, ret_record->reason);
    } while (read == ZC_READ_BAD);
    if (read == ZC_READ_FAILED)
        zc_console_say (self->console, "%s: %s", self->name, strerror (errno));
    return read;
}

uint64_t zc_source_bad_rows (const zc_source_t *self)
{
    return self->bad_rows;
}

double zc_source_share (const zc_source_t *self)
{
    return self->input ? zc_input_share (self->input) : -1;
}
