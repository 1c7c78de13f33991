/* SPDX-License-Identifier: MPL-2.0
 *
 * assets.h - the page's files, within the program.
 */
#ifndef ZB_ASSETS_H
#define ZB_ASSETS_H

#include <stddef.h>

typedef struct {
    const char *name; /* as in /assets/NAME; index.html also as / */
    const char *type; /* of HTTP */
    const unsigned char *bytes, *end;
} zb_asset_t;

/* NULL: there is none of that name. */
const zb_asset_t *zb_asset_find (const char *name);

/* The nth one; NULL: there are no more. */
const zb_asset_t *zb_asset_at (size_t n);

/* A tag that changes with the bytes, in quotes, as ETag and If-None-Match have it. asset: one of ours. One thread. */
#define ZB_ASSET_TAG_BYTES 20
void zb_asset_tag (const zb_asset_t *asset, char ret_tag [ZB_ASSET_TAG_BYTES]);

#endif
