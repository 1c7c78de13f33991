/* SPDX-License-Identifier: MPL-2.0
 *
 * own_metrics.h - zboard's own metrics: requests, streams, what was tracked.
 */
#ifndef ZB_OWN_METRICS_H
#define ZB_OWN_METRICS_H

#include "zboard/board.h"
#include "zboard/exposition.h"

void zc_own_metrics_write (const zc_board_t *board, zc_exposition_t *out);

#endif
