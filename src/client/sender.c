/* SPDX-License-Identifier: MPL-2.0
 *
 * sender.c - the thread, its start, its pace and its end.
 */
#include "client/sender.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "client/sender_round.h"
#include "client/futex.h"
#include "client/spool.h"
#include "zcost.h"

#define NAP_MIN_NS 50000              /* a shorter sleep is none: the kernel's timers have that much slack */
#define NAP_HURRIED_NS ZC_NS_PER_MS   /* while somebody waits for us */
#define RETRY_NS ZC_NS_PER_S          /* between two starts that fail */
#define GRACE_NS (100 * ZC_NS_PER_MS) /* to end, beyond the bound of a close */

/* Who frees: whoever comes second. */
enum { LIFE_ON = 0, LIFE_ENDED, LIFE_ABANDONED };

/* All that is shared between threads: in the queue's annex, 0 in a forked child. */
typedef struct {
    _Atomic uint32_t has_thread; /* futex */
    _Atomic uint32_t started;    /* futex: how many starts are decided */
    _Atomic uint32_t wake;       /* futex: ends the thread's nap */
    _Atomic uint32_t progress;   /* futex: the thread has looked around */
    _Atomic uint32_t ended;      /* futex: the thread ends */
    _Atomic uint32_t life;
    _Atomic uint32_t waiters;
    _Atomic uint32_t connected;
    _Atomic uint32_t lost; /* some of what was handed over did not leave the process */
    _Atomic int32_t error; /* of the last start: a ZCOST_ code, and errno */
    _Atomic int32_t error_no;
    _Atomic int64_t retry_at_ns;
    _Atomic int64_t stop_at_ns; /* 0: go on */
    _Atomic uint32_t claim;     /* futex: somebody is getting a forked child its own file */
    _Atomic uint32_t spooled;
    _Atomic uint64_t sent, resent, given_up, declared;
} shared_t;

static_assert (sizeof (shared_t) <= ZC_RING_ANNEX_BYTES, "the annex holds it");

struct zc_sender {
    zc_ring_t queue;
    _Atomic uint32_t *gate;
    shared_t *shared;
    pthread_t thread;
    zc_sender_round_t *sender_round; /* the thread's own; a stale copy of the parent's in a forked child */
    int64_t interval_ns;
    char *endpoint, *publish, *spool_dir; /* NULL: not given */
    size_t batch_bytes;
    const zc_outbox_times_t *times;
    zc_spool_t spool; /* of the parent's file, in a forked child, until it has its own */
};

/* ------------------------------------------------------------------------- its own memory */

static void release_self (zc_sender_t *self)
{
    free (self->endpoint);
    free (self->publish);
    free (self->spool_dir);
    free (self);
}

static bool copy (const char *text, char **ret_copy)
{
    *ret_copy = text ? strdup (text) : NULL;
    return *ret_copy || !text;
}

/* The directory by its full name: the service may change its own. */
static int open_spool (zc_sender_t *self, const char *dir)
{
    if (!(self->spool_dir = realpath (dir, NULL)))
        return errno == ENOMEM ? ZCOST_ENOMEM : ZCOST_ESYSTEM;
    if (strlen (self->spool_dir) > ZC_SPOOL_DIR_MAX) {
        errno = ENAMETOOLONG;
        return ZCOST_ESYSTEM;
    }
    int rc = zc_spool_new (self->spool_dir, &self->queue, &self->spool);
    atomic_store (&self->shared->spooled, rc == 0);
    return rc;
}

int zc_sender_new (const zc_ring_t *queue, const zc_sender_options_t *options, zc_sender_t **ret_sender)
{
    zc_sender_t *self = calloc (1, sizeof *self);
    if (!self)
        return ZCOST_ENOMEM;
    self->queue = *queue;
    self->gate = zc_ring_gate (queue);
    self->shared = zc_ring_annex (queue);
    self->batch_bytes = options->batch_bytes;
    self->interval_ns = (int64_t) options->flush_interval_ms * ZC_NS_PER_MS;
    self->times = options->times;
    self->spool.fd = -1;
    bool copied = copy (options->endpoint, &self->endpoint) && copy (options->publish, &self->publish);
    int rc = copied ? 0 : ZCOST_ENOMEM;
    if (rc == 0 && options->spool_dir)
        rc = open_spool (self, options->spool_dir);
    if (rc == 0) {
        *ret_sender = self;
        return 0;
    }
    int error = errno;
    release_self (self);
    errno = error;
    return rc;
}

static bool is_empty (const zc_sender_t *self)
{
    zc_ring_stats_t stats;
    zc_ring_stats (&self->queue, &stats);
    return stats.pushed == stats.popped;
}

static void release (zc_sender_t *self)
{
    /* What is not acknowledged is in the file, for the next start. Another process's is not ours to judge. */
    zc_spool_end (&self->spool, !zc_ring_is_foreign (&self->queue) && is_empty (self));
    zc_ring_term (&self->queue);
    release_self (self);
}

/* Whether the daemon knows of every drop, where it is told of them. */
static bool is_declared (const zc_sender_t *self, uint64_t dropped)
{
    return !self->publish || atomic_load (&self->shared->declared) >= dropped;
}

static bool is_settled (const zc_sender_t *self)
{
    zc_ring_stats_t stats;
    zc_ring_stats (&self->queue, &stats);
    return stats.pushed == stats.popped && is_declared (self, stats.dropped);
}

static bool swap_gate (zc_sender_t *self, uint32_t from, uint32_t to)
{
    return atomic_compare_exchange_strong (self->gate, &from, to);
}

/* -------------------------------------------------------------------------- the thread */

/* The next nap: shorter while the queue fills fast, longer again when it does not. */
static int64_t pace (const zc_sender_t *self, int64_t nap_ns, const zc_sender_round_result_t *round)
{
    size_t capacity = zc_ring_bytes (&self->queue);
    if (!round->moved)
        return self->interval_ns;
    if (round->waiting_bytes > capacity / 4)
        return nap_ns / 4 < NAP_MIN_NS ? 0 : nap_ns / 4;
    if (round->waiting_bytes < capacity / 16)
        nap_ns = 2 * nap_ns + NAP_MIN_NS;
    return nap_ns < self->interval_ns ? nap_ns : self->interval_ns;
}

static void publish_stats (shared_t *shared, const zc_sender_round_result_t *round)
{
    atomic_store (&shared->connected, round->connected);
    atomic_store (&shared->sent, round->stats.sent);
    atomic_store (&shared->resent, round->stats.resent);
    atomic_store (&shared->given_up, round->stats.lost);
    atomic_store (&shared->declared, round->stats.declared);
}

/* One look around. Whether to go on. */
static bool pass (zc_sender_t *self, int64_t *nap_ns)
{
    shared_t *shared = self->shared;
    zc_sender_round_result_t round;
    bool awaited = atomic_load (&shared->waiters) > 0;
    int64_t stop_at_ns = atomic_load (&shared->stop_at_ns);
    bool hurried = awaited || stop_at_ns;
    zc_sender_round_run (self->sender_round, hurried, &round);
    publish_stats (shared, &round);
    *nap_ns = pace (self, *nap_ns, &round);
    if (awaited)
        zc_futex_signal (&shared->progress);
    if (stop_at_ns && (is_settled (self) || zc_clock_mono_ns () >= stop_at_ns))
        return false;
    if (hurried && *nap_ns > NAP_HURRIED_NS)
        *nap_ns = NAP_HURRIED_NS;
    return true;
}

static void work (zc_sender_t *self)
{
    int64_t nap_ns = self->interval_ns;
    for (;;) {
        /* Read before the look around: who signals during it must not be slept over. */
        uint32_t wake = atomic_load (&self->shared->wake);
        if (!pass (self, &nap_ns))
            return;
        zc_futex_wait (&self->shared->wake, wake, nap_ns);
    }
}

static void hang_up (zc_sender_t *self)
{
    if (!zc_sender_round_destroy (&self->sender_round, atomic_load (&self->shared->stop_at_ns)))
        atomic_store (&self->shared->lost, 1);
    atomic_store (&self->shared->connected, 0);
}

static int open_round (zc_sender_t *self)
{
    const zc_sender_round_options_t options = {
        .endpoint = self->endpoint,
        .publish = self->publish,
        .spool_dir = self->spool_dir,
        .batch_bytes = self->batch_bytes,
        .times = self->times,
    };
    return zc_sender_round_new (&self->queue, &options, &self->sender_round);
}

/* Opens the link and tells what came of it. */
static bool begin (zc_sender_t *self)
{
    shared_t *shared = self->shared;
    /* Whoever starts the next thread joins this one: let the handle be there before we fail. */
    while (!atomic_load (&shared->has_thread))
        zc_futex_wait (&shared->has_thread, 0, ZC_NS_PER_S);
    pthread_setname_np (pthread_self (), "zcost");
    zc_ring_populate (&self->queue);
    self->sender_round = NULL;
    int rc = open_round (self);
    atomic_store (&shared->error, rc);
    atomic_store (&shared->error_no, errno);
    if (rc != 0)
        atomic_store (&shared->retry_at_ns, zc_clock_mono_ns () + RETRY_NS);
    swap_gate (self, ZC_GATE_STARTING, rc == 0 ? ZC_GATE_OPEN : ZC_GATE_NO_SENDER);
    zc_futex_signal (&shared->started);
    return rc == 0;
}

static void end (zc_sender_t *self)
{
    uint32_t life = LIFE_ON;
    if (atomic_compare_exchange_strong (&self->shared->life, &life, LIFE_ENDED))
        zc_futex_signal (&self->shared->ended);
    else
        release (self);
}

static void *thread_main (void *sender)
{
    zc_sender_t *self = sender;
    if (begin (self)) {
        work (self);
        hang_up (self);
    }
    end (self);
    return NULL;
}

/* --------------------------------------------------------------------------- its start */

/* libzmq's threads, born of ours, inherit the mask: the service's signals go to its own threads. */
static int create_thread (zc_sender_t *self)
{
    sigset_t all, before;
    sigfillset (&all);
    pthread_sigmask (SIG_SETMASK, &all, &before);
    int error = pthread_create (&self->thread, NULL, thread_main, self);
    pthread_sigmask (SIG_SETMASK, &before, NULL);
    return error;
}

/* The caller has won the gate from NO_SENDER to STARTING. */
static int start (zc_sender_t *self)
{
    shared_t *shared = self->shared;
    if (atomic_exchange (&shared->has_thread, 0))
        pthread_join (self->thread, NULL); /* it failed to start, and is about to end */
    atomic_store (&shared->life, LIFE_ON);
    int error = create_thread (self);
    if (error == 0) {
        zc_futex_signal (&shared->has_thread);
        return 0;
    }
    errno = error;
    atomic_store (&shared->retry_at_ns, zc_clock_mono_ns () + RETRY_NS);
    swap_gate (self, ZC_GATE_STARTING, ZC_GATE_NO_SENDER);
    return error == ENOMEM ? ZCOST_ENOMEM : ZCOST_ESYSTEM;
}

int zc_sender_start (zc_sender_t *self)
{
    shared_t *shared = self->shared;
    swap_gate (self, ZC_GATE_NO_SENDER, ZC_GATE_STARTING);
    int rc = start (self);
    if (rc != 0)
        return rc;
    uint32_t started;
    while ((started = atomic_load (&shared->started)) == 0)
        zc_futex_wait (&shared->started, started, ZC_NS_PER_S);
    errno = atomic_load (&shared->error_no);
    return atomic_load (&shared->error);
}

/* Maps a file of this forked child's own, or without one private memory: it still works, but does not
 * survive a kill, which the stats tell. */
static void map_own (zc_sender_t *self)
{
    int before;
    pthread_setcancelstate (PTHREAD_CANCEL_DISABLE, &before); /* others wait for us */
    zc_spool_end (&self->spool, false);
    bool spooled = zc_spool_new (self->spool_dir, &self->queue, &self->spool) == 0;
    atomic_store (&self->shared->spooled, spooled);
    if (!spooled)
        zc_ring_map (&self->queue, -1);
    pthread_setcancelstate (before, NULL);
}

/* Whether the queue is this process's, after all. */
static bool take_over (zc_sender_t *self)
{
    shared_t *shared = self->shared;
    uint32_t claim = 0;
    if (atomic_compare_exchange_strong (&shared->claim, &claim, 1)) {
        if (zc_ring_is_foreign (&self->queue))
            map_own (self);
        atomic_store (&shared->claim, UINT32_MAX);
        zc_futex_signal (&shared->claim); /* 0 again */
    }
    while (zc_ring_is_foreign (&self->queue) && (claim = atomic_load (&shared->claim)) != 0)
        zc_futex_wait (&shared->claim, claim, ZC_NS_PER_S);
    return !zc_ring_is_foreign (&self->queue);
}

int zc_sender_ensure (zc_sender_t *self)
{
    uint32_t gate = atomic_load (self->gate);
    if (gate == ZC_GATE_CLOSED)
        return ZCOST_ECLOSED;
    int error = errno;
    bool is_ours = !zc_ring_is_foreign (&self->queue) || take_over (self);
    if (is_ours && gate == ZC_GATE_NO_SENDER && zc_clock_mono_ns () >= atomic_load (&self->shared->retry_at_ns) &&
        swap_gate (self, ZC_GATE_NO_SENDER, ZC_GATE_STARTING))
        start (self);
    errno = error;
    return is_ours ? 0 : ZCOST_EFULL;
}

/* ------------------------------------------------------------------- those who wait for it */

void zc_sender_stats (const zc_sender_t *self, zc_sender_stats_t *ret_stats)
{
    shared_t *shared = self->shared;
    *ret_stats = (zc_sender_stats_t){
        .sent = atomic_load (&shared->sent),
        .resent = atomic_load (&shared->resent),
        .lost = atomic_load (&shared->given_up),
        .is_reliable = self->publish != NULL,
        .connected = atomic_load (&shared->connected),
        .spooled = atomic_load (&shared->spooled),
    };
}

/* Whether all that the goal tells is handed over; in reliable mode: acknowledged, and drops declared. */
static bool is_reached (const zc_sender_t *self, const zc_ring_stats_t *goal)
{
    zc_ring_stats_t stats;
    zc_ring_stats (&self->queue, &stats);
    return stats.popped >= goal->pushed && is_declared (self, goal->dropped);
}

void zc_sender_wake (zc_sender_t *self)
{
    zc_futex_signal (&self->shared->wake);
}

int zc_sender_flush (zc_sender_t *self, int timeout_ms)
{
    shared_t *shared = self->shared;
    zc_ring_stats_t goal;
    zc_ring_stats (&self->queue, &goal);
    if (is_reached (self, &goal))
        return 0;
    int64_t deadline_ns = zc_clock_mono_ns () + (int64_t) timeout_ms * ZC_NS_PER_MS, left_ns;
    zc_sender_ensure (self);
    atomic_fetch_add (&shared->waiters, 1);
    zc_futex_signal (&shared->wake);
    for (;;) {
        uint32_t progress = atomic_load (&shared->progress);
        left_ns = deadline_ns - zc_clock_mono_ns ();
        if (is_reached (self, &goal) || left_ns <= 0)
            break;
        zc_futex_wait (&shared->progress, progress, left_ns);
    }
    atomic_fetch_sub (&shared->waiters, 1);
    return is_reached (self, &goal) ? 0 : ZCOST_ETIMEOUT;
}

/* Ends the thread, if there is one. Whether it has ended: else it frees everything when it does. */
static bool stop (zc_sender_t *self, int timeout_ms)
{
    shared_t *shared = self->shared;
    if (!atomic_load (&shared->has_thread))
        return true;
    int64_t stop_at_ns = zc_clock_mono_ns () + (int64_t) timeout_ms * ZC_NS_PER_MS, left_ns;
    atomic_store (&shared->stop_at_ns, stop_at_ns);
    zc_futex_signal (&shared->wake);
    for (;;) {
        uint32_t ended = atomic_load (&shared->ended);
        left_ns = stop_at_ns + GRACE_NS - zc_clock_mono_ns ();
        if (atomic_load (&shared->life) == LIFE_ENDED || left_ns <= 0)
            break;
        zc_futex_wait (&shared->ended, ended, left_ns);
    }
    pthread_t thread = self->thread;
    uint32_t life = LIFE_ON;
    if (atomic_compare_exchange_strong (&shared->life, &life, LIFE_ABANDONED)) {
        pthread_detach (thread);
        return false;
    }
    pthread_join (thread, NULL);
    return true;
}

int zc_sender_destroy (zc_sender_t **self_p, int timeout_ms)
{
    zc_sender_t *self = self_p ? *self_p : NULL;
    if (!self)
        return 0;
    *self_p = NULL;
    atomic_store (self->gate, ZC_GATE_CLOSED);
    if (!stop (self, timeout_ms))
        return ZCOST_ETIMEOUT;
    bool all_left = is_empty (self) && !atomic_load (&self->shared->lost);
    release (self);
    return all_left ? 0 : ZCOST_ETIMEOUT;
}
