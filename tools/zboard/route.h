/* SPDX-License-Identifier: MPL-2.0
 *
 * route.h - what a path leads to.
 */
#ifndef ZB_ROUTE_H
#define ZB_ROUTE_H

#include "zboard/board.h"
#include "zboard/request.h"

typedef enum MHD_Result (*zb_handle_t) (zb_board_t *board, zb_request_t *request);

typedef struct zb_route {
    const char *path;  /* all of it; with a slash at its end but the first: how it begins */
    const char *allow; /* the methods, as Allow has them */
    bool is_open;      /* needs no token: tells nothing of anyone's money */
    zb_handle_t get, post, delete;
    const char *query;  /* of a question: its name, */
    unsigned takes;     /* and its parameters */
    bool holds_tracked; /* its answer holds what was tracked here before it came */
} zb_route_t;

#endif
