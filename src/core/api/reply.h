/* SPDX-License-Identifier: MPL-2.0
 *
 * reply.h - one request to one reply.
 *
 * Any bytes get a reply: an answer, or an error of the contract. Two steps, for what is asked about a window of time
 * is added up elsewhere, and by another thread: first a request is read, then it is answered. Only looks.
 */
#ifndef ZC_REPLY_H
#define ZC_REPLY_H

#include <msgpack.h>
#include <stddef.h>

#include "core/api/report.h"
#include "core/api/request.h"
#include "core/window/rows.h"

/* Reads a request, whose strings are then views into `bytes`. Returns 0; -1: it is refused, and that is appended to
 * `reply`. */
int zc_reply_read_request (const zc_report_source_t *view, const void *bytes, size_t size, zc_request_t *ret_request,
                           msgpack_sbuffer *reply);

/* Appends the reply to a request that is not windowed. */
void zc_reply_pack (const zc_report_source_t *view, const zc_request_t *request, msgpack_sbuffer *reply);

/* Appends the reply to one that is. result: what zc_rows_pack made, for a `breakdown` or a `series`; a `report` is
 * packed here, from rows of zc_request_spec. */
void zc_reply_pack_window (const zc_report_source_t *view, const zc_request_t *request, const zc_window_plan_t *plan,
                           const zc_rows_t *rows, const msgpack_sbuffer *result, msgpack_sbuffer *reply);

/* Appends an error reply. code: one of the contract's; message: for a person. */
void zc_reply_pack_error (const char *code, const char *message, msgpack_sbuffer *reply);

#endif
