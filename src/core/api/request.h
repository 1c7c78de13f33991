/* SPDX-License-Identifier: MPL-2.0
 *
 * request.h - what a request asks for.
 *
 * Reads a request's bytes and refuses what the contract does not allow; what it does not know it lets pass, as later
 * versions may. Of an argument that is there twice the last one counts; one that is nil is not given.
 */
#ifndef ZC_REQUEST_H
#define ZC_REQUEST_H

#include "core/window/query_spec.h"
#include "core/delivery/producers.h"

#define ZC_REQUEST_MAX_BYTES 65536
#define ZC_REJECTS_LIMIT_DEFAULT 100

typedef enum {
    ZC_QUERY_REPORT,
    ZC_QUERY_BREAKDOWN,
    ZC_QUERY_SERIES,
    ZC_QUERY_HEALTH,
    ZC_QUERY_REJECTS,
    ZC_QUERY_PRICE,
    ZC_QUERY_BUDGETS,
    ZC_QUERY_ACK,
    ZC_QUERY_PING,
    ZC_QUERIES
} zc_query_t;

/* Strings are views into the request's bytes, or static. */
typedef struct {
    zc_query_t query;
    zc_query_spec_t spec;                 /* zc_request_is_windowed: what is asked of which window */
    zc_str_t service;                     /* `report`; without data: of all */
    zc_str_t model;                       /* `price` */
    int64_t limit;                        /* `rejects`: 0 or more */
    uint8_t producer [ZC_PRODUCER_BYTES]; /* `ack` */
} zc_request_t;

/* Returns 0; or -1, with one of the contract's codes and why, both static. The names of dimensions are looked up in
 * the policy; it need not outlive the request. */
int zc_request_read (const zc_policy_t *policy, const void *bytes, size_t size, zc_request_t *ret_request,
                     const char **ret_code, const char **ret_why);

/* Whether it is about cells of a window of time, which are not all in memory: `breakdown`, `series`, and a `report`
 * with since or until, whose rows are by type and tier. */
#define ZC_REPORT_BY_TIER 1
bool zc_request_is_windowed (const zc_request_t *self);
const zc_query_spec_t *zc_request_spec (const zc_request_t *self); /* then */

const char *zc_request_query_name (zc_query_t query);

#endif
