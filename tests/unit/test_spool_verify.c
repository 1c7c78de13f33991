/* SPDX-License-Identifier: MPL-2.0
 *
 * test_spool_verify.c - nothing in a spool file is believed: what does not verify is not sent, and kept.
 */
#include "client/spool_verify.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "client/spool_format.h"
#include "spool_peer.h"

/* What nobody takes is still cut into frames once a second. */
static void emit_in_two_parts (zcost_t *client)
{
    emit_values (client, 0, 200);
    usleep (1200000);
    emit_values (client, 200, 300);
}

/* A leftover of 300 events, some in frames and some in none; returns its bytes. */
static uint8_t *adopted (const hub_t *hub, char name [128], size_t *ret_size)
{
    kill_after (hub, NOBODY, emit_in_two_parts);
    spool_first (name);
    return spool_read (name, ret_size);
}

/* What a file with these bytes is taken for, and how many events would be sent. */
static zc_spool_verified_t look (const void *bytes, size_t size, uint64_t *ret_events)
{
    zc_ring_t queue;
    zc_batch_t batch;
    int fd = memfd_create ("image", 0);
    assert_int_equal (write (fd, bytes, size), size);
    zc_spool_verified_t state = zc_spool_verify (fd, &queue);
    close (fd);
    *ret_events = 0;
    if (state == ZC_SPOOL_BAD || state == ZC_SPOOL_UNREAD)
        return state;
    if (zc_ring_peek (&queue, 0, SIZE_MAX, &batch))
        *ret_events = batch.events;
    zc_ring_term (&queue);
    return state;
}

static void test_spool_verify_reads_no_file_of_another_length (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    char name [128];
    size_t size;
    uint64_t events;
    zc_ring_t queue;
    uint8_t *bytes = adopted (*state, name, &size);
    assert_int_equal (look (bytes, size, &events), ZC_SPOOL_WHOLE);
    assert_int_equal (events, 300);
    int fd = memfd_create ("image", 0);
    assert_int_equal (write (fd, bytes, size), size);
    for (size_t length = size; length-- > 0;) {
        assert_int_equal (ftruncate (fd, (off_t) length), 0);
        assert_int_equal (zc_spool_verify (fd, &queue), ZC_SPOOL_BAD);
    }
    assert_int_equal (ftruncate (fd, (off_t) size), 0); /* the right length, and zeros */
    assert_int_equal (zc_spool_verify (fd, &queue), ZC_SPOOL_BAD);
    close (fd);
    free (bytes);
}

/* A flipped byte makes an image end early, or bad; whatever is read of it are its first events. */
static void test_spool_verify_reads_nothing_that_was_changed (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    char name [128];
    size_t size;
    uint64_t events;
    uint8_t *bytes = adopted (*state, name, &size);
    zc_spool_room_t *room = (void *) bytes;
    assert_true (atomic_load (&room->head.next) > 0);
    size_t head = sizeof (zc_spool_head_t), framed = room->flights [0].units * sizeof (uint64_t);
    size_t ring = size - ZC_RING_BYTES_MIN;
    for (size_t i = 0; i < size; i++) {
        /* All of the head, the first frame with its descriptor; of the rest, some. */
        bool matters = i < head + 2 * sizeof (zc_spool_flight_t) || (i >= ring && i < ring + framed);
        if (!matters && i % 997 != 0)
            continue;
        bytes [i] ^= 0x55;
        zc_spool_verified_t found = look (bytes, size, &events);
        if (i >= ring && i < ring + framed)
            assert_true (found == ZC_SPOOL_DAMAGED && events == 0); /* nothing stands before it */
        else if (i < offsetof (zc_spool_head_t, numberings [1]))
            assert_int_equal (found, ZC_SPOOL_BAD);
        assert_true (events <= 300);
        bytes [i] ^= 0x55;
    }
    free (bytes);
}

static void test_spool_verify_puts_aside_what_it_cannot_read (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    hub_t *hub = *state;
    char name [128], bad [160];
    size_t size;
    uint8_t *bytes = adopted (hub, name, &size);
    zc_spool_label_t *label = (void *) bytes;
    label->version++; /* a later library's */
    label->check = zc_spool_label_check (label);
    spool_write (name, bytes, size);
    spool_write ("00000000000000000000000000000000.spool", "", 0);
    spool_write ("notes.txt", "x", 1);
    zcost_t *client = open_reliable (hub, spool);
    for (int64_t until_ms = now_ms () + PATIENCE_MS; spool_count (".bad") < 2 && now_ms () < until_ms;)
        usleep (1000);
    snprintf (bad, sizeof bad, "%s.bad", name);
    size_t kept_size;
    uint8_t *kept = spool_read (bad, &kept_size);
    assert_int_equal (kept_size, size);
    assert_memory_equal (kept, bytes, size); /* for whoever can */
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    assert_int_equal (spool_count (""), 3);
    assert_int_equal (hub->frames_count, 0);
    free (bytes);
    free (kept);
}

/* The place of the nth record of a fresh ring that is in no frame. */
static uint8_t *record_of (uint8_t *bytes, size_t size, unsigned n)
{
    uint8_t *at = bytes + size - ZC_RING_BYTES_MIN;
    for (uint32_t word; n > 0; n--) {
        memcpy (&word, at, sizeof word);
        at += (sizeof word + (word & 0x7fffffff) + 7) / 8 * 8;
    }
    return at;
}

static void unframe (uint8_t *bytes)
{
    zc_spool_room_t *room = (void *) bytes;
    atomic_store (&room->head.next, 0);
}

/* The next start of the service: what can be told is sent, and the file stays, put aside. */
static void adopt_damaged (hub_t *hub, uint64_t taken)
{
    zcost_t *client = open_reliable (hub, spool);
    hub_take (hub, taken);
    for (int64_t until_ms = now_ms () + PATIENCE_MS; spool_count (".bad") == 0 && now_ms () < until_ms;) {
        hub_receive (hub, 2);
        hub_acknowledge (hub);
    }
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    assert_int_equal (spool_count (".bad"), 1);
    assert_int_equal (spool_count (""), 1);
    hub_assert_each_once (hub, taken);
}

static void test_spool_verify_stops_at_a_record_that_was_never_finished (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    hub_t *hub = *state;
    char name [128];
    size_t size;
    uint64_t events;
    uint8_t *bytes = adopted (hub, name, &size);
    unframe (bytes);
    assert_int_equal (look (bytes, size, &events), ZC_SPOOL_WHOLE);
    assert_int_equal (events, 300);
    memset (record_of (bytes, size, 200), 0, 8);                      /* its thread was killed in between */
    assert_int_equal (look (bytes, size, &events), ZC_SPOOL_DAMAGED); /* some behind it had been emitted */
    assert_int_equal (events, 200);
    spool_write (name, bytes, size);
    adopt_damaged (hub, 200);
    free (bytes);
}

static void test_spool_verify_sends_what_stands_before_damage_and_keeps_the_file (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    hub_t *hub = *state;
    static const uint32_t impossible [] = {0x80000000, 5, 0xffffffff, 0x80000000 + ZC_RECORD_BYTES_MAX + 1};
    char name [128];
    size_t size;
    uint64_t events;
    uint8_t *bytes = adopted (hub, name, &size);
    unframe (bytes);
    for (size_t i = 0; i < COUNT (impossible); i++) {
        memcpy (record_of (bytes, size, 200), &impossible [i], sizeof *impossible);
        assert_int_equal (look (bytes, size, &events), ZC_SPOOL_DAMAGED);
        assert_int_equal (events, 200);
    }
    spool_write (name, bytes, size);
    adopt_damaged (hub, 200);
    free (bytes);
}

/* After a power cut the disk may hold old and new pages beside each other: only what has a digest is
 * taken for what it says. */
static void test_spool_verify_trusts_frames_only_after_the_machine_was_restarted (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    char name [128];
    size_t size;
    uint64_t events;
    uint8_t *bytes = adopted (*state, name, &size);
    zc_spool_room_t *room = (void *) bytes;
    room->head.label.boot [0] ^= 1;
    room->head.label.check = zc_spool_label_check (&room->head.label);
    uint64_t framed = 0;
    for (uint64_t i = 0; i < atomic_load (&room->head.next); i++)
        framed += room->flights [i].events;
    assert_in_range (framed, 1, 299);
    assert_int_equal (look (bytes, size, &events), ZC_SPOOL_DAMAGED); /* the rest stays in the file */
    assert_int_equal (events, framed);
    free (bytes);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        WITH_SPOOL (test_spool_verify_reads_no_file_of_another_length),
        WITH_SPOOL (test_spool_verify_reads_nothing_that_was_changed),
        WITH_SPOOL (test_spool_verify_puts_aside_what_it_cannot_read),
        WITH_SPOOL (test_spool_verify_stops_at_a_record_that_was_never_finished),
        WITH_SPOOL (test_spool_verify_sends_what_stands_before_damage_and_keeps_the_file),
        WITH_SPOOL (test_spool_verify_trusts_frames_only_after_the_machine_was_restarted),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
