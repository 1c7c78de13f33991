/* SPDX-License-Identifier: MPL-2.0
 *
 * test_effective_config.c - what terms.h promises: what was packed is read back, to the byte; what was not is
 * refused, whatever it is.
 */
#include "core/pricing/effective_config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pack.h"
#include "seed.h"

#define PRICES "{\"gpt-4o\": {\"input_cost_per_token\": 2.5e-06}}"

static zc_effective_config_t default_config (void)
{
    zc_effective_config_t config;
    memset (&config, 0, sizeof config);
    zc_policy_default (&config.policy);
    config.limits.frame_bytes_max = 16 << 20;
    config.limits.batch_events_max = 100000;
    config.retention = (zc_retention_t){.minutes_ms = 172800000, .quarters_ms = 34560000000};
    config.caps = (zc_caps_t){.keys_max = 100000, .producers_max = 65536, .expired_max = 1000000, .expire_after_ms = 1};
    config.prices_loaded_ms = 1767225600000;
    strcpy (config.prices_source, "builtin");
    return config;
}

/* All as long, as many and as large as it may be. */
static zc_effective_config_t largest_config (void)
{
    zc_effective_config_t config = default_config ();
    char name [16], model [ZCOST_STRING_MAX + 1] = "";
    memset (model, 'm', ZCOST_STRING_MAX);
    for (int i = 4; i < ZC_TIERS_MAX; i++) {
        snprintf (name, sizeof name, "tier %d", 90 - i); /* not in the order of names */
        assert_int_equal (zc_policy_set_tier (&config.policy, name, i % 2 ? model : ""), 0);
    }
    for (int i = 0; i < ZC_TAGS_MAX; i++) {
        model [0] = (char) ('a' + i);
        assert_int_equal (zc_policy_add_tag (&config.policy, model), 0);
    }
    strcpy (config.policy.baseline_model, model);
    config.policy.baseline_per_query_nanousd = INT64_MAX;
    config.policy.hit_saves_nanousd = 0;
    config.policy.assumed_saved_ns = -1000000000000000;
    config.limits.frame_bytes_max = UINT64_MAX;
    config.limits.batch_events_max = UINT32_MAX;
    config.retention = (zc_retention_t){.minutes_ms = INT64_MAX, .quarters_ms = INT64_MAX};
    config.caps = (zc_caps_t){ZC_CAP_KEYS_MAX, ZC_CAP_PRODUCERS_MAX, ZC_CAP_EXPIRED_MAX, INT64_MAX};
    memset (config.prices_source, '\xff', ZC_SOURCE_MAX - 1); /* a path, and no UTF-8 */
    return config;
}

/* Reads from memory that ends where the bytes do. */
static int read_config (const void *bytes, size_t size, zc_effective_config_t *ret_config, char *ret_prices,
                        size_t *ret_size)
{
    uint8_t *copy = malloc (size ? size : 1);
    const char *prices = NULL;
    assert_non_null (copy);
    if (size)
        memcpy (copy, bytes, size);
    int result = zc_effective_config_read (copy, size, ret_config, &prices, ret_size);
    if (result == 0) {
        assert_true ((const uint8_t *) prices >= copy && (const uint8_t *) prices + *ret_size <= copy + size);
        memcpy (ret_prices, prices, *ret_size);
    }
    free (copy);
    return result;
}

/* Appends. */
static void pack_config (const zc_effective_config_t *config, const char *prices, size_t size, bytes_t *out)
{
    zc_pack_t packed = {.data = NULL};
    zc_effective_config_pack (config, prices, size, &packed);
    assert_false (zc_pack_failed (&packed));
    pack_raw (out, packed.data, packed.size);
    zc_pack_term (&packed);
}

static void assert_round_trip (const zc_effective_config_t *config, const char *prices, size_t size)
{
    bytes_t out = {0};
    zc_effective_config_t read;
    char *read_prices = malloc (size + 1);
    size_t read_size;
    assert_non_null (read_prices);
    pack_config (config, prices, size, &out);
    memset (&read, 0xa5, sizeof read);
    assert_int_equal (read_config (out.data, out.size, &read, read_prices, &read_size), 0);
    assert_memory_equal (&read, config, sizeof read);
    assert_int_equal (read_size, size);
    assert_memory_equal (read_prices, prices, size);
    msgpack_sbuffer_destroy (&out);
    free (read_prices);
}

static void test_effective_config_are_read_back_to_the_byte (void **state)
{
    (void) state;
    const zc_effective_config_t plain = default_config (), largest = largest_config ();
    char *prices = malloc (3 << 20);
    assert_non_null (prices);
    memset (prices, ' ', 3 << 20);
    assert_round_trip (&plain, PRICES, sizeof PRICES - 1);
    assert_round_trip (&plain, "", 0);
    assert_round_trip (&plain, "\0\xff", 2); /* not for us to judge */
    assert_round_trip (&largest, prices, 3 << 20);
    free (prices);
}

/* What a buffer held before it got its terms has no part in them. */
static void test_effective_config_that_are_equal_are_equal_bytes (void **state)
{
    (void) state;
    zc_effective_config_t a = default_config (), b;
    memset (&b, 0x5a, sizeof b);
    zc_policy_default (&b.policy);
    b.limits = a.limits;
    b.retention = a.retention;
    b.caps = a.caps;
    b.prices_loaded_ms = a.prices_loaded_ms;
    strcpy (b.prices_source, a.prices_source);
    bytes_t bytes [2] = {{0}, {0}};
    for (int i = 0; i < 2; i++)
        pack_config (i ? &b : &a, PRICES, sizeof PRICES - 1, &bytes [i]);
    assert_int_equal (bytes [0].size, bytes [1].size);
    assert_memory_equal (bytes [0].data, bytes [1].data, bytes [0].size);
    msgpack_sbuffer_destroy (&bytes [0]);
    msgpack_sbuffer_destroy (&bytes [1]);
}

/* --------------------------------------------------------------------- what is refused */

/* Tiers by their names, each with a model. */
static void pack_tiers (bytes_t *out, const char *const *names, size_t count)
{
    ARRAY (out, count);
    for (size_t i = 0; i < count; i++) {
        ARRAY (out, 2);
        pack_value (out, &(value_t) STR (names [i]));
        pack_value (out, &(value_t) STR ("m"));
    }
}

#define GOOD_TIERS                                                                                                     \
    "\x94\x92\xa6simple\xa1m\x92\xa6medium\xa1m\x92\xa7"                                                               \
    "complex\xa1m\x92\xa5other\xa0"

/* The fields as they may be. */
static const pair_t good [] = {
    {"tiers", RAW (GOOD_TIERS)},
    {"baseline_per_query_nanousd", INT (1)},
    {"hit_saves_nanousd", INT (1)},
    {"assumed_saved_ns", INT (-1)},
    {"minutes_ms", INT (1)},
    {"quarters_ms", INT (1)},
    {"keys_max", INT (1)},
    {"producers_max", INT (1)},
    {"expired_max", INT (1)},
    {"expire_after_ms", INT (0)},
    {"prices_loaded_ms", INT (1)},
    {"baseline_model", STR_OF ("m")},
    {"prices_source", STR_OF ("builtin")},
    {"frame_bytes_max", UINT (UINT64_MAX)},
    {"batch_events_max", INT (1)},
    {"prices", STR_OF ("{}")},
    {"tags", RAW ("\x92\xa3"
                  "env\xa4team")},
};

static int read_bytes (const bytes_t *bytes)
{
    static zc_effective_config_t config, before;
    static char prices [1 << 16];
    size_t size = 4711;
    memset (&config, 0xa5, sizeof config);
    before = config;
    int result = read_config (bytes->data, bytes->size, &config, prices, &size);
    if (result == -1) { /* untouched */
        assert_memory_equal (&config, &before, sizeof config);
        assert_int_equal (size, 4711);
    }
    return result;
}

/* Reads the good fields with one in the place of another, from `first` on and round. */
static int read_with (const pair_t *changed, size_t place, size_t first)
{
    pair_t pairs [COUNT (good)];
    bytes_t bytes = {0};
    for (size_t i = 0; i < COUNT (good); i++) {
        size_t field = (first + i) % COUNT (good);
        pairs [i] = changed && field == place ? *changed : good [field];
    }
    pack_map (&bytes, pairs, COUNT (pairs));
    int result = read_bytes (&bytes);
    msgpack_sbuffer_destroy (&bytes);
    return result;
}

static size_t field_of (const char *key)
{
    for (size_t i = 0; i < COUNT (good); i++)
        if (strcmp (good [i].key, key) == 0)
            return i;
    fail_msg ("no field %s", key);
    return 0;
}

static void test_effective_config_come_in_any_order (void **state)
{
    (void) state;
    for (size_t first = 0; first < COUNT (good); first++)
        assert_int_equal (read_with (NULL, 0, first), 0);
}

static void test_effective_config_refuse_fields_that_are_wrong (void **state)
{
    (void) state;
    static char overlong [ZC_SOURCE_MAX + 1];
    memset (overlong, 'x', ZC_SOURCE_MAX);
    const pair_t wrong [] = {
        {"baseline_per_query_nanousd", INT (-1)},
        {"baseline_per_query_nanousd", UINT (1ull << 63)},
        {"baseline_per_query_nanousd", FLOAT (1)},
        {"hit_saves_nanousd", INT (-1)},
        {"assumed_saved_ns", STR ("1")},
        {"assumed_saved_ns", INT (INT64_MIN)},
        {"minutes_ms", INT (-1)},
        {"quarters_ms", INT (-1)},
        {"keys_max", INT (0)},
        {"keys_max", INT (ZC_CAP_KEYS_MAX + 1)},
        {"producers_max", INT (0)},
        {"producers_max", INT (ZC_CAP_PRODUCERS_MAX + 1)},
        {"expired_max", INT (-1)},
        {"expired_max", INT (ZC_CAP_EXPIRED_MAX + 1)},
        {"expire_after_ms", INT (-1)},
        {"prices_loaded_ms", INT (-1)},
        {"prices_loaded_ms", NIL},
        {"frame_bytes_max", INT (-1)},
        {"frame_bytes_max", BOOL (true)},
        {"batch_events_max", INT (-1)},
        {"batch_events_max", INT (1ll << 32)},
        {"baseline_model", INT (1)},
        {"baseline_model", BIN ("m")},
        {"baseline_model", {.as = AS_STR, .data = "a\0b", .size = 3}},
        {"baseline_model", {.as = AS_STR, .data = overlong, .size = ZCOST_STRING_MAX + 1}},
        {"prices_source", {.as = AS_STR, .data = overlong, .size = ZC_SOURCE_MAX}},
        {"prices", NIL},
        {"prices", BIN ("{}")},
        {"tags", NIL},
        {"tags", STR ("team")},
        {"tags", RAW ("\x91\x01")},
        {"tags", RAW ("\x91\xa0")},
        {"tags", RAW ("\x92\xa4team\xa4team")},
        {"tags", RAW ("\x92\xa4team\xa3"
                      "env")},
        {"tags", RAW ("\x91\xa3t\x00m")},
        {"tags", RAW ("\x95\xa1"
                      "a\xa1"
                      "b\xa1"
                      "c\xa1"
                      "d\xa1"
                      "e")},
        {"tags", RAW ("\xdd\xff\xff\xff\xff")},
        {"tiers", NIL},
        {"tiers", RAW ("\x94\x92\xa6simple\xa1m")}, /* the next ones are fields */
        {"tiers", RAW ("\xdd\xff\xff\xff\xff")},
        {"tiers", RAW ("\x94\x91\xa6simple\x92\xa6medium\xa1m\x92\xa7"
                       "complex\xa1m\x92\xa5other\xa0")},
        {"tiers", RAW ("\x94\x93\xa6simple\xa1m\xa1m\x92\xa6medium\xa1m\x92\xa7"
                       "complex\xa1m\x92\xa5other\xa0")},
    };
    for (size_t i = 0; i < COUNT (wrong); i++)
        assert_int_equal (read_with (&wrong [i], field_of (wrong [i].key), 0), -1);
}

static int read_without (size_t left_out)
{
    pair_t pairs [COUNT (good)];
    bytes_t bytes = {0};
    size_t count = 0;
    for (size_t i = 0; i < COUNT (good); i++)
        if (i != left_out)
            pairs [count++] = good [i];
    pack_map (&bytes, pairs, count);
    int result = read_bytes (&bytes);
    msgpack_sbuffer_destroy (&bytes);
    return result;
}

static void test_effective_config_need_each_field_once (void **state)
{
    (void) state;
    for (size_t i = 0; i < COUNT (good); i++) {
        pair_t unknown = good [i];
        unknown.key = "unknown";
        assert_int_equal (read_with (&unknown, i, 0), -1);
        assert_int_equal (read_with (&good [(i + 1) % COUNT (good)], i, 0), -1);
    }
    for (size_t left_out = 0; left_out < COUNT (good); left_out++) {
        bool is_tags = strcmp (good [left_out].key, "tags") == 0;
        assert_int_equal (read_without (left_out), is_tags ? 0 : -1);
    }
}

/* Terms that are older than tags have none; but nothing else in their place, nor too few of the rest. */
static void test_effective_config_without_tags_have_none (void **state)
{
    (void) state;
    zc_effective_config_t config;
    char prices [8];
    size_t size;
    bytes_t bytes = {0};
    pack_map (&bytes, good, field_of ("tags"));
    assert_int_equal (read_config (bytes.data, bytes.size, &config, prices, &size), 0);
    assert_int_equal (config.policy.tags_count, 0);
    msgpack_sbuffer_clear (&bytes);
    pack_map (&bytes, good, COUNT (good));
    assert_int_equal (read_config (bytes.data, bytes.size, &config, prices, &size), 0);
    assert_int_equal (config.policy.tags_count, 2);
    assert_string_equal (config.policy.tags [1], "team");
    for (size_t count = 0; count < field_of ("tags"); count++) {
        msgpack_sbuffer_clear (&bytes);
        pack_map (&bytes, good, count);
        assert_int_equal (read_bytes (&bytes), -1);
    }
    msgpack_sbuffer_destroy (&bytes);
}

static int read_with_tiers (const char *const *names, size_t count)
{
    bytes_t tiers = {0};
    pack_tiers (&tiers, names, count);
    const pair_t pair = {"tiers", {.as = AS_RAW, .data = tiers.data, .size = tiers.size}};
    int result = read_with (&pair, field_of ("tiers"), 0);
    msgpack_sbuffer_destroy (&tiers);
    return result;
}

static void test_effective_config_need_tiers_as_a_policy_has_them (void **state)
{
    (void) state;
    static char text [ZC_TIERS_MAX + 1][16], overlong [ZCOST_STRING_MAX + 2];
    const char *names [ZC_TIERS_MAX + 1] = {"simple", "medium", "complex"};
    memset (overlong, 'x', ZCOST_STRING_MAX + 1);
    for (int i = 3; i <= ZC_TIERS_MAX; i++) {
        snprintf (text [i], sizeof text [i], "t%d", i);
        names [i] = text [i];
    }
    names [ZC_TIERS_MAX - 1] = "other";
    assert_int_equal (read_with_tiers (names, ZC_TIERS_MAX), 0);
    names [ZC_TIERS_MAX - 1] = "last";
    names [ZC_TIERS_MAX] = "other";
    assert_int_equal (read_with_tiers (names, ZC_TIERS_MAX + 1), -1);
    const struct {
        const char *names [5];
        size_t count;
        int result;
    } tables [] = {
        {{"simple", "medium", "complex", "other"}, 4, 0},
        {{"simple", "medium", "complex", "free", "other"}, 5, 0},
        {{"simple", "medium", "complex", "other", "free"}, 5, -1},
        {{"simple", "medium", "complex", "simple", "other"}, 5, -1},
        {{"simple", "medium", "complex", "other", "other"}, 5, -1},
        {{"simple", "medium", "complex", "", "other"}, 5, -1},
        {{"simple", "medium", "complex", overlong, "other"}, 5, -1},
        {{"medium", "simple", "complex", "other"}, 4, -1},
        {{"simple", "medium", "other"}, 3, -1},
        {{"simple", "medium", "complex"}, 3, -1},
        {{"other"}, 1, -1},
        {{NULL}, 0, -1},
    };
    for (size_t i = 0; i < COUNT (tables); i++)
        assert_int_equal (read_with_tiers (tables [i].names, tables [i].count), tables [i].result);
}

static void test_effective_config_refuse_bytes_cut_short_or_too_many (void **state)
{
    (void) state;
    const zc_effective_config_t config = default_config ();
    bytes_t bytes = {0};
    pack_config (&config, PRICES, sizeof PRICES - 1, &bytes);
    size_t size = bytes.size;
    assert_int_equal (read_bytes (&bytes), 0);
    for (bytes.size = 0; bytes.size < size; bytes.size++)
        assert_int_equal (read_bytes (&bytes), -1);
    assert_int_equal (msgpack_sbuffer_write (&bytes, "\xc0", 1), 0);
    assert_int_equal (read_bytes (&bytes), -1);
    msgpack_sbuffer_destroy (&bytes);
}

/* Whatever is read is whole: it can be packed again, and is then read as the same. */
static void assert_whole (const bytes_t *bytes)
{
    static zc_effective_config_t config, again;
    static char prices [1 << 16], prices_again [1 << 16];
    size_t size, size_again;
    bytes_t packed = {0};
    if (read_config (bytes->data, bytes->size, &config, prices, &size) == -1)
        return;
    pack_config (&config, prices, size, &packed);
    assert_int_equal (read_config (packed.data, packed.size, &again, prices_again, &size_again), 0);
    assert_memory_equal (&config, &again, sizeof config);
    assert_int_equal (size, size_again);
    assert_memory_equal (prices, prices_again, size);
    msgpack_sbuffer_destroy (&packed);
}

static void mutate (bytes_t *bytes)
{
    static const char heads [] = "\x80\x90\xc0\xc1\xc4\xc6\xc9\xcb\xcf\xd3\xd9\xda\xdb\xdc\xdd\xde\xdf\xff";
    for (int left = 1 + (int) random_below (4); left > 0; left--) {
        size_t place = random_below ((uint32_t) bytes->size);
        switch (random_below (4)) {
        case 0:
            bytes->data [place] = (char) random_64 ();
            break;
        case 1:
            bytes->data [place] = heads [random_below (sizeof heads - 1)];
            break;
        case 2:
            bytes->data [place] = (char) (bytes->data [place] ^ 1 << random_below (8));
            break;
        default:
            memmove (bytes->data + place, bytes->data + place + 1, bytes->size - place - 1);
            bytes->size--;
        }
    }
}

static void test_effective_config_read_any_bytes (void **state)
{
    (void) state;
    const zc_effective_config_t config = default_config ();
    bytes_t bytes = {0};
    for (int round = 0; round < 100000; round++) {
        msgpack_sbuffer_clear (&bytes);
        pack_config (&config, PRICES, sizeof PRICES - 1, &bytes);
        mutate (&bytes);
        assert_whole (&bytes);
    }
    msgpack_sbuffer_destroy (&bytes);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_effective_config_are_read_back_to_the_byte),
        cmocka_unit_test (test_effective_config_that_are_equal_are_equal_bytes),
        cmocka_unit_test (test_effective_config_come_in_any_order),
        cmocka_unit_test (test_effective_config_refuse_fields_that_are_wrong),
        cmocka_unit_test (test_effective_config_need_each_field_once),
        cmocka_unit_test (test_effective_config_without_tags_have_none),
        cmocka_unit_test (test_effective_config_need_tiers_as_a_policy_has_them),
        cmocka_unit_test (test_effective_config_refuse_bytes_cut_short_or_too_many),
        cmocka_unit_test (test_effective_config_read_any_bytes),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
