/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_truncate.c - makes a directory ready to be written to behind its end.
 */
#include "journal/journal_truncate.h"

#include <stdlib.h>
#include <unistd.h>

#define CHUNK_BYTES ((uint32_t) 1 << 18)

static int sync_mark (int mark_fd, zc_journal_watermark_t *mark, zc_position_t position, char *why)
{
    if (zc_journal_watermark_write (mark_fd, mark, position, why) == -1)
        return -1;
    return fdatasync (mark_fd) == -1 ? zc_journal_file_why (why, "%s: cannot sync: %m", ZC_JOURNAL_WATERMARK_FILE) : 0;
}

static uint32_t chunk_of (uint32_t from, uint32_t to)
{
    return to - from < CHUNK_BYTES ? to - from : CHUNK_BYTES;
}

/* Where a former process's sync failed, the pages count as clean and are not on the disk: to sync them again
 * takes writing them again. */
static int rewrite (const zc_journal_segment_t *segment, uint32_t from, uint32_t to, uint8_t *chunk, char *why)
{
    for (uint32_t size; from < to; from += size) {
        size = chunk_of (from, to);
        int64_t got = zc_journal_file_read (segment->fd, chunk, size, from, segment->name, why);
        if (got == -1 ||
            (got < size && zc_journal_file_why (why, "%s at %u: the file ends here", segment->name, from)) ||
            zc_journal_file_write (segment->fd, chunk, size, from, segment->name, why) == -1)
            return -1;
    }
    return 0;
}

static bool is_zero (const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes [0] == 0 && memcmp (bytes, bytes + 1, size - 1) == 0);
}

/* All of it, not only where the next record goes: a whole record of what is cut must never follow a new one.
 * What is zero stays as it is: most of a segment that was never full. */
static int zero (const zc_journal_segment_t *segment, uint32_t from, uint8_t *chunk, char *why)
{
    for (uint32_t size; from < segment->header.bytes; from += size) {
        size = chunk_of (from, segment->header.bytes);
        int64_t got = zc_journal_file_read (segment->fd, chunk, size, from, segment->name, why);
        if (got == -1)
            return -1;
        if (got == size && is_zero (chunk, size))
            continue;
        memset (chunk, 0, size);
        if (zc_journal_file_write (segment->fd, chunk, size, from, segment->name, why) == -1)
            return -1;
    }
    return 0;
}

/* Makes sure of what is between the last mark and the end, in one segment. */
static int settle (const zc_journal_segment_t *segment, zc_position_t synced, zc_position_t end, uint8_t *chunk,
                   char *why)
{
    uint32_t number = segment->header.number;
    uint32_t from = number == ZC_POSITION_SEGMENT (synced) ? ZC_POSITION_OFFSET (synced) : 0;
    bool last = number == ZC_POSITION_SEGMENT (end);
    uint32_t to = last ? ZC_POSITION_OFFSET (end) : segment->header.bytes;
    if (rewrite (segment, from, to, chunk, why) == -1 || (last && zero (segment, to, chunk, why) == -1))
        return -1;
    return zc_journal_segment_sync (segment, why);
}

/* Returns the last one, open; NULL: why. */
static zc_journal_segment_t *settle_all (const char *directory, const uint8_t *id, uint32_t first, zc_position_t synced,
                                         zc_position_t end, char *why)
{
    uint8_t *chunk = malloc (CHUNK_BYTES);
    zc_journal_segment_t *segment = NULL;
    if (!chunk)
        zc_journal_file_why (why, "not enough memory to prepare the journal");
    for (uint32_t number = first; chunk && number <= ZC_POSITION_SEGMENT (end); number++) {
        zc_journal_segment_close (&segment);
        segment = zc_journal_segment_open (directory, number, id, why);
        if (!segment)
            break;
        if (settle (segment, synced, end, chunk, why) == -1) {
            zc_journal_segment_close (&segment);
            break;
        }
    }
    free (chunk);
    return segment;
}

/* The first segment that may hold what is not synced: the mark's, or where that is gone, the first there is. */
static int find_first (const char *directory, zc_position_t synced, uint32_t *ret_first, char *why)
{
    uint32_t *numbers;
    size_t count, i = 0;
    if (zc_journal_file_list (directory, ZC_JOURNAL_FILE_SEGMENT, &numbers, &count, why) == -1)
        return -1;
    while (i < count && numbers [i] < ZC_POSITION_SEGMENT (synced))
        i++;
    int result = i < count ? 0 : zc_journal_file_why (why, "there is no segment to continue in");
    if (result == 0)
        *ret_first = numbers [i];
    free (numbers);
    return result;
}

/* None is recycled here: a later segment of the same number would take its old records for its own. */
static int delete_rest (const char *directory, zc_position_t end, char *why)
{
    if (zc_journal_file_delete_all (directory, ZC_JOURNAL_FILE_SEGMENT, ZC_POSITION_SEGMENT (end), why) == -1 ||
        zc_journal_file_delete_all (directory, ZC_JOURNAL_FILE_SPARE, 0, why) == -1 ||
        zc_journal_file_delete_all (directory, ZC_JOURNAL_FILE_NEW, 0, why) == -1)
        return -1;
    return zc_journal_file_sync_directory (directory, why);
}

/* A cut from the first segment on leaves none: it begins anew. */
static zc_journal_segment_t *begin (const char *directory, const zc_journal_segment_header_t *first, char *why)
{
    zc_journal_segment_t *segment = zc_journal_segment_make (directory, first, why);
    if (segment &&
        (zc_journal_segment_sync (segment, why) == -1 || zc_journal_file_sync_directory (directory, why) == -1))
        zc_journal_segment_close (&segment);
    return segment;
}

/* Before anything is deleted: whether one can go on at `end`. */
static int check_end (const char *directory, const uint8_t *id, zc_position_t synced, zc_position_t end, char *why)
{
    uint32_t number = ZC_POSITION_SEGMENT (end), offset = ZC_POSITION_OFFSET (end);
    if (end < synced)
        return zc_journal_file_why (
            why, "segment %u at %u: cannot truncate the journal here, it is synced up to segment %u at %u", number,
            offset, ZC_POSITION_SEGMENT (synced), ZC_POSITION_OFFSET (synced));
    if (end == 0)
        return 0;
    zc_journal_segment_t *segment = zc_journal_segment_open (directory, number, id, why);
    if (!segment)
        return -1;
    int result = 0;
    if (offset < ZC_SEGMENT_HEADER_BYTES || offset > segment->header.bytes - ZC_RECORD_HEADER_BYTES)
        result = zc_journal_file_why (why, "%s at %u: cannot continue at this offset", segment->name, offset);
    zc_journal_segment_close (&segment);
    return result;
}

static zc_journal_segment_t *go_on (const char *directory, const uint8_t *id, zc_position_t synced, zc_position_t end,
                                    char *why)
{
    uint32_t first = 0;
    if (find_first (directory, synced, &first, why) == -1)
        return NULL;
    return settle_all (directory, id, first, synced, end, why);
}

zc_journal_segment_t *zc_journal_truncate (const char *directory, const zc_journal_segment_header_t *first,
                                           zc_position_t end, int mark_fd, zc_journal_watermark_t *mark,
                                           char why [ZC_WHY_BYTES])
{
    const uint8_t *id = first->ledger_id;
    if (check_end (directory, id, mark->position, end, why) == -1 || delete_rest (directory, end, why) == -1)
        return NULL;
    zc_journal_segment_t *segment =
        end ? go_on (directory, id, mark->position, end, why) : begin (directory, first, why);
    if (!segment)
        return NULL;
    zc_position_t place = end ? end : ZC_POSITION (segment->header.number, ZC_SEGMENT_HEADER_BYTES);
    if (sync_mark (mark_fd, mark, place, why) == -1)
        zc_journal_segment_close (&segment);
    return segment;
}
