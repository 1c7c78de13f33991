/* SPDX-License-Identifier: MPL-2.0
 *
 * test_recent_minutes.c - the minutes in memory: what was put is there, whole from a time on, and bounded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/window/recent_minutes.h"
#include "seed.h"

#define NOW 1700000040 /* a whole minute */

typedef struct {
    int64_t events, cost, latencies;
    int64_t first_s, last_s;
    size_t minutes;
} seen_t;

static int see (void *argument, const zc_cells_t *minute)
{
    seen_t *seen = argument;
    if (seen->minutes++ == 0)
        seen->first_s = minute->cells [0].start_s;
    else
        assert_true (minute->cells [0].start_s > seen->last_s);
    for (uint32_t i = 0; i < minute->count; i++) {
        assert_int_equal (minute->cells [i].start_s, minute->cells [0].start_s);
        seen->events += minute->cells [i].sums.events;
        seen->cost += minute->cells [i].sums.cost_nanousd;
        seen->last_s = minute->cells [i].start_s;
    }
    for (uint32_t slot = 0; slot < minute->latencies.size; slot++)
        seen->latencies += ZC_BINNED_EVENTS (minute->latencies.slots [slot]);
    return 0;
}

static seen_t look (const zc_recent_minutes_t *recent, int64_t since_s, int64_t until_s)
{
    seen_t seen = {0};
    assert_int_equal (zc_recent_minutes_each (recent, since_s, until_s, 60, see, &seen), 0);
    return seen;
}

static void change (zc_cells_t *changes, zc_time_bucket_t level, int64_t start_s, uint32_t key, int64_t cost)
{
    zc_cell_t *cell = zc_cells_at (changes, level, start_s, key);
    cell->sums.events++;
    cell->sums.cost_nanousd += cost;
    assert_int_equal (
        zc_sketches_add (&changes->latencies, (uint32_t) (cell - changes->cells), zc_sketch_bin_of (1000 + cost), 1),
        0);
}

/* What two checkpoints and the store had for a minute is added up; other levels are not minutes. */
static void test_recent_minutes_adds_minutes (void **state)
{
    (void) state;
    zc_cells_t changes;
    uint8_t packed [ZC_PACKED_BIN_BYTES_MAX];
    zc_binned_t binned = ZC_BINNED (0, 77, 3);
    size_t size = zc_sketch_pack (&binned, 1, packed);
    zc_recent_minutes_t *recent = zc_recent_minutes_new (NOW - 600);
    zc_measures_t stored = {.events = 3, .cost_nanousd = 30};
    assert_int_equal (zc_recent_minutes_put (recent, NOW - 60, 5, &stored, packed, size), 0);
    assert_int_equal (zc_cells_init (&changes), 0);
    for (uint64_t sequence = 1; sequence <= 2; sequence++) {
        zc_cells_clear (&changes);
        change (&changes, ZC_MINUTE, NOW, 5, 1);
        change (&changes, ZC_MINUTE, NOW - 60, 5, 10);
        change (&changes, ZC_MINUTE, NOW - 60, 6, 100);
        change (&changes, ZC_MINUTE, NOW - 6000, 6, 1000); /* before what it keeps */
        change (&changes, ZC_QUARTER, NOW - NOW % 900, 6, 10000);
        assert_int_equal (zc_recent_minutes_add (recent, &changes, sequence), 0);
        assert_int_equal (zc_recent_minutes_sequence (recent), sequence);
    }
    seen_t all = look (recent, INT64_MIN, INT64_MAX), one = look (recent, NOW - 60, NOW);
    assert_int_equal (all.minutes, 2);
    assert_int_equal (all.events, 9);
    assert_int_equal (all.cost, 30 + 2 * 111);
    assert_int_equal (all.latencies, 9);
    assert_int_equal (one.minutes, 1);
    assert_int_equal (one.cost, 30 + 2 * 110);
    assert_int_equal (zc_recent_minutes_cells (recent), 3 + 2 + 2); /* of minutes, fives and quarters */
    zc_cells_term (&changes);
    zc_recent_minutes_destroy (&recent);
    zc_recent_minutes_destroy (&recent);
}

/* In whatever order minutes come, they are handed out ascending. */
static void test_recent_minutes_orders_minutes (void **state)
{
    (void) state;
    zc_recent_minutes_t *recent = zc_recent_minutes_new (NOW - 6000);
    zc_measures_t sums = {.events = 1};
    for (int i = 0; i < 100; i++)
        assert_int_equal (zc_recent_minutes_put (recent, NOW - 60 * (i * 37 % 100), 1, &sums, NULL, 0), 0);
    seen_t seen = look (recent, INT64_MIN, INT64_MAX);
    assert_int_equal (seen.minutes, 100);
    assert_int_equal (seen.first_s, NOW - 60 * 99);
    assert_int_equal (seen.last_s, NOW);
    zc_recent_minutes_destroy (&recent);
}

static void test_recent_minutes_gives_up_what_is_old (void **state)
{
    (void) state;
    zc_recent_minutes_t *recent = zc_recent_minutes_new (NOW - 60);
    zc_measures_t sums = {.events = 1};
    assert_int_equal (zc_recent_minutes_put (recent, NOW, 1, &sums, NULL, 0), 0);
    zc_recent_minutes_keep (recent, NOW + 30);
    assert_int_equal (zc_recent_minutes_from (recent), NOW - 60); /* it never had more */
    zc_recent_minutes_keep (recent, NOW + ZC_RECENT_MINUTES_S + 59);
    assert_int_equal (zc_recent_minutes_from (recent), NOW);
    assert_int_equal (look (recent, INT64_MIN, INT64_MAX).events, 1);
    zc_recent_minutes_keep (recent, NOW + ZC_RECENT_MINUTES_S + 60);
    assert_int_equal (zc_recent_minutes_from (recent), NOW + 60);
    assert_int_equal (zc_recent_minutes_cells (recent), 0);
    zc_recent_minutes_destroy (&recent);
}

/* -------------------------------------------------------------------- parts */

#define KEYS 3
#define MINUTES 130

/* What each key spent in each minute from NOW on; 0: there is no cell. */
typedef struct {
    int64_t cost [MINUTES][KEYS];
} spent_t;

typedef struct {
    int64_t cost [KEYS], latencies, end_s, step_s;
    size_t parts;
} parts_t;

static int see_part (void *argument, const zc_cells_t *part)
{
    parts_t *seen = argument;
    int64_t start_s = part->cells [0].start_s;
    assert_true (part->count > 0 && start_s >= seen->end_s);
    for (uint32_t i = 0; i < part->count; i++) {
        assert_int_equal (part->cells [i].start_s, start_s);
        seen->cost [part->cells [i].key] += part->cells [i].sums.cost_nanousd;
    }
    for (uint32_t slot = 0; slot < part->latencies.size; slot++)
        seen->latencies += ZC_BINNED_EVENTS (part->latencies.slots [slot]);
    seen->end_s = start_s + 60;
    seen->parts++;
    return 0;
}

/* A window of minutes, read by steps: each step for itself has what was spent in it. */
static size_t assert_spent (const zc_recent_minutes_t *recent, const spent_t *spent, int first, int end, int64_t step_s)
{
    int64_t since_s = NOW + 60 * first, until_s = NOW + 60 * end;
    parts_t all = {.end_s = INT64_MIN};
    int64_t expected [KEYS] = {0}, cells = 0;
    assert_int_equal (zc_recent_minutes_each (recent, since_s, until_s, step_s, see_part, &all), 0);
    for (int minute = first; minute < end; minute++)
        for (int key = 0; key < KEYS; key++) {
            expected [key] += spent->cost [minute][key];
            cells += spent->cost [minute][key] > 0;
        }
    for (int key = 0; key < KEYS; key++)
        assert_int_equal (all.cost [key], expected [key]);
    assert_int_equal (all.latencies, cells);
    return all.parts;
}

static int see_step (void *argument, const zc_cells_t *part)
{
    int64_t (*by_step) [KEYS] = argument;
    for (uint32_t i = 0; i < part->count; i++)
        by_step [(part->cells [i].start_s - (NOW - NOW % 1800)) / 300][part->cells [i].key] +=
            part->cells [i].sums.cost_nanousd;
    return 0;
}

/* By fives: a set with the minutes of two of them would be counted to the first. */
static void assert_steps (const zc_recent_minutes_t *recent, const spent_t *spent, int first, int end)
{
    int64_t seen [60][KEYS] = {{0}}, expected [60][KEYS] = {{0}};
    assert_int_equal (zc_recent_minutes_each (recent, NOW + 60 * first, NOW + 60 * end, 300, see_step, seen), 0);
    for (int minute = first; minute < end; minute++)
        for (int key = 0; key < KEYS; key++)
            expected [(NOW + 60 * minute - (NOW - NOW % 1800)) / 300][key] += spent->cost [minute][key];
    assert_memory_equal (seen, expected, sizeof seen);
}

static void spend (zc_recent_minutes_t *recent, spent_t *spent, int share)
{
    zc_cells_t changes;
    assert_int_equal (zc_cells_init (&changes), 0);
    for (int i = 0; i < MINUTES * KEYS; i++) {
        int minute = i * 77 % MINUTES, key = i / MINUTES;
        if ((int) random_below (100) >= share)
            continue;
        spent->cost [minute][key] = 1 + random_below (1000);
        change (&changes, ZC_MINUTE, NOW + 60 * minute, (uint32_t) key, spent->cost [minute][key]);
    }
    assert_int_equal (zc_recent_minutes_add (recent, &changes, 1), 0);
    zc_cells_term (&changes);
}

/* Any window has exactly its own minutes, with gaps and without, also where the oldest were given up. */
static void test_recent_minutes_adds_up_to_any_window (void **state)
{
    (void) state;
    static const int64_t steps [] = {0, 60, 300, 900, 1800, 1020};
    static const int shares [] = {100, 60, 5};
    static spent_t spent;
    for (int round = 0; round < 30; round++) {
        memset (&spent, 0, sizeof spent);
        int from = random_below (20), kept = 60 + random_below (5);
        zc_recent_minutes_t *recent = zc_recent_minutes_new (NOW + 60 * from);
        spend (recent, &spent, shares [round % 3]);
        zc_recent_minutes_keep (recent, NOW + 60 * kept + ZC_RECENT_MINUTES_S);
        for (int i = 0; i < 100; i++) {
            int first = kept + random_below (MINUTES - kept), end = first + random_below (MINUTES - first + 1);
            assert_spent (recent, &spent, first, end, steps [random_below (6)]);
            assert_steps (recent, &spent, first, end);
        }
        zc_recent_minutes_destroy (&recent);
    }
}

/* An hour is few parts, wherever it begins. */
static void test_recent_minutes_adds_up_hours (void **state)
{
    (void) state;
    static spent_t spent;
    zc_recent_minutes_t *recent = zc_recent_minutes_new (NOW);
    memset (&spent, 0, sizeof spent);
    spend (recent, &spent, 100);
    for (int first = 0; first < 60; first++) {
        assert_true (assert_spent (recent, &spent, first, first + 60, 0) <= 3 + 4 + 8);
        assert_int_equal (assert_spent (recent, &spent, first, first + 60, 60), 60);
    }
    zc_recent_minutes_destroy (&recent);
}

/* Beyond so many cells the oldest minutes go, and it says from when on it is whole. */
static void test_recent_minutes_is_bounded (void **state)
{
    (void) state;
    const uint32_t keys = ZC_RECENT_MINUTES_CELLS_MAX / 4;
    zc_recent_minutes_t *recent = zc_recent_minutes_new (NOW - 600);
    zc_measures_t sums = {.events = 1};
    for (int minute = 0; minute < 6; minute++)
        for (uint32_t key = 0; key < keys; key++)
            assert_int_equal (zc_recent_minutes_put (recent, NOW + 60 * minute, key, &sums, NULL, 0), 0);
    zc_recent_minutes_keep (recent, NOW);
    assert_int_equal (zc_recent_minutes_cells (recent), 4 * keys);
    assert_int_equal (zc_recent_minutes_from (recent), NOW + 120);
    assert_int_equal (look (recent, INT64_MIN, INT64_MAX).first_s, NOW + 120);
    zc_recent_minutes_destroy (&recent);
}

/* What cannot be read is not half there: nothing is, until time has passed that nobody can have written ahead of. */
static void test_recent_minutes_gives_up_what_is_damaged (void **state)
{
    (void) state;
    zc_recent_minutes_t *recent = zc_recent_minutes_new (NOW - 600);
    zc_measures_t sums = {.events = 1};
    const uint8_t damaged [] = {0xff};
    assert_int_equal (zc_recent_minutes_put (recent, NOW, 1, &sums, NULL, 0), 0);
    assert_int_equal (zc_recent_minutes_put (recent, NOW, 2, &sums, damaged, sizeof damaged), -1);
    assert_int_equal (zc_recent_minutes_from (recent), INT64_MAX);
    assert_int_equal (zc_recent_minutes_cells (recent), 0);
    zc_recent_minutes_keep (recent, NOW);
    assert_true (zc_recent_minutes_from (recent) >= NOW + ZC_TS_AHEAD_MS / 1000);
    zc_recent_minutes_destroy (&recent);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_recent_minutes_adds_minutes),
        cmocka_unit_test (test_recent_minutes_orders_minutes),
        cmocka_unit_test (test_recent_minutes_gives_up_what_is_old),
        cmocka_unit_test (test_recent_minutes_adds_up_to_any_window),
        cmocka_unit_test (test_recent_minutes_adds_up_hours),
        cmocka_unit_test (test_recent_minutes_is_bounded),
        cmocka_unit_test (test_recent_minutes_gives_up_what_is_damaged),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
