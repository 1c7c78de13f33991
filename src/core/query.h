/* SPDX-License-Identifier: MPL-2.0
 *
 * query.h - one request to one reply.
 *
 * Any bytes get a reply: an answer, or an error of the contract. Only looks.
 */
#ifndef ZC_QUERY_H
#define ZC_QUERY_H

#include <msgpack.h>
#include <stddef.h>

#include "core/report.h"

#define ZC_REQUEST_MAX_BYTES 65536
#define ZC_REJECTS_LIMIT_DEFAULT 100

/* Appends the reply's bytes to `reply`. */
void zc_query_answer (const zc_view_t *view, const void *request, size_t size, msgpack_sbuffer *reply);

/* Appends an error reply. code: one of the contract's; message: for a person. */
void zc_query_refuse (const char *code, const char *message, msgpack_sbuffer *reply);

#endif
