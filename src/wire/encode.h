/* SPDX-License-Identifier: MPL-2.0
 *
 * encode.h - a client's event to the wire's bytes.
 *
 * Packs one event into a buffer of the caller's; never allocates, never waits, makes no system
 * call. Refuses what the daemon would reject, but for strings that are not UTF-8: to look at every
 * byte of every string would cost each call more than the packing.
 */
#ifndef ZC_ENCODE_H
#define ZC_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "zcost.h"

/* No event is larger than this. */
#define ZC_ENCODED_MAX 2048

/* Packs *event, as one msgpack map with `type` first and only the keys that its type uses.
 * service: for an event that names none; NULL leaves the key out.
 * now_ms: the `ts` of an event that has none.
 * buffer: room for ZC_ENCODED_MAX bytes; its content is undefined on failure.
 * Returns 0 and the bytes used, or ZCOST_EINVAL. */
int zc_encode (const zcost_event_t *event, const char *service, int64_t now_ms, uint8_t *buffer, size_t *ret_size);

#endif
