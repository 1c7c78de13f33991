/* SPDX-License-Identifier: MPL-2.0
 *
 * spool_adopt.c - finding, locking, adopting, putting aside.
 */
#include "client/spool_adopt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "civil/clock.h"
#include "client/spool_verify.h"
#include "client/spool.h"
#include "wire/hex.h"

/* The boundaries of what was not cut yet must be the same for each who adopts it, whatever its
 * options: never to be changed. */
#define FRAME_BYTES ((size_t) 32 << 10)
#define BIRTH_S 60 /* a file takes a moment to be made; one that takes longer never will be */

struct zc_spool_adopted {
    zc_spool_t file;
    zc_ring_t queue;
    zc_outbox_t *outbox;
    bool is_damaged;
};

/* ------------------------------------------------------------------------------- the file */

/* Opens and locks what stands at the path. Whether it is ours now, and still there. */
static bool take_file (const char *path, zc_spool_t *ret_file, struct stat *ret_status)
{
    zc_spool_t file = {.fd = open (path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (file.fd < 0)
        return false;
    /* Looked at once more under the lock: its owner, or another adopter, may just have removed it. */
    if (flock (file.fd, LOCK_EX | LOCK_NB) != 0 || fstat (file.fd, ret_status) != 0 || !S_ISREG (ret_status->st_mode) ||
        ret_status->st_nlink == 0) {
        close (file.fd);
        return false;
    }
    file.device = ret_status->st_dev;
    file.inode = ret_status->st_ino;
    snprintf (file.path, sizeof file.path, "%s", path);
    *ret_file = file;
    return true;
}

static void put_aside (const zc_spool_t *file)
{
    char path [PATH_MAX + sizeof ZC_SPOOL_BAD_SUFFIX];
    snprintf (path, sizeof path, "%s" ZC_SPOOL_BAD_SUFFIX, file->path);
    rename (file->path, path);
}

static bool ends_with (const char *name, const char *suffix)
{
    uint8_t producer [ZC_PRODUCER_BYTES];
    size_t hex = 2 * sizeof producer;
    return strlen (name) > hex && zc_hex_read (name, sizeof producer, producer) && strcmp (name + hex, suffix) == 0;
}

/* Its age first: who is making it must not find it locked. */
static void sweep (const char *path)
{
    zc_spool_t file;
    struct stat status;
    if (lstat (path, &status) == 0 && zc_clock_wall_ms () / 1000 - status.st_mtime > BIRTH_S &&
        take_file (path, &file, &status))
        zc_spool_end (&file, true);
}

/* ---------------------------------------------------------------------------------- adopting */

static zc_spool_adopted_t *adopt (const zc_spool_t *file, const zc_ring_t *queue, bool is_damaged)
{
    const zc_outbox_options_t options = {.frame_bytes = FRAME_BYTES, .adopted_fd = file->fd};
    zc_spool_adopted_t *self = calloc (1, sizeof *self);
    if (!self || zc_outbox_new (queue, &options, &self->outbox) != 0) {
        free (self);
        return NULL;
    }
    self->file = *file;
    self->queue = *queue;
    self->is_damaged = is_damaged;
    return self;
}

/* What stands at the path, if it is a spool that nobody owns and that can be read. */
static zc_spool_adopted_t *try (const char *path)
{
    zc_spool_t file;
    struct stat status;
    zc_ring_t queue = {0};
    zc_spool_adopted_t *self = NULL;
    if (!take_file (path, &file, &status))
        return NULL;
    zc_spool_verified_t state = zc_spool_verify (file.fd, &queue);
    if (state == ZC_SPOOL_BAD)
        put_aside (&file);
    if (state == ZC_SPOOL_WHOLE || state == ZC_SPOOL_DAMAGED)
        self = adopt (&file, &queue, state == ZC_SPOOL_DAMAGED);
    if (!self) {
        zc_ring_term (&queue);
        zc_spool_end (&file, false);
    }
    return self;
}

bool zc_spool_adopt (const char *dir, zc_spool_adopted_t **ret_adopted)
{
    zc_spool_adopted_t *found = NULL;
    DIR *entries = opendir (dir);
    if (!entries)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir (entries));) {
        char path [PATH_MAX];
        if (snprintf (path, sizeof path, "%s/%s", dir, entry->d_name) >= (int) sizeof path)
            continue;
        if (ends_with (entry->d_name, ZC_SPOOL_SUFFIX))
            found = try (path);
        else if (ends_with (entry->d_name, ZC_SPOOL_NEW_SUFFIX))
            sweep (path);
    }
    closedir (entries);
    if (found)
        *ret_adopted = found;
    return found;
}

zc_outbox_t *zc_spool_adopted_outbox (const zc_spool_adopted_t *self)
{
    return self->outbox;
}

const zc_ring_t *zc_spool_adopted_ring (const zc_spool_adopted_t *self)
{
    return &self->queue;
}

bool zc_spool_adopted_is_done (const zc_spool_adopted_t *self)
{
    return zc_outbox_is_done (self->outbox) || zc_outbox_is_fenced (self->outbox);
}

void zc_spool_adopted_destroy (zc_spool_adopted_t **self_p)
{
    zc_spool_adopted_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    *self_p = NULL;
    bool is_sent = zc_outbox_is_done (self->outbox) && !self->is_damaged;
    if (zc_spool_adopted_is_done (self) && !is_sent)
        put_aside (&self->file);
    zc_spool_end (&self->file, is_sent);
    zc_outbox_destroy (&self->outbox);
    zc_ring_term (&self->queue);
    free (self);
}
