/* SPDX-License-Identifier: MPL-2.0
 *
 * health.h - the answer to `health`: how the daemon is, for people and for monitors. Only looks.
 */
#ifndef ZC_HEALTH_H
#define ZC_HEALTH_H

#include <msgpack.h>

#include "core/api/report.h"

#define ZC_HEALTH_PRODUCERS_MAX 100 /* shown, the most recent ones */

void zc_health_pack (msgpack_packer *out, const zc_report_source_t *view);

#endif
