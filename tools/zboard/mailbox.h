/* SPDX-License-Identifier: MPL-2.0
 *
 * mailbox.h - letters from one thread to another, in order, and a descriptor that is readable while there are any.
 *
 * Owns nothing of a letter: who takes it, frees it. Not bounded here: a letter is a question or an answer, of which a
 * bounded number is under way, or what the daemon published, which who takes it drops faster than it comes.
 */
#ifndef ZB_MAILBOX_H
#define ZB_MAILBOX_H

#include <pthread.h>

typedef struct zb_letter {
    struct zb_letter *next;
} zb_letter_t; /* the first member of what is sent */

typedef struct {
    pthread_mutex_t lock;
    zb_letter_t *first, **end;
    int fd;
} zb_mailbox_t;

/* Returns 0, or -1 with errno: then it is to be used no further. */
int zb_mailbox_init (zb_mailbox_t *self);
void zb_mailbox_term (zb_mailbox_t *self);

/* Any thread. */
void zb_mailbox_put (zb_mailbox_t *self, zb_letter_t *letter);

/* All that there are, the oldest first; NULL: none. One thread. */
zb_letter_t *zb_mailbox_take (zb_mailbox_t *self);

#endif
