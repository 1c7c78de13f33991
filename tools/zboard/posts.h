/* SPDX-License-Identifier: MPL-2.0
 *
 * posts.h - requests that bring something: usage events, a token.
 */
#ifndef ZB_POSTS_H
#define ZB_POSTS_H

#include "zboard/board.h"
#include "zboard/request.h"

enum MHD_Result zc_post_usage (zc_board_t *board, zc_request_t *request);

/* {"token": TEXT}: a cookie, for a browser, whose streams bring no header of ours. */
enum MHD_Result zc_post_session (zc_board_t *board, zc_request_t *request);
enum MHD_Result zc_delete_session (zc_board_t *board, zc_request_t *request);

#endif
