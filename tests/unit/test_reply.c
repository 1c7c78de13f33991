/* SPDX-License-Identifier: MPL-2.0
 *
 * test_reply.c - what query.h and the contract promise of the answer to each query. Errors are in
 * test_reply_errors.c.
 */
#include "core/api/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "query_specs.h"

static void test_reply_ping (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    opened_t reply = ASK (&asked, {"query", STR ("ping")});
    const msgpack_object *result = result_of (&reply, "ping");
    ASSERT_KEYS (result, "version", "protocol", "incarnation");
    assert_text (AT (result, "version"), "1.2.3");
    assert_integer (AT (result, "protocol"), 1);
    assert_text (AT (result, "incarnation"), "0123456789abcdef");
    close_bytes (&reply);
    asked_end (&asked);
}

static void test_reply_budgets_without_budgets (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    opened_t reply = ASK (&asked, {"query", STR ("budgets")});
    const msgpack_object *budgets = AT (result_of (&reply, "budgets"), "budgets");
    assert_int_equal (budgets->type, MSGPACK_OBJECT_ARRAY);
    assert_int_equal (budgets->via.array.size, 0);
    close_bytes (&reply);
    asked_end (&asked);
}

static void test_reply_budgets_tells_the_budgets (void **state)
{
    (void) state;
    static zc_budget_list_t list = {.list = {{.name = "all", .limit_nanousd = 5, .timezone = "UTC"}}, .count = 1};
    asked_t asked;
    asked_begin_default (&asked);
    zc_budgets_t *budgets = zc_budgets_new (&list);
    assert_non_null (budgets);
    asked.view.budgets = budgets;
    opened_t reply = ASK (&asked, {"query", STR ("budgets")});
    const msgpack_object *rows = AT (result_of (&reply, "budgets"), "budgets");
    assert_int_equal (rows->via.array.size, 1);
    assert_text (AT (&rows->via.array.ptr [0], "name"), "all");
    close_bytes (&reply);
    zc_budgets_destroy (&budgets);
    asked_end (&asked);
}

static void test_reply_report_is_the_report (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    fold (&asked.fixture, with_cost (query_of ("simple"), 1));
    fold (&asked.fixture, with_service (with_cost (query_of ("simple"), 2), "search"));
    opened_t reply = ASK (&asked, {"query", STR ("report")});
    const msgpack_object *result = result_of (&reply, "report");
    assert_text (AT (result, "query_router", "total_cost_usd"), "0.000000003");
    assert_integer (AT (result, "zcost", "since"), BEGAN_MS);
    assert_integer (AT (result, "zcost", "until"), ASKED_MS);
    close_bytes (&reply);

    /* Of one service: its sums. */
    static const struct {
        const char *service, *usd;
    } table [] = {
        {"search", "0.000000002"},
        {"default", "0.000000001"},
        {"nobody", "0.000000000"},
        {"", "0.000000000"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        reply = ASK (&asked, {"query", STR ("report")}, {"service", STR (table [i].service)});
        assert_text (AT (result_of (&reply, "report"), "query_router", "total_cost_usd"), table [i].usd);
        close_bytes (&reply);
    }
    asked_end (&asked);
}

static void test_reply_health (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    fold (&asked.fixture, query_of ("simple"));
    fold (&asked.fixture, with_input (call_of ("nobody's"), 1));
    fold (&asked.fixture, with_input (call_of ("nobody's"), 1));
    fold (&asked.fixture, with_input (event_of (ZCOST_LLM_CALL), 1));
    reject_one (&asked, ZC_BAD_FIELD, ZC_WHY_NEGATIVE, ZC_KEY_COST, "x");
    opened_t reply = ASK (&asked, {"query", STR ("health")});
    const msgpack_object *health = result_of (&reply, "health");
    ASSERT_KEYS (health, "events", "rejected", "unpriced", "producers", "producers_total", "journal", "store",
                 "waiting", "recovered", "queues", "uptime_seconds", "rss_bytes", "cells", "cells_folded_to_other",
                 "tags", "instance", "version");
    ASSERT_KEYS (AT (health, "events"), "accepted", "rejected", "duplicate", "lost", "dropped");
    assert_integer (AT (health, "events", "accepted"), 4);
    assert_integer (AT (health, "events", "rejected"), 1);
    /* Every reason, those without a count too. */
    ASSERT_KEYS (AT (health, "rejected"), "malformed", "not_a_map", "missing_type", "unknown_type", "bad_field",
                 "overflow", "too_large", "stale", "spoofed");
    assert_integer (AT (health, "rejected", "bad_field"), 1);
    assert_integer (AT (health, "rejected", "malformed"), 0);
    ASSERT_KEYS (AT (health, "unpriced"), "nobody's", "");
    assert_integer (AT (health, "unpriced", "nobody's"), 2);
    assert_integer (AT (health, "unpriced", ""), 1);
    const msgpack_object *producers = AT (health, "producers");
    assert_int_equal (producers->type, MSGPACK_OBJECT_ARRAY);
    assert_int_equal (producers->via.array.size, 0);
    assert_text (AT (health, "journal", "state"), "none");
    assert_text (AT (health, "store", "state"), "none");
    const msgpack_object *queues = AT (health, "queues");
    assert_int_equal (queues->type, MSGPACK_OBJECT_MAP);
    for (uint32_t i = 0; i < queues->via.map.size; i++)
        assert_int_equal (queues->via.map.ptr [i].val.type, MSGPACK_OBJECT_POSITIVE_INTEGER);
    assert_integer (AT (health, "uptime_seconds"), (ASKED_MS - STARTED_MS) / 1000);
    assert_integer (AT (health, "rss_bytes"), 4096);
    assert_integer (AT (health, "cells"), 3); /* a query's key, and two models' */
    assert_integer (AT (health, "cells_folded_to_other"), 0);
    assert_text (AT (health, "instance"), "here");
    assert_text (AT (health, "version"), "1.2.3");
    close_bytes (&reply);
    asked_end (&asked);
}

/* Models beyond the cap are counted together under `other`, with the model that is so called: no event
 * is left out, no key stands twice. */
static void test_reply_health_counts_unpriced_models_beyond_the_cap (void **state)
{
    (void) state;
    for (int called_other = 0; called_other < 2; called_other++) {
        asked_t asked;
        asked_begin_default (&asked);
        for (int i = 0; i < ZC_TALLY_NAMES_MAX + 30; i++) {
            char model [16];
            snprintf (model, sizeof model, "m%d", i);
            fold (&asked.fixture, with_input (call_of (i == 0 && called_other ? "other" : model), 1));
        }
        opened_t reply = ASK (&asked, {"query", STR ("health")});
        const msgpack_object *unpriced = AT (result_of (&reply, "health"), "unpriced");
        assert_integer (AT (unpriced, "other"), 30 + called_other);
        assert_int_equal (unpriced->via.map.size, ZC_TALLY_NAMES_MAX + 1 - called_other);
        close_bytes (&reply);
        asked_end (&asked);
    }
}

static void test_reply_rejects_newest_first (void **state)
{
    (void) state;
    static const struct {
        zc_reason_t reason;
        zc_why_t why;
        int key;
        const char *head, *reason_name, *detail;
    } table [] = {
        {ZC_MALFORMED, ZC_WHY_TOO_DEEP, -1, "\x91\x91", "malformed", "nested deeper than 8"},
        {ZC_BAD_FIELD, ZC_WHY_NEGATIVE, ZC_KEY_COST, "\x81", "bad_field", "cost: negative"},
        {ZC_BAD_FIELD, ZC_WHY_NOT_UTF8, ZC_KEY_TYPE, "", "bad_field", "type: not UTF-8"},
    };
    asked_t asked;
    asked_begin_default (&asked);
    for (size_t i = COUNT (table); i-- > 0;)
        reject_one (&asked, table [i].reason, table [i].why, table [i].key, table [i].head);
    opened_t reply = ASK (&asked, {"query", STR ("rejects")});
    const msgpack_object *result = result_of (&reply, "rejects");
    ASSERT_KEYS (result, "rows");
    const msgpack_object *rows = AT (result, "rows");
    assert_int_equal (rows->type, MSGPACK_OBJECT_ARRAY);
    assert_int_equal (rows->via.array.size, COUNT (table));
    for (size_t i = 0; i < COUNT (table); i++) {
        const msgpack_object *row = &rows->via.array.ptr [i];
        ASSERT_KEYS (row, "ts", "reason", "detail", "head");
        assert_integer (AT (row, "ts"), ASKED_MS - 1);
        assert_text (AT (row, "reason"), table [i].reason_name);
        assert_text (AT (row, "detail"), table [i].detail);
        const msgpack_object *head = AT (row, "head");
        assert_int_equal (head->type, MSGPACK_OBJECT_BIN);
        assert_int_equal (head->via.bin.size, strlen (table [i].head));
        assert_memory_equal (head->via.bin.ptr, table [i].head, head->via.bin.size);
    }
    close_bytes (&reply);
    asked_end (&asked);
}

static void test_reply_rejects_as_many_as_wanted (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    zc_rejects_destroy (&asked.rejects);
    asked.view.rejects = asked.rejects = zc_rejects_new (200);
    for (int i = 0; i < 150; i++)
        reject_one (&asked, ZC_NOT_A_MAP, ZC_WHY_NO_MAP, -1, "x");
    static const struct {
        value_t limit;
        uint32_t rows;
    } table [] = {{NIL, 100},       {INT (0), 0},     {INT (1), 1},          {INT (149), 149},
                  {INT (150), 150}, {INT (151), 150}, {INT (INT64_MAX), 150}};
    for (size_t i = 0; i < COUNT (table); i++) {
        opened_t reply = ASK (&asked, {"query", STR ("rejects")}, {"limit", table [i].limit});
        assert_int_equal (AT (result_of (&reply, "rejects"), "rows")->via.array.size, table [i].rows);
        close_bytes (&reply);
    }
    asked_end (&asked);
}

/* ---------------------------------------------------------------------- price */

static void assert_rates (const msgpack_object *rates, const char *input, const char *read, const char *write,
                          const char *output, const char *reasoning)
{
    assert_text (AT (rates, "input_usd_per_mtok"), input);
    assert_text (AT (rates, "cache_read_usd_per_mtok"), read);
    assert_text (AT (rates, "cache_write_usd_per_mtok"), write);
    assert_text (AT (rates, "output_usd_per_mtok"), output);
    assert_text (AT (rates, "reasoning_usd_per_mtok"), reasoning);
    assert_int_equal (rates->via.map.size, 5);
}

static void use_table (asked_t *asked, const char *text)
{
    zc_prices_t *prices = read_table (text);
    assert_int_equal (zc_ledger_use_prices (asked->fixture.ledger, prices), 0);
    zc_prices_destroy (&asked->fixture.prices);
    asked->fixture.prices = prices;
}

static void test_reply_price_tells_the_rates_and_how_it_was_found (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    use_table (&asked,
               "{\"gpt-4o\": {\"input_cost_per_token\": 2.5e-06, \"output_cost_per_token\": 1e-05,"
               "  \"cache_read_input_token_cost\": 1.25e-06},"
               " \"long\": {\"input_cost_per_token\": 5.46875e-07, \"output_cost_per_token\": 1e-18,"
               "  \"output_cost_per_reasoning_token\": 0.5, \"input_cost_per_token_above_200k_tokens\": 3e-06,"
               "  \"output_cost_per_token_above_200k_tokens\": 4e-06},"
               " \"embed\": {\"input_cost_per_token\": 2e-08}, \"bad\": {}}");
    opened_t reply = ASK (&asked, {"query", STR ("price")}, {"model", STR ("openai/gpt-4o-2024-08-06")});
    const msgpack_object *price = result_of (&reply, "price");
    ASSERT_KEYS (price, "model", "resolved", "how", "rates", "price_table");
    assert_text (AT (price, "model"), "openai/gpt-4o-2024-08-06");
    assert_text (AT (price, "resolved"), "gpt-4o");
    assert_text (AT (price, "how"), "without_provider");
    assert_rates (AT (price, "rates"), "2.50", "1.25", "2.50", "10.00", "10.00");
    assert_text (AT (price, "price_table", "source"), "builtin");
    assert_integer (AT (price, "price_table", "models"), 3);
    assert_integer (AT (price, "price_table", "not_read"), 1);
    close_bytes (&reply);

    reply = ASK (&asked, {"query", STR ("price")}, {"model", STR ("long")});
    price = result_of (&reply, "price");
    ASSERT_KEYS (price, "model", "resolved", "how", "rates", "long_context", "price_table");
    assert_text (AT (price, "how"), "exact");
    assert_rates (AT (price, "rates"), "0.546875", "0.546875", "0.546875", "0.000000000001", "500000.00");
    ASSERT_KEYS (AT (price, "long_context"), "above_tokens", "rates");
    assert_integer (AT (price, "long_context", "above_tokens"), 200000);
    assert_rates (AT (price, "long_context", "rates"), "3.00", "3.00", "3.00", "4.00", "500000.00");
    close_bytes (&reply);

    /* A kind without a rate is absent, not 0. */
    reply = ASK (&asked, {"query", STR ("price")}, {"model", STR ("embed-20250101")});
    price = result_of (&reply, "price");
    assert_text (AT (price, "how"), "without_date");
    ASSERT_KEYS (AT (price, "rates"), "input_usd_per_mtok", "cache_read_usd_per_mtok", "cache_write_usd_per_mtok");
    assert_text (AT (price, "rates", "input_usd_per_mtok"), "0.02");
    close_bytes (&reply);
    asked_end (&asked);
}

static void test_reply_price_of_nobody_s_model (void **state)
{
    (void) state;
    static const char *const models [] = {"nobody's", "", "gpt-4", "/"};
    asked_t asked;
    asked_begin_default (&asked);
    for (size_t i = 0; i < COUNT (models); i++) {
        opened_t reply = ASK (&asked, {"query", STR ("price")}, {"model", STR (models [i])});
        const msgpack_object *price = result_of (&reply, "price");
        ASSERT_KEYS (price, "model", "resolved", "how", "price_table");
        assert_text (AT (price, "model"), models [i]);
        assert_int_equal (AT (price, "resolved")->type, MSGPACK_OBJECT_NIL);
        assert_text (AT (price, "how"), "unpriced");
        close_bytes (&reply);
    }
    asked_end (&asked);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_reply_ping),
        cmocka_unit_test (test_reply_budgets_without_budgets),
        cmocka_unit_test (test_reply_budgets_tells_the_budgets),
        cmocka_unit_test (test_reply_report_is_the_report),
        cmocka_unit_test (test_reply_health),
        cmocka_unit_test (test_reply_health_counts_unpriced_models_beyond_the_cap),
        cmocka_unit_test (test_reply_rejects_newest_first),
        cmocka_unit_test (test_reply_rejects_as_many_as_wanted),
        cmocka_unit_test (test_reply_price_tells_the_rates_and_how_it_was_found),
        cmocka_unit_test (test_reply_price_of_nobody_s_model),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
