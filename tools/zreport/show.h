/* SPDX-License-Identifier: MPL-2.0
 *
 * show.h - results as text for a person.
 */
#ifndef ZC_SHOW_H
#define ZC_SHOW_H

#include <jansson.h>
#include <stdint.h>

#include "zreport/screen.h"

/* The cost report. service: whose alone it is; NULL: of all. unpriced: health's map of model names,
 * which is of all services, or NULL where nobody asked. */
void zc_show_report (const zc_screen_t *screen, const json_t *report, const char *service, const json_t *unpriced);

/* The same of a window of time: what is counted for all times says so. */
void zc_show_window (const zc_screen_t *screen, const json_t *report, const char *service);

/* Models by name with their counts, the most frequent first, at most `max` of them. */
void zc_show_unpriced (const zc_screen_t *screen, const json_t *unpriced, size_t max);

void zc_show_health (const zc_screen_t *screen, const json_t *health);
void zc_show_rejects (const zc_screen_t *screen, const json_t *rejects);
void zc_show_price (const zc_screen_t *screen, const json_t *price);
void zc_show_ping (const zc_screen_t *screen, const json_t *ping, int64_t elapsed_ns);

#endif
