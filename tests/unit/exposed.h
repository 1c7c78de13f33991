/* SPDX-License-Identifier: MPL-2.0
 *
 * exposed.h - for tests of metrics: a stream in memory to write them to, and what any exposition must be.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_EXPOSED_H
#define ZC_TEST_EXPOSED_H

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "zboard/exposition.h"

typedef struct {
    char *text;
    size_t size;
    zb_exposition_t out;
} exposed_t;

static inline void expose (exposed_t *self, bool open_metrics)
{
    *self = (exposed_t){.text = NULL};
    self->out = (zb_exposition_t){.out = open_memstream (&self->text, &self->size), .open_metrics = open_metrics};
    assert_non_null (self->out.out);
}

/* The text; for the caller to free. */
static inline char *exposed (exposed_t *self)
{
    assert_int_equal (fclose (self->out.out), 0);
    assert_int_equal (strlen (self->text), self->size);
    return self->text;
}

static inline void assert_exposes (const char *text, const char *line)
{
    char whole [600];
    snprintf (whole, sizeof whole, "\n%s\n", line);
    if (!strstr (text, whole) && strncmp (text, whole + 1, strlen (whole) - 1) != 0)
        fail_msg ("no '%s' in\n%s", line, text);
}

/* A sample: name, labels in braces whose values are quoted, one number. NULL, or what is wrong. */
static inline const char *sample_fault (const char *line)
{
    if (!isalpha ((unsigned char) *line))
        return "no name";
    while (isalnum ((unsigned char) *line) || *line == '_')
        line++;
    if (*line == '{') {
        do {
            for (line++; isalnum ((unsigned char) *line) || *line == '_'; line++)
                ;
            if (*line++ != '=' || *line++ != '"')
                return "no label";
            for (; *line != '"'; line++)
                if (!*line || (*line == '\\' && !strchr ("\\\"n", *++line)) || !*line)
                    return "no value of a label";
            line++;
        } while (*line == ',');
        if (*line++ != '}')
            return "labels without end";
    }
    char *end;
    if (*line++ != ' ' || !*line || isspace ((unsigned char) *line))
        return "no blank before the number";
    strtod (line, &end);
    return *end ? "no number" : NULL;
}

/* What must hold of all that is exposed: each line is a comment of ours or a sample of the family above it, no family
 * begins twice, no sample stands twice. */
static inline void assert_well_formed (const char *text, bool open_metrics)
{
    char *copy = strdup (text), *rest = copy, *line, family [128] = "";
    while ((line = strsep (&rest, "\n")) && rest) {
        if (strncmp (line, "# HELP ", 7) == 0) {
            size_t size = strcspn (line + 7, " ");
            snprintf (family, sizeof family, "%.*s", (int) size, line + 7);
            char head [160];
            snprintf (head, sizeof head, "# HELP %s ", family);
            const char *first = strstr (text, head);
            if (!first || strstr (first + 1, head))
                fail_msg ("family %s begins twice", family);
        } else if (strncmp (line, "# TYPE ", 7) == 0) {
            if (strncmp (line + 7, family, strlen (family)) != 0)
                fail_msg ("%s: behind the family of %s", line, family);
        } else if (strcmp (line, "# EOF") == 0) {
            assert_true (open_metrics && *rest == '\0');
        } else {
            const char *fault = sample_fault (line);
            char whole [600];
            size_t size = strlen (family);
            if (fault)
                fail_msg ("%s: %s", line, fault);
            if (!size || strncmp (line, family, size) != 0)
                fail_msg ("%s: in the family of %s", line, family);
            snprintf (whole, sizeof whole, "\n%.*s ", (int) (strrchr (line, ' ') - line), line);
            const char *first = strstr (text, whole);
            if (first && strstr (first + 1, whole))
                fail_msg ("twice: %s", line);
        }
    }
    assert_true (*line == '\0'); /* the last line has its end */
    free (copy);
}

#endif
