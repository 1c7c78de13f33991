/* SPDX-License-Identifier: MPL-2.0
 *
 * tz_file.c - a zone as the tz database has it.
 *
 * A file is two blocks, each a header and tables of bytes: the first with 32-bit times, which is skipped, the second
 * with 64-bit ones. A line with a rule follows.
 */
#include "civil/tz_file.h"

#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIRECTORY "/usr/share/zoneinfo"
#define HEADER_BYTES 44
#define OFFSET_BYTES 6 /* of which 4 are the offset, one says whether it is summer, one where the name is */

static uint32_t u32_at (const zc_tz_file_t *self, size_t at)
{
    uint32_t number;
    memcpy (&number, self->bytes + at, sizeof number);
    return be32toh (number);
}

static int64_t time_of (const zc_tz_file_t *self, size_t change)
{
    uint64_t number;
    memcpy (&number, self->bytes + self->times + change * sizeof number, sizeof number);
    return (int64_t) be64toh (number);
}

static zc_tz_offset_t offset_of (const zc_tz_file_t *self, size_t index)
{
    const unsigned char *bytes = self->bytes + self->offsets + index * OFFSET_BYTES;
    return (zc_tz_offset_t){(int32_t) u32_at (self, self->offsets + index * OFFSET_BYTES), bytes [4] != 0,
                            (const char *) self->bytes + self->letters + bytes [5]};
}

/* -------------------------------------------------------------------- reading */

/* Finds the tables of a block that begins at a place. Returns its end; 0: it does not fit into the file. */
static size_t find_tables (zc_tz_file_t *self, size_t at, size_t size, size_t time_bytes)
{
    if (size - at < HEADER_BYTES || memcmp (self->bytes + at, "TZif", 4) != 0 || self->bytes [at + 4] < '2')
        return 0;
    uint64_t utc_marks = u32_at (self, at + 20), standard_marks = u32_at (self, at + 24);
    uint64_t leaps = u32_at (self, at + 28), changes = u32_at (self, at + 32);
    uint64_t offsets = u32_at (self, at + 36), letters = u32_at (self, at + 40);
    at += HEADER_BYTES;
    uint64_t bytes = changes * (time_bytes + 1) + offsets * OFFSET_BYTES + letters + leaps * (time_bytes + 4) +
                     standard_marks + utc_marks;
    if (bytes > size - at || leaps > 0)
        return 0;
    self->change_count = changes;
    self->offset_count = offsets;
    self->letter_count = letters;
    self->times = at;
    self->indexes = self->times + changes * time_bytes;
    self->offsets = self->indexes + changes;
    self->letters = self->offsets + offsets * OFFSET_BYTES;
    return at + bytes;
}

static bool has_good_tables (const zc_tz_file_t *self)
{
    if (self->offset_count == 0 || self->letter_count == 0 || self->bytes [self->letters + self->letter_count - 1])
        return false;
    for (size_t i = 0; i < self->offset_count; i++)
        if (labs (offset_of (self, i).offset_s) > ZC_TZ_OFFSET_MAX_S ||
            self->bytes [self->offsets + i * OFFSET_BYTES + 5] >= self->letter_count)
            return false;
    for (size_t i = 0; i < self->change_count; i++)
        if (self->bytes [self->indexes + i] >= self->offset_count ||
            (i > 0 && time_of (self, i) <= time_of (self, i - 1)))
            return false;
    return true;
}

/* The line behind the tables; an empty one: the last offset stays in force. */
static bool read_rule (zc_tz_file_t *self, size_t at, size_t size)
{
    const char *line = (const char *) self->bytes + at + 1;
    char *end = at + 1 < size && line [-1] == '\n' ? memchr (line, '\n', size - at - 1) : NULL;
    if (!end)
        return false;
    *end = '\0';
    self->has_rule = *line != '\0';
    if (!self->has_rule)
        return true;
    return zc_tz_rule_parse (line, &self->rule) == 0 && labs (self->rule.offset_s) <= ZC_TZ_OFFSET_MAX_S &&
           (!self->rule.has_summer || labs (self->rule.summer_offset_s) <= ZC_TZ_OFFSET_MAX_S);
}

static bool parse (zc_tz_file_t *self, size_t size)
{
    size_t second = find_tables (self, 0, size, 4);
    size_t rule = second > 0 ? find_tables (self, second, size, 8) : 0;
    return rule > 0 && has_good_tables (self) && read_rule (self, rule, size);
}

/* A name of a file below the database's directory, and nothing else. */
static bool is_name (const char *zone)
{
    for (const char *at = zone; *at; at++)
        if ((unsigned char) *at <= ' ' || *at == 0x7f)
            return false;
    return *zone && *zone != '/' && *zone != ':' && !strstr (zone, "..");
}

/* Returns the bytes read; 0: there is no such file, or it is too large. */
static size_t read_bytes (zc_tz_file_t *self, const char *path)
{
    int fd = open (path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return 0;
    size_t size = 0;
    ssize_t got;
    while ((got = read (fd, self->bytes + size, sizeof self->bytes - size)) > 0)
        size += (size_t) got;
    close (fd);
    return got == 0 && size < sizeof self->bytes ? size : 0;
}

int zc_tz_file_read (const char *zone, zc_tz_file_t *ret_file)
{
    const char *directory = getenv ("TZDIR");
    char path [4096];
    int length = snprintf (path, sizeof path, "%s/%s", directory && *directory ? directory : DIRECTORY, zone);
    if (!is_name (zone) || length >= (int) sizeof path)
        return -1;
    size_t size = read_bytes (ret_file, path);
    return size > 0 && parse (ret_file, size) ? 0 : -1;
}

/* -------------------------------------------------------------------- applying */

/* How many changes lie at or before a time. */
static size_t changes_until (const zc_tz_file_t *self, int64_t at_s)
{
    size_t low = 0, high = self->change_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (time_of (self, middle) <= at_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

zc_tz_offset_t zc_tz_file_at (const zc_tz_file_t *self, int64_t at_s)
{
    size_t changes = changes_until (self, at_s);
    if (changes == self->change_count && self->has_rule)
        return zc_tz_rule_at (&self->rule, at_s);
    /* Before the first change the first offset is in force. */
    return offset_of (self, changes > 0 ? self->bytes [self->indexes + changes - 1] : 0);
}
