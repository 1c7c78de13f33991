/* SPDX-License-Identifier: MPL-2.0
 *
 * spool_peer.h - for the tests of the spool: services that are killed, and the start after that.
 */
#ifndef ZC_SPOOL_PEER_H
#define ZC_SPOOL_PEER_H

#include <signal.h>
#include <sys/wait.h>

#include "reliable_peer.h"
#include "sanitized.h"
#include "spool_dir.h"

static const char *spool; /* the directory of the test that runs */

HELPER int start_spool (void **state)
{
    spool = spool_dir_new ();
    return hub_start (state);
}

HELPER int end_spool (void **state)
{
    spool_dir_end ();
    return hub_end (state);
}

/* A child with a client emits what the part tells, and is killed in the midst of its life. */
typedef void (*part_t) (zcost_t *client);

HELPER void kill_after (const hub_t *hub, const char *endpoint, part_t part)
{
    int ends [2];
    char told = 0;
    assert_int_equal (pipe (ends), 0);
    pid_t child = fork_quietly ();
    if (child == 0) {
        hub_t nobody = *hub;
        if (endpoint)
            strcpy (nobody.ingest, endpoint);
        zcost_t *client = open_reliable (&nobody, spool);
        part (client);
        if (write (ends [1], "x", 1) == 1)
            pause ();
        _exit (1);
    }
    assert_int_equal (read (ends [0], &told, 1), 1);
    kill (child, SIGKILL);
    assert_int_equal (waitpid (child, NULL, 0), child);
    close (ends [0]);
    close (ends [1]);
}

/* The next start of the service: until nothing is left behind but its own file. */
HELPER void adopt_all (hub_t *hub, uint64_t taken)
{
    zcost_t *client = open_reliable (hub, spool);
    hub_take (hub, taken);
    for (int64_t until_ms = now_ms () + PATIENCE_MS; spool_count (".spool") > 1 && now_ms () < until_ms;) {
        hub_receive (hub, 2);
        hub_acknowledge (hub);
    }
    assert_int_equal (spool_count (".spool"), 1);
    zcost_stats_t stats = reliable_stats (client);
    assert_int_equal (stats.emitted + stats.acked, 0); /* they are not its own */
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    assert_int_equal (spool_count (""), 0);
}

#define WITH_SPOOL(test) cmocka_unit_test_setup_teardown (test, start_spool, end_spool)

#endif
