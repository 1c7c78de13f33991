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
static inline char *written (zc_metrics_t *metrics, const char *const *texts, bool open_metrics)
{
    json_t *answers [ZC_ASKS];
    exposed_t exposed_now;
    for (int i = 0; i < ZC_ASKS; i++)
        answers [i] = texts [i] ? json_of (texts [i]) : NULL;
    expose (&exposed_now, open_metrics);
    zc_metrics_write (metrics, answers, &exposed_now.out);
    zc_exposition_end (&exposed_now.out);
    for (int i = 0; i < ZC_ASKS; i++)
        json_decref (answers [i]);
    char *text = exposed (&exposed_now);
    assert_well_formed (text, open_metrics);
    return text;
}

/* The same of one answer alone. */
static inline char *written_of (zc_metrics_t *metrics, int which, const char *answer)
{
    const char *texts [ZC_ASKS] = {NULL};
    texts [which] = answer;
    return written (metrics, texts, false);
}

#endif
