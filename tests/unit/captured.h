/* SPDX-License-Identifier: MPL-2.0
 *
 * captured.h - what is said on stderr, for tests; and files of theirs.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_CAPTURED_H
#define ZC_TEST_CAPTURED_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int captured_file = -1, captured_stderr = -1;

/* From now on stderr goes to memory. */
static inline void capture (void)
{
    fflush (stderr);
    captured_stderr = dup (STDERR_FILENO);
    captured_file = memfd_create ("stderr", MFD_CLOEXEC);
    assert_true (captured_file != -1);
    assert_true (dup2 (captured_file, STDERR_FILENO) != -1);
}

/* stderr is again what it was; what came meanwhile, until the next call. */
static inline const char *release (void)
{
    static char text [8192];
    fflush (stderr);
    dup2 (captured_stderr, STDERR_FILENO);
    close (captured_stderr);
    ssize_t size = pread (captured_file, text, sizeof text - 1, 0);
    close (captured_file);
    assert_true (size >= 0);
    text [size] = '\0';
    return text;
}

/* A file of these bytes; its name, for the caller to unlink. */
static inline void write_file (char path [64], const void *bytes, size_t size)
{
    strcpy (path, "/tmp/zcost-test-XXXXXX");
    int fd = mkstemp (path);
    assert_true (fd != -1);
    assert_int_equal (write (fd, bytes, size), (ssize_t) size);
    close (fd);
}

#endif
