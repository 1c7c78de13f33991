/* SPDX-License-Identifier: MPL-2.0
 *
 * metrics.h - the daemon's answers as metrics.
 *
 * Counters are sums since the ledger began, from the daemon's own integers: they never go back, and outlive restarts of
 * both. Labels are bounded: the dearest models and services are named, and one that was named once stays named while the
 * ledger is the same, so that no series ends or moves into another: with its last sums, where the daemon's answer is
 * without it. What is not named is in the sums without labels, and is counted. Knows no socket and no clock. One thread
 * at a time.
 */
#ifndef ZB_METRICS_H
#define ZB_METRICS_H

#include <jansson.h>
#include <stdint.h>

#include "zboard/exposition.h"

typedef struct zb_metrics zb_metrics_t;

/* The questions whose answers it takes, in their order. */
enum {
    ZB_ASK_REPORT,
    ZB_ASK_HEALTH,
    ZB_ASK_BY_MODEL,   /* breakdown */
    ZB_ASK_BY_SERVICE, /* breakdown */
    ZB_ASK_LATENCY,    /* breakdown by model of the last quarter of an hour */
    ZB_ASK_BUDGETS,
    ZB_ASKS
};

/* labels_max: of models, and of services. NULL: no memory. */
zb_metrics_t *zb_metrics_new (size_t labels_max);
void zb_metrics_destroy (zb_metrics_t **self_p);

/* A request to the daemon, a new reference; NULL: no memory. */
json_t *zb_metrics_question (int which, int64_t now_ms);

/* Writes what the answers tell; one that is NULL leaves its metrics out. */
void zb_metrics_write (zb_metrics_t *self, json_t *const *answers, zb_exposition_t *out);

#endif
