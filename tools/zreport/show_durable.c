/* SPDX-License-Identifier: MPL-2.0
 *
 * show_durable.c - the journal and the store as text for a person; see show_health.h.
 */
#include "zreport/show_health.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/amount.h"
#include "zreport/field.h"

void zc_show_waiting (const zc_screen_t *screen, const json_t *waiting)
{
    for (size_t i = 0; i < json_array_size (waiting); i++) {
        char *text = zc_value_text (screen, json_array_get (waiting, i));
        zc_screen_alarm (screen, i == 0 ? "! Waiting for" : "", "%s", text);
        free (text);
    }
}

void zc_show_recovered (const zc_screen_t *screen, const json_t *health)
{
    const json_t *recovered = zc_field (health, "recovered");
    int64_t records = zc_field_count (recovered, "records"), torn = zc_field_count (recovered, "torn_bytes");
    if (records > 0)
        zc_screen_field (screen, "Recovered", "%s events from %s records of the journal, in %s",
                         zc_count (zc_field_count (recovered, "events")).text, zc_count (records).text,
                         zc_took (1000 * zc_field_real (recovered, "seconds")).text);
    if (torn > 0)
        zc_screen_field (screen, records > 0 ? "" : "Recovered", "a write that was cut short left %s, now gone: none of it was acknowledged",
                         zc_bytes (torn).text);
}

/* ------------------------------------------------------------------ the journal */

static void show_syncs (const zc_screen_t *screen, const json_t *journal)
{
    if (zc_field_count (journal, "synced_at") == 0) {
        zc_screen_field (screen, "", "not synced yet");
        return;
    }
    zc_screen_field (screen, "", "last sync %s ago took %s; slowest of %s: %s",
                     zc_took ((double) zc_field_count (journal, "sync_age_ms")).text,
                     zc_took (zc_field_real (journal, "last_sync_ms")).text,
                     zc_count (zc_field_count (journal, "syncs")).text,
                     zc_took (zc_field_real (journal, "slowest_sync_ms")).text);
}

/* "syncing", and how much there is to sync. For the caller to free. */
static char *journal_state (const zc_screen_t *screen, const json_t *journal)
{
    int64_t unsynced = zc_field_count (journal, "unsynced_bytes");
    char *state = zc_field_text (screen, journal, "state"), *text;
    int made = unsynced > 0 ? asprintf (&text, "%s, %s not on disk yet", state, zc_bytes (unsynced).text)
                            : asprintf (&text, "%s", state);
    zc_need (made < 0 ? NULL : text);
    free (state);
    return text;
}

void zc_show_journal (const zc_screen_t *screen, const json_t *health)
{
    const json_t *journal = zc_field (health, "journal");
    if (!journal)
        return;
    char *state = journal_state (screen, journal), *directory = zc_field_text (screen, journal, "directory");
    if (strcmp (state, "none") == 0)
        zc_screen_field (screen, "Journal", "none: the counts end with this daemon");
    else {
        int64_t segments = zc_field_count (journal, "segments");
        zc_screen_field (screen, "Journal", "%s; %s in %s segment%s", state,
                         zc_bytes (zc_field_count (journal, "bytes")).text, zc_count (segments).text,
                         segments == 1 ? "" : "s");
        show_syncs (screen, journal);
        if (*directory)
            zc_screen_field (screen, "", "%s", directory);
    }
    free (state);
    free (directory);
}

/* ------------------------------------------------------------------ the store */

static void show_checkpoint (const zc_screen_t *screen, const json_t *store)
{
    if (zc_field_count (store, "checkpoint_at") == 0)
        zc_screen_field (screen, "", "no checkpoint yet");
    else
        zc_screen_field (screen, "", "checkpoint %s was %s ago and took %s",
                         zc_count (zc_field_count (store, "sequence")).text,
                         zc_span (zc_field_count (store, "checkpoint_age_seconds")).text,
                         zc_took (zc_field_real (store, "last_checkpoint_ms")).text);
}

void zc_show_store (const zc_screen_t *screen, const json_t *health)
{
    const json_t *store = zc_field (health, "store");
    if (!store)
        return;
    char *state = zc_field_text (screen, store, "state"), *kind = zc_field_text (screen, store, "kind");
    if (strcmp (state, "none") == 0)
        zc_screen_field (screen, "Store", "none");
    else {
        zc_screen_field (screen, "Store", "%s%s%s; %s cells in %s", kind, *kind ? ", " : "", state,
                         zc_count (zc_field_count (store, "cells")).text,
                         zc_bytes (zc_field_count (store, "bytes")).text);
        show_checkpoint (screen, store);
    }
    free (state);
    free (kind);
}
