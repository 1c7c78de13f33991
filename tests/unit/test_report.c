/* SPDX-License-Identifier: MPL-2.0
 *
 * test_report.c - what report.h and the contract promise of the report: its shape, key by key, and
 * how its numbers are rounded.
 */
#include "core/api/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack.h"
#include "view.h"

/* The report over all events; window: NULL for all time. */
static opened_t report_within (asked_t *asked, const zc_window_t *window)
{
    zc_pack_t buffer = {.data = NULL};
    zc_report_pack (&buffer, &asked->view, zc_ledger_totals (asked->fixture.ledger), window);
    return open_bytes (buffer);
}

static opened_t report_of (asked_t *asked)
{
    return report_within (asked, NULL);
}

/* Every key of the contract, and no other, where nothing has happened yet. */
static void test_report_of_nothing_has_every_key (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    opened_t opened = report_of (&asked);
    const msgpack_object *report = &opened.root;
    static const char *const tiers [] = {"simple", "medium", "complex"};
    static const char *const models [] = {"gpt-4o-mini", "gpt-4.1-mini", "gpt-4o"};

    ASSERT_KEYS (report, "query_router", "embedding_cache", "rag_parallel", "llm_calls", "savings", "timestamp",
                 "zcost");
    const msgpack_object *router = AT (report, "query_router");
    ASSERT_KEYS (router, "total_queries", "cost_breakdown", "total_cost", "estimated_savings", "savings_percent",
                 "total_cost_usd", "net_savings_usd", "baseline", "unpriced_queries");
    assert_integer (AT (router, "total_queries"), 0);
    ASSERT_KEYS (AT (router, "cost_breakdown"), "simple", "medium", "complex");
    for (size_t i = 0; i < COUNT (tiers); i++) {
        const msgpack_object *tier = AT (router, "cost_breakdown", tiers [i]);
        ASSERT_KEYS (tier, "queries", "cost", "cost_usd", "model");
        assert_integer (AT (tier, "queries"), 0);
        assert_double (AT (tier, "cost"), 0);
        assert_text (AT (tier, "cost_usd"), "0.000000000");
        assert_text (AT (tier, "model"), models [i]);
    }
    assert_double (AT (router, "total_cost"), 0);
    assert_double (AT (router, "estimated_savings"), 0);
    assert_double (AT (router, "savings_percent"), 0);
    assert_text (AT (router, "total_cost_usd"), "0.000000000");
    assert_text (AT (router, "net_savings_usd"), "0.000000000");
    ASSERT_KEYS (AT (router, "baseline"), "model", "per_query_usd", "measured_queries", "assumed_queries");
    assert_text (AT (router, "baseline", "model"), "gpt-4o");
    assert_text (AT (router, "baseline", "per_query_usd"), "0.035000000");
    assert_integer (AT (router, "baseline", "measured_queries"), 0);
    assert_integer (AT (router, "baseline", "assumed_queries"), 0);
    assert_integer (AT (router, "unpriced_queries"), 0);

    const msgpack_object *cache = AT (report, "embedding_cache");
    ASSERT_KEYS (cache, "total_requests", "cache_hits", "cache_misses", "hit_rate_percent", "estimated_cost_saved",
                 "estimated_cost_saved_usd");
    assert_integer (AT (cache, "total_requests"), 0);
    assert_integer (AT (cache, "cache_hits"), 0);
    assert_integer (AT (cache, "cache_misses"), 0);
    assert_double (AT (cache, "hit_rate_percent"), 0);
    assert_double (AT (cache, "estimated_cost_saved"), 0);

    const msgpack_object *rag = AT (report, "rag_parallel");
    ASSERT_KEYS (rag, "total_preloads", "avg_time_saved_seconds", "measured_preloads");
    assert_integer (AT (rag, "total_preloads"), 0);
    assert_double (AT (rag, "avg_time_saved_seconds"), 0);
    assert_integer (AT (rag, "measured_preloads"), 0);

    const msgpack_object *calls = AT (report, "llm_calls");
    ASSERT_KEYS (calls, "total_calls", "total_cost", "total_cost_usd", "unpriced_calls");
    assert_integer (AT (calls, "total_calls"), 0);
    assert_double (AT (calls, "total_cost"), 0);
    assert_text (AT (calls, "total_cost_usd"), "0.000000000");
    assert_integer (AT (calls, "unpriced_calls"), 0);

    const msgpack_object *savings = AT (report, "savings");
    ASSERT_KEYS (savings, "baseline_model", "router", "tiers", "embedding_cache", "prompt_cache", "unpriced_events");
    assert_text (AT (savings, "baseline_model"), "gpt-4o");
    ASSERT_KEYS (AT (savings, "router"), "net_usd", "measured_usd", "assumed_usd");
    ASSERT_KEYS (AT (savings, "tiers"), "simple", "medium", "complex");
    ASSERT_KEYS (AT (savings, "tiers", "simple"), "net_usd", "measured_usd", "assumed_usd");
    ASSERT_KEYS (AT (savings, "embedding_cache"), "saved_usd", "measured_usd", "assumed_usd");
    ASSERT_KEYS (AT (savings, "prompt_cache"), "net_usd");
    assert_text (AT (savings, "prompt_cache", "net_usd"), "0.000000000");
    assert_integer (AT (savings, "unpriced_events"), 0);
    close_bytes (&opened);
    asked_end (&asked);
}

static void test_report_says_who_reports_and_since_when (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    fold (&asked.fixture, query_of ("simple"));
    reject_one (&asked, ZC_NOT_A_MAP, ZC_WHY_NO_MAP, -1, "x");
    reject_one (&asked, ZC_NOT_A_MAP, ZC_WHY_NO_MAP, -1, "y");
    zc_delivery_t delivery = {.duplicate = 3, .lost = 4, .dropped = 5};
    zc_producers_restore_delivery (asked.producers, &delivery, false);
    opened_t opened = report_of (&asked);
    assert_text (AT (&opened.root, "timestamp"), "2026-01-02T00:00:59.007Z");
    const msgpack_object *zcost = AT (&opened.root, "zcost");
    ASSERT_KEYS (zcost, "version", "instance", "incarnation", "sequence", "interval_seconds", "since", "until",
                 "events", "price_table");
    assert_text (AT (zcost, "version"), "1.2.3");
    assert_text (AT (zcost, "instance"), "here");
    assert_text (AT (zcost, "incarnation"), "0123456789abcdef");
    assert_integer (AT (zcost, "sequence"), 17);
    assert_integer (AT (zcost, "interval_seconds"), 30);
    assert_integer (AT (zcost, "since"), BEGAN_MS);
    assert_integer (AT (zcost, "until"), ASKED_MS);
    ASSERT_KEYS (AT (zcost, "events"), "accepted", "rejected", "duplicate", "lost", "dropped");
    assert_integer (AT (zcost, "events", "accepted"), 1);
    assert_integer (AT (zcost, "events", "rejected"), 2);
    assert_integer (AT (zcost, "events", "duplicate"), 3);
    assert_integer (AT (zcost, "events", "lost"), 4);
    assert_integer (AT (zcost, "events", "dropped"), 5);
    ASSERT_KEYS (AT (zcost, "price_table"), "source", "models", "not_read", "loaded_at");
    assert_text (AT (zcost, "price_table", "source"), "builtin");
    assert_integer (AT (zcost, "price_table", "models"), 5);
    assert_integer (AT (zcost, "price_table", "not_read"), 0);
    assert_text (AT (zcost, "price_table", "loaded_at"), "2026-01-01T00:00:00.123Z");
    close_bytes (&opened);

    asked.about.interval_ms = 250;
    opened = report_of (&asked);
    assert_double (AT (&opened.root, "zcost", "interval_seconds"), 0.25);
    close_bytes (&opened);
    asked_end (&asked);
}

static void test_report_of_every_section (void **state)
{
    (void) state;
    zc_policy_t policy;
    zc_policy_default (&policy);
    assert_int_equal (zc_policy_set_tier (&policy, "free", ""), 0);
    asked_t asked;
    asked_begin (&asked, &policy);
    fold (&asked.fixture, with_cost (query_of ("simple"), 12345678));
    fold (&asked.fixture, with_output (with_input (query_of ("complex"), 1000), 100));
    fold (&asked.fixture, with_cost (query_of ("purple"), 1));
    fold (&asked.fixture, with_input (with_model (query_of ("medium"), "nobody's"), 5));
    fold (&asked.fixture, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 2, 1));
    fold (&asked.fixture, event_of (ZCOST_RAG_PARALLEL));
    fold (&asked.fixture, with_saved (event_of (ZCOST_RAG_PARALLEL), 1000000000));
    fold (&asked.fixture, with_cost (call_of ("gpt-4o"), 123456));
    fold (&asked.fixture, with_input (call_of ("nobody's"), 5));
    opened_t opened = report_of (&asked);

    const msgpack_object *router = AT (&opened.root, "query_router");
    assert_integer (AT (router, "total_queries"), 4);
    /* other because it was used, free not because it was not. */
    ASSERT_KEYS (AT (router, "cost_breakdown"), "simple", "medium", "complex", "other");
    assert_integer (AT (router, "cost_breakdown", "simple", "queries"), 1);
    assert_double (AT (router, "cost_breakdown", "simple", "cost"), 0.0123);
    assert_text (AT (router, "cost_breakdown", "simple", "cost_usd"), "0.012345678");
    assert_integer (AT (router, "cost_breakdown", "medium", "queries"), 1);
    assert_double (AT (router, "cost_breakdown", "complex", "cost"), 0.0012);
    assert_text (AT (router, "cost_breakdown", "other", "cost_usd"), "0.000000001");
    assert_text (AT (router, "cost_breakdown", "other", "model"), "");
    assert_double (AT (router, "total_cost"), 0.0135); /* 0.013545679 */
    assert_text (AT (router, "total_cost_usd"), "0.013545679");
    assert_double (AT (router, "estimated_savings"), 0.0577); /* 0.0712 - 0.013545679 */
    assert_text (AT (router, "net_savings_usd"), "0.057654321");
    assert_double (AT (router, "savings_percent"), 81.0); /* 80.975 */
    assert_integer (AT (router, "baseline", "measured_queries"), 1);
    assert_integer (AT (router, "baseline", "assumed_queries"), 2);
    assert_integer (AT (router, "unpriced_queries"), 1);

    const msgpack_object *cache = AT (&opened.root, "embedding_cache");
    assert_integer (AT (cache, "total_requests"), 3);
    assert_integer (AT (cache, "cache_hits"), 2);
    assert_integer (AT (cache, "cache_misses"), 1);
    assert_double (AT (cache, "hit_rate_percent"), 66.7);
    assert_double (AT (cache, "estimated_cost_saved"), 0.0002);

    assert_integer (AT (&opened.root, "rag_parallel", "total_preloads"), 2);
    assert_double (AT (&opened.root, "rag_parallel", "avg_time_saved_seconds"), 3.5);
    assert_integer (AT (&opened.root, "rag_parallel", "measured_preloads"), 1);

    assert_integer (AT (&opened.root, "llm_calls", "total_calls"), 2);
    assert_double (AT (&opened.root, "llm_calls", "total_cost"), 0.0001);
    assert_text (AT (&opened.root, "llm_calls", "total_cost_usd"), "0.000123456");
    assert_integer (AT (&opened.root, "llm_calls", "unpriced_calls"), 1);
    close_bytes (&opened);
    asked_end (&asked);
}

/* A router that costs more than the baseline saves nothing; the net says by how much. */
static void test_report_shows_a_loss_as_net_savings_only (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    fold (&asked.fixture, with_cost (query_of ("complex"), 1035000001));
    opened_t opened = report_of (&asked);
    const msgpack_object *router = AT (&opened.root, "query_router");
    assert_double (AT (router, "estimated_savings"), 0);
    assert_double (AT (router, "savings_percent"), 0);
    assert_text (AT (router, "net_savings_usd"), "-1.000000001");
    close_bytes (&opened);
    asked_end (&asked);
}

/* Costs to 4 decimals, percentages to 1, half to even, and the double that prints so. */
static void test_report_rounds_once (void **state)
{
    (void) state;
    static const struct {
        int64_t cost, hits, misses, saved_ns;
        double shown_cost, rate, average;
    } table [] = {
        {49999, 1, 1, 49999, 0.0, 50.0, 0.0},
        {50000, 1, 1999, 50000, 0.0, 0.0, 0.0}, /* ties: 0.05 percent, half of the last decimal */
        {150000, 3, 1997, 150000, 0.0002, 0.2, 0.0002},
        {1615000, 1, 2, -50001, 0.0016, 33.3, -0.0001},
        {1650000, 5, 1995, 1650000, 0.0016, 0.2, 0.0016},
        {100000000, 1, 0, 100000000, 0.1, 100.0, 0.1},
        {123456750000, 999999999999, 1, 2000000000, 123.4568, 100.0, 2.0},
        {999999999999999, 999, 1000000, -1000000000000000, 1000000.0, 0.1, -1000000.0},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        asked_t asked;
        asked_begin_default (&asked);
        fold (&asked.fixture, with_cost (query_of ("simple"), table [i].cost));
        fold (&asked.fixture, with_hits (event_of (ZCOST_EMBEDDING_CACHE), table [i].hits, table [i].misses));
        fold (&asked.fixture, with_saved (event_of (ZCOST_RAG_PARALLEL), table [i].saved_ns));
        opened_t opened = report_of (&asked);
        assert_double (AT (&opened.root, "query_router", "total_cost"), table [i].shown_cost);
        assert_double (AT (&opened.root, "query_router", "cost_breakdown", "simple", "cost"), table [i].shown_cost);
        assert_double (AT (&opened.root, "embedding_cache", "hit_rate_percent"), table [i].rate);
        assert_double (AT (&opened.root, "rag_parallel", "avg_time_saved_seconds"), table [i].average);
        close_bytes (&opened);
        asked_end (&asked);
    }
}

/* Sums at the end of 64 bits are shown as they are. */
static void test_report_of_the_largest_sums (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    for (int i = 0; i < 9223; i++)
        fold (&asked.fixture, with_cost (query_of ("simple"), 1000000000000000));
    fold (&asked.fixture, with_cost (query_of ("simple"), INT64_MAX - 9223000000000000000));
    opened_t opened = report_of (&asked);
    assert_text (AT (&opened.root, "query_router", "total_cost_usd"), "9223372036.854775807");
    assert_double (AT (&opened.root, "query_router", "total_cost"), 9223372036.8548);
    assert_text (AT (&opened.root, "query_router", "net_savings_usd"), "-9223371714.014775807");
    close_bytes (&opened);
    asked_end (&asked);
}

static void assert_saved (const msgpack_object *part, const char *key, const char *saved, const char *measured,
                          const char *assumed)
{
    assert_text (AT (part, key), saved);
    assert_text (AT (part, "measured_usd"), measured);
    assert_text (AT (part, "assumed_usd"), assumed);
}

/* Signed, by tier, and what is assumed apart from what is measured. */
static void test_report_tells_savings_by_driver (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    use_cached_prices (&asked.fixture);
    fold (&asked.fixture, with_cost (query_of ("simple"), 5000000));     /* assumed: 0.035 - 0.005 */
    fold (&asked.fixture, with_input (query_of ("simple"), 1000));       /* measured: 0.001 - 0.00001 */
    fold (&asked.fixture, with_cost (query_of ("complex"), 1035000001)); /* assumed: a loss */
    fold (&asked.fixture, with_input (query_of ("purple"), 9));          /* of no known price */
    fold (&asked.fixture, with_input (call_of ("nobody's"), 9));
    fold (&asked.fixture, with_prompt_cache (with_input (call_of ("gpt-4o"), 1000), 0, 1000)); /* -0.00025 */
    fold (&asked.fixture, with_hits (event_of (ZCOST_EMBEDDING_CACHE), 2, 0));
    fold (&asked.fixture, with_hits (with_input (with_model (event_of (ZCOST_EMBEDDING_CACHE), "embed"), 9), 1, 0));
    opened_t opened = report_of (&asked);
    const msgpack_object *savings = AT (&opened.root, "savings");
    assert_saved (AT (savings, "router"), "net_usd", "-0.969010001", "0.000990000", "-0.970000001");
    ASSERT_KEYS (AT (savings, "tiers"), "simple", "medium", "complex", "other");
    assert_saved (AT (savings, "tiers", "simple"), "net_usd", "0.030990000", "0.000990000", "0.030000000");
    assert_saved (AT (savings, "tiers", "complex"), "net_usd", "-1.000000001", "0.000000000", "-1.000000001");
    assert_saved (AT (savings, "tiers", "other"), "net_usd", "0.000000000", "0.000000000", "0.000000000");
    assert_saved (AT (savings, "embedding_cache"), "saved_usd", "0.000200045", "0.000000045", "0.000200000");
    assert_text (AT (savings, "prompt_cache", "net_usd"), "-0.000250000");
    assert_integer (AT (savings, "unpriced_events"), 2);
    close_bytes (&opened);
    asked_end (&asked);
}

static void test_report_of_a_window_says_which (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    const zc_window_t window = {.since_ms = 1767225600000, .until_ms = 1767229200000};
    opened_t opened = report_within (&asked, &window);
    assert_integer (AT (&opened.root, "zcost", "since"), 1767225600000);
    assert_integer (AT (&opened.root, "zcost", "until"), 1767229200000);
    assert_text (AT (&opened.root, "timestamp"), "2026-01-02T00:00:59.007Z"); /* when it was made */
    close_bytes (&opened);
    asked_end (&asked);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_report_of_nothing_has_every_key),
        cmocka_unit_test (test_report_says_who_reports_and_since_when),
        cmocka_unit_test (test_report_of_every_section),
        cmocka_unit_test (test_report_shows_a_loss_as_net_savings_only),
        cmocka_unit_test (test_report_rounds_once),
        cmocka_unit_test (test_report_of_the_largest_sums),
        cmocka_unit_test (test_report_tells_savings_by_driver),
        cmocka_unit_test (test_report_of_a_window_says_which),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
