/* SPDX-License-Identifier: MPL-2.0
 *
 * access_log.h - which requests there were: counted for /metrics, and logged.
 *
 * Owns the counters. One thread.
 */
#ifndef ZB_ACCESS_LOG_H
#define ZB_ACCESS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZB_LOGGED_A_SECOND 100 /* lines; the others are counted, and the count is logged */

typedef struct {
    const char *route; /* a name of ours, never a peer's text */
    const char *method;
    const char *uri; /* as it came, or its beginning */
    int status;      /* 0: the peer went away before there was an answer, or it was MHD's own */
    int64_t took_ns;
    bool is_stream;
    const char *peer; /* an address, in words */
} zb_access_log_t;

/* logged: whether lines are written at all. */
void zb_access_log_init (bool logged);

/* A request is over. */
void zb_access_log_note (const zb_access_log_t *access);

/* Once a second. */
void zb_access_log_tick (void);

/* For each route and status that there was. */
void zb_access_log_each (void (*visit) (void *context, const char *route, int status, uint64_t count, int64_t took_ns),
                         void *context);

#endif
