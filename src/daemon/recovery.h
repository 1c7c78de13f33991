/* SPDX-License-Identifier: MPL-2.0
 *
 * recovery.h - the engine as they were: the last checkpoint, and the journal behind it, replayed by the
 * live path's own code.
 */
#ifndef ZC_RECOVERY_H
#define ZC_RECOVERY_H

#include "daemon/engine.h"
#include "journal/journal.h"
#include "store/store.h"

/* What a recovery found. */
typedef struct {
    zc_store_state_t state;   /* of the store */
    zc_journal_replay_t walk; /* of the journal behind it */
    uint32_t keys;            /* how many of the ledger's keys the store has */
    bool config_in_store;     /* the configuration that the engine is left with is the store's */
    int64_t took_us;
} zc_recovered_t;

/* Fills an empty engine: from the store, then from the journal below `directory`. If neither has a configuration,
 * the engine is left without one. Logs its progress. Returns 0, or -1 after a line in the log. */
int zc_recovery_run (zc_engine_t *engine, zc_store_t *store, const char *directory, zc_recovered_t *ret_recovered);

#endif
