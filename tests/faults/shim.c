/* SPDX-License-Identifier: MPL-2.0
 *
 * shim.c - the disk under a program, traced and made to fail.
 *
 * Preloaded (LD_PRELOAD), it stands between a program and libc for what changes files below one
 * directory: the program's own calls and those of the libraries it uses, such as SQLite. What happens
 * is said in plan.h.
 *
 * All operations but syncs happen one after another, in the order of the trace. A sync has a beginning
 * and an end there, and others may come between: what was written in between it does not cover.
 */
#undef _FORTIFY_SOURCE /* its inline functions would stand before ours */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan.h"

#define EXPORT __attribute__ ((visibility ("default")))

/* errno stays what the operation left there. */
static ino_t inode_at (int directory, const char *path, int flags)
{
    struct stat about;
    int error = errno;
    ino_t inode = fstatat (directory, path, &about, flags) ? 0 : about.st_ino;
    errno = error;
    return inode;
}

static ino_t inode_of (int descriptor)
{
    return inode_at (descriptor, "", AT_EMPTY_PATH);
}

/* Ends an operation that answers 0 or -1. */
static int ended (int result, const zc_fault_record_t *record)
{
    if (result == 0)
        zc_fault_note (record);
    zc_fault_leave ();
    return result;
}

/* ------------------------------------------------------------------------------------- open */

static int open_ours (int directory, const char *path, const char *name, int flags, mode_t mode)
{
    struct stat about;
    bool exists = fstatat (directory, path, &about, 0) == 0;
    if (exists ? !(flags & O_TRUNC) : !(flags & O_CREAT))
        return ZC_REAL (openat) (directory, path, flags, mode);
    int descriptor = -1;
    if (zc_fault_enter (exists ? ZC_OP_SIZE : ZC_OP_CREATE, name) == ZC_GO_ON)
        descriptor = ZC_REAL (openat) (directory, path, flags, mode);
    if (descriptor >= 0)
        zc_fault_note (
            &(zc_fault_record_t){.word = exists ? "truncate" : "create", .inode = inode_of (descriptor), .name = name});
    zc_fault_leave ();
    return descriptor;
}

static int open_any (int directory, const char *path, int flags, va_list arguments)
{
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg (arguments, mode_t) : 0;
    char buffer [PATH_MAX];
    const char *name = zc_fault_name (directory, path, buffer);
    return name ? open_ours (directory, path, name, flags, mode) : ZC_REAL (openat) (directory, path, flags, mode);
}

#define DEFINE_OPEN(function)                                                                                          \
    EXPORT int function (const char *path, int flags, ...)                                                             \
    {                                                                                                                  \
        va_list arguments;                                                                                             \
        va_start (arguments, flags);                                                                                   \
        int result = open_any (AT_FDCWD, path, flags, arguments);                                                      \
        va_end (arguments);                                                                                            \
        return result;                                                                                                 \
    }
#define DEFINE_OPENAT(function)                                                                                        \
    EXPORT int function (int directory, const char *path, int flags, ...)                                              \
    {                                                                                                                  \
        va_list arguments;                                                                                             \
        va_start (arguments, flags);                                                                                   \
        int result = open_any (directory, path, flags, arguments);                                                     \
        va_end (arguments);                                                                                            \
        return result;                                                                                                 \
    }

DEFINE_OPEN (open)
DEFINE_OPEN (open64)
DEFINE_OPENAT (openat)
DEFINE_OPENAT (openat64)

/* ----------------------------------------------------------------------------------- writes */

#define AT_THE_CURSOR (-1)

static ssize_t real_writev (int descriptor, const struct iovec *data, int count, off_t offset)
{
    return offset == AT_THE_CURSOR ? ZC_REAL (writev) (descriptor, data, count)
                                   : ZC_REAL (pwritev) (descriptor, data, count, offset);
}

/* Does the first half of a write, at least a byte. */
static ssize_t half_write (int descriptor, const struct iovec *data, off_t offset)
{
    struct iovec first = *data;
    first.iov_len = (first.iov_len + 1) / 2;
    return real_writev (descriptor, &first, 1, offset);
}

static ssize_t write_any (int descriptor, const struct iovec *data, int count, off_t offset)
{
    char buffer [PATH_MAX];
    const char *name = zc_fault_descriptor_name (descriptor, buffer);
    if (!name)
        return real_writev (descriptor, data, count, offset);
    zc_verdict_t verdict = zc_fault_enter (ZC_OP_WRITE, name);
    ssize_t written = -1;
    if (verdict != ZC_FAIL)
        written =
            verdict == ZC_GO_ON ? real_writev (descriptor, data, count, offset) : half_write (descriptor, data, offset);
    if (written >= 0) {
        off_t begin = offset == AT_THE_CURSOR ? lseek (descriptor, 0, SEEK_CUR) - written : offset;
        zc_fault_note (&(zc_fault_record_t){.word = "write",
                                            .inode = inode_of (descriptor),
                                            .name = name,
                                            .offset = begin,
                                            .data = data,
                                            .size = (size_t) written});
    }
    zc_fault_leave ();
    return written;
}

EXPORT ssize_t write (int descriptor, const void *data, size_t size)
{
    struct iovec one = {(void *) (uintptr_t) data, size};
    return write_any (descriptor, &one, 1, AT_THE_CURSOR);
}

EXPORT ssize_t writev (int descriptor, const struct iovec *data, int count)
{
    return write_any (descriptor, data, count, AT_THE_CURSOR);
}

EXPORT ssize_t pwrite (int descriptor, const void *data, size_t size, off_t offset)
{
    struct iovec one = {(void *) (uintptr_t) data, size};
    return write_any (descriptor, &one, 1, offset);
}

EXPORT ssize_t pwrite64 (int descriptor, const void *data, size_t size, off64_t offset)
{
    return pwrite (descriptor, data, size, offset);
}

EXPORT ssize_t pwritev (int descriptor, const struct iovec *data, int count, off_t offset)
{
    return write_any (descriptor, data, count, offset);
}

EXPORT ssize_t pwritev64 (int descriptor, const struct iovec *data, int count, off64_t offset)
{
    return write_any (descriptor, data, count, offset);
}

/* ------------------------------------------------------------------------------------ syncs */

static int sync_any (int descriptor, int (*real_sync) (int))
{
    char buffer [PATH_MAX];
    const char *name = zc_fault_descriptor_name (descriptor, buffer);
    if (!name)
        return real_sync (descriptor);
    zc_fault_record_t record = {.word = "sync-begin", .inode = inode_of (descriptor), .name = name};
    zc_verdict_t verdict = zc_fault_enter (ZC_OP_SYNC, name);
    if (verdict == ZC_GO_ON)
        zc_fault_note (&record);
    zc_fault_leave ();
    if (verdict != ZC_GO_ON)
        return -1;
    int result = real_sync (descriptor);
    zc_fault_stall ();
    record.word = "sync-end";
    zc_fault_lock ();
    return ended (result, &record);
}

EXPORT int fsync (int descriptor)
{
    return sync_any (descriptor, ZC_REAL (fsync));
}

EXPORT int fdatasync (int descriptor)
{
    return sync_any (descriptor, ZC_REAL (fdatasync));
}

/* ------------------------------------------------------------------------------------ sizes */

EXPORT int ftruncate (int descriptor, off_t size)
{
    char buffer [PATH_MAX];
    const char *name = zc_fault_descriptor_name (descriptor, buffer);
    if (!name)
        return ZC_REAL (ftruncate) (descriptor, size);
    int result = zc_fault_enter (ZC_OP_SIZE, name) == ZC_GO_ON ? ZC_REAL (ftruncate) (descriptor, size) : -1;
    return ended (
        result, &(zc_fault_record_t){.word = "truncate", .inode = inode_of (descriptor), .name = name, .length = size});
}

EXPORT int ftruncate64 (int descriptor, off64_t size)
{
    return ftruncate (descriptor, size);
}

EXPORT int fallocate (int descriptor, int mode, off_t offset, off_t length)
{
    char buffer [PATH_MAX];
    const char *name = zc_fault_descriptor_name (descriptor, buffer);
    if (!name)
        return ZC_REAL (fallocate) (descriptor, mode, offset, length);
    int result = -1;
    if (zc_fault_enter (ZC_OP_SIZE, name) == ZC_GO_ON)
        result = ZC_REAL (fallocate) (descriptor, mode, offset, length);
    char mode_text [16]; /* of what the reader of the trace must know how to do */
    snprintf (mode_text, sizeof mode_text, "%d", mode);
    return ended (result, &(zc_fault_record_t){.word = "allocate",
                                               .inode = inode_of (descriptor),
                                               .name = name,
                                               .other = mode_text,
                                               .offset = offset,
                                               .length = length});
}

EXPORT int fallocate64 (int descriptor, int mode, off64_t offset, off64_t length)
{
    return fallocate (descriptor, mode, offset, length);
}

EXPORT int posix_fallocate (int descriptor, off_t offset, off_t length)
{
    int before = errno;
    int error = fallocate (descriptor, 0, offset, length) ? errno : 0;
    errno = before; /* this one answers its error */
    return error;
}

EXPORT int posix_fallocate64 (int descriptor, off64_t offset, off64_t length)
{
    return posix_fallocate (descriptor, offset, length);
}

/* ------------------------------------------------------------------------------------ names */

EXPORT int mkdirat (int directory, const char *path, mode_t mode)
{
    char buffer [PATH_MAX];
    const char *name = zc_fault_name (directory, path, buffer);
    if (!name)
        return ZC_REAL (mkdirat) (directory, path, mode);
    int result = zc_fault_enter (ZC_OP_CREATE, name) == ZC_GO_ON ? ZC_REAL (mkdirat) (directory, path, mode) : -1;
    return ended (result, &(zc_fault_record_t){.word = "mkdir", .inode = inode_at (directory, path, 0), .name = name});
}

EXPORT int mkdir (const char *path, mode_t mode)
{
    return mkdirat (AT_FDCWD, path, mode);
}

EXPORT int renameat2 (int from_at, const char *from, int to_at, const char *to, unsigned flags)
{
    char from_buffer [PATH_MAX], to_buffer [PATH_MAX];
    const char *from_name = zc_fault_name (from_at, from, from_buffer);
    const char *to_name = zc_fault_name (to_at, to, to_buffer);
    if (!from_name || !to_name)
        return ZC_REAL (renameat2) (from_at, from, to_at, to, flags);
    int result = -1;
    if (zc_fault_enter (ZC_OP_CREATE, to_name) == ZC_GO_ON)
        result = ZC_REAL (renameat2) (from_at, from, to_at, to, flags);
    return ended (result, &(zc_fault_record_t){.word = "rename", .name = from_name, .other = to_name});
}

EXPORT int renameat (int from_at, const char *from, int to_at, const char *to)
{
    return renameat2 (from_at, from, to_at, to, 0);
}

EXPORT int rename (const char *from, const char *to)
{
    return renameat2 (AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int linkat (int from_at, const char *from, int to_at, const char *to, int flags)
{
    char buffer [PATH_MAX];
    const char *name = zc_fault_name (to_at, to, buffer);
    if (!name)
        return ZC_REAL (linkat) (from_at, from, to_at, to, flags);
    int result = -1;
    if (zc_fault_enter (ZC_OP_CREATE, name) == ZC_GO_ON)
        result = ZC_REAL (linkat) (from_at, from, to_at, to, flags);
    return ended (
        result, &(zc_fault_record_t){.word = "link", .inode = inode_at (to_at, to, AT_SYMLINK_NOFOLLOW), .name = name});
}

EXPORT int link (const char *from, const char *to)
{
    return linkat (AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORT int unlinkat (int directory, const char *path, int flags)
{
    char buffer [PATH_MAX];
    const char *name = zc_fault_name (directory, path, buffer);
    if (!name)
        return ZC_REAL (unlinkat) (directory, path, flags);
    int result = zc_fault_enter (ZC_OP_REMOVE, name) == ZC_GO_ON ? ZC_REAL (unlinkat) (directory, path, flags) : -1;
    return ended (result, &(zc_fault_record_t){.word = "remove", .name = name});
}

EXPORT int unlink (const char *path)
{
    return unlinkat (AT_FDCWD, path, 0);
}
