/* SPDX-License-Identifier: MPL-2.0
 *
 * engines.h - the daemon's engine, as its settings by default have it, for tests.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_ENGINES_H
#define ZC_TEST_ENGINES_H

#include "daemon/engine.h"

static inline zc_settings_t engine_settings (void)
{
    zc_settings_t settings = {
        .instance = "here",
        .interval_ms = 30000,
        .limits = {.frame_bytes_max = 1 << 20, .batch_events_max = 1000},
        .rejects_keep = 5,
        .retention = {.minutes_ms = INT64_C (172800000), .quarters_ms = INT64_C (34560000000)},
        .caps = {.keys_max = 1000, .producers_max = 1000, .expired_max = 1000, .expire_after_ms = 3600000},
    };
    zc_policy_default (&settings.policy);
    return settings;
}

/* With terms in force. The settings must outlive it. */
static inline void engine_begin (zc_engine_t *self, const zc_settings_t *settings)
{
    zc_pack_t config = {.data = NULL};
    assert_int_equal (zc_engine_init (self, settings), 0);
    assert_int_equal (zc_engine_read_config (self, &config), 0);
    assert_int_equal (zc_engine_take_config (self, config.data, config.size), 0);
    zc_pack_term (&config);
}

#endif
