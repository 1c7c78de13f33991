/* SPDX-License-Identifier: MPL-2.0
 *
 * test_seq_intervals.c - what producers_seen.h promises: the same as a bit a number, within bounds.
 */
#include "core/delivery/seq_intervals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "seed.h"

#define NUMBERS 400

/* A bit a number, and what it must come to. */
typedef struct {
    bool seen [NUMBERS];
    uint64_t base, missed;
} naive_t;

static uint64_t next_of (const naive_t *naive)
{
    uint64_t next = 1;
    while (next < NUMBERS && naive->seen [next])
        next++;
    return next;
}

static uint64_t end_of (const naive_t *naive)
{
    uint64_t end = NUMBERS;
    while (end > 1 && !naive->seen [end - 1])
        end--;
    return end;
}

static uint32_t runs_above_next (const naive_t *naive)
{
    uint32_t runs = 0;
    for (uint64_t i = next_of (naive) + 1; i < NUMBERS; i++)
        runs += naive->seen [i] && !naive->seen [i - 1];
    return runs;
}

static void close_lowest_gap (naive_t *naive)
{
    for (uint64_t i = next_of (naive); !naive->seen [i]; i++) {
        naive->seen [i] = true;
        naive->missed += i >= naive->base;
    }
}

static zc_seq_intervals_part_t look (const naive_t *naive, uint64_t first, uint64_t end)
{
    uint64_t seen = 0;
    for (uint64_t i = first; i < end; i++)
        seen += naive->seen [i];
    return seen == 0 ? ZC_SEQ_INTERVALS_NONE : seen == end - first ? ZC_SEQ_INTERVALS_ALL : ZC_SEQ_INTERVALS_SOME;
}

static void add (naive_t *naive, uint64_t first, uint64_t end)
{
    for (uint64_t i = first; i < end; i++)
        naive->seen [i] = true;
    while (runs_above_next (naive) > ZC_INTERVALS_MAX)
        close_lowest_gap (naive);
}

/* Each interval is a whole run of the numbers seen. */
static void assert_same (const zc_seq_intervals_t *seen, const naive_t *naive)
{
    assert_int_equal (seen->next, next_of (naive));
    assert_int_equal (seen->end, end_of (naive));
    assert_int_equal (seen->count, runs_above_next (naive));
    assert_true (seen->count <= ZC_INTERVALS_MAX);
    assert_true (seen->base == (seen->next < naive->base ? naive->base : 0));
    for (uint32_t i = 0; i < seen->count; i++) {
        const zc_interval_t *interval = &seen->intervals [i];
        assert_int_equal (look (naive, interval->first, interval->end), ZC_SEQ_INTERVALS_ALL);
        assert_false (naive->seen [interval->first - 1]);
        assert_false (interval->end < NUMBERS && naive->seen [interval->end]);
    }
}

static uint64_t step (zc_seq_intervals_t *seen, naive_t *naive, uint32_t longest)
{
    uint64_t first = 1 + random_below (NUMBERS - longest), end = first + 1 + random_below (longest - 1);
    zc_seq_intervals_part_t part = look (naive, first, end);
    assert_int_equal (zc_seq_intervals_find (seen, first, end), part);
    uint64_t from = end;
    while (from < NUMBERS && !naive->seen [from])
        from++;
    assert_int_equal (zc_seq_intervals_from (seen, end), from < NUMBERS ? from : end);
    uint64_t missed = part == ZC_SEQ_INTERVALS_NONE ? zc_seq_intervals_add (seen, first, end) : 0;
    if (part == ZC_SEQ_INTERVALS_NONE)
        add (naive, first, end);
    return missed;
}

static void test_seen_is_a_bit_a_number (void **state)
{
    (void) state;
    bool was_full = false;
    for (unsigned round = 1; round <= 60; round++) {
        uint32_t longest = 2 + round % 5;
        uint64_t missed = 0;
        zc_seq_intervals_t seen;
        naive_t naive = {.base = round % 3 == 0 ? 50 : 0};
        zc_seq_intervals_init (&seen, naive.base);
        for (int i = 0; i < 600; i++) {
            missed += step (&seen, &naive, longest);
            assert_int_equal (missed, naive.missed);
            assert_same (&seen, &naive);
            was_full |= seen.count == ZC_INTERVALS_MAX;
        }
        while (runs_above_next (&naive) > 0)
            close_lowest_gap (&naive);
        assert_int_equal (missed + zc_seq_intervals_close (&seen), naive.missed);
        assert_same (&seen, &naive);
        zc_seq_intervals_term (&seen);
    }
    assert_true (was_full); /* or the limit was not tested */
}

/* Holds no memory where there is no gap. */
static void test_seen_gives_memory_back (void **state)
{
    (void) state;
    zc_seq_intervals_t seen;
    zc_seq_intervals_init (&seen, 0);
    zc_seq_intervals_add (&seen, 3, 4);
    assert_non_null (seen.intervals);
    zc_seq_intervals_add (&seen, 1, 3);
    assert_null (seen.intervals);
    assert_int_equal (seen.next, 4);
}

static void test_seen_closes_what_is_below_the_base_without_missing_it (void **state)
{
    (void) state;
    zc_seq_intervals_t seen;
    zc_seq_intervals_init (&seen, 100);
    zc_seq_intervals_add (&seen, 100, 110);
    zc_seq_intervals_add (&seen, 40, 50);
    zc_seq_intervals_add (&seen, 120, 121);
    zc_seq_intervals_close_base (&seen);
    assert_int_equal (seen.next, 110);
    assert_int_equal (seen.base, 0);
    assert_int_equal (seen.count, 1);
    assert_int_equal (zc_seq_intervals_close (&seen), 10);
    assert_int_equal (seen.next, 121);
}

/* The largest numbers there are. */
static void test_seen_reaches_the_end_of_64_bits (void **state)
{
    (void) state;
    zc_seq_intervals_t seen;
    zc_seq_intervals_init (&seen, 0);
    assert_int_equal (zc_seq_intervals_add (&seen, UINT64_MAX - 1, UINT64_MAX), 0);
    assert_int_equal (zc_seq_intervals_find (&seen, UINT64_MAX - 1, UINT64_MAX), ZC_SEQ_INTERVALS_ALL);
    assert_int_equal (zc_seq_intervals_find (&seen, 1, UINT64_MAX), ZC_SEQ_INTERVALS_SOME);
    assert_true (zc_seq_intervals_close (&seen) == UINT64_MAX - 2);
    assert_true (seen.next == UINT64_MAX);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_seen_is_a_bit_a_number),
        cmocka_unit_test (test_seen_gives_memory_back),
        cmocka_unit_test (test_seen_closes_what_is_below_the_base_without_missing_it),
        cmocka_unit_test (test_seen_reaches_the_end_of_64_bits),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
