/* SPDX-License-Identifier: MPL-2.0
 *
 * checkpointer.c - the thread that writes checkpoints into the store.
 */
#include "daemon/checkpointer.h"

#include <czmq.h>
#include <pthread.h>

#include "civil/clock.h"
#include "core/base/check.h"
#include "program/mailbox.h"

#define TRIMS_A_CHECKPOINT 16 /* calls of zc_store_trim: the rest waits for the next one */

/* The one checkpoint that may be under way, and what became of it. */
typedef struct {
    zc_letter_t letter;
    const zc_checkpoint_t *checkpoint;
    bool failed;
    zc_store_state_t store_state;
    int64_t us;
} job_t;

struct zc_checkpointer {
    zc_store_t *store;
    zc_journal_t *journal; /* NULL: none */
    zc_shared_recent_t *recent;
    const zc_settings_t *settings;
    pthread_t thread;
    zc_mailbox_t inbox, outbox; /* of the thread: the job on its way, and back */
    zc_letter_t end;            /* the last letter in the inbox */
    job_t job;
    char why [320];

    bool busy; /* the caller's own: the job was given and not collected */
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

static void work_on (zc_checkpointer_t *self, job_t *job)
{
    int64_t begun_us = zc_clock_mono_us ();
    job->failed = keep (self, job->checkpoint, &job->store_state) == -1;
    job->us = zc_clock_mono_us () - begun_us;
    zc_mailbox_put (&self->outbox, &job->letter);
}

static void *work (void *argument)
{
    zc_checkpointer_t *self = argument;
    pthread_setname_np (pthread_self (), "zcost-checkpointer");
    while (true)
        for (zc_letter_t *letter = zc_mailbox_wait (&self->inbox), *next; letter; letter = next) {
            next = letter->next;
            if (letter == &self->end)
                return NULL;
            work_on (self, (job_t *) letter);
        }
}

zc_checkpointer_t *zc_checkpointer_new (zc_store_t *store, zc_journal_t *journal, zc_shared_recent_t *recent,
                                        const zc_settings_t *settings)
{
    zc_checkpointer_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    *self = (zc_checkpointer_t){
        .store = store, .journal = journal, .recent = recent, .settings = settings, .inbox.fd = -1, .outbox.fd = -1};
    int error = zc_mailbox_init (&self->inbox) == -1 || zc_mailbox_init (&self->outbox) == -1 ? errno : 0;
    if (error == 0)
        error = pthread_create (&self->thread, NULL, work, self);
    if (error == 0)
        return self;
    zc_mailbox_term (&self->inbox);
    zc_mailbox_term (&self->outbox);
    free (self);
    errno = error;
    return NULL;
}

void zc_checkpointer_destroy (zc_checkpointer_t **self_p)
{
    zc_checkpointer_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zc_mailbox_put (&self->inbox, &self->end);
    pthread_join (self->thread, NULL);
    zc_mailbox_term (&self->inbox);
    zc_mailbox_term (&self->outbox);
    free (self);
    *self_p = NULL;
}

void zc_checkpointer_give (zc_checkpointer_t *self, const zc_checkpoint_t *checkpoint)
{
    zc_check (!self->busy);
    self->busy = true;
    self->job.checkpoint = checkpoint;
    zc_mailbox_put (&self->inbox, &self->job.letter);
}

int zc_checkpointer_descriptor (const zc_checkpointer_t *self)
{
    return self->outbox.fd;
}

zc_checkpointer_state_t zc_checkpointer_collect (zc_checkpointer_t *self, bool wait, zc_store_state_t *ret_state,
                                                 int64_t *ret_us)
{
    if (!(wait && self->busy ? zc_mailbox_wait (&self->outbox) : zc_mailbox_take (&self->outbox)))
        return self->busy ? ZC_CHECKPOINTER_BUSY : ZC_CHECKPOINTER_IDLE;
    self->busy = false;
    if (self->job.failed)
        return ZC_CHECKPOINTER_FAILED;
    *ret_state = self->job.store_state;
    *ret_us = self->job.us;
    return ZC_CHECKPOINTER_DONE;
}

const char *zc_checkpointer_why (const zc_checkpointer_t *self)
{
    return self->why;
}
