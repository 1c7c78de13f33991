/* SPDX-License-Identifier: MPL-2.0
 *
 * show_health.h - the parts of the health screen, each a few fields of its own.
 *
 * Each but the first takes the whole result, and shows nothing where its keys are missing: a daemon of another
 * version is shown as far as it goes.
 */
#ifndef ZC_SHOW_HEALTH_H
#define ZC_SHOW_HEALTH_H

#include <jansson.h>

#include "zreport/screen.h"

/* show_durable.c: what the daemon waits for, an array of texts for a person; what this start of it found; and
 * where its counts are kept. */
void zc_show_waiting (const zc_screen_t *screen, const json_t *waiting);
void zc_show_recovered (const zc_screen_t *screen, const json_t *health);
void zc_show_journal (const zc_screen_t *screen, const json_t *health);
void zc_show_store (const zc_screen_t *screen, const json_t *health);

/* show_producers.c: how many there are, and a table of those that sent last. */
void zc_show_producers (const zc_screen_t *screen, const json_t *health);

#endif
