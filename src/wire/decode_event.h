/* SPDX-License-Identifier: MPL-2.0
 *
 * decode_event.h - one event of a frame; the step within decode.c.
 */
#ifndef ZC_DECODE_EVENT_H
#define ZC_DECODE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/event.h"

/* Reads the `count` pairs that begin at `at`, behind a map's header. Returns where the next object
 * begins, with *ret_good telling whether *ret_event or *ret_reject (reason, why and key) was
 * written; or NULL where the bytes end too soon. */
const uint8_t *zc_decode_event (const uint8_t *at, const uint8_t *end, uint32_t count, int64_t arrival_ms,
                                zc_event_t *ret_event, zc_reject_t *ret_reject, bool *ret_good);

#endif
