/* SPDX-License-Identifier: MPL-2.0
 *
 * field.c - values of a result by their path; see field.h.
 */
#include "zreport/show/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/show/amount.h"

json_t *zr_field (const json_t *root, const char *path)
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

int64_t zr_field_count_of (const json_t *value)
{
    /* A counter beyond int64_t comes as a real. */
    double number = json_number_value (value);
    if (!(number > 0))
        return 0;
    if (number >= (double) ZR_FIELD_COUNT_MAX)
        return ZR_FIELD_COUNT_MAX;
    return json_is_integer (value) ? json_integer_value (value) : (int64_t) number;
}

int64_t zr_field_count (const json_t *root, const char *path)
{
    return zr_field_count_of (zr_field (root, path));
}

double zr_field_real (const json_t *root, const char *path)
{
    return json_number_value (zr_field (root, path));
}

char *zr_field_text (const zr_screen_t *screen, const json_t *root, const char *path)
{
    const json_t *value = zr_field (root, path);
    return zr_screen_clean (screen, json_is_string (value) ? json_string_value (value) : "",
                            json_string_length (value));
}

int64_t zr_field_money (const json_t *root, const char *exact, const char *rounded)
{
    int64_t nanousd = 0;
    if (!zr_amount_read (zr_field (root, exact), &nanousd))
        zr_amount_read (zr_field (root, rounded), &nanousd);
    return nanousd;
}

char *zr_field_value_text (const zr_screen_t *screen, const json_t *value)
{
    if (json_is_integer (value))
        return zr_screen_need (strdup (zr_amount_count (json_integer_value (value)).text));
    if (json_is_string (value))
        return zr_screen_clean (screen, json_string_value (value), json_string_length (value));
    if (json_is_array (value) && json_array_size (value) == 0)
        return zr_screen_need (strdup ("none"));
    return zr_screen_need (json_dumps (value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION (15)));
}

char *zr_field_map_text (const zr_screen_t *screen, const json_t *map, bool nonzero)
{
    char *text;
    size_t size;
    FILE *to = zr_screen_need (open_memstream (&text, &size));
    const char *key, *comma = "";
    json_t *value;
    json_object_foreach ((json_t *) map, key, value) {
        if (nonzero && json_is_integer (value) && json_integer_value (value) == 0)
            continue;
        char *name = zr_screen_clean (screen, key, strlen (key));
        char *shown = zr_field_value_text (screen, value);
        fprintf (to, "%s%s %s", comma, name, shown);
        comma = ", ";
        free (name);
        free (shown);
    }
    fclose (to);
    return zr_screen_need (text);
}
