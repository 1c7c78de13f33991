/* SPDX-License-Identifier: MPL-2.0
 *
 * endpoint.h - binding sockets without taking what another process holds.
 */
#ifndef ZC_ENDPOINT_H
#define ZC_ENDPOINT_H

#include <stddef.h>

/* Binds a ZeroMQ socket. endpoint: tcp://... (port * picks a free one) or ipc://...; what it became
 * is written to ret_bound. Returns 0, or -1 with one line of reason in ret_error. An ipc:// path
 * that a live process serves, or that is no socket, is refused; a dead one's is taken over. */
int zc_endpoint_bind (void *socket, const char *endpoint, char *ret_bound, size_t bound_size, char *ret_error,
                      size_t error_size);

#endif
