/* SPDX-License-Identifier: MPL-2.0
 *
 * routes.h - which request is for whom.
 */
#ifndef ZB_ROUTES_H
#define ZB_ROUTES_H

#include "zboard/board.h"
#include "zboard/request.h"

/* The request's first line and headers are there: finds the route and asks whether it may; see request->refusal. */
void zb_routes_begin (const zb_board_t *board, zb_request_t *request, const char *path, const char *method);

/* All of the request is there, or the connection goes on after it waited: answers it, or lets it wait. */
enum MHD_Result zb_routes_go_on (zb_board_t *board, zb_request_t *request);

#endif
