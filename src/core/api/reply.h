/* SPDX-License-Identifier: MPL-2.0
 *
 * reply.h - one request to one reply.
 *
 * Any bytes get a reply: an answer, or an error of the contract. Two steps, for what is asked about a window of time
 * is added up elsewhere, and by another thread: first a request is read, then it is answered. Only looks.
 *
 * What `reply` held before is gone. Without memory for an answer it is the error `unavailable`; without memory for
 * that too it is empty, and zc_pack_failed.
 */
#ifndef ZC_REPLY_H
#define ZC_REPLY_H

#include <stddef.h>

#include "core/api/report.h"
#include "core/api/request.h"
#include "core/window/rows.h"

/* Reads a request, whose strings are then views into `bytes`. Returns 0; -1: it is refused, and `reply` says so. */
int zc_reply_read_request (const zc_report_source_t *view, const void *bytes, size_t size, zc_request_t *ret_request,
                           zc_pack_t *reply);

/* The reply to a request that is not windowed. */
void zc_reply_pack (const zc_report_source_t *view, const zc_request_t *request, zc_pack_t *reply);

/* The reply to a `report` that is, from rows of zc_request_spec. */
void zc_reply_pack_report (const zc_report_source_t *view, const zc_window_plan_t *plan, const zc_rows_t *rows,
                           zc_pack_t *reply);

/* The reply to a `breakdown` or a `series`, which may have megabytes: in any thread. Returns 0; -1: zc_rows_failed, and
 * the reply is empty. */
int zc_reply_pack_rows (const zc_query_spec_t *spec, zc_rows_t *rows, zc_pack_t *reply);

/* An error reply. code: one of the contract's; message: for a person. */
void zc_reply_pack_error (const char *code, const char *message, zc_pack_t *reply);

#endif
