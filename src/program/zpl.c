/* SPDX-License-Identifier: MPL-2.0
 *
 * zpl.c - a program's configuration file.
 *
 * zconfig reads it. It keeps no line numbers and writes its complaints to stdout, so both are made
 * good for here: nodes come in the order of their lines, and of a file that does not parse the
 * shortest beginning that does not is searched for.
 */
#include "program/zpl.h"

#include <czmq.h>

#define FILE_MAX_BYTES (64 << 10) /* zconfig takes time by the square of the lines */

typedef struct {
    const zc_zpl_t *zpl;
    void *settings;
    const char *path;
    const char *text;
    int nodes;  /* seen so far */
    bool first; /* only sections that come first are applied; else only the others */
    bool applies;
} reading_t;

static int complain (const zc_zpl_t *zpl, const char *path, int line, const char *setting, const char *why)
{
    fprintf (stderr, "%s: %s:%d: %s%s%s\n", zpl->program, path, line, setting, *setting ? ": " : "", why);
    return -1;
}

/* The line, from 1, of the nth element, from 1. */
static int line_of (const char *text, int nth)
{
    int line = 1;
    while (true) {
        size_t blank = strspn (text, " \t\r");
        if (text [blank] != '\n' && text [blank] != '#' && text [blank] != '\0' && --nth == 0)
            return line;
        text = strchr (text, '\n');
        if (!text)
            return line;
        text++;
        line++;
    }
}

/* Applies one element and those below it. above: the path of its parent, "" at the top. */
static int apply (reading_t *self, zconfig_t *node, const char *above)
{
    char path [512];
    int line = line_of (self->text, ++self->nodes);
    snprintf (path, sizeof path, "%s%s%s", above, *above ? "/" : "", zconfig_name (node));
    zconfig_t *child = zconfig_child (node);
    const char *value = zconfig_value (node);
    if (!*above)
        self->applies = (self->zpl->comes_first && self->zpl->comes_first (self->settings, path)) == self->first;
    if (self->applies && !*above) {
        if (!self->zpl->has_section (self->settings, path))
            return complain (self->zpl, self->path, line, path, "unknown section");
        if (value && *value)
            return complain (self->zpl, self->path, line, path, "is a section and takes no value");
    } else if (self->applies) {
        const char *why = self->zpl->set (self->settings, path, value ? value : "");
        if (why)
            return complain (self->zpl, self->path, line, path, why);
    }
    for (; child; child = zconfig_next (child))
        if (apply (self, child, path) == -1)
            return -1;
    const char *missing = self->applies && self->zpl->close ? self->zpl->close (self->settings, path) : NULL;
    return missing ? complain (self->zpl, self->path, line, path, missing) : 0;
}

static int apply_all (const zc_zpl_t *zpl, void *settings, const char *path, const char *text, zconfig_t *root,
                      bool first)
{
    reading_t reading = {.zpl = zpl, .settings = settings, .path = path, .text = text, .first = first};
    for (zconfig_t *node = zconfig_child (root); node; node = zconfig_next (node))
        if (apply (&reading, node, "") == -1)
            return -1;
    return 0;
}

/* The tree of the first `size` bytes, NULL where they do not parse. */
static zconfig_t *load_quietly (const char *text, size_t size)
{
    zchunk_t *chunk = zchunk_new (text, size);
    fflush (stdout);
    int out = dup (STDOUT_FILENO);
    int null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null != -1)
        dup2 (null, STDOUT_FILENO);
    zconfig_t *root = zconfig_chunk_load (chunk);
    fflush (stdout);
    if (out != -1) {
        dup2 (out, STDOUT_FILENO);
        close (out);
    }
    if (null != -1)
        close (null);
    zchunk_destroy (&chunk);
    return root;
}

/* Where the nth line, from 1, ends. */
static size_t end_of_line (const char *text, int nth)
{
    const char *at = text;
    while (--nth > 0)
        at = strchr (at, '\n') + 1;
    return (size_t) (at - text) + strcspn (at, "\n");
}

static int complain_of_syntax (const zc_zpl_t *zpl, const char *path, const char *text)
{
    /* The first `good` lines parse, the first `bad` do not. */
    int good = 0, bad = 1;
    for (const char *at = text; (at = strchr (at, '\n')) != NULL; at++)
        bad++;
    while (bad - good > 1) {
        int middle = (good + bad) / 2;
        zconfig_t *root = load_quietly (text, end_of_line (text, middle));
        *(root ? &good : &bad) = middle;
        zconfig_destroy (&root);
    }
    return complain (zpl, path, bad, "",
                     "not ZPL: expected a section, or `name = value` indented by 4 spaces per level");
}

static int apply_text (const zc_zpl_t *zpl, void *settings, const char *path, const char *text)
{
    zconfig_t *root = load_quietly (text, strlen (text));
    if (!root)
        return complain_of_syntax (zpl, path, text);
    int rc = apply_all (zpl, settings, path, text, root, true);
    if (rc == 0)
        rc = apply_all (zpl, settings, path, text, root, false);
    zconfig_destroy (&root);
    return rc;
}

int zc_zpl_read (const zc_zpl_t *zpl, void *self, const char *path)
{
    FILE *file = fopen (path, "r");
    if (!file) {
        fprintf (stderr, "%s: %s: %s\n", zpl->program, path, strerror (errno));
        return -1;
    }
    static char text [FILE_MAX_BYTES + 1];
    size_t size = fread (text, 1, FILE_MAX_BYTES, file);
    text [size] = '\0';
    int rc = -1;
    if (ferror (file))
        fprintf (stderr, "%s: %s: %s\n", zpl->program, path, strerror (errno));
    else if (size == FILE_MAX_BYTES || memchr (text, '\0', size))
        fprintf (stderr, "%s: %s: not a text file of less than 64 KiB\n", zpl->program, path);
    else
        rc = apply_text (zpl, self, path, text);
    fclose (file);
    return rc;
}
