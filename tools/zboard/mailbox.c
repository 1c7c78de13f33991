/* SPDX-License-Identifier: MPL-2.0
 *
 * mailbox.c - letters between threads; see mailbox.h.
 */
#include "zboard/mailbox.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int zb_mailbox_init (zb_mailbox_t *self)
{
    self->first = NULL;
    self->end = &self->first;
    pthread_mutex_init (&self->lock, NULL);
    self->fd = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
    return self->fd == -1 ? -1 : 0;
}

void zb_mailbox_term (zb_mailbox_t *self)
{
    if (self->fd != -1)
        close (self->fd);
    pthread_mutex_destroy (&self->lock);
}

void zb_mailbox_put (zb_mailbox_t *self, zb_letter_t *letter)
{
    static const uint64_t one = 1;
    letter->next = NULL;
    pthread_mutex_lock (&self->lock);
    *self->end = letter;
    self->end = &letter->next;
    pthread_mutex_unlock (&self->lock);
    /* Cannot fail but when 2^64 letters wait. */
    if (write (self->fd, &one, sizeof one) < 0)
        return;
}

zb_letter_t *zb_mailbox_take (zb_mailbox_t *self)
{
    uint64_t count;
    if (read (self->fd, &count, sizeof count) < 0)
        return NULL;
    pthread_mutex_lock (&self->lock);
    zb_letter_t *letters = self->first;
    self->first = NULL;
    self->end = &self->first;
    pthread_mutex_unlock (&self->lock);
    return letters;
}
