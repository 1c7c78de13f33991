/* SPDX-License-Identifier: MPL-2.0
 *
 * test_sqlite.c - what store_sqlite.h promises within: steps from version to version, settings.
 */
#include "store/sqlite/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "stores.h"

/* A ledger with something in it, and a connection to it. */
static zc_sqlite_t *open_some (place_t *place)
{
    *place = place_new ();
    zc_store_t *store = open_at (place);
    draft_t draft = draft_new ();
    spend (&draft, ZC_MINUTE, MINUTE_S, add_key (&draft, "a"), 5);
    commit (&draft, store);
    draft_end (&draft);
    zc_store_close (&store);
    void *handle;
    char why [256];
    assert_int_equal (zc_store_sqlite.open (place->path, false, NOW_MS, &handle, why), 0);
    return handle;
}

static int64_t integer_of (zc_sqlite_t *sqlite, const char *sql)
{
    int64_t value = -1;
    assert_int_equal (zc_sqlite_integer (sqlite, sql, &value), 0);
    return value;
}

/* The steps of this version, and two of later ones. */
#define LATER (ZC_SQLITE_VERSION + 2)
#define STEPS(first, second)                                                                                           \
    {                                                                                                                  \
        zc_sqlite_steps [0], zc_sqlite_steps [1], zc_sqlite_steps [2], first, second                                   \
    }
_Static_assert(ZC_SQLITE_VERSION == 3, "STEPS has them all");

static void test_sqlite_steps_up_to_a_later_version (void **state)
{
    (void) state;
    place_t place;
    zc_sqlite_t *sqlite = open_some (&place);
    const char *const steps [] =
        STEPS ("CREATE TABLE second (x); INSERT INTO second VALUES (2)",
               "ALTER TABLE key ADD COLUMN color TEXT NOT NULL DEFAULT ''; UPDATE second SET x = x + 1");
    int version = -1;
    assert_int_equal (zc_sqlite_identify (sqlite, LATER, &version), 0);
    assert_int_equal (version, ZC_SQLITE_VERSION);
    assert_int_equal (zc_sqlite_bring_up (sqlite, steps, LATER, NOW_MS + 5), 0);
    assert_int_equal (integer_of (sqlite, "PRAGMA user_version"), LATER);
    assert_int_equal (integer_of (sqlite, "PRAGMA application_id"), ZC_SQLITE_APPLICATION_ID);
    assert_int_equal (integer_of (sqlite, "PRAGMA foreign_keys"), 1);
    assert_int_equal (integer_of (sqlite, "SELECT x FROM second"), 3);
    assert_int_equal (integer_of (sqlite, "SELECT cost_nanousd FROM ever"), 5);
    assert_int_equal (integer_of (sqlite, "SELECT began_ms FROM meta"), NOW_MS);
    /* Once more: nothing is left to do. */
    assert_int_equal (zc_sqlite_bring_up (sqlite, steps, LATER, NOW_MS), 0);
    assert_int_equal (integer_of (sqlite, "SELECT x FROM second"), 3);
    assert_int_equal (zc_sqlite_bring_up (sqlite, steps, LATER - 1, NOW_MS), -1); /* not downwards */
    zc_store_sqlite.close (sqlite);
    assert_cannot_open (&place, "version 5");
    place_end (&place);
}

static void test_sqlite_steps_all_or_none (void **state)
{
    (void) state;
    place_t place;
    zc_sqlite_t *sqlite = open_some (&place);
    static const char *const broken [] = {"INSERT INTO ever SELECT * FROM ever", "ALTER TABLE none RENAME TO some",
                                          "CREATE TABLE third (x); no SQL at all"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const char *const steps [] = STEPS ("CREATE TABLE second (x); DROP TABLE unpriced", broken [i]);
        assert_int_equal (zc_sqlite_bring_up (sqlite, steps, LATER, NOW_MS), -1);
        assert_non_null (strstr (sqlite->why, "version 5"));
        assert_int_equal (integer_of (sqlite, "PRAGMA user_version"), ZC_SQLITE_VERSION);
        assert_int_equal (integer_of (sqlite, "PRAGMA foreign_keys"), 1);
        assert_int_equal (integer_of (sqlite, "SELECT count (*) FROM sqlite_schema WHERE name IN ('second', 'third')"),
                          0);
        assert_int_equal (integer_of (sqlite, "SELECT count (*) FROM unpriced"), 0);
    }
    zc_store_sqlite.close (sqlite);
    zc_store_t *store = open_at (&place);
    assert_sound (store);
    zc_store_close (&store);
    place_end (&place);
}

/* What a zcostd of version 1 left: a day of which all queries were assumed, and one of which some were measured; hits
 * with and without tokens; a call. The minutes of the second day were all assumed. */
static const char version_1_rows [] =
    "INSERT INTO key VALUES (0, 'query_router', 'a', 'simple', '', ''), (1, 'embedding_cache', 'a', '', '', ''),"
    " (2, 'llm_call', 'a', '', 'm', 'p');"
    /*  start, key, events, unpriced, measured, cost, baseline, 5 tokens, hits, misses, saved, saved_ns */
    "INSERT INTO day VALUES (1767225600, 0, 3, 0, 0, 300, 900, 0, 0, 0, 0, 0, 0, 0, 0, 0),"
    " (1767312000, 0, 2, 0, 1, 50, 70, 9, 0, 0, 9, 0, 0, 0, 0, 0),"
    " (1767225600, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 40, 0),"
    " (1767312000, 1, 2, 0, 0, 0, 0, 5, 0, 0, 0, 0, 2, 0, 60, 0),"
    " (1767225600, 2, 1, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);"
    "INSERT INTO quarter SELECT * FROM day;"
    "INSERT INTO minute VALUES (1767225600, 0, 3, 0, 0, 300, 900, 0, 0, 0, 0, 0, 0, 0, 0, 0),"
    " (1767312060, 0, 1, 0, 0, 20, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0),"
    " (1767312120, 0, 1, 0, 1, 30, 40, 9, 0, 0, 9, 0, 0, 0, 0, 0);"
    "INSERT INTO ever SELECT key, sum (events), sum (unpriced), sum (measured), sum (cost_nanousd),"
    " sum (baseline_nanousd), sum (input_tokens), sum (cache_read_tokens), sum (cache_write_tokens),"
    " sum (output_tokens), sum (reasoning_tokens), sum (hits), sum (misses), sum (saved_nanousd), sum (saved_ns)"
    " FROM day GROUP BY key;"
    "INSERT INTO counter VALUES ('accepted', 10), ('saved_ns_magnitude', 5), ('cells', 13)";

static void make_version (const place_t *place, int version)
{
    zc_sqlite_t sqlite = {0};
    assert_int_equal (sqlite3_open (place->file, &sqlite.db), SQLITE_OK);
    assert_int_equal (zc_sqlite_bring_up (&sqlite, zc_sqlite_steps, 1, NOW_MS), 0);
    assert_int_equal (zc_sqlite_run (&sqlite, version_1_rows), 0);
    assert_int_equal (zc_sqlite_bring_up (&sqlite, zc_sqlite_steps, version, NOW_MS), 0);
    assert_int_equal (sqlite3_close (sqlite.db), SQLITE_OK);
}

#define ASSUMED(table)                                                                                                 \
    "SELECT group_concat (key || ':' || assumed_cost_nanousd || ':' || assumed_baseline_nanousd || ':' ||"             \
    " assumed_saved_nanousd, ' ') FROM (SELECT * FROM " table " ORDER BY 1, 2)"

static void test_sqlite_takes_version_1 (void **state)
{
    (void) state;
    place_t place = place_new ();
    char why [256] = "";
    make_version (&place, 1);
    assert_null (zc_store_open_read_only (place.path, why));
    assert_non_null (strstr (why, "has version 1"));
    zc_store_t *store = open_at (&place);
    assert_sound (store); /* so the parts of the new columns add up, too */
    assert_query (&place, ASSUMED ("day"), "0:300:900:0 1:0:0:40 2:0:0:0 0:0:0:0 1:0:0:0");
    assert_query (&place, ASSUMED ("quarter"), "0:300:900:0 1:0:0:40 2:0:0:0 0:0:0:0 1:0:0:0");
    assert_query (&place, ASSUMED ("minute"), "0:300:900:0 0:0:0:0 0:0:0:0");
    assert_query (&place, ASSUMED ("ever"), "0:300:900:0 1:0:0:40 2:0:0:0");
    assert_query (&place, "SELECT sum (prompt_saved_nanousd) || ' ' || count (latencies) FROM day", "0 0");
    assert_query (&place, "SELECT group_concat (type || service || tier || model || provider || tags) FROM totals",
                  "query_routerasimple{},embedding_cachea{},llm_callamp{}");
    loaded_t *loaded = load_from (store);
    assert_int_equal (zc_keys_count (loaded->keys), 3);
    assert_int_equal (zc_keys_at (loaded->keys, 0)->sums.baseline_nanousd, 970);
    assert_int_equal (loaded->state.counters.accepted, 10);
    assert_int_equal (loaded->state.counters.saved_ns_magnitude, 5);
    assert_int_equal (loaded->state.counters.prompt_saved_magnitude, 0);
    loaded_end (loaded);

    /* It goes on: a key that differs by its tags alone from one that was there. */
    draft_t draft = draft_new ();
    for (uint32_t key = 0; key < 3; key++)
        add_key (&draft, (char []){(char) ('a' + key), '\0'});
    draft.checkpoint.keys_from = 3;
    add_tagged_key (&draft, "a", "\3env\4prod");
    lag (&draft, ZC_MINUTE, MINUTE_S, 0, 5000, 2);
    spend (&draft, ZC_MINUTE, MINUTE_S, 3, 1);
    commit (&draft, store);
    assert_query (&place, "SELECT events || ' ' || hex (latencies) FROM minute WHERE start = 1767225600 AND key = 0",
                  "5 CE0302"); /* bin 462: 4,992 to 5,055 microseconds */
    assert_sound (store);
    zc_store_close (&store);
    draft_end (&draft);
    place_end (&place);
}

/* Nobody knows how many of its tokens were saved: they stay, and what comes is kept apart. */
static void test_sqlite_takes_version_2 (void **state)
{
    (void) state;
    place_t place = place_new ();
    make_version (&place, 2);
    char why [256] = "";
    assert_null (zc_store_open_read_only (place.path, why));
    assert_non_null (strstr (why, "has version 2"));
    zc_store_t *store = open_at (&place);
    assert_sound (store);
    draft_t draft = draft_new ();
    for (uint32_t key = 0; key < 3; key++)
        add_key (&draft, (char []){(char) ('a' + key), '\0'});
    draft.checkpoint.keys_from = 3;
    cell_at (&draft, ZC_MINUTE, MINUTE_S, 1)->saved_tokens = 70;
    commit (&draft, store);
    assert_query (&place, "SELECT group_concat (input_tokens || ':' || saved_tokens, ' ') FROM ever", "9:0 5:70 0:0");
    assert_query (&place, "SELECT sum (saved_tokens) FROM minutes", "70");
    assert_query (&place, "SELECT sum (saved_tokens) FROM totals", "70");
    assert_sound (store);
    zc_store_close (&store);
    draft_end (&draft);
    place_end (&place);
}

/* Cut short anywhere, it is still of version 1. */
static void test_sqlite_takes_version_1_whole_or_not (void **state)
{
    (void) state;
    place_t place = place_new ();
    make_version (&place, 1);
    zc_sqlite_t sqlite = {0};
    assert_int_equal (sqlite3_open (place.file, &sqlite.db), SQLITE_OK);
    int failed = 0, result = -1;
    for (int64_t pages = integer_of (&sqlite, "PRAGMA page_count"); result == -1; pages++) {
        char sql [64];
        snprintf (sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long) pages);
        integer_of (&sqlite, sql);
        sqlite.rollback = zc_sqlite_prepare (&sqlite, "ROLLBACK");
        result = zc_sqlite_bring_up (&sqlite, zc_sqlite_steps, ZC_SQLITE_VERSION, NOW_MS);
        sqlite3_finalize (sqlite.rollback);
        if (result == 0)
            break;
        failed++;
        assert_int_equal (integer_of (&sqlite, "PRAGMA user_version"), 1);
        assert_int_equal (integer_of (&sqlite, "SELECT count (*) FROM sqlite_schema WHERE name IN ('alert', 'key_2')"),
                          0);
        assert_int_equal (integer_of (&sqlite, "SELECT count (*) FROM totals"), 3);
    }
    assert_true (failed > 0);
    assert_int_equal (sqlite3_close (sqlite.db), SQLITE_OK);
    zc_store_t *store = open_at (&place);
    assert_sound (store);
    zc_store_close (&store);
    place_end (&place);
}

static void test_sqlite_begins_whole_or_empty (void **state)
{
    (void) state;
    place_t place;
    zc_sqlite_t *sqlite = open_some (&place);
    zc_store_sqlite.close (sqlite);
    assert_int_equal (unlink (place.file), 0);
    assert_int_equal (mknod (place.file, S_IFREG | 0600, 0), 0); /* a start that was cut short made only the file */
    zc_store_t *store = open_at (&place);
    loaded_t *loaded = load_from (store);
    assert_int_equal (loaded->state.sequence, 0);
    assert_sound (store);
    loaded_end (loaded);
    zc_store_close (&store);
    place_end (&place);
}

static void test_sqlite_is_durable_as_set (void **state)
{
    (void) state;
    place_t place;
    zc_sqlite_t *sqlite = open_some (&place);
    assert_int_equal (integer_of (sqlite, "PRAGMA synchronous"), 2);
    assert_int_equal (integer_of (sqlite, "PRAGMA foreign_keys"), 1);
    assert_int_equal (integer_of (sqlite, "PRAGMA journal_size_limit"), ZC_SQLITE_WAL_BYTES);
    assert_query (&place, "PRAGMA journal_mode", "wal");
    zc_store_sqlite.close (sqlite);
    place_end (&place);
}

/* A file that may grow no more: the same as a full disk, as SQLite sees it. */
static void test_sqlite_tells_of_a_full_file (void **state)
{
    (void) state;
    place_t place;
    zc_sqlite_t *sqlite = open_some (&place);
    draft_t draft = draft_new ();
    add_key (&draft, "a");
    draft.checkpoint.sequence = 2;
    draft.checkpoint.keys_from = 1;
    for (int64_t i = 0; i < 5000; i++)
        spend (&draft, ZC_MINUTE, MINUTE_S + 60 * i, 0, 1);
    draft.checkpoint.keys = draft.keys;
    draft.checkpoint.keys_to = 1;
    draft.checkpoint.cells = &draft.cells;
    int64_t pages = integer_of (sqlite, "PRAGMA page_count");
    char sql [64];
    snprintf (sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long) pages + 3);
    integer_of (sqlite, sql);
    assert_int_equal (zc_store_sqlite.commit (sqlite, &draft.checkpoint, &draft.state), -1);
    assert_non_null (strstr (zc_store_sqlite.why (sqlite), "full"));
    assert_int_equal (integer_of (sqlite, "SELECT count (*) FROM minute"), 1);
    assert_int_equal (integer_of (sqlite, "SELECT sequence FROM checkpoint"), 1);
    integer_of (sqlite, "PRAGMA max_page_count = 1000000");
    assert_int_equal (zc_store_sqlite.commit (sqlite, &draft.checkpoint, &draft.state), 0);
    assert_int_equal (integer_of (sqlite, "SELECT count (*) FROM minute"), 5000);
    draft_end (&draft);
    zc_store_sqlite.close (sqlite);
    place_end (&place);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_sqlite_steps_up_to_a_later_version),
        cmocka_unit_test (test_sqlite_steps_all_or_none),
        cmocka_unit_test (test_sqlite_takes_version_1),
        cmocka_unit_test (test_sqlite_takes_version_2),
        cmocka_unit_test (test_sqlite_takes_version_1_whole_or_not),
        cmocka_unit_test (test_sqlite_begins_whole_or_empty),
        cmocka_unit_test (test_sqlite_is_durable_as_set),
        cmocka_unit_test (test_sqlite_tells_of_a_full_file),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
