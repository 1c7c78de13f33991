/* SPDX-License-Identifier: MPL-2.0
 *
 * options.c - a program's options and settings, by a table.
 *
 * getopt_long takes the words apart. The line is walked twice: first for unknown options, missing values and the
 * settings file's name, then, with the file read, for the values.
 */
#include "program/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "zcost.h"

#define HELP_COLUMNS 79
#define HEAD_COLUMNS 22 /* of an option and its value */

/* getopt's codes of options are above all letters: a row's number from here on. */
#define CODE 256
#define CODE_WORD 1 /* as getopt has it */

/* ------------------------------------------------------------------------- values */

static void *member (const zc_option_t *option, void *self)
{
    return (char *) self + option->offset;
}

static void store (void *place, size_t size, int64_t number)
{
    if (size == sizeof (uint8_t))
        *(uint8_t *) place = (uint8_t) number;
    else if (size == sizeof (int32_t))
        *(int32_t *) place = (int32_t) number;
    else
        *(int64_t *) place = number;
}

static const char *set_choice (const zc_option_t *option, void *place, const char *value)
{
    char all [128] = "";
    for (int64_t i = 0; option->choices [i]; i++) {
        if (strcmp (value, option->choices [i]) == 0) {
            store (place, option->size, option->least + i);
            return NULL;
        }
        size_t used = strlen (all);
        snprintf (all + used, sizeof all - used, "%s%s", used ? ", " : "", option->choices [i]);
    }
    return zc_value_wrong ("'%.80s' is not one of %s", value, all);
}

static const char *set_name (const char **place, const char *value, int64_t most)
{
    size_t size = strlen (value), size_max = most ? (size_t) most : ZC_PATH_BYTES - 1;
    if (size == 0)
        return zc_value_wrong ("is empty");
    if (size > size_max)
        return zc_value_wrong ("must be at most %zu bytes", size_max);
    *place = value;
    return NULL;
}

static const char *set (const zc_option_t *option, void *self, const char *value)
{
    void *place = member (option, self);
    int64_t number = 0;
    const char *why = NULL;
    switch (option->kind) {
    case ZC_OPTION_FLAG:
        *(bool *) place = true;
        return NULL;
    case ZC_OPTION_NUMBER:
        why = zc_value_number (&number, value, option->decimals, option->least, option->most, option->or_none);
        if (!why)
            store (place, option->size, number);
        return why;
    case ZC_OPTION_DURATION:
        return zc_value_duration (place, value, option->least, option->or_none);
    case ZC_OPTION_CHOICE:
        return set_choice (option, place, value);
    case ZC_OPTION_TEXT:
        return zc_value_text (place, option->size, value);
    case ZC_OPTION_STRING:
        *(const char **) place = value;
        return NULL;
    case ZC_OPTION_NAME:
        return set_name (place, value, option->most);
    case ZC_OPTION_ENDPOINT:
        return zc_value_endpoint (place, value);
    case ZC_OPTION_ENDPOINTS:
        return zc_value_add_endpoint (place, value);
    case ZC_OPTION_CUSTOM:
        return option->set (self, value);
    default: /* what the reader itself is told */
        return NULL;
    }
}

/* ----------------------------------------------------------------------- the file */

typedef struct {
    const zc_options_table_t *table;
    void *settings;
} file_t;

/* The row of a setting, or of a section that takes all below it (ret_below: what stands behind that; else NULL). */
static const zc_option_t *find_setting (const zc_options_table_t *table, const char *path, const char **ret_below)
{
    for (const zc_option_t *row = table->rows; row < table->rows + table->count; row++) {
        size_t size = row->setting ? strlen (row->setting) : 0;
        bool is_section = row->kind == ZC_OPTION_SECTION;
        *ret_below = is_section ? path + size : NULL;
        if (size > 0 && strncmp (row->setting, path, size) == 0 && is_section == (path [size] != '\0'))
            return row;
    }
    return NULL;
}

const char *zc_options_set (const zc_options_table_t *table, void *self, const char *path, const char *value)
{
    const char *below;
    const zc_option_t *row = find_setting (table, path, &below);
    if (!row)
        return zc_value_wrong ("unknown setting");
    return below ? row->set_below (self, below, value) : set (row, self, value);
}

static const char *set_by_path (void *self, const char *path, const char *value)
{
    file_t *file = self;
    return zc_options_set (file->table, file->settings, path, value);
}

static const char *close_path (void *self, const char *path)
{
    file_t *file = self;
    const char *below;
    const zc_option_t *row = find_setting (file->table, path, &below);
    return row && row->close ? row->close (file->settings, below) : NULL;
}

static bool find_section (void *self, const char *name, bool first)
{
    const zc_options_table_t *table = ((file_t *) self)->table;
    size_t size = strlen (name);
    for (const zc_option_t *row = table->rows; row < table->rows + table->count; row++)
        if (row->setting && strncmp (row->setting, name, size) == 0 && row->setting [size] == '/' &&
            (row->first || !first))
            return true;
    return false;
}

static bool has_section (void *self, const char *name)
{
    return find_section (self, name, false);
}

static bool comes_first (void *self, const char *name)
{
    return find_section (self, name, true);
}

static int read_file (const zc_options_table_t *table, void *self, const char *path)
{
    file_t file = {.table = table, .settings = self};
    const zc_zpl_t zpl = {.program = table->program,
                          .has_section = has_section,
                          .comes_first = comes_first,
                          .set = set_by_path,
                          .close = close_path};
    return table->read_file (&zpl, &file, path);
}

/* -------------------------------------------------------------------- the command line */

typedef struct {
    const zc_options_table_t *table;
    void *settings; /* NULL: values are not set yet */
    zc_options_line_t *line;
    const char *config;
    const zc_option_t *shown; /* --help or --version, the first of them: nothing else matters any more */
    const char *stray;        /* the first word that is too many */
} reading_t;

zc_parsed_t zc_options_wrong (const zc_options_table_t *table, const char *format, ...)
{
    va_list arguments;
    va_start (arguments, format);
    fprintf (stderr, "%s: ", table->program);
    vfprintf (stderr, format, arguments);
    fprintf (stderr, "; see %s --help\n", table->program);
    va_end (arguments);
    return ZC_EXIT_USAGE;
}

/* One option and its value. */
static zc_parsed_t take_option (reading_t *self, size_t row, const char *value)
{
    const zc_option_t *option = &self->table->rows [row];
    const char *why = NULL;
    if (self->shown)
        return ZC_RUN;
    if (option->kind == ZC_OPTION_HELP || option->kind == ZC_OPTION_VERSION)
        self->shown = option;
    else if (option->kind == ZC_OPTION_CONFIG)
        why = set_name (&self->config, value, 0);
    else if (self->settings) {
        zc_endpoints_t *list = member (option, self->settings);
        if (option->kind == ZC_OPTION_ENDPOINTS && !(self->line->given >> row & 1))
            list->count = 0;
        why = set (option, self->settings, value);
    }
    self->line->given |= UINT64_C (1) << row;
    if (why)
        fprintf (stderr, "%s: --%s: %s\n", self->table->program, option->name, why);
    return why ? ZC_EXIT_USAGE : ZC_RUN;
}

static void take_word (reading_t *self, const char *word)
{
    if (self->line->words_count < self->table->words_max)
        self->line->words [self->line->words_count++] = word;
    else if (!self->stray)
        self->stray = word;
}

/* What getopt could not read, with `word` before it. */
static zc_parsed_t refuse (const zc_options_table_t *table, int code, const char *word)
{
    if (optopt < CODE)
        return zc_options_wrong (table, "unknown option '%s'", word);
    const char *name = table->rows [optopt - CODE].name;
    return zc_options_wrong (table, code == ':' ? "--%s needs a value" : "--%s takes no value", name);
}

static void name_options (const zc_options_table_t *table, struct option names [ZC_OPTIONS_MAX + 1])
{
    size_t count = 0;
    zc_check (table->count <= ZC_OPTIONS_MAX && table->words_max <= ZC_OPTIONS_WORDS_MAX);
    for (size_t i = 0; i < table->count; i++) {
        zc_option_kind_t kind = table->rows [i].kind;
        bool bare = kind == ZC_OPTION_HELP || kind == ZC_OPTION_VERSION || kind == ZC_OPTION_FLAG;
        if (table->rows [i].name)
            names [count++] =
                (struct option){table->rows [i].name, bare ? no_argument : required_argument, NULL, CODE + (int) i};
    }
    names [count] = (struct option){0};
}

static zc_parsed_t walk (reading_t *self, int argc, char **argv)
{
    struct option names [ZC_OPTIONS_MAX + 1];
    const zc_option_t *rows = self->table->rows;
    int code, list = -1; /* the option that words belong to */
    name_options (self->table, names);
    *self->line = (zc_options_line_t){0};
    opterr = 0;
    optind = 0; /* begins anew */
    /* In order, so that the word that is looked at is known to us: argv [at]. */
    for (int at = 1; (code = getopt_long (argc, argv, "-:", names, NULL)) != -1; at = optind) {
        zc_parsed_t parsed = ZC_RUN;
        if (code >= CODE || (code == CODE_WORD && list != -1)) {
            int row = code >= CODE ? code - CODE : list;
            list = rows [row].kind == ZC_OPTION_ENDPOINTS ? row : -1;
            parsed = take_option (self, (size_t) row, optarg);
        } else if (code == CODE_WORD)
            take_word (self, optarg);
        else if (!self->shown)
            parsed = refuse (self->table, code, argv [at]);
        if (parsed != ZC_RUN)
            return parsed;
    }
    for (; optind < argc; optind++)
        take_word (self, argv [optind]);
    return ZC_RUN;
}

static void show (const reading_t *self)
{
    const zc_options_table_t *table = self->table;
    if (self->shown->kind == ZC_OPTION_VERSION)
        printf ("%s " ZCOST_VERSION "\n", table->program);
    else if (table->show_help)
        table->show_help (self->line->words, self->line->words_count);
    else {
        fputs (table->before, stdout);
        zc_options_print (table, UINT32_MAX);
        fputs (table->after, stdout);
    }
}

/* A list that nobody added to has its default. */
static void fill_lists (const zc_options_table_t *table, void *self)
{
    for (size_t i = 0; i < table->count; i++) {
        zc_endpoints_t *list = member (&table->rows [i], self);
        if (table->rows [i].kind == ZC_OPTION_ENDPOINTS && list->count == 0 && *list->list [0])
            list->count = 1;
    }
}

zc_parsed_t zc_options_read (const zc_options_table_t *table, int argc, char **argv, void *self,
                             zc_options_line_t *ret_line)
{
    zc_options_line_t line;
    reading_t reading = {.table = table, .line = &line};
    zc_parsed_t parsed = walk (&reading, argc, argv);
    if (parsed != ZC_RUN)
        return parsed;
    if (reading.shown) {
        show (&reading);
        return ZC_EXIT_DONE;
    }
    if (reading.stray)
        return zc_options_wrong (table, "unexpected argument '%s'", reading.stray);
    if (reading.config && read_file (table, self, reading.config) == -1)
        return ZC_EXIT_USAGE;
    reading.settings = self;
    parsed = walk (&reading, argc, argv);
    fill_lists (table, self);
    if (ret_line)
        *ret_line = line;
    return parsed;
}

/* ------------------------------------------------------------------- what came of it */

bool zc_options_given (const zc_options_table_t *table, const zc_options_line_t *line, const char *name)
{
    size_t row = 0;
    while (!table->rows [row].name || strcmp (table->rows [row].name, name) != 0)
        row++;
    return line->given >> row & 1;
}

zc_parsed_t zc_options_check_use (const zc_options_table_t *table, const zc_options_line_t *line, uint32_t use,
                                  const char *whose)
{
    for (size_t i = 0; i < table->count; i++)
        if (line->given >> i & 1 && table->rows [i].use && !(table->rows [i].use & use))
            return zc_options_wrong (table, "%s takes no --%s", whose, table->rows [i].name);
    return ZC_RUN;
}

/* --------------------------------------------------------------------------- help */

/* Bytes of the first line of text at this width. */
static int line_of (const char *text, int columns)
{
    int size = (int) strlen (text);
    if (size <= columns)
        return size;
    for (size = columns; size > 0 && text [size] != ' '; size--)
        ;
    return size > 0 ? size : columns;
}

static void print_option (const zc_option_t *option)
{
    const char *text = option->text, *value = option->value;
    int head = printf ("  --%s%s%s", option->name, value ? " " : "", value ? value : "");
    if (head >= HEAD_COLUMNS) {
        putchar ('\n');
        head = 0;
    }
    while (true) {
        int size = line_of (text, HELP_COLUMNS - HEAD_COLUMNS);
        printf ("%*s%.*s\n", HEAD_COLUMNS - head, "", size, text);
        head = 0;
        text += size + (text [size] == ' ');
        if (!*text)
            return;
    }
}

void zc_options_print (const zc_options_table_t *table, uint32_t use)
{
    for (const zc_option_t *row = table->rows; row < table->rows + table->count; row++)
        if (row->kind == ZC_OPTION_HEADING)
            puts (row->text);
        else if (row->name && (!row->use || row->use & use))
            print_option (row);
}
