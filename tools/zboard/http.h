/* SPDX-License-Identifier: MPL-2.0
 *
 * http.h - the server of HTTP: the listening socket, connections and their deadlines, and the loop.
 *
 * Owns libmicrohttpd, which has no thread of its own: all of it runs in the thread of zc_http_run.
 */
#ifndef ZB_HTTP_H
#define ZB_HTTP_H

#include "zboard/board.h"

typedef struct zc_http zc_http_t;

/* Binds and listens. NULL after one line in the log. board outlives it; but for the settings its parts need only be there
 * when it runs. */
zc_http_t *zc_http_new (zc_board_t *board);
void zc_http_destroy (zc_http_t **self_p);

/* Serves until SIGTERM or SIGINT, then ends streams and answers who waits. Returns 0; -1: could not go on, and the log
 * says why. */
int zc_http_run (zc_http_t *self);

#endif
