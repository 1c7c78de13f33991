/* SPDX-License-Identifier: MPL-2.0
 *
 * url_arguments.c - a URL's parameters as the arguments of a question; see arguments.h.
 */
#include "zboard/url_arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/utf8.h"

#define SHOWN "%.40s" /* of what came from outside */

static int set (json_t *request, const char *name, json_t *value, char *ret_why, size_t size)
{
    if (json_object_set_new (request, name, value) == 0)
        return 0;
    snprintf (ret_why, size, "%s: not UTF-8", name);
    return -1;
}

static int set_integer (json_t *request, const char *name, const char *value, char *ret_why, size_t size)
{
    char *end;
    errno = 0;
    long long number = strtoll (value, &end, 10);
    if (*value == '\0' || strspn (value, "-0123456789") != strlen (value) || *end || errno) {
        snprintf (ret_why, size, "%s: '" SHOWN "' is not a whole number", name, value);
        return -1;
    }
    return set (request, name, json_integer (number), ret_why, size);
}

static int set_service (json_t *request, const char *value, char *ret_why, size_t size)
{
    return set (request, "service", json_string (value), ret_why, size);
}

static int set_by (json_t *request, const char *value, char *ret_why, size_t size)
{
    json_t *names = json_array ();
    for (const char *at = value; names && *value; at += strcspn (at, ",") + 1) {
        if (json_array_append_new (names, json_stringn (at, strcspn (at, ","))) != 0) {
            json_decref (names);
            names = NULL;
            break;
        }
        if (at [strcspn (at, ",")] == '\0')
            break;
    }
    return set (request, "by", names, ret_why, size);
}

static int add_where (json_t *request, const char *value, char *ret_why, size_t size)
{
    const char *equals = strchr (value, '=');
    char name [256];
    if (!equals || equals == value || (size_t) (equals - value) >= sizeof name) {
        snprintf (ret_why, size, "where: '" SHOWN "' is not NAME=VALUE", value);
        return -1;
    }
    memcpy (name, value, (size_t) (equals - value));
    name [equals - value] = '\0';
    json_t *where = json_object_get (request, "where");
    if (!where) {
        where = json_object ();
        if (set (request, "where", where, ret_why, size) == -1)
            return -1;
    }
    if (json_object_get (where, name)) {
        snprintf (ret_why, size, "where: " SHOWN " is given twice", name);
        return -1;
    }
    if (json_object_set_new (where, name, json_string (equals + 1)) == 0)
        return 0;
    snprintf (ret_why, size, "where: not UTF-8");
    return -1;
}

int zb_url_arguments_add (json_t *request, unsigned takes, const char *name, const char *value, char *ret_why,
                          size_t size)
{
    static const struct {
        const char *name;
        unsigned of;
        int (*set) (json_t *, const char *, char *, size_t);
    } arguments [] = {
        {"since", ZB_TAKES_WINDOW, NULL},
        {"until", ZB_TAKES_WINDOW, NULL},
        {"limit", ZB_TAKES_GROUPS, NULL},
        {"step", ZB_TAKES_STEP, NULL},
        {"by", ZB_TAKES_GROUPS, set_by},
        {"where", ZB_TAKES_GROUPS, add_where},
        {"service", ZB_TAKES_SERVICE, set_service},
    };
    const char *text = value ? value : "";
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        if (!(takes & arguments [i].of) || strcmp (name, arguments [i].name) != 0)
            continue;
        if (arguments [i].set != add_where && json_object_get (request, name)) {
            snprintf (ret_why, size, "%s is given twice", name);
            return -1;
        }
        return arguments [i].set ? arguments [i].set (request, text, ret_why, size)
                                 : set_integer (request, name, text, ret_why, size);
    }
    snprintf (ret_why, size, "unknown parameter '" SHOWN "'", zc_utf8_valid (name, strlen (name)) ? name : "?");
    return -1;
}
