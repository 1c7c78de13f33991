/* SPDX-License-Identifier: MPL-2.0
 *
 * zpl.h - a program's configuration file, in ZPL (rfc.zeromq.org/spec/4).
 *
 * Knows the form, and tells each mistake by file, line, setting and reason. Refuses to know a setting.
 */
#ifndef ZC_ZPL_H
#define ZC_ZPL_H

#include <stdbool.h>

/* What a program makes of its file. `self` is the program's settings. */
typedef struct {
    const char *program; /* in what is said on stderr */

    /* Whether settings may stand below this section. */
    bool (*has_section) (void *self, const char *name);

    /* Whether other sections name what this one holds: it is set before them. NULL: none does. */
    bool (*comes_first) (void *self, const char *section);

    /* Sets one setting by its path, such as "ingest/endpoint". Returns NULL, or what is wrong with the value. */
    const char *(*set) (void *self, const char *path, const char *value);

    /* What is missing below a path, now that all of it is set; NULL: nothing. The function may be NULL. */
    const char *(*close) (void *self, const char *path);
} zc_zpl_t;

/* Applies the file. Returns 0, or -1 after one line to stderr. One thread, before others start. */
int zc_zpl_read (const zc_zpl_t *zpl, void *self, const char *path);

#endif
