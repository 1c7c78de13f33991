/* SPDX-License-Identifier: MPL-2.0
 *
 * mailbox.h - letters from one thread to another, in order, and a descriptor that is readable while there are any.
 *
 * Owns nothing of a letter: the thread that takes it frees it. Not bounded here: of what is sent a bounded number is
 * under way (queries and their answers, one checkpoint), or it is dropped faster than it comes (what was published).
 */
#ifndef ZC_MAILBOX_H
#define ZC_MAILBOX_H

#include <pthread.h>

typedef struct zc_letter {
    struct zc_letter *next;
} zc_letter_t; /* the first member of what is sent */

typedef struct {
    pthread_mutex_t lock;
    zc_letter_t *first, **end;
    int fd;
} zc_mailbox_t;

/* Returns 0, or -1 with errno: then nothing but zc_mailbox_term may follow. */
int zc_mailbox_init (zc_mailbox_t *self);
void zc_mailbox_term (zc_mailbox_t *self); /* also of zeros with fd -1 */

/* Any thread. */
void zc_mailbox_put (zc_mailbox_t *self, zc_letter_t *letter);

/* All that there are, the oldest first; NULL: none. One thread. */
zc_letter_t *zc_mailbox_take (zc_mailbox_t *self);

/* The same, but waits until there are some. */
zc_letter_t *zc_mailbox_wait (zc_mailbox_t *self);

#endif
