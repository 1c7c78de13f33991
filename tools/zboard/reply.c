/* SPDX-License-Identifier: MPL-2.0
 *
 * reply.c - responses of HTTP; see reply.h.
 */
#include "zboard/reply.h"

#include <stdlib.h>

#include "zboard/upstream_event.h"

/* What a page of ours may do (W3C, Content Security Policy Level 3): nothing from elsewhere, and in nobody's frame. */
#define CONTENT_SECURITY_POLICY                                                                                        \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "              \
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

typedef struct {
    char *text;
    size_t size;
} kept_t;

static size_t kept_bytes;

static void forget (void *argument)
{
    kept_t *kept = argument;
    kept_bytes -= kept->size;
    free (kept->text);
    free (kept);
}

size_t zb_reply_bytes (void)
{
    return kept_bytes;
}

/* MHD refuses a header only where there is no memory, or the name is wrong; the reply is still right without it. */
void zb_reply_header (struct MHD_Response *response, const char *name, const char *value)
{
    if (response)
        MHD_add_response_header (response, name, value);
}

void zb_reply_finish (struct MHD_Response *response, const char *type, const char *cache)
{
    zb_reply_header (response, "Content-Type", type);
    zb_reply_header (response, "Cache-Control", cache);
    zb_reply_header (response, "Content-Security-Policy", CONTENT_SECURITY_POLICY);
    zb_reply_header (response, "X-Content-Type-Options", "nosniff");
    zb_reply_header (response, "Referrer-Policy", "no-referrer");
    zb_reply_header (response, "Cross-Origin-Opener-Policy", "same-origin");
    zb_reply_header (response, "Permissions-Policy", "camera=(), geolocation=(), microphone=()");
}

struct MHD_Response *zb_reply_text (char *text, size_t size, const char *type, const char *cache)
{
    kept_t *kept = text ? malloc (sizeof *kept) : NULL;
    if (!kept) {
        free (text);
        return NULL;
    }
    *kept = (kept_t){text, size};
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls (size, text, forget, kept);
    if (!response) {
        free (text);
        free (kept);
        return NULL;
    }
    kept_bytes += size;
    zb_reply_finish (response, type, cache);
    return response;
}

struct MHD_Response *zb_reply_static (const void *bytes, size_t size, const char *type, const char *cache)
{
    struct MHD_Response *response = MHD_create_response_from_buffer (size, (void *) bytes, MHD_RESPMEM_PERSISTENT);
    zb_reply_finish (response, type, cache);
    return response;
}

struct MHD_Response *zb_reply_failure (const char *code, const char *detail)
{
    size_t size;
    char *text = zb_upstream_event_failure_text (code, detail, &size);
    return zb_reply_text (text, size, ZB_TYPE_JSON, "no-store");
}
