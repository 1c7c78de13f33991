/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_reader.c - reads one segment.
 */
#include "journal/journal_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES ((size_t) 1 << 18) /* at once: within a core's own cache */

static void close_file (zc_journal_reader_t *self)
{
    if (self->open)
        close (self->fd);
    self->open = false;
    self->begin = self->held = 0;
}

void zc_journal_reader_term (zc_journal_reader_t *self)
{
    close_file (self);
    free (self->buffer);
    memset (self, 0, sizeof *self);
}

static zc_journal_read_t say (zc_journal_reader_t *self, zc_journal_read_t what, const char *text)
{
    zc_journal_file_why (self->why, "%s at %u: %s", self->name, self->at, text);
    return what;
}

/* ---------------------------------------------------------------------------- header */

static zc_journal_read_t check_header (zc_journal_reader_t *self, uint32_t number, const uint8_t *id,
                                       int64_t file_bytes)
{
    uint8_t head [ZC_SEGMENT_HEADER_BYTES];
    int64_t got = zc_journal_file_read (self->fd, head, sizeof head, 0, self->name, self->why);
    if (got == -1)
        return ZC_JOURNAL_READ_FAILED;
    if (got < ZC_SEGMENT_HEADER_BYTES || zc_journal_segment_header_decode (head, &self->header) == -1)
        return say (self, ZC_JOURNAL_READ_BAD, "invalid segment header");
    if (id && memcmp (self->header.ledger_id, id, ZC_LEDGER_ID_BYTES) != 0)
        return say (self, ZC_JOURNAL_READ_FOREIGN, "this segment belongs to another ledger");
    if (self->header.number != number)
        return say (self, ZC_JOURNAL_READ_BAD, "this is the header of another segment");
    if (file_bytes < self->header.bytes)
        return say (self, ZC_JOURNAL_READ_BAD, "the file is shorter than its header says");
    return ZC_JOURNAL_READ_GOOD;
}

zc_journal_read_t zc_journal_reader_open (zc_journal_reader_t *self, const char *directory, uint32_t number,
                                          const uint8_t *id)
{
    char path [PATH_MAX];
    struct stat about;
    close_file (self);
    self->at = 0;
    zc_journal_file_path (path, directory, zc_journal_file_name (self->name, ZC_JOURNAL_FILE_SEGMENT, number));
    self->fd = open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* it may be a pipe */
    if (self->fd == -1 && errno == ENOENT)
        return say (self, ZC_JOURNAL_READ_BAD, "the segment is missing");
    self->open = self->fd != -1;
    if (!self->open || fstat (self->fd, &about) == -1) {
        zc_journal_file_why (self->why, "%s: cannot open: %m", self->name);
        return ZC_JOURNAL_READ_FAILED;
    }
    zc_journal_read_t result = check_header (self, number, id, about.st_size);
    if (result == ZC_JOURNAL_READ_GOOD) {
        self->seed = zc_journal_segment_seed (&self->header);
        self->at = ZC_SEGMENT_HEADER_BYTES;
    }
    return result;
}

/* --------------------------------------------------------------------------- records */

/* Makes room for `size` bytes at the buffer's start, and moves what is held there. */
static int make_room (zc_journal_reader_t *self, size_t size)
{
    if (self->held)
        memmove (self->buffer, self->buffer + self->begin, self->held);
    self->begin = 0;
    if (size <= self->capacity)
        return 0;
    size_t capacity = size < READ_BYTES ? READ_BYTES : size;
    uint8_t *more = realloc (self->buffer, capacity);
    if (!more)
        return zc_journal_file_why (self->why, "%s at %u: not enough memory for %zu bytes", self->name, self->at, size);
    self->buffer = more;
    self->capacity = capacity;
    return 0;
}

/* Sees to it that `size` bytes from `at` on are held; they end within the segment. */
static zc_journal_read_t hold (zc_journal_reader_t *self, size_t size)
{
    if (self->held >= size)
        return ZC_JOURNAL_READ_GOOD;
    if (make_room (self, size) == -1)
        return ZC_JOURNAL_READ_FAILED;
    uint64_t from = (uint64_t) self->at + self->held;
    size_t wanted = self->capacity - self->held;
    if (wanted > self->header.bytes - from)
        wanted = (size_t) (self->header.bytes - from);
    int64_t got = zc_journal_file_read (self->fd, self->buffer + self->held, wanted, from, self->name, self->why);
    if (got == -1)
        return ZC_JOURNAL_READ_FAILED;
    self->held += (size_t) got;
    return self->held >= size ? ZC_JOURNAL_READ_GOOD : say (self, ZC_JOURNAL_READ_BAD, "the file ends here");
}

/* Whether the record at the buffer's begin, whole in it, is one. */
static bool proves (const zc_journal_reader_t *self, size_t size)
{
    const uint8_t *record = self->buffer + self->begin;
    return zc_journal_get_u32 (record) ==
           zc_journal_record_crc (self->seed, self->at, record, ZC_RECORD_HEADER_BYTES + size, NULL, 0);
}

/* The header is held. Holds the payload, and verifies both. */
static zc_journal_read_t read_record (zc_journal_reader_t *self, size_t left, zc_record_view_t *ret_record)
{
    size_t size = zc_journal_get_u32 (self->buffer + self->begin + 4);
    if (size > left - ZC_RECORD_HEADER_BYTES)
        return say (self, ZC_JOURNAL_READ_BAD, "invalid record: its size is beyond the segment's end");
    zc_journal_read_t result = hold (self, ZC_RECORD_HEADER_BYTES + size);
    if (result != ZC_JOURNAL_READ_GOOD)
        return result;
    if (!proves (self, size))
        return say (self, ZC_JOURNAL_READ_BAD, "invalid record: wrong checksum");
    uint64_t stamp = zc_journal_get_u64 (self->buffer + self->begin + 8);
    ret_record->kind = (zc_record_kind_t) (stamp & 0xff);
    ret_record->arrival_ms = (int64_t) stamp >> 8;
    ret_record->data = self->buffer + self->begin + ZC_RECORD_HEADER_BYTES;
    ret_record->size = (uint32_t) size;
    if (ret_record->kind < ZC_RECORD_FRAME || ret_record->kind > ZC_RECORD_ALERT)
        return say (self, ZC_JOURNAL_READ_FOREIGN, "unknown kind of record, written by a later version");
    return ZC_JOURNAL_READ_GOOD;
}

zc_journal_read_t zc_journal_reader_next (zc_journal_reader_t *self, zc_record_view_t *ret_record)
{
    size_t left = self->header.bytes - self->at;
    if (left < ZC_RECORD_HEADER_BYTES)
        return say (self, ZC_JOURNAL_READ_BAD, "invalid record: the segment ends here");
    zc_journal_read_t result = hold (self, ZC_RECORD_HEADER_BYTES);
    if (result != ZC_JOURNAL_READ_GOOD)
        return result;
    if (zc_journal_record_is_end (self->buffer + self->begin))
        return ZC_JOURNAL_READ_END;
    result = read_record (self, left, ret_record);
    if (result != ZC_JOURNAL_READ_GOOD)
        return result;
    size_t whole = ZC_RECORD_HEADER_BYTES + ret_record->size;
    ret_record->position = ZC_POSITION (self->header.number, self->at);
    ret_record->next = ZC_POSITION (self->header.number, self->at + whole);
    self->at += (uint32_t) whole;
    self->begin += whole;
    self->held -= whole;
    return ZC_JOURNAL_READ_GOOD;
}

int64_t zc_journal_reader_extent (zc_journal_reader_t *self, uint32_t offset)
{
    int64_t extent = 0;
    uint8_t bytes [4096];
    for (uint64_t at = offset; at < self->header.bytes; at += sizeof bytes) {
        int64_t got = zc_journal_file_read (self->fd, bytes, sizeof bytes, at, self->name, self->why);
        if (got == -1)
            return -1;
        for (int64_t i = 0; i < got; i++)
            if (bytes [i])
                extent = (int64_t) (at - offset) + i + 1;
    }
    return extent;
}
