/* SPDX-License-Identifier: MPL-2.0
 *
 * auth.h - who may ask: tokens, names that we are reached by, pages of other origins.
 *
 * Owns the tokens. One thread.
 */
#ifndef ZB_AUTH_H
#define ZB_AUTH_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

#include "zboard/settings.h"

#define ZB_BEARER "Bearer realm=\"zcost\"" /* of WWW-Authenticate */

typedef struct zb_auth zb_auth_t;

/* Reads the token file, if any. settings must outlive it. NULL after one line in the log. */
zb_auth_t *zb_auth_new (const zb_settings_t *settings);
void zb_auth_destroy (zb_auth_t **self_p);

/* Reads the token file again; where that fails the tokens stay, and the log says so. */
void zb_auth_reload (zb_auth_t *self);

bool zb_auth_has_tokens (const zb_auth_t *self);

/* Whether it is one of the tokens, in a time that does not tell which part of it is wrong. */
bool zb_auth_knows (const zb_auth_t *self, const char *token, size_t size);

/* Whether the request brings a token, as `Authorization: Bearer TOKEN` or in our cookie; or needs none. */
bool zb_auth_admits (const zb_auth_t *self, struct MHD_Connection *connection);

/* Whether the name that a request was sent to is one of ours; what stands behind the name, from a `:` or `/` on, does
 * not matter. Without tokens these are addresses, localhost, and what is configured: else any page could reach us by a
 * name of its own that leads here (DNS rebinding). With tokens all are; so they are where none is configured beyond the
 * loopback address, for we do not know what we are called there. host NULL: no name was said. */
bool zb_auth_is_host_ours (const zb_auth_t *self, const char *host);

/* The origin of another page that may ask, as it is in the settings; NULL: it is ours, none is said, or it may not. */
const char *zb_auth_origin (const zb_auth_t *self, struct MHD_Connection *connection);

/* The value of Set-Cookie by which a browser brings this token; malloc'd; NULL: no memory. secure: only over TLS. */
char *zb_auth_cookie (const char *token, size_t size, bool secure);
const char *zb_auth_no_cookie (void);

#endif
