/* SPDX-License-Identifier: MPL-2.0
 *
 * options_read.c - values of options; see options_read.h.
 */
#include "zreport/options_read.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool zr_options_read_seconds (const char *text, int *ret_ms)
{
    char *end;
    errno = 0;
    double seconds = strtod (text, &end);
    /* strtod alone would take hexadecimal and "nan". */
    if (errno || end == text || *end || text [strspn (text, "0123456789+-.eE")] || seconds < 0.001 ||
        seconds > ZR_TIMEOUT_MAX_SECONDS)
        return false;
    *ret_ms = (int) lround (seconds * 1000);
    return true;
}

bool zr_options_read_number (const char *text, int *ret_number)
{
    char *end;
    errno = 0;
    long number = strtol (text, &end, 10);
    if (errno || end == text || *end || number < 1 || number > ZR_NUMBER_MAX)
        return false;
    *ret_number = (int) number;
    return true;
}

bool zr_options_read_step (const char *text, int64_t *ret_seconds)
{
    return zr_window_duration_read (text, ret_seconds) && *ret_seconds % 60 == 0;
}

/* ------------------------------------------------------------------ dimensions */

/* Which dimensions there are only the daemon knows, for tags are configured there. */
static bool read_name (const char *name, size_t size, char *ret_name, char *mistake, size_t mistake_size)
{
    if (size == 0 || size >= ZR_DIMENSION_BYTES) {
        snprintf (mistake, mistake_size, "has a name that is not of 1 to %d bytes", ZR_DIMENSION_BYTES - 1);
        return false;
    }
    memcpy (ret_name, name, size);
    ret_name [size] = 0;
    return true;
}

bool zr_options_read_by (const char *text, zr_group_t *group, char *mistake, size_t size)
{
    group->by_count = 0;
    for (const char *at = text; *text; at += strcspn (at, ",") + 1) {
        char *name = group->by [group->by_count];
        if (group->by_count == ZR_DIMENSIONS_MAX) {
            snprintf (mistake, size, "has more than %d names", ZR_DIMENSIONS_MAX);
            return false;
        }
        if (!read_name (at, strcspn (at, ","), name, mistake, size))
            return false;
        for (size_t i = 0; i < group->by_count; i++)
            if (strcmp (group->by [i], name) == 0) {
                snprintf (mistake, size, "has a name twice");
                return false;
            }
        group->by_count++;
        if (at [strcspn (at, ",")] == 0)
            break;
    }
    return true;
}

bool zr_options_read_where (const char *text, zr_group_t *group, char *mistake, size_t size)
{
    size_t name_size = strcspn (text, "=");
    if (group->where_count == ZR_DIMENSIONS_MAX || text [name_size] != '=') {
        snprintf (mistake, size, "%s", text [name_size] ? "is one too many" : "is no NAME=VALUE, as in model=gpt-4o");
        return false;
    }
    char *name = group->where [group->where_count].name;
    const char *value = text + name_size + 1;
    if (!read_name (text, name_size, name, mistake, size))
        return false;
    for (size_t i = 0; i < group->where_count; i++)
        if (strcmp (group->where [i].name, name) == 0) {
            snprintf (mistake, size, "is the second one of its name: only one can hold");
            return false;
        }
    group->where [group->where_count++].value = value;
    return true;
}
