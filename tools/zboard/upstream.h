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

#include "zboard/mailbox.h"
#include "zboard/news.h"
#include "zboard/queries.h"
#include "zboard/settings.h"
#include "zcost.h"

typedef struct zc_upstream zc_upstream_t;

/* events: who sends what is tracked, and is told what is acknowledged. It and the settings must outlive the thread.
 * NULL after one line in the log. */
zc_upstream_t *zc_upstream_new (const zc_settings_t *settings, const zcost_t *events);

/* Ends the thread; queries under way are not answered. */
void zc_upstream_destroy (zc_upstream_t **self_p);

/* Puts a query, and takes it over. */
void zc_upstream_ask (zc_upstream_t *self, zc_query_t *query);

/* Readable while there is news; take all of it, and destroy each. One thread. */
int zc_upstream_fd (const zc_upstream_t *self);
zc_news_t *zc_upstream_take (zc_upstream_t *self);

#endif
