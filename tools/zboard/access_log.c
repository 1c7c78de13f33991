/* SPDX-License-Identifier: MPL-2.0
 *
 * access_log.c - which requests there were; see access.h.
 */
#include "zboard/access_log.h"

#include <stdio.h>
#include <string.h>

#include "program/log.h"

#define COUNTERS_MAX 256 /* routes times the statuses that we give: no peer makes one */
#define SHOWN 200        /* bytes of what a peer wrote */

static struct {
    const char *route;
    int status;
    uint64_t count;
    int64_t took_ns;
} counters [COUNTERS_MAX];
static size_t counters_count;
static unsigned logged_now, unlogged_now;
static bool is_logged;

void zb_access_log_init (bool logged)
{
    is_logged = logged;
}

static void count (const zb_access_log_t *access)
{
    size_t i = 0;
    while (i < counters_count && (counters [i].route != access->route || counters [i].status != access->status))
        i++;
    if (i == COUNTERS_MAX)
        return;
    if (i == counters_count) {
        counters [i].route = access->route;
        counters [i].status = access->status;
        counters_count++;
    }
    counters [i].count++;
    counters [i].took_ns += access->is_stream ? 0 : access->took_ns;
}

/* What would end the quotes, or is not printed, as %XX. */
static void show (const char *text, char ret_shown [3 * SHOWN + 1])
{
    *ret_shown = '\0';
    for (size_t i = 0; i < SHOWN && text [i]; i++) {
        bool plain = text [i] > ' ' && text [i] <= '~' && text [i] != '"' && text [i] != '\\';
        ret_shown += sprintf (ret_shown, plain ? "%c" : "%%%02X", (unsigned char) text [i]);
    }
}

void zb_access_log_note (const zb_access_log_t *access)
{
    count (access);
    if (!is_logged)
        return;
    if (logged_now == ZB_LOGGED_A_SECOND) {
        unlogged_now++;
        return;
    }
    logged_now++;
    char method [3 * SHOWN + 1], uri [3 * SHOWN + 1];
    show (access->method, method);
    show (access->uri, uri);
    zc_log (access->status >= 500 ? ZC_LOG_WARN : ZC_LOG_INFO, "request",
            "method=%s uri=\"%s\" status=%d ms=%.3f peer=%s", method, uri, access->status,
            (double) access->took_ns / 1e6, access->peer);
}

void zb_access_log_tick (void)
{
    if (unlogged_now > 0)
        zc_log (ZC_LOG_INFO, "requests_not_logged", "count=%u", unlogged_now);
    logged_now = unlogged_now = 0;
}

void zb_access_log_each (void (*visit) (void *context, const char *route, int status, uint64_t count, int64_t took_ns),
                         void *context)
{
    for (size_t i = 0; i < counters_count; i++)
        visit (context, counters [i].route, counters [i].status, counters [i].count, counters [i].took_ns);
}
