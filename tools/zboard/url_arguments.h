/* SPDX-License-Identifier: MPL-2.0
 *
 * url_arguments.h - a URL's parameters as the arguments of a question (zcost_protocol(7), QUERIES).
 *
 *   since, until, limit, step   integers
 *   service                     text
 *   by                          NAMES with commas between
 *   where                       NAME=VALUE, once for each dimension
 */
#ifndef ZB_URL_ARGUMENTS_H
#define ZB_URL_ARGUMENTS_H

#include <jansson.h>
#include <stddef.h>

/* Which of them a question takes. */
enum {
    ZB_TAKES_WINDOW = 1 << 0, /* since, until */
    ZB_TAKES_SERVICE = 1 << 1,
    ZB_TAKES_GROUPS = 1 << 2, /* by, where, limit */
    ZB_TAKES_STEP = 1 << 3
};

/* Adds one parameter to a request. value NULL: it had no `=`. A parameter that is not taken is wrong, too: one that is
 * silently ignored is a wrong answer. Returns 0; -1: ret_why says what is wrong. */
int zb_url_arguments_add (json_t *request, unsigned takes, const char *name, const char *value, char *ret_why,
                          size_t size);

#endif
