/* SPDX-License-Identifier: MPL-2.0
 *
 * jsonl.c - events from lines of JSON. See jsonl.h.
 */
#include "zreplay/jsonl.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN_KEYS_MAX 16 /* names remembered; more than these are ignored unnamed */
#define KEY_SHOWN_MAX 60

struct zc_jsonl {
    zc_input_t *input;
    const char *name;
    const zc_defaults_t *defaults;
    zc_console_t *console;
    uint64_t line;
    json_t *object; /* of the last event: its strings live here */
    size_t unknown_count;
    char unknown [UNKNOWN_KEYS_MAX][KEY_SHOWN_MAX + 1];
};

zc_jsonl_t *zc_jsonl_new (zc_input_t *input, const char *name, const zc_defaults_t *defaults, zc_console_t *console)
{
    zc_jsonl_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->input = input;
    self->name = name;
    self->defaults = defaults;
    self->console = console;
    return self;
}

void zc_jsonl_destroy (zc_jsonl_t **self_p)
{
    zc_jsonl_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    json_decref (self->object);
    free (self);
    *self_p = NULL;
}

static void name_unknown (zc_jsonl_t *self, const char *key)
{
    for (size_t i = 0; i < self->unknown_count; i++)
        if (strncmp (self->unknown [i], key, KEY_SHOWN_MAX) == 0)
            return;
    if (self->unknown_count == UNKNOWN_KEYS_MAX)
        return;
    strncpy (self->unknown [self->unknown_count++], key, KEY_SHOWN_MAX);
    zc_console_say (self->console, "%s:%llu: ignoring unknown key \"%.*s\"", self->name,
                    (unsigned long long) self->line, KEY_SHOWN_MAX, key);
}

static int set_tags (zc_record_t *record, json_t *tags)
{
    const char *key;
    json_t *value;
    if (!json_is_object (tags))
        return zc_record_refuse (record, "tags: not an object");
    json_object_foreach (tags, key, value) {
        if (!json_is_string (value))
            return zc_record_refuse (record, "tags: \"%.40s\" is not a string", key);
        if (zc_record_add_tag (record, key, json_string_value (value)))
            return -1;
    }
    return 0;
}

static int set_value (zc_record_t *record, const zc_field_t *field, json_t *value)
{
    if (zc_record_field_is_tags (field))
        return set_tags (record, value);
    switch (json_typeof (value)) {
    case JSON_STRING:
        return zc_record_set_string (record, field, json_string_value (value));
    case JSON_INTEGER:
        return zc_record_set_int (record, field, json_integer_value (value));
    case JSON_REAL:
        return zc_record_set_real (record, field, json_real_value (value));
    case JSON_TRUE:
    case JSON_FALSE:
        return zc_record_set_bool (record, field, json_is_true (value));
    default:
        return zc_record_refuse (record, "%s: cannot be an object or an array", zc_record_field_name (field));
    }
}

static int set_object (zc_jsonl_t *self, zc_record_t *record)
{
    const char *key;
    json_t *value;
    json_object_foreach (self->object, key, value) {
        const zc_field_t *field = zc_record_field_find (key);
        if (!field)
            name_unknown (self, key);
        else if (!json_is_null (value) && set_value (record, field, value))
            return -1;
    }
    return zc_record_finish (record, self->defaults);
}

static int parse (zc_jsonl_t *self, const char *text, size_t size, zc_record_t *ret_record)
{
    json_error_t error;
    json_decref (self->object);
    self->object = json_loadb (text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!self->object)
        return zc_record_refuse (ret_record, "not JSON: %s", error.text);
    if (!json_is_object (self->object))
        return zc_record_refuse (ret_record, "not an object");
    return set_object (self, ret_record);
}

static bool is_blank (const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!strchr (" \t\r\n", text [i]) || text [i] == '\0')
            return false;
    return true;
}

/* Brings a whole line to hand: ITEM with its view; BAD: too long, and dropped. */
static zc_read_t next_line (zc_jsonl_t *self, const char **ret_text, size_t *ret_size)
{
    for (zc_read_t read = ZC_READ_ITEM;;) {
        *ret_text = zc_input_bytes (self->input, ret_size);
        const char *feed = memchr (*ret_text, '\n', *ret_size);
        if (feed)
            *ret_size = (size_t) (feed - *ret_text) + 1;
        if (feed || (read == ZC_READ_END && *ret_size > 0)) {
            self->line++;
            return ZC_READ_ITEM;
        }
        if (read == ZC_READ_END)
            return ZC_READ_END;
        read = zc_input_more (self->input);
        if (read == ZC_READ_STOPPED || read == ZC_READ_FAILED)
            return read;
        if (read == ZC_READ_BAD) {
            self->line++;
            read = zc_input_skip_line (self->input);
            return read == ZC_READ_ITEM ? ZC_READ_BAD : read;
        }
    }
}

zc_read_t zc_jsonl_next (zc_jsonl_t *self, zc_record_t *ret_record, uint64_t *ret_line)
{
    const char *text;
    size_t size;
    zc_read_t read;
    while ((read = next_line (self, &text, &size)) == ZC_READ_ITEM && is_blank (text, size))
        zc_input_take (self->input, size);

    *ret_line = self->line;
    zc_record_clear (ret_record);
    if (read == ZC_READ_BAD)
        zc_record_refuse (ret_record, "longer than %d bytes", ZC_INPUT_WINDOW);
    if (read != ZC_READ_ITEM)
        return read;
    int failed = parse (self, text, size, ret_record);
    zc_input_take (self->input, size);
    return failed ? ZC_READ_BAD : ZC_READ_ITEM;
}
