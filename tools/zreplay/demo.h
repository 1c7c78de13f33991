/* SPDX-License-Identifier: MPL-2.0
 *
 * demo.h - an endless, plausible stream of events of all four types.
 *
 * Six services of an imagined company, each with its own mix of types, models and
 * sizes. The same seed gives the same events, on any machine with the same libm.
 */
#ifndef ZC_DEMO_H
#define ZC_DEMO_H

#include "zreplay/record.h"

typedef struct zc_demo zc_demo_t;

/* rate: events a second of the trace's own time; 0: they carry no time. NULL: no memory. */
zc_demo_t *zc_demo_new (uint64_t seed, double rate);

/* From now on events happened at times that are spread evenly from begin_ms on (since the epoch), step_ms apart. */
void zc_demo_spread (zc_demo_t *self, int64_t begin_ms, double step_ms);
void zc_demo_destroy (zc_demo_t **self);

void zc_demo_next (zc_demo_t *self, zc_record_t *ret_record);

#endif
