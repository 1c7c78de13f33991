/* SPDX-License-Identifier: MPL-2.0
 *
 * input.c - bytes through a window of fixed size. See input.h.
 */
#include "zreplay/input.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct zc_input {
    int fd;
    zc_stop_t *stop;
    int64_t size_bytes; /* of a regular file; -1: unknown */
    int64_t taken_bytes;
    bool ended;
    size_t start, end; /* what is at hand in the window */
    char window [ZC_INPUT_WINDOW];
};

zc_input_t *zc_input_new (int fd, zc_stop_t *stop)
{
    zc_input_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->fd = fd;
    self->stop = stop;
    struct stat about;
    self->size_bytes = fstat (fd, &about) == 0 && S_ISREG (about.st_mode) ? about.st_size : -1;
    return self;
}

void zc_input_destroy (zc_input_t **self_p)
{
    zc_input_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    close (self->fd);
    free (self);
    *self_p = NULL;
}

const char *zc_input_bytes (const zc_input_t *self, size_t *ret_size)
{
    *ret_size = self->end - self->start;
    return self->window + self->start;
}

zc_read_t zc_input_more (zc_input_t *self)
{
    if (self->ended)
        return ZC_READ_END;
    if (self->start > 0) {
        memmove (self->window, self->window + self->start, self->end - self->start);
        self->end -= self->start;
        self->start = 0;
    }
    if (self->end == sizeof self->window)
        return ZC_READ_BAD;

    ssize_t got;
    do {
        if (self->stop && zc_stop_wait_readable (self->stop, self->fd))
            return ZC_READ_STOPPED;
        got = read (self->fd, self->window + self->end, sizeof self->window - self->end);
    } while (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (got < 0)
        return ZC_READ_FAILED;
    self->ended = got == 0;
    self->end += (size_t) got;
    return self->ended ? ZC_READ_END : ZC_READ_ITEM;
}

void zc_input_take (zc_input_t *self, size_t size)
{
    self->start += size;
    self->taken_bytes += (int64_t) size;
}

zc_read_t zc_input_skip_line (zc_input_t *self)
{
    for (;;) {
        size_t size;
        const char *bytes = zc_input_bytes (self, &size);
        const char *feed = memchr (bytes, '\n', size);
        zc_input_take (self, feed ? (size_t) (feed - bytes) + 1 : size);
        if (feed)
            return ZC_READ_ITEM;
        zc_read_t read = zc_input_more (self);
        if (read == ZC_READ_END)
            return ZC_READ_ITEM;
        if (read != ZC_READ_ITEM)
            return read;
    }
}

zc_read_t zc_input_begin (zc_input_t *self, int *ret_first)
{
    static const char mark [] = "\xef\xbb\xbf";
    zc_read_t read = ZC_READ_ITEM;
    size_t size;
    const char *bytes = zc_input_bytes (self, &size);
    while (size < 3 && memcmp (bytes, mark, size) == 0 && read == ZC_READ_ITEM) {
        read = zc_input_more (self);
        bytes = zc_input_bytes (self, &size);
    }
    if (read == ZC_READ_STOPPED || read == ZC_READ_FAILED)
        return read;
    if (size >= 3 && memcmp (bytes, mark, 3) == 0)
        zc_input_take (self, 3);
    while ((bytes = zc_input_bytes (self, &size)), size == 0) {
        read = zc_input_more (self);
        if (read == ZC_READ_END)
            break;
        if (read != ZC_READ_ITEM)
            return read;
    }
    *ret_first = size > 0 ? (unsigned char) bytes [0] : -1;
    return ZC_READ_ITEM;
}

double zc_input_share (const zc_input_t *self)
{
    return self->size_bytes > 0 ? (double) self->taken_bytes / (double) self->size_bytes : -1;
}
