/* SPDX-License-Identifier: MPL-2.0
 *
 * listener.h - a listening socket of TCP.
 */
#ifndef ZB_LISTENER_H
#define ZB_LISTENER_H

#include <stddef.h>
#include <sys/socket.h>

#include "zboard/settings.h"

#define ZB_ADDRESS_BYTES 64

/* Returns a descriptor, and the URL's authority that it is reached by ("127.0.0.1:7750", "[::1]:7750"); -1 with why, a
 * static text or one that the next call reuses. */
int zb_listener_open (const zb_listen_t *listen, char ret_bound [ZB_ADDRESS_BYTES], const char **ret_why);

/* An address in words, without port. */
void zb_listener_name (const struct sockaddr *address, char ret_name [ZB_ADDRESS_BYTES]);

#endif
