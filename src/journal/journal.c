/* SPDX-License-Identifier: MPL-2.0
 *
 * journal.c - the ledger's thread: buffers records, writes them, goes on from segment to segment.
 */
#include "journal/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/check.h"
#include "journal/journal_truncate.h"
#include "journal/journal_internal.h"

#define END_BYTES ((size_t) ZC_RECORD_HEADER_BYTES) /* an end and a NEXT are of one size */

/* ------------------------------------------------------------------------------ open */

static int check_options (const zc_journal_options_t *options, char *why)
{
    if (options->segment_bytes < ZC_SEGMENT_BYTES_MIN || options->segment_bytes > ZC_SEGMENT_BYTES_MAX)
        return zc_journal_file_why (why, "a segment must have %u to %u bytes", ZC_SEGMENT_BYTES_MIN,
                                    ZC_SEGMENT_BYTES_MAX);
    if (options->sync_interval_ms < 1 || options->sync_interval_ms > 10000)
        return zc_journal_file_why (why, "the sync interval must be 1 to 10000 ms");
    if (strlen (options->directory) + ZC_JOURNAL_FILE_NAME_BYTES >= PATH_MAX)
        return zc_journal_file_why (why, "the name of the journal's directory is too long");
    return 0;
}

/* Makes the directory and the mark of a new journal. Where there are segments, a mark that is not there is
 * not made: it is the mark that tells torn from damaged. */
static int begin_journal (const zc_journal_options_t *options, char *why)
{
    uint32_t *numbers;
    size_t count;
    char parent [PATH_MAX];
    if (zc_journal_file_make_directory (options->directory, why) == -1 ||
        zc_journal_file_list (options->directory, ZC_JOURNAL_FILE_SEGMENT, &numbers, &count, why) == -1)
        return -1;
    free (numbers);
    if (count)
        return zc_journal_file_why (why, "%s: the file is missing, but there are segments", ZC_JOURNAL_WATERMARK_FILE);
    if (zc_journal_watermark_create (options->directory, options->ledger_id, why) == -1 ||
        zc_journal_file_sync_directory (options->directory, why) == -1)
        return -1;
    return zc_journal_file_sync_directory (zc_journal_file_path (parent, options->directory, ".."), why);
}

static int read_mark (zc_journal_t *self, char *why)
{
    const zc_journal_options_t *options = &self->options;
    zc_journal_watermark_state_t state = zc_journal_watermark_read (options->directory, &self->mark, why);
    if (state == ZC_JOURNAL_WATERMARK_ABSENT) {
        if (begin_journal (options, why) == -1)
            return -1;
        state = zc_journal_watermark_read (options->directory, &self->mark, why);
    }
    if (state != ZC_JOURNAL_WATERMARK_GOOD)
        return -1;
    if (memcmp (self->mark.ledger_id, options->ledger_id, ZC_LEDGER_ID_BYTES) != 0)
        return zc_journal_file_why (why, "%s: belongs to another ledger than the store", ZC_JOURNAL_WATERMARK_FILE);
    self->mark_fd = zc_journal_watermark_open (options->directory, why);
    if (self->mark_fd == -1)
        return -1;
    /* The data directory is locked already; but its file `lock` may be taken for a stale one, and removed. */
    if (flock (self->mark_fd, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK)
        return zc_journal_file_why (why, "%s: in use by another process", ZC_JOURNAL_WATERMARK_FILE);
    return 0;
}

static void set_limit (zc_journal_t *self)
{
    self->limit = self->current->header.bytes - self->base - END_BYTES;
}

/* Finds out what there is, for the statistics and for what is to be retired. */
static int take_stock (zc_journal_t *self, char *why)
{
    uint32_t *numbers;
    size_t count;
    if (zc_journal_file_list (self->options.directory, ZC_JOURNAL_FILE_SEGMENT, &numbers, &count, why) == -1)
        return -1;
    self->first = count ? numbers [0] : self->current->header.number;
    self->stats.segments = count;
    for (size_t i = 0; i < count; i++) {
        char name [ZC_JOURNAL_FILE_NAME_BYTES], path [PATH_MAX];
        struct stat about;
        zc_journal_file_path (path, self->options.directory,
                              zc_journal_file_name (name, ZC_JOURNAL_FILE_SEGMENT, numbers [i]));
        if (stat (path, &about) == 0)
            self->stats.bytes += (uint64_t) about.st_size;
    }
    free (numbers);
    return 0;
}

/* Of a new segment. */
static zc_journal_segment_header_t header_of (const zc_journal_t *self, uint32_t number)
{
    zc_journal_segment_header_t header = {.number = number, .bytes = (uint32_t) self->options.segment_bytes};
    memcpy (header.ledger_id, self->options.ledger_id, ZC_LEDGER_ID_BYTES);
    return header;
}

static int open_files (zc_journal_t *self, zc_position_t end, char *why)
{
    if (read_mark (self, why) == -1)
        return -1;
    const zc_journal_segment_header_t first = header_of (self, 1);
    self->current = zc_journal_truncate (self->options.directory, &first, end, self->mark_fd, &self->mark, why);
    if (!self->current || take_stock (self, why) == -1)
        return -1;
    self->written = self->mark.position;
    atomic_init (&self->synced, self->written);
    self->base = ZC_POSITION_OFFSET (self->written);
    set_limit (self);
    return 0;
}

/* What cannot fail, first: so that the half-built can be taken down. */
static zc_journal_t *new_journal (const zc_journal_options_t *options)
{
    zc_journal_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->options = *options;
    self->event_fd = self->mark_fd = self->making_fd = -1;
    self->full_end = &self->full;
    self->spare_first = self->spare_end = 1;
    pthread_condattr_t monotonic;
    pthread_condattr_init (&monotonic);
    pthread_condattr_setclock (&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init (&self->lock, NULL);
    pthread_cond_init (&self->work, &monotonic);
    pthread_cond_init (&self->progress, NULL);
    pthread_condattr_destroy (&monotonic);
    self->options.directory = strdup (options->directory);
    self->buffer = malloc (ZC_JOURNAL_BUFFER_BYTES);
    return self;
}

static void destroy (zc_journal_t *self)
{
    zc_journal_retention_term (self);
    while (self->full) {
        zc_journal_segment_t *segment = self->full;
        self->full = segment->next;
        zc_journal_segment_close (&segment);
    }
    zc_journal_segment_close (&self->current);
    if (self->mark_fd != -1)
        close (self->mark_fd);
    if (self->event_fd != -1)
        close (self->event_fd);
    pthread_cond_destroy (&self->progress);
    pthread_cond_destroy (&self->work);
    pthread_mutex_destroy (&self->lock);
    free (self->buffer);
    free ((char *) self->options.directory);
    free (self);
}

static int set_up (zc_journal_t *self, zc_position_t end, char *why)
{
    self->event_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (self->event_fd == -1)
        return zc_journal_file_why (why, "cannot create an eventfd: %m");
    if (!self->buffer || !self->options.directory)
        return zc_journal_file_why (why, "not enough memory for the journal's buffer");
    memset (self->buffer, 0, ZC_JOURNAL_BUFFER_BYTES); /* first touched here, not by the first events */
    if (open_files (self, end, why) == -1)
        return -1;
    return zc_journal_start (self, why);
}

zc_journal_t *zc_journal_open (const zc_journal_options_t *options, zc_position_t end, char ret_why [256])
{
    if (check_options (options, ret_why) == -1)
        return NULL;
    zc_journal_t *self = new_journal (options);
    if (!self) {
        zc_journal_file_why (ret_why, "not enough memory for the journal");
        return NULL;
    }
    if (set_up (self, end, ret_why) == 0)
        return self;
    destroy (self);
    return NULL;
}

int zc_journal_close (zc_journal_t **self_p, char *ret_why)
{
    zc_journal_t *self = self_p ? *self_p : NULL;
    char why [ZC_WHY_BYTES];
    if (!self)
        return 0;
    int result = zc_journal_write (self);
    zc_journal_stop (self);
    if (!zc_journal_has_failed (self) && fdatasync (self->mark_fd) == -1) {
        zc_journal_file_why (why, "synced: cannot sync: %m");
        zc_journal_fail (self, why);
    }
    if (zc_journal_has_failed (self))
        result = -1;
    if (ret_why)
        zc_journal_file_why (ret_why, "%s", zc_journal_why (self));
    destroy (self);
    *self_p = NULL;
    return result;
}

/* ---------------------------------------------------------------------------- segments */

/* Gives the written segment to the journal's thread, which syncs and closes it. */
static int hand_over (zc_journal_t *self, zc_journal_segment_t *next)
{
    pthread_mutex_lock (&self->lock);
    while (self->full_count >= ZC_JOURNAL_UNSYNCED_MAX && !zc_journal_has_failed (self))
        pthread_cond_wait (&self->progress, &self->lock);
    *self->full_end = self->current;
    self->full_end = &self->current->next;
    self->full_count++;
    zc_check (next->header.number == self->current->header.number + 1);
    self->current = next;
    self->written = ZC_POSITION (next->header.number, ZC_SEGMENT_HEADER_BYTES);
    self->directory_changed = true;
    self->used = true;
    if (self->idle)
        pthread_cond_signal (&self->work);
    pthread_mutex_unlock (&self->lock);
    return zc_journal_has_failed (self) ? -1 : 0;
}

/* The number of a spare file that is ready, now ours; 0: there is none, so one more file is counted. */
static uint32_t take_spare (zc_journal_t *self)
{
    uint32_t spare = 0;
    pthread_mutex_lock (&self->lock);
    if (self->spare_first != self->spare_end)
        spare = self->spare_first++;
    else {
        self->stats.segments++;
        self->stats.bytes += self->options.segment_bytes;
    }
    pthread_mutex_unlock (&self->lock);
    return spare;
}

static zc_journal_segment_t *make_next (zc_journal_t *self, char *why)
{
    const zc_journal_segment_header_t header = header_of (self, self->current->header.number + 1);
    uint32_t spare = take_spare (self);
    return spare ? zc_journal_segment_make_of_spare (self->options.directory, spare, &header, why)
                 : zc_journal_segment_make (self->options.directory, &header, why);
}

/* A payload of this many bytes or more is written from where it stands: to copy it costs more than to name it. */
#define OUTSIDE_BYTES 4096

static bool has_room_outside (const zc_journal_t *self)
{
    return self->parts_count + 3 <= ZC_JOURNAL_PARTS_MAX;
}

static void put_outside (zc_journal_t *self, const void *data, size_t size)
{
    self->parts [self->parts_count++] = (struct iovec){self->buffer + self->part_from, self->fill - self->part_from};
    self->parts [self->parts_count++] = (struct iovec){(void *) data, size};
    self->part_from = self->fill;
}

/* Buffers a record, with its offset in the place of the CRC, which begins from it. One whose payload stays
 * outside gets its CRC at once. */
static void put_record (zc_journal_t *self, zc_record_kind_t kind, int64_t arrival_ms, const void *data, size_t size)
{
    uint8_t *record = self->buffer + self->fill;
    uint32_t offset = self->base + (uint32_t) self->total;
    zc_journal_record_begin (record, kind, arrival_ms, (uint32_t) size);
    self->fill += ZC_RECORD_HEADER_BYTES;
    self->total += ZC_RECORD_HEADER_BYTES + size;
    if (size >= OUTSIDE_BYTES) {
        zc_journal_put_u32 (
            record, zc_journal_record_crc (self->current->seed, offset, record, ZC_RECORD_HEADER_BYTES, data, size));
        put_outside (self, data, size);
        return;
    }
    zc_journal_put_u32 (record, offset);
    if (size)
        memcpy (record + ZC_RECORD_HEADER_BYTES, data, size);
    self->fill += size;
}

/* Gives the records that stand whole in this part of the buffer their CRCs. Not at once: to load in one piece
 * what was just stored in several costs more than the CRC itself (40 ns a record, instead of 28). */
static void seal (zc_journal_t *self, uint8_t *record, const uint8_t *end)
{
    while (record < end) {
        size_t whole = ZC_RECORD_HEADER_BYTES + zc_journal_get_u32 (record + 4);
        zc_journal_put_u32 (record, zc_journal_crc32c (self->current->seed, record, whole));
        record += whole;
    }
    zc_check (record == end); /* what is read back by its sizes is what was put there */
}

/* Writes all, with so many bytes of the buffer more behind it, and begins anew. */
static int write_all (zc_journal_t *self, size_t more, char *why)
{
    const zc_journal_segment_t *segment = self->current;
    zc_check (self->base + self->total + more <= segment->header.bytes);
    zc_check (self->fill + more <= ZC_JOURNAL_BUFFER_BYTES);
    for (int i = 0; i < self->parts_count; i += 2) {
        uint8_t *begin = self->parts [i].iov_base;
        seal (self, begin, begin + self->parts [i].iov_len - ZC_RECORD_HEADER_BYTES);
    }
    seal (self, self->buffer + self->part_from, self->buffer + self->fill);
    self->parts [self->parts_count++] =
        (struct iovec){self->buffer + self->part_from, self->fill + more - self->part_from};
    int result =
        zc_journal_file_write_parts (segment->fd, self->parts, self->parts_count, self->base, segment->name, why);
    self->parts_count = 0;
    self->fill = self->total = self->part_from = 0;
    return result;
}

/* Writes what is buffered with a NEXT behind it. The next segment is made before: what NEXT says is true. */
static int next_segment (zc_journal_t *self)
{
    char why [ZC_WHY_BYTES];
    zc_journal_segment_t *next = make_next (self, why);
    if (!next)
        return zc_journal_fail (self, why);
    put_record (self, ZC_RECORD_NEXT, 0, NULL, 0);
    if (write_all (self, 0, why) == -1) {
        zc_journal_segment_close (&next);
        return zc_journal_fail (self, why);
    }
    self->base = ZC_SEGMENT_HEADER_BYTES;
    int result = hand_over (self, next);
    set_limit (self);
    return result;
}

/* ------------------------------------------------------------------------------ write */

static void publish_written (zc_journal_t *self, size_t more)
{
    self->base += (uint32_t) more;
    set_limit (self);
    zc_position_t written = ZC_POSITION (self->current->header.number, self->base);
    pthread_mutex_lock (&self->lock);
    zc_check (written > self->written);
    self->written = written;
    if (self->idle)
        pthread_cond_signal (&self->work);
    pthread_mutex_unlock (&self->lock);
}

int zc_journal_write (zc_journal_t *self)
{
    char why [ZC_WHY_BYTES];
    if (zc_journal_has_failed (self))
        return -1;
    size_t total = self->total;
    if (total == 0)
        return 0;
    memset (self->buffer + self->fill, 0, END_BYTES);
    if (write_all (self, END_BYTES, why) == -1)
        return zc_journal_fail (self, why);
    publish_written (self, total);
    return 0;
}

static int refuse (zc_journal_t *self, size_t size)
{
    char why [ZC_WHY_BYTES];
    zc_journal_file_why (why, "a record of %zu bytes does not fit a segment of %llu", size,
                         (unsigned long long) self->options.segment_bytes);
    return zc_journal_fail (self, why);
}

/* For what does not fit behind what is to be written: it then does. */
static int make_room (zc_journal_t *self, size_t size)
{
    if (size > ZC_RECORD_PAYLOAD_MAX (self->options.segment_bytes))
        return refuse (self, size);
    return self->total + ZC_RECORD_HEADER_BYTES + size > self->limit ? next_segment (self) : zc_journal_write (self);
}

static bool fits (const zc_journal_t *self, size_t size)
{
    size_t copied = size < OUTSIDE_BYTES ? size : 0;
    return size <= self->limit && self->total + ZC_RECORD_HEADER_BYTES + size <= self->limit &&
           self->fill + ZC_RECORD_HEADER_BYTES + copied + END_BYTES <= ZC_JOURNAL_BUFFER_BYTES &&
           (size < OUTSIDE_BYTES || has_room_outside (self));
}

int zc_journal_append (zc_journal_t *self, zc_record_kind_t kind, int64_t arrival_ms, const void *data, size_t size)
{
    if (zc_journal_has_failed (self) || (!fits (self, size) && make_room (self, size) == -1))
        return -1;
    put_record (self, kind, arrival_ms, data, size);
    return 0;
}

zc_position_t zc_journal_written (const zc_journal_t *self)
{
    return ZC_POSITION (self->current->header.number, self->base);
}
