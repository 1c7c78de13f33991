/* SPDX-License-Identifier: MPL-2.0
 *
 * query_routes.h - requests that the daemon's answers answer: a question each, and /metrics, which is several.
 */
#ifndef ZB_QUERY_ROUTES_H
#define ZB_QUERY_ROUTES_H

#include "zboard/board.h"
#include "zboard/request.h"

/* Of the routes that are questions: at once, or after waiting. */
enum MHD_Result zb_query_routes_answer (zb_board_t *board, zb_request_t *request);

/* For Prometheus. */
enum MHD_Result zb_query_routes_metrics (zb_board_t *board, zb_request_t *request);

/* The connection goes on: what it waited for is there. */
enum MHD_Result zb_query_routes_take_answer (zb_request_t *request);

#endif
