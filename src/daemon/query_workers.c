/* SPDX-License-Identifier: MPL-2.0
 *
 * query_workers.c - threads that answer questions about windows of time.
 */
#include "daemon/query_workers.h"

#include <czmq.h>

typedef struct {
    zc_letter_t *first, **end;
} queue_t;

typedef struct {
    zc_query_workers_t *workers;
    pthread_t thread;
    bool started;
    zc_store_reader_t *store;
} worker_t;

struct zc_query_workers {
    zc_engine_t *engine;
    zc_shared_recent_t *recent;
    zc_committing_t *committing;
    void *argument;
    worker_t workers [ZC_QUERY_WORKERS];

    /* The main thread's own. */
    zc_read_view_t views [ZC_QUERY_WORKERS];
    zc_read_view_t *idle [ZC_QUERY_WORKERS]; /* views of no query */
    size_t idle_count;
    queue_t waiting;
    size_t waiting_count;
    bool held;

    /* Between the threads. */
    pthread_mutex_t mutex;
    pthread_cond_t given, left;                    /* a question; a helper */
    zc_window_query_t *calling [ZC_QUERY_WORKERS]; /* for help, by worker; NULL: not */
    queue_t todo;
    bool ending;
    zc_mailbox_t done; /* what was answered, for the main thread */
};

/* ----------------------------------------------------------------------- queue */

static void queue_init (queue_t *queue)
{
    queue->first = NULL;
    queue->end = &queue->first;
}

static void push (queue_t *queue, zc_window_query_t *query)
{
    query->letter.next = NULL;
    *queue->end = &query->letter;
    queue->end = &query->letter.next;
}

static void push_first (queue_t *queue, zc_window_query_t *query)
{
    query->letter.next = queue->first;
    if (!queue->first)
        queue->end = &query->letter.next;
    queue->first = &query->letter;
}

static zc_window_query_t *pop (queue_t *queue)
{
    zc_letter_t *letter = queue->first;
    if (!letter)
        return NULL;
    queue->first = letter->next;
    if (!queue->first)
        queue->end = &queue->first;
    return (zc_window_query_t *) letter;
}

/* ---------------------------------------------------------------------- threads */

static void call_helper (void *argument, zc_window_query_t *query)
{
    const worker_t *worker = argument;
    zc_query_workers_t *self = worker->workers;
    pthread_mutex_lock (&self->mutex);
    self->calling [worker - self->workers] = query;
    pthread_cond_signal (&self->given);
    pthread_mutex_unlock (&self->mutex);
}

static void dismiss_helper (void *argument, zc_window_query_t *query)
{
    const worker_t *worker = argument;
    zc_query_workers_t *self = worker->workers;
    pthread_mutex_lock (&self->mutex);
    self->calling [worker - self->workers] = NULL;
    while (query->helping)
        pthread_cond_wait (&self->left, &self->mutex);
    pthread_mutex_unlock (&self->mutex);
}

/* With the mutex, which it gives up meanwhile; as the next one. */
static void answer (zc_query_workers_t *self, worker_t *worker, zc_window_query_t *query)
{
    const zc_help_t help = {call_helper, dismiss_helper, worker};
    pthread_mutex_unlock (&self->mutex);
    zc_window_query_run (query, worker->store, self->recent, &help);
    zc_mailbox_put (&self->done, &query->letter);
    pthread_mutex_lock (&self->mutex);
}

static void help (zc_query_workers_t *self, const worker_t *worker, zc_window_query_t *query)
{
    query->helped = query->helping = true;
    pthread_mutex_unlock (&self->mutex);
    zc_window_query_help (query, worker->store);
    pthread_mutex_lock (&self->mutex);
    query->helping = false;
    pthread_cond_broadcast (&self->left);
}

/* A question that wants help and has none yet, but only one at a time: one of the threads is free for small ones. */
static zc_window_query_t *to_help (const zc_query_workers_t *self)
{
    zc_window_query_t *found = NULL;
    for (size_t i = 0; i < ZC_QUERY_WORKERS; i++) {
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
    zc_query_workers_t *self = worker->workers;
    zc_window_query_t *query;
    pthread_setname_np (pthread_self (), "zcost-reader");
    pthread_mutex_lock (&self->mutex);
    while (true) {
        if ((query = pop (&self->todo)) != NULL)
            answer (self, worker, query);
        else if ((query = to_help (self)) != NULL)
            help (self, worker, query);
        else if (self->ending)
            break;
        else
            pthread_cond_wait (&self->given, &self->mutex);
    }
    pthread_mutex_unlock (&self->mutex);
    return NULL;
}

static int start (zc_query_workers_t *self, worker_t *worker, zc_store_t *store, char ret_why [256])
{
    worker->workers = self;
    worker->store = zc_store_reader_new (store, ret_why);
    if (!worker->store)
        return -1;
    int error = pthread_create (&worker->thread, NULL, work, worker);
    worker->started = error == 0;
    if (error)
        snprintf (ret_why, 256, "%s", strerror (error));
    return error ? -1 : 0;
}

static void stop (zc_query_workers_t *self)
{
    pthread_mutex_lock (&self->mutex);
    self->ending = true;
    pthread_cond_broadcast (&self->given);
    pthread_mutex_unlock (&self->mutex);
    for (size_t i = 0; i < ZC_QUERY_WORKERS; i++) {
        if (self->workers [i].started)
            pthread_join (self->workers [i].thread, NULL);
        zc_store_reader_destroy (&self->workers [i].store);
    }
}

/* ------------------------------------------------------------------------ life */

zc_query_workers_t *zc_query_workers_new (zc_engine_t *engine, zc_store_t *store, zc_shared_recent_t *recent,
                                          zc_committing_t *committing, void *argument, char ret_why [256])
{
    zc_query_workers_t *self = calloc (1, sizeof *self);
    if (!self) {
        snprintf (ret_why, 256, "out of memory");
        return NULL;
    }
    self->engine = engine;
    self->recent = recent;
    self->committing = committing;
    self->argument = argument;
    queue_init (&self->waiting);
    queue_init (&self->todo);
    pthread_mutex_init (&self->mutex, NULL);
    pthread_cond_init (&self->given, NULL);
    pthread_cond_init (&self->left, NULL);
    for (size_t i = 0; i < ZC_QUERY_WORKERS; i++)
        self->idle [self->idle_count++] = &self->views [i];
    int rc = zc_mailbox_init (&self->done);
    if (rc == -1)
        snprintf (ret_why, 256, "%s", strerror (errno));
    for (size_t i = 0; i < ZC_QUERY_WORKERS && rc == 0; i++)
        rc = start (self, &self->workers [i], store, ret_why);
    if (rc == -1)
        zc_query_workers_destroy (&self);
    return self;
}

static void tell (zc_window_query_t *query)
{
    query->done (query->argument, query);
    zc_window_query_destroy (&query);
}

static void refuse (zc_window_query_t *query, const char *why)
{
    query->code = "unavailable";
    query->why = why;
    tell (query);
}

/* Tells what is done. */
static void tell_all (zc_query_workers_t *self, zc_letter_t *letters)
{
    while (letters) {
        zc_window_query_t *query = (zc_window_query_t *) letters;
        letters = letters->next;
        self->idle [self->idle_count++] = query->read_view;
        tell (query);
    }
}

void zc_query_workers_destroy (zc_query_workers_t **self_p)
{
    zc_query_workers_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    *self_p = NULL;
    self->held = true;
    stop (self);
    tell_all (self, zc_mailbox_take (&self->done));
    for (zc_window_query_t *query; (query = pop (&self->waiting)) != NULL;)
        refuse (query, "the daemon is stopping");
    for (size_t i = 0; i < ZC_QUERY_WORKERS; i++)
        zc_read_view_term (&self->views [i]);
    zc_mailbox_term (&self->done);
    pthread_mutex_destroy (&self->mutex);
    pthread_cond_destroy (&self->given);
    pthread_cond_destroy (&self->left);
    free (self);
}

/* ------------------------------------------------------------------------- ask */

/* As many as there are threads: so a copy is made only when somebody looks at it at once. */
static void take_up (zc_query_workers_t *self)
{
    while (!self->held && self->idle_count > 0 && self->waiting_count > 0) {
        zc_window_query_t *query = pop (&self->waiting);
        zc_read_view_t *read_view = self->idle [self->idle_count - 1];
        uint64_t sequence;
        const zc_cells_t *committing = self->committing (self->argument, &sequence);
        self->waiting_count--;
        if (zc_read_view_capture (read_view, self->engine, committing, sequence, !query->of_checkpoints) == -1) {
            refuse (query, "out of memory");
            continue;
        }
        self->idle_count--;
        query->read_view = read_view;
        pthread_mutex_lock (&self->mutex);
        push (&self->todo, query);
        pthread_cond_signal (&self->given);
        pthread_mutex_unlock (&self->mutex);
    }
}

void zc_query_workers_ask (zc_query_workers_t *self, zc_window_query_t *query)
{
    /* The daemon's own, of which there are a few: budgets must not wait for whoever asks most. */
    if (query->of_checkpoints) {
        push_first (&self->waiting, query);
        self->waiting_count++;
        take_up (self);
        return;
    }
    if (self->waiting_count + ZC_QUERY_WORKERS - self->idle_count >= ZC_WINDOW_QUERIES_MAX) {
        refuse (query, "too many queries are waiting: try again later");
        return;
    }
    push (&self->waiting, query);
    self->waiting_count++;
    take_up (self);
}

int zc_query_workers_descriptor (const zc_query_workers_t *self)
{
    return self->done.fd;
}

void zc_query_workers_collect (zc_query_workers_t *self)
{
    tell_all (self, zc_mailbox_take (&self->done));
    take_up (self);
}

/* ------------------------------------------------------------------------ hold */

bool zc_query_workers_hold (zc_query_workers_t *self, bool wait)
{
    self->held = true;
    tell_all (self, zc_mailbox_take (&self->done));
    while (wait && self->idle_count < ZC_QUERY_WORKERS)
        tell_all (self, zc_mailbox_wait (&self->done));
    return self->idle_count == ZC_QUERY_WORKERS;
}

void zc_query_workers_release (zc_query_workers_t *self)
{
    self->held = false;
    take_up (self);
}
