/* SPDX-License-Identifier: MPL-2.0
 *
 * mailbox.c - letters between threads; see mailbox.h.
 */
#include "program/mailbox.h"

#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int zc_mailbox_init (zc_mailbox_t *self)
{
    self->first = NULL;
    self->end = &self->first;
    pthread_mutex_init (&self->lock, NULL);
    self->fd = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
    return self->fd == -1 ? -1 : 0;
}

void zc_mailbox_term (zc_mailbox_t *self)
{
    if (self->fd != -1)
        close (self->fd);
    pthread_mutex_destroy (&self->lock);
}

void zc_mailbox_put (zc_mailbox_t *self, zc_letter_t *letter)
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

zc_letter_t *zc_mailbox_take (zc_mailbox_t *self)
{
    uint64_t count;
    if (read (self->fd, &count, sizeof count) < 0)
        return NULL;
    pthread_mutex_lock (&self->lock);
    zc_letter_t *letters = self->first;
    self->first = NULL;
    self->end = &self->first;
    pthread_mutex_unlock (&self->lock);
    return letters;
}

zc_letter_t *zc_mailbox_wait (zc_mailbox_t *self)
{
    struct pollfd readable = {.fd = self->fd, .events = POLLIN};
    zc_letter_t *letters;
    while (!(letters = zc_mailbox_take (self)))
        (void) !poll (&readable, 1, -1); /* may also return for a signal, or for a letter that was taken already */
    return letters;
}
