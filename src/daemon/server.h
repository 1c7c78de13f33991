/* SPDX-License-Identifier: MPL-2.0
 *
 * server.h - the daemon's sockets and the one thread that owns the ledger.
 */
#ifndef ZC_SERVER_H
#define ZC_SERVER_H

#include "daemon/settings.h"

typedef struct zc_server zc_server_t;

/* Loads prices and binds all sockets. SIGTERM, SIGINT and SIGHUP must be blocked already: the
 * server reads them from a descriptor. The settings must outlive it. NULL after lines in the log
 * that say why. */
zc_server_t *zc_server_new (const zc_settings_t *settings);

/* Serves until SIGTERM or SIGINT; then drains, publishes a last snapshot, and returns 0. -1 after
 * a line in the log: the sockets could not be polled. */
int zc_server_run (zc_server_t *self);

void zc_server_destroy (zc_server_t **self);

#endif
