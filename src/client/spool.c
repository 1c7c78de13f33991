/* SPDX-License-Identifier: MPL-2.0
 *
 * spool.c - a file is made under another name, and gets its own when it is whole and locked.
 */
#include "client/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/spool_format.h"
#include "client/uuid.h"
#include "wire/hex.h"
#include "zcost.h"

/* Beyond the limit the kernel would not only fail but also send SIGXFSZ, which ends a service. */
static bool is_allowed (size_t size)
{
    struct rlimit limit;
    return getrlimit (RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= size;
}

static int allocate (int fd, size_t size)
{
    int error = is_allowed (size) ? posix_fallocate (fd, 0, (off_t) size) : EFBIG;
    errno = error;
    return error == 0 ? 0 : -1;
}

static int write_head (int fd, size_t queue_bytes, const uint8_t producer [ZC_PRODUCER_BYTES])
{
    zc_spool_head_t head;
    memset (&head, 0, sizeof head);
    zc_spool_format (&head, queue_bytes, producer);
    ssize_t written = pwrite (fd, &head, sizeof head, 0);
    if (written >= 0 && written < (ssize_t) sizeof head)
        errno = ENOSPC;
    return written == sizeof head ? 0 : -1;
}

static int identify (zc_spool_t *self)
{
    struct stat status;
    if (fstat (self->fd, &status) != 0)
        return -1;
    self->device = status.st_dev;
    self->inode = status.st_ino;
    return 0;
}

/* Fills the fresh file at `path`, and names it. */
static int make (zc_spool_t *self, const char *path, size_t queue_bytes, const uint8_t producer [ZC_PRODUCER_BYTES])
{
    size_t size = zc_ring_image_bytes (queue_bytes, ZC_SPOOL_BYTES);
    if (flock (self->fd, LOCK_EX | LOCK_NB) != 0 || allocate (self->fd, size) != 0 ||
        write_head (self->fd, queue_bytes, producer) != 0 || identify (self) != 0)
        return -1;
    return rename (path, self->path);
}

static int give_up (zc_spool_t *self, const char *path)
{
    int error = errno;
    unlink (path);
    close (self->fd);
    errno = error;
    return ZCOST_ESYSTEM;
}

int zc_spool_new (const char *dir, const zc_ring_t *queue, zc_spool_t *ret_spool)
{
    uint8_t producer [ZC_PRODUCER_BYTES];
    char text [2 * sizeof producer + 1], path [PATH_MAX];
    zc_spool_t self;
    assert (strlen (dir) <= ZC_SPOOL_DIR_MAX);
    int rc = zc_uuid_new (producer);
    if (rc != 0)
        return rc;
    *zc_hex_write (producer, sizeof producer, text) = '\0';
    snprintf (path, sizeof path, "%s/%s" ZC_SPOOL_NEW_SUFFIX, dir, text);
    snprintf (self.path, sizeof self.path, "%s/%s" ZC_SPOOL_SUFFIX, dir, text);
    self.fd = open (path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (self.fd < 0)
        return ZCOST_ESYSTEM;
    if (make (&self, path, zc_ring_bytes (queue), producer) != 0)
        return give_up (&self, path);
    if (zc_ring_map (queue, self.fd) != 0)
        return give_up (&self, self.path);
    *ret_spool = self;
    return 0;
}

/* A service may have closed the descriptor, and opened something else under its number. */
static bool is_still_ours (const zc_spool_t *self)
{
    struct stat status;
    return self->fd >= 0 && fstat (self->fd, &status) == 0 && status.st_dev == self->device &&
           status.st_ino == self->inode;
}

void zc_spool_end (zc_spool_t *self, bool remove)
{
    if (self->fd >= 0 && remove)
        unlink (self->path);
    if (is_still_ours (self))
        close (self->fd);
    self->fd = -1;
}
