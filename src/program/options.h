/* SPDX-License-Identifier: MPL-2.0
 *
 * options.h - a program's options and settings: a table says what there is, and the command line and the settings file
 * are read by it.
 *
 * Owns what all our programs have alike: how options are written, that the command line beats the file, how a mistake
 * is told, what --help looks like. Long options only: --name VALUE, --name=VALUE, and each unambiguous beginning of a
 * name; -- ends them. A mistake is one line on stderr that names the option, or the file's line and setting. Refuses to
 * know what an option is for. One thread, before others start.
 */
#ifndef ZC_OPTIONS_H
#define ZC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/value.h"
#include "program/zpl.h"

#define ZC_OPTIONS_MAX 64 /* rows of a table */
#define ZC_OPTIONS_WORDS_MAX 2

/* How a value is read, and the member of the program's struct that it is put into. */
typedef enum {
    ZC_OPTION_HEADING,   /* no option: a line of --help */
    ZC_OPTION_HELP,      /* no member: prints the help; of what comes behind it only words are read */
    ZC_OPTION_VERSION,   /* no member: prints the version; what comes behind it does not matter */
    ZC_OPTION_CONFIG,    /* no member: the settings file. The last one counts */
    ZC_OPTION_FLAG,      /* bool: set to true; the only kind that takes no value */
    ZC_OPTION_NUMBER,    /* an integer of 4 or 8 bytes, in units of 10^-decimals, from `least` to `most` */
    ZC_OPTION_DURATION,  /* int64_t, milliseconds, at least `least` */
    ZC_OPTION_CHOICE,    /* an integer of 1, 4 or 8 bytes: the place in `choices`, counted from `least` */
    ZC_OPTION_TEXT,      /* char []: UTF-8 that can stand in the log, not empty */
    ZC_OPTION_STRING,    /* const char *, not copied: any bytes, or none */
    ZC_OPTION_NAME,      /* const char *, not copied: 1 to `most` bytes of any kind; most 0: as many as a path has */
    ZC_OPTION_ENDPOINT,  /* char [ZC_ENDPOINT_BYTES]: where to connect to */
    ZC_OPTION_ENDPOINTS, /* zc_endpoints_t: where to listen. Words behind it are more of them; the first on the command
                          * line displaces those of the file. Its default is list [0] with a count of 0, which becomes
                          * 1 if no other is given */
    ZC_OPTION_CUSTOM,    /* what `set` makes of it */
    ZC_OPTION_SECTION    /* of the file: what set_below makes of all that stands below `setting`, which ends with a / */
} zc_option_kind_t;

/* Members that a kind does not use are 0. Strings of the command line are valid as long as argv is; STRING and NAME
 * are for the command line only. */
typedef struct {
    const char *name;    /* on the command line, without dashes; NULL: in the file only */
    const char *setting; /* in the file, such as "journal/keep"; NULL: on the command line only */
    zc_option_kind_t kind;
    size_t offset, size; /* of the member: ZC_OPTION_AT */

    int64_t least, most;
    int decimals;
    bool or_none;               /* NUMBER: also 0; DURATION: also `forever`, which is ZC_FOREVER */
    const char *const *choices; /* up to a NULL */

    /* Each returns NULL, or what is wrong (value.h). set_below, close: path is what stands behind the section's name;
     * close comes when all below a path is set, and may be NULL. */
    const char *(*set) (void *self, const char *value);
    const char *(*set_below) (void *self, const char *path, const char *value);
    const char *(*close) (void *self, const char *path);
    bool first; /* its section is set before the others, which refer to it */

    uint32_t use;      /* what it is for, in bits of the program's own; 0: for everything */
    const char *value; /* what --help calls its value */
    const char *text;  /* what --help says of it; a heading's line */
} zc_option_t;

#define ZC_OPTION_AT(type, member) .offset = offsetof (type, member), .size = sizeof (((type *) 0)->member)

typedef struct {
    const char *program;
    const zc_option_t *rows;
    size_t count;
    size_t words_max; /* words that are no options and no values: at most ZC_OPTIONS_WORDS_MAX */

    const char *before, *after;                           /* of the options in --help */
    void (*show_help) (const char *const *words, size_t); /* all of --help; NULL: before, the options, after */

    /* Reads the file of ZC_OPTION_CONFIG: zc_zpl_read. A program that has no file links no reader. */
    int (*read_file) (const zc_zpl_t *zpl, void *self, const char *path);
} zc_options_table_t;

/* What was on the command line. */
typedef struct {
    uint64_t given; /* a bit a row */
    const char *words [ZC_OPTIONS_WORDS_MAX];
    size_t words_count;
} zc_options_line_t;

typedef enum { ZC_RUN, ZC_EXIT_DONE, ZC_EXIT_USAGE } zc_parsed_t;

/* Reads the command line, and the file that it names, into the program's struct, which holds the defaults. An unknown
 * option or a missing value is told before the file is read, a wrong value after it. ZC_EXIT_DONE: --help or --version
 * is on stdout, unless writing failed: the caller flushes. ZC_EXIT_USAGE: a mistake was told. ret_line may be NULL. */
zc_parsed_t zc_options_read (const zc_options_table_t *table, int argc, char **argv, void *self,
                             zc_options_line_t *ret_line);

/* Sets one setting by its path in the file. Returns NULL, or what is wrong. */
const char *zc_options_set (const zc_options_table_t *table, void *self, const char *path, const char *value);

/* Whether an option was on the command line. It must be in the table. */
bool zc_options_given (const zc_options_table_t *table, const zc_options_line_t *line, const char *name);

/* Refuses options that are not for this use (bits). whose: what does not take them, such as "--demo". */
zc_parsed_t zc_options_check_use (const zc_options_table_t *table, const zc_options_line_t *line, uint32_t use,
                                  const char *whose);

/* Tells a mistake: "PROGRAM: ...; see PROGRAM --help". Returns ZC_EXIT_USAGE. */
zc_parsed_t zc_options_wrong (const zc_options_table_t *table, const char *format, ...)
    __attribute__ ((format (printf, 2, 3)));

/* Prints the options for one use, in the table's order: "  --name VALUE", and the text in a column of its own. */
void zc_options_print (const zc_options_table_t *table, uint32_t use);

#endif
