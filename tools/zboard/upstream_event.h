/* SPDX-License-Identifier: MPL-2.0
 *
 * upstream_event.h - what the thread that talks to zcostd tells: answers, and what was published, as text.
 */
#ifndef ZB_UPSTREAM_EVENT_H
#define ZB_UPSTREAM_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/mailbox.h"

typedef enum {
    ZB_UPSTREAM_EVENT_ANSWER,
    ZB_UPSTREAM_EVENT_SNAPSHOT,
    ZB_UPSTREAM_EVENT_ALERT,
    ZB_UPSTREAM_EVENT_STATE
} zb_upstream_event_kind_t;

typedef struct {
    zc_letter_t letter;
    zb_upstream_event_kind_t kind;
    uint32_t number; /* of the query that is answered */
    int status;      /* of an answer: of HTTP */
    char *text;      /* JSON, or what was rendered; malloc'd. Of an answer NULL: no memory */
    size_t size;
    bool up; /* of a state: whether the daemon is connected and its snapshots come */
} zb_upstream_event_t;

/* The one behind it, of several that were taken together; NULL: none. */
static inline zb_upstream_event_t *zb_upstream_event_next (const zb_upstream_event_t *news)
{
    return (zb_upstream_event_t *) news->letter.next;
}

/* With its text. */
void zb_upstream_event_destroy (zb_upstream_event_t **self_p);

/* A failure as our JSON tells it: {"detail", "code"}; malloc'd. NULL: no memory. */
char *zb_upstream_event_failure_text (const char *code, const char *detail, size_t *ret_size);

#endif
