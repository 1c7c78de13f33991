/* SPDX-License-Identifier: MPL-2.0
 *
 * statusline_pattern.c - the --format of zreport statusline; see statusline_pattern.h.
 */
#include "zreport/statusline_pattern.h"

#include <string.h>

static const char *const names [ZR_PLACEHOLDERS] = {
    [ZR_PLACEHOLDER_TODAY] = "{today}",   [ZR_PLACEHOLDER_HOUR] = "{hour}",     [ZR_PLACEHOLDER_MONTH] = "{month}",
    [ZR_PLACEHOLDER_EVENTS] = "{events}", [ZR_PLACEHOLDER_TOKENS] = "{tokens}", [ZR_PLACEHOLDER_SAVINGS] = "{savings}",
    [ZR_PLACEHOLDER_BUDGET] = "{budget}",
};

zr_placeholder_t zr_statusline_pattern_at (const char *at, size_t *ret_size)
{
    int i = 0;
    while (i < ZR_PLACEHOLDERS && strncmp (at, names [i], strlen (names [i])) != 0)
        i++;
    if (i < ZR_PLACEHOLDERS)
        *ret_size = strlen (names [i]);
    return (zr_placeholder_t) i;
}

const char *zr_statusline_pattern_unknown (const char *pattern)
{
    size_t size;
    for (const char *at = strchr (pattern, '{'); at; at = strchr (at + size, '{')) {
        size = 2; /* of two braces, which stand for one */
        if (at [1] != '{' && zr_statusline_pattern_at (at, &size) == ZR_PLACEHOLDERS)
            return at;
    }
    return NULL;
}
