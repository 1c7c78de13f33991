/* SPDX-License-Identifier: MPL-2.0
 *
 * test_csv.c - what csv.h promises of RFC 4180, however the bytes arrive.
 */
#include "zreplay/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BYTES(literal) (literal), sizeof (literal) - 1
#define COUNT(array) (sizeof (array) / sizeof (array) [0])
#define SHOWN_MAX 512

/* A pipe that holds these bytes, and ends behind them. */
static int pipe_of (const char *bytes, size_t size)
{
    int ends [2];
    assert_int_equal (pipe (ends), 0);
    assert_int_equal (write (ends [1], bytes, size), size);
    close (ends [1]);
    return ends [0];
}

/* Reads all rows and writes them down: fields in brackets, rows by line number, bad ones as !reason. */
static void show (zc_csv_t *csv, char *shown)
{
    zc_read_t read;
    while ((read = zc_csv_next (csv)) != ZC_READ_END) {
        shown += sprintf (shown, "%d", (int) zc_csv_line (csv));
        if (read == ZC_READ_BAD)
            shown += sprintf (shown, "!%s", zc_csv_reason (csv));
        else
            assert_int_equal (read, ZC_READ_ITEM);
        for (size_t i = 0; read == ZC_READ_ITEM && i < zc_csv_count (csv); i++)
            shown += sprintf (shown, "[%s]", zc_csv_field (csv, i));
        *shown++ = ';';
    }
    *shown = '\0';
}

static void assert_reads_as (const char *bytes, size_t size, const char *expected)
{
    char shown [SHOWN_MAX];
    zc_input_t *input = zc_input_new (pipe_of (bytes, size), NULL);
    zc_csv_t *csv = zc_csv_new (input);
    show (csv, shown);
    assert_string_equal (shown, expected);
    zc_csv_destroy (&csv);
    zc_input_destroy (&input);
}

static void test_csv_reads_rows (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *rows;
    } table [] = {
        {BYTES (""), ""},
        {BYTES ("a"), "1[a];"},
        {BYTES ("a,b\n"), "1[a][b];"},
        {BYTES ("a,b\r\nc,d\r\n"), "1[a][b];2[c][d];"},
        {BYTES ("a,b\nc,d"), "1[a][b];2[c][d];"},     /* no line end at the end */
        {BYTES ("a,b\r\nc,d\r"), "1[a][b];2[c][d];"}, /* half of one */
        {BYTES ("a,\n,b\n,\n"), "1[a][];2[][b];3[][];"},
        {BYTES ("a,"), "1[a][];"},
        {BYTES ("\n\na\n\r\nb\n\n"), "3[a];5[b];"}, /* empty lines count, and are no rows */
        {BYTES (" a , b "), "1[ a ][ b ];"},        /* blanks belong to the field */
        {BYTES ("\"a\",\"b\"\n"), "1[a][b];"},
        {BYTES ("\"\",x\n\"\"\n"), "1[][x];2[];"},
        {BYTES ("\"a\"\"b\",\"\"\"\"\n"), "1[a\"b][\"];"},
        {BYTES ("\"a,b\",c\n"), "1[a,b][c];"},
        {BYTES ("\"a\nb\",c\nd\n"), "1[a\nb][c];3[d];"},
        {BYTES ("\"a\r\nb\"\r\nc\n"), "1[a\r\nb];3[c];"},
        {BYTES ("\"a\rb\"\r\n\"\r\"\n"), "1[a\rb];2[\r];"}, /* what is quoted is no line's end */
        {BYTES ("\"a\""), "1[a];"},
        {BYTES ("\xc3\xa9,\xff\n"), "1[\xc3\xa9][\xff];"}, /* bytes, whatever they mean */
    };
    for (size_t i = 0; i < COUNT (table); i++)
        assert_reads_as (table [i].bytes, table [i].size, table [i].rows);
}

static void test_csv_a_bad_row_costs_its_first_line_alone (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *rows;
    } table [] = {
        {BYTES ("a\"b\nc\n"), "1!a quote within an unquoted field;2[c];"},
        {BYTES ("\"a\"b,c\nd\n"), "1!text after a closing quote;2[d];"},
        {BYTES ("a\rb\nc\n"), "1!a carriage return within a line;2[c];"},
        {BYTES ("\ra\nc\n"), "1!a carriage return within a line;2[c];"},
        {BYTES ("a,\rb\nc\n"), "1!a carriage return within a line;2[c];"},
        {BYTES ("a\r\r\nc\n"), "1!a carriage return within a line;2[c];"},
        {BYTES ("\"a\"\r\r\nc\n"), "1!a carriage return within a line;2[c];"},
        {BYTES ("a\0b\nc\n"), "1!a NUL byte;2[c];"},
        {BYTES ("\"a\0\"\nc\n"), "1!a NUL byte;2[c];"},
        {BYTES ("x,\"a\nb\nc\n"), "1!a quote that is never closed;2[b];3[c];"},
        {BYTES ("\"a\nb,\"c\"\nd\n"), "1!text after a closing quote;2[b][c];3[d];"},
        {BYTES ("\""), "1!a quote that is never closed;"},
    };
    for (size_t i = 0; i < COUNT (table); i++)
        assert_reads_as (table [i].bytes, table [i].size, table [i].rows);
}

/* The same rows, wherever the bytes are cut on their way. */
static void test_csv_does_not_see_where_reads_end (void **state)
{
    (void) state;
    static const char text [] = "a,\"b\"\"\r\n\",c\r\n\r\n\"\",d\"e\nf,\r\n\"g\"";
    static const char rows [] = "1[a][b\"\r\n][c];4!a quote within an unquoted field;5[f][];6[g];";
    size_t size = sizeof text - 1;
    for (size_t cut = 0; cut <= size; cut++) {
        char shown [SHOWN_MAX];
        int ends [2];
        assert_int_equal (pipe (ends), 0);
        assert_int_equal (write (ends [1], text, cut), cut);
        zc_input_t *input = zc_input_new (ends [0], NULL);
        if (cut > 0)
            assert_int_equal (zc_input_more (input), ZC_READ_ITEM);
        assert_int_equal (write (ends [1], text + cut, size - cut), size - cut);
        close (ends [1]);
        zc_csv_t *csv = zc_csv_new (input);
        show (csv, shown);
        assert_string_equal (shown, rows);
        zc_csv_destroy (&csv);
        zc_input_destroy (&input);
    }
}

static zc_csv_t *csv_of_file (const char *bytes, size_t size, zc_input_t **ret_input)
{
    FILE *file = tmpfile ();
    assert_non_null (file);
    assert_int_equal (fwrite (bytes, 1, size, file), size);
    rewind (file);
    *ret_input = zc_input_new (dup (fileno (file)), NULL);
    fclose (file);
    return zc_csv_new (*ret_input);
}

static void test_csv_bounds_what_it_keeps (void **state)
{
    (void) state;
    size_t long_size = 3 * ZC_INPUT_WINDOW;
    char *bytes = malloc (long_size + 64);
    assert_non_null (bytes);
    memset (bytes, 'x', long_size);
    memcpy (bytes + long_size, "\nnext\n", 6);
    zc_input_t *input;
    zc_csv_t *csv = csv_of_file (bytes, long_size + 6, &input);
    assert_int_equal (zc_csv_next (csv), ZC_READ_BAD);
    assert_int_equal (zc_csv_next (csv), ZC_READ_ITEM);
    assert_string_equal (zc_csv_field (csv, 0), "next");
    assert_int_equal (zc_csv_line (csv), 2);
    zc_csv_destroy (&csv);
    zc_input_destroy (&input);

    /* One field more than there may be. */
    memset (bytes, ',', ZC_CSV_FIELDS_MAX);
    memcpy (bytes + ZC_CSV_FIELDS_MAX, "\nnext\n", 6);
    csv = csv_of_file (bytes, ZC_CSV_FIELDS_MAX + 6, &input);
    assert_int_equal (zc_csv_next (csv), ZC_READ_BAD);
    assert_string_equal (zc_csv_reason (csv), "too many fields");
    assert_int_equal (zc_csv_next (csv), ZC_READ_ITEM);
    zc_csv_destroy (&csv);
    zc_input_destroy (&input);

    /* As many as there may be. */
    bytes [ZC_CSV_FIELDS_MAX - 1] = '\n';
    csv = csv_of_file (bytes, ZC_CSV_FIELDS_MAX, &input);
    assert_int_equal (zc_csv_next (csv), ZC_READ_ITEM);
    assert_int_equal (zc_csv_count (csv), ZC_CSV_FIELDS_MAX);
    zc_csv_destroy (&csv);
    zc_input_destroy (&input);
    free (bytes);
}

static void test_csv_input_skips_a_byte_order_mark (void **state)
{
    (void) state;
    static const struct {
        const char *bytes;
        size_t size;
        int first;
        size_t left;
    } table [] = {
        {BYTES ("\xef\xbb\xbf"
                "a,b\n"),
         'a', 4},
        {BYTES ("\xef\xbb\xbf"), -1, 0},
        {BYTES ("\xef\xbb"), 0xef, 2},
        {BYTES ("a"), 'a', 1},
        {BYTES (""), -1, 0},
    };
    for (size_t i = 0; i < COUNT (table); i++) {
        zc_input_t *input = zc_input_new (pipe_of (table [i].bytes, table [i].size), NULL);
        int first = 0;
        size_t left;
        assert_int_equal (zc_input_begin (input, &first), ZC_READ_ITEM);
        assert_int_equal (first, table [i].first);
        zc_input_bytes (input, &left);
        assert_int_equal (left, table [i].left);
        zc_input_destroy (&input);
    }
}

static void test_csv_destroy_is_idempotent (void **state)
{
    (void) state;
    zc_csv_t *csv = NULL;
    zc_csv_destroy (&csv);
    zc_csv_destroy (NULL);
    zc_input_t *input = NULL;
    zc_input_destroy (&input);
    zc_input_destroy (NULL);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_csv_reads_rows),
        cmocka_unit_test (test_csv_a_bad_row_costs_its_first_line_alone),
        cmocka_unit_test (test_csv_does_not_see_where_reads_end),
        cmocka_unit_test (test_csv_bounds_what_it_keeps),
        cmocka_unit_test (test_csv_input_skips_a_byte_order_mark),
        cmocka_unit_test (test_csv_destroy_is_idempotent),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
