/* SPDX-License-Identifier: MPL-2.0
 *
 * test_store_check.c - what store.h promises of a check, and of a look: true, and without a trace.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "stores.h"

static void test_store_check_finds_sums_that_do_not_add_up (void **state)
{
    (void) state;
    static const struct {
        const char *damage, *words;
    } cases [] = {
        {"UPDATE ever SET cost_nanousd = cost_nanousd + 1", "add up"},
        {"UPDATE day SET saved_ns = saved_ns - 1", "add up"},
        {"DELETE FROM day WHERE key = 1", "cells"},
        {"DELETE FROM ever WHERE key = 1", "key 1"},
        {"DELETE FROM minute WHERE key = 1", "cells"},
        {"UPDATE key SET id = 7 WHERE id = 1", "does not exist"},
        {"UPDATE key SET type = 'none' WHERE id = 0", "key 0"},
        {"DELETE FROM meta", "meta"},
        {"DELETE FROM checkpoint", "checkpoint"},
        {"UPDATE checkpoint SET segment = -1", "position of the checkpoint"},
        {"UPDATE checkpoint SET offset = 4294967296", "position of the checkpoint"},
        {"UPDATE checkpoint SET sequence = -1", "number of the checkpoint"},
        {"UPDATE meta SET ledger_id = x'00'", "id"},
        {"INSERT INTO counter VALUES ('strange', 1)", "strange"},
        {"UPDATE counter SET value = 0 WHERE name = 'cells'", "cells"},
        {"INSERT INTO expired_producer VALUES (1, x'00', 1, 1)", "producer"},
        {"INSERT INTO expired_producer VALUES (1, zeroblob (16), -1, 1)", "producer"},
        {"INSERT INTO producer VALUES (1, zeroblob (16), 1, 1, 0, 0, 0, 0, 0, 0, 0, x'00')", "intervals"},
        {"INSERT INTO producer VALUES (1, zeroblob (16), 1, 1, 0, 0, 0, 0, 0, 0, 0, zeroblob (16))", "intervals"},
        {"INSERT INTO producer VALUES (1, zeroblob (16), 1, 1, 0, 0, 0, 0, 0, 0, 0, zeroblob (2000))", "intervals"},
        {"DROP TABLE terms", "terms"},
        {"UPDATE day SET prompt_saved_nanousd = 7", "add up"},
        {"UPDATE ever SET assumed_cost_nanousd = 1 WHERE key = 1", "add up"},
        {"UPDATE ever SET latencies = NULL WHERE key = 0", "add up"},
        {"UPDATE day SET latencies = x'0501' WHERE key = 0", "add up"},
        {"UPDATE minute SET latencies = x'05' WHERE key = 0", "latencies in table minute"},
        {"UPDATE quarter SET latencies = x'' WHERE key = 0", "latencies in table quarter"},
        {"UPDATE quarter SET latencies = x'057f' WHERE key = 0", "more of them than events"},
        {"DELETE FROM key_tag", "same dimensions"},
        {"UPDATE key_tag SET value = '' WHERE key = 0", "key 0 has malformed tags"},
        {"UPDATE key_tag SET value = printf ('%0129d', 1) WHERE key = 0", "key 0 has tags that are too long"},
        {"INSERT INTO key_tag VALUES (1, 'a', 'x'), (1, 'b', 'x'), (1, 'c', 'x'), (1, 'd', 'x')",
         "key 1 has malformed tags"},
        {"INSERT INTO key_tag VALUES (2, 'a', 'x')", "does not exist"},
        {"INSERT INTO key_tag VALUES (-1, 'a', 'x')", "does not exist"},
        {"INSERT INTO alert VALUES ('b', 0, -1, 0, 0, 0, 0)", "alert"},
        {"INSERT INTO alert VALUES (printf ('%0129d', 1), 0, 1, 0, 0, 0, 0)", "an alert's budget"},
        {"INSERT INTO alert VALUES ('b' || char (0), 0, 1, 0, 0, 0, 0)", "an alert's budget"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ground_t ground = ground_new ();
        for (uint32_t key = 0; key < 2; key++) {
            add_tagged_key (&ground.draft, "a", key ? "\3env\4test" : "\3env\4prod");
            spend (&ground.draft, ZC_MINUTE, MINUTE_S, key, 5);
            lag (&ground.draft, ZC_MINUTE, MINUTE_S, key, 1000, 1);
        }
        commit (&ground.draft, ground.store);
        assert_sound (ground.store);
        run_sql (&ground.place, cases [i].damage);
        assert_not_sound (ground.store, cases [i].words);
        assert_non_null (strstr (zc_store_why (ground.store), cases [i].words));
        ground_end (&ground);
    }
}

/* A directory's names, sizes, times and contents, as one number. */
static uint64_t print_of (const place_t *place)
{
    char command [256], text [128] = "";
    snprintf (command, sizeof command, "cd %s && (find . -printf '%%p %%s %%T@\\n' | sort; cat *) | cksum",
              place->path);
    FILE *pipe = popen (command, "r");
    assert_non_null (pipe);
    assert_non_null (fgets (text, sizeof text, pipe));
    assert_int_equal (pclose (pipe), 0);
    return strtoull (text, NULL, 10);
}

static void assert_looks (const place_t *place, int64_t events)
{
    char why [256] = "";
    uint64_t before = print_of (place);
    zc_store_t *store = zc_store_open_read_only (place->path, why);
    if (!store)
        fail_msg ("%s", why);
    loaded_t *loaded = load_from (store);
    assert_int_equal (zc_keys_at (loaded->keys, 0)->sums.events, events);
    assert_sound (store);
    draft_t draft = draft_new ();
    bool more = false;
    draft.checkpoint.sequence = loaded->state.sequence + 1;
    assert_int_equal (try_commit (&draft, store), -1);
    assert_int_equal (zc_store_trim (store, &(zc_horizon_t){.before_s [ZC_MINUTE] = INT64_MAX}, &more), -1);
    draft_end (&draft);
    loaded_end (loaded);
    zc_store_close (&store);
    assert_int_equal (print_of (place), before);
}

/* Copies the files as they are: what a kill -9 would leave. */
static place_t killed_copy (const place_t *place)
{
    place_t copy = place_new ();
    char command [256];
    snprintf (command, sizeof command, "cp %s/* '%s'", place->path, copy.path);
    assert_int_equal (system (command), 0);
    return copy;
}

static void test_store_can_be_looked_at_without_a_trace (void **state)
{
    (void) state;
    ground_t ground = ground_new ();
    uint32_t key = add_key (&ground.draft, "a");
    spend (&ground.draft, ZC_MINUTE, MINUTE_S, key, 1);
    for (int64_t round = 1; round < 4; round++) {
        commit (&ground.draft, ground.store);
        place_t copy = killed_copy (&ground.place);
        char name [128];
        snprintf (name, sizeof name, "%s-shm", copy.file);
        assert_looks (&copy, round);
        assert_int_equal (unlink (name), 0); /* as in a backup of the other two */
        assert_looks (&copy, round);
        zc_store_t *again = open_at (&copy);
        zc_store_close (&again);
        assert_looks (&copy, round); /* ended in order: no log is left */
        place_end (&copy);
    }
    ground_end (&ground);
}

static void test_store_to_look_at_must_be_there (void **state)
{
    (void) state;
    place_t place = place_new ();
    char why [256] = "";
    assert_null (zc_store_open_read_only (place.path, why));
    assert_true (why [0]);
    assert_int_equal (rmdir (place.path), 0); /* nothing was made in it */
    assert_null (zc_store_open_read_only (place.path, why));
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_store_check_finds_sums_that_do_not_add_up),
        cmocka_unit_test (test_store_can_be_looked_at_without_a_trace),
        cmocka_unit_test (test_store_to_look_at_must_be_there),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
