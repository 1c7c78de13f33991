/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_watermark.c - the mark of how far the journal is synced.
 */
#include "journal/journal_watermark.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/base/check.h"
#include "journal/journal_file.h"
#include "journal/journal_format.h"

#define CRC_AT 40
#define MARK_BYTES (CRC_AT + 4) /* within one sector: a power cut leaves the old or the new one */

static const uint8_t magic [8] = {'Z', 'C', 'O', 'S', 'T', 'S', '1', '\n'};

static void encode (uint8_t bytes [MARK_BYTES], const zc_journal_watermark_t *mark)
{
    memcpy (bytes, magic, sizeof magic);
    memcpy (bytes + 8, mark->ledger_id, ZC_LEDGER_ID_BYTES);
    zc_journal_put_u64 (bytes + 24, mark->counter);
    zc_journal_put_u64 (bytes + 32, mark->position);
    zc_journal_put_u32 (bytes + CRC_AT, zc_journal_crc32c (0, bytes, CRC_AT));
}

static bool decode (const uint8_t bytes [MARK_BYTES], int place, zc_journal_watermark_t *ret_mark)
{
    if (memcmp (bytes, magic, sizeof magic) != 0 ||
        zc_journal_get_u32 (bytes + CRC_AT) != zc_journal_crc32c (0, bytes, CRC_AT))
        return false;
    memcpy (ret_mark->ledger_id, bytes + 8, ZC_LEDGER_ID_BYTES);
    ret_mark->counter = zc_journal_get_u64 (bytes + 24);
    ret_mark->position = zc_journal_get_u64 (bytes + 32);
    ret_mark->place = place;
    return true;
}

static zc_journal_watermark_state_t read_places (int fd, zc_journal_watermark_t *ret_mark, char *why)
{
    zc_journal_watermark_state_t state = ZC_JOURNAL_WATERMARK_DAMAGED;
    for (int place = 0; place < 2; place++) {
        uint8_t bytes [MARK_BYTES];
        zc_journal_watermark_t mark;
        int64_t got =
            zc_journal_file_read (fd, bytes, sizeof bytes, (uint64_t) place * ZC_JOURNAL_WATERMARK_PLACE_BYTES,
                                  ZC_JOURNAL_WATERMARK_FILE, why);
        if (got == -1)
            return ZC_JOURNAL_WATERMARK_IO_ERROR;
        if (got < MARK_BYTES || !decode (bytes, place, &mark))
            continue;
        if (state == ZC_JOURNAL_WATERMARK_DAMAGED || mark.counter > ret_mark->counter)
            *ret_mark = mark;
        state = ZC_JOURNAL_WATERMARK_GOOD;
    }
    if (state == ZC_JOURNAL_WATERMARK_DAMAGED)
        zc_journal_file_why (why, "%s at 0: neither of its two marks is valid", ZC_JOURNAL_WATERMARK_FILE);
    return state;
}

zc_journal_watermark_state_t zc_journal_watermark_read (const char *directory, zc_journal_watermark_t *ret_mark,
                                                        char why [256])
{
    char path [PATH_MAX];
    /* Without waiting: to open a pipe takes until somebody writes to it. */
    int fd =
        open (zc_journal_file_path (path, directory, ZC_JOURNAL_WATERMARK_FILE), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd == -1) {
        zc_journal_watermark_state_t state =
            errno == ENOENT ? ZC_JOURNAL_WATERMARK_ABSENT : ZC_JOURNAL_WATERMARK_IO_ERROR;
        zc_journal_file_why (why, "%s: cannot open: %m", ZC_JOURNAL_WATERMARK_FILE);
        return state;
    }
    zc_journal_watermark_state_t state = read_places (fd, ret_mark, why);
    close (fd);
    return state;
}

static int write_both (int fd, const uint8_t id [ZC_LEDGER_ID_BYTES], char *why)
{
    uint8_t places [2 * ZC_JOURNAL_WATERMARK_PLACE_BYTES] = {0};
    zc_journal_watermark_t mark = {.position = 0};
    memcpy (mark.ledger_id, id, ZC_LEDGER_ID_BYTES);
    for (mark.counter = 0; mark.counter < 2; mark.counter++)
        encode (places + mark.counter * ZC_JOURNAL_WATERMARK_PLACE_BYTES, &mark);
    if (zc_journal_file_write (fd, places, sizeof places, 0, ZC_JOURNAL_WATERMARK_FILE, why) == -1)
        return -1;
    return fsync (fd) == -1 ? zc_journal_file_why (why, "%s: cannot sync: %m", ZC_JOURNAL_WATERMARK_FILE) : 0;
}

int zc_journal_watermark_create (const char *directory, const uint8_t id [ZC_LEDGER_ID_BYTES], char why [256])
{
    char path [PATH_MAX];
    int fd = open (zc_journal_file_path (path, directory, "new-" ZC_JOURNAL_WATERMARK_FILE),
                   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd == -1)
        return zc_journal_file_why (why, "new-%s: cannot create: %m", ZC_JOURNAL_WATERMARK_FILE);
    int result = write_both (fd, id, why);
    close (fd);
    return result == -1
               ? -1
               : zc_journal_file_rename (directory, "new-" ZC_JOURNAL_WATERMARK_FILE, ZC_JOURNAL_WATERMARK_FILE, why);
}

int zc_journal_watermark_open (const char *directory, char why [256])
{
    char path [PATH_MAX];
    int fd = open (zc_journal_file_path (path, directory, ZC_JOURNAL_WATERMARK_FILE), O_WRONLY | O_CLOEXEC);
    return fd == -1 ? zc_journal_file_why (why, "%s: cannot open: %m", ZC_JOURNAL_WATERMARK_FILE) : fd;
}

int zc_journal_watermark_write (int fd, zc_journal_watermark_t *mark, zc_position_t position, char why [256])
{
    uint8_t bytes [MARK_BYTES];
    zc_journal_watermark_t next = *mark;
    zc_check (position >= mark->position);
    next.counter++;
    next.place = 1 - mark->place;
    next.position = position;
    encode (bytes, &next);
    if (zc_journal_file_write (fd, bytes, sizeof bytes, (uint64_t) next.place * ZC_JOURNAL_WATERMARK_PLACE_BYTES,
                               ZC_JOURNAL_WATERMARK_FILE, why) == -1)
        return -1;
    *mark = next;
    return 0;
}
