/* SPDX-License-Identifier: MPL-2.0
 *
 * recovery.h - the books as they were: the last checkpoint, and the journal behind it, replayed by the
 * live path's own code.
 */
#ifndef ZC_RECOVERY_H
#define ZC_RECOVERY_H

#include "daemon/books.h"
#include "store/store.h"

/* What a recovery found. */
typedef struct {
    zc_store_state_t state;  /* of the store */
    zc_journal_walk_t walk;  /* of the journal behind it */
    uint32_t keys;           /* how many of the ledger's keys the store has */
    bool terms_in_store;     /* the terms that the books are left with are the store's */
    int64_t took_us;
} zc_recovered_t;

/* Fills empty books: from the store, then from the journal below `directory`. Where neither has terms,
 * the books are left without. Logs its progress. Returns 0, or -1 after a line in the log. */
int zc_recover (zc_books_t *books, zc_store_t *store, const char *directory, zc_recovered_t *ret_recovered);

#endif
