/* SPDX-License-Identifier: MPL-2.0
 *
 * field.c - values of a result by their path; see field.h.
 */
#include "zreport/field.h"

#include <stdio.h>
#include <stdlib.h>
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

char *zc_value_text (const zc_screen_t *screen, const json_t *value)
{
    if (json_is_integer (value))
        return zc_need (strdup (zc_count (json_integer_value (value)).text));
    if (json_is_string (value))
        return zc_screen_clean (screen, json_string_value (value), json_string_length (value));
    if (json_is_array (value) && json_array_size (value) == 0)
        return zc_need (strdup ("none"));
    return zc_need (json_dumps (value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION (15)));
}

char *zc_map_text (const zc_screen_t *screen, const json_t *map, bool nonzero)
{
    char *text;
    size_t size;
    FILE *to = zc_need (open_memstream (&text, &size));
    const char *key, *comma = "";
    json_t *value;
    json_object_foreach ((json_t *) map, key, value) {
        if (nonzero && json_is_integer (value) && json_integer_value (value) == 0)
            continue;
        char *name = zc_screen_clean (screen, key, strlen (key));
        char *shown = zc_value_text (screen, value);
        fprintf (to, "%s%s %s", comma, name, shown);
        comma = ", ";
        free (name);
        free (shown);
    }
    fclose (to);
    return zc_need (text);
}
