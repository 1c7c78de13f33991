/* SPDX-License-Identifier: MPL-2.0
 *
 * health.h - the parts of the health screen, each a few fields of its own.
 *
 * Each but the first takes the whole result, and shows nothing where its keys are missing: a daemon of another
 * version is shown as far as it goes.
 */
#ifndef ZR_SHOW_HEALTH_H
#define ZR_SHOW_HEALTH_H

#include <jansson.h>

#include "zreport/show/screen.h"

/* show_durable.c: what the daemon waits for, an array of texts for a person; what this start of it found; and
 * where its counts are kept. */
void zr_show_waiting (const zr_screen_t *screen, const json_t *waiting);
void zr_show_recovered (const zr_screen_t *screen, const json_t *health);
void zr_show_journal (const zr_screen_t *screen, const json_t *health);
void zr_show_store (const zr_screen_t *screen, const json_t *health);

/* show_producers.c: how many there are, and a table of those that sent last. */
void zr_show_producers (const zr_screen_t *screen, const json_t *health);

#endif
