/* SPDX-License-Identifier: MPL-2.0
 *
 * health.h - the answer to `health`: how the daemon is, for people and for monitors. Only looks.
 */
#ifndef ZC_HEALTH_H
#define ZC_HEALTH_H

#include "core/api/report.h"

#define ZC_HEALTH_PRODUCERS_MAX 100 /* shown, the most recent ones */

void zc_health_pack (zc_pack_t *out, const zc_report_source_t *view);

#endif
