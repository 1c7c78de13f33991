/* SPDX-License-Identifier: MPL-2.0
 *
 * books.h - the ledger with what it needs: its prices, its rejects, and who keeps it.
 *
 * Owned by the one thread that folds.
 */
#ifndef ZC_BOOKS_H
#define ZC_BOOKS_H

#include "core/ledger.h"
#include "core/rejects.h"
#include "core/report.h"
#include "daemon/settings.h"

typedef struct {
    const zc_settings_t *settings;
    zc_ledger_t *ledger;
    zc_rejects_t *rejects;
    zc_prices_t *prices;
    zc_about_t about;
    uint64_t sequence; /* of the last snapshot published */
    uint64_t drained_frames, drained_bytes; /* what the last drain of the ingest socket found */
} zc_books_t;

/* Opens empty books and loads the price table. The settings must outlive them. Returns 0, or -1
 * after a line in the log; zc_books_term is due in either case. */
int zc_books_init (zc_books_t *self, const zc_settings_t *settings);
void zc_books_term (zc_books_t *self);

/* Takes the price table of the settings into force, read anew. Returns 0, or -1 after a line in the
 * log: then the table in force stays. */
int zc_books_load_prices (zc_books_t *self);

/* All that can be asked, now. */
zc_view_t zc_books_view (zc_books_t *self);

#endif
