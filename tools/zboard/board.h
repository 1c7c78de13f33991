/* SPDX-License-Identifier: MPL-2.0
 *
 * board.h - what the parts of zboard share: who talks to zcostd, and what is known of it.
 */
#ifndef ZB_BOARD_H
#define ZB_BOARD_H

#include "zboard/guard.h"
#include "zboard/metrics.h"
#include "zboard/question.h"
#include "zboard/settings.h"
#include "zboard/stream.h"
#include "zboard/track.h"
#include "zboard/upstream.h"

typedef struct {
    const zc_settings_t *settings;
    zcost_t *events;         /* what is tracked goes there */
    zc_upstream_t *upstream;
    zc_metrics_t *metrics;   /* of the thread of upstream */
    zc_guard_t *guard;
    zc_questions_t *questions;
    zc_streams_t *streams;
    zc_track_counts_t counts;
    int64_t started_ms;
    bool stopping;
} zc_board_t;

#endif
