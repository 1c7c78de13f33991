/* SPDX-License-Identifier: MPL-2.0
 *
 * test_store_cells.c - what store.h promises of sums: exact in each bucket, for SQL and for people.
 */
#include "store/store.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "stores.h"

static void test_store_adds_a_cell_to_all_that_is_coarser (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    uint32_t a = add_key (&ground.draft, "a"), b = add_key (&ground.draft, "b");
    spend (&ground.draft, ZC_MINUTE, MINUTE_S - 60, a, 1); /* the last minute of a day */
    spend (&ground.draft, ZC_MINUTE, MINUTE_S, a, 10);
    spend (&ground.draft, ZC_MINUTE, MINUTE_S + 840, a, 100);
    spend (&ground.draft, ZC_MINUTE, MINUTE_S + 900, a, 1000);
    spend (&ground.draft, ZC_QUARTER, MINUTE_S + 900, a, 10000);
    spend (&ground.draft, ZC_DAY, MINUTE_S, a, 100000);
    spend (&ground.draft, ZC_MINUTE, MINUTE_S, b, 7);
    commit (&ground.draft, ground.store);
    assert_int_equal (ground.draft.state.cells, 5 + 4 + 3);
    const place_t *place = &ground.place;
    static const char list [] =
        "SELECT group_concat ((start - 1767225600) || ':' || key || ':' || cost_nanousd, ' ')"
        " FROM (SELECT * FROM %s ORDER BY start, key)";
    static const char *const expected [ZC_TIME_BUCKETS] = {"-60:0:1 0:0:10 0:1:7 840:0:100 900:0:1000",
                                                           "-900:0:1 0:0:110 0:1:7 900:0:11000",
                                                           "-86400:0:1 0:0:111110 0:1:7"};
    static const char *const tables [ZC_TIME_BUCKETS] = {"minute", "quarter", "day"};
    for (int level = 0; level < ZC_TIME_BUCKETS; level++) {
        char sql [256];
        snprintf (sql, sizeof sql, list, tables [level]);
        assert_query (place, sql, expected [level]);
    }
    assert_query (place, "SELECT group_concat (key || ':' || events || ':' || cost_nanousd, ' ') FROM ever",
                  "0:6:111111 1:1:7");
    /* The same once more: everything is there twice, and no cell is new. */
    commit (&ground.draft, ground.store);
    assert_int_equal (ground.draft.state.cells, 12);
    assert_query (place, "SELECT group_concat (key || ':' || events || ':' || cost_nanousd, ' ') FROM ever",
                  "0:12:222222 1:2:14");
    assert_query (place, "SELECT cost_nanousd FROM quarter WHERE start = 1767225600 + 900", "22000");
    assert_sound (ground.store);
    ground_end (&ground);
}

static void test_store_sums_what_many_checkpoints_bring (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    int64_t sum = 0;
    uint32_t x = 1;
    for (uint32_t key = 0; key < 5; key++)
        add_key (&ground.draft, (char []){(char) ('a' + key), '\0'});
    for (int round = 0; round < 30; round++) {
        zc_cells_clear (&ground.draft.cells);
        for (int i = 0; i < 50; i++) {
            x = x * 1664525 + 1013904223;
            zc_time_bucket_t level = (zc_time_bucket_t) (x >> 28) % ZC_TIME_BUCKETS;
            int64_t start_s = MINUTE_S + (int64_t) (x >> 8 & 3) * zc_time_bucket_seconds (level);
            spend (&ground.draft, level, start_s, x >> 16 & 3, x >> 4);
            sum += x >> 4;
        }
        commit (&ground.draft, ground.store);
    }
    assert_int_equal (number_of (&ground.place, "SELECT sum (cost_nanousd) FROM ever"), sum);
    assert_int_equal (number_of (&ground.place, "SELECT sum (cost_nanousd) FROM day"), sum);
    assert_int_equal (number_of (&ground.place, "SELECT sum (events) FROM ever"), 1500);
    assert_int_equal (number_of (&ground.place,
                                 "SELECT (SELECT count (*) FROM minute) + (SELECT count (*) FROM"
                                 " quarter) + (SELECT count (*) FROM day)"),
                      ground.draft.state.cells);
    assert_sound (ground.store);
    ground_end (&ground);
}

static void test_store_refuses_a_sum_beyond_64_bits (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    uint32_t key = add_key (&ground.draft, "a");
    zc_measures_t *sums = cell_at (&ground.draft, ZC_MINUTE, MINUTE_S, key);
    sums->cost_nanousd = INT64_MAX - 1;
    sums->saved_ns = INT64_MIN + 2;
    commit (&ground.draft, ground.store);
    *cell_at (&ground.draft, ZC_MINUTE, MINUTE_S, key) = (zc_measures_t){.cost_nanousd = 2};
    assert_int_equal (try_commit (&ground.draft, ground.store), -1);
    *cell_at (&ground.draft, ZC_MINUTE, MINUTE_S, key) = (zc_measures_t){.saved_ns = -3};
    assert_int_equal (try_commit (&ground.draft, ground.store), -1);
    *cell_at (&ground.draft, ZC_MINUTE, MINUTE_S, key) = (zc_measures_t){.cost_nanousd = 1, .saved_ns = -2};
    commit (&ground.draft, ground.store);
    assert_query (&ground.place, "SELECT cost_nanousd || ' ' || saved_ns FROM ever",
                  "9223372036854775807 -9223372036854775808");
    assert_query (&ground.place, "SELECT cost_usd || ' ' || saved_seconds FROM totals",
                  "9223372036.854775807 -9223372036.854775808");
    ground_end (&ground);
}

/* -------------------------------------------------------------------------- latencies */

/* Adds what a row of a level has to the counts by bin; their sum. */
static uint64_t add_saved (sqlite3 *db, const char *sql, uint64_t counts [ZC_BINS])
{
    sqlite3_stmt *rows;
    uint64_t sum = 0;
    assert_int_equal (sqlite3_prepare_v2 (db, sql, -1, &rows, NULL), SQLITE_OK);
    while (sqlite3_step (rows) == SQLITE_ROW) {
        const uint8_t *at = sqlite3_column_blob (rows, 0), *end = at + sqlite3_column_bytes (rows, 0);
        int32_t bin = -1;
        int bad = 0;
        for (uint64_t events; at && (at = zc_sketch_unpack (at, end, &bin, &events, &bad)); sum += events)
            counts [bin] += events;
        assert_int_equal (bad, 0);
    }
    sqlite3_finalize (rows);
    return sum;
}

static void test_store_keeps_latencies_at_each_level (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    static uint64_t expected [2][ZC_BINS];
    memset (expected, 0, sizeof expected);
    uint64_t sums [2] = {0};
    for (uint32_t key = 0; key < 3; key++)
        add_key (&ground.draft, (char []){(char) ('a' + key), '\0'});
    uint32_t x = 1;
    for (int round = 0; round < 20; round++) {
        zc_cells_clear (&ground.draft.cells);
        for (int i = 0; i < 40; i++) {
            x = x * 1664525 + 1013904223;
            uint32_t key = x >> 16 & 1;
            int64_t us = (int64_t) (x >> 9) * (i % 5 ? 1 : 1000);
            uint64_t events = i % 17 ? 1 + (x >> 30) : 20000000; /* more than one slot holds */
            lag (&ground.draft, ZC_MINUTE, MINUTE_S + 60 * (int64_t) (x >> 27), key, us, events);
            expected [key][zc_sketch_bin_of (us)] += events;
            sums [key] += events;
        }
        spend (&ground.draft, ZC_MINUTE, MINUTE_S, 0, 1); /* grows without latencies, too */
        spend (&ground.draft, ZC_MINUTE, MINUTE_S, 2, 1);
        commit (&ground.draft, ground.store);
    }
    assert_sound (ground.store);
    sqlite3 *db;
    assert_int_equal (sqlite3_open (ground.place.file, &db), SQLITE_OK);
    static const char *const tables [] = {"minute", "quarter", "day", "ever"};
    for (int i = 0; i < 8; i++) {
        static uint64_t counts [ZC_BINS];
        memset (counts, 0, sizeof counts);
        char sql [96];
        snprintf (sql, sizeof sql, "SELECT latencies FROM %s WHERE key = %d", tables [i / 2], i % 2);
        assert_int_equal (add_saved (db, sql, counts), sums [i % 2]);
        assert_memory_equal (counts, expected [i % 2], sizeof counts);
    }
    sqlite3_close (db);
    assert_query (&ground.place, "SELECT count (*) FROM day WHERE key = 2 AND latencies IS NULL", "1");
    ground_end (&ground);
}

/* ------------------------------------------------------------------------------- people */

static void test_store_shows_exact_dollars (void **state)
{
    (void) state;
    static const struct {
        int64_t amount;
        const char *text;
    } cases [] = {
        {0, "0.000000000"},
        {1, "0.000000001"},
        {-1, "-0.000000001"},
        {999999999, "0.999999999"},
        {1000000000, "1.000000000"},
        {-1000000000, "-1.000000000"},
        {-1500000000, "-1.500000000"},
        {-999999999, "-0.999999999"},
        {1234567890123456789, "1234567890.123456789"},
    };
    ground_t ground = ground_new ();
    uint32_t key = add_key (&ground.draft, "a");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        zc_measures_t *sums = cell_at (&ground.draft, ZC_MINUTE, MINUTE_S + 86400 * (int64_t) i, key);
        /* An amount that cannot be negative is shown by the same words. */
        sums->cost_nanousd = cases [i].amount < 0 ? 0 : cases [i].amount;
        sums->saved_ns = cases [i].amount;
    }
    commit (&ground.draft, ground.store);
    static const char *const views [] = {"minutes", "quarters", "days"};
    for (size_t i = 0; i < 3 * sizeof cases / sizeof *cases; i++) {
        char sql [160];
        snprintf (sql, sizeof sql, "SELECT saved_seconds FROM %s WHERE start = %lld", views [i % 3],
                  MINUTE_S + 86400 * (long long) (i / 3));
        assert_query (&ground.place, sql, cases [i / 3].text);
    }
    assert_query (&ground.place, "SELECT cost_usd FROM days WHERE start = 1767225600 + 8 * 86400",
                  "1234567890.123456789");
    ground_end (&ground);
}

static void test_store_shows_time_and_dimensions (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    uint32_t key = add_key (&ground.draft, "chat's");
    spend (&ground.draft, ZC_MINUTE, MINUTE_S + 23 * 3600 + 59 * 60, key, 1500000000);
    commit (&ground.draft, ground.store);
    assert_query (&ground.place,
                  "SELECT time || '|' || type || '|' || service || '|' || tier || '|' || model || '|' || provider"
                  " || '|' || cost_usd || '|' || events FROM minutes",
                  "2026-01-01T23:59:00Z|llm_call|chat's||gpt-4o|openai|1.500000000|1");
    assert_query (&ground.place, "SELECT time FROM quarters", "2026-01-01T23:45:00Z");
    assert_query (&ground.place, "SELECT time FROM days", "2026-01-01T00:00:00Z");
    assert_query (&ground.place, "SELECT service || cost_usd || cost_nanousd FROM totals",
                  "chat's1.5000000001500000000");
    ground_end (&ground);
}

/* Who reads for long sees what there was, and nobody waits for him. */
static void test_store_commits_while_someone_reads (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    uint32_t key = add_key (&ground.draft, "a");
    spend (&ground.draft, ZC_MINUTE, MINUTE_S, key, 1);
    commit (&ground.draft, ground.store);
    sqlite3 *reader;
    sqlite3_stmt *statement;
    assert_int_equal (sqlite3_open (ground.place.file, &reader), SQLITE_OK);
    assert_int_equal (sqlite3_exec (reader, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal (sqlite3_prepare_v2 (reader, "SELECT events FROM ever", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal (sqlite3_step (statement), SQLITE_ROW);
    const uint64_t before = ground.draft.state.bytes;
    for (int64_t i = 0; i < 2000; i++) /* each minute a row: far more than the log usually holds */
        spend (&ground.draft, ZC_MINUTE, MINUTE_S + 60 * (i * 37 % 100000), key, 1);
    for (int round = 0; round < 30; round++)
        commit (&ground.draft, ground.store);
    const uint64_t peak = ground.draft.state.bytes;
    assert_true (peak > before + 1000 * 4096);
    sqlite3_reset (statement);
    assert_int_equal (sqlite3_step (statement), SQLITE_ROW);
    assert_int_equal (sqlite3_column_int64 (statement, 0), 1);
    sqlite3_finalize (statement);
    assert_int_equal (sqlite3_close (reader), SQLITE_OK);
    for (int round = 0; round < 60; round++) /* he is gone: the log goes into the file and begins anew */
        commit (&ground.draft, ground.store);
    assert_true (ground.draft.state.bytes < peak + 1000 * 4096);
    assert_int_equal (number_of (&ground.place, "SELECT events FROM ever"), 1 + 90 * 2001);
    assert_sound (ground.store);
    ground_end (&ground);
}

static void *write_for_a_while (void *argument)
{
    sqlite3 *writer = argument;
    nanosleep (&(struct timespec){.tv_nsec = 200000000}, NULL);
    assert_int_equal (sqlite3_exec (writer, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    return NULL;
}

static void test_store_waits_for_someone_who_writes (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    spend (&ground.draft, ZC_MINUTE, MINUTE_S, add_key (&ground.draft, "a"), 1);
    sqlite3 *writer;
    pthread_t thread;
    assert_int_equal (sqlite3_open (ground.place.file, &writer), SQLITE_OK);
    assert_int_equal (sqlite3_exec (writer, "BEGIN IMMEDIATE; CREATE TABLE notes (x)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal (pthread_create (&thread, NULL, write_for_a_while, writer), 0);
    commit (&ground.draft, ground.store);
    assert_int_equal (pthread_join (thread, NULL), 0);
    assert_int_equal (sqlite3_close (writer), SQLITE_OK);
    assert_sound (ground.store);
    ground_end (&ground);
}

/* --------------------------------------------------------------------------------- trim */

static void test_store_trims_what_ended_before_the_horizon (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    uint32_t key = add_key (&ground.draft, "a");
    for (int64_t i = 0; i < 100; i++)
        spend (&ground.draft, ZC_MINUTE, MINUTE_S + 60 * i, key, 1);
    commit (&ground.draft, ground.store);
    assert_int_equal (ground.draft.state.cells, 100 + 7 + 1);
    bool more = true;
    assert_int_equal (zc_store_trim (ground.store, &(zc_horizon_t){0}, &more), 0);
    assert_false (more);
    assert_query (&ground.place, "SELECT count (*) FROM minute", "100");
    /* The minute that ends at the horizon goes, the one that begins there stays. */
    const zc_horizon_t horizon = {.before_s [ZC_MINUTE] = MINUTE_S + 600, .before_s [ZC_QUARTER] = MINUTE_S + 1799};
    assert_int_equal (zc_store_trim (ground.store, &horizon, &more), 0);
    assert_query (&ground.place, "SELECT count (*) || ' ' || (min (start) - 1767225600) FROM minute", "90 600");
    assert_query (&ground.place, "SELECT count (*) || ' ' || (min (start) - 1767225600) FROM quarter", "6 900");
    assert_query (&ground.place, "SELECT cost_nanousd FROM ever", "100");
    assert_sound (ground.store);
    loaded_t *loaded = load_from (ground.store);
    assert_int_equal (loaded->state.cells, 90 + 6 + 1);
    loaded_end (loaded);
    /* An old minute that comes late is a row of its own again. */
    zc_cells_clear (&ground.draft.cells);
    spend (&ground.draft, ZC_MINUTE, MINUTE_S, key, 1);
    commit (&ground.draft, ground.store);
    assert_int_equal (ground.draft.state.cells, 91 + 7 + 1);
    const zc_horizon_t all = {{INT64_MAX, INT64_MAX, INT64_MAX}};
    assert_int_equal (zc_store_trim (ground.store, &all, &more), 0);
    assert_false (more);
    assert_query (&ground.place, "SELECT (SELECT count (*) FROM day) || cost_nanousd FROM ever", "0101");
    assert_sound (ground.store); /* days were trimmed: they need no longer add up */
    ground_end (&ground);
}

static void test_store_trims_a_bounded_number_at_once (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    uint32_t key = add_key (&ground.draft, "a");
    for (int64_t i = 0; i < 25000; i++)
        spend (&ground.draft, ZC_MINUTE, MINUTE_S + 60 * i, key, 1);
    commit (&ground.draft, ground.store);
    const zc_horizon_t horizon = {.before_s [ZC_MINUTE] = INT64_MAX};
    int calls = 0;
    for (bool more = true; more; calls++) {
        assert_int_equal (zc_store_trim (ground.store, &horizon, &more), 0);
        assert_true (calls < 10);
    }
    assert_true (calls > 1);
    assert_query (&ground.place, "SELECT count (*) FROM minute", "0");
    assert_sound (ground.store);
    ground_end (&ground);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_store_adds_a_cell_to_all_that_is_coarser),
        cmocka_unit_test (test_store_sums_what_many_checkpoints_bring),
        cmocka_unit_test (test_store_refuses_a_sum_beyond_64_bits),
        cmocka_unit_test (test_store_keeps_latencies_at_each_level),
        cmocka_unit_test (test_store_shows_exact_dollars),
        cmocka_unit_test (test_store_shows_time_and_dimensions),
        cmocka_unit_test (test_store_commits_while_someone_reads),
        cmocka_unit_test (test_store_waits_for_someone_who_writes),
        cmocka_unit_test (test_store_trims_what_ended_before_the_horizon),
        cmocka_unit_test (test_store_trims_a_bounded_number_at_once),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
