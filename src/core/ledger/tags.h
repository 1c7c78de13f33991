/* SPDX-License-Identifier: MPL-2.0
 *
 * tags.h - the tags of an event that are kept as dimensions.
 *
 * Kept in one canonical string: for each configured tag that the event has with a value that is not empty,
 * ascending by the bytes of its name: a byte of length, the name, a byte of length, the value. So two events
 * have the same tags exactly if their strings are the same bytes, whatever the order on the wire and in the
 * configuration, and keys outlive a change of the configuration. The empty string: no tags.
 */
#ifndef ZC_TAGS_H
#define ZC_TAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/pricing/policy.h"
#include "wire/event.h"

#define ZC_TAGS_BYTES (ZC_TAGS_MAX * 2 * (1 + ZCOST_STRING_MAX))

/* The canonical string of an event's tags, written into `to`. map: the checked msgpack map (zc_event_t); of a
 * name that is there twice the last one counts. */
zc_str_t zc_tags_canonical (const zc_policy_t *policy, zc_str_t map, char to [ZC_TAGS_BYTES]);

/* Takes the first tag off a canonical string. False at its end. */
bool zc_tags_next (zc_str_t *rest, zc_str_t *ret_name, zc_str_t *ret_value);

/* The value of a tag; the empty string where it is not there. */
zc_str_t zc_tags_value (zc_str_t tags, zc_str_t name);

/* Whether it is a canonical string (of any names): for what comes from a disk. */
bool zc_tags_valid (zc_str_t tags);

#endif
