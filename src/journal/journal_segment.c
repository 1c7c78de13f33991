/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_segment.c - a segment's file, open for writing.
 */
#include "journal/journal_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static zc_journal_segment_t *new_segment (const zc_journal_segment_header_t *header, int fd, char *why)
{
    zc_journal_segment_t *self = calloc (1, sizeof *self);
    if (!self) {
        close (fd);
        zc_journal_file_why (why, "not enough memory for a segment");
        return NULL;
    }
    self->fd = fd;
    self->header = *header;
    self->seed = zc_journal_segment_seed (header);
    zc_journal_file_name (self->name, ZC_JOURNAL_FILE_SEGMENT, header->number);
    return self;
}

void zc_journal_segment_close (zc_journal_segment_t **self_p)
{
    zc_journal_segment_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    close (self->fd);
    free (self);
    *self_p = NULL;
}

int zc_journal_segment_allocate (const char *directory, const char *name, uint32_t bytes, char why [ZC_WHY_BYTES])
{
    char path [PATH_MAX];
    int fd = open (zc_journal_file_path (path, directory, name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd == -1)
        return zc_journal_file_why (why, "%s: cannot create: %m", name);
    errno = posix_fallocate (fd, 0, (off_t) bytes);
    if (errno == 0)
        return fd;
    zc_journal_file_why (why, "%s: cannot allocate %u bytes: %m", name, bytes);
    close (fd);
    unlink (path); /* it may hold the last of the disk */
    return -1;
}

/* Writes header and end, and gives the file its name; only then is it a segment. Takes the descriptor. */
static zc_journal_segment_t *name_segment (const char *directory, const char *from, int fd,
                                           const zc_journal_segment_header_t *header, char *why)
{
    uint8_t head [ZC_SEGMENT_HEADER_BYTES + ZC_RECORD_HEADER_BYTES] = {0};
    zc_journal_segment_header_encode (head, header);
    zc_journal_segment_t *self = new_segment (header, fd, why);
    if (self && (zc_journal_file_write (fd, head, sizeof head, 0, from, why) == -1 ||
                 zc_journal_file_rename (directory, from, self->name, why) == -1))
        zc_journal_segment_close (&self);
    return self;
}

zc_journal_segment_t *zc_journal_segment_make (const char *directory, const zc_journal_segment_header_t *header,
                                               char why [ZC_WHY_BYTES])
{
    char name [ZC_JOURNAL_FILE_NAME_BYTES];
    int fd = zc_journal_segment_allocate (directory, zc_journal_file_name (name, ZC_JOURNAL_FILE_NEW, header->number),
                                          header->bytes, why);
    return fd == -1 ? NULL : name_segment (directory, name, fd, header, why);
}

zc_journal_segment_t *zc_journal_segment_make_of_spare (const char *directory, uint32_t spare,
                                                        const zc_journal_segment_header_t *header,
                                                        char why [ZC_WHY_BYTES])
{
    char name [ZC_JOURNAL_FILE_NAME_BYTES], path [PATH_MAX];
    int fd = open (zc_journal_file_path (path, directory, zc_journal_file_name (name, ZC_JOURNAL_FILE_SPARE, spare)),
                   O_RDWR | O_CLOEXEC);
    if (fd == -1) {
        zc_journal_file_why (why, "%s: cannot open: %m", name);
        return NULL;
    }
    return name_segment (directory, name, fd, header, why);
}

/* Reads the header and holds it against what it should say. */
static int read_header (int fd, const char *name, uint32_t number, const uint8_t *id,
                        zc_journal_segment_header_t *ret_header, char *why)
{
    uint8_t head [ZC_SEGMENT_HEADER_BYTES] = {0};
    if (zc_journal_file_read (fd, head, sizeof head, 0, name, why) == -1)
        return -1;
    if (zc_journal_segment_header_decode (head, ret_header) == -1 || ret_header->number != number ||
        memcmp (ret_header->ledger_id, id, ZC_LEDGER_ID_BYTES) != 0)
        return zc_journal_file_why (why, "%s at 0: the header belongs to another journal", name);
    return 0;
}

zc_journal_segment_t *zc_journal_segment_open (const char *directory, uint32_t number,
                                               const uint8_t id [ZC_LEDGER_ID_BYTES], char why [ZC_WHY_BYTES])
{
    char name [ZC_JOURNAL_FILE_NAME_BYTES], path [PATH_MAX];
    zc_journal_segment_header_t header;
    int fd = open (zc_journal_file_path (path, directory, zc_journal_file_name (name, ZC_JOURNAL_FILE_SEGMENT, number)),
                   O_RDWR | O_CLOEXEC);
    if (fd == -1) {
        zc_journal_file_why (why, "%s: cannot open: %m", name);
        return NULL;
    }
    if (read_header (fd, name, number, id, &header, why) == -1) {
        close (fd);
        return NULL;
    }
    return new_segment (&header, fd, why);
}

int zc_journal_segment_sync (const zc_journal_segment_t *self, char why [ZC_WHY_BYTES])
{
    return fdatasync (self->fd) == -1 ? zc_journal_file_why (why, "%s: cannot sync: %m", self->name) : 0;
}
