/* SPDX-License-Identifier: MPL-2.0
 *
 * tracker.h - for the tests of track.h: a real client, to whom no daemon ever comes.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_TRACKER_H
#define ZC_TEST_TRACKER_H

#include <stdbool.h>
#include <stdint.h>

#include "quoted.h"
#include "zboard/track.h"

#define HELPER static __attribute__ ((unused))
#define COUNT(array) (sizeof (array) / sizeof *(array))
#define NOBODY "tcp://127.0.0.1:9" /* discard: nobody listens there */

typedef struct {
    zcost_t *client;
    zb_track_counts_t counts;
    char *failure; /* of the last one */
    size_t failure_size;
} tracker_t;

HELPER tracker_t tracker_of (size_t queue_bytes)
{
    tracker_t self = {.client = NULL};
    const zcost_options_t options = {.size = sizeof options, .endpoint = NOBODY, .queue_bytes = queue_bytes};
    assert_int_equal (zcost_open (&options, &self.client), 0);
    return self;
}

HELPER void tracker_end (tracker_t *self)
{
    free (self->failure);
    zcost_close (&self->client, 0);
}

HELPER zb_tracked_t track_bytes (tracker_t *self, const char *body, size_t size)
{
    free (self->failure);
    self->failure = NULL;
    char *copy = malloc (size ? size : 1); /* so that a byte too far is seen */
    memcpy (copy, body, size);
    zb_tracked_t tracked = zb_track (self->client, copy, size, &self->counts, &self->failure, &self->failure_size);
    free (copy);
    assert_int_equal (tracked == ZB_TRACK_BAD, self->failure != NULL);
    assert_true (!self->failure || strlen (self->failure) == self->failure_size);
    return tracked;
}

HELPER zb_tracked_t track (tracker_t *self, const char *text)
{
    char *body = requoted (text);
    zb_tracked_t tracked = track_bytes (self, body, strlen (body));
    free (body);
    return tracked;
}

/* What the client has of all: each is in its queue, for there is nobody to send to, and none counts as dropped. */
HELPER void assert_taken (const tracker_t *self, uint64_t events)
{
    zcost_stats_t stats = ZCOST_STATS_INIT;
    zcost_stats (self->client, &stats);
    assert_int_equal (stats.emitted, events);
    assert_int_equal (stats.queued, events);
    assert_int_equal (stats.dropped, 0);
    assert_int_equal (self->counts.tracked, events);
}

#endif
