/* SPDX-License-Identifier: MPL-2.0
 *
 * journal.c - what a record costs the journal: to append and write it, and to read it back.
 *
 *   bench_journal [--seconds S]
 *
 * Writes into a directory of its own (under TMPDIR, or /tmp), which it removes. Prints one line of
 * key=value for each size of record: `append_ns`, the median over drains of 256 KiB, each written at once
 * into segments that were recycled, with syncs going on; `walk_ns` and `walk_mbs`, reading them back from the
 * page cache.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/clock.h"
#include "journal/journal.h"

#define DRAIN_BYTES ((size_t) 256 << 10)
#define SLICES_MAX 100000
#define RING 2 /* segments after which one is recycled */
#define REST_NS 5000000

typedef struct {
    char directory [64];
    zc_journal_t *journal;
    size_t size; /* of a record */
    uint8_t *payload;
    int64_t slices_ns [SLICES_MAX];
    size_t slices;
    uint32_t segment; /* that we are in */
} bench_t;

static int ascending (const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;
    return (x > y) - (x < y);
}

/* One drain: as many records as fill it, and one write. */
static int drain (bench_t *self, size_t records)
{
    for (size_t i = 0; i < records; i++)
        if (zc_journal_append (self->journal, ZC_RECORD_FRAME, (int64_t) i, self->payload, self->size) == -1)
            return -1;
    return zc_journal_write (self->journal);
}

/* At each new segment, and not on the clock: those before are synced, and all but the last few are in a store,
 * would the daemon say. Time enough to recycle one: no daemon fills a segment every few milliseconds. */
static int rest (bench_t *self)
{
    zc_position_t written = zc_journal_written (self->journal);
    uint32_t segment = ZC_POSITION_SEGMENT (written);
    if (segment == self->segment)
        return 0;
    self->segment = segment;
    sleep_until (monotonic_ns () + REST_NS);
    if (zc_journal_wait_synced (self->journal, ZC_POSITION (segment, ZC_SEGMENT_HEADER_BYTES)) == -1)
        return -1;
    if (segment <= RING)
        return 0;
    return zc_journal_checkpointed (self->journal, ZC_POSITION (segment - RING, ZC_SEGMENT_HEADER_BYTES), 0);
}

static int write_for (bench_t *self, double seconds)
{
    size_t records = DRAIN_BYTES / (self->size + ZC_RECORD_HEADER_BYTES);
    int64_t until_ns = monotonic_ns () + (int64_t) (seconds * NS_PER_S);
    self->slices = 0;
    while (self->slices < SLICES_MAX && monotonic_ns () < until_ns) {
        int64_t began_ns = monotonic_ns ();
        if (drain (self, records) == -1)
            return -1;
        self->slices_ns [self->slices++] = (monotonic_ns () - began_ns) / (int64_t) records;
        if (rest (self) == -1)
            return -1;
    }
    qsort (self->slices_ns, self->slices, sizeof *self->slices_ns, ascending);
    return 0;
}

static int take (void *argument, const zc_record_view_t *record)
{
    *(uint64_t *) argument += record->size;
    return 0;
}

static int measure (bench_t *self, double seconds)
{
    zc_journal_replay_t walk;
    uint64_t bytes = 0;
    char why [256];
    zc_journal_options_t options = {
        .directory = self->directory, .segment_bytes = 16u << 20, .sync_interval_ms = 10, .spare_segments = 4};
    self->journal = zc_journal_open (&options, 0, why);
    if (!self->journal) {
        fprintf (stderr, "bench_journal: %s\n", why);
        return -1;
    }
    /* Twice: the first run makes the files that the second one goes round in. */
    int rc = write_for (self, seconds / 2);
    if (rc == -1 || write_for (self, seconds / 2) == -1)
        fprintf (stderr, "bench_journal: %s\n", zc_journal_why (self->journal));
    if (zc_journal_close (&self->journal, NULL) == -1)
        return -1;
    int64_t began_ns = monotonic_ns ();
    zc_journal_replay (self->directory, NULL, 0, take, &bytes, &walk);
    int64_t walk_ns = monotonic_ns () - began_ns;
    if (walk.end != ZC_JOURNAL_CLEAN || walk.records == 0) {
        fprintf (stderr, "bench_journal: %s\n", walk.why);
        return -1;
    }
    printf ("size=%zu append_ns=%lld append_p99_ns=%lld walk_ns=%.1f walk_mbs=%.0f\n", self->size,
            (long long) self->slices_ns [self->slices / 2], (long long) self->slices_ns [self->slices * 99 / 100],
            (double) walk_ns / (double) walk.records, (double) walk.bytes * 1e3 / (double) walk_ns);
    return 0;
}

/* In a directory of its own, which does not stay. */
static int measure_in_directory (bench_t *self, double seconds)
{
    const char *temporary = getenv ("TMPDIR");
    snprintf (self->directory, sizeof self->directory, "%s/bench_journal.XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp (self->directory)) {
        perror ("bench_journal: mkdtemp");
        return -1;
    }
    int result = measure (self, seconds);
    char command [128];
    snprintf (command, sizeof command, "rm -rf '%s'", self->directory);
    return system (command) == 0 ? result : -1;
}

int main (int argc, char **argv)
{
    static const struct option options [] = {{"seconds", required_argument, NULL, 's'}, {0}};
    static const size_t sizes [] = {70, 1000, 30000};
    static bench_t bench;
    double seconds = 2;
    for (int option; (option = getopt_long (argc, argv, "", options, NULL)) != -1;) {
        if (option != 's')
            return 2;
        seconds = strtod (optarg, NULL);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        bench.size = sizes [i];
        bench.payload = calloc (1, bench.size);
        if (!bench.payload)
            return 1;
        memset (bench.payload, 0x5a, bench.size);
        int result = measure_in_directory (&bench, seconds);
        free (bench.payload);
        if (result == -1)
            return 1;
    }
    return 0;
}
