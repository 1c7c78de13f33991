/* SPDX-License-Identifier: MPL-2.0
 *
 * news.h - what the thread that talks to zcostd tells: answers, and what was published, as text.
 */
#ifndef ZB_NEWS_H
#define ZB_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zboard/mailbox.h"

typedef enum { ZC_NEWS_ANSWER, ZC_NEWS_SNAPSHOT, ZC_NEWS_ALERT, ZC_NEWS_STATE } zc_news_kind_t;

typedef struct {
    zc_letter_t letter;
    zc_news_kind_t kind;
    uint32_t number; /* of the query that is answered */
    int status;      /* of an answer: of HTTP */
    char *text;      /* JSON, or what was rendered; malloc'd. Of an answer NULL: no memory */
    size_t size;
    bool up; /* of a state: whether the daemon is connected and its snapshots come */
} zc_news_t;

/* The one behind it, of several that were taken together; NULL: none. */
static inline zc_news_t *zc_news_next (const zc_news_t *news)
{
    return (zc_news_t *) news->letter.next;
}

/* With its text. */
void zc_news_destroy (zc_news_t **self_p);

/* A failure as our JSON tells it: {"detail", "code"}; malloc'd. NULL: no memory. */
char *zc_failure_text (const char *code, const char *detail, size_t *ret_size);

#endif
