/* SPDX-License-Identifier: MPL-2.0
 *
 * poller.h - one question at a time to a daemon's query endpoint, without ever waiting.
 *
 * Owns a DEALER. Replies carry no number, and those about windows of time overtake each other: so a question is
 * only put when the last one was answered or given up, and giving up takes a new socket, so that no late reply
 * answers a later question. Refuses to know what a result means.
 */
#ifndef ZR_WATCH_POLLER_H
#define ZR_WATCH_POLLER_H

#include <jansson.h>
#include <stdbool.h>

typedef struct zr_watch_poller zr_watch_poller_t;

typedef enum {
    ZR_WATCH_POLLER_NOTHING, /* no news */
    ZR_WATCH_POLLER_ANSWERED,
    ZR_WATCH_POLLER_REFUSED, /* the daemon lives, and said why it does not answer: zr_watch_poller_error */
    ZR_WATCH_POLLER_SILENT   /* no reply in time, or none of zcost's: zr_watch_poller_error */
} zr_watch_poller_news_t;

/* Connects in the background. timeout_ms: for each question. NULL with errno where the endpoint is none. */
zr_watch_poller_t *zr_watch_poller_new (const char *endpoint, int timeout_ms);
void zr_watch_poller_destroy (zr_watch_poller_t **self_p);

/* For zmq_poll; changes where a question is given up. NULL: there is none just now. */
void *zr_watch_poller_socket (const zr_watch_poller_t *self);

/* Whether a question is under way, and how long it still may be; -1: none is. */
bool zr_watch_poller_is_busy (const zr_watch_poller_t *self);
int zr_watch_poller_wait_ms (const zr_watch_poller_t *self);

/* Puts a question. Only where none is under way. request: the caller's. */
void zr_watch_poller_put (zr_watch_poller_t *self, const json_t *request);

/* What became of the question under way. *ret_result, where it was answered: a map, a new reference. */
zr_watch_poller_news_t zr_watch_poller_look (zr_watch_poller_t *self, json_t **ret_result);
const char *zr_watch_poller_error (const zr_watch_poller_t *self);

/* Gives the question under way up, if any. */
void zr_watch_poller_forget (zr_watch_poller_t *self);

#endif
