/* SPDX-License-Identifier: MPL-2.0
 *
 * readers.c - threads that answer questions about windows of time.
 */
#include "daemon/readers.h"

#include <czmq.h>
#include <sys/eventfd.h>

typedef struct {
    zc_inquiry_t *first, **end;
} queue_t;

typedef struct {
    zc_readers_t *readers;
    pthread_t thread;
    bool started;
    zc_store_reader_t *store;
} worker_t;

struct zc_readers {
    zc_books_t *books;
    zc_shared_recent_t *recent;
    zc_committing_t *committing;
    void *argument;
    worker_t workers [ZC_READERS];
    int answered; /* eventfd */

    /* The books' thread's own. */
    zc_moment_t moments [ZC_READERS];
    zc_moment_t *idle [ZC_READERS]; /* moments of no question */
    size_t idle_count;
    queue_t waiting;
    size_t waiting_count;
    bool held;

    /* Between the threads. */
    pthread_mutex_t mutex;
    pthread_cond_t given, finished;
    pthread_cond_t left; /* a helper */
    zc_inquiry_t *calling [ZC_READERS]; /* for help, by worker; NULL: not */
    queue_t todo, done;
    size_t done_count;
    bool ending;
};

/* ----------------------------------------------------------------------- queue */

static void queue_init (queue_t *queue)
{
    queue->first = NULL;
    queue->end = &queue->first;
}

static void push (queue_t *queue, zc_inquiry_t *inquiry)
{
    inquiry->next = NULL;
    *queue->end = inquiry;
    queue->end = &inquiry->next;
}

static void push_first (queue_t *queue, zc_inquiry_t *inquiry)
{
    inquiry->next = queue->first;
    if (!queue->first)
        queue->end = &inquiry->next;
    queue->first = inquiry;
}

static zc_inquiry_t *pop (queue_t *queue)
{
    zc_inquiry_t *inquiry = queue->first;
    if (!inquiry)
        return NULL;
    queue->first = inquiry->next;
    if (!queue->first)
        queue->end = &queue->first;
    return inquiry;
}

/* ---------------------------------------------------------------------- threads */

static void call_helper (void *argument, zc_inquiry_t *inquiry)
{
    const worker_t *worker = argument;
    zc_readers_t *self = worker->readers;
    pthread_mutex_lock (&self->mutex);
    self->calling [worker - self->workers] = inquiry;
    pthread_cond_signal (&self->given);
    pthread_mutex_unlock (&self->mutex);
}

static void dismiss_helper (void *argument, zc_inquiry_t *inquiry)
{
    const worker_t *worker = argument;
    zc_readers_t *self = worker->readers;
    pthread_mutex_lock (&self->mutex);
    self->calling [worker - self->workers] = NULL;
    while (inquiry->helping)
        pthread_cond_wait (&self->left, &self->mutex);
    pthread_mutex_unlock (&self->mutex);
}

/* With the mutex, which it gives up meanwhile; as the next one. */
static void answer (zc_readers_t *self, worker_t *worker, zc_inquiry_t *inquiry)
{
    const zc_help_t help = {call_helper, dismiss_helper, worker};
    pthread_mutex_unlock (&self->mutex);
    zc_inquiry_run (inquiry, worker->store, self->recent, &help);
    pthread_mutex_lock (&self->mutex);
    push (&self->done, inquiry);
    self->done_count++;
    pthread_cond_signal (&self->finished);
    eventfd_write (self->answered, 1);
}

static void help (zc_readers_t *self, const worker_t *worker, zc_inquiry_t *inquiry)
{
    inquiry->helped = inquiry->helping = true;
    pthread_mutex_unlock (&self->mutex);
    zc_inquiry_help (inquiry, worker->store);
    pthread_mutex_lock (&self->mutex);
    inquiry->helping = false;
    pthread_cond_broadcast (&self->left);
}

/* A question that wants help and has none yet, but only one at a time: one of the threads is free for small ones. */
static zc_inquiry_t *to_help (const zc_readers_t *self)
{
    zc_inquiry_t *found = NULL;
    for (size_t i = 0; i < ZC_READERS; i++) {
        if (self->calling [i] && self->calling [i]->helping)
            return NULL;
        if (self->calling [i] && !self->calling [i]->helped)
            found = self->calling [i];
    }
    return found;
}

static void *work (void *argument)
{
    worker_t *worker = argument;
    zc_readers_t *self = worker->readers;
    zc_inquiry_t *inquiry;
    pthread_setname_np (pthread_self (), "zcost-reader");
    pthread_mutex_lock (&self->mutex);
    while (true) {
        if ((inquiry = pop (&self->todo)) != NULL)
            answer (self, worker, inquiry);
        else if ((inquiry = to_help (self)) != NULL)
            help (self, worker, inquiry);
        else if (self->ending)
            break;
        else
            pthread_cond_wait (&self->given, &self->mutex);
    }
    pthread_mutex_unlock (&self->mutex);
    return NULL;
}

static int start (zc_readers_t *self, worker_t *worker, zc_store_t *store, char ret_why [256])
{
    worker->readers = self;
    worker->store = zc_store_reader_new (store, ret_why);
    if (!worker->store)
        return -1;
    int error = pthread_create (&worker->thread, NULL, work, worker);
    worker->started = error == 0;
    if (error)
        snprintf (ret_why, 256, "%s", strerror (error));
    return error ? -1 : 0;
}

static void stop (zc_readers_t *self)
{
    pthread_mutex_lock (&self->mutex);
    self->ending = true;
    pthread_cond_broadcast (&self->given);
    pthread_mutex_unlock (&self->mutex);
    for (size_t i = 0; i < ZC_READERS; i++) {
        if (self->workers [i].started)
            pthread_join (self->workers [i].thread, NULL);
        zc_store_reader_destroy (&self->workers [i].store);
    }
}

/* ------------------------------------------------------------------------ life */

zc_readers_t *zc_readers_new (zc_books_t *books, zc_store_t *store, zc_shared_recent_t *recent,
                              zc_committing_t *committing, void *argument, char ret_why [256])
{
    zc_readers_t *self = zmalloc (sizeof *self);
    self->books = books;
    self->recent = recent;
    self->committing = committing;
    self->argument = argument;
    queue_init (&self->waiting);
    queue_init (&self->todo);
    queue_init (&self->done);
    pthread_mutex_init (&self->mutex, NULL);
    pthread_cond_init (&self->given, NULL);
    pthread_cond_init (&self->finished, NULL);
    pthread_cond_init (&self->left, NULL);
    for (size_t i = 0; i < ZC_READERS; i++)
        self->idle [self->idle_count++] = &self->moments [i];
    self->answered = eventfd (0, EFD_NONBLOCK | EFD_CLOEXEC);
    int rc = self->answered == -1 ? -1 : 0;
    if (rc == -1)
        snprintf (ret_why, 256, "%s", strerror (errno));
    for (size_t i = 0; i < ZC_READERS && rc == 0; i++)
        rc = start (self, &self->workers [i], store, ret_why);
    if (rc == -1)
        zc_readers_destroy (&self);
    return self;
}

static void tell (zc_inquiry_t *inquiry)
{
    inquiry->done (inquiry->argument, inquiry);
    zc_inquiry_destroy (&inquiry);
}

static void refuse (zc_inquiry_t *inquiry, const char *why)
{
    inquiry->code = "unavailable";
    inquiry->why = why;
    tell (inquiry);
}

/* Tells what is done. */
static void tell_done (zc_readers_t *self)
{
    while (true) {
        pthread_mutex_lock (&self->mutex);
        zc_inquiry_t *inquiry = pop (&self->done);
        self->done_count -= inquiry != NULL;
        pthread_mutex_unlock (&self->mutex);
        if (!inquiry)
            return;
        self->idle [self->idle_count++] = inquiry->moment;
        tell (inquiry);
    }
}

void zc_readers_destroy (zc_readers_t **self_p)
{
    zc_readers_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    *self_p = NULL;
    self->held = true;
    stop (self);
    tell_done (self);
    for (zc_inquiry_t *inquiry; (inquiry = pop (&self->waiting)) != NULL;)
        refuse (inquiry, "the daemon is stopping");
    for (size_t i = 0; i < ZC_READERS; i++)
        zc_moment_term (&self->moments [i]);
    if (self->answered != -1)
        close (self->answered);
    pthread_mutex_destroy (&self->mutex);
    pthread_cond_destroy (&self->given);
    pthread_cond_destroy (&self->finished);
    pthread_cond_destroy (&self->left);
    free (self);
}

/* ------------------------------------------------------------------------- ask */

/* As many as there are threads: so a copy is made only when somebody looks at it at once. */
static void take_up (zc_readers_t *self)
{
    while (!self->held && self->idle_count > 0 && self->waiting_count > 0) {
        zc_inquiry_t *inquiry = pop (&self->waiting);
        zc_moment_t *moment = self->idle [self->idle_count - 1];
        uint64_t sequence;
        const zc_cells_t *committing = self->committing (self->argument, &sequence);
        self->waiting_count--;
        if (zc_moment_make (moment, self->books, committing, sequence, !inquiry->of_checkpoints) == -1) {
            refuse (inquiry, "out of memory");
            continue;
        }
        self->idle_count--;
        inquiry->moment = moment;
        pthread_mutex_lock (&self->mutex);
        push (&self->todo, inquiry);
        pthread_cond_signal (&self->given);
        pthread_mutex_unlock (&self->mutex);
    }
}

void zc_readers_ask (zc_readers_t *self, zc_inquiry_t *inquiry)
{
    /* The daemon's own, of which there are a few: budgets must not wait for whoever asks most. */
    if (inquiry->of_checkpoints) {
        push_first (&self->waiting, inquiry);
        self->waiting_count++;
        take_up (self);
        return;
    }
    if (self->waiting_count + ZC_READERS - self->idle_count >= ZC_INQUIRIES_MAX) {
        refuse (inquiry, "too many questions wait for an answer: ask again later");
        return;
    }
    push (&self->waiting, inquiry);
    self->waiting_count++;
    take_up (self);
}

int zc_readers_descriptor (const zc_readers_t *self)
{
    return self->answered;
}

void zc_readers_collect (zc_readers_t *self)
{
    eventfd_t count;
    eventfd_read (self->answered, &count);
    tell_done (self);
    take_up (self);
}

/* ------------------------------------------------------------------------ hold */

bool zc_readers_hold (zc_readers_t *self, bool wait)
{
    self->held = true;
    tell_done (self);
    while (wait && self->idle_count < ZC_READERS) {
        pthread_mutex_lock (&self->mutex);
        while (self->done_count == 0)
            pthread_cond_wait (&self->finished, &self->mutex);
        pthread_mutex_unlock (&self->mutex);
        tell_done (self);
    }
    return self->idle_count == ZC_READERS;
}

void zc_readers_release (zc_readers_t *self)
{
    self->held = false;
    take_up (self);
}
