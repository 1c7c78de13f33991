/* SPDX-License-Identifier: MPL-2.0
 *
 * pages.h - what needs no answer of the daemon: the page and its files, how we are, the stream.
 */
#ifndef ZB_PAGES_H
#define ZB_PAGES_H

#include "zboard/board.h"
#include "zboard/request.h"

enum MHD_Result zc_get_page (zc_board_t *board, zc_request_t *request);
enum MHD_Result zc_get_asset (zc_board_t *board, zc_request_t *request);
enum MHD_Result zc_get_icon (zc_board_t *board, zc_request_t *request);
enum MHD_Result zc_get_stream (zc_board_t *board, zc_request_t *request);

/* Whether this process answers; whether zcostd is there, so that others' requests will be answered. */
enum MHD_Result zc_get_healthz (zc_board_t *board, zc_request_t *request);
enum MHD_Result zc_get_readyz (zc_board_t *board, zc_request_t *request);

#endif
