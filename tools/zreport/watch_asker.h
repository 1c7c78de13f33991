/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_asker.h - one question at a time to a daemon's query endpoint, without ever waiting.
 *
 * Owns a DEALER. Replies carry no number, and those about windows of time overtake each other: so a question is
 * only put when the last one was answered or given up, and giving up takes a new socket, so that no late reply
 * answers a later question. Refuses to know what a result means.
 */
#ifndef ZC_WATCH_ASKER_H
#define ZC_WATCH_ASKER_H

#include <jansson.h>
#include <stdbool.h>

typedef struct zc_asker zc_asker_t;

typedef enum {
    ZC_ASKER_NOTHING,  /* no news */
    ZC_ASKER_ANSWERED,
    ZC_ASKER_REFUSED,  /* the daemon lives, and said why it does not answer: zc_asker_error */
    ZC_ASKER_SILENT    /* no reply in time, or none of zcost's: zc_asker_error */
} zc_asker_news_t;

/* Connects in the background. timeout_ms: for each question. NULL with errno where the endpoint is none. */
zc_asker_t *zc_asker_new (const char *endpoint, int timeout_ms);
void zc_asker_destroy (zc_asker_t **self_p);

/* For zmq_poll; changes where a question is given up. NULL: there is none just now. */
void *zc_asker_socket (const zc_asker_t *self);

/* Whether a question is under way, and how long it still may be; -1: none is. */
bool zc_asker_is_busy (const zc_asker_t *self);
int zc_asker_wait_ms (const zc_asker_t *self);

/* Puts a question. Only where none is under way. request: the caller's. */
void zc_asker_put (zc_asker_t *self, const json_t *request);

/* What became of the question under way. *ret_result, where it was answered: a map, a new reference. */
zc_asker_news_t zc_asker_look (zc_asker_t *self, json_t **ret_result);
const char *zc_asker_error (const zc_asker_t *self);

/* Gives the question under way up, if any. */
void zc_asker_forget (zc_asker_t *self);

#endif
