/* SPDX-License-Identifier: MPL-2.0
 *
 * check.c - zcostd --check DIR.
 */
#include "daemon/check.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/data_dir.h"
#include "daemon/settings.h"
#include "journal/journal.h"
#include "store/store.h"

typedef struct {
    const char *directory;
    zc_store_state_t state;
    uint64_t keys, producers;
    zc_journal_replay_t walk;
    uint64_t behind_checkpoint; /* records */
    char why [256];
} check_t;

/* ----------------------------------------------------------------------- store */

static int count_key (void *argument, uint32_t key, const zc_dimensions_t *dimensions, const zc_measures_t *sums)
{
    (void) key;
    (void) dimensions;
    (void) sums;
    ((check_t *) argument)->keys++;
    return 0;
}

static int count_producer (void *argument, const zc_producer_row_t *row)
{
    ((check_t *) argument)->producers += !row->expired;
    return 0;
}

static int pass_unpriced (void *argument, zc_str_t model, uint64_t events)
{
    (void) argument;
    (void) model;
    (void) events;
    return 0;
}

static int pass_config (void *argument, const void *bytes, size_t size)
{
    (void) argument;
    (void) bytes;
    (void) size;
    return 0;
}

static int check_store (check_t *self)
{
    const zc_store_sink_t sink = {.key = count_key,
                                  .producer = count_producer,
                                  .unpriced = pass_unpriced,
                                  .config = pass_config,
                                  .argument = self};
    zc_store_t *store = zc_store_open_read_only (self->directory, self->why);
    if (!store)
        return -1;
    int rc = zc_store_check (store, self->why);
    if (rc == 0 && (rc = zc_store_load (store, &sink, &self->state)) == -1)
        snprintf (self->why, sizeof self->why, "%s", zc_store_why (store));
    zc_store_close (&store);
    return rc;
}

static void show_store (const check_t *self)
{
    char when [64] = "never";
    time_t seconds = (time_t) (self->state.taken_ms / 1000);
    struct tm parts;
    if (self->state.sequence > 0 && gmtime_r (&seconds, &parts))
        strftime (when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &parts);
    printf ("store      checkpoint %llu, %s; %llu events, %llu keys, %llu producers\n",
            (unsigned long long) self->state.sequence, when, (unsigned long long) self->state.counters.accepted,
            (unsigned long long) self->keys, (unsigned long long) self->producers);
}

/* --------------------------------------------------------------------- journal */

static int count_record (void *argument, const zc_record_view_t *record)
{
    check_t *self = argument;
    self->behind_checkpoint += record->position >= self->state.position;
    return 0;
}

static int judge (check_t *self, const zc_journal_replay_t *walk)
{
    snprintf (self->why, sizeof self->why, "%s", walk->why);
    return walk->end == ZC_JOURNAL_CLEAN || walk->end == ZC_JOURNAL_TORN ? 0 : -1;
}

/* All that is there; then as a start does it, from the checkpoint on: what was torn for the first walk may be
 * damage for that one, and segments may be missing that only it wants. */
static int check_journal (check_t *self)
{
    char directory [ZC_PATH_BYTES + 16];
    zc_journal_replay_t from_checkpoint;
    snprintf (directory, sizeof directory, "%s/journal", self->directory);
    zc_journal_replay (directory, self->state.ledger_id, 0, count_record, self, &self->walk);
    if (judge (self, &self->walk) == -1)
        return -1;
    zc_journal_replay (directory, self->state.ledger_id, self->state.position, NULL, NULL, &from_checkpoint);
    return judge (self, &from_checkpoint);
}

static void show_journal (const check_t *self, bool sound)
{
    const zc_journal_replay_t *walk = &self->walk;
    printf ("journal    %llu segments, %llu records, %.1f MB, up to %u:%u; %llu records after the checkpoint\n",
            (unsigned long long) walk->segments, (unsigned long long) walk->records, (double) walk->bytes / 1e6,
            ZC_POSITION_SEGMENT (walk->position), ZC_POSITION_OFFSET (walk->position),
            (unsigned long long) self->behind_checkpoint);
    if (sound && walk->end == ZC_JOURNAL_TORN)
        printf ("torn tail  %llu bytes, never acknowledged; the next start removes them: %s\n",
                (unsigned long long) walk->torn_bytes, walk->why);
}

/* ----------------------------------------------------------------------- whole */

static int not_sound (const check_t *self, const char *part)
{
    printf ("NOT SOUND  %s: %s\n", part, self->why);
    return 1;
}

static int check (check_t *self)
{
    if (check_store (self) == -1)
        return not_sound (self, "store");
    show_store (self);
    int rc = check_journal (self);
    show_journal (self, rc == 0);
    if (rc == -1)
        return not_sound (self, "journal");
    puts ("sound");
    return 0;
}

int zc_check_data_dir (const char *directory)
{
    check_t self = {.directory = directory};
    int lock = -1;
    if (zc_data_dir_open_read_only (directory, &lock, self.why) == -1) {
        fprintf (stderr, "zcostd: %s\n", self.why);
        return 1;
    }
    printf ("directory  %s\n", directory);
    int rc = check (&self);
    zc_data_dir_close (&lock);
    if (fflush (stdout) == EOF || ferror (stdout)) {
        fprintf (stderr, "zcostd: cannot write to stdout\n");
        return 1;
    }
    return rc;
}
