/* SPDX-License-Identifier: MPL-2.0
 *
 * answer_cache.c - requests that wait for answers of the daemon; see question.h.
 */
#include "zboard/answer_cache.h"

#include <stdlib.h>
#include <string.h>

#include "civil/clock.h"
#include "zboard/reply.h"

#define QUESTIONS_MAX ZB_DAEMON_QUERIES_MAX /* under way, waited for or fresh */
#define KEPT_MAX_BYTES ((size_t) 64 << 20)  /* of answers that have not gone out */
#define LATE_NS INT64_C (1000000000)        /* of an answer that may leave out what takes long */
#define FRESH_TIMES 20
#define FRESH_MIN_NS INT64_C (20000000)
#define FRESH_MAX_NS INT64_C (2000000000)

struct zb_cached_answer {
    char *key; /* NULL: the place is free */
    uint32_t number;
    bool asked, lenient;
    uint64_t covers; /* events of ours that the answer holds */
    int64_t asked_ns, took_ns;
    zb_waiter_t *waiters;
    unsigned users; /* waiters, and requests that use the answer */
    struct MHD_Response *response;
    int status;
    zb_respond_t respond;
    const void *context;      /* of respond */
    zb_daemon_query_t *again; /* to be put when the one under way is answered, for those who came later */
};

struct zb_answer_cache {
    zb_upstream_t *upstream;
    zcost_t *events;
    uint32_t numbers;
    bool closed;
    zb_cached_answer_t list [QUESTIONS_MAX];
};

uint64_t zb_answer_cache_tracked (const zb_answer_cache_t *self)
{
    zcost_stats_t stats = ZCOST_STATS_INIT;
    zcost_stats (self->events, &stats);
    return stats.emitted;
}

zb_answer_cache_t *zb_answer_cache_new (zb_upstream_t *upstream, zcost_t *events)
{
    zb_answer_cache_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->upstream = upstream;
    self->events = events;
    return self;
}

static void forget (zb_cached_answer_t *question)
{
    if (question->response)
        MHD_destroy_response (question->response);
    zb_daemon_query_destroy (&question->again);
    free (question->key);
    *question = (zb_cached_answer_t){.key = NULL};
}

void zb_answer_cache_destroy (zb_answer_cache_t **self_p)
{
    zb_answer_cache_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    for (size_t i = 0; i < QUESTIONS_MAX; i++)
        forget (&self->list [i]);
    free (self);
    *self_p = NULL;
}

/* ------------------------------------------------------------------------- places */

static zb_cached_answer_t *find (zb_answer_cache_t *self, const char *key)
{
    for (size_t i = 0; i < QUESTIONS_MAX; i++)
        if (self->list [i].key && strcmp (self->list [i].key, key) == 0)
            return &self->list [i];
    return NULL;
}

static bool is_fresh (const zb_cached_answer_t *question, int64_t now)
{
    int64_t fresh_ns = question->took_ns * FRESH_TIMES;
    fresh_ns = fresh_ns < FRESH_MIN_NS ? FRESH_MIN_NS : fresh_ns > FRESH_MAX_NS ? FRESH_MAX_NS : fresh_ns;
    return question->response && question->status == 200 && now - question->asked_ns - question->took_ns < fresh_ns;
}

/* Forgets the oldest answer that nobody is waiting for or taking. Its place; NULL: there is none. */
static zb_cached_answer_t *forget_oldest (zb_answer_cache_t *self)
{
    zb_cached_answer_t *oldest = NULL;
    for (zb_cached_answer_t *at = self->list; at < self->list + QUESTIONS_MAX; at++)
        if (at->key && !at->asked && at->users == 0 && (!oldest || at->asked_ns < oldest->asked_ns))
            oldest = at;
    if (oldest)
        forget (oldest);
    return oldest;
}

static zb_cached_answer_t *take_place (zb_answer_cache_t *self)
{
    for (zb_cached_answer_t *at = self->list; at < self->list + QUESTIONS_MAX; at++)
        if (!at->key)
            return at;
    return forget_oldest (self);
}

int zb_answer_cache_make_room (zb_answer_cache_t *self)
{
    while (zb_reply_bytes () > KEPT_MAX_BYTES && forget_oldest (self))
        ;
    return zb_reply_bytes () > KEPT_MAX_BYTES ? -1 : 0;
}

static zb_cached_answer_t *find_or_make (zb_answer_cache_t *self, const char *key, zb_respond_t respond,
                                         const void *context)
{
    zb_cached_answer_t *question = find (self, key);
    if (question)
        return question;
    question = take_place (self);
    if (!question || !(question->key = strdup (key)))
        return NULL;
    question->respond = respond;
    question->context = context;
    return question;
}

/* ------------------------------------------------------------------------- asking */

static uint64_t most_needed (const zb_cached_answer_t *question)
{
    uint64_t need = 0;
    for (const zb_waiter_t *waiter = question->waiters; waiter; waiter = waiter->next)
        need = waiter->need > need ? waiter->need : need;
    return need;
}

static void put (zb_answer_cache_t *self, zb_cached_answer_t *question, zb_daemon_query_t *query)
{
    question->asked = true;
    question->lenient = query->lenient;
    question->number = ++self->numbers;
    question->asked_ns = zc_clock_mono_ns ();
    question->covers = most_needed (question);
    query->number = question->number;
    query->after = question->covers;
    zb_upstream_ask (self->upstream, query);
}

bool zb_answer_cache_fresh (zb_answer_cache_t *self, const char *key, zb_waiter_t *waiter,
                            struct MHD_Response **ret_response, int *ret_status)
{
    zb_cached_answer_t *question = find (self, key);
    if (!question || question->covers < waiter->need || question->asked || !is_fresh (question, zc_clock_mono_ns ()))
        return false;
    *ret_response = question->response;
    *ret_status = question->status;
    return true;
}

int zb_answer_cache_ask (zb_answer_cache_t *self, const char *key, zb_waiter_t *waiter, zb_daemon_query_t *query,
                         zb_respond_t respond, const void *context)
{
    bool is_refused = self->closed || zb_answer_cache_make_room (self) == -1;
    zb_cached_answer_t *question = is_refused ? NULL : find_or_make (self, key, respond, context);
    if (!question) {
        zb_daemon_query_destroy (&query);
        return -1;
    }
    waiter->question = question;
    waiter->next = question->waiters;
    question->waiters = waiter;
    question->users++;
    MHD_suspend_connection (waiter->connection);
    if (!question->asked)
        put (self, question, query);
    else if (question->covers < waiter->need && !question->again)
        question->again = query;
    else
        zb_daemon_query_destroy (&query);
    return 0;
}

void zb_answer_cache_answer (const zb_waiter_t *waiter, struct MHD_Response **ret_response, int *ret_status)
{
    *ret_response = waiter->question->response;
    *ret_status = waiter->question->status;
}

void zb_answer_cache_leave (zb_waiter_t *waiter)
{
    zb_cached_answer_t *question = waiter->question;
    if (!question)
        return;
    /* Still in the list only where the server is being stopped. */
    for (zb_waiter_t **at = &question->waiters; *at; at = &(*at)->next)
        if (*at == waiter) {
            *at = waiter->next;
            break;
        }
    waiter->question = NULL;
    question->users--;
}

/* ----------------------------------------------------------------------- answers */

static void resume (zb_cached_answer_t *question, bool all)
{
    for (zb_waiter_t **at = &question->waiters; *at;) {
        zb_waiter_t *waiter = *at;
        if (!all && waiter->need > question->covers) {
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        MHD_resume_connection (waiter->connection);
    }
}

static void set_response (zb_cached_answer_t *question, struct MHD_Response *response, int status)
{
    if (question->response)
        MHD_destroy_response (question->response);
    question->response = response;
    question->status = status;
}

/* The failure as any other of this question. */
static void refuse (zb_cached_answer_t *question, const char *detail)
{
    size_t size;
    char *text = zb_upstream_event_failure_text ("unavailable", detail, &size);
    set_response (question, text ? question->respond (question->context, 503, text, size) : NULL, 503);
}

/* Who takes what there is does not wait for the same again. */
static bool is_late (const zb_cached_answer_t *question)
{
    return question->lenient && question->took_ns > LATE_NS;
}

/* Those who came later, and want more than the answer holds, are asked for anew; after a failure, all have it. */
void zb_answer_cache_on_answer (zb_answer_cache_t *self, zb_upstream_event_t *news)
{
    zb_cached_answer_t *question = self->list;
    while (question < self->list + QUESTIONS_MAX && !(question->asked && question->number == news->number))
        question++;
    if (question == self->list + QUESTIONS_MAX)
        return;
    char *text = news->text;
    if (zb_answer_cache_make_room (self) == -1)
        refuse (question, "too many unread answers: try again");
    else {
        news->text = NULL;
        set_response (question, text ? question->respond (question->context, news->status, text, news->size) : NULL,
                      news->status);
    }
    question->asked = false;
    question->took_ns = zc_clock_mono_ns () - question->asked_ns;
    zb_daemon_query_t *again = question->again;
    question->again = NULL;
    resume (question, !again || question->status != 200 || is_late (question));
    if (again && question->waiters)
        put (self, question, again);
    else
        zb_daemon_query_destroy (&again);
}

void zb_answer_cache_close (zb_answer_cache_t *self)
{
    self->closed = true;
    for (size_t i = 0; i < QUESTIONS_MAX; i++) {
        zb_cached_answer_t *question = &self->list [i];
        if (!question->key || !question->waiters)
            continue;
        question->asked = false;
        refuse (question, "zboard is stopping");
        resume (question, true);
    }
}
