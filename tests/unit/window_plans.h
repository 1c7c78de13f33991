/* SPDX-License-Identifier: MPL-2.0
 *
 * window_plans.h - a line of time and questions about it, for tests of plans.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_PLANS_H
#define ZC_TEST_PLANS_H

#include <string.h>

#include "core/window/window_plan.h"
#include "seed.h"

#define COUNT(array) (sizeof (array) / sizeof ((array) [0]))

#define MINUTE INT64_C (60)
#define QUARTER INT64_C (900)
#define HOUR INT64_C (3600)
#define DAY INT64_C (86400)

/* The line that is looked at: six days, a minute each place. */
#define FIRST_S (20000 * DAY)
#define DAYS 6
#define LAST_S (FIRST_S + DAYS * DAY)
#define MINUTES ((LAST_S - FIRST_S) / MINUTE)
#define NOW_S (FIRST_S + 5 * DAY + 10 * HOUR + 7 * MINUTE + 31)

/* Minutes of the last day or two, quarters of one or two more. */
static const zc_coverage_t usual = {
    .now_ms = NOW_S * 1000 + 123,
    .from_s [ZC_MINUTE] = FIRST_S + 4 * DAY + 6 * HOUR,
    .from_s [ZC_QUARTER] = FIRST_S + 2 * DAY,
    .from_s [ZC_DAY] = 0,
    .first_s = FIRST_S,
    .recent_from_s = INT64_MAX,
};

static inline zc_window_plan_t plan_of (const zc_query_spec_t *spec, const zc_coverage_t *reach)
{
    zc_window_plan_t plan;
    memset (&plan, 0xa5, sizeof plan);
    zc_window_plan_make (spec, reach, &plan);
    return plan;
}

static inline zc_query_spec_t window (int64_t since_s, int64_t until_s)
{
    return (zc_query_spec_t){.asked = ZC_SPEC_BREAKDOWN,
                             .has_since = true,
                             .has_until = true,
                             .since_ms = since_s * 1000,
                             .until_ms = until_s * 1000};
}

static inline zc_query_spec_t series (zc_query_spec_t spec, int64_t step_s)
{
    spec.asked = ZC_SPEC_SERIES;
    spec.step_s = step_s;
    return spec;
}

static inline void assert_sound (const zc_window_plan_t *plan)
{
    assert_true (plan->spans_count <= ZC_WINDOW_PLAN_SPANS_MAX);
    assert_true (plan->since_s <= plan->until_s && plan->since_ms <= plan->until_ms);
    int64_t at_s = 0;
    for (size_t i = 0; i < plan->spans_count; i++) {
        const zc_span_t *span = &plan->spans [i];
        if (span->level == ZC_EVER) {
            assert_int_equal (plan->spans_count, 1);
            break;
        }
        assert_true (span->since_s >= at_s && span->since_s < span->until_s && span->until_s <= ZC_TIMES_END_S);
        at_s = span->until_s;
    }
    assert_true (plan->recent_since_s <= plan->recent_until_s);
    assert_true (plan->recent_since_s == plan->recent_until_s || plan->recent_since_s >= at_s);
}

#endif
