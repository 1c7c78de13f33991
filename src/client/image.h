/* SPDX-License-Identifier: MPL-2.0
 *
 * image.h - a spool file's content, read and verified.
 */
#ifndef ZC_IMAGE_H
#define ZC_IMAGE_H

#include <stdbool.h>

#include "client/queue.h"

typedef enum {
    ZC_IMAGE_WHOLE,   /* all that it should hold is there */
    ZC_IMAGE_DAMAGED, /* it ends earlier than it should */
    ZC_IMAGE_BAD,     /* not one of this version, or nothing of it can be believed */
    ZC_IMAGE_UNREAD   /* no memory, or the disk failed: to be tried again */
} zc_image_state_t;

/* Reads the file into a queue of private memory, whose room and ring then hold only what is verified
 * and not yet settled. *ret_queue, for the caller to end, is written for WHOLE and DAMAGED. */
zc_image_state_t zc_image_read (int fd, zc_queue_t *ret_queue);

#endif
