/* SPDX-License-Identifier: MPL-2.0
 *
 * utf8.h - whether bytes are well-formed UTF-8.
 */
#ifndef ZC_UTF8_H
#define ZC_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* By table 3-7 of the Unicode standard: no surrogates, no overlongs, nothing over U+10FFFF. */
bool zc_utf8_valid (const void *bytes, size_t size);

#endif
