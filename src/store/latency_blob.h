/* SPDX-License-Identifier: MPL-2.0
 *
 * latency_blob.h - latencies in their saved form (core/ledger/sketch.h): added up as they are, and verified.
 *
 * A store adds to what it holds without unpacking it. One spread of latencies has one saved form: what is equal
 * is equal byte by byte, whatever the order in which it was added up. Pure.
 */
#ifndef ZC_LATENCY_BLOB_H
#define ZC_LATENCY_BLOB_H

#include <stddef.h>
#include <stdint.h>

/* Writes the sum of both. to: room for both sizes, apart from them. Returns the size of what was written, or -1: one
 * of them is seen to be no saved form (what is behind the other's last bin is not looked at), or a bin would pass
 * 2^56 events. */
int64_t zc_latency_blob_merge (const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *to);

/* How many events are in it; -1: no saved form, or more than 63 bits of events. */
int64_t zc_latency_blob_events (const uint8_t *bytes, size_t size);

#endif
