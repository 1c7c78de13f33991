/* SPDX-License-Identifier: MPL-2.0
 *
 * rounds.c - the live view's questions, round by round; see watch_rounds.h.
 */
#include "zreport/watch/rounds.h"

#include <czmq.h>
#include <errno.h>
#include <stdlib.h>

#include "civil/clock.h"
#include "zreport/show/screen.h"
#include "zreport/watch/poller.h"

#define ROUND_MS 5000      /* from round to round */
#define ROUND_LEAST_MS 500 /* a flood of snapshots is no flood of questions */

struct zr_rounds {
    zr_watch_data_t *data;
    zr_watch_poller_t *poller;
    int asking;       /* which question comes next, or is under way; ZR_ASKED: the round is over */
    bool void_answer; /* the one under way is about what was chosen before */
    int64_t begun_ms; /* both by zc_clock_mono_ms */
    int64_t due_ms;
};

zr_rounds_t *zr_rounds_new (zr_watch_data_t *data, int timeout_ms)
{
    zr_rounds_t *self = zr_screen_need (calloc (1, sizeof *self));
    *self = (zr_rounds_t){.data = data, .asking = ZR_ASKED, .poller = zr_watch_poller_new (data->query, timeout_ms)};
    if (self->poller)
        return self;
    int error = errno;
    zr_rounds_destroy (&self);
    errno = error;
    return NULL;
}

void zr_rounds_destroy (zr_rounds_t **self_p)
{
    zr_rounds_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zr_watch_poller_destroy (&self->poller);
    free (self);
    *self_p = NULL;
}

void zr_rounds_begin (zr_rounds_t *self, zr_asked_t first)
{
    self->begun_ms = zc_clock_mono_ms ();
    self->due_ms = self->begun_ms + ROUND_MS;
    self->void_answer = zr_watch_poller_is_busy (self->poller);
    self->asking = first;
}

void zr_rounds_restart (zr_rounds_t *self)
{
    zr_watch_poller_forget (self->poller);
    zr_rounds_begin (self, 0);
}

void zr_rounds_hurry (zr_rounds_t *self)
{
    int64_t now_ms = zc_clock_mono_ms ();
    if (self->asking == ZR_ASKED && now_ms - self->begun_ms >= ROUND_LEAST_MS)
        self->due_ms = now_ms;
}

void zr_rounds_ask (zr_rounds_t *self)
{
    if (self->data->paused)
        return;
    if (self->asking == ZR_ASKED && zc_clock_mono_ms () >= self->due_ms)
        zr_rounds_begin (self, 0);
    if (self->asking == ZR_ASKED || zr_watch_poller_is_busy (self->poller))
        return;
    json_t *request = zr_watch_question (self->data, (zr_asked_t) self->asking, zc_clock_wall_ms ());
    zr_watch_poller_put (self->poller, request);
    json_decref (request);
}

/* Takes ownership. What it answers may be no more wanted. */
static void take_answer (zr_rounds_t *self, json_t *result, const char *refusal)
{
    zr_watch_say (&self->data->silence, NULL);
    if (self->void_answer || self->data->paused || self->asking == ZR_ASKED) {
        json_decref (result);
        self->void_answer = false;
        return;
    }
    zr_watch_answer (self->data, (zr_asked_t) self->asking++, result, refusal);
}

bool zr_rounds_look (zr_rounds_t *self)
{
    json_t *result = NULL;
    zr_watch_poller_news_t news = zr_watch_poller_look (self->poller, &result);
    if (news == ZR_WATCH_POLLER_ANSWERED || news == ZR_WATCH_POLLER_REFUSED)
        take_answer (self, result, zr_watch_poller_error (self->poller));
    else if (news == ZR_WATCH_POLLER_SILENT) {
        zr_watch_say (&self->data->silence, "no answers from %s: %s", self->data->query,
                      zr_watch_poller_error (self->poller));
        /* No hope for the rest of this round. */
        self->void_answer = false;
        self->asking = ZR_ASKED;
    }
    return news != ZR_WATCH_POLLER_NOTHING;
}

void *zr_rounds_socket (const zr_rounds_t *self)
{
    return zr_watch_poller_is_busy (self->poller) ? zr_watch_poller_socket (self->poller) : NULL;
}

int zr_rounds_wait_ms (const zr_rounds_t *self, int most)
{
    int64_t left_ms = most;
    if (zr_watch_poller_is_busy (self->poller))
        left_ms = zr_watch_poller_wait_ms (self->poller);
    else if (!self->data->paused)
        left_ms = self->asking == ZR_ASKED ? self->due_ms - zc_clock_mono_ms () : 0;
    return left_ms < 0 ? 0 : left_ms < most ? (int) left_ms : most;
}
