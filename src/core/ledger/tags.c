/* SPDX-License-Identifier: MPL-2.0
 *
 * tags.c - the tags of an event that are kept as dimensions.
 */
#include "core/ledger/tags.h"

#include <string.h>

#include "core/base/str.h"
#include "wire/reader.h"

/* Takes a pair of a map where it is a tag of the policy. */
static void take_pair (const zc_policy_t *policy, const zc_value_t *name, const zc_value_t *value,
                       zc_str_t values [ZC_TAGS_MAX])
{
    for (size_t i = 0; i < policy->tags_count; i++)
        if (strlen (policy->tags [i]) == name->size && memcmp (policy->tags [i], name->as.data, name->size) == 0)
            values [i] = (zc_str_t){(const char *) value->as.data, value->size};
}

static char *put (char *to, const char *data, uint32_t size)
{
    *to++ = (char) (uint8_t) size;
    memcpy (to, data, size);
    return to + size;
}

zc_str_t zc_tags_canonical (const zc_policy_t *policy, zc_str_t map, char to [ZC_TAGS_BYTES])
{
    const uint8_t *at = (const uint8_t *) map.data, *end = at + map.size;
    zc_str_t values [ZC_TAGS_MAX] = {{NULL, 0}};
    zc_value_t head = {.size = 0}, name = head, value = head;
    at = zc_reader_read (at, end, &head);
    for (uint32_t i = 0; i < head.size; i++) {
        at = zc_reader_read (at, end, &name);
        at = zc_reader_read (at, end, &value);
        take_pair (policy, &name, &value, values);
    }
    char *next = to;
    for (size_t i = 0; i < policy->tags_count; i++)
        if (values [i].size > 0) {
            next = put (next, policy->tags [i], (uint32_t) strlen (policy->tags [i]));
            next = put (next, values [i].data, values [i].size);
        }
    return (zc_str_t){to, (uint32_t) (next - to)};
}

/* A byte of length and so many bytes. */
static bool take (zc_str_t *rest, zc_str_t *ret_text)
{
    if (rest->size == 0)
        return false;
    uint32_t size = (uint8_t) *rest->data;
    if (size + 1 > rest->size)
        return false;
    *ret_text = (zc_str_t){rest->data + 1, size};
    *rest = (zc_str_t){rest->data + 1 + size, rest->size - 1 - size};
    return true;
}

bool zc_tags_next (zc_str_t *rest, zc_str_t *ret_name, zc_str_t *ret_value)
{
    return take (rest, ret_name) && take (rest, ret_value);
}

zc_str_t zc_tags_value (zc_str_t tags, zc_str_t name)
{
    zc_str_t key, value;
    while (zc_tags_next (&tags, &key, &value))
        if (zc_str_equal (key, name))
            return value;
    return (zc_str_t){"", 0};
}

static int compare (zc_str_t a, zc_str_t b)
{
    int order = memcmp (a.data, b.data, a.size < b.size ? a.size : b.size);
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

bool zc_tags_valid (zc_str_t tags)
{
    zc_str_t before = {"", 0}, name, value;
    size_t count = 0;
    for (; tags.size > 0; before = name, count++)
        if (!zc_tags_next (&tags, &name, &value) || name.size > ZCOST_STRING_MAX || value.size > ZCOST_STRING_MAX ||
            value.size == 0 || compare (before, name) >= 0)
            return false;
    return count <= ZC_TAGS_MAX;
}
