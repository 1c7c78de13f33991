/* SPDX-License-Identifier: MPL-2.0
 *
 * daemon_queries.h - queries under way: their parts are put to zcostd, and what comes back becomes one answer each.
 *
 * Owns the DEALER. Numbers what it asks, for replies overtake each other (zcost_protocol(7), QUERIES). Every query is
 * answered, whatever the daemon does. One thread.
 */
#ifndef ZB_DAEMON_QUERIES_H
#define ZB_DAEMON_QUERIES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "zboard/upstream_event.h"
#include "zcost.h"

#define ZB_DAEMON_QUERIES_MAX 64      /* under way at once: who asks keeps count */
#define ZB_PARTS_MAX 6                /* questions to the daemon that make one answer */
#define ZB_ANSWER_MAX_BYTES (4 << 20) /* of one reply, in msgpack */

/* Makes the text of an answer: malloc'd, *ret_size bytes. results: those of the parts, in order; NULL: the daemon did not
 * answer that one (only where the query is `lenient`). NULL: no memory. */
typedef char *(*zb_render_t) (void *context, json_t *const *results, size_t *ret_size);

typedef struct {
    zc_letter_t letter;
    uint32_t number;              /* the asker's; comes back with the answer */
    uint64_t after;               /* events of ours that must be acknowledged before it is put */
    json_t *parts [ZB_PARTS_MAX]; /* requests */
    size_t parts_count;
    bool lenient;       /* what fails, or takes over 5 s, is left out; else the first failure is the answer */
    zb_render_t render; /* NULL: the result as it is, as JSON. Called in the thread of the queries */
    void *context;
    zb_upstream_event_t *answer; /* what becomes it: there is memory for it before it is asked */
} zb_daemon_query_t;

/* Without parts. NULL: no memory. */
zb_daemon_query_t *zb_daemon_query_new (void);
void zb_daemon_query_destroy (zb_daemon_query_t **self_p);

typedef struct zb_daemon_queries zb_daemon_queries_t;

/* Connects in the background. events: what tells which of ours are acknowledged. outbox: where answers go. Both and the
 * endpoint's text outlive it. NULL with errno. */
zb_daemon_queries_t *zb_daemon_queries_new (const char *endpoint, const zcost_t *events, zc_mailbox_t *outbox);

/* What is under way is not answered. */
void zb_daemon_queries_destroy (zb_daemon_queries_t **self_p);

/* libzmq sockets, for zmq_poll; the second may be NULL. */
void *zb_daemon_queries_socket (const zb_daemon_queries_t *self);
void *zb_daemon_queries_monitor (const zb_daemon_queries_t *self);

/* Takes a query over, and puts it, or holds it until its time has come. */
void zb_daemon_queries_begin (zb_daemon_queries_t *self, zb_daemon_query_t *query);

/* Takes what has come, puts what was held, gives up what took too long. */
void zb_daemon_queries_look (zb_daemon_queries_t *self);

/* How long until that is to be done though nothing comes; most: at most. */
int zb_daemon_queries_wait_ms (const zb_daemon_queries_t *self, int most);

#endif
