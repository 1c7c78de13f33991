/* SPDX-License-Identifier: MPL-2.0
 *
 * books.h - the ledger with what it needs: terms and prices, rejects, producers, and who keeps it.
 *
 * Owned by the one thread that folds. Knows no disk but the price file; what is kept of the books is
 * the vault's.
 */
#ifndef ZC_BOOKS_H
#define ZC_BOOKS_H

#include <msgpack.h>

#include "core/intake.h"
#include "core/report.h"
#include "daemon/settings.h"

typedef struct {
    const zc_settings_t *settings;
    zc_intake_t intake; /* ledger, rejects and producers are the books' */
    zc_budgets_t *budgets;
    zc_prices_t *prices;
    msgpack_sbuffer terms; /* in force, packed; empty before any are */
    char prices_source [ZC_SOURCE_MAX];
    zc_about_t about;
    int64_t started_mono_ms;
    zc_kept_t kept;
    uint64_t sequence; /* of the last snapshot published */
    uint64_t drained_frames, drained_bytes; /* what the last drain of the ingest socket found */
} zc_books_t;

/* Opens empty books, without terms. The settings must outlive them. Returns 0, or -1 after a line in
 * the log; zc_books_term is due in either case. */
int zc_books_init (zc_books_t *self, const zc_settings_t *settings);
void zc_books_term (zc_books_t *self);

/* Reads the price file and appends the terms of the settings, packed. Returns 0, or -1 after a line in
 * the log. */
int zc_books_read_terms (const zc_books_t *self, msgpack_sbuffer *terms);

/* Whether packed terms say the same as those in force, but for when the prices were loaded. */
bool zc_books_has_terms (const zc_books_t *self, const void *terms, size_t size);

/* Takes packed terms into force. Returns 0, or -1 after a line in the log: then those in force stay. */
int zc_books_take_terms (zc_books_t *self, const void *terms, size_t size);

/* Names tiers without a price in the log. */
void zc_books_warn_of_unpriced_tiers (const zc_books_t *self);

/* All that can be asked, now. */
zc_view_t zc_books_view (zc_books_t *self);

#endif
