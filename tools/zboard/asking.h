/* SPDX-License-Identifier: MPL-2.0
 *
 * asking.h - requests that the daemon's answers answer: a question each, and /metrics, which is several.
 */
#ifndef ZB_ASKING_H
#define ZB_ASKING_H

#include "zboard/board.h"
#include "zboard/request.h"

/* Of the routes that are questions: at once, or after waiting. */
enum MHD_Result zc_get_answer (zc_board_t *board, zc_request_t *request);

/* For Prometheus. */
enum MHD_Result zc_get_metrics (zc_board_t *board, zc_request_t *request);

/* The connection goes on: what it waited for is there. */
enum MHD_Result zc_take_answer (zc_request_t *request);

#endif
