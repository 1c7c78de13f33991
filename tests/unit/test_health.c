/* SPDX-License-Identifier: MPL-2.0
 *
 * test_health.c - what the answers to `health` and `ack` tell of producers and of the disk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "query_specs.h"

static const char id_text [] = "303132333435363738396162636465ff";
static const uint8_t id_bytes [] = "0123456789abcde\xff";

static zc_stamp_t stamp_of (uint32_t epoch, uint64_t seq, uint64_t dropped)
{
    zc_stamp_t stamp = {.epoch = epoch, .seq = seq, .dropped = dropped};
    memcpy (stamp.producer, id_bytes, sizeof stamp.producer);
    return stamp;
}

static void take (asked_t *asked, zc_stamp_t stamp, uint64_t events)
{
    assert_int_equal (zc_producers_take (asked->producers, &stamp, events, false, ASKED_MS - 5), ZC_FRAME_NEW);
}

static void pass_ack (void *argument, const zc_ack_t *ack)
{
    (void) argument;
    (void) ack;
}

static void sync_all (asked_t *asked)
{
    zc_producers_begin_sync (asked->producers);
    zc_producers_end_sync (asked->producers, pass_ack, NULL);
}

static void test_health_tells_of_producers (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    take (&asked, stamp_of (7, 1, 2), 10);
    sync_all (&asked);
    take (&asked, stamp_of (7, 11, 2), 5);
    take (&asked, stamp_of (7, 20, 2), 1);
    opened_t reply = ASK (&asked, {"query", STR ("health")});
    const msgpack_object *health = result_of (&reply, "health");
    const msgpack_object *producers = AT (health, "producers");
    assert_int_equal (producers->via.array.size, 1);
    const msgpack_object *row = &producers->via.array.ptr [0];
    ASSERT_KEYS (row, "producer", "epoch", "next", "acknowledged", "accepted", "lost", "dropped", "gaps", "last_seen");
    assert_text (AT (row, "producer"), id_text);
    assert_integer (AT (row, "epoch"), 7);
    assert_integer (AT (row, "next"), 16);
    assert_integer (AT (row, "acknowledged"), 11);
    assert_integer (AT (row, "accepted"), 16);
    assert_integer (AT (row, "lost"), 0);
    assert_integer (AT (row, "dropped"), 2);
    assert_integer (AT (row, "gaps"), 1);
    assert_integer (AT (row, "last_seen"), ASKED_MS - 5);
    assert_integer (AT (health, "producers_total", "live"), 1);
    assert_integer (AT (health, "producers_total", "expired"), 0);
    assert_integer (AT (health, "events", "dropped"), 2);
    close_bytes (&reply);
    asked_end (&asked);
}

static void test_health_tells_of_the_disk (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    asked.storage_status = (zc_storage_status_t){
        .kept = true,
        .directory = "/ledger",
        .written = ZC_POSITION (3, 4096),
        .synced = ZC_POSITION (3, 1024),
        .stored = ZC_POSITION (2, 64),
        .unsynced_bytes = 3072,
        .journal_bytes = 1 << 27,
        .segments = 2,
        .syncs = 12,
        .synced_at_ms = ASKED_MS - 40,
        .sync_age_ms = 41,
        .last_sync_us = 1500,
        .slowest_sync_us = 20250,
        .syncing = true,
        .syncing_ms = 3210,
        .store_kind = "sqlite",
        .sequence = 9,
        .cells = 100,
        .cells_committing = 20,
        .store_bytes = 65536,
        .checkpoint_at_ms = ASKED_MS - 7000,
        .last_checkpoint_us = 12500,
        .recovered_records = 5,
        .recovered_events = 50,
        .recovered_us = 250000,
    };
    opened_t reply = ASK (&asked, {"query", STR ("health")});
    const msgpack_object *health = result_of (&reply, "health"), *journal = AT (health, "journal");
    assert_text (AT (journal, "state"), "syncing");
    assert_text (AT (journal, "directory"), "/ledger");
    assert_text (AT (journal, "written"), "3:4096");
    assert_text (AT (journal, "synced"), "3:1024");
    assert_integer (AT (journal, "unsynced_bytes"), 3072);
    assert_integer (AT (journal, "sync_age_ms"), 41);
    assert_double (AT (journal, "slowest_sync_ms"), 20.25);
    const msgpack_object *store = AT (health, "store");
    assert_text (AT (store, "state"), "idle");
    assert_integer (AT (store, "sequence"), 9);
    assert_text (AT (store, "position"), "2:64");
    assert_integer (AT (store, "checkpoint_age_seconds"), 7);
    assert_double (AT (store, "last_checkpoint_ms"), 12.5);
    assert_integer (AT (store, "cells"), 100);
    assert_integer (AT (health, "recovered", "events"), 50);
    assert_double (AT (health, "recovered", "seconds"), 0.25);
    const msgpack_object *waiting = AT (health, "waiting");
    assert_int_equal (waiting->via.array.size, 1);
    assert_text (&waiting->via.array.ptr [0], "the disk: a sync has taken 3.2 s so far");
    close_bytes (&reply);
    asked_end (&asked);
}

static void test_health_counts_cells_before_they_are_stored (void **state)
{
    (void) state;
    const zc_storage_status_t stored = {
        .kept = true, .directory = "", .store_kind = "sqlite", .cells = 100, .cells_committing = 20};
    for (int kept = 0; kept < 2; kept++) {
        asked_t asked;
        asked_begin_default (&asked);
        asked.storage_status = stored;
        asked.storage_status.kept = kept;
        fold (&asked.fixture, call_of ("gpt-4o"));
        opened_t reply = ASK (&asked, {"query", STR ("health")});
        assert_integer (AT (result_of (&reply, "health"), "cells"), 121);
        close_bytes (&reply);
        asked_end (&asked);
    }
}

static void test_health_waits_for_nothing_short (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    asked.storage_status = (zc_storage_status_t){.kept = true,
                                                 .directory = "",
                                                 .store_kind = "sqlite",
                                                 .syncing = true,
                                                 .syncing_ms = 20,
                                                 .committing = true,
                                                 .committing_ms = 900};
    opened_t reply = ASK (&asked, {"query", STR ("health")});
    const msgpack_object *waiting = AT (result_of (&reply, "health"), "waiting");
    assert_int_equal (waiting->via.array.size, 1);
    assert_text (&waiting->via.array.ptr [0], "the store: a checkpoint has taken 0.9 s so far");
    assert_text (AT (result_of (&reply, "health"), "journal", "state"), "synced");
    close_bytes (&reply);
    asked_end (&asked);
}

static void test_ack_tells_what_is_durable (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    take (&asked, stamp_of (7, 1, 0), 10);
    sync_all (&asked);
    take (&asked, stamp_of (7, 11, 0), 5);
    opened_t reply = ASK (&asked, {"query", STR ("ack")}, {"producer", STR (id_text)});
    const msgpack_object *ack = result_of (&reply, "ack");
    ASSERT_KEYS (ack, "epoch", "seq", "incarnation");
    assert_integer (AT (ack, "epoch"), 7);
    assert_integer (AT (ack, "seq"), 11);
    assert_text (AT (ack, "incarnation"), "0123456789abcdef");
    close_bytes (&reply);
    reply = ASK (&asked, {"query", STR ("ack")}, {"producer", STR ("00000000000000000000000000000000")});
    assert_integer (AT (result_of (&reply, "ack"), "epoch"), 0);
    assert_integer (AT (result_of (&reply, "ack"), "seq"), 1);
    close_bytes (&reply);
    asked_end (&asked);
}

static void test_ack_refuses_what_is_no_producer (void **state)
{
    (void) state;
    asked_t asked;
    asked_begin_default (&asked);
    assert_refused (ASK (&asked, {"query", STR ("ack")}), "bad_request");
    assert_refused (ASK (&asked, {"query", STR ("ack")}, {"producer", INT (1)}), "bad_request");
    assert_refused (ASK (&asked, {"query", STR ("ack")}, {"producer", STR ("12")}), "bad_request");
    assert_refused (ASK (&asked, {"query", STR ("ack")}, {"producer", STR ("0000000000000000000000000000000g")}),
                    "bad_request");
    asked_end (&asked);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_health_tells_of_producers),
        cmocka_unit_test (test_health_tells_of_the_disk),
        cmocka_unit_test (test_health_counts_cells_before_they_are_stored),
        cmocka_unit_test (test_health_waits_for_nothing_short),
        cmocka_unit_test (test_ack_tells_what_is_durable),
        cmocka_unit_test (test_ack_refuses_what_is_no_producer),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
