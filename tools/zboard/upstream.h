/* SPDX-License-Identifier: MPL-2.0
 *
 * upstream.h - the thread that talks to zcostd: it listens to what is published, puts questions, and tells of both as
 * JSON text.
 *
 * Owns the SUB and the DEALER. Turning large answers into text is its work, so that nobody's request waits for it.
 * Refuses to know HTTP, beyond the status that an answer amounts to.
 */
#ifndef ZB_UPSTREAM_H
#define ZB_UPSTREAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zboard/mailbox.h"
#include "zboard/settings.h"
#include "zcost.h"

#define ZC_QUERIES_MAX 64   /* under way at once; beyond: refused */
#define ZC_PARTS_MAX 6      /* questions to the daemon that make one answer */
#define ZC_ANSWER_MAX_BYTES (4 << 20) /* of one reply, in msgpack */

typedef struct zc_upstream zc_upstream_t;

/* Makes the text of an answer: malloc'd, *ret_size bytes. results: those of the parts, in order; NULL: the daemon did not
 * answer that one (only where the query is `lenient`). NULL: no memory. Called in the thread of upstream. */
typedef char *(*zc_render_t) (void *context, json_t *const *results, size_t *ret_size);

typedef struct {
    zc_letter_t letter;
    uint32_t number;                 /* the asker's; comes back with the answer */
    uint64_t after;                  /* events of ours that must be acknowledged before it is put */
    json_t *parts [ZC_PARTS_MAX];    /* requests */
    size_t parts_count;
    bool lenient;                    /* what fails is left out; else the first failure is the answer */
    zc_render_t render;              /* NULL: the result as it is, as JSON */
    void *context;
} zc_query_t;

typedef enum { ZC_NEWS_ANSWER, ZC_NEWS_SNAPSHOT, ZC_NEWS_ALERT, ZC_NEWS_STATE } zc_news_kind_t;

typedef struct {
    zc_letter_t letter;
    zc_news_kind_t kind;
    uint32_t number; /* of the query that is answered */
    int status;      /* of an answer: of HTTP */
    char *text;      /* JSON, or what was rendered; free it. Of an answer NULL: no memory */
    size_t size;
    bool up;          /* of a state: whether the daemon is connected and its snapshots come */
    int64_t heard_ms; /* of a state: when the last snapshot came, since the epoch; 0: none did */
} zc_news_t;

/* events: who sends what is tracked, and is told what is acknowledged. The settings and it must outlive the thread.
 * NULL after one line in the log. */
zc_upstream_t *zc_upstream_new (const zc_settings_t *settings, zcost_t *events);

/* Ends the thread; queries under way are not answered. */
void zc_upstream_destroy (zc_upstream_t **self_p);

/* Puts a query, and takes it over, with its parts. */
void zc_upstream_ask (zc_upstream_t *self, zc_query_t *query);
void zc_query_destroy (zc_query_t **self_p);

/* Readable while there is news; take all of it (zc_news_t), and free each. One thread. */
int zc_upstream_fd (const zc_upstream_t *self);
zc_news_t *zc_upstream_take (zc_upstream_t *self);
static inline zc_news_t *zc_news_next (const zc_news_t *news)
{
    return (zc_news_t *) news->letter.next;
}
void zc_news_destroy (zc_news_t **self_p);

/* A failure as our JSON tells it: {"detail", "code"}. */
char *zc_failure_text (const char *code, const char *detail, size_t *ret_size);

#endif
