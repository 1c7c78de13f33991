/* SPDX-License-Identifier: MPL-2.0
 *
 * test_money.c - what money.h promises: exact amounts, rounded once, half to even.
 */
#include "core/base/money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"
#include "seed.h"

/* ------------------------------------------------------------------------ cost */

/* Another way to the same sum: digits to the base 10^9, so that atto to nano is one digit less. */
#define LIMBS 8
#define BASE 1000000000u

typedef struct {
    uint64_t limb [LIMBS]; /* the lowest first */
} sum_t;

static void carry (sum_t *self)
{
    for (size_t i = 0; i + 1 < LIMBS; i++) {
        self->limb [i + 1] += self->limb [i] / BASE;
        self->limb [i] %= BASE;
    }
}

static void add_product (sum_t *self, uint64_t a, uint64_t b)
{
    uint64_t as [3] = {a % BASE, a / BASE % BASE, a / BASE / BASE};
    uint64_t bs [3] = {b % BASE, b / BASE % BASE, b / BASE / BASE};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++) {
            self->limb [i + j] += as [i] * bs [j];
            carry (self);
        }
}

/* Returns 0 and the nearest nano-dollar, or -1 where it passes 64 bits. */
static int to_nano (sum_t *self, int64_t *ret_nanousd)
{
    uint64_t rest = self->limb [0];
    self->limb [1] += rest > BASE / 2 || (rest == BASE / 2 && self->limb [1] % 2);
    carry (self);
    for (size_t i = 4; i < LIMBS; i++)
        if (self->limb [i])
            return -1;
    uint64_t high = self->limb [3], low = self->limb [2] * BASE + self->limb [1];
    if (high > 9 || (high == 9 && low > INT64_MAX - 9000000000000000000))
        return -1;
    *ret_nanousd = (int64_t) (high * 1000000000000000000 + low);
    return 0;
}

static uint64_t rest_of (int64_t whole, int64_t parts)
{
    return whole > parts ? (uint64_t) (whole - parts) : 0;
}

static int slowly (const zc_tokens_t *tokens, const zc_rates_t *rates, int64_t *ret_nanousd)
{
    sum_t sum = {{0}};
    add_product (&sum, rest_of (tokens->input, tokens->cache_read + tokens->cache_write), (uint64_t) rates->input);
    add_product (&sum, (uint64_t) tokens->cache_read, (uint64_t) rates->cache_read);
    add_product (&sum, (uint64_t) tokens->cache_write, (uint64_t) rates->cache_write);
    add_product (&sum, rest_of (tokens->output, tokens->reasoning), (uint64_t) rates->output);
    add_product (&sum, (uint64_t) tokens->reasoning, (uint64_t) rates->reasoning);
    return to_nano (&sum, ret_nanousd);
}

/* A number of any size up to the limit, small ones as likely as large ones. */
static int64_t random_up_to (int64_t limit)
{
    return (int64_t) ((random_64 () >> (random_64 () >> 58)) % ((uint64_t) limit + 1));
}

static void test_money_cost_agrees_with_another_computation (void **state)
{
    (void) state;
    size_t over = 0, wide = 0;
    for (int i = 0; i < 200000; i++) {
        int64_t count = i % 3 ? 1000000000000 : 100000, rate = i % 3 == 1 ? INT64_MAX : 10000000000000;
        zc_tokens_t tokens = {random_up_to (count), random_up_to (count), random_up_to (count), random_up_to (count),
                              random_up_to (count)};
        zc_rates_t rates = {random_up_to (rate), random_up_to (rate), random_up_to (rate), random_up_to (rate),
                            random_up_to (rate)};
        int64_t wanted = -7, got = -7;
        int rc = slowly (&tokens, &rates, &wanted);
        assert_int_equal (zc_money_cost (&tokens, &rates, &got), rc);
        assert_int_equal (got, wanted); /* untouched where it fails */
        over += rc == -1;
        wide += rc == 0 && got > 18446744073; /* the sum passed 64 bits of atto-dollars */
    }
    assert_true (over > 1000 && wide > 1000);
}

static void test_money_cost_by_table (void **state)
{
    (void) state;
    static const zc_rates_t rates = {2500000000000, 1250000000000, 3000000000000, 10000000000000, 12000000000000};
    static const struct {
        zc_tokens_t tokens;
        int64_t nanousd;
    } table [] = {
        {{0, 0, 0, 0, 0}, 0},
        {{1000, 0, 0, 0, 0}, 2500000},
        {{1000, 0, 0, 100, 0}, 3500000},
        {{1000, 1000, 0, 0, 0}, 1250000},  /* cached input is not counted twice */
        {{1000, 600, 300, 0, 0}, 1900000}, /* 100 x 2500 + 600 x 1250 + 300 x 3000 */
        {{0, 0, 0, 100, 100}, 1200000},    /* nor is reasoning */
        {{0, 0, 0, 100, 40}, 1080000},     /* 60 x 10000 + 40 x 12000 */
        {{0, 600, 300, 0, 0}, 1650000},    /* a whole that is less than its parts counts as their sum */
        {{0, 0, 0, 0, 5}, 60000},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        int64_t nanousd;
        assert_int_equal (zc_money_cost (&table [i].tokens, &rates, &nanousd), 0);
        assert_int_equal (nanousd, table [i].nanousd);
    }
}

/* 546,875 pico-dollars a token: 4 tokens are 2,187.5 nano-dollars. */
static void test_money_cost_rounds_once_half_to_even (void **state)
{
    (void) state;
    static const struct {
        int64_t tokens, nanousd;
    } table [] = {{1, 547}, {4, 2188}, {8, 4375}, {12, 6562}, {20, 10938}, {28, 15312}};
    for (size_t i = 0; i < COUNT (table); i++) {
        const zc_rates_t rates = {546875000000, 0, 0, 546875000000, 0};
        int64_t nanousd;
        assert_int_equal (zc_money_cost (&(zc_tokens_t){.input = table [i].tokens}, &rates, &nanousd), 0);
        assert_int_equal (nanousd, table [i].nanousd);
        /* Split in two kinds it is the same: the kinds are not rounded by themselves. */
        const zc_tokens_t split = {.input = 1, .output = table [i].tokens - 1};
        assert_int_equal (zc_money_cost (&split, &rates, &nanousd), 0);
        assert_int_equal (nanousd, table [i].nanousd);
    }
}

static void test_money_cost_ends_where_64_bits_do (void **state)
{
    (void) state;
    const zc_rates_t one = {1000000000, 0, 0, 499999999, 0}; /* a nano-dollar; just under the half */
    int64_t nanousd;
    zc_rates_t rates = {9223372036854775807, 0, 0, 0, 0};
    assert_int_equal (zc_money_cost (&(zc_tokens_t){.input = 1000000000}, &rates, &nanousd), 0);
    assert_int_equal (nanousd, INT64_MAX);
    rates.output = one.output;
    assert_int_equal (zc_money_cost (&(zc_tokens_t){.input = 1000000000, .output = 1}, &rates, &nanousd), 0);
    assert_int_equal (nanousd, INT64_MAX);
    rates.output = 500000000; /* a tie, and INT64_MAX is odd */
    assert_int_equal (zc_money_cost (&(zc_tokens_t){.input = 1000000000, .output = 1}, &rates, &nanousd), -1);
    rates.output = one.input;
    assert_int_equal (zc_money_cost (&(zc_tokens_t){.input = 1000000000, .output = 1}, &rates, &nanousd), -1);
    const zc_rates_t most = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    const int64_t many = 1000000000000;
    assert_int_equal (zc_money_cost (&(zc_tokens_t){many, many, many, many, many}, &most, &nanousd), -1);
}

/* ------------------------------------------------------------------------ text */

static void test_money_parse_by_table (void **state)
{
    (void) state;
    static const struct {
        const char *text;
        int decimals;
        int64_t scaled;
    } table [] = {
        {"0", 9, 0},
        {"-0", 9, 0},
        {"0.000", 0, 0},
        {"0e99999", 9, 0},
        {"1", 0, 1},
        {"1.", 1, 10},
        {".5", 1, 5},
        {"007.50", 2, 750},
        {"0.035", 9, 35000000},
        {"-2", 9, -2000000000},
        {"5.46875e-07", 18, 546875000000},
        {"5.46875E-07", 12, 546875},
        {"1e-06", 18, 1000000000000},
        {"1e3", 2, 100000},
        {"1.5e+2", 0, 150},
        {"12345e-5", 5, 12345},
        {"1e-18", 18, 1},
        {"1e-19", 18, 0},
        {"1e-99999", 18, 0},
        {"0.00000000049", 9, 0},
        {"9223372036.854775807", 9, INT64_MAX},
        {"-9223372036.854775807", 9, -INT64_MAX},
        {"9.223372036854775807", 18, INT64_MAX},
        {"9223372036854775807", 0, INT64_MAX},
        {"9223372036854775807.4999", 0, INT64_MAX},
        /* Half to even, and what lies beyond the half. */
        {"0.5", 0, 0},
        {"1.5", 0, 2},
        {"2.5", 0, 2},
        {"-2.5", 0, -2},
        {"-3.5", 0, -4},
        {"2.5000000000000000000000000000000000000000000000000000000000001", 0, 3},
        {"2.5000000000000000000000000000000000000000000000000000000000000", 0, 2},
        {"2.4999999999999999999999999999999999999999999999999999999999999", 0, 2},
        {"0.0000000005", 9, 0},
        {"0.00000000050000000000000000000000000000000000000000001", 9, 1},
        {"0.0000000015", 9, 2},
        {"0.05", 0, 0},
        {"9.95", 1, 100},
        {"0.000000000000000000000000000000000000000000000000000000000000000000000000000001e78", 0, 1},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        int64_t scaled = -7;
        if (zc_money_parse (table [i].text, table [i].decimals, &scaled) != 0 || scaled != table [i].scaled)
            fail_msg ("\"%s\": %lld", table [i].text, (long long) scaled);
    }
}

static void test_money_parse_refuses_what_is_no_number_or_too_large (void **state)
{
    (void) state;
    static const char *const table [] = {
        "",
        "-",
        "+",
        ".",
        "-.",
        "e5",
        ".e5",
        "1e",
        "1e+",
        "1e-",
        "1ee5",
        "1.2.3",
        "1,5",
        " 1",
        "1 ",
        "1x",
        "--1",
        "0x10",
        "nan",
        "inf",
        "1_000",
        "$1",
        /* Past 64 bits at 9 decimals. */
        "9223372036.854775808",
        "-9223372036.854775809",
        "9223372036.8547758075",
        "1e10",
        "1e99999",
        "10000000000000000000000",
        "184467440737095516150000000000",
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        int64_t scaled = -7;
        if (zc_money_parse (table [i], 9, &scaled) != -1)
            fail_msg ("\"%s\" was taken as %lld", table [i], (long long) scaled);
        assert_int_equal (scaled, -7);
    }
}

static void test_money_format_by_table (void **state)
{
    (void) state;
    static const struct {
        int64_t scaled;
        int decimals, least;
        const char *text;
    } table [] = {
        {0, 9, 9, "0.000000000"},
        {35000000, 9, 9, "0.035000000"},
        {1, 9, 9, "0.000000001"},
        {-1, 9, 9, "-0.000000001"},
        {-1500000000, 9, 9, "-1.500000000"},
        {1615000, 9, 9, "0.001615000"},
        {INT64_MAX, 9, 9, "9223372036.854775807"},
        {INT64_MIN, 9, 9, "-9223372036.854775808"},
        {INT64_MIN, 18, 18, "-9.223372036854775808"},
        {2500000000000, 12, 2, "2.50"},
        {2000000000000, 12, 2, "2.00"},
        {546875000000, 12, 2, "0.546875"},
        {75000000000, 12, 2, "0.075"},
        {1, 12, 2, "0.000000000001"},
        {0, 12, 2, "0.00"},
        {42, 0, 0, "42"},
        {-42, 0, 0, "-42"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        char text [ZC_DECIMAL_TEXT];
        assert_ptr_equal (zc_money_format (table [i].scaled, table [i].decimals, table [i].least, text), text);
        assert_string_equal (text, table [i].text);
    }
}

static void test_money_what_is_written_reads_the_same (void **state)
{
    (void) state;
    for (int i = 0; i < 20000; i++) {
        char text [ZC_DECIMAL_TEXT];
        int64_t scaled = random_up_to (INT64_MAX) * (i % 2 ? 1 : -1), back;
        int decimals = i % 19;
        zc_money_format (scaled, decimals, decimals / 2, text);
        assert_int_equal (zc_money_parse (text, decimals, &back), 0);
        assert_int_equal (back, scaled);
    }
}

/* ---------------------------------------------------------------------- divide */

static void test_money_divide_rounds_half_to_even (void **state)
{
    (void) state;
    static const struct {
        int64_t number, divisor, quotient;
    } table [] = {
        {0, 5, 0},
        {1, 2, 0},
        {3, 2, 2},
        {5, 2, 2},
        {7, 2, 4},
        {-1, 2, 0},
        {-3, 2, -2},
        {-5, 2, -2},
        {1, 3, 0},
        {2, 3, 1},
        {-2, 3, -1},
        {7, 7, 1},
        {4, 8, 0},
        {12, 8, 2},
        {20, 8, 2},
        {21, 8, 3},
        {INT64_MAX, 1, INT64_MAX},
        {INT64_MAX, INT64_MAX, 1},
        {INT64_MAX / 2, INT64_MAX, 0},
        {INT64_MAX / 2 + 1, INT64_MAX, 1},
    };
    for (size_t i = 0; i < COUNT (table); i++)
        assert_int_equal (zc_money_divide (table [i].number, table [i].divisor), table [i].quotient);
    /* Numbers wider than 64 bits. */
    assert_int_equal (zc_money_divide ((__int128) INT64_MAX * 1000, 1000), INT64_MAX);
    assert_int_equal (zc_money_divide ((__int128) INT64_MAX * -1000, 1000), -INT64_MAX);
    assert_int_equal (zc_money_divide ((__int128) 1000000000000000001 * 1000 + 500, 1000), 1000000000000000002);
}

static void test_money_show_is_the_nearest_double_of_the_rounded_decimal (void **state)
{
    (void) state;
    static const struct {
        int64_t scaled;
        int decimals, shown;
        double number;
    } table [] = {
        {0, 9, 4, 0.0},
        {1615000, 9, 4, 0.0016},
        {1650000, 9, 4, 0.0016}, /* ties to even */
        {1550000, 9, 4, 0.0016},
        {1650001, 9, 4, 0.0017},
        {49999, 9, 4, 0.0},
        {50000, 9, 4, 0.0},
        {50001, 9, 4, 0.0001},
        {-50001, 9, 4, -0.0001},
        {123456789012, 9, 4, 123.4568},
        {100000000, 9, 4, 0.1},
        {300000000, 9, 4, 0.3},
        {INT64_MAX, 9, 4, 9223372036.8548},
        {61234, 4, 4, 6.1234},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        double number = zc_money_show (table [i].scaled, table [i].decimals, table [i].shown);
        if (!(number == table [i].number))
            fail_msg ("row %zu: %.17g", i, number);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_money_cost_agrees_with_another_computation),
        cmocka_unit_test (test_money_cost_by_table),
        cmocka_unit_test (test_money_cost_rounds_once_half_to_even),
        cmocka_unit_test (test_money_cost_ends_where_64_bits_do),
        cmocka_unit_test (test_money_parse_by_table),
        cmocka_unit_test (test_money_parse_refuses_what_is_no_number_or_too_large),
        cmocka_unit_test (test_money_format_by_table),
        cmocka_unit_test (test_money_what_is_written_reads_the_same),
        cmocka_unit_test (test_money_divide_rounds_half_to_even),
        cmocka_unit_test (test_money_show_is_the_nearest_double_of_the_rounded_decimal),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
