/* SPDX-License-Identifier: MPL-2.0
 *
 * durable.c - the journal and the store as text for a person; see show_health.h.
 */
#include "zreport/show/health.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/show/amount.h"
#include "zreport/show/field.h"

void zr_show_waiting (const zr_screen_t *screen, const json_t *waiting)
{
    for (size_t i = 0; i < json_array_size (waiting); i++) {
        char *text = zr_field_value_text (screen, json_array_get (waiting, i));
        zr_screen_alarm (screen, i == 0 ? "! Waiting for" : "", "%s", text);
        free (text);
    }
}

void zr_show_recovered (const zr_screen_t *screen, const json_t *health)
{
    const json_t *recovered = zr_field (health, "recovered");
    int64_t records = zr_field_count (recovered, "records"), torn = zr_field_count (recovered, "torn_bytes");
    if (records > 0)
        zr_screen_field (screen, "Recovered", "%s events from %s records of the journal, in %s",
                         zr_amount_count (zr_field_count (recovered, "events")).text, zr_amount_count (records).text,
                         zr_amount_took (1000 * zr_field_real (recovered, "seconds")).text);
    if (torn > 0)
        zr_screen_field (screen, records > 0 ? "" : "Recovered",
                         "removed %s of an interrupted write, none of it acknowledged", zr_amount_bytes (torn).text);
}

/* ------------------------------------------------------------------ the journal */

static void show_syncs (const zr_screen_t *screen, const json_t *journal)
{
    if (zr_field_count (journal, "synced_at") == 0) {
        zr_screen_field (screen, "", "not synced yet");
        return;
    }
    zr_screen_field (screen, "", "last sync %s ago took %s; slowest of %s: %s",
                     zr_amount_took ((double) zr_field_count (journal, "sync_age_ms")).text,
                     zr_amount_took (zr_field_real (journal, "last_sync_ms")).text,
                     zr_amount_count (zr_field_count (journal, "syncs")).text,
                     zr_amount_took (zr_field_real (journal, "slowest_sync_ms")).text);
}

/* "syncing", and how much there is to sync. For the caller to free. */
static char *journal_state (const zr_screen_t *screen, const json_t *journal)
{
    int64_t unsynced = zr_field_count (journal, "unsynced_bytes");
    char *state = zr_field_text (screen, journal, "state"), *text;
    int made = unsynced > 0 ? asprintf (&text, "%s, %s not on disk yet", state, zr_amount_bytes (unsynced).text)
                            : asprintf (&text, "%s", state);
    zr_screen_need (made < 0 ? NULL : text);
    free (state);
    return text;
}

void zr_show_journal (const zr_screen_t *screen, const json_t *health)
{
    const json_t *journal = zr_field (health, "journal");
    if (!journal)
        return;
    char *state = journal_state (screen, journal), *directory = zr_field_text (screen, journal, "directory");
    if (strcmp (state, "none") == 0)
        zr_screen_field (screen, "Journal", "none: all sums are gone when the daemon ends");
    else {
        int64_t segments = zr_field_count (journal, "segments");
        zr_screen_field (screen, "Journal", "%s; %s in %s segment%s", state,
                         zr_amount_bytes (zr_field_count (journal, "bytes")).text, zr_amount_count (segments).text,
                         segments == 1 ? "" : "s");
        show_syncs (screen, journal);
        if (*directory)
            zr_screen_field (screen, "", "%s", directory);
    }
    free (state);
    free (directory);
}

/* ------------------------------------------------------------------ the store */

static void show_checkpoint (const zr_screen_t *screen, const json_t *store)
{
    if (zr_field_count (store, "checkpoint_at") == 0)
        zr_screen_field (screen, "", "no checkpoint yet");
    else
        zr_screen_field (screen, "", "checkpoint %s was %s ago and took %s",
                         zr_amount_count (zr_field_count (store, "sequence")).text,
                         zr_amount_span (zr_field_count (store, "checkpoint_age_seconds")).text,
                         zr_amount_took (zr_field_real (store, "last_checkpoint_ms")).text);
}

void zr_show_store (const zr_screen_t *screen, const json_t *health)
{
    const json_t *store = zr_field (health, "store");
    if (!store)
        return;
    int64_t stored = zr_field_count (store, "cells"), unstored = zr_field_count (health, "cells") - stored;
    char *state = zr_field_text (screen, store, "state"), *kind = zr_field_text (screen, store, "kind");
    if (strcmp (state, "none") == 0)
        zr_screen_field (screen, "Store", "none");
    else {
        zr_screen_field (screen, "Store", "%s%s%s; %s cells in %s, %s changed since", kind, *kind ? ", " : "", state,
                         zr_amount_count (stored).text, zr_amount_bytes (zr_field_count (store, "bytes")).text,
                         zr_amount_count (unstored > 0 ? unstored : 0).text);
        show_checkpoint (screen, store);
    }
    free (state);
    free (kind);
}
