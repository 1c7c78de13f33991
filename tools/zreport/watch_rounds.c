/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_rounds.c - the live view's questions, round by round; see watch_rounds.h.
 */
#include "zreport/watch_rounds.h"

#include <czmq.h>
#include <errno.h>
#include <stdlib.h>

#include "zreport/screen.h"
#include "zreport/watch_asker.h"

#define ROUND_MS 5000      /* from round to round */
#define ROUND_LEAST_MS 500 /* a flood of snapshots is no flood of questions */

struct zc_rounds {
    zc_watch_data_t *data;
    zc_asker_t *asker;
    int asking;       /* which question comes next, or is under way; ZC_ASKED: the round is over */
    bool void_answer; /* the one under way is about what was chosen before */
    int64_t begun_ms; /* both by zclock_mono */
    int64_t due_ms;
};

zc_rounds_t *zc_rounds_new (zc_watch_data_t *data, int timeout_ms)
{
    zc_rounds_t *self = zc_need (calloc (1, sizeof *self));
    *self = (zc_rounds_t) {.data = data, .asking = ZC_ASKED, .asker = zc_asker_new (data->query, timeout_ms)};
    if (self->asker)
        return self;
    int error = errno;
    zc_rounds_destroy (&self);
    errno = error;
    return NULL;
}

void zc_rounds_destroy (zc_rounds_t **self_p)
{
    zc_rounds_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zc_asker_destroy (&self->asker);
    free (self);
    *self_p = NULL;
}

void zc_rounds_begin (zc_rounds_t *self, zc_asked_t first)
{
    self->begun_ms = zclock_mono ();
    self->due_ms = self->begun_ms + ROUND_MS;
    self->void_answer = zc_asker_is_busy (self->asker);
    self->asking = first;
}

void zc_rounds_restart (zc_rounds_t *self)
{
    zc_asker_forget (self->asker);
    zc_rounds_begin (self, 0);
}

void zc_rounds_hurry (zc_rounds_t *self)
{
    int64_t now_ms = zclock_mono ();
    if (self->asking == ZC_ASKED && now_ms - self->begun_ms >= ROUND_LEAST_MS)
        self->due_ms = now_ms;
}

void zc_rounds_ask (zc_rounds_t *self)
{
    if (self->data->paused)
        return;
    if (self->asking == ZC_ASKED && zclock_mono () >= self->due_ms)
        zc_rounds_begin (self, 0);
    if (self->asking == ZC_ASKED || zc_asker_is_busy (self->asker))
        return;
    json_t *request = zc_watch_question (self->data, (zc_asked_t) self->asking, zclock_time ());
    zc_asker_put (self->asker, request);
    json_decref (request);
}

/* Takes ownership. What it answers may be no more wanted. */
static void take_answer (zc_rounds_t *self, json_t *result, const char *refusal)
{
    zc_watch_say (&self->data->silence, NULL);
    if (self->void_answer || self->data->paused || self->asking == ZC_ASKED) {
        json_decref (result);
        self->void_answer = false;
        return;
    }
    zc_watch_answer (self->data, (zc_asked_t) self->asking++, result, refusal);
}

bool zc_rounds_look (zc_rounds_t *self)
{
    json_t *result = NULL;
    zc_asker_news_t news = zc_asker_look (self->asker, &result);
    if (news == ZC_ASKER_ANSWERED || news == ZC_ASKER_REFUSED)
        take_answer (self, result, zc_asker_error (self->asker));
    else if (news == ZC_ASKER_SILENT) {
        zc_watch_say (&self->data->silence, "no answers from %s: %s", self->data->query, zc_asker_error (self->asker));
        /* No hope for the rest of this round. */
        self->void_answer = false;
        self->asking = ZC_ASKED;
    }
    return news != ZC_ASKER_NOTHING;
}

void *zc_rounds_socket (const zc_rounds_t *self)
{
    return zc_asker_is_busy (self->asker) ? zc_asker_socket (self->asker) : NULL;
}

int zc_rounds_wait_ms (const zc_rounds_t *self, int most)
{
    int64_t left_ms = most;
    if (zc_asker_is_busy (self->asker))
        left_ms = zc_asker_wait_ms (self->asker);
    else if (!self->data->paused)
        left_ms = self->asking == ZC_ASKED ? self->due_ms - zclock_mono () : 0;
    return left_ms < 0 ? 0 : left_ms < most ? (int) left_ms : most;
}
