/* SPDX-License-Identifier: MPL-2.0
 *
 * test_auth.c - what guard.h promises of tokens: which files hold some, which words are one, and how a cookie says it;
 * and of names. What a request brings, the system tests bring.
 */
#include "zboard/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "captured.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))
#define A16 "aaaaaaaaaaaaaaaa"
#define B16 "bbbbbbbbbbbbbbbb"
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X512 X64 X64 X64 X64 X64 X64 X64 X64

static zb_settings_t settings;

/* A guard by a file of this text; NULL: it was refused, and *ret_said is why, as the log has it. */
static zb_auth_t *guard_of (const char *text, const char **ret_said)
{
    char path [64];
    zb_settings_default (&settings);
    write_file (path, text, strlen (text));
    strcpy (settings.token_file, path);
    capture ();
    zb_auth_t *guard = zb_auth_new (&settings);
    *ret_said = release ();
    unlink (path);
    return guard;
}

static bool knows (const zb_auth_t *guard, const char *token)
{
    return zb_auth_knows (guard, token, strlen (token));
}

static void test_auth_reads_a_token_a_line (void **state)
{
    (void) state;
    static const struct {
        const char *text;
        const char *known [3], *unknown [3];
    } table [] = {
        {A16 "\n", {A16}, {B16, "", "#"}},
        {A16, {A16}, {B16}},
        {A16 "\r\n" B16 "\r\n", {A16, B16}, {A16 "\r", "\r"}},
        {"# who may\n\n" A16 "\n#" B16 "\n\n", {A16}, {B16, "#" B16, "# who may"}},
        {"\r\n#\r\n" A16 "\r\n", {A16}, {"", "#"}},
        {"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\n", {"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}, {A16}},
        {X512 "\n" A16 "\n", {X512, A16}, {X512 "x", X64}},
        {X512 "\r\n" A16 "\r\n", {X512, A16}, {X512 "\r"}},
        {A16 "\n" A16 "\n", {A16}, {B16}},
        /* A comment, however long, is none of the tokens, nor is its end. */
        {"#" X512 X64 A16 "\n" B16 "\n", {B16}, {A16, X64 A16, X64}},
        {"#" X512 X512 X512 "\n" B16 "\n", {B16}, {X512}},
        {"#" X512 "x\n" B16 "\n", {B16}, {X512}},
        {"#" X512 "\n" B16 "\n", {B16}, {X512}},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        const char *said;
        zb_auth_t *guard = guard_of (table [i].text, &said);
        if (!guard)
            fail_msg ("row %zu: %s", i, said);
        assert_string_equal (said, "");
        assert_true (zb_auth_has_tokens (guard));
        for (size_t n = 0; n < 3; n++) {
            if (table [i].known [n] && !knows (guard, table [i].known [n]))
                fail_msg ("row %zu does not know %s", i, table [i].known [n]);
            if (table [i].unknown [n] && knows (guard, table [i].unknown [n]))
                fail_msg ("row %zu knows %s", i, table [i].unknown [n]);
        }
        zb_auth_destroy (&guard);
        assert_null (guard);
    }
}

static void test_auth_refuses_files_that_hold_none (void **state)
{
    (void) state;
    static const struct {
        const char *text, *why;
    } table [] = {
        {"", "contains no token"},
        {"\n\r\n", "contains no token"},
        {"# " A16 "\n", "contains no token"},
        {"aaaaaaaaaaaaaaa\n", "a token must have 16 to 512 characters"},
        {A16 "\nshort\n", "a token must have 16 to 512 characters"},
        {"   \n", "a token must have 16 to 512 characters"},
        {X512 "x\n", "a token must have 16 to 512 characters"},
        {X512 "xy", "a token must have 16 to 512 characters"},
        {X512 X512 A16 "\n", "a token must have 16 to 512 characters"},
        {"aaaaaaaa aaaaaaaa\n", "a token must consist of printable ASCII characters, without blanks"},
        {" " A16 "\n", "a token must consist of printable ASCII characters, without blanks"},
        {A16 "\t\n", "a token must consist of printable ASCII characters, without blanks"},
        {A16 "\303\251\n", "a token must consist of printable ASCII characters, without blanks"},
        {A16 "\x7f\n", "a token must consist of printable ASCII characters, without blanks"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        const char *said;
        zb_auth_t *guard = guard_of (table [i].text, &said);
        if (guard || strncmp (said, "level=error event=token_file ", 29) != 0 || !strstr (said, table [i].why))
            fail_msg ("row %zu: %s, not %s", i, said, table [i].why);
        assert_null (strstr (said, "aaaa")); /* no secret goes into the log */
    }
}

static void test_auth_holds_sixteen_tokens (void **state)
{
    (void) state;
    for (int count = 15; count <= 17; count++) {
        char text [1024] = "", token [32];
        const char *said;
        for (int i = 0; i < count; i++)
            sprintf (text + strlen (text), "token-number-%06d\n", i);
        zb_auth_t *guard = guard_of (text, &said);
        assert_int_equal (guard != NULL, count <= 16);
        for (int i = 0; guard && i < count; i++) {
            sprintf (token, "token-number-%06d", i);
            assert_true (knows (guard, token));
        }
        assert_true (guard || strstr (said, "contains more than 16 tokens"));
        zb_auth_destroy (&guard);
    }
}

static void test_auth_without_a_file_knows_nobody (void **state)
{
    (void) state;
    zb_settings_default (&settings);
    zb_auth_t *guard = zb_auth_new (&settings);
    assert_non_null (guard);
    assert_false (zb_auth_has_tokens (guard));
    assert_false (knows (guard, "") || knows (guard, A16));
    zb_auth_reload (guard);
    assert_false (zb_auth_has_tokens (guard));
    zb_auth_destroy (&guard);
    zb_auth_destroy (&guard);
    zb_auth_destroy (NULL);
}

static void test_auth_tells_a_file_that_is_not_there (void **state)
{
    (void) state;
    zb_settings_default (&settings);
    strcpy (settings.token_file, "/tmp/zcost-test-is-not-there");
    capture ();
    assert_null (zb_auth_new (&settings));
    assert_string_equal (release (),
                         "level=error event=token_file file=\"/tmp/zcost-test-is-not-there\" "
                         "reason=\"No such file or directory\"\n");
}

/* A token is known whole: no beginning of it, nothing behind it, no byte of it other. */
static void test_auth_knows_a_token_by_every_byte (void **state)
{
    (void) state;
    static const char token [] = "0123456789abcdefghijklmnopqrstuv";
    const char *said;
    zb_auth_t *guard = guard_of ("0123456789abcdefghijklmnopqrstuv\n" A16 "\n", &said);
    char other [40];
    assert_non_null (guard);
    for (size_t size = 0; size <= sizeof token - 1; size++) {
        char *copy = malloc (size ? size : 1);
        memcpy (copy, token, size);
        assert_int_equal (zb_auth_knows (guard, copy, size), size == sizeof token - 1);
        free (copy);
    }
    for (size_t i = 0; i < sizeof token - 1; i++)
        for (int bit = 0; bit < 8; bit++) {
            strcpy (other, token);
            other [i] ^= (char) (1 << bit);
            assert_false (zb_auth_knows (guard, other, sizeof token - 1));
        }
    strcpy (other, token);
    strcat (other, "0");
    assert_false (knows (guard, other));
    assert_false (zb_auth_knows (guard, other, sizeof token - 1 + 2)); /* the NUL counts */
    zb_auth_destroy (&guard);
}

static void test_auth_reads_its_file_again (void **state)
{
    (void) state;
    char path [64];
    zb_settings_default (&settings);
    write_file (path, A16 "\n", 17);
    strcpy (settings.token_file, path);
    zb_auth_t *guard = zb_auth_new (&settings);
    assert_true (guard && knows (guard, A16));
    assert_int_equal (truncate (path, 0), 0);
    capture ();
    zb_auth_reload (guard);
    assert_non_null (strstr (release (), "contains no token"));
    assert_true (knows (guard, A16)); /* as it was */
    FILE *file = fopen (path, "w");
    fputs (B16 "\n", file);
    fclose (file);
    capture ();
    zb_auth_reload (guard);
    assert_string_equal (release (), "level=info event=token_file_read tokens=1\n");
    assert_true (knows (guard, B16) && !knows (guard, A16));
    unlink (path);
    zb_auth_destroy (&guard);
}

static void test_auth_says_a_token_as_a_cookie (void **state)
{
    (void) state;
    static const struct {
        const char *token;
        bool secure;
        const char *cookie;
    } table [] = {
        {"Az;,\" ~", false, "zboard=417a3b2c22207e; Path=/; HttpOnly; SameSite=Strict"},
        {"Az", true, "zboard=417a; Path=/; HttpOnly; SameSite=Strict; Secure"},
        {"", false, "zboard=; Path=/; HttpOnly; SameSite=Strict"},
        {"\xff\x80", false, "zboard=ff80; Path=/; HttpOnly; SameSite=Strict"},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        char *cookie = zb_auth_cookie (table [i].token, strlen (table [i].token), table [i].secure);
        assert_string_equal (cookie, table [i].cookie);
        free (cookie);
    }
    char *cookie = zb_auth_cookie (X512, 512, true);
    assert_int_equal (strlen (cookie), strlen ("zboard=; Path=/; HttpOnly; SameSite=Strict; Secure") + 1024);
    free (cookie);
    assert_string_equal (zb_auth_no_cookie (), "zboard=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
}

static void test_auth_knows_its_names (void **state)
{
    (void) state;
    static const struct {
        const char *listen, *host;
        bool tokens;
        const char *ours [4], *others [4];
    } table [] = {
        {"127.0.0.1:1",
         NULL,
         false,
         {"localhost", "127.0.0.1:1", "[::1]:1", "localhost "},
         {"evil", "board", "", "evil:1"}},
        {"127.0.0.1:1", "board", false, {"Board", "board:1", "board/x", "10.0.0.1/x"}, {"evil", "boards", "x.board"}},
        {"127.0.0.1:1", "board", true, {"board", "evil", ""}, {NULL}},
        {"0.0.0.0:1", NULL, false, {"evil", "localhost", ""}, {NULL}},
        {"0.0.0.0:1", "board", false, {"board", "localhost", "10.0.0.1", "[::1]"}, {"evil", "evil:1", "evil/board"}},
        {"0.0.0.0:1", "board", true, {"board", "evil"}, {NULL}},
        {"[::1]:1", NULL, false, {"localhost/", "[::1]"}, {"evil", "[evil]", "::1x"}},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        char path [64];
        write_file (path, A16 "\n", 17);
        zb_settings_default (&settings);
        assert_null (zb_settings_set (&settings, "http/listen", table [i].listen));
        assert_null (table [i].host ? zb_settings_set (&settings, "http/host", table [i].host) : NULL);
        assert_null (table [i].tokens ? zb_settings_set (&settings, "http/token_file", path) : NULL);
        zb_auth_t *guard = zb_auth_new (&settings);
        unlink (path);
        assert_non_null (guard);
        assert_true (zb_auth_is_host_ours (guard, NULL));
        for (size_t n = 0; n < 4; n++) {
            if (table [i].ours [n] && !zb_auth_is_host_ours (guard, table [i].ours [n]))
                fail_msg ("row %zu: %s is not ours", i, table [i].ours [n]);
            if (table [i].others [n] && zb_auth_is_host_ours (guard, table [i].others [n]))
                fail_msg ("row %zu: %s is ours", i, table [i].others [n]);
        }
        zb_auth_destroy (&guard);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_auth_reads_a_token_a_line),
        cmocka_unit_test (test_auth_refuses_files_that_hold_none),
        cmocka_unit_test (test_auth_holds_sixteen_tokens),
        cmocka_unit_test (test_auth_without_a_file_knows_nobody),
        cmocka_unit_test (test_auth_tells_a_file_that_is_not_there),
        cmocka_unit_test (test_auth_knows_a_token_by_every_byte),
        cmocka_unit_test (test_auth_reads_its_file_again),
        cmocka_unit_test (test_auth_says_a_token_as_a_cookie),
        cmocka_unit_test (test_auth_knows_its_names),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
