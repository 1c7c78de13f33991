/* SPDX-License-Identifier: MPL-2.0
 *
 * page_routes.h - what needs no answer of the daemon: the page and its files, how we are, the stream.
 */
#ifndef ZB_PAGE_ROUTES_H
#define ZB_PAGE_ROUTES_H

#include "zboard/board.h"
#include "zboard/request.h"

enum MHD_Result zb_page_routes_page (zb_board_t *board, zb_request_t *request);
enum MHD_Result zb_page_routes_asset (zb_board_t *board, zb_request_t *request);
enum MHD_Result zb_page_routes_icon (zb_board_t *board, zb_request_t *request);
enum MHD_Result zb_page_routes_stream (zb_board_t *board, zb_request_t *request);

/* Whether this process answers; whether zcostd is there, so that others' requests will be answered. */
enum MHD_Result zb_page_routes_healthz (zb_board_t *board, zb_request_t *request);
enum MHD_Result zb_page_routes_readyz (zb_board_t *board, zb_request_t *request);

#endif
