/* SPDX-License-Identifier: MPL-2.0
 *
 * test_mailbox.c - what mailbox.h promises: all letters, in the order of who wrote them, and a descriptor that tells of
 * them.
 */
#include "program/mailbox.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define WRITERS 4
#define LETTERS 20000 /* of each */
#define PATIENCE_MS 20000

typedef struct {
    zc_letter_t letter;
    int writer, number;
} note_t;

static bool is_readable (const zc_mailbox_t *mailbox, int wait_ms)
{
    struct pollfd poller = {.fd = mailbox->fd, .events = POLLIN};
    int rc = poll (&poller, 1, wait_ms);
    assert_true (rc == 0 || (rc == 1 && poller.revents == POLLIN));
    return rc == 1;
}

static void put_note (zc_mailbox_t *mailbox, int writer, int number)
{
    note_t *note = malloc (sizeof *note);
    *note = (note_t){.writer = writer, .number = number};
    note->letter.next = &note->letter; /* what stood there does not matter */
    zc_mailbox_put (mailbox, &note->letter);
}

/* The next of those that were taken; frees the one before. */
static note_t *next_of (note_t *note)
{
    note_t *next = (note_t *) note->letter.next;
    free (note);
    return next;
}

static void test_mailbox_gives_letters_in_order (void **state)
{
    (void) state;
    zc_mailbox_t mailbox;
    assert_int_equal (zc_mailbox_init (&mailbox), 0);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5; i++)
            put_note (&mailbox, 0, i);
        note_t *note = (note_t *) zc_mailbox_take (&mailbox);
        for (int i = 0; i < 5; i++, note = next_of (note)) {
            assert_non_null (note);
            assert_int_equal (note->number, i);
        }
        assert_null (note);
    }
    zc_mailbox_term (&mailbox);
}

static void test_mailbox_is_readable_exactly_while_there_is_mail (void **state)
{
    (void) state;
    zc_mailbox_t mailbox;
    assert_int_equal (zc_mailbox_init (&mailbox), 0);
    assert_false (is_readable (&mailbox, 0));
    assert_null (zc_mailbox_take (&mailbox)); /* does not wait */
    for (int letters = 1; letters <= 3; letters++) {
        for (int i = 0; i < letters; i++) {
            put_note (&mailbox, 0, i);
            assert_true (is_readable (&mailbox, 0));
        }
        assert_true (is_readable (&mailbox, 0)); /* looking takes nothing */
        for (note_t *note = (note_t *) zc_mailbox_take (&mailbox); note;)
            note = next_of (note);
        assert_false (is_readable (&mailbox, 0));
        assert_null (zc_mailbox_take (&mailbox));
    }
    zc_mailbox_term (&mailbox);
}

typedef struct {
    zc_mailbox_t *mailbox;
    int number;
} writer_t;

static void *write_letters (void *argument)
{
    const writer_t *writer = argument;
    for (int i = 0; i < LETTERS; i++)
        put_note (writer->mailbox, writer->number, i);
    return NULL;
}

/* Who waits on the descriptor alone gets all of them, each writer's in his order. */
static void test_mailbox_loses_none_of_many_threads (void **state)
{
    (void) state;
    zc_mailbox_t mailbox;
    pthread_t threads [WRITERS];
    writer_t writers [WRITERS];
    int next [WRITERS] = {0};
    assert_int_equal (zc_mailbox_init (&mailbox), 0);
    for (int i = 0; i < WRITERS; i++) {
        writers [i] = (writer_t){&mailbox, i};
        assert_int_equal (pthread_create (&threads [i], NULL, write_letters, &writers [i]), 0);
    }
    for (int taken = 0; taken < WRITERS * LETTERS;) {
        assert_true (is_readable (&mailbox, PATIENCE_MS));
        for (note_t *note = (note_t *) zc_mailbox_take (&mailbox); note; note = next_of (note), taken++)
            assert_int_equal (note->number, next [note->writer]++);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join (threads [i], NULL);
    /* The last word of a letter that was taken already may still come; after that there is nothing. */
    assert_null (zc_mailbox_take (&mailbox));
    assert_false (is_readable (&mailbox, 0));
    zc_mailbox_term (&mailbox);
}

static void *write_late (void *argument)
{
    usleep (20000);
    put_note (argument, 0, 7);
    put_note (argument, 0, 8);
    return NULL;
}

static void test_mailbox_waits_for_mail (void **state)
{
    (void) state;
    zc_mailbox_t mailbox;
    pthread_t thread;
    assert_int_equal (zc_mailbox_init (&mailbox), 0);
    for (int round = 0; round < 3; round++) {
        int expected = 7;
        assert_int_equal (pthread_create (&thread, NULL, write_late, &mailbox), 0);
        while (expected <= 8)
            for (note_t *note = (note_t *) zc_mailbox_wait (&mailbox); note; note = next_of (note))
                assert_int_equal (note->number, expected++);
        pthread_join (thread, NULL);
    }
    put_note (&mailbox, 0, 9); /* what is there already is not waited for */
    note_t *note = (note_t *) zc_mailbox_wait (&mailbox);
    assert_int_equal (note->number, 9);
    assert_null (next_of (note));
    zc_mailbox_term (&mailbox);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_mailbox_gives_letters_in_order),
        cmocka_unit_test (test_mailbox_is_readable_exactly_while_there_is_mail),
        cmocka_unit_test (test_mailbox_loses_none_of_many_threads),
        cmocka_unit_test (test_mailbox_waits_for_mail),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
