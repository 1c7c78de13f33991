/* SPDX-License-Identifier: MPL-2.0
 *
 * show.h - results as text for a person.
 */
#ifndef ZR_SHOW_H
#define ZR_SHOW_H

#include <jansson.h>
#include <stdint.h>

#include "zreport/show/screen.h"

/* The cost report. service: whose alone it is; NULL: of all. unpriced: health's map of model names,
 * which is of all services, or NULL where nobody asked. */
void zr_show_report (const zr_screen_t *screen, const json_t *report, const char *service, const json_t *unpriced);

/* The same of a window of time: what is counted for all times says so. */
void zr_show_window (const zr_screen_t *screen, const json_t *report, const char *service);

/* Models by name with their counts, the most frequent first, at most `max` of them. */
void zr_show_unpriced (const zr_screen_t *screen, const json_t *unpriced, size_t max);

void zr_show_health (const zr_screen_t *screen, const json_t *health);
void zr_show_rejects (const zr_screen_t *screen, const json_t *rejects);
void zr_show_price (const zr_screen_t *screen, const json_t *price);
void zr_show_ping (const zr_screen_t *screen, const json_t *ping, int64_t elapsed_ns);

#endif
