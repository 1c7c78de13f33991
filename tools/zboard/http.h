/* SPDX-License-Identifier: MPL-2.0
 *
 * http.h - the server of HTTP: the listening socket, connections and their deadlines, and the loop.
 *
 * Owns libmicrohttpd, which has no thread of its own: all of it runs in the thread of zb_http_run.
 */
#ifndef ZB_HTTP_H
#define ZB_HTTP_H

#include "zboard/board.h"

typedef struct zb_http zb_http_t;

/* Binds and listens. NULL after one line in the log. board outlives it; but for the settings its parts need only be there
 * when it runs. */
zb_http_t *zb_http_new (zb_board_t *board);
void zb_http_destroy (zb_http_t **self_p);

/* Serves until SIGTERM or SIGINT, then ends streams and answers who waits. Returns 0; -1: could not go on, and the log
 * says why. */
int zb_http_run (zb_http_t *self);

#endif
