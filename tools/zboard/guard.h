/* SPDX-License-Identifier: MPL-2.0
 *
 * guard.h - who may ask: tokens, names that we are reached by, pages of other origins.
 *
 * Owns the tokens. One thread.
 */
#ifndef ZB_GUARD_H
#define ZB_GUARD_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "zboard/settings.h"

#define ZC_BEARER "Bearer realm=\"zcost\"" /* of WWW-Authenticate */

typedef struct zc_guard zc_guard_t;

/* Reads the token file, if any. settings must outlive it. NULL after one line in the log. */
zc_guard_t *zc_guard_new (const zc_settings_t *settings);
void zc_guard_destroy (zc_guard_t **self_p);

/* Reads the token file again; where that fails the tokens stay, and the log says so. */
void zc_guard_reload (zc_guard_t *self);

bool zc_guard_has_tokens (const zc_guard_t *self);

/* Whether it is one of the tokens, in a time that does not tell which part of it is wrong. */
bool zc_guard_knows (const zc_guard_t *self, const char *token, size_t size);

/* Whether the request brings a token, as `Authorization: Bearer TOKEN` or in our cookie; or needs none. */
bool zc_guard_admits (const zc_guard_t *self, struct MHD_Connection *connection);

/* Whether the name that a request was sent to is one of ours; what stands behind the name, from a `:` or `/` on, does
 * not matter. Without tokens these are addresses, localhost, and what is configured: else any page could reach us by a
 * name of its own that leads here (DNS rebinding). With tokens all are; so they are where none is configured beyond the
 * loopback address, for we do not know what we are called there. host NULL: no name was said. */
bool zc_guard_is_host_ours (const zc_guard_t *self, const char *host);

/* The origin of another page that may ask, as it is in the settings; NULL: it is ours, none is said, or it may not. */
const char *zc_guard_origin (const zc_guard_t *self, struct MHD_Connection *connection);

/* The value of Set-Cookie by which a browser brings this token; malloc'd; NULL: no memory. secure: only over TLS. */
char *zc_guard_cookie (const char *token, size_t size, bool secure);
const char *zc_guard_no_cookie (void);

#endif
