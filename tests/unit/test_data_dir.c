/* SPDX-License-Identifier: MPL-2.0
 *
 * test_data_dir.c - what data_dir.h promises: found, made, and one daemon's.
 */
#include "store/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "stores.h"

static void set (const char *variable, const char *value)
{
    if (value)
        setenv (variable, value, 1);
    else
        unsetenv (variable);
}

static void test_data_dir_default_is_the_first_that_is_known (void **state)
{
    (void) state;
    static const struct {
        const char *state, *xdg, *home, *path; /* NULL: none */
    } cases [] = {
        {"/var/lib/zcost", "/x", "/h", "/var/lib/zcost"},
        {"/var/lib/a:/var/lib/b", "/x", "/h", "/var/lib/a"},
        {"", "/x", "/h", "/x/zcost"},
        {NULL, "/x", "/h", "/x/zcost"},
        {NULL, "/x:y", "/h", "/x:y/zcost"},
        {NULL, "relative", "/h", "/h/.local/state/zcost"},
        {"relative", NULL, "/h", "/h/.local/state/zcost"},
        {NULL, "", "/h", "/h/.local/state/zcost"},
        {NULL, NULL, "", NULL},
        {NULL, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path [64] = "as it was";
        set ("STATE_DIRECTORY", cases [i].state);
        set ("XDG_STATE_HOME", cases [i].xdg);
        set ("HOME", cases [i].home);
        assert_int_equal (zc_data_dir_default (path, sizeof path), cases [i].path ? 0 : -1);
        assert_string_equal (path, cases [i].path ? cases [i].path : "as it was");
    }
    char path [9] = "";
    set ("STATE_DIRECTORY", "/12345678");
    assert_int_equal (zc_data_dir_default (path, sizeof path), -1);
    set ("STATE_DIRECTORY", "/1234567");
    assert_int_equal (zc_data_dir_default (path, sizeof path), 0);
}

static int lock (const char *path)
{
    int fd = -1;
    char why [256] = "";
    if (zc_data_dir_open (path, &fd, why) == -1)
        fail_msg ("%s", why);
    return fd;
}

static void assert_refused (const char *path, const char *words)
{
    int fd = 77;
    char why [256] = "";
    assert_int_equal (zc_data_dir_open (path, &fd, why), -1);
    assert_int_equal (fd, 77);
    if (!strstr (why, words))
        fail_msg ("'%s' does not say '%s'", why, words);
}

static void assert_mode (const char *path, mode_t mode)
{
    struct stat status;
    assert_int_equal (stat (path, &status), 0);
    assert_int_equal (status.st_mode & 0777, mode);
}

static void test_data_dir_is_made_with_its_parents (void **state)
{
    (void) state;
    place_t place = place_new ();
    assert_int_equal (chmod (place.path, 0755), 0);
    static const char *const names [] = {"/a/b/c", "/d/e/", "/f//g", "/h", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path [128];
        snprintf (path, sizeof path, "%s%s", place.path, names [i]);
        int fd = lock (path);
        assert_mode (path, names [i][0] ? 0700 : 0755);
        zc_data_dir_close (&fd);
        assert_int_equal (fd, -1);
        zc_data_dir_close (&fd);
        fd = lock (path); /* it is there now */
        zc_data_dir_close (&fd);
    }
    char parent [128];
    snprintf (parent, sizeof parent, "%s/a", place.path);
    assert_mode (parent, 0700);
    assert_mode (place.path, 0755);
    assert_int_equal (chdir (place.path), 0);
    int fd = lock ("relative/one");
    assert_mode ("relative/one", 0700);
    zc_data_dir_close (&fd);
    assert_int_equal (chdir ("/"), 0);
    place_end (&place);
}

static void test_data_dir_refuses_what_is_none (void **state)
{
    (void) state;
    place_t place = place_new ();
    char path [128];
    snprintf (path, sizeof path, "%s/file", place.path);
    assert_int_equal (mknod (path, S_IFREG | 0600, 0), 0);
    assert_refused (path, strerror (ENOTDIR));
    strcat (path, "/below");
    assert_refused (path, strerror (ENOTDIR));
    assert_refused ("", strerror (ENOENT));
    char longest [6000];
    memset (longest, 'x', sizeof longest - 1);
    longest [sizeof longest - 1] = '\0';
    assert_refused (longest, strerror (ENAMETOOLONG));
    place_end (&place);
}

/* As someone who is not root: root may write where nobody may. */
static void test_data_dir_refuses_where_it_may_not_write (void **state)
{
    (void) state;
    place_t place = place_new ();
    assert_int_equal (chmod (place.path, 0555), 0);
    pid_t child = fork ();
    assert_true (child != -1);
    if (child == 0) {
        int fd;
        char why [256] = "", path [128];
        snprintf (path, sizeof path, "%s/below", place.path);
        if (getuid () == 0 && setuid (65534) == -1)
            _exit (2);
        if (zc_data_dir_open (place.path, &fd, why) == 0 || !strstr (why, "cannot be written to"))
            _exit (1);
        _exit (zc_data_dir_open (path, &fd, why) == 0 || !strstr (why, strerror (EACCES)));
    }
    int status;
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_true (WIFEXITED (status));
    assert_int_equal (WEXITSTATUS (status), 0);
    place_end (&place);
}

/* Another process holds the lock until the pipe ends; returns its pid. */
static pid_t lock_elsewhere (const char *path, int *ret_pipe)
{
    int there [2], done [2];
    char byte = 0;
    assert_int_equal (pipe (there), 0);
    assert_int_equal (pipe (done), 0);
    pid_t child = fork ();
    assert_true (child != -1);
    if (child == 0) {
        int fd;
        char why [256];
        close (done [1]);
        if (zc_data_dir_open (path, &fd, why) == -1 || write (there [1], &byte, 1) != 1)
            _exit (1);
        _exit (read (done [0], &byte, 1) != 0);
    }
    close (there [1]);
    close (done [0]);
    assert_int_equal (read (there [0], &byte, 1), 1);
    close (there [0]);
    *ret_pipe = done [1];
    return child;
}

static void test_data_dir_is_one_daemons (void **state)
{
    (void) state;
    place_t place = place_new ();
    int pipe_end, status, fd = -1;
    pid_t child = lock_elsewhere (place.path, &pipe_end);
    char words [32], why [256] = "";
    snprintf (words, sizeof words, "pid %ld", (long) child);
    assert_refused (place.path, words);
    assert_int_equal (zc_data_dir_open_read_only (place.path, &fd, why), -1);
    assert_non_null (strstr (why, words));
    close (pipe_end);
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_int_equal (status, 0);
    fd = lock (place.path); /* it ended with its process */
    snprintf (words, sizeof words, "pid %ld", (long) getpid ());
    assert_refused (place.path, words);
    zc_data_dir_close (&fd);
    place_end (&place);
}

static void test_data_dir_look_leaves_no_trace (void **state)
{
    (void) state;
    place_t place = place_new ();
    int fd = 77, second = 77;
    char why [256] = "", name [128];
    snprintf (name, sizeof name, "%s/lock", place.path);
    assert_int_equal (zc_data_dir_open_read_only (place.path, &fd, why), 0);
    assert_int_equal (fd, -1); /* no daemon was ever here */
    assert_int_equal (access (name, F_OK), -1);
    int daemon_fd = lock (place.path);
    zc_data_dir_close (&daemon_fd);
    assert_int_equal (zc_data_dir_open_read_only (place.path, &fd, why), 0);
    assert_true (fd != -1);
    assert_int_equal (zc_data_dir_open_read_only (place.path, &second, why), 0);
    assert_refused (place.path, "in use");
    zc_data_dir_close (&fd);
    zc_data_dir_close (&second);
    daemon_fd = lock (place.path);
    zc_data_dir_close (&daemon_fd);
    strcat (name, "/none");
    assert_int_equal (zc_data_dir_open_read_only (name, &fd, why), -1);
    place_end (&place);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_data_dir_default_is_the_first_that_is_known),
        cmocka_unit_test (test_data_dir_is_made_with_its_parents),
        cmocka_unit_test (test_data_dir_refuses_what_is_none),
        cmocka_unit_test (test_data_dir_refuses_where_it_may_not_write),
        cmocka_unit_test (test_data_dir_is_one_daemons),
        cmocka_unit_test (test_data_dir_look_leaves_no_trace),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
