/* SPDX-License-Identifier: MPL-2.0
 *
 * quoted.h - JSON for tests, spelled with ' for ".
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_QUOTED_H
#define ZC_TEST_QUOTED_H

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A copy with the quotes that JSON has; for the caller to free. */
static inline char *requoted (const char *text)
{
    char *copy = strdup (text);
    assert_non_null (copy);
    for (char *quote = copy; (quote = strchr (quote, '\''));)
        *quote = '"';
    return copy;
}

/* Must be JSON. A new reference. */
static inline json_t *json_of (const char *text)
{
    json_error_t error;
    char *copy = requoted (text);
    json_t *json = json_loads (copy, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!json)
        fail_msg ("%s: column %d: %s", text, error.column, error.text);
    free (copy);
    return json;
}

#endif
