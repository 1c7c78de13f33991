/* SPDX-License-Identifier: MPL-2.0
 *
 * feed.h - what a daemon publishes: snapshots, and alerts of budgets.
 *
 * Owns the SUB socket. Believes nothing of a message but what it has checked. Refuses to wait, to print, and to
 * know what a snapshot means.
 */
#ifndef ZC_FEED_H
#define ZC_FEED_H

#include <jansson.h>
#include <stdbool.h>

typedef struct zc_feed zc_feed_t;

typedef enum { ZC_FEED_NOTHING, ZC_FEED_SNAPSHOT, ZC_FEED_ALERT, ZC_FEED_BAD } zc_feed_kind_t;

/* Connects in the background. alerts: also subscribes to them; a daemon keeps an alert until somebody does. Returns
 * NULL with errno where the endpoint is none. */
zc_feed_t *zc_feed_new (const char *endpoint, bool alerts);
void zc_feed_destroy (zc_feed_t **self_p);

/* For zmq_poll: libzmq sockets; the second tells of the connection, and may be NULL. */
void *zc_feed_socket (const zc_feed_t *self);
void *zc_feed_monitor (const zc_feed_t *self);

/* Takes the next message that has come, at once. *ret_body, of a snapshot or an alert: a map, a new reference.
 * ZC_FEED_BAD: a message that is none of zcost's; see zc_feed_error. */
zc_feed_kind_t zc_feed_next (zc_feed_t *self, json_t **ret_body);
const char *zc_feed_error (const zc_feed_t *self);

/* Whether the connection stands, as far as can be known. */
bool zc_feed_is_connected (zc_feed_t *self);

/* Asks for a snapshot now: a daemon greets a subscriber with one. */
void zc_feed_refresh (zc_feed_t *self);

#endif
