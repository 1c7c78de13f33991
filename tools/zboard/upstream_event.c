/* SPDX-License-Identifier: MPL-2.0
 *
 * upstream_event.c - what the thread that talks to zcostd tells; see news.h.
 */
#include "zboard/upstream_event.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json.h"

void zb_upstream_event_destroy (zb_upstream_event_t **self_p)
{
    if (*self_p)
        free ((*self_p)->text);
    free (*self_p);
    *self_p = NULL;
}

/* A text may hold what came from outside, cut off in the middle of a character: then it is shown as far as it is
 * ASCII. */
static json_t *text_of (const char *text)
{
    json_t *string = json_string (text);
    char *copy = string ? NULL : strdup (text);
    for (char *at = copy; at && *at; at++)
        if ((unsigned char) *at > 0x7f)
            *at = '?';
    if (copy)
        string = json_string (copy);
    free (copy);
    return string;
}

char *zb_upstream_event_failure_text (const char *code, const char *detail, size_t *ret_size)
{
    json_t *map = json_pack ("{s:o, s:o}", "detail", text_of (detail), "code", text_of (code));
    char *text = map ? zc_json_text (map, true) : NULL;
    json_decref (map);
    *ret_size = text ? strlen (text) : 0;
    return text;
}
