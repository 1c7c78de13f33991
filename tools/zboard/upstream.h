/* SPDX-License-Identifier: MPL-2.0
 *
 * upstream.h - the thread that talks to zcostd: it listens to what is published, puts questions, and tells of both as
 * JSON text.
 *
 * Owns the SUB, and the queries under way. Turning large answers into text is its work, so that nobody's request waits for it.
 * Refuses to know HTTP, beyond the status that an answer amounts to.
 */
#ifndef ZB_UPSTREAM_H
#define ZB_UPSTREAM_H

#include "program/mailbox.h"
#include "zboard/upstream_event.h"
#include "zboard/daemon_queries.h"
#include "zboard/settings.h"
#include "zcost.h"

typedef struct zb_upstream zb_upstream_t;

/* events: who sends what is tracked, and is told what is acknowledged. It and the settings must outlive the thread.
 * NULL after one line in the log. */
zb_upstream_t *zb_upstream_new (const zb_settings_t *settings, const zcost_t *events);

/* Ends the thread; queries under way are not answered. */
void zb_upstream_destroy (zb_upstream_t **self_p);

/* Puts a query, and takes it over. */
void zb_upstream_ask (zb_upstream_t *self, zb_daemon_query_t *query);

/* Readable while there is news; take all of it, and destroy each. One thread. */
int zb_upstream_fd (const zb_upstream_t *self);
zb_upstream_event_t *zb_upstream_take (zb_upstream_t *self);

#endif
