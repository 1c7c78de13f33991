/* SPDX-License-Identifier: MPL-2.0
 *
 * envelope.c - what a reply comes in; see envelope.h.
 */
#include "bus/envelope.h"

#include <stdio.h>

#include "wire/json.h"

static void set (zc_envelope_t *self, zc_envelope_kind_t kind, const char *code, const char *message)
{
    self->kind = kind;
    snprintf (self->code, sizeof self->code, "%s", code ? code : "");
    snprintf (self->message, sizeof self->message, "%s", message ? message : "");
}

static void open_map (const json_t *map, zc_envelope_t *ret_reply)
{
    const json_t *ok = json_object_get (map, "ok");
    json_t *result = json_object_get (map, "result");
    if (json_is_true (ok) && json_is_object (result)) {
        set (ret_reply, ZC_REPLY_RESULT, NULL, NULL);
        ret_reply->result = json_incref (result);
        return;
    }
    const json_t *error = json_object_get (map, "error");
    const char *message = json_string_value (json_object_get (error, "message"));
    const char *code = json_string_value (json_object_get (error, "code"));
    if (json_is_false (ok) && (message || code))
        set (ret_reply, ZC_REPLY_REFUSAL, code, message);
    else
        set (ret_reply, ZC_REPLY_FOREIGN, NULL, "neither a result nor an error");
}

void zc_envelope_open (const void *bytes, size_t size, zc_envelope_t *ret_reply)
{
    *ret_reply = (zc_envelope_t){.kind = ZC_REPLY_FOREIGN};
    json_t *map;
    int error = zc_json_unpack (bytes, size, &map);
    if (error) {
        set (ret_reply, ZC_REPLY_FOREIGN, error == ZC_JSON_EMANY ? "too_large" : NULL, zc_json_strerror (error));
        return;
    }
    open_map (map, ret_reply);
    json_decref (map);
}
