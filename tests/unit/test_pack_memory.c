/* SPDX-License-Identifier: MPL-2.0
 *
 * test_pack_memory.c - whichever allocation fails, whoever packs a message tells of it, and hands out no half of one.
 */
#include "wire/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "budgets.h"
#include "core/pricing/effective_config.h"
#include "failing_memory.h"
#include "query_specs.h"
#include "wire/json.h"

#define PRODUCERS 120
#define PRODUCER "30313233343536373839616263646566"

/* All that can be packed, and much of it. */
typedef struct {
    asked_t asked;
    spending_t *spending;
    zc_rows_t *rows;
    zc_window_plan_t plan;
    zc_query_spec_t spec;
    zc_alert_t alert;
    zc_effective_config_t config;
} world_t;

static world_t world;

static void add_producers (void)
{
    zc_producers_destroy (&world.asked.producers);
    world.asked.producers =
        zc_producers_new (&(zc_producers_limits_t){PRODUCERS, 10, 1000}, &(zc_siphash_secret_t){{1, 2}});
    assert_non_null (world.asked.producers);
    world.asked.view.producers = world.asked.producers;
    for (int i = 0; i < PRODUCERS; i++) {
        zc_stamp_t stamp = {.producer = {(uint8_t) i, 1}, .epoch = 1, .seq = 1};
        assert_int_equal (zc_producers_take (world.asked.producers, &stamp, 5, false, ASKED_MS), ZC_FRAME_NEW);
    }
}

static void add_budgets (void)
{
    static const char *const names [] = {"all", "search", "nights"};
    void *spending;
    set_up (&spending);
    world.spending = spending;
    for (size_t i = 0; i < COUNT (names); i++) {
        zc_budget_t budget = monthly (10 * USD);
        strcpy (budget.name, names [i]);
        add_budget (world.spending, budget);
    }
    make (world.spending);
    for (size_t i = 0; i < COUNT (names); i++)
        zc_budgets_set_period (world.spending->budgets, i, SINCE, UNTIL);
    set_base (world.spending, 9 * USD);
    look (world.spending, NOW);
    assert_true (zc_budgets_alerts (world.spending->budgets) > 0);
    world.alert = *zc_budgets_alert (world.spending->budgets, 0);
    world.asked.view.budgets = world.spending->budgets;
}

static void add_rows (void)
{
    const zc_keys_t *keys = zc_ledger_keys (world.asked.fixture.ledger);
    const zc_span_t all = {ZC_MINUTE, INT64_MIN, INT64_MAX};
    world.spec = (zc_query_spec_t){.asked = ZC_SPEC_BREAKDOWN, .rows_max = ZC_ROWS_MAX, .by_count = 2};
    world.spec.by [0] = (zc_dimension_t){ZC_BY_TYPE, str_of ("type")};
    world.spec.by [1] = (zc_dimension_t){ZC_BY_TIER, str_of ("tier")};
    world.plan = (zc_window_plan_t){.since_s = INT64_MIN, .until_s = INT64_MAX, .since_ms = 5, .until_ms = 6};
    world.rows = zc_rows_new (&world.spec, &world.plan, keys, zc_keys_count (keys));
    assert_non_null (world.rows);
    assert_int_equal (zc_rows_add_cells (world.rows, zc_ledger_changes (world.asked.fixture.ledger), &all), 0);
}

static int begin_world (void **state)
{
    zc_policy_t policy;
    (void) state;
    zc_policy_default (&policy);
    assert_int_equal (zc_policy_add_tag (&policy, "team"), 0);
    asked_begin (&world.asked, &policy);
    for (int i = 0; i < 10; i++) {
        char model [32];
        snprintf (model, sizeof model, "unknown-%d", i);
        fold (&world.asked.fixture, with_cost (query_of (i % 2 ? "simple" : "complex"), 1000 + i));
        fold (&world.asked.fixture, with_input (with_model (event_of (ZCOST_LLM_CALL), model), 10));
        reject_one (&world.asked, ZC_BAD_FIELD, ZC_WHY_NOT_FINITE, ZC_KEY_COST, "\x81\xa4type");
    }
    world.asked.storage_status = (zc_storage_status_t){
        .kept = true, .directory = "/ledger", .store_kind = "sqlite", .syncing = true, .committing = true};
    add_producers ();
    add_budgets ();
    add_rows ();
    world.config = (zc_effective_config_t){.policy = policy, .prices_source = "builtin"};
    return 0;
}

static int end_world (void **state)
{
    void *spending = world.spending;
    (void) state;
    zc_rows_destroy (&world.rows);
    tear_down (&spending);
    asked_end (&world.asked);
    return 0;
}

/* -------------------------------------------------------------------- messages */

static void pack_snapshot (zc_pack_t *out)
{
    zc_report_pack (out, &world.asked.view, zc_ledger_totals (world.asked.fixture.ledger), NULL);
}

static void pack_alert (zc_pack_t *out)
{
    zc_budgets_pack_alert (world.spending->budgets, out, 0, "node-1");
}

static void pack_record (zc_pack_t *out)
{
    zc_budget_record_pack (out, &world.alert);
}

static void pack_config (zc_pack_t *out)
{
    static char prices [100000];
    memset (prices, ' ', sizeof prices);
    zc_effective_config_pack (&world.config, prices, sizeof prices, out);
}

static void pack_error (zc_pack_t *out)
{
    zc_reply_pack_error ("unavailable", "there is no store here", out);
}

static bool is_same (const zc_pack_t *a, const zc_pack_t *b)
{
    return a->size == b->size && memcmp (a->data, b->data, a->size) == 0;
}

/* Packs with the nth allocation failing, from the first one on until none does. Returns how many there were. */
static int fail_each (void (*pack) (zc_pack_t *out), bool behind, void (*check) (const zc_pack_t *out, int n))
{
    zc_pack_t good = {.data = NULL};
    pack (&good);
    assert_false (zc_pack_failed (&good));
    assert_true (good.size > 0);
    for (int n = 1;; n++) {
        zc_pack_t out = {.data = NULL};
        int before = failures;
        fails_behind = behind;
        fails_in = n;
        pack (&out);
        bool all = failures == before;
        fails_in = 0;
        if (all)
            assert_true (!zc_pack_failed (&out) && is_same (&out, &good));
        else
            check (&out, n);
        zc_pack_term (&out);
        if (all) {
            zc_pack_term (&good);
            return n - 1;
        }
    }
}

static void check_nothing (const zc_pack_t *out, int n)
{
    (void) n;
    assert_true (zc_pack_failed (out));
    assert_int_equal (out->size, 0);
}

static void test_pack_without_memory_is_nothing (void **state)
{
    (void) state;
    static const struct {
        void (*pack) (zc_pack_t *out);
        int allocations;
    } table [] = {{pack_snapshot, 3}, {pack_alert, 1}, {pack_record, 1}, {pack_config, 2}, {pack_error, 1}};
    for (size_t i = 0; i < COUNT (table); i++)
        for (int behind = 0; behind < 2; behind++)
            assert_true (fail_each (table [i].pack, behind, check_nothing) >= table [i].allocations);
}

/* Even who goes on packing, and who packs again into the same memory. */
static void test_pack_that_failed_stays_nothing_until_it_is_cleared (void **state)
{
    (void) state;
    zc_pack_t out = {.data = NULL};
    fails_behind = false;
    fails_in = 1;
    zc_pack_map (&out, 1);
    assert_true (zc_pack_failed (&out));
    for (int i = 0; i < 1000; i++)
        zc_pack_key_int (&out, "key", i);
    check_nothing (&out, 0);
    zc_pack_clear (&out);
    assert_false (zc_pack_failed (&out));
    zc_pack_int (&out, 1);
    assert_int_equal (out.size, 1);
    zc_pack_term (&out);
}

/* --------------------------------------------------------------------- replies */

static zc_request_t request;

static void read_request (const pair_t *pairs, size_t count)
{
    static bytes_t bytes;
    zc_pack_t reply = {.data = NULL};
    msgpack_sbuffer_clear (&bytes);
    pack_map (&bytes, pairs, count);
    assert_int_equal (zc_reply_read_request (&world.asked.view, bytes.data, bytes.size, &request, &reply), 0);
}

static void pack_reply (zc_pack_t *reply)
{
    zc_reply_pack (&world.asked.view, &request, reply);
}

static void pack_window (zc_pack_t *reply)
{
    zc_reply_pack_report (&world.asked.view, &world.plan, world.rows, reply);
}

static void pack_refused (zc_pack_t *reply)
{
    assert_int_equal (zc_reply_read_request (&world.asked.view, "\xc0", 1, &request, reply), -1);
}

/* The client is told; opens a copy. */
static void check_error (const zc_pack_t *reply, int n)
{
    zc_pack_t copy = {.data = NULL};
    (void) n;
    assert_false (zc_pack_failed (reply));
    zc_pack_raw (&copy, reply->data, reply->size);
    opened_t opened = open_bytes (copy);
    assert_false (AT (&opened.root, "ok")->via.boolean);
    assert_text (AT (&opened.root, "error", "code"), "unavailable");
    assert_text (AT (&opened.root, "error", "message"), "out of memory");
    close_bytes (&opened);
}

/* In the memory of what was begun, the client can still be told; without any there is no reply. */
static void check_error_or_nothing (const zc_pack_t *reply, int n)
{
    if (reply->capacity == 0)
        check_nothing (reply, n);
    else
        check_error (reply, n);
}

static void assert_told (void (*pack) (zc_pack_t *out), int allocations)
{
    assert_true (fail_each (pack, false, check_error) >= allocations);
    assert_true (fail_each (pack, true, check_error_or_nothing) >= allocations);
}

static void test_pack_a_reply_without_memory_says_so (void **state)
{
    (void) state;
    static const struct {
        pair_t pairs [2];
        size_t count;
        int allocations;
    } table [] = {
        {{{"query", STR_OF ("report")}}, 1, 3},  {{{"query", STR_OF ("health")}}, 1, 5},
        {{{"query", STR_OF ("rejects")}}, 1, 1}, {{{"query", STR_OF ("price")}, {"model", STR_OF ("gpt-4o")}}, 2, 1},
        {{{"query", STR_OF ("budgets")}}, 1, 2}, {{{"query", STR_OF ("ack")}, {"producer", STR_OF (PRODUCER)}}, 2, 1},
        {{{"query", STR_OF ("ping")}}, 1, 1},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        read_request (table [i].pairs, table [i].count);
        assert_told (pack_reply, table [i].allocations);
    }
}

static void test_pack_a_reply_about_a_window_without_memory_says_so (void **state)
{
    (void) state;
    assert_told (pack_window, 3);
}

static void test_pack_a_refusal_without_memory_is_no_reply (void **state)
{
    (void) state;
    for (int behind = 0; behind < 2; behind++)
        assert_int_equal (fail_each (pack_refused, behind, check_nothing), 1);
}

/* ------------------------------------------------------------------------ JSON */

static void test_pack_json_without_memory_says_so (void **state)
{
    (void) state;
    json_t *json = json_object ();
    for (int i = 0; i < 500; i++) {
        char key [32];
        snprintf (key, sizeof key, "key%d", i);
        json_object_set_new (json, key, json_pack ("[ibfs]", i, i % 2, 0.5, "text"));
    }
    int failed = 0;
    for (int n = 1;; n++, failed++) {
        void *bytes = &world;
        size_t size = 4711;
        fails_behind = false;
        fails_in = n;
        int rc = zc_json_pack (json, &bytes, &size);
        bool all = fails_in > 0;
        fails_in = 0;
        if (all) {
            assert_int_equal (rc, ZC_JSON_OK);
            free (bytes);
            break;
        }
        assert_int_equal (rc, ZC_JSON_ENOMEM);
        assert_ptr_equal (bytes, &world);
        assert_int_equal (size, 4711);
    }
    assert_true (failed >= 4);
    json_decref (json);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_pack_without_memory_is_nothing),
        cmocka_unit_test (test_pack_that_failed_stays_nothing_until_it_is_cleared),
        cmocka_unit_test (test_pack_a_reply_without_memory_says_so),
        cmocka_unit_test (test_pack_a_reply_about_a_window_without_memory_says_so),
        cmocka_unit_test (test_pack_a_refusal_without_memory_is_no_reply),
        cmocka_unit_test (test_pack_json_without_memory_says_so),
    };
    return cmocka_run_group_tests (tests, begin_world, end_world);
}
