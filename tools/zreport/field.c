/* SPDX-License-Identifier: MPL-2.0
 *
 * field.c - values of a result by their path; see field.h.
 */
#include "zreport/field.h"

#include <string.h>

#include "zreport/amount.h"

json_t *zc_field (const json_t *root, const char *path)
{
    const json_t *at = root;
    while (at) {
        size_t size = strcspn (path, ".");
        char key [64];
        if (size >= sizeof key)
            return NULL;
        memcpy (key, path, size);
        key [size] = 0;
        at = json_object_get (at, key);
        if (path [size] == 0)
            break;
        path += size + 1;
    }
    return (json_t *) at; /* as json_object_get does */
}

int64_t zc_count_of (const json_t *value)
{
    /* A counter beyond int64_t comes as a real. */
    double number = json_number_value (value);
    if (!(number > 0))
        return 0;
    if (number >= (double) ZC_FIELD_COUNT_MAX)
        return ZC_FIELD_COUNT_MAX;
    return json_is_integer (value) ? json_integer_value (value) : (int64_t) number;
}

int64_t zc_field_count (const json_t *root, const char *path)
{
    return zc_count_of (zc_field (root, path));
}

double zc_field_real (const json_t *root, const char *path)
{
    return json_number_value (zc_field (root, path));
}

char *zc_field_text (const zc_screen_t *screen, const json_t *root, const char *path)
{
    const json_t *value = zc_field (root, path);
    return zc_screen_clean (screen, json_is_string (value) ? json_string_value (value) : "",
                            json_string_length (value));
}

int64_t zc_field_money (const json_t *root, const char *exact, const char *rounded)
{
    int64_t nanousd = 0;
    if (!zc_money_read (zc_field (root, exact), &nanousd))
        zc_money_read (zc_field (root, rounded), &nanousd);
    return nanousd;
}
