/* SPDX-License-Identifier: MPL-2.0
 *
 * checkpointer.c - the thread that writes checkpoints into the store.
 */
#include "daemon/checkpointer.h"

#include <czmq.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "civil/clock.h"

#define TRIMS_A_CHECKPOINT 16 /* calls of zc_store_trim: the rest waits for the next one */

struct zc_checkpointer {
    zc_store_t *store;
    zc_journal_t *journal; /* NULL: none */
    zc_shared_recent_t *recent;
    const zc_settings_t *settings;
    pthread_t thread;
    int done; /* eventfd */

    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool ending;
    zc_checkpointer_state_t state;
    const zc_checkpoint_t *checkpoint; /* the thread's while BUSY */
    zc_store_state_t store_state;
    int64_t us;
    char why [320];
};

static int fail (zc_checkpointer_t *self, const char *what, const char *why)
{
    snprintf (self->why, sizeof self->why, "%s: %s", what, why);
    return -1;
}

/* Now minus a time to keep, in seconds; 0 where it is kept for good. */
static int64_t before (int64_t now_ms, int64_t keep_ms)
{
    return keep_ms == ZC_FOREVER ? 0 : (now_ms - keep_ms) / 1000;
}

static int trim (zc_checkpointer_t *self, int64_t now_ms)
{
    const zc_settings_t *settings = self->settings;
    const zc_horizon_t horizon = {
        .before_s = {[ZC_MINUTE] = before (now_ms, settings->retention.minutes_ms),
                     [ZC_QUARTER] = before (now_ms, settings->retention.quarters_ms),
                     [ZC_DAY] = before (now_ms, settings->days_ms)},
    };
    bool more = true;
    for (int i = 0; more && i < TRIMS_A_CHECKPOINT; i++)
        if (zc_store_trim (self->store, &horizon, &more) == -1)
            return fail (self, "store", zc_store_why (self->store));
    return 0;
}

/* Where memory is short it gives up what it has, and the store is asked instead. */
static void remember (zc_checkpointer_t *self, const zc_checkpoint_t *checkpoint)
{
    pthread_rwlock_wrlock (&self->recent->lock);
    zc_recent_minutes_add (self->recent->recent, checkpoint->cells, checkpoint->sequence);
    zc_recent_minutes_keep (self->recent->recent, checkpoint->taken_ms / 1000);
    pthread_rwlock_unlock (&self->recent->lock);
}

static int keep (zc_checkpointer_t *self, const zc_checkpoint_t *checkpoint, zc_store_state_t *ret_state)
{
    if (self->journal && zc_journal_wait_synced (self->journal, checkpoint->position) == -1)
        return fail (self, "journal", zc_journal_why (self->journal));
    if (zc_store_commit (self->store, checkpoint, ret_state) == -1)
        return fail (self, "store", zc_store_why (self->store));
    remember (self, checkpoint);
    if (self->journal && zc_journal_checkpointed (self->journal, checkpoint->position, checkpoint->taken_ms) == -1)
        return fail (self, "journal", zc_journal_why (self->journal));
    return trim (self, checkpoint->taken_ms);
}

static void *work (void *argument)
{
    zc_checkpointer_t *self = argument;
    pthread_setname_np (pthread_self (), "zcost-checkpointer");
    pthread_mutex_lock (&self->mutex);
    while (true) {
        while (self->state != ZC_CHECKPOINTER_BUSY && !self->ending)
            pthread_cond_wait (&self->changed, &self->mutex);
        if (self->state != ZC_CHECKPOINTER_BUSY)
            break;
        const zc_checkpoint_t *checkpoint = self->checkpoint;
        pthread_mutex_unlock (&self->mutex);
        int64_t begun_us = zc_clock_mono_us ();
        zc_store_state_t state;
        int rc = keep (self, checkpoint, &state);
        pthread_mutex_lock (&self->mutex);
        self->us = zc_clock_mono_us () - begun_us;
        self->store_state = state;
        self->state = rc == 0 ? ZC_CHECKPOINTER_DONE : ZC_CHECKPOINTER_FAILED;
        pthread_cond_broadcast (&self->changed);
        eventfd_write (self->done, 1);
    }
    pthread_mutex_unlock (&self->mutex);
    return NULL;
}

zc_checkpointer_t *zc_checkpointer_new (zc_store_t *store, zc_journal_t *journal, zc_shared_recent_t *recent,
                                        const zc_settings_t *settings)
{
    zc_checkpointer_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->store = store;
    self->journal = journal;
    self->recent = recent;
    self->settings = settings;
    pthread_mutex_init (&self->mutex, NULL);
    pthread_cond_init (&self->changed, NULL);
    self->done = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
    int error = self->done == -1 ? errno : pthread_create (&self->thread, NULL, work, self);
    if (error == 0)
        return self;
    if (self->done != -1)
        close (self->done);
    free (self);
    errno = error;
    return NULL;
}

void zc_checkpointer_destroy (zc_checkpointer_t **self_p)
{
    zc_checkpointer_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    pthread_mutex_lock (&self->mutex);
    self->ending = true;
    pthread_cond_broadcast (&self->changed);
    pthread_mutex_unlock (&self->mutex);
    pthread_join (self->thread, NULL);
    close (self->done);
    free (self);
    *self_p = NULL;
}

void zc_checkpointer_give (zc_checkpointer_t *self, const zc_checkpoint_t *checkpoint)
{
    pthread_mutex_lock (&self->mutex);
    assert (self->state == ZC_CHECKPOINTER_IDLE);
    self->checkpoint = checkpoint;
    self->state = ZC_CHECKPOINTER_BUSY;
    pthread_cond_broadcast (&self->changed);
    pthread_mutex_unlock (&self->mutex);
}

int zc_checkpointer_descriptor (const zc_checkpointer_t *self)
{
    return self->done;
}

zc_checkpointer_state_t zc_checkpointer_collect (zc_checkpointer_t *self, bool wait, zc_store_state_t *ret_state,
                                                 int64_t *ret_us)
{
    eventfd_t count;
    pthread_mutex_lock (&self->mutex);
    while (wait && self->state == ZC_CHECKPOINTER_BUSY)
        pthread_cond_wait (&self->changed, &self->mutex);
    zc_checkpointer_state_t state = self->state;
    if (state == ZC_CHECKPOINTER_DONE) {
        *ret_state = self->store_state;
        *ret_us = self->us;
    }
    if (state != ZC_CHECKPOINTER_BUSY) {
        self->state = ZC_CHECKPOINTER_IDLE;
        eventfd_read (self->done, &count);
    }
    pthread_mutex_unlock (&self->mutex);
    return state;
}

const char *zc_checkpointer_why (const zc_checkpointer_t *self)
{
    return self->why;
}
