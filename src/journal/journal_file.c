/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_file.c - what the journal does to its directory.
 */
#include "journal/journal_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const prefixes [] = {
    [ZC_JOURNAL_FILE_SEGMENT] = "segment-", [ZC_JOURNAL_FILE_SPARE] = "spare-", [ZC_JOURNAL_FILE_NEW] = "new-"};

int zc_journal_file_why (char why [ZC_WHY_BYTES], const char *format, ...)
{
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (why, ZC_WHY_BYTES, format, arguments);
    va_end (arguments);
    return -1;
}

/* ------------------------------------------------------------------------- names */

const char *zc_journal_file_name (char name [ZC_JOURNAL_FILE_NAME_BYTES], zc_journal_file_kind_t kind, uint32_t number)
{
    snprintf (name, ZC_JOURNAL_FILE_NAME_BYTES, "%s%010u", prefixes [kind], number);
    return name;
}

const char *zc_journal_file_path (char path [PATH_MAX], const char *directory, const char *name)
{
    snprintf (path, PATH_MAX, "%s/%s", directory, name);
    return path;
}

/* The number in a name; 0: it is no name of this kind. */
static uint32_t number_of (const char *name, zc_journal_file_kind_t kind)
{
    size_t prefix = strlen (prefixes [kind]);
    if (strncmp (name, prefixes [kind], prefix) != 0)
        return 0;
    char canonical [ZC_JOURNAL_FILE_NAME_BYTES];
    uint32_t number = (uint32_t) strtoul (name + prefix, NULL, 10);
    return strcmp (zc_journal_file_name (canonical, kind, number), name) == 0 ? number : 0;
}

static int ascending (const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    return (x > y) - (x < y);
}

/* Grows by doubling. Returns -1 where there is no memory. */
static int add_number (uint32_t **numbers, size_t *count, uint32_t number)
{
    if ((*count & (*count - 1)) == 0) {
        uint32_t *more = realloc (*numbers, (*count ? *count * 2 : 1) * sizeof **numbers);
        if (!more)
            return -1;
        *numbers = more;
    }
    (*numbers) [(*count)++] = number;
    return 0;
}

/* Reads the entries; -1 with errno. */
static int read_numbers (DIR *entries, zc_journal_file_kind_t kind, uint32_t **numbers, size_t *count)
{
    const struct dirent *entry;
    while (errno = 0, (entry = readdir (entries))) {
        uint32_t number = number_of (entry->d_name, kind);
        if (number && add_number (numbers, count, number) == -1)
            return -1;
    }
    return errno ? -1 : 0;
}

int zc_journal_file_list (const char *directory, zc_journal_file_kind_t kind, uint32_t **ret_numbers, size_t *ret_count,
                          char *why)
{
    uint32_t *numbers = NULL;
    size_t count = 0;
    DIR *entries = opendir (directory);
    if (!entries && errno != ENOENT)
        return zc_journal_file_why (why, "cannot read the journal's directory: %m");
    if (entries) {
        int result = read_numbers (entries, kind, &numbers, &count);
        if (result == -1) {
            zc_journal_file_why (why, "cannot read the journal's directory: %m");
            free (numbers);
        }
        closedir (entries);
        if (result == -1)
            return -1;
    }
    if (count)
        qsort (numbers, count, sizeof *numbers, ascending);
    *ret_numbers = numbers;
    *ret_count = count;
    return 0;
}

/* ----------------------------------------------------------------- reads and writes */

static int judge_written (ssize_t written, size_t size, uint64_t offset, const char *name, char *why)
{
    if (written == -1)
        return zc_journal_file_why (why, "%s: cannot write %zu bytes at %llu: %m", name, size,
                                    (unsigned long long) offset);
    if ((size_t) written < size)
        return zc_journal_file_why (why, "%s: short write, %zd of %zu bytes at %llu (is the disk full?)", name, written,
                                    size, (unsigned long long) offset);
    return 0;
}

int zc_journal_file_write (int fd, const void *data, size_t size, uint64_t offset, const char *name, char *why)
{
    return judge_written (pwrite (fd, data, size, (off_t) offset), size, offset, name, why);
}

int zc_journal_file_write_parts (int fd, const struct iovec *parts, int count, uint64_t offset, const char *name,
                                 char *why)
{
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += parts [i].iov_len;
    return judge_written (pwritev (fd, parts, count, (off_t) offset), size, offset, name, why);
}

int64_t zc_journal_file_read (int fd, void *data, size_t size, uint64_t offset, const char *name, char *why)
{
    size_t got = 0;
    while (got < size) {
        ssize_t part = pread (fd, (uint8_t *) data + got, size - got, (off_t) (offset + got));
        if (part == -1 && errno == EINTR)
            continue;
        if (part == -1)
            return zc_journal_file_why (why, "%s: cannot read %zu bytes at %llu: %m", name, size,
                                        (unsigned long long) offset);
        if (part == 0)
            break;
        got += (size_t) part;
    }
    return (int64_t) got;
}

/* ----------------------------------------------------------------------- directory */

int zc_journal_file_make_directory (const char *directory, char *why)
{
    if (mkdir (directory, 0777) == -1 && errno != EEXIST)
        return zc_journal_file_why (why, "cannot create the journal's directory: %m");
    return 0;
}

int zc_journal_file_sync_directory (const char *directory, char *why)
{
    int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1)
        return zc_journal_file_why (why, "cannot open the journal's directory: %m");
    int result = fsync (fd);
    if (result == -1)
        zc_journal_file_why (why, "cannot sync the journal's directory: %m");
    close (fd);
    return result;
}

int zc_journal_file_rename (const char *directory, const char *from, const char *to, char *why)
{
    char from_path [PATH_MAX], to_path [PATH_MAX];
    if (rename (zc_journal_file_path (from_path, directory, from), zc_journal_file_path (to_path, directory, to)) == -1)
        return zc_journal_file_why (why, "%s: cannot rename to %s: %m", from, to);
    return 0;
}

int zc_journal_file_delete (const char *directory, const char *name, char *why)
{
    char path [PATH_MAX];
    if (unlink (zc_journal_file_path (path, directory, name)) == -1 && errno != ENOENT)
        return zc_journal_file_why (why, "%s: cannot delete: %m", name);
    return 0;
}

int zc_journal_file_delete_all (const char *directory, zc_journal_file_kind_t kind, uint32_t above, char *why)
{
    uint32_t *numbers = NULL;
    size_t count = 0;
    char name [ZC_JOURNAL_FILE_NAME_BYTES];
    if (zc_journal_file_list (directory, kind, &numbers, &count, why) == -1)
        return -1;
    int result = 0;
    while (result == 0 && count > 0 && numbers [count - 1] > above)
        result = zc_journal_file_delete (directory, zc_journal_file_name (name, kind, numbers [--count]), why);
    free (numbers);
    return result;
}
