/* SPDX-License-Identifier: MPL-2.0
 *
 * reply.h - responses of HTTP, with the headers that each of ours has.
 *
 * A response belongs to who made it, until zb_reply_drop; MHD keeps it as long as it needs it. One thread.
 */
#ifndef ZB_REPLY_H
#define ZB_REPLY_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#define ZB_TYPE_JSON "application/json"
#define ZB_TYPE_STREAM "text/event-stream"

/* Of `text`, malloc'd, which it takes over; cache: of Cache-Control. NULL: no memory, and text is freed. */
struct MHD_Response *zb_reply_text (char *text, size_t size, const char *type, const char *cache);

/* Of bytes that live as long as the program. */
struct MHD_Response *zb_reply_static (const void *bytes, size_t size, const char *type, const char *cache);

/* {"detail", "code"}. */
struct MHD_Response *zb_reply_failure (const char *code, const char *detail);

/* Adds what all have: security, and the type. */
void zb_reply_finish (struct MHD_Response *response, const char *type, const char *cache);

void zb_reply_header (struct MHD_Response *response, const char *name, const char *value);

/* How many bytes of texts are kept for responses that have not gone out yet, or may go out again. */
size_t zb_reply_bytes (void);

#endif
