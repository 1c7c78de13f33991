/* SPDX-License-Identifier: MPL-2.0
 *
 * own_metrics.h - zboard's own metrics: requests, streams, what was tracked.
 */
#ifndef ZB_OWN_METRICS_H
#define ZB_OWN_METRICS_H

#include "zboard/board.h"
#include "zboard/exposition.h"

void zb_own_metrics_write (const zb_board_t *board, zb_exposition_t *out);

#endif
