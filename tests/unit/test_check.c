/* SPDX-License-Identifier: MPL-2.0
 *
 * test_check.c - what check.h promises: in every build, the process ends with file, line and expression on stderr.
 */
#include "core/base/check.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_check_ends_the_process_and_says_where (void **state)
{
    (void) state;
    int ends [2], status, line = 0;
    char said [512] = "", expected [256];
    assert_int_equal (pipe (ends), 0);
    fflush (NULL);
    line = __LINE__ + 7;
    pid_t child = fork ();
    if (child == 0) {
        setrlimit (RLIMIT_CORE, &(struct rlimit){0, 0});
        signal (SIGABRT, SIG_DFL); /* whatever watches over the test */
        dup2 (ends [1], STDERR_FILENO);
        int two = 2;
        zc_check (two + two == 5);
        _exit (0);
    }
    close (ends [1]);
    FILE *from = fdopen (ends [0], "r");
    assert_non_null (fgets (said, sizeof said, from));
    fclose (from);
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGABRT);
    snprintf (expected, sizeof expected, "test_check.c:%d: check failed: two + two == 5\n", line);
    if (!strstr (said, expected))
        fail_msg ("'%s' does not say '%s'", said, expected);
}

static void test_check_evaluates_once (void **state)
{
    (void) state;
    int times = 0;
    zc_check (++times == 1);
    assert_int_equal (times, 1);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_check_ends_the_process_and_says_where),
        cmocka_unit_test (test_check_evaluates_once),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
