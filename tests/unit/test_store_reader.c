/* SPDX-License-Identifier: MPL-2.0
 *
 * test_store_reader.c - what store.h promises of a second look: every cell once, of one moment, while checkpoints
 * go on; of a store on a disk and of one in memory.
 */
#include "store/store.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "civil/clock.h"
#include "stores.h"

/* A store, and a reader of it. */
typedef struct {
    ground_t ground;
    zc_store_reader_t *reader;
} watched_t;

static zc_store_reader_t *reader_of (zc_store_t *store)
{
    char why [256] = "";
    zc_store_reader_t *reader = zc_store_reader_new (store, why);
    if (!reader)
        fail_msg ("%s", why);
    return reader;
}

static watched_t watched_new (bool in_memory)
{
    watched_t watched = {.ground = ground_new ()};
    if (in_memory) {
        char why [256];
        zc_store_close (&watched.ground.store);
        watched.ground.store = zc_store_open_in_memory (NOW_MS, why);
        assert_non_null (watched.ground.store);
    }
    watched.reader = reader_of (watched.ground.store);
    return watched;
}

static void watched_end (watched_t *watched)
{
    zc_store_reader_destroy (&watched->reader);
    zc_store_reader_destroy (&watched->reader);
    ground_end (&watched->ground);
}

static zc_store_view_t begin (zc_store_reader_t *reader)
{
    zc_store_view_t snapshot;
    if (zc_store_reader_begin (reader, &snapshot) == -1)
        fail_msg ("%s", zc_store_reader_why (reader));
    return snapshot;
}

/* -------------------------------------------------------------------------------- cells */

typedef struct {
    char text [4096];
    int count, stop_at;
} listed_t;

static int list (void *argument, const zc_stored_cell_t *cell)
{
    listed_t *listed = argument;
    size_t end = strlen (listed->text);
    int64_t start_s = cell->start_s ? cell->start_s - MINUTE_S : 0;
    snprintf (listed->text + end, sizeof listed->text - end, "%lld:%u:%lld:%zu ", (long long) start_s, cell->key,
              (long long) cell->sums.cost_nanousd, cell->latencies_size);
    return ++listed->count == listed->stop_at ? 7 : 0;
}

static void assert_cells (zc_store_reader_t *reader, zc_time_bucket_t level, int64_t since_s, int64_t until_s,
                          const char *expected)
{
    listed_t listed = {0};
    const zc_span_t span = {level, since_s, until_s};
    if (zc_store_reader_cells (reader, &span, list, &listed) != 0)
        fail_msg ("%s", zc_store_reader_why (reader));
    assert_string_equal (listed.text, expected);
}

static void test_store_reader_gives_each_cell_of_a_span (void **state)
{
    (void) state;
    for (int in_memory = 0; in_memory < 2; in_memory++) {
        watched_t watched = watched_new (in_memory);
        ground_t *ground = &watched.ground;
        assert_int_equal (begin (watched.reader).first_day_s, INT64_MAX);
        for (zc_time_bucket_t level = ZC_MINUTE; level <= ZC_EVER; level++)
            assert_cells (watched.reader, level, INT64_MIN, INT64_MAX, "");
        zc_store_reader_end (watched.reader);
        add_key (&ground->draft, "a");
        add_key (&ground->draft, "b");
        spend (&ground->draft, ZC_MINUTE, MINUTE_S + 960, 0, 1);
        spend (&ground->draft, ZC_MINUTE, MINUTE_S + 60, 1, 10);
        spend (&ground->draft, ZC_MINUTE, MINUTE_S + 60, 0, 100);
        spend (&ground->draft, ZC_MINUTE, MINUTE_S - 60, 1, 1000);
        lag (&ground->draft, ZC_MINUTE, MINUTE_S - 60, 1, 5, 1);
        commit (&ground->draft, ground->store);
        zc_store_view_t snapshot = begin (watched.reader);
        assert_int_equal (snapshot.sequence, 1);
        assert_int_equal (snapshot.first_day_s, MINUTE_S - 86400);
        assert_int_equal (snapshot.from_s [ZC_MINUTE] | snapshot.from_s [ZC_QUARTER] | snapshot.from_s [ZC_DAY], 0);
        assert_cells (watched.reader, ZC_MINUTE, INT64_MIN, INT64_MAX, "-60:1:1000:2 60:0:100:0 60:1:10:0 960:0:1:0 ");
        assert_cells (watched.reader, ZC_MINUTE, MINUTE_S - 60, MINUTE_S + 60, "-60:1:1000:2 ");
        assert_cells (watched.reader, ZC_MINUTE, MINUTE_S + 60, MINUTE_S + 960, "60:0:100:0 60:1:10:0 ");
        assert_cells (watched.reader, ZC_MINUTE, MINUTE_S + 61, MINUTE_S + 960, "");
        assert_cells (watched.reader, ZC_MINUTE, INT64_MAX, INT64_MIN, "");
        assert_cells (watched.reader, ZC_QUARTER, 0, INT64_MAX, "-900:1:1000:2 0:0:100:0 0:1:10:0 900:0:1:0 ");
        assert_cells (watched.reader, ZC_DAY, 0, INT64_MAX, "-86400:1:1000:2 0:0:101:0 0:1:10:0 ");
        assert_cells (watched.reader, ZC_EVER, 0, 0, "0:0:101:0 0:1:1010:2 ");
        zc_store_reader_end (watched.reader);
        watched_end (&watched);
    }
}

static int compare_one (void *argument, const zc_stored_cell_t *cell)
{
    const zc_measures_t *sums = argument;
    assert_memory_equal (&cell->sums, sums, sizeof *sums);
    return 0;
}

static void test_store_reader_gives_each_measure_in_its_place (void **state)
{
    (void) state;
    watched_t watched = watched_new (false);
    zc_measures_t *sums = cell_at (&watched.ground.draft, ZC_MINUTE, MINUTE_S, add_key (&watched.ground.draft, "a"));
    int64_t values [sizeof *sums / sizeof (int64_t)];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        values [i] = (INT64_C (1) << 40) + (int64_t) i;
    memcpy (sums, values, sizeof values);
    sums->saved_ns = INT64_MIN;
    sums->prompt_saved_nanousd = -3;
    commit (&watched.ground.draft, watched.ground.store);
    begin (watched.reader);
    for (zc_time_bucket_t level = ZC_MINUTE; level <= ZC_EVER; level++)
        assert_int_equal (zc_store_reader_cells (watched.reader, &(zc_span_t){level, 0, INT64_MAX}, compare_one, sums),
                          0);
    zc_store_reader_end (watched.reader);
    watched_end (&watched);
}

static void test_store_reader_stops_where_the_taker_does (void **state)
{
    (void) state;
    watched_t watched = watched_new (false);
    add_key (&watched.ground.draft, "a");
    for (int i = 0; i < 10; i++)
        spend (&watched.ground.draft, ZC_MINUTE, MINUTE_S + 60 * i, 0, 1);
    commit (&watched.ground.draft, watched.ground.store);
    begin (watched.reader);
    listed_t listed = {.stop_at = 4};
    assert_int_equal (zc_store_reader_cells (watched.reader, &(zc_span_t){ZC_MINUTE, 0, INT64_MAX}, list, &listed), 7);
    assert_int_equal (listed.count, 4);
    assert_cells (watched.reader, ZC_MINUTE, MINUTE_S + 540, INT64_MAX, "540:0:1:0 ");
    zc_store_reader_end (watched.reader);
    watched_end (&watched);
}

static void test_store_reader_tells_from_when_on_buckets_are_kept (void **state)
{
    (void) state;
    watched_t watched = watched_new (false);
    bool more;
    add_key (&watched.ground.draft, "a");
    for (int64_t i = 0; i < 3; i++)
        spend (&watched.ground.draft, ZC_MINUTE, MINUTE_S + 86400 * i, 0, 1);
    commit (&watched.ground.draft, watched.ground.store);
    const zc_horizon_t horizon = {{MINUTE_S + 86400 + 61, MINUTE_S + 86400 - 1, MINUTE_S + 2 * 86400 + 5}};
    assert_int_equal (zc_store_trim (watched.ground.store, &horizon, &more), 0);
    zc_store_view_t snapshot = begin (watched.reader);
    assert_int_equal (snapshot.from_s [ZC_MINUTE], MINUTE_S + 86400 + 60);
    assert_int_equal (snapshot.from_s [ZC_QUARTER], MINUTE_S + 86400 - 900);
    assert_int_equal (snapshot.from_s [ZC_DAY], MINUTE_S + 2 * 86400);
    assert_int_equal (snapshot.first_day_s, MINUTE_S + 2 * 86400);
    zc_store_reader_end (watched.reader);
    watched_end (&watched);
}

/* ------------------------------------------------------------------------------- moment */

static void test_store_reader_sees_one_moment (void **state)
{
    (void) state;
    watched_t watched = watched_new (false);
    zc_store_reader_t *second = reader_of (watched.ground.store);
    add_key (&watched.ground.draft, "a");
    spend (&watched.ground.draft, ZC_MINUTE, MINUTE_S, 0, 1);
    commit (&watched.ground.draft, watched.ground.store);
    assert_int_equal (begin (watched.reader).sequence, 1);
    commit (&watched.ground.draft, watched.ground.store); /* does not wait */
    assert_cells (watched.reader, ZC_EVER, 0, 0, "0:0:1:0 ");
    assert_int_equal (begin (second).sequence, 2);
    assert_cells (second, ZC_EVER, 0, 0, "0:0:2:0 ");
    assert_cells (watched.reader, ZC_MINUTE, 0, INT64_MAX, "0:0:1:0 ");
    zc_store_reader_end (watched.reader);
    zc_store_reader_end (watched.reader);
    assert_int_equal (begin (watched.reader).sequence, 2);
    zc_store_reader_end (watched.reader);
    zc_store_reader_end (second);
    zc_store_reader_destroy (&second);
    watched_end (&watched);
}

/* Checkpoint n adds one event to each of the keys, in the minute n: what a reader sees must be of one n. */
#define KEYS 20
#define CHECKPOINTS 150

typedef struct {
    zc_store_t *store;
    atomic_bool done;
    int failures;
    atomic_int looks;
} looking_t;

static int add_cost (void *argument, const zc_stored_cell_t *cell)
{
    *(int64_t *) argument += cell->sums.cost_nanousd;
    return 0;
}

static bool look_once (zc_store_reader_t *reader)
{
    zc_store_view_t snapshot;
    int64_t sums [ZC_EVER + 1] = {0};
    bool good = zc_store_reader_begin (reader, &snapshot) == 0;
    for (zc_time_bucket_t level = ZC_MINUTE; level <= ZC_EVER && good; level++)
        good = zc_store_reader_cells (reader, &(zc_span_t){level, 0, INT64_MAX}, add_cost, &sums [level]) == 0 &&
               sums [level] == (int64_t) snapshot.sequence * KEYS;
    zc_store_reader_end (reader);
    return good;
}

static void *look_again_and_again (void *argument)
{
    looking_t *looking = argument;
    char why [256];
    zc_store_reader_t *reader = zc_store_reader_new (looking->store, why);
    while (reader && !atomic_load (&looking->done)) {
        looking->failures += !look_once (reader);
        atomic_fetch_add (&looking->looks, 1);
        nanosleep (&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    zc_store_reader_destroy (&reader);
    return NULL;
}

static void test_store_readers_and_checkpoints_go_on_together (void **state)
{
    (void) state;
    for (int in_memory = 0; in_memory < 2; in_memory++) {
        watched_t watched = watched_new (in_memory);
        ground_t *ground = &watched.ground;
        looking_t looking [2] = {{.store = ground->store}, {.store = ground->store}};
        pthread_t threads [2];
        for (int i = 0; i < 2; i++)
            assert_int_equal (pthread_create (&threads [i], NULL, look_again_and_again, &looking [i]), 0);
        for (uint32_t key = 0; key < KEYS; key++)
            add_key (&ground->draft, (char []){(char) ('a' + key), '\0'});
        for (int n = 0; n < CHECKPOINTS; n++) {
            zc_cells_clear (&ground->draft.cells);
            for (uint32_t key = 0; key < KEYS; key++)
                spend (&ground->draft, ZC_MINUTE, MINUTE_S + 60 * n, key, 1);
            commit (&ground->draft, ground->store);
            do /* in memory they look between two checkpoints only */
                nanosleep (&(struct timespec){.tv_nsec = 1000000}, NULL);
            while (n < 3 && (!atomic_load (&looking [0].looks) || !atomic_load (&looking [1].looks)));
        }
        for (int i = 0; i < 2; i++) {
            atomic_store (&looking [i].done, true);
            assert_int_equal (pthread_join (threads [i], NULL), 0);
            assert_int_equal (looking [i].failures, 0);
            assert_true (looking [i].looks > 1);
        }
        assert_sound (ground->store);
        watched_end (&watched);
    }
}

/* -------------------------------------------------------------------------------- limit */

static int take_slowly (void *argument, const zc_stored_cell_t *cell)
{
    (void) cell;
    if (++*(int *) argument % 100 == 0)
        nanosleep (&(struct timespec){.tv_nsec = 1000000}, NULL);
    return 0;
}

static void test_store_reader_can_be_limited (void **state)
{
    (void) state;
    watched_t watched = watched_new (false);
    add_key (&watched.ground.draft, "a");
    for (int i = 0; i < 20000; i++)
        spend (&watched.ground.draft, ZC_MINUTE, MINUTE_S + 60 * i, 0, 1);
    commit (&watched.ground.draft, watched.ground.store);
    begin (watched.reader);
    const zc_span_t all = {ZC_MINUTE, 0, INT64_MAX};
    int taken = 0;
    zc_store_reader_limit (watched.reader, zc_clock_mono_ms () + 30);
    assert_int_equal (zc_store_reader_cells (watched.reader, &all, take_slowly, &taken), -1);
    assert_non_null (strstr (zc_store_reader_why (watched.reader), "took too long"));
    assert_in_range (taken, 1, 15000);
    int before = taken; /* it has passed: nothing begins any more */
    assert_int_equal (zc_store_reader_cells (watched.reader, &all, take_slowly, &taken), -1);
    assert_int_equal (taken, before);
    zc_store_reader_limit (watched.reader, 0);
    taken = 0;
    assert_int_equal (zc_store_reader_cells (watched.reader, &all, take_slowly, &taken), 0);
    assert_int_equal (taken, 20000);
    zc_store_reader_end (watched.reader);
    watched_end (&watched);
}

/* --------------------------------------------------------------------------- in memory */

static void test_store_in_memory_is_a_store (void **state)
{
    (void) state;
    watched_t watched = watched_new (true), other = watched_new (true);
    ground_t *ground = &watched.ground;
    add_tagged_key (&ground->draft, "a", "\3env\4prod");
    spend (&ground->draft, ZC_MINUTE, MINUTE_S, 0, 5);
    commit (&ground->draft, ground->store);
    commit (&ground->draft, ground->store);
    assert_sound (ground->store);
    loaded_t *loaded = load_from (ground->store);
    assert_int_equal (loaded->state.sequence, 2);
    assert_int_equal (loaded->state.began_ms, NOW_MS);
    assert_int_equal (loaded->state.bytes, 0);
    assert_int_equal (zc_keys_at (loaded->keys, 0)->sums.cost_nanousd, 10);
    loaded_end (loaded);
    bool more;
    assert_int_equal (zc_store_trim (ground->store, &(zc_horizon_t){.before_s [ZC_MINUTE] = INT64_MAX}, &more), 0);
    begin (watched.reader);
    assert_cells (watched.reader, ZC_MINUTE, 0, INT64_MAX, "");
    assert_cells (watched.reader, ZC_DAY, 0, INT64_MAX, "0:0:10:0 ");
    zc_store_reader_end (watched.reader);
    assert_int_equal (begin (other.reader).sequence, 0); /* not the same one */
    zc_store_reader_end (other.reader);
    watched_end (&other);
    watched_end (&watched);
}

/* ------------------------------------------------------------------------------ damaged */

static void test_store_reader_refuses_what_cannot_be (void **state)
{
    (void) state;
    static const char *const damages [] = {
        "UPDATE minute SET key = 1",
        "UPDATE minute SET key = -1",
        "UPDATE minute SET key = 4294967296",
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        watched_t watched = watched_new (false);
        add_key (&watched.ground.draft, "a");
        spend (&watched.ground.draft, ZC_MINUTE, MINUTE_S, 0, 1);
        commit (&watched.ground.draft, watched.ground.store);
        run_sql (&watched.ground.place, damages [i]);
        begin (watched.reader);
        listed_t listed = {0};
        assert_int_equal (zc_store_reader_cells (watched.reader, &(zc_span_t){ZC_MINUTE, 0, INT64_MAX}, list, &listed),
                          -1);
        assert_int_equal (listed.count, 0);
        assert_non_null (strstr (zc_store_reader_why (watched.reader), "damaged"));
        zc_store_reader_end (watched.reader);
        watched_end (&watched);
    }
    watched_t watched = watched_new (false);
    zc_store_view_t snapshot;
    run_sql (&watched.ground.place, "DELETE FROM meta");
    assert_int_equal (zc_store_reader_begin (watched.reader, &snapshot), -1);
    assert_non_null (strstr (zc_store_reader_why (watched.reader), "damaged"));
    zc_store_reader_destroy (&watched.reader);
    zc_store_close (&watched.ground.store);
    char why [256] = "";
    watched.ground.store = zc_store_open_read_only (watched.ground.place.path, why);
    assert_non_null (watched.ground.store);
    assert_null (zc_store_reader_new (watched.ground.store, why));
    assert_non_null (strstr (why, "read-only"));
    watched_end (&watched);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_store_reader_gives_each_cell_of_a_span),
        cmocka_unit_test (test_store_reader_gives_each_measure_in_its_place),
        cmocka_unit_test (test_store_reader_stops_where_the_taker_does),
        cmocka_unit_test (test_store_reader_tells_from_when_on_buckets_are_kept),
        cmocka_unit_test (test_store_reader_sees_one_moment),
        cmocka_unit_test (test_store_readers_and_checkpoints_go_on_together),
        cmocka_unit_test (test_store_reader_can_be_limited),
        cmocka_unit_test (test_store_in_memory_is_a_store),
        cmocka_unit_test (test_store_reader_refuses_what_cannot_be),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
