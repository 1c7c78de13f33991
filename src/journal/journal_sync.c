/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_sync.c - the journal's thread: syncs in groups and tells how far it is.
 */
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "civil/clock.h"
#include "core/base/check.h"
#include "journal/journal_internal.h"

/* What one group syncs. */
typedef struct {
    zc_position_t upto;
    zc_journal_segment_t *full;    /* given over: to be closed */
    zc_journal_segment_t *current; /* stays the writer's; a full one is not closed by anyone else */
    bool directory;
    int64_t began_ns;
} group_t;

static void tell (const zc_journal_t *self)
{
    /* Fails only where the counter is full: then it is readable, and that is all it is for. */
    (void) !eventfd_write (self->event_fd, 1);
}

int zc_journal_fail (zc_journal_t *self, const char *why)
{
    pthread_mutex_lock (&self->lock);
    if (!zc_journal_has_failed (self)) {
        zc_journal_file_why (self->why, "%s", why);
        atomic_store_explicit (&self->failed, true, memory_order_release);
    }
    pthread_cond_broadcast (&self->progress);
    pthread_cond_signal (&self->work);
    pthread_mutex_unlock (&self->lock);
    tell (self);
    return -1;
}

/* ---------------------------------------------------------------------------- groups */

static group_t take_group (zc_journal_t *self)
{
    group_t group = {.upto = self->written,
                     .full = self->full,
                     .current = self->current,
                     .directory = self->directory_changed,
                     .began_ns = zc_clock_mono_ns ()};
    self->full = NULL;
    self->full_end = &self->full;
    self->full_count = 0;
    self->directory_changed = false;
    self->stats.syncing = true;
    self->syncing_since_ns = group.began_ns;
    self->next_group_ns = group.began_ns + self->options.sync_interval_ms * 1000000;
    return group;
}

/* In order, and the mark last: it never says more than what is on the disk. Never tried again: after a
 * failed fsync the kernel may count the pages as clean. */
static int sync_files (zc_journal_t *self, group_t *group, char *why)
{
    int result = 0;
    while (group->full) {
        zc_journal_segment_t *segment = group->full;
        group->full = segment->next;
        if (result == 0)
            result = zc_journal_segment_sync (segment, why);
        zc_journal_segment_close (&segment);
    }
    if (result == 0)
        result = zc_journal_segment_sync (group->current, why);
    if (result == 0 && group->directory)
        result = zc_journal_file_sync_directory (self->options.directory, why);
    if (result == 0)
        result = zc_journal_watermark_write (self->mark_fd, &self->mark, group->upto, why);
    return result;
}

static void publish (zc_journal_t *self, const group_t *group)
{
    zc_journal_stats_t *stats = &self->stats;
    zc_check (group->upto > zc_journal_synced (self) && group->upto <= self->written);
    zc_check (self->mark.position == group->upto);
    atomic_store_explicit (&self->synced, group->upto, memory_order_release);
    stats->syncing = false;
    stats->syncs++;
    stats->synced_at_ms = zc_clock_wall_ms ();
    self->synced_ns = zc_clock_mono_ns ();
    stats->last_sync_us = (self->synced_ns - group->began_ns) / ZC_NS_PER_US;
    if (stats->last_sync_us > stats->slowest_sync_us)
        stats->slowest_sync_us = stats->last_sync_us;
    pthread_cond_broadcast (&self->progress);
    tell (self);
}

/* Lock held; given up meanwhile. */
static void sync_group (zc_journal_t *self)
{
    char why [ZC_WHY_BYTES];
    group_t group = take_group (self);
    pthread_cond_broadcast (&self->progress); /* a writer may wait for room among the full ones */
    pthread_mutex_unlock (&self->lock);
    int result = sync_files (self, &group, why);
    if (result == -1)
        zc_journal_fail (self, why);
    pthread_mutex_lock (&self->lock);
    if (result == 0)
        publish (self, &group);
}

/* ---------------------------------------------------------------------------- thread */

static bool has_unsynced (zc_journal_t *self)
{
    return self->written > atomic_load_explicit (&self->synced, memory_order_relaxed);
}

static void wait_for_work (zc_journal_t *self)
{
    if (has_unsynced (self)) {
        const struct timespec when = {.tv_sec = self->next_group_ns / 1000000000,
                                      .tv_nsec = self->next_group_ns % 1000000000};
        pthread_cond_timedwait (&self->work, &self->lock, &when);
        return;
    }
    self->idle = true;
    pthread_cond_wait (&self->work, &self->lock);
    self->idle = false;
}

static void *run (void *argument)
{
    zc_journal_t *self = argument;
    pthread_mutex_lock (&self->lock);
    while (!zc_journal_has_failed (self) && !(self->ending && !has_unsynced (self))) {
        if (has_unsynced (self) && (self->ending || zc_clock_mono_ns () >= self->next_group_ns))
            sync_group (self);
        else if (self->ending || !zc_journal_retain (self))
            wait_for_work (self);
    }
    pthread_mutex_unlock (&self->lock);
    return NULL;
}

int zc_journal_start (zc_journal_t *self, char *why)
{
    /* Signals are the process's: none is taken here. */
    sigset_t all, before;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &before);
    self->started = pthread_create (&self->thread, NULL, run, self) == 0;
    pthread_sigmask (SIG_SETMASK, &before, NULL);
    return self->started ? 0 : zc_journal_file_why (why, "cannot start the journal's thread");
}

void zc_journal_stop (zc_journal_t *self)
{
    if (!self->started)
        return;
    pthread_mutex_lock (&self->lock);
    self->ending = true;
    pthread_cond_signal (&self->work);
    pthread_mutex_unlock (&self->lock);
    pthread_join (self->thread, NULL);
    self->started = false;
}

/* ---------------------------------------------------------------------- how far it is */

zc_position_t zc_journal_synced (zc_journal_t *self)
{
    return atomic_load_explicit (&self->synced, memory_order_acquire);
}

int zc_journal_descriptor (const zc_journal_t *self)
{
    return self->event_fd;
}

int zc_journal_progress (zc_journal_t *self)
{
    eventfd_t count;
    (void) !eventfd_read (self->event_fd, &count); /* fails only where there is nothing to clear */
    return zc_journal_has_failed (self) ? -1 : 0;
}

int zc_journal_wait_synced (zc_journal_t *self, zc_position_t position)
{
    pthread_mutex_lock (&self->lock);
    while (!zc_journal_has_failed (self) && zc_journal_synced (self) < position)
        pthread_cond_wait (&self->progress, &self->lock);
    pthread_mutex_unlock (&self->lock);
    return zc_journal_has_failed (self) ? -1 : 0;
}

void zc_journal_stats (zc_journal_t *self, zc_journal_stats_t *ret_stats)
{
    pthread_mutex_lock (&self->lock);
    int64_t now_ns = zc_clock_mono_ns ();
    *ret_stats = self->stats;
    ret_stats->sync_age_ms = self->synced_ns ? (now_ns - self->synced_ns) / ZC_NS_PER_MS : 0;
    ret_stats->syncing_ms = self->stats.syncing ? (now_ns - self->syncing_since_ns) / ZC_NS_PER_MS : 0;
    ret_stats->written = self->written;
    ret_stats->synced = zc_journal_synced (self);
    pthread_mutex_unlock (&self->lock);
}

const char *zc_journal_why (const zc_journal_t *self)
{
    return zc_journal_has_failed ((zc_journal_t *) self) ? self->why : "";
}
