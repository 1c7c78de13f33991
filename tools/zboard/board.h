/* SPDX-License-Identifier: MPL-2.0
 *
 * board.h - what the parts of zboard share: who talks to zcostd, and what is known of it.
 */
#ifndef ZB_BOARD_H
#define ZB_BOARD_H

#include "zboard/auth.h"
#include "zboard/metrics.h"
#include "zboard/answer_cache.h"
#include "zboard/settings.h"
#include "zboard/stream.h"
#include "zboard/track.h"
#include "zboard/upstream.h"

typedef struct {
    const zb_settings_t *settings;
    zcost_t *events; /* what is tracked goes there */
    zb_upstream_t *upstream;
    zb_metrics_t *metrics; /* of the thread of upstream */
    zb_auth_t *guard;
    zb_answer_cache_t *questions;
    zb_streams_t *streams;
    zb_track_counts_t counts;
    int64_t started_ms;
    bool stopping;
} zb_board_t;

#endif
