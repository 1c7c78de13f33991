/* SPDX-License-Identifier: MPL-2.0
 *
 * metrics_written.h - for tests of metrics: what answers in JSON amount to.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_METRICS_WRITTEN_H
#define ZC_TEST_METRICS_WRITTEN_H

#include "exposed.h"
#include "quoted.h"
#include "zboard/metrics.h"

/* What answers amount to; NULL: there was none. The exposition is well-formed whatever they are. For the caller to
 * free. */
static inline char *written (zb_metrics_t *metrics, const char *const *texts, bool open_metrics)
{
    json_t *answers [ZB_ASKS];
    exposed_t exposed_now;
    for (int i = 0; i < ZB_ASKS; i++)
        answers [i] = texts [i] ? json_of (texts [i]) : NULL;
    expose (&exposed_now, open_metrics);
    zb_metrics_write (metrics, answers, &exposed_now.out);
    zb_exposition_end (&exposed_now.out);
    for (int i = 0; i < ZB_ASKS; i++)
        json_decref (answers [i]);
    char *text = exposed (&exposed_now);
    assert_well_formed (text, open_metrics);
    return text;
}

/* The same of one answer alone. */
static inline char *written_of (zb_metrics_t *metrics, int which, const char *answer)
{
    const char *texts [ZB_ASKS] = {NULL};
    texts [which] = answer;
    return written (metrics, texts, false);
}

#endif
