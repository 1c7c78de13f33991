/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_synced.c - the mark of how far the journal is synced.
 */
#include "journal/journal_synced.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "journal/journal_file.h"
#include "journal/journal_format.h"

#define CRC_AT 40
#define MARK_BYTES (CRC_AT + 4) /* within one sector: a power cut leaves the old or the new one */

static const uint8_t magic [8] = {'Z', 'C', 'O', 'S', 'T', 'S', '1', '\n'};

static void encode (uint8_t bytes [MARK_BYTES], const zc_mark_t *mark)
{
    memcpy (bytes, magic, sizeof magic);
    memcpy (bytes + 8, mark->ledger_id, ZC_LEDGER_ID_BYTES);
    zc_put_u64 (bytes + 24, mark->counter);
    zc_put_u64 (bytes + 32, mark->position);
    zc_put_u32 (bytes + CRC_AT, zc_crc32c (0, bytes, CRC_AT));
}

static bool decode (const uint8_t bytes [MARK_BYTES], int place, zc_mark_t *ret_mark)
{
    if (memcmp (bytes, magic, sizeof magic) != 0 || zc_get_u32 (bytes + CRC_AT) != zc_crc32c (0, bytes, CRC_AT))
        return false;
    memcpy (ret_mark->ledger_id, bytes + 8, ZC_LEDGER_ID_BYTES);
    ret_mark->counter = zc_get_u64 (bytes + 24);
    ret_mark->position = zc_get_u64 (bytes + 32);
    ret_mark->place = place;
    return true;
}

static zc_mark_state_t read_places (int fd, zc_mark_t *ret_mark, char *why)
{
    zc_mark_state_t state = ZC_MARK_DAMAGED;
    for (int place = 0; place < 2; place++) {
        uint8_t bytes [MARK_BYTES];
        zc_mark_t mark;
        int64_t got = zc_file_read (fd, bytes, sizeof bytes, (uint64_t) place * ZC_MARK_PLACE_BYTES, ZC_MARK_FILE, why);
        if (got == -1)
            return ZC_MARK_IO_ERROR;
        if (got < MARK_BYTES || !decode (bytes, place, &mark))
            continue;
        if (state == ZC_MARK_DAMAGED || mark.counter > ret_mark->counter)
            *ret_mark = mark;
        state = ZC_MARK_GOOD;
    }
    if (state == ZC_MARK_DAMAGED)
        zc_why (why, "%s at 0: neither of its two marks is good", ZC_MARK_FILE);
    return state;
}

zc_mark_state_t zc_mark_read (const char *directory, zc_mark_t *ret_mark, char why [256])
{
    char path [PATH_MAX];
    /* Without waiting: to open a pipe takes until somebody writes to it. */
    int fd = open (zc_file_path (path, directory, ZC_MARK_FILE), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd == -1) {
        zc_mark_state_t state = errno == ENOENT ? ZC_MARK_ABSENT : ZC_MARK_IO_ERROR;
        zc_why (why, "%s: cannot open it: %m", ZC_MARK_FILE);
        return state;
    }
    zc_mark_state_t state = read_places (fd, ret_mark, why);
    close (fd);
    return state;
}

static int write_both (int fd, const uint8_t id [ZC_LEDGER_ID_BYTES], char *why)
{
    uint8_t places [2 * ZC_MARK_PLACE_BYTES] = {0};
    zc_mark_t mark = {.position = 0};
    memcpy (mark.ledger_id, id, ZC_LEDGER_ID_BYTES);
    for (mark.counter = 0; mark.counter < 2; mark.counter++)
        encode (places + mark.counter * ZC_MARK_PLACE_BYTES, &mark);
    if (zc_file_write (fd, places, sizeof places, 0, ZC_MARK_FILE, why) == -1)
        return -1;
    return fsync (fd) == -1 ? zc_why (why, "%s: cannot sync it: %m", ZC_MARK_FILE) : 0;
}

int zc_mark_create (const char *directory, const uint8_t id [ZC_LEDGER_ID_BYTES], char why [256])
{
    char path [PATH_MAX];
    int fd = open (zc_file_path (path, directory, "new-" ZC_MARK_FILE), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd == -1)
        return zc_why (why, "new-%s: cannot make it: %m", ZC_MARK_FILE);
    int result = write_both (fd, id, why);
    close (fd);
    return result == -1 ? -1 : zc_file_rename (directory, "new-" ZC_MARK_FILE, ZC_MARK_FILE, why);
}

int zc_mark_open (const char *directory, char why [256])
{
    char path [PATH_MAX];
    int fd = open (zc_file_path (path, directory, ZC_MARK_FILE), O_WRONLY | O_CLOEXEC);
    return fd == -1 ? zc_why (why, "%s: cannot open it: %m", ZC_MARK_FILE) : fd;
}

int zc_mark_write (int fd, zc_mark_t *mark, zc_position_t position, char why [256])
{
    uint8_t bytes [MARK_BYTES];
    zc_mark_t next = *mark;
    next.counter++;
    next.place = 1 - mark->place;
    next.position = position;
    encode (bytes, &next);
    if (zc_file_write (fd, bytes, sizeof bytes, (uint64_t) next.place * ZC_MARK_PLACE_BYTES, ZC_MARK_FILE, why) == -1)
        return -1;
    *mark = next;
    return 0;
}
