/* SPDX-License-Identifier: MPL-2.0
 *
 * report.h - the cost report: what is published and what `report` answers.
 *
 * Packs the ledger's sums in the shape of the contract ("The report"). Only looks.
 */
#ifndef ZC_REPORT_H
#define ZC_REPORT_H

#include <msgpack.h>
#include <stdint.h>

#include "core/ledger.h"
#include "core/rejects.h"

#define ZC_INCARNATION_CHARS 16

/* Who reports, since when, and by which prices. Strings are the caller's. */
typedef struct {
    const char *version;
    const char *instance;
    char incarnation [ZC_INCARNATION_CHARS + 1]; /* hex digits, new at every start */
    int64_t started_ms;
    int64_t interval_ms;
    const char *prices_source; /* a file's path, or "builtin" */
    int64_t prices_loaded_ms;
} zc_about_t;

/* Everything that can be asked, at one moment. */
typedef struct {
    const zc_about_t *about;
    zc_ledger_t *ledger;
    const zc_rejects_t *rejects;
    int64_t now_ms;
    uint64_t sequence; /* of the last snapshot published */
    uint64_t rss_bytes;
    uint64_t drained_frames, drained_bytes; /* what the last drain of the ingest socket found */
} zc_view_t;

/* The report over the events that `totals` sums: all of them, or one service's. */
void zc_report_pack (msgpack_packer *out, const zc_view_t *view, const zc_totals_t *totals);

/* Parts that other answers share: the maps `events` and `price_table`. */
void zc_report_pack_events (msgpack_packer *out, const zc_view_t *view);
void zc_report_pack_price_table (msgpack_packer *out, const zc_view_t *view);

#endif
