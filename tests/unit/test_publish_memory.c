/* SPDX-License-Identifier: MPL-2.0
 *
 * test_publish_memory.c - snapshots, acknowledgements, alerts and replies without memory: a message is sent whole or not
 * at all, and what is to be told is told once there is memory.
 */
#include "daemon/publish_socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "daemon/budget_alerts.h"
#include "engines.h"
#include "failing_memory.h"
#include "unpack.h"

#define PATIENCE_MS 20000
#define ALERTS 2 /* thresholds that are passed */

static zc_settings_t settings;
static zc_engine_t engine;
static zsock_t *publisher, *subscriber;
static zc_publish_socket_t publish;
static zc_acks_t acks;

/* --------------------------------------------------------------------- storage */

/* In the place of the daemon's: keeps the alerts that are journaled. */
static zc_alert_t records [64];
static size_t records_count;

int zc_storage_append (zc_storage_t *self, zc_record_kind_t kind, int64_t arrival_ms, const void *data, size_t size)
{
    (void) self, (void) arrival_ms;
    assert_int_equal (kind, ZC_RECORD_ALERT);
    assert_true (records_count < sizeof records / sizeof *records);
    return zc_budget_record_read (data, size, &records [records_count++]); /* whole, or -1 */
}

int zc_storage_write (zc_storage_t *self)
{
    (void) self;
    return 0;
}

zc_position_t zc_storage_written (const zc_storage_t *self)
{
    (void) self;
    return records_count;
}

zc_position_t zc_storage_synced (zc_storage_t *self)
{
    (void) self;
    return records_count;
}

int zc_storage_wait_synced (zc_storage_t *self)
{
    (void) self;
    return 0;
}

zc_window_query_t *zc_window_query_new (void)
{
    return NULL; /* bases come from the test */
}

void zc_storage_ask (zc_storage_t *self, zc_window_query_t *query)
{
    (void) self, (void) query;
    fail ();
}

/* --------------------------------------------------------------------- sockets */

static int begin (void **state)
{
    (void) state;
    settings = engine_settings ();
    settings.budgets = (zc_budget_list_t){.count = 1};
    settings.budgets.list [0] = (zc_budget_t){.name = "all",
                                              .limit_nanousd = 1000,
                                              .period = ZC_PERIOD_MONTH,
                                              .timezone = "UTC",
                                              .percents = {50, 80, 100},
                                              .percents_count = 3};
    engine_begin (&engine, &settings);
    publisher = zsock_new (ZMQ_XPUB);
    subscriber = zsock_new (ZMQ_SUB);
    zsock_set_xpub_verbose (publisher, 1);
    assert_int_equal (zsock_bind (publisher, "inproc://publish"), 0);
    assert_int_equal (zsock_connect (subscriber, "inproc://publish"), 0);
    zsock_set_subscribe (subscriber, "");
    zframe_t *subscription = zframe_recv (publisher); /* or what is sent at once has no subscriber yet */
    assert_non_null (subscription);
    zframe_destroy (&subscription);
    zc_acks_init (&acks, publisher, &engine, NULL);
    zc_publish_socket_init (&publish, publisher, &engine, &acks);
    return 0;
}

static int end (void **state)
{
    (void) state;
    zsock_destroy (&publisher);
    zsock_destroy (&subscriber);
    zc_engine_term (&engine);
    return 0;
}

/* Receives what was sent until the mark that is sent now: whole messages on one topic. Returns how many. */
static size_t received (const char *topic, void (*check) (const msgpack_object *body))
{
    size_t count = 0;
    assert_int_equal (zstr_sendx (publisher, "mark", "", NULL), 0);
    zsock_set_rcvtimeo (subscriber, PATIENCE_MS);
    while (true) {
        zmsg_t *message = zmsg_recv (subscriber);
        assert_non_null (message);
        assert_int_equal (zmsg_size (message), 2);
        zframe_t *head = zmsg_first (message), *body = zmsg_next (message);
        bool is_mark = zframe_streq (head, "mark");
        if (!is_mark) {
            zc_pack_t copy = {.data = NULL};
            assert_int_equal (zframe_size (head), strlen (topic));
            assert_memory_equal (zframe_data (head), topic, strlen (topic));
            zc_pack_raw (&copy, zframe_data (body), zframe_size (body));
            opened_t opened = open_bytes (copy);
            check (&opened.root);
            close_bytes (&opened);
            count++;
        }
        zmsg_destroy (&message);
        if (is_mark)
            return count;
    }
}

/* Publishes with each allocation failing in turn: then there is no message, and else a whole one. Returns how many
 * allocations there were. */
static int fail_each (void (*send) (void), const char *topic, void (*check) (const msgpack_object *body))
{
    for (int n = 1;; n++) {
        int before = failures;
        fails_in = n;
        send ();
        fails_in = 0;
        bool all = failures == before;
        assert_int_equal (received (topic, check), all);
        if (all)
            return n - 1;
    }
}

/* ------------------------------------------------------------------- snapshots */

static void send_snapshot (void)
{
    zc_publish_socket_snapshot (&publish);
}

static void check_snapshot (const msgpack_object *body)
{
    ASSERT_KEYS (body, "query_router", "embedding_cache", "rag_parallel", "llm_calls", "savings", "timestamp", "zcost");
}

static void test_publish_a_snapshot_or_none (void **state)
{
    (void) state;
    assert_true (fail_each (send_snapshot, "snapshot", check_snapshot) >= 2);
}

/* ------------------------------------------------------------ acknowledgements */

#define TOPIC "ack/30313233343536373839616263646566/"

static void send_ack (void)
{
    zc_acks_welcome (&acks, NULL, (const uint8_t *) TOPIC, sizeof TOPIC - 1);
}

static void check_ack (const msgpack_object *body)
{
    ASSERT_KEYS (body, "epoch", "seq", "incarnation");
    assert_integer (AT (body, "seq"), 1);
}

static void test_publish_an_acknowledgement_or_none (void **state)
{
    (void) state;
    assert_true (fail_each (send_ack, TOPIC, check_ack) >= 1);
}

/* ---------------------------------------------------------------------- alerts */

static unsigned told [ALERTS];

static void check_alert (const msgpack_object *body)
{
    const msgpack_object *percent = AT (body, "threshold_percent");
    assert_text (AT (body, "budget"), "all");
    assert_text (AT (body, "instance"), "here");
    assert_true (percent->via.u64 == 50 || percent->via.u64 == 80);
    told [percent->via.u64 == 80]++;
}

/* A daemon of this moment, of whose limit 90 % are spent. */
static void begin_spending (zc_budget_alerts_t *alerts)
{
    zc_budgets_destroy (&engine.budgets);
    engine.budgets = zc_budgets_new (&settings.budgets);
    assert_non_null (engine.budgets);
    zc_budget_alerts_init (alerts, &engine, NULL, &publish);
    assert_int_equal (zc_budget_alerts_tick (alerts), 0);
    int64_t since_s = alerts->periods [0].since_s;
    zc_budgets_set_base (engine.budgets, 0, since_s, since_s, 900);
    records_count = 0;
    memset (told, 0, sizeof told);
}

static void assert_recorded_and_told_once (void)
{
    unsigned recorded [ALERTS][2] = {{0}};
    for (size_t i = 0; i < records_count; i++)
        recorded [records [i].percent == 80][records [i].published]++;
    for (size_t i = 0; i < ALERTS; i++) {
        assert_int_equal (recorded [i][false], 1);
        assert_int_equal (recorded [i][true], 1);
        assert_int_equal (told [i], 1);
    }
}

static void test_publish_alerts_wait_for_memory (void **state)
{
    (void) state;
    static zc_budget_alerts_t alerts;
    publish.alert_listeners = 1;
    for (int n = 1;; n++) {
        begin_spending (&alerts);
        int before = failures;
        fails_in = n;
        assert_int_equal (zc_budget_alerts_tick (&alerts), 0);
        fails_in = 0;
        bool all = failures == before;
        size_t sent = received ("alert", check_alert);
        if (all)
            assert_int_equal (sent, ALERTS);
        assert_int_equal (zc_budget_alerts_tick (&alerts), 0);
        assert_int_equal (received ("alert", check_alert), ALERTS - sent);
        assert_recorded_and_told_once ();
        assert_int_equal (zc_budget_alerts_tick (&alerts), 0);
        assert_int_equal (received ("alert", check_alert), 0);
        if (all) {
            assert_true (n > 2 * ALERTS);
            break;
        }
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_publish_a_snapshot_or_none),
        cmocka_unit_test (test_publish_an_acknowledgement_or_none),
        cmocka_unit_test (test_publish_alerts_wait_for_memory),
    };
    return cmocka_run_group_tests (tests, begin, end);
}
