/* SPDX-License-Identifier: MPL-2.0
 *
 * test_engine_memory.c - whichever allocation fails, terms are refused as a whole, and a query about a window of time
 * has no half of an answer.
 */
#include "daemon/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <czmq.h>

#include "daemon/checkpoint_capture.h"
#include "daemon/window_query.h"
#include "engines.h"
#include "events.h"
#include "failing_memory.h"
#include "unpack.h"

static zc_settings_t settings;
static zc_engine_t engine;
static zc_pack_t terms; /* those in force, a copy */

static int begin (void **state)
{
    (void) state;
    settings = engine_settings ();
    engine_begin (&engine, &settings);
    zc_pack_raw (&terms, engine.config.data, engine.config.size);
    assert_false (zc_pack_failed (&terms));
    return 0;
}

static int end (void **state)
{
    (void) state;
    zc_pack_term (&terms);
    zc_engine_term (&engine);
    return 0;
}

static bool are_terms (const void *bytes, size_t size)
{
    return size == terms.size && memcmp (bytes, terms.data, size) == 0;
}

/* Runs with each allocation failing in turn. Returns how many there were. */
static int fail_each (int (*run) (void), void (*check_failed) (void))
{
    for (int n = 1;; n++) {
        int before = failures;
        fails_in = n;
        int rc = run ();
        fails_in = 0;
        if (failures == before) {
            assert_int_equal (rc, 0);
            return n - 1;
        }
        assert_int_equal (rc, -1);
        check_failed ();
    }
}

/* ------------------------------------------------------------------------ read */

static zc_pack_t config;

static int read_terms (void)
{
    zc_pack_term (&config);
    return zc_engine_read_config (&engine, &config);
}

static void check_nothing_read (void)
{
    assert_int_equal (config.size, 0);
}

static void test_engine_reads_no_half_of_its_terms (void **state)
{
    (void) state;
    assert_true (fail_each (read_terms, check_nothing_read) >= 3);
    assert_true (zc_engine_has_config (&engine, config.data, config.size));
    zc_pack_term (&config);
}

static void test_engine_without_memory_to_compare_takes_terms_for_others (void **state)
{
    (void) state;
    assert_true (zc_engine_has_config (&engine, terms.data, terms.size));
    for (int n = 1, before = failures;; n++, before = failures) {
        fails_in = n;
        bool has = zc_engine_has_config (&engine, terms.data, terms.size);
        fails_in = 0;
        assert_int_equal (has, failures == before);
        if (has) {
            assert_true (n > 2);
            break;
        }
    }
}

/* ------------------------------------------------------------------------ take */

static zc_engine_t other;

static int take_terms (void)
{
    return zc_engine_take_config (&other, terms.data, terms.size);
}

static void check_none_taken (void)
{
    assert_int_equal (other.config.size, 0);
    assert_false (zc_pack_failed (&other.config));
}

static void test_engine_takes_no_half_of_terms (void **state)
{
    (void) state;
    assert_int_equal (zc_engine_init (&other, &settings), 0);
    assert_true (fail_each (take_terms, check_none_taken) >= 3);
    assert_true (are_terms (other.config.data, other.config.size));
    zc_engine_term (&other);
}

/* --------------------------------------------------------------------- capture */

static zc_checkpoint_capture_t *capture;

static int capture_terms (void)
{
    zc_checkpoint_capture_destroy (&capture);
    capture = zc_checkpoint_capture_new ();
    return capture ? zc_checkpoint_capture_run (capture, &engine, 1, 0, 0, true) : -1;
}

static void check_nothing_captured (void)
{
    assert_true (!capture || zc_checkpoint_capture_result (capture)->config_size == 0);
}

static void test_engine_terms_are_captured_whole_or_not_at_all (void **state)
{
    (void) state;
    assert_true (fail_each (capture_terms, check_nothing_captured) >= 3);
    const zc_checkpoint_t *checkpoint = zc_checkpoint_capture_result (capture);
    assert_true (are_terms (checkpoint->config, checkpoint->config_size));
    zc_checkpoint_capture_destroy (&capture);
}

/* ---------------------------------------------------------------- window query */

#define SERVICES 50

static zc_read_view_t view;
static zc_shared_recent_t recent;

static void fold_services (void)
{
    for (int i = 0; i < SERVICES; i++) {
        char service [32];
        snprintf (service, sizeof service, "service-%d", i);
        zc_event_t event = with_ts (with_service (with_cost (query_of ("simple"), i), service), view.now_ms - 1000);
        assert_int_equal (zc_ledger_fold (engine.intake.ledger, &event, view.now_ms), 0);
    }
}

static void no_help (void *argument, zc_window_query_t *query)
{
    (void) argument, (void) query;
}

static zc_window_query_t *ask (zc_store_reader_t *reader)
{
    static const zc_help_t help = {no_help, no_help, NULL};
    zc_window_query_t *query = zc_window_query_new ();
    if (!query)
        return NULL;
    query->spec = (zc_query_spec_t){.asked = ZC_SPEC_BREAKDOWN, .rows_max = ZC_ROWS_MAX, .by_count = 1};
    query->spec.by [0] = (zc_dimension_t){ZC_BY_SERVICE, str_of ("service")};
    query->wants_reply = true;
    query->read_view = &view;
    zc_window_query_run (query, reader, &recent, &help);
    return query;
}

static void check_query (const zc_window_query_t *query, bool all)
{
    if (!all) {
        assert_string_equal (query->code, "unavailable");
        assert_non_null (query->why);
        assert_int_equal (query->reply.size, 0);
        return;
    }
    zc_pack_t copy = {.data = NULL};
    assert_null (query->code);
    zc_pack_raw (&copy, query->reply.data, query->reply.size);
    opened_t result = open_bytes (copy);
    assert_int_equal (AT (&result.root, "result", "rows")->via.array.size, SERVICES);
    close_bytes (&result);
}

static void test_engine_a_window_query_without_memory_says_so (void **state)
{
    char why [256];
    (void) state;
    view.now_ms = zclock_time ();
    fold_services ();
    zc_store_t *store = zc_store_open_in_memory (view.now_ms, why);
    zc_store_reader_t *reader = zc_store_reader_new (store, why);
    assert_non_null (reader);
    assert_int_equal (zc_read_view_capture (&view, &engine, NULL, 0, true), 0);
    recent.recent = zc_recent_minutes_new (view.now_ms / 60000 * 60 - 3600);
    pthread_rwlock_init (&recent.lock, NULL);
    bool all = false;
    int n = 1;
    for (; !all; n++) {
        int before = failures;
        fails_in = n;
        zc_window_query_t *query = ask (reader);
        fails_in = 0;
        all = failures == before;
        assert_true (query || n == 1);
        if (query)
            check_query (query, all);
        zc_window_query_destroy (&query);
    }
    assert_true (n > 10);
    pthread_rwlock_destroy (&recent.lock);
    zc_recent_minutes_destroy (&recent.recent);
    zc_read_view_term (&view);
    zc_store_reader_destroy (&reader);
    zc_store_close (&store);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_engine_reads_no_half_of_its_terms),
        cmocka_unit_test (test_engine_without_memory_to_compare_takes_terms_for_others),
        cmocka_unit_test (test_engine_takes_no_half_of_terms),
        cmocka_unit_test (test_engine_terms_are_captured_whole_or_not_at_all),
        cmocka_unit_test (test_engine_a_window_query_without_memory_says_so),
    };
    return cmocka_run_group_tests (tests, begin, end);
}
