/* SPDX-License-Identifier: MPL-2.0
 *
 * spool_dir.h - for tests: one directory of spool files, to look at and to spoil. Include cmocka.h first.
 */
#ifndef ZC_TEST_SPOOL_DIR_H
#define ZC_TEST_SPOOL_DIR_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char spool_dir [] = "/tmp/zcost-spool-XXXXXX";

static inline const char *spool_dir_new (void)
{
    strcpy (spool_dir + sizeof spool_dir - 7, "XXXXXX");
    assert_non_null (mkdtemp (spool_dir));
    return spool_dir;
}

static inline void spool_path (const char *name, char ret_path [512])
{
    snprintf (ret_path, 512, "%s/%.255s", spool_dir, name);
}

/* How many files' names end so, and the first one's name. */
static inline int spool_find (const char *suffix, char *ret_name)
{
    int count = 0;
    DIR *entries = opendir (spool_dir);
    assert_non_null (entries);
    for (const struct dirent *entry; (entry = readdir (entries));) {
        size_t size = strlen (entry->d_name), end = strlen (suffix);
        if (entry->d_name [0] == '.' || size < end || strcmp (entry->d_name + size - end, suffix) != 0)
            continue;
        if (count++ == 0 && ret_name)
            snprintf (ret_name, 128, "%.127s", entry->d_name);
    }
    closedir (entries);
    return count;
}

static inline int spool_count (const char *suffix)
{
    return spool_find (suffix, NULL);
}

static inline void spool_first (char ret_name [128])
{
    assert_true (spool_find (".spool", ret_name) > 0);
}

/* The file's bytes, for the caller to free. */
static inline uint8_t *spool_read (const char *name, size_t *ret_size)
{
    char path [512];
    spool_path (name, path);
    FILE *file = fopen (path, "rb");
    assert_non_null (file);
    fseek (file, 0, SEEK_END);
    *ret_size = (size_t) ftell (file);
    rewind (file);
    uint8_t *bytes = malloc (*ret_size + 1);
    assert_int_equal (fread (bytes, 1, *ret_size, file), *ret_size);
    fclose (file);
    return bytes;
}

static inline void spool_write (const char *name, const void *bytes, size_t size)
{
    char path [512];
    spool_path (name, path);
    FILE *file = fopen (path, "wb");
    assert_non_null (file);
    assert_int_equal (fwrite (bytes, 1, size, file), size);
    fclose (file);
}

static inline void spool_copy (const char *name, const char *copy)
{
    size_t size;
    uint8_t *bytes = spool_read (name, &size);
    spool_write (copy, bytes, size);
    free (bytes);
}

static inline void spool_dir_end (void)
{
    char name [128], path [512];
    while (spool_find ("", name) > 0) {
        spool_path (name, path);
        unlink (path);
    }
    rmdir (spool_dir);
}

#endif
