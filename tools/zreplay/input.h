/* SPDX-License-Identifier: MPL-2.0
 *
 * input.h - bytes from a file or a pipe, through a window of fixed size.
 *
 * Owns the descriptor and the window. What is looked for (a line, a row) must fit
 * into the window: no input can make the tool grow. Knows no format.
 */
#ifndef ZC_INPUT_H
#define ZC_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "zreplay/stop.h"

#define ZC_INPUT_WINDOW 65536 /* bytes of the longest line, its end included */

/* What reading gave; of the readers of formats as well. */
typedef enum {
    ZC_READ_ITEM,    /* what was asked for: bytes, a row, an event */
    ZC_READ_END,     /* nothing more will come */
    ZC_READ_BAD,     /* a line that is wrong; the next one can be read */
    ZC_READ_STOPPED, /* asked to stop while waiting */
    ZC_READ_FAILED   /* the system failed: errno */
} zc_read_t;

typedef struct zc_input zc_input_t;

/* Takes over fd, which is closed at the end. stop: what ends a wait, or NULL. NULL: no memory. */
zc_input_t *zc_input_new (int fd, zc_stop_t *stop);
void zc_input_destroy (zc_input_t **self);

/* The bytes at hand, a view until the next call of more, skip_line or destroy. */
const char *zc_input_bytes (const zc_input_t *self, size_t *ret_size);

/* Adds bytes to those at hand. ITEM, END, STOPPED, FAILED; BAD: the window is full. */
zc_read_t zc_input_more (zc_input_t *self);

/* Drops the first `size` bytes at hand. */
void zc_input_take (zc_input_t *self, size_t size);

/* Drops all up to and with the next line feed, or to the end: ITEM; else STOPPED, FAILED. */
zc_read_t zc_input_skip_line (zc_input_t *self);

/* Drops a UTF-8 byte order mark, where there is one, and looks at the first byte after it.
 * *ret_first: that byte, -1 at the end. ITEM; else STOPPED, FAILED. */
zc_read_t zc_input_begin (zc_input_t *self, int *ret_first);

/* The share that was taken, 0 to 1; negative where the size is unknown (a pipe). */
double zc_input_share (const zc_input_t *self);

#endif
