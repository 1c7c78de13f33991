/* SPDX-License-Identifier: MPL-2.0
 *
 * test_store_sqlite.c - what store_sqlite.h promises within: steps from version to version, settings.
 */
#include "store/store_sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "stores.h"

/* A ledger of version 1 with something in it, and a connection to it. */
static zc_sqlite_t *open_version_1 (place_t *place)
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

static void test_store_sqlite_steps_up_to_a_later_version (void **state)
{
    (void) state;
    place_t place;
    zc_sqlite_t *sqlite = open_version_1 (&place);
    const char *const steps [] = {
        zc_sqlite_steps [0], "CREATE TABLE second (x); INSERT INTO second VALUES (2)",
        "ALTER TABLE key ADD COLUMN tag TEXT NOT NULL DEFAULT ''; UPDATE second SET x = x + 1"};
    int version = -1;
    assert_int_equal (zc_sqlite_identify (sqlite, 3, &version), 0);
    assert_int_equal (version, 1);
    assert_int_equal (zc_sqlite_bring_up (sqlite, steps, 3, NOW_MS + 5), 0);
    assert_int_equal (integer_of (sqlite, "PRAGMA user_version"), 3);
    assert_int_equal (integer_of (sqlite, "PRAGMA application_id"), ZC_SQLITE_APPLICATION_ID);
    assert_int_equal (integer_of (sqlite, "SELECT x FROM second"), 3);
    assert_int_equal (integer_of (sqlite, "SELECT cost_nanousd FROM ever"), 5);
    assert_int_equal (integer_of (sqlite, "SELECT began_ms FROM meta"), NOW_MS);
    /* Once more: nothing is left to do. */
    assert_int_equal (zc_sqlite_bring_up (sqlite, steps, 3, NOW_MS), 0);
    assert_int_equal (integer_of (sqlite, "SELECT x FROM second"), 3);
    assert_int_equal (zc_sqlite_bring_up (sqlite, steps, 2, NOW_MS), -1); /* not downwards */
    zc_store_sqlite.close (sqlite);
    assert_cannot_open (&place, "version 3");
    place_end (&place);
}

static void test_store_sqlite_steps_all_or_none (void **state)
{
    (void) state;
    place_t place;
    zc_sqlite_t *sqlite = open_version_1 (&place);
    static const char *const broken [] = {"INSERT INTO ever SELECT * FROM ever", "ALTER TABLE none RENAME TO some",
                                          "CREATE TABLE third (x); no SQL at all"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const char *const steps [] = {zc_sqlite_steps [0], "CREATE TABLE second (x); DROP TABLE unpriced", broken [i]};
        assert_int_equal (zc_sqlite_bring_up (sqlite, steps, 3, NOW_MS), -1);
        assert_non_null (strstr (sqlite->why, "version 3"));
        assert_int_equal (integer_of (sqlite, "PRAGMA user_version"), 1);
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

static void test_store_sqlite_begins_whole_or_empty (void **state)
{
    (void) state;
    place_t place;
    zc_sqlite_t *sqlite = open_version_1 (&place);
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

static void test_store_sqlite_is_durable_as_set (void **state)
{
    (void) state;
    place_t place;
    zc_sqlite_t *sqlite = open_version_1 (&place);
    assert_int_equal (integer_of (sqlite, "PRAGMA synchronous"), 2);
    assert_int_equal (integer_of (sqlite, "PRAGMA foreign_keys"), 1);
    assert_int_equal (integer_of (sqlite, "PRAGMA journal_size_limit"), ZC_SQLITE_WAL_BYTES);
    assert_int_equal (integer_of (sqlite, "PRAGMA busy_timeout"), ZC_SQLITE_BUSY_MS);
    assert_query (&place, "PRAGMA journal_mode", "wal");
    zc_store_sqlite.close (sqlite);
    place_end (&place);
}

/* A file that may grow no more: the same as a full disk, as SQLite sees it. */
static void test_store_sqlite_tells_of_a_full_file (void **state)
{
    (void) state;
    place_t place;
    zc_sqlite_t *sqlite = open_version_1 (&place);
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
        cmocka_unit_test (test_store_sqlite_steps_up_to_a_later_version),
        cmocka_unit_test (test_store_sqlite_steps_all_or_none),
        cmocka_unit_test (test_store_sqlite_begins_whole_or_empty),
        cmocka_unit_test (test_store_sqlite_is_durable_as_set),
        cmocka_unit_test (test_store_sqlite_tells_of_a_full_file),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
