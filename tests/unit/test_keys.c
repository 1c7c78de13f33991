/* SPDX-License-Identifier: MPL-2.0
 *
 * test_keys.c - what keys.h promises: a number for each combination of dimensions, for good, bounded.
 */
#include "core/ledger/keys.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/str.h"
#include "seed.h"
#include "table.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

static zc_dimensions_t key_of (zcost_type_t type, const char *service, const char *tier, const char *model,
                               const char *provider)
{
    return (zc_dimensions_t){type, str_of (service), str_of (tier), str_of (model), str_of (provider), {"", 0}};
}

static zc_dimensions_t with_tags (zc_dimensions_t key, const char *tags)
{
    key.tags = str_of (tags);
    return key;
}

static zc_keys_t *keys_new (uint32_t max)
{
    zc_keys_t *keys = zc_keys_new (max, &(zc_siphash_secret_t){{1, 2}});
    assert_non_null (keys);
    return keys;
}

static uint32_t find (zc_keys_t *keys, zc_dimensions_t key, bool folded)
{
    uint32_t number = UINT32_MAX;
    bool was_folded = !folded;
    assert_int_equal (zc_keys_find (keys, &key, &number, &was_folded), 0);
    assert_int_equal (was_folded, folded);
    assert_true (number < zc_keys_count (keys));
    return number;
}

static void assert_is (const zc_keys_t *keys, uint32_t number, zc_dimensions_t wanted)
{
    const zc_dimensions_t *key = &zc_keys_at (keys, number)->dimensions;
    assert_int_equal (key->type, wanted.type);
    assert_true (zc_str_equal (key->service, wanted.service));
    assert_true (zc_str_equal (key->tier, wanted.tier));
    assert_true (zc_str_equal (key->model, wanted.model));
    assert_true (zc_str_equal (key->provider, wanted.provider));
    assert_true (zc_str_equal (key->tags, wanted.tags));
}

/* ---------------------------------------------------------------------- numbers */

static void test_keys_differ_by_every_dimension (void **state)
{
    (void) state;
    const zc_dimensions_t table [] = {
        key_of (ZCOST_QUERY_ROUTER, "search", "simple", "gpt-4o", "openai"),
        key_of (ZCOST_LLM_CALL, "search", "simple", "gpt-4o", "openai"),
        key_of (ZCOST_QUERY_ROUTER, "chat", "simple", "gpt-4o", "openai"),
        key_of (ZCOST_QUERY_ROUTER, "search", "complex", "gpt-4o", "openai"),
        key_of (ZCOST_QUERY_ROUTER, "search", "simple", "gpt-4o-mini", "openai"),
        key_of (ZCOST_QUERY_ROUTER, "search", "simple", "gpt-4o", "azure"),
        key_of (ZCOST_QUERY_ROUTER, "search", "simple", "gpt-4o", ""),
        key_of (ZCOST_QUERY_ROUTER, "", "", "", ""),
        /* The same bytes, cut elsewhere. */
        key_of (ZCOST_QUERY_ROUTER, "searchs", "imple", "gpt-4o", "openai"),
        key_of (ZCOST_QUERY_ROUTER, "search", "simpleg", "pt-4o", "openai"),
        key_of (ZCOST_QUERY_ROUTER, "search", "simple", "", "gpt-4oopenai"),
        key_of (ZCOST_QUERY_ROUTER, "search", "simple", "openai", "gpt-4o"),
        key_of (ZCOST_QUERY_ROUTER, "simple", "search", "gpt-4o", "openai"),
        with_tags (key_of (ZCOST_QUERY_ROUTER, "search", "simple", "gpt-4o", "openai"), "\4team\3red"),
        with_tags (key_of (ZCOST_QUERY_ROUTER, "search", "simple", "gpt-4o", "openai"), "\4team\4blue"),
        with_tags (key_of (ZCOST_QUERY_ROUTER, "search", "simple", "gpt-4o", ""), "\4team\3red"),
        with_tags (key_of (ZCOST_QUERY_ROUTER, "search", "simple", "gpt-4o", "\4team"), "\3red"),
    };
    zc_keys_t *keys = keys_new (100);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < COUNT (table); i++) {
            assert_int_equal (find (keys, table [i], false), i); /* from 0, in the order of first sight */
            assert_is (keys, i, table [i]);
        }
    assert_int_equal (zc_keys_count (keys), COUNT (table));
    zc_keys_destroy (&keys);
}

/* Names of each length, and with each single byte changed, zeros too. */
static void test_keys_differ_by_every_byte_of_a_name (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_new (ZC_KEYS_MAX);
    uint32_t wanted = 0;
    for (uint32_t size = 0; size <= ZCOST_STRING_MAX; size++)
        for (uint32_t changed = 0; changed <= size; changed++) {
            char name [ZCOST_STRING_MAX + 1];
            memset (name, 'a', sizeof name);
            if (changed < size)
                name [changed] = changed % 2 ? '\0' : 'b';
            zc_dimensions_t key = key_of (ZCOST_LLM_CALL, "s", "", "", "p");
            key.model = (zc_str_t){name, size};
            uint32_t number = find (keys, key, false);
            assert_int_equal (number, wanted++);
            memset (name, 'z', sizeof name); /* the table has a copy */
            assert_int_equal (zc_keys_at (keys, number)->dimensions.model.size, size);
            for (uint32_t i = 0; i < size; i++) {
                char byte = zc_keys_at (keys, number)->dimensions.model.data [i];
                assert_int_equal (byte, i != changed ? 'a' : i % 2 ? '\0' : 'b');
            }
        }
    zc_keys_destroy (&keys);
}

static zc_dimensions_t nth (uint32_t i, char name [32])
{
    snprintf (name, 32, "model-%u", i);
    zc_dimensions_t key = key_of (ZCOST_LLM_CALL, i % 2 ? "chat" : "", "", "", "");
    key.model = str_of (name);
    return key;
}

static void test_keys_stay_where_they_are (void **state)
{
    (void) state;
    enum { KEYS = 20000 };
    static zc_key_entry_t *entries [KEYS];
    zc_keys_t *keys = keys_new (KEYS);
    char name [32];
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_int_equal (find (keys, nth (i, name), false), i);
        entries [i] = zc_keys_at (keys, i);
        static const zc_measures_t zero;
        assert_memory_equal (&entries [i]->sums, &zero, sizeof zero);
        entries [i]->sums.events = i;
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        zc_dimensions_t key = nth (i, name);
        assert_int_equal (find (keys, key, false), i);
        assert_ptr_equal (zc_keys_at (keys, i), entries [i]);
        assert_int_equal (entries [i]->sums.events, i);
        assert_is (keys, i, key);
    }
    zc_keys_destroy (&keys);
    zc_keys_destroy (&keys);
    zc_keys_destroy (NULL);
}

typedef struct {
    const zc_keys_t *keys;
    _Atomic uint32_t count, read;
    _Atomic bool wrong;
} reader_t;

/* Reads, while others are added, all that it was told of. */
static void *read_keys (void *argument)
{
    reader_t *self = argument;
    uint32_t read = 0, count;
    char name [32];
    while ((count = atomic_load (&self->count)) != UINT32_MAX)
        for (; read < count; read++) {
            zc_dimensions_t key = nth (read, name);
            if (!zc_str_equal (zc_keys_at (self->keys, read)->dimensions.model, key.model))
                atomic_store (&self->wrong, true);
            atomic_store (&self->read, read + 1);
        }
    return NULL;
}

static void test_keys_can_be_read_while_others_are_added (void **state)
{
    (void) state;
    enum { KEYS = 5000 };
    zc_keys_t *keys = keys_new (KEYS);
    reader_t reader = {.keys = keys};
    pthread_t thread;
    char name [32];
    assert_int_equal (pthread_create (&thread, NULL, read_keys, &reader), 0);
    for (uint32_t i = 0; i < KEYS; i++) {
        zc_keys_at (keys, find (keys, nth (i, name), false))->sums.events++;
        atomic_store (&reader.count, i + 1);
        zc_keys_at (keys, i / 2)->sums.events++; /* one that the reader may be at */
    }
    while (atomic_load (&reader.read) < KEYS)
        sched_yield ();
    atomic_store (&reader.count, UINT32_MAX);
    assert_int_equal (pthread_join (thread, NULL), 0);
    assert_false (reader.wrong);
    zc_keys_destroy (&keys);
}

/* ------------------------------------------------------------------------- caps */

static void test_keys_beyond_the_cap_are_other_of_their_type_and_tier (void **state)
{
    (void) state;
    enum { MAX = 5 };
    zc_keys_t *keys = keys_new (MAX);
    char name [32];
    for (uint32_t i = 0; i < MAX; i++)
        assert_int_equal (find (keys, nth (i, name), false), i);
    uint32_t call = find (keys, nth (MAX, name), true);
    assert_is (keys, call, key_of (ZCOST_LLM_CALL, "other", "", "other", "other"));
    assert_int_equal (find (keys, nth (MAX, name), true), call); /* each time */
    assert_int_equal (find (keys, nth (MAX + 1, name), true), call);
    assert_int_equal (find (keys, with_tags (nth (0, name), "\4team\3red"), true), call); /* the tags too are gone */
    uint32_t simple = find (keys, key_of (ZCOST_QUERY_ROUTER, "", "simple", "", ""), true);
    uint32_t complex_ = find (keys, key_of (ZCOST_QUERY_ROUTER, "", "complex", "", ""), true);
    assert_is (keys, simple, key_of (ZCOST_QUERY_ROUTER, "other", "simple", "other", "other"));
    assert_is (keys, complex_, key_of (ZCOST_QUERY_ROUTER, "other", "complex", "other", "other"));
    assert_int_equal (zc_keys_count (keys), MAX + 3);
    for (uint32_t i = 0; i < MAX; i++) /* who has a place keeps it */
        assert_int_equal (find (keys, nth (i, name), false), i);
    zc_keys_destroy (&keys);
}

static void test_keys_named_other_do_not_count_against_the_cap (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_new (1);
    char name [32];
    find (keys, key_of (ZCOST_LLM_CALL, "other", "", "other", "other"), false);
    find (keys, key_of (ZCOST_EMBEDDING_CACHE, "other", "", "other", "other"), false);
    const zc_dimensions_t tagged = with_tags (key_of (ZCOST_LLM_CALL, "other", "", "other", "other"), "\4team\3red");
    find (keys, tagged, false); /* a key as any other: the one that there is room for */
    find (keys, nth (1, name), true);
    find (keys, key_of (ZCOST_RAG_PARALLEL, "other", "", "other", "other"), false);
    zc_keys_destroy (&keys);

    keys = keys_new (0);
    find (keys, nth (0, name), true);
    assert_int_equal (zc_keys_count (keys), 1);
    zc_keys_destroy (&keys);
}

static zc_dimensions_t of_service (uint32_t i, char name [32])
{
    snprintf (name, 32, "s%u", i);
    return key_of (ZCOST_QUERY_ROUTER, name, "simple", "gpt-4o", "openai");
}

/* Of a service beyond the cap only the service is lost; `default` and `other` have two of the places. */
static void test_keys_of_services_beyond_the_cap_are_of_the_service_other (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_new (ZC_KEYS_MAX);
    char name [32];
    for (uint32_t i = 0; i < ZC_SERVICES_MAX - 2; i++)
        find (keys, of_service (i, name), false);
    for (uint32_t i = ZC_SERVICES_MAX; i < ZC_SERVICES_MAX + 10; i++) {
        uint32_t number = find (keys, of_service (i, name), true);
        assert_is (keys, number, key_of (ZCOST_QUERY_ROUTER, "other", "simple", "gpt-4o", "openai"));
    }
    assert_int_equal (zc_keys_count (keys), ZC_SERVICES_MAX - 1);
    uint32_t tagged = find (keys, with_tags (of_service (ZC_SERVICES_MAX, name), "\4team\3red"), true);
    assert_is (keys, tagged,
               with_tags (key_of (ZCOST_QUERY_ROUTER, "other", "simple", "gpt-4o", "openai"), "\4team\3red"));
    /* New keys of services that are known. */
    find (keys, key_of (ZCOST_LLM_CALL, "s7", "", "gpt-4o", ""), false);
    find (keys, key_of (ZCOST_LLM_CALL, "default", "", "gpt-4o", ""), false);
    find (keys, key_of (ZCOST_LLM_CALL, "other", "", "gpt-4o", ""), false);
    zc_keys_destroy (&keys);
}

/* ---------------------------------------------------------------------- restore */

typedef struct {
    char service [32], model [32], tags [32];
    zc_dimensions_t key;
} any_t;

static void any_key (any_t *any)
{
    static const char *const tiers [] = {"simple", "complex"};
    snprintf (any->service, sizeof any->service, "s%u", random_below (2 * ZC_SERVICES_MAX));
    snprintf (any->model, sizeof any->model, "m%u", random_below (4));
    any->key = key_of (ZCOST_QUERY_ROUTER, random_below (50) ? any->service : "other", tiers [random_below (2)],
                       random_below (50) ? any->model : "other", random_below (2) ? "openai" : "other");
    snprintf (any->tags, sizeof any->tags, "\4team\1%u", random_below (3));
    if (random_below (2))
        any->key = with_tags (any->key, any->tags);
}

/* Two tables that are asked the same give the same numbers, and so does one restored in between. */
static void test_keys_numbers_are_a_function_of_what_was_asked (void **state)
{
    (void) state;
    enum { ASKED = 12000, MAX = 3000 };
    zc_keys_t *first = keys_new (MAX), *second = keys_new (MAX);
    any_t any;
    for (int i = 0; i < ASKED; i++) {
        if (i % 1500 == 1000) {
            zc_keys_t *restored = keys_new (MAX);
            for (uint32_t key = 0; key < zc_keys_count (second); key++)
                assert_int_equal (zc_keys_restore (restored, &zc_keys_at (second, key)->dimensions), 0);
            zc_keys_destroy (&second);
            second = restored;
        }
        any_key (&any);
        uint32_t a, b;
        bool folded_a, folded_b;
        assert_int_equal (zc_keys_find (first, &any.key, &a, &folded_a), 0);
        assert_int_equal (zc_keys_find (second, &any.key, &b, &folded_b), 0);
        assert_int_equal (a, b);
        assert_int_equal (folded_a, folded_b);
        assert_is (second, b, zc_keys_at (first, a)->dimensions);
    }
    assert_int_equal (zc_keys_count (first), MAX + 2); /* the walk met both caps */
    zc_keys_destroy (&first);
    zc_keys_destroy (&second);
}

static void test_keys_are_restored_whatever_the_caps (void **state)
{
    (void) state;
    zc_keys_t *keys = keys_new (3);
    char name [32];
    zc_dimensions_t key;
    for (uint32_t i = 0; i < ZC_SERVICES_MAX + 10; i++) {
        key = of_service (i, name);
        assert_int_equal (zc_keys_restore (keys, &key), 0);
        assert_is (keys, i, key);
    }
    key = of_service (5, name);
    assert_int_equal (zc_keys_restore (keys, &key), -1); /* it has a number */
    assert_int_equal (zc_keys_count (keys), ZC_SERVICES_MAX + 10);
    assert_int_equal (find (keys, of_service (ZC_SERVICES_MAX + 9, name), false), ZC_SERVICES_MAX + 9);
    find (keys, of_service (ZC_SERVICES_MAX + 10, name), true);
    zc_keys_destroy (&keys);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_keys_differ_by_every_dimension),
        cmocka_unit_test (test_keys_differ_by_every_byte_of_a_name),
        cmocka_unit_test (test_keys_stay_where_they_are),
        cmocka_unit_test (test_keys_can_be_read_while_others_are_added),
        cmocka_unit_test (test_keys_beyond_the_cap_are_other_of_their_type_and_tier),
        cmocka_unit_test (test_keys_named_other_do_not_count_against_the_cap),
        cmocka_unit_test (test_keys_of_services_beyond_the_cap_are_of_the_service_other),
        cmocka_unit_test (test_keys_numbers_are_a_function_of_what_was_asked),
        cmocka_unit_test (test_keys_are_restored_whatever_the_caps),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
