/* SPDX-License-Identifier: MPL-2.0
 *
 * test_show_health.c - the health screen, from replies of daemons of all ages.
 */
#include "zreport/show/show.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A daemon in trouble: everything that there is to tell is told. */
static const char troubled [] =
    "{'instance': 'ledger-1', 'version': '0.1.0', 'uptime_seconds': 11520, 'rss_bytes': 43201331,"
    " 'events': {'accepted': 12345678, 'rejected': 3, 'duplicate': 40, 'lost': 1, 'dropped': 1204},"
    " 'rejected': {'malformed': 1, 'not_a_map': 0, 'stale': 2}, 'unpriced': {},"
    " 'queues': {'last_drain_frames': 12, 'last_drain_bytes': 3072}, 'cells': 58023, 'cells_folded_to_other': 0,"
    " 'now': 1784988400000,"
    " 'recovered': {'records': 120, 'events': 8819, 'seconds': 0.21, 'torn_bytes': 130},"
    " 'journal': {'state': 'syncing', 'directory': '/var/lib/zcost/journal', 'written': '20:1000',"
    "   'synced': '20:900', 'unsynced_bytes': 12595, 'bytes': 1288490188, 'segments': 20,"
    "   'synced_at': 1784988396800, 'sync_age_ms': 3200, 'last_sync_ms': 1.24, 'slowest_sync_ms': 310.7,"
    "   'syncs': 98765},"
    " 'store': {'state': 'idle', 'kind': 'sqlite', 'sequence': 812, 'checkpoint_at': 1784988396000,"
    "   'checkpoint_age_seconds': 4, 'last_checkpoint_ms': 12.3, 'cells': 56789, 'bytes': 3250586,"
    "   'position': '20:100'},"
    " 'waiting': ['the disk: a sync has taken 3.2 s so far'],"
    " 'producers_total': {'live': 123, 'expired': 4, 'live_max': 65536},"
    " 'producers': ["
    "   {'producer': '3f2a91c0aa5d4b6e8123456789abcdef', 'epoch': 1, 'next': 8820, 'acknowledged': 8800,"
    "    'accepted': 8819, 'lost': 0, 'dropped': 0, 'gaps': 0, 'last_seen': 1784988399760},"
    "   {'producer': '00000000000000000000000000000001', 'epoch': 3, 'next': 1000001, 'acknowledged': 1000001,"
    "    'accepted': 1000100, 'lost': 1, 'dropped': 1204, 'gaps': 2, 'last_seen': 1784988000000}]}";

/* What the screen shows of a reply, whose JSON is spelled with ' for ". For the caller to free. */
static char *shown (const char *reply, int columns)
{
    char *json = strdup (reply), *text;
    for (char *quote = json; (quote = strchr (quote, '\''));)
        *quote = '"';
    json_error_t error;
    json_t *health = json_loads (json, 0, &error);
    if (!health)
        fail_msg ("%d: %s", error.position, error.text);
    size_t size;
    zr_screen_t screen = {.columns = columns, .out = open_memstream (&text, &size)};
    assert_non_null (screen.out);
    zr_show_health (&screen, health);
    fclose (screen.out);
    json_decref (health);
    free (json);
    return text;
}

static void assert_shows (const char *reply, int columns, const char *expected)
{
    char *text = shown (reply, columns);
    assert_string_equal (text, expected);
    free (text);
}

static void assert_has (const char *reply, const char *line)
{
    char *text = shown (reply, 80);
    if (!strstr (text, line))
        fail_msg ("no '%s' in\n%s", line, text);
    free (text);
}

static void test_show_health_shows_all_of_it_with_trouble_first (void **state)
{
    (void) state;
    assert_shows (troubled, 80,
                  "! Waiting for    the disk: a sync has taken 3.2 s so far\n"
                  "! Lost           1 event that was sent but never arrived\n"
                  "! Dropped        1,204 events for which a service's queue had no room left\n"
                  "\n"
                  "zcostd           ledger-1, version 0.1.0\n"
                  "Up               3 h 12 min\n"
                  "Memory           41.2 MiB\n"
                  "Recovered        8,819 events from 120 records of the journal, in 210 ms\n"
                  "                 removed 130 bytes of an interrupted write, none of it\n"
                  "                 acknowledged\n"
                  "Events           12,345,678 accepted, 3 rejected, 40 duplicate, 1 lost, 1,204\n"
                  "                 dropped\n"
                  "! Rejected       malformed 1, stale 2\n"
                  "Unpriced         no model\n"
                  "Cells            58,023\n"
                  "Last drain       12 frames, 3.0 KiB\n"
                  "Journal          syncing, 12.3 KiB not on disk yet; 1.2 GiB in 20 segments\n"
                  "                 last sync 3.2 s ago took 1.2 ms; slowest of 98,765: 311 ms\n"
                  "                 /var/lib/zcost/journal\n"
                  "Store            sqlite, idle; 56,789 cells in 3.1 MiB, 1,234 changed since\n"
                  "                 checkpoint 812 was 4 s ago and took 12 ms\n"
                  "Producers        123 live of at most 65,536, 4 expired\n"
                  "  producer  epoch  acknowledged  behind  gaps  lost  dropped  last seen\n"
                  "  3f2a91c0      1         8,799      20     0     0        0      0.2 s\n"
                  "  00000000      3     1,000,000       0     2     1    1,204      6 min\n"
                  "  and 121 more\n");
}

static void test_show_health_gives_whole_ids_where_there_is_room (void **state)
{
    (void) state;
    char *text = shown (troubled, 200);
    assert_non_null (strstr (text, "\n  3f2a91c0aa5d4b6e8123456789abcdef      1         8,799      20     0 "));
    assert_non_null (strstr (text, "none of it acknowledged\n"));
    free (text);
}

static void test_show_health_keeps_to_the_width_and_to_what_matters (void **state)
{
    (void) state;
    for (int columns = 40; columns <= 200; columns += 20) {
        char *text = shown (troubled, columns), *rest = text;
        for (char *line; (line = strsep (&rest, "\n"));)
            if (strlen (line) > (size_t) columns)
                fail_msg ("%d columns: %s", columns, line);
        free (text);
    }
    char *narrow = shown (troubled, 60);
    assert_non_null (strstr (narrow, "\n  producer acknowledged behind gaps lost dropped last seen\n"));
    assert_non_null (strstr (narrow, "\n  3f2a91c0        8,799     20    0    0       0     0.2 s\n"));
    free (narrow);
}

static void test_show_health_of_a_quiet_daemon_has_no_alarm (void **state)
{
    (void) state;
    static const char quiet [] =
        "{'version': '0.1.0', 'events': {'accepted': 1, 'rejected': 0, 'duplicate': 0, 'lost': 0, 'dropped': 0},"
        " 'rejected': {'malformed': 0}, 'waiting': [], 'producers': [], 'recovered': {'records': 0, 'events': 0,"
        " 'seconds': 0.0004, 'torn_bytes': 0}, 'producers_total': {'live': 0, 'expired': 0, 'live_max': 10},"
        " 'journal': {'state': 'synced', 'bytes': 67108864, 'segments': 1, 'synced_at': 0},"
        " 'store': {'state': 'idle', 'kind': 'sqlite', 'checkpoint_at': 0, 'cells': 0, 'bytes': 4096}}";
    char *text = shown (quiet, 80);
    assert_null (strchr (text, '!'));
    assert_null (strstr (text, "Recovered"));
    free (text);
    assert_has (quiet, "\nEvents           1 accepted, 0 rejected, 0 duplicate, 0 lost, 0 dropped\n");
    assert_has (quiet, "\nRejected         none\n");
    assert_has (quiet, "\nJournal          synced; 64.0 MiB in 1 segment\n                 not synced yet\nStore ");
    assert_has (quiet, "\n                 no checkpoint yet\n");
    assert_has (quiet, "\nWaiting for      nothing\n");
    assert_has (quiet, "\nProducers        none that asks for acknowledgements\n");
}

static void test_show_health_of_an_older_daemon_shows_what_there_is (void **state)
{
    (void) state;
    static const char older [] =
        "{'events': {'accepted': 2, 'rejected': 0}, 'rejected': {}, 'producers': [], 'journal': {'state': 'none'},"
        " 'store': {'state': 'none'}, 'version': '0.0.9'}";
    char *text = shown (older, 80);
    assert_null (strchr (text, '!'));
    assert_null (strstr (text, "Waiting"));
    assert_null (strstr (text, "Recovered"));
    assert_non_null (strstr (text, "\nEvents           2 accepted, 0 rejected\n"));
    assert_non_null (strstr (text,
                             "\nJournal          none: all sums are gone when the daemon ends\n"
                             "Store            none\n"));
    free (text);
    free (shown ("{}", 80));
}

static void test_show_health_believes_no_reply (void **state)
{
    (void) state;
    static const char odd [] =
        "{'waiting': ['\\u001b[2J', 7, {}], 'producers': [3, {'producer': '\\u001b]0;', 'next': -1},"
        " {'producer': 5, 'next': 9223372036854775807, 'acknowledged': 1e300, 'last_seen': 9223372036854775807}],"
        " 'producers_total': 'many', 'journal': {'state': 3, 'directory': '\\u001b[31m', 'unsynced_bytes': -5,"
        " 'sync_age_ms': 1e300, 'synced_at': 9223372036854775807, 'slowest_sync_ms': 'x', 'last_sync_ms': -3},"
        " 'store': [], 'recovered': {'seconds': 1e300, 'torn_bytes': 1e300}, 'events': 3, 'rejected': ['a']}";
    char *text = shown (odd, 80);
    assert_null (strchr (text, '\033'));
    assert_non_null (strstr (text, "! Waiting for    \\x1b[2J\n                 7\n                 {}\n"));
    assert_non_null (strstr (text, "\\x1b[31m"));
    free (text);
}

static void test_show_health_shows_a_screenful_of_producers (void **state)
{
    (void) state;
    char reply [8192], row [160];
    strcpy (reply, "{'producers_total': {'live': 65536}, 'producers': [");
    for (int i = 0; i < 50; i++) {
        snprintf (row, sizeof row, "%s{'producer': '%032x', 'epoch': 1}", i ? ", " : "", i);
        strcat (reply, row);
    }
    strcat (reply, "]}");
    assert_has (reply, "\n  and 65,516 more: see zreport health --json\n");
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_show_health_shows_all_of_it_with_trouble_first),
        cmocka_unit_test (test_show_health_gives_whole_ids_where_there_is_room),
        cmocka_unit_test (test_show_health_keeps_to_the_width_and_to_what_matters),
        cmocka_unit_test (test_show_health_of_a_quiet_daemon_has_no_alarm),
        cmocka_unit_test (test_show_health_of_an_older_daemon_shows_what_there_is),
        cmocka_unit_test (test_show_health_believes_no_reply),
        cmocka_unit_test (test_show_health_shows_a_screenful_of_producers),
    };
    setlocale (LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests (tests, NULL, NULL);
}
