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

#include "client/futex.h"
#include "client/link.h"
#include "zcost.h"

#define NAP_MIN_NS 50000              /* a shorter sleep is none: the kernel's timers have that much slack */
#define NAP_HURRIED_NS ZC_NS_PER_MS   /* while somebody waits for us */
#define RETRY_NS ZC_NS_PER_S          /* between two starts that fail */
#define LINGER_MIN_MS 5               /* what left the queue just now needs a moment to leave the process */
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
} shared_t;

static_assert (sizeof (shared_t) <= ZC_QUEUE_ANNEX_BYTES, "the annex holds it");

struct zc_sender {
    zc_queue_t queue;
    _Atomic uint32_t *gate;
    shared_t *shared;
    pthread_t thread;
    zc_link_t *link; /* the thread's own; a stale copy of the parent's in a forked child */
    size_t batch_bytes;
    int64_t interval_ns;
    char endpoint [];
};

int zc_sender_new (const zc_queue_t *queue, const zc_sender_options_t *options, zc_sender_t **ret_sender)
{
    size_t endpoint_size = strlen (options->endpoint) + 1;
    zc_sender_t *self = calloc (1, sizeof *self + endpoint_size);
    if (!self)
        return ZCOST_ENOMEM;
    self->queue = *queue;
    self->gate = zc_queue_gate (queue);
    self->shared = zc_queue_annex (queue);
    self->batch_bytes = options->batch_bytes;
    self->interval_ns = (int64_t) options->flush_interval_ms * ZC_NS_PER_MS;
    memcpy (self->endpoint, options->endpoint, endpoint_size);
    *ret_sender = self;
    return 0;
}

static void release (zc_sender_t *self)
{
    zc_queue_term (&self->queue);
    free (self);
}

static bool is_empty (const zc_sender_t *self)
{
    zc_queue_stats_t stats;
    zc_queue_stats (&self->queue, &stats);
    return stats.pushed == stats.popped;
}

static bool swap_gate (zc_sender_t *self, uint32_t from, uint32_t to)
{
    return atomic_compare_exchange_strong (self->gate, &from, to);
}

/* -------------------------------------------------------------------------- the thread */

/* Sends what the queue holds now: what comes meanwhile waits for the next pass, and for company.
 * Whether anything went. */
static bool drain (zc_sender_t *self, size_t used_bytes)
{
    size_t sent_bytes = 0;
    zc_batch_t batch;
    while (sent_bytes < used_bytes && zc_queue_peek (&self->queue, self->batch_bytes, &batch)) {
        if (!zc_link_send (self->link, &self->queue, &batch))
            break;
        sent_bytes += batch.units * sizeof (uint64_t);
    }
    return sent_bytes > 0;
}

/* The next nap: shorter while the queue fills fast, longer again when it does not. */
static int64_t pace (const zc_sender_t *self, int64_t nap_ns, size_t used_bytes, bool moved)
{
    size_t capacity = zc_queue_bytes (&self->queue);
    if (!moved)
        return self->interval_ns;
    if (used_bytes > capacity / 4)
        return nap_ns / 4 < NAP_MIN_NS ? 0 : nap_ns / 4;
    if (used_bytes < capacity / 16)
        nap_ns = 2 * nap_ns + NAP_MIN_NS;
    return nap_ns < self->interval_ns ? nap_ns : self->interval_ns;
}

/* One look around. Whether to go on. */
static bool pass (zc_sender_t *self, int64_t *nap_ns)
{
    shared_t *shared = self->shared;
    zc_queue_stats_t stats;
    atomic_store (&shared->connected, zc_link_watch (self->link));
    zc_queue_stats (&self->queue, &stats);
    bool moved = drain (self, stats.used_bytes);
    *nap_ns = pace (self, *nap_ns, stats.used_bytes, moved);

    bool awaited = atomic_load (&shared->waiters) > 0;
    if (awaited)
        zc_futex_signal (&shared->progress);
    int64_t stop_at_ns = atomic_load (&shared->stop_at_ns);
    if (stop_at_ns && (is_empty (self) || zc_monotonic_ns () >= stop_at_ns))
        return false;
    if ((awaited || stop_at_ns) && *nap_ns > NAP_HURRIED_NS)
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
    int64_t stop_at_ns = atomic_load (&self->shared->stop_at_ns);
    if (!zc_link_settle (self->link, stop_at_ns))
        atomic_store (&self->shared->lost, 1);
    int64_t left_ns = stop_at_ns - zc_monotonic_ns ();
    int linger_ms = left_ns > LINGER_MIN_MS * ZC_NS_PER_MS ? (int) (left_ns / ZC_NS_PER_MS) : LINGER_MIN_MS;
    atomic_store (&self->shared->connected, 0);
    if (!zc_link_destroy (&self->link, linger_ms))
        atomic_store (&self->shared->lost, 1);
}

/* Opens the link and tells what came of it. */
static bool begin (zc_sender_t *self)
{
    shared_t *shared = self->shared;
    /* Whoever starts the next thread joins this one: let the handle be there before we fail. */
    while (!atomic_load (&shared->has_thread))
        zc_futex_wait (&shared->has_thread, 0, ZC_NS_PER_S);
    pthread_setname_np (pthread_self (), "zcost");
    zc_queue_populate (&self->queue);
    self->link = NULL;
    int rc = zc_link_new (self->endpoint, self->batch_bytes, &self->link);
    atomic_store (&shared->error, rc);
    atomic_store (&shared->error_no, errno);
    if (rc != 0)
        atomic_store (&shared->retry_at_ns, zc_monotonic_ns () + RETRY_NS);
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
    atomic_store (&shared->retry_at_ns, zc_monotonic_ns () + RETRY_NS);
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

int zc_sender_ensure (zc_sender_t *self)
{
    uint32_t gate = atomic_load (self->gate);
    if (gate == ZC_GATE_CLOSED)
        return ZCOST_ECLOSED;
    int error = errno;
    if (gate == ZC_GATE_NO_SENDER && zc_monotonic_ns () >= atomic_load (&self->shared->retry_at_ns) &&
        swap_gate (self, ZC_GATE_NO_SENDER, ZC_GATE_STARTING))
        start (self);
    errno = error;
    return 0;
}

/* ------------------------------------------------------------------- those who wait for it */

bool zc_sender_connected (const zc_sender_t *self)
{
    return atomic_load_explicit (&self->shared->connected, memory_order_relaxed);
}

int zc_sender_flush (zc_sender_t *self, int timeout_ms)
{
    shared_t *shared = self->shared;
    zc_queue_stats_t stats;
    zc_queue_stats (&self->queue, &stats);
    uint64_t goal = stats.pushed;
    if (stats.popped >= goal)
        return 0;
    int64_t deadline_ns = zc_monotonic_ns () + (int64_t) timeout_ms * ZC_NS_PER_MS, left_ns;
    zc_sender_ensure (self);
    atomic_fetch_add (&shared->waiters, 1);
    zc_futex_signal (&shared->wake);
    for (;;) {
        uint32_t progress = atomic_load (&shared->progress);
        zc_queue_stats (&self->queue, &stats);
        left_ns = deadline_ns - zc_monotonic_ns ();
        if (stats.popped >= goal || left_ns <= 0)
            break;
        zc_futex_wait (&shared->progress, progress, left_ns);
    }
    atomic_fetch_sub (&shared->waiters, 1);
    return stats.popped >= goal ? 0 : ZCOST_ETIMEOUT;
}

/* Ends the thread, if there is one. Whether it has ended: else it frees everything when it does. */
static bool stop (zc_sender_t *self, int timeout_ms)
{
    shared_t *shared = self->shared;
    if (!atomic_load (&shared->has_thread))
        return true;
    int64_t stop_at_ns = zc_monotonic_ns () + (int64_t) timeout_ms * ZC_NS_PER_MS, left_ns;
    atomic_store (&shared->stop_at_ns, stop_at_ns);
    zc_futex_signal (&shared->wake);
    for (;;) {
        uint32_t ended = atomic_load (&shared->ended);
        left_ns = stop_at_ns + GRACE_NS - zc_monotonic_ns ();
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
