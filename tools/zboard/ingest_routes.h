/* SPDX-License-Identifier: MPL-2.0
 *
 * ingest_routes.h - requests that bring something: usage events, a token.
 */
#ifndef ZB_INGEST_ROUTES_H
#define ZB_INGEST_ROUTES_H

#include "zboard/board.h"
#include "zboard/request.h"

enum MHD_Result zb_ingest_routes_usage (zb_board_t *board, zb_request_t *request);

/* {"token": TEXT}: a cookie, for a browser, whose streams bring no header of ours. */
enum MHD_Result zb_ingest_routes_session (zb_board_t *board, zb_request_t *request);
enum MHD_Result zb_ingest_routes_delete_session (zb_board_t *board, zb_request_t *request);

#endif
