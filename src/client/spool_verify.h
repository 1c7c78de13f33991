/* SPDX-License-Identifier: MPL-2.0
 *
 * spool_verify.h - a spool file's content, read and verified.
 */
#ifndef ZC_SPOOL_VERIFY_H
#define ZC_SPOOL_VERIFY_H

#include <stdbool.h>

#include "client/ring.h"

typedef enum {
    ZC_SPOOL_WHOLE,   /* all that it should hold is there */
    ZC_SPOOL_DAMAGED, /* it ends earlier than it should */
    ZC_SPOOL_BAD,     /* not one of this version, or nothing of it can be believed */
    ZC_SPOOL_UNREAD   /* no memory, or the disk failed: to be tried again */
} zc_spool_verified_t;

/* Reads the file into a queue of private memory, whose room and ring then hold only what is verified
 * and not yet settled. *ret_queue, for the caller to end, is written for WHOLE and DAMAGED. */
zc_spool_verified_t zc_spool_verify (int fd, zc_ring_t *ret_queue);

#endif
