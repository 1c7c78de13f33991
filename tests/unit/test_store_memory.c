/* SPDX-License-Identifier: MPL-2.0
 *
 * test_store_memory.c - what store.h promises where SQLite gets no memory: a call is refused with a line, and what
 * was there stays.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "stores.h"

static sqlite3_mem_methods real;
static long left = -1; /* allocations that still succeed; -1: all */

static void *limited_malloc (int size)
{
    if (left == 0)
        return NULL;
    left -= left > 0;
    return real.xMalloc (size);
}

static void *limited_realloc (void *memory, int size)
{
    if (left == 0)
        return NULL;
    left -= left > 0;
    return real.xRealloc (memory, size);
}

static int limit_sqlite (void **state)
{
    (void) state;
    assert_int_equal (sqlite3_config (SQLITE_CONFIG_GETMALLOC, &real), SQLITE_OK);
    sqlite3_mem_methods limited = real;
    limited.xMalloc = limited_malloc;
    limited.xRealloc = limited_realloc;
    assert_int_equal (sqlite3_config (SQLITE_CONFIG_MALLOC, &limited), SQLITE_OK);
    return 0;
}

/* The nth checkpoint: of it all that a checkpoint can have. */
static void prepare_nth (draft_t *draft, uint64_t n)
{
    static const zc_alert_t alert = {"b", MINUTE_S, 50, NOW_MS, 1, 2, true};
    static const zc_unpriced_t unpriced = {{"m", 1}, 3};
    char name [16];
    snprintf (name, sizeof name, "s%llu", (unsigned long long) n);
    uint32_t key = add_tagged_key (draft, name, "\3env\4prod");
    zc_cells_clear (&draft->cells);
    for (uint32_t k = 0; k <= key; k++) {
        spend (draft, ZC_MINUTE, MINUTE_S, k, 1);
        lag (draft, ZC_MINUTE, MINUTE_S, k, (int64_t) (1000 * n), 1);
    }
    draft->checkpoint.alerts = &alert;
    draft->checkpoint.unpriced = &unpriced;
    draft->checkpoint.alerts_count = draft->checkpoint.unpriced_count = 1;
    draft->checkpoint.config = "t";
    draft->checkpoint.config_size = 1;
}

static void assert_has (zc_store_t *store, uint64_t sequence)
{
    loaded_t *loaded = load_from (store);
    assert_int_equal (loaded->state.sequence, sequence);
    assert_int_equal (zc_keys_count (loaded->keys), sequence);
    for (uint32_t key = 0; key < sequence; key++)
        assert_int_equal (zc_keys_at (loaded->keys, key)->sums.cost_nanousd, sequence - key);
    loaded_end (loaded);
}

/* Every nth allocation of a call fails once, until none of it does; the step grows, or it would take for ever. */
/* NOLINTNEXTLINE(bugprone-macro-parentheses): the name of a variable */
#define SWEEP(n) for (long n = 0; n < 1000000; n += 1 + n / 40)

static void test_store_without_memory_keeps_what_it_had (void **state)
{
    (void) state;
    for (int in_memory = 0; in_memory < 2; in_memory++) {
        ground_t ground = ground_new ();
        char why [256];
        if (in_memory) {
            zc_store_close (&ground.store);
            ground.store = zc_store_open_in_memory (NOW_MS, why);
        }
        for (uint64_t n = 1; n <= 3; n++) {
            prepare_nth (&ground.draft, n);
            commit (&ground.draft, ground.store);
        }
        prepare_nth (&ground.draft, 4);
        int failed = 0, result = -1;
        SWEEP (n)
        {
            left = n;
            result = try_commit (&ground.draft, ground.store);
            left = -1;
            if (result == 0)
                break;
            assert_true (zc_store_why (ground.store) [0]);
            failed++;
            if (failed % 10 == 0)
                assert_has (ground.store, 3);
        }
        assert_int_equal (result, 0);
        assert_true (failed > 20);
        assert_has (ground.store, 4);
        assert_sound (ground.store);
        ground_end (&ground);
    }
}

static void test_store_without_memory_is_not_opened (void **state)
{
    (void) state;
    for (int in_memory = 0; in_memory < 2; in_memory++) {
        place_t place = place_new ();
        zc_store_t *store = NULL;
        int failed = 0;
        SWEEP (n)
        {
            char why [256] = "";
            left = n;
            store = in_memory ? zc_store_open_in_memory (NOW_MS, why) : zc_store_open (place.path, NOW_MS, why);
            left = -1;
            if (store)
                break;
            assert_true (why [0]);
            failed++;
        }
        assert_true (failed > 20);
        assert_sound (store);
        zc_store_close (&store);
        place_end (&place);
    }
}

static int count_cell (void *argument, const zc_stored_cell_t *cell)
{
    *(int64_t *) argument += cell->sums.cost_nanousd;
    return 0;
}

/* Opens a reader and reads all; what it read, or -1. */
static int64_t read_all (zc_store_t *store, char why [256])
{
    zc_store_reader_t *reader = zc_store_reader_new (store, why);
    zc_store_view_t snapshot;
    int64_t sum = 0;
    int result = reader ? zc_store_reader_begin (reader, &snapshot) : -1;
    if (result == 0)
        result = zc_store_reader_cells (reader, &(zc_span_t){ZC_QUARTER, 0, INT64_MAX}, count_cell, &sum);
    if (reader && result == -1)
        snprintf (why, 256, "%s", zc_store_reader_why (reader));
    if (reader)
        zc_store_reader_end (reader);
    zc_store_reader_destroy (&reader);
    return result == 0 ? sum : -1;
}

static void test_store_reader_without_memory_says_so (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    prepare_nth (&ground.draft, 1);
    for (int i = 0; i < 500; i++)
        spend (&ground.draft, ZC_MINUTE, MINUTE_S + 900 * i, 0, 1);
    commit (&ground.draft, ground.store);
    int failed = 0;
    int64_t sum = -1;
    SWEEP (n)
    {
        char why [256] = "";
        left = n;
        sum = read_all (ground.store, why);
        left = -1;
        if (sum != -1)
            break;
        assert_true (why [0]);
        failed++;
    }
    assert_true (failed > 20);
    assert_int_equal (sum, 501);
    ground_end (&ground);
}

#define COST_AND_UNPRICED "SELECT cost_nanousd || ' ' || (SELECT events FROM unpriced) FROM ever"

static void test_store_without_memory_corrects_nothing (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    prepare_nth (&ground.draft, 1);
    spend (&ground.draft, ZC_MINUTE, MINUTE_S, 0, 99);
    commit (&ground.draft, ground.store);
    zc_cells_clear (&ground.draft.cells);
    cell_at (&ground.draft, ZC_MINUTE, MINUTE_S, 0)->cost_nanousd = -50;
    const zc_unpriced_change_t change = {str ("m"), -1};
    int failed = 0, result = -1;
    SWEEP (n)
    {
        left = n;
        result = zc_store_correct_begin (ground.store);
        if (result == 0) {
            zc_store_correct (ground.store, &ground.draft.cells, &change, 1);
            result = zc_store_correct_end (ground.store, true);
        }
        left = -1;
        if (result == 0)
            break;
        failed++;
        if (failed % 10 == 0)
            assert_query (&ground.place, COST_AND_UNPRICED, "100 3");
    }
    assert_true (failed > 10);
    assert_query (&ground.place, COST_AND_UNPRICED, "50 2");
    assert_sound (ground.store);
    ground_end (&ground);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_store_without_memory_keeps_what_it_had),
        cmocka_unit_test (test_store_without_memory_is_not_opened),
        cmocka_unit_test (test_store_reader_without_memory_says_so),
        cmocka_unit_test (test_store_without_memory_corrects_nothing),
    };
    return cmocka_run_group_tests (tests, limit_sqlite, NULL);
}
