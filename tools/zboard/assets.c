/* SPDX-License-Identifier: MPL-2.0
 *
 * assets.c - the page's files, within the program; see assets.h.
 *
 * The assembler puts them in as they are. CMakeLists.txt has their list.
 */
#include "zboard/assets.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* NOLINTBEGIN(bugprone-macro-parentheses): strings stand side by side */
#define EMBED(symbol, path)                                                                                            \
    __asm__(                                                                                                           \
        ".section .rodata\n"                                                                                           \
        ".balign 16\n" #symbol                                                                                         \
        ":\n"                                                                                                          \
        ".incbin \"" path "\"\n" #symbol                                                                               \
        "_end:\n"                                                                                                      \
        ".byte 0\n"                                                                                                    \
        ".previous\n");                                                                                                \
    extern const unsigned char symbol [], symbol##_end [];
/* NOLINTEND(bugprone-macro-parentheses) */

#define ASSET(symbol, name, type)                                                                                      \
    {                                                                                                                  \
        name, type, symbol, symbol##_end                                                                               \
    }
#define TYPE_SCRIPT "text/javascript; charset=utf-8"

/* Made by CMakeLists.txt: EMBED of each, and `static const zb_asset_t assets []`. */
#include "zboard/assets.inc"

#define ASSETS (sizeof assets / sizeof *assets)

const zb_asset_t *zb_asset_at (size_t n)
{
    return n < ASSETS ? &assets [n] : NULL;
}

const zb_asset_t *zb_asset_find (const char *name)
{
    for (size_t i = 0; i < ASSETS; i++)
        if (strcmp (assets [i].name, name) == 0)
            return &assets [i];
    return NULL;
}

/* FNV-1a of 64 bits (Fowler, Noll, Vo): nobody gains by two files of one tag. */
static uint64_t hash (const zb_asset_t *asset)
{
    uint64_t hash = UINT64_C (0xcbf29ce484222325);
    for (const unsigned char *at = asset->bytes; at < asset->end; at++)
        hash = (hash ^ *at) * UINT64_C (0x100000001b3);
    return hash;
}

void zb_asset_tag (const zb_asset_t *asset, char ret_tag [ZB_ASSET_TAG_BYTES])
{
    static uint64_t hashes [ASSETS]; /* 0: not made yet */
    uint64_t *known = &hashes [asset - assets];
    if (*known == 0)
        *known = hash (asset);
    snprintf (ret_tag, ZB_ASSET_TAG_BYTES, "\"%016" PRIx64 "\"", *known);
}
