/* SPDX-License-Identifier: MPL-2.0
 *
 * data_dir.c - the directory that holds one ledger.
 */
#include "store/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRIVATE_DIRECTORY 0700
#define PRIVATE_FILE 0600

/* -------------------------------------------------------------------------------- where */

/* Joins an absolute path that a variable holds, up to `end`, with `below`. */
static int join (const char *path, const char *end, const char *below, char *ret_path, size_t size)
{
    char joined [PATH_MAX];
    int length = snprintf (joined, sizeof joined, "%.*s%s", (int) (end - path), path, below);
    if (path [0] != '/' || (size_t) length >= sizeof joined || (size_t) length >= size)
        return -1;
    memcpy (ret_path, joined, (size_t) length + 1);
    return 0;
}

int zc_data_dir_default (char *ret_path, size_t size)
{
    static const struct {
        const char *variable, *below;
    } places [] = {{"STATE_DIRECTORY", ""}, {"XDG_STATE_HOME", "/zcost"}, {"HOME", "/.local/state/zcost"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *path = getenv (places [i].variable);
        if (!path || path [0] != '/')
            continue;
        /* Only systemd's is a list. */
        const char *end = i == 0 ? strchrnul (path, ':') : path + strlen (path);
        return join (path, end, places [i].below, ret_path, size);
    }
    return -1;
}

/* --------------------------------------------------------------------------------- make */

/* The path stands last: it may be longer than the line. */
static int fail (char ret_why [256], const char *what, const char *path)
{
    snprintf (ret_why, 256, "data directory: %s: %s: %s", what, strerror (errno), path);
    return -1;
}

/* A new entry is on disk once its directory is. */
static int sync_directory (const char *path)
{
    int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1)
        return -1;
    int result = fsync (fd), error = errno;
    close (fd);
    errno = error;
    return result;
}

/* Makes one directory, whose parent is the part of `path` before `slash` (NULL: the current directory). */
static int make_one (char *path, char *slash)
{
    if (mkdir (path, PRIVATE_DIRECTORY) == -1)
        return errno == EEXIST ? 0 : -1;
    if (!slash)
        return sync_directory (".");
    if (slash == path)
        return sync_directory ("/");
    *slash = '\0';
    int result = sync_directory (path);
    *slash = '/';
    return result;
}

/* From the top down. What is there already is left as it is, even where nobody might make it. */
static int make_all (char *path)
{
    struct stat status;
    if (stat (path, &status) == 0)
        return 0;
    char *parent = NULL;
    for (char *slash = strchr (path + 1, '/'); slash; slash = strchr (slash + 1, '/')) {
        *slash = '\0';
        int result = stat (path, &status) == 0 ? 0 : make_one (path, parent);
        *slash = '/';
        if (result == -1)
            return -1;
        parent = slash;
    }
    return make_one (path, parent ? parent : path [0] == '/' ? path : NULL);
}

/* --------------------------------------------------------------------------------- lock */

/* Who has it, as he wrote: a pid that is being written right now reads as 0. */
static long holder (int fd)
{
    char text [32] = "";
    ssize_t size = pread (fd, text, sizeof text - 1, 0);
    return size > 0 ? strtol (text, NULL, 10) : 0;
}

static int take_lock (int fd, int how, const char *path, char ret_why [256])
{
    if (flock (fd, how | LOCK_NB) == 0)
        return 0;
    if (errno != EWOULDBLOCK)
        return fail (ret_why, "cannot be locked", path);
    long pid = holder (fd);
    if (pid > 0)
        snprintf (ret_why, 256, "data directory: in use by another process, pid %ld: %s", pid, path);
    else
        snprintf (ret_why, 256, "data directory: in use by another process: %s", path);
    return -1;
}

static int write_pid (int fd)
{
    char text [32];
    int size = snprintf (text, sizeof text, "%ld\n", (long) getpid ());
    if (ftruncate (fd, 0) == -1)
        return -1;
    ssize_t written = pwrite (fd, text, (size_t) size, 0);
    if (written >= 0)
        errno = ENOSPC; /* what a part of so few bytes means */
    return written == size ? 0 : -1;
}

static int require_directory (const char *path, int access_mode, char ret_why [256])
{
    struct stat status;
    if (stat (path, &status) == -1)
        return fail (ret_why, "cannot be found", path);
    errno = ENOTDIR;
    if (!S_ISDIR (status.st_mode))
        return fail (ret_why, "cannot be used", path);
    if (faccessat (AT_FDCWD, path, access_mode, AT_EACCESS) == -1)
        return fail (ret_why, access_mode & W_OK ? "cannot be written to" : "cannot be read", path);
    return 0;
}

static int lock_name (const char *path, char ret_name [PATH_MAX], char ret_why [256])
{
    errno = ENAMETOOLONG;
    return snprintf (ret_name, PATH_MAX, "%s/lock", path) < PATH_MAX ? 0 : fail (ret_why, "cannot be used", path);
}

int zc_data_dir_open (const char *path, int *ret_lock_fd, char ret_why [256])
{
    char name [PATH_MAX], made [PATH_MAX];
    if (lock_name (path, name, ret_why) == -1)
        return -1;
    memcpy (made, path, strlen (path) + 1);
    if (make_all (made) == -1)
        return fail (ret_why, "cannot be created", path);
    if (require_directory (path, R_OK | W_OK | X_OK, ret_why) == -1)
        return -1;
    int fd = open (name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, PRIVATE_FILE);
    if (fd == -1)
        return fail (ret_why, "its file `lock` cannot be opened", path);
    int result = take_lock (fd, LOCK_EX, path, ret_why);
    if (result == 0 && write_pid (fd) == -1)
        result = fail (ret_why, "its file `lock` cannot be written", path);
    if (result == -1)
        close (fd);
    else
        *ret_lock_fd = fd;
    return result;
}

int zc_data_dir_open_read_only (const char *path, int *ret_lock_fd, char ret_why [256])
{
    char name [PATH_MAX];
    if (lock_name (path, name, ret_why) == -1 || require_directory (path, R_OK | X_OK, ret_why) == -1)
        return -1;
    int fd = open (name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW); /* it may be a pipe */
    if (fd == -1 && errno != ENOENT)
        return fail (ret_why, "its file `lock` cannot be opened", path);
    if (fd != -1 && take_lock (fd, LOCK_SH, path, ret_why) == -1) {
        close (fd);
        return -1;
    }
    *ret_lock_fd = fd;
    return 0;
}

void zc_data_dir_close (int *lock_fd)
{
    if (!lock_fd || *lock_fd == -1)
        return;
    close (*lock_fd);
    *lock_fd = -1;
}
