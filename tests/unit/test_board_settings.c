/* SPDX-License-Identifier: MPL-2.0
 *
 * test_board_settings.c - what zboard's settings.h promises: each setting at its edges, and why a value is none.
 */
#include "zboard/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "captured.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))
#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X250 X50 X50 X50 X50 X50

static zb_settings_t fresh (void)
{
    zb_settings_t settings;
    memset (&settings, 0x5a, sizeof settings);
    zb_settings_default (&settings);
    return settings;
}

static void test_settings_defaults_are_whole (void **state)
{
    (void) state;
    const zb_settings_t settings = fresh ();
    assert_string_equal (settings.listen.address, "127.0.0.1");
    assert_string_equal (settings.listen.port, "7750");
    assert_string_equal (settings.ingest, "tcp://127.0.0.1:7751");
    assert_string_equal (settings.publish, "tcp://127.0.0.1:7752");
    assert_string_equal (settings.query, "tcp://127.0.0.1:7753");
    assert_string_equal (settings.token_file, "");
    assert_string_equal (settings.tls_cert, "");
    assert_string_equal (settings.tls_key, "");
    assert_string_equal (settings.spool, "");
    assert_int_equal (settings.hosts.count + settings.origins.count, 0);
    assert_int_equal (settings.connections_max, 2048);
    assert_int_equal (settings.streams_max, 1024);
    assert_int_equal (settings.request_ms, 30000);
    assert_int_equal (settings.queue_bytes, 4 << 20);
    assert_int_equal (settings.labels_max, 200);
    assert_int_equal (settings.memory_max_bytes, 1 << 30);
    assert_true (settings.access_log && zb_settings_is_loopback (&settings));
    assert_null (zb_settings_check (&settings));
}

/* ------------------------------------------------------------------------- numbers */

static void test_settings_numbers_end_at_their_edges (void **state)
{
    (void) state;
    static const struct {
        const char *path;
        size_t place;
        const char *value;
        int64_t number; /* -1: refused */
    } table [] = {
#define AT(member) offsetof (zb_settings_t, member)
        {"http/max_connections", AT (connections_max), "8", 8},
        {"http/max_connections", AT (connections_max), "100000", 100000},
        {"http/max_connections", AT (connections_max), "7", -1},
        {"http/max_connections", AT (connections_max), "100001", -1},
        {"http/max_streams", AT (streams_max), "1", 1},
        {"http/max_streams", AT (streams_max), "100000", 100000},
        {"http/max_streams", AT (streams_max), "0", -1},
        {"http/max_streams", AT (streams_max), "100001", -1},
        {"http/request_seconds", AT (request_ms), "1", 1000},
        {"http/request_seconds", AT (request_ms), "2.5", 2500},
        {"http/request_seconds", AT (request_ms), "3600", 3600000},
        {"http/request_seconds", AT (request_ms), "0.999", -1},
        {"http/request_seconds", AT (request_ms), "3600.001", -1},
        {"http/request_seconds", AT (request_ms), "30s", -1},
        {"http/request_seconds", AT (request_ms), "", -1},
        {"http/request_seconds", AT (request_ms), "-5", -1},
        {"ingest/queue_bytes", AT (queue_bytes), "4194304", 4194304},
        {"ingest/queue_bytes", AT (queue_bytes), "1073741824", 1073741824},
        {"ingest/queue_bytes", AT (queue_bytes), "4194303", -1},
        {"ingest/queue_bytes", AT (queue_bytes), "1073741825", -1},
        {"metrics/max_labels", AT (labels_max), "1", 1},
        {"metrics/max_labels", AT (labels_max), "1000", 1000},
        {"metrics/max_labels", AT (labels_max), "0", -1},
        {"metrics/max_labels", AT (labels_max), "1001", -1},
        {"memory/max_bytes", AT (memory_max_bytes), "0", 0},
        {"memory/max_bytes", AT (memory_max_bytes), "536870912", 536870912},
        {"memory/max_bytes", AT (memory_max_bytes), "9223372036854775807", INT64_MAX},
        {"memory/max_bytes", AT (memory_max_bytes), "1", -1},
        {"memory/max_bytes", AT (memory_max_bytes), "536870911", -1},
        {"memory/max_bytes", AT (memory_max_bytes), "9223372036854775808", -1},
        {"metrics/max_labels", AT (labels_max), "", -1},
        {"metrics/max_labels", AT (labels_max), "-5", -1},
        {"metrics/max_labels", AT (labels_max), "5.5", -1},
        {"metrics/max_labels", AT (labels_max), "5x", -1},
        {"metrics/max_labels", AT (labels_max), "1e3", -1},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zb_settings_t settings = fresh ();
        int64_t before, after;
        memcpy (&before, (char *) &settings + table [i].place, sizeof before);
        const char *why = zb_settings_set (&settings, table [i].path, table [i].value);
        memcpy (&after, (char *) &settings + table [i].place, sizeof after);
        if ((why == NULL) != (table [i].number != -1) || after != (why ? before : table [i].number))
            fail_msg ("%s = %s: %lld, %s", table [i].path, table [i].value, (long long) after, why ? why : "taken");
        if (why && *table [i].value)
            assert_non_null (strstr (why, table [i].value)); /* what was wrong is shown */
    }
}

/* --------------------------------------------------------------------------- texts */

static void test_settings_listen_is_an_address_and_a_port (void **state)
{
    (void) state;
    static const struct {
        const char *value, *address, *port; /* NULL: refused */
    } table [] = {
        {"127.0.0.1:7750", "127.0.0.1", "7750"},
        {"0.0.0.0:0", "0.0.0.0", "0"},
        {"0.0.0.0:*", "0.0.0.0", "0"},
        {"[::1]:80", "::1", "80"},
        {"[::]:65535", "::", "65535"},
        {"[fe80::1%eth0]:80", "fe80::1%eth0", "80"},
        {"board.example.com:443", "board.example.com", "443"},
        {"localhost:00080", "localhost", "80"},
        {"localhost:00000000000000000000080", "localhost", "80"}, /* no more than a port has room for */
        {X250 "xxxxx:80", X250 "xxxxx", "80"},
        {X250 "xxxxxx:80", NULL, NULL},
        {"", NULL, NULL},
        {":", NULL, NULL},
        {":80", NULL, NULL},
        {"80", NULL, NULL},
        {"127.0.0.1", NULL, NULL},
        {"127.0.0.1:", NULL, NULL},
        {"127.0.0.1:65536", NULL, NULL},
        {"127.0.0.1:-1", NULL, NULL},
        {"127.0.0.1:8 0", NULL, NULL},
        {"127.0.0.1:http", NULL, NULL},
        {"127.0.0.1:8.0", NULL, NULL},
        {"::1:80", NULL, NULL},
        {"[]:80", NULL, NULL},
        {"::", NULL, NULL},
        {"[::1]", NULL, NULL},
        {"[::1]80", NULL, NULL},
        {"127.0.0.1:99999999999999999999", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zb_settings_t settings = fresh ();
        const char *why = zb_settings_set (&settings, "http/listen", table [i].value);
        if ((why == NULL) != (table [i].address != NULL))
            fail_msg ("'%s': %s", table [i].value, why ? why : "taken");
        assert_string_equal (settings.listen.address, why ? "127.0.0.1" : table [i].address);
        assert_string_equal (settings.listen.port, why ? "7750" : table [i].port);
        assert_string_equal (settings.token_file, "");
    }
}

static void test_settings_endpoints_say_where_zcostd_is (void **state)
{
    (void) state;
    static const struct {
        const char *value;
        bool good;
    } table [] = {
        {"tcp://127.0.0.1:7751", true},
        {"tcp://ledger.example.com:1", true},
        {"tcp://[::1]:65535", true},
        {"ipc:///run/zcost/query", true},
        {"ipc://x", true},
        {"", false},
        {"127.0.0.1:7751", false},
        {"tcp://127.0.0.1", false},
        {"tcp://:7751", false},
        {"tcp://127.0.0.1:*", false},
        {"tcp://127.0.0.1:65536", false},
        {"tcp://127.0.0.1:", false},
        {"ipc://", false},
        {"udp://127.0.0.1:1", false},
        {"inproc://x", false},
        {"tcp://127.0.0.1:1;127.0.0.1:2", false},
        {"ipc:///" X250, false},
    };
    static const struct {
        const char *path;
        size_t place;
    } endpoints [] = {
        {"ingest/endpoint", AT (ingest)}, {"publish/endpoint", AT (publish)}, {"query/endpoint", AT (query)}};
    for (size_t i = 0; i < COUNT (table); i++)
        for (size_t n = 0; n < COUNT (endpoints); n++) {
            zb_settings_t settings = fresh (), before = settings;
            const char *why = zb_settings_set (&settings, endpoints [n].path, table [i].value);
            if ((why == NULL) != table [i].good)
                fail_msg ("%s = %s: %s", endpoints [n].path, table [i].value, why ? why : "taken");
            assert_string_equal ((char *) &settings + endpoints [n].place,
                                 why ? (char *) &before + endpoints [n].place : table [i].value);
        }
}

static void test_settings_texts_can_stand_in_the_log (void **state)
{
    (void) state;
    static const struct {
        const char *path;
        size_t place;
    } texts [] = {{"http/token_file", AT (token_file)},
                  {"http/tls_cert", AT (tls_cert)},
                  {"http/tls_key", AT (tls_key)},
                  {"ingest/spool", AT (spool)}};
    static char value [ZC_PATH_BYTES + 1];
    for (size_t i = 0; i < COUNT (texts); i++) {
        zb_settings_t settings = fresh ();
        const char *place = (char *) &settings + texts [i].place;
        assert_null (zb_settings_set (&settings, texts [i].path, "/etc/zcost/caf\303\251 x"));
        assert_string_equal (place, "/etc/zcost/caf\303\251 x");
        static const char *const bad [] = {"", "a\nb", "a\"b", "a\x7f", "\xff"};
        for (size_t n = 0; n < COUNT (bad); n++) {
            assert_non_null (zb_settings_set (&settings, texts [i].path, bad [n]));
            assert_string_equal (place, "/etc/zcost/caf\303\251 x");
        }
        memset (value, 'x', sizeof value - 1);
        assert_non_null (zb_settings_set (&settings, texts [i].path, value));
        value [ZC_PATH_BYTES - 1] = '\0';
        assert_null (zb_settings_set (&settings, texts [i].path, value));
        assert_string_equal (place, value);
    }
}

static void test_settings_access_log_is_on_or_off (void **state)
{
    (void) state;
    static const char *const bad [] = {"", "On", "yes", "true", "1", "no", "onn"};
    zb_settings_t settings = fresh ();
    assert_null (zb_settings_set (&settings, "http/access_log", "off"));
    assert_false (settings.access_log);
    assert_null (zb_settings_set (&settings, "http/access_log", "on"));
    assert_true (settings.access_log);
    for (size_t i = 0; i < COUNT (bad); i++)
        assert_non_null (zb_settings_set (&settings, "http/access_log", bad [i]));
    assert_true (settings.access_log);
}

static void test_settings_names_gather_up_to_eight (void **state)
{
    (void) state;
    static const struct {
        const char *path;
        const char *good [4], *bad [8];
    } table [] = {
        {"http/host",
         {"board", "board.example.com", "B-1", "caf\303\251"},
         {"", "http://board", "board:80", "a/b", "[::1]", "a b", "a\"b", X250 "xxxxxx"}},
        {"http/allow_origin",
         {"https://board.example.com", "http://localhost:3000", "https://[::1]:8443", "http://x"},
         {"", "*", "null", "board.example.com", "https://", "https://a/", "https://*.example.com", "ftp://a"}},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zb_settings_t settings = fresh ();
        const zb_names_list_t *list = i == 0 ? &settings.hosts : &settings.origins;
        for (size_t n = 0; n < 8; n++)
            if (!zb_settings_set (&settings, table [i].path, table [i].bad [n]))
                fail_msg ("%s = %s", table [i].path, table [i].bad [n]);
        assert_int_equal (list->count, 0);
        for (size_t n = 0; n < 8; n++)
            assert_null (zb_settings_set (&settings, table [i].path, table [i].good [n % 4]));
        assert_string_equal (zb_settings_set (&settings, table [i].path, table [i].good [0]),
                             "may be given at most 8 times");
        assert_int_equal (list->count, 8);
        for (size_t n = 0; n < 8; n++)
            assert_string_equal (list->list [n], table [i].good [n % 4]);
    }
}

/* However they were written: a browser wants its own text back. */
static void test_settings_origins_are_as_browsers_say_them (void **state)
{
    (void) state;
    zb_settings_t settings = fresh ();
    assert_null (zb_settings_set (&settings, "http/allow_origin", "HTTPS://Board.Example.COM:8443"));
    assert_string_equal (settings.origins.list [0], "https://board.example.com:8443");
    assert_null (zb_settings_set (&settings, "http/host", "Board"));
    assert_string_equal (settings.hosts.list [0], "Board");
}

/* ------------------------------------------------------------------------ the whole */

/* What is said of a file with nothing but this section. */
static const char *read_section (const char *name)
{
    char path [64];
    zb_settings_t settings;
    write_file (path, name, strlen (name));
    const char *arguments [] = {"zboard", "--config", path, NULL};
    capture ();
    zb_settings_parse (3, (char **) arguments, &settings);
    unlink (path);
    return release ();
}

static void test_settings_that_are_none_are_told (void **state)
{
    (void) state;
    static const char *const none [] = {
        "", "http", "http/", "listen", "http/listen/x", "HTTP/listen", "http/Listen", "ingest/listen", "memory"};
    static const char *const sections [] = {"http", "ingest", "publish", "query", "metrics", "memory"};
    static const char *const no_sections [] = {"htt", "http/listen", "https", "budgets"};
    zb_settings_t settings = fresh ();
    for (size_t i = 0; i < COUNT (none); i++)
        assert_string_equal (zb_settings_set (&settings, none [i], "1"), "unknown setting");
    for (size_t i = 0; i < COUNT (sections); i++)
        assert_string_equal (read_section (sections [i]), "");
    for (size_t i = 0; i < COUNT (no_sections); i++)
        assert_non_null (strstr (read_section (no_sections [i]), "unknown section"));
}

static void test_settings_must_agree (void **state)
{
    (void) state;
    static const struct {
        const char *path [2], *value [2];
        bool good;
    } table [] = {
        {{"http/tls_cert"}, {"/c"}, false},
        {{"http/tls_key"}, {"/k"}, false},
        {{"http/tls_cert", "http/tls_key"}, {"/c", "/k"}, true},
        {{"http/max_connections"}, {"1024"}, false},
        {{"http/max_connections"}, {"1025"}, true},
        {{"http/max_streams", "http/max_connections"}, {"8", "8"}, false},
        {{"http/max_streams", "http/max_connections"}, {"7", "8"}, true},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zb_settings_t settings = fresh ();
        for (size_t n = 0; n < 2 && table [i].path [n]; n++)
            assert_null (zb_settings_set (&settings, table [i].path [n], table [i].value [n]));
        if ((zb_settings_check (&settings) == NULL) != table [i].good)
            fail_msg ("row %zu", i);
    }
}

static void test_settings_know_what_only_this_machine_reaches (void **state)
{
    (void) state;
    static const struct {
        const char *listen;
        bool loopback;
    } table [] = {
        {"127.0.0.1:1", true},
        {"127.255.0.9:1", true},
        {"localhost:1", true},
        {"LocalHost:1", true},
        {"[::1]:1", true},
        {"[0:0:0:0:0:0:0:1]:1", true},
        {"0.0.0.0:1", false},
        {"[::]:1", false},
        {"128.0.0.1:1", false},
        {"10.0.0.1:1", false},
        {"board:1", false},
        {"localhost.example.com:1", false},
        {"127.0.0.1.example.com:1", false},
        {"[::2]:1", false},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zb_settings_t settings = fresh ();
        assert_null (zb_settings_set (&settings, "http/listen", table [i].listen));
        if (zb_settings_is_loopback (&settings) != table [i].loopback)
            fail_msg ("%s", table [i].listen);
    }
}

static void test_settings_on_the_command_line_beat_the_file (void **state)
{
    (void) state;
    static const char text [] =
        "http\n    listen = [::]:1\n    host = a\n    host = b\n    max_streams = 5\n"
        "ingest\n    spool = /s\n";
    char path [64];
    zb_settings_t settings;
    write_file (path, text, sizeof text - 1);
    const char *arguments [] = {"zboard", "--listen=127.0.0.1:2", "--config", path, "--query", "ipc://q", NULL};
    assert_int_equal (zb_settings_parse (6, (char **) arguments, &settings), ZC_RUN);
    assert_string_equal (settings.listen.port, "2");
    assert_string_equal (settings.query, "ipc://q");
    assert_string_equal (settings.spool, "/s");
    assert_int_equal (settings.hosts.count, 2);
    assert_int_equal (settings.streams_max, 5);
    unlink (path);
}

static void test_settings_mistakes_on_the_command_line_are_told (void **state)
{
    (void) state;
    static const struct {
        const char *arguments [4], *said;
    } table [] = {
        {{"--listen"}, "zboard: --listen needs a value; see zboard --help\n"},
        {{"--listen", "x"}, "zboard: --listen: 'x' is not ADDRESS:PORT, such as 127.0.0.1:7750 or [::1]:7750\n"},
        {{"--nothing"}, "zboard: unknown option '--nothing'; see zboard --help\n"},
        {{"--listen", "-x", "-xy"}, "zboard: unknown option '-xy'; see zboard --help\n"},
        {{"-x"}, "zboard: unknown option '-x'; see zboard --help\n"},
        {{"--help=x"}, "zboard: --help takes no value; see zboard --help\n"},
        {{"word"}, "zboard: unexpected argument 'word'; see zboard --help\n"},
        {{"--", "word"}, "zboard: unexpected argument 'word'; see zboard --help\n"},
        {{"--tls-key", "/k"}, "zboard: http/tls_cert and http/tls_key must be given together\n"},
        {{"--config", "/tmp/zcost-test-is-not-there"},
         "zboard: /tmp/zcost-test-is-not-there: No such file or directory\n"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zb_settings_t settings;
        const char *arguments [6] = {"zboard"};
        int count = 1;
        for (; table [i].arguments [count - 1]; count++)
            arguments [count] = table [i].arguments [count - 1];
        capture ();
        zc_parsed_t parsed = zb_settings_parse (count, (char **) arguments, &settings);
        assert_string_equal (release (), table [i].said);
        assert_int_equal (parsed, ZC_EXIT_USAGE);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_settings_defaults_are_whole),
        cmocka_unit_test (test_settings_numbers_end_at_their_edges),
        cmocka_unit_test (test_settings_listen_is_an_address_and_a_port),
        cmocka_unit_test (test_settings_endpoints_say_where_zcostd_is),
        cmocka_unit_test (test_settings_texts_can_stand_in_the_log),
        cmocka_unit_test (test_settings_access_log_is_on_or_off),
        cmocka_unit_test (test_settings_names_gather_up_to_eight),
        cmocka_unit_test (test_settings_origins_are_as_browsers_say_them),
        cmocka_unit_test (test_settings_that_are_none_are_told),
        cmocka_unit_test (test_settings_must_agree),
        cmocka_unit_test (test_settings_know_what_only_this_machine_reaches),
        cmocka_unit_test (test_settings_on_the_command_line_beat_the_file),
        cmocka_unit_test (test_settings_mistakes_on_the_command_line_are_told),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
