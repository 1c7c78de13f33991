/* SPDX-License-Identifier: MPL-2.0
 *
 * journal_replayed.h - a walk over a frame, recorded, with what holds for every frame checked on the way.
 *
 * The frame is copied into memory of exactly its size, so that AddressSanitizer sees any read
 * beyond it. Include cmocka.h first.
 */
#ifndef ZC_TEST_WALK_H
#define ZC_TEST_WALK_H

#include <stdlib.h>

#include "pack.h"
#include "wire/decode.h"

#define NOW_MS 1767225600000 /* 2026-01-01T00:00:00Z */
#define BATCH_MAX 1000
#define WALK_KEEPS 16

typedef struct {
    uint8_t *bytes;
    size_t size;
    zc_frame_t frame;
    size_t events, rejects; /* how many there were; the first WALK_KEEPS of each are kept */
    zc_event_t event [WALK_KEEPS];
    zc_reject_t reject [WALK_KEEPS];
} walk_t;

static inline void assert_within (const walk_t *self, const void *data, uint64_t size)
{
    const uint8_t *begin = data;
    if (size == 0)
        return;
    assert_true (begin >= self->bytes && begin < self->bytes + self->size);
    assert_true (size <= (uint64_t) (self->bytes + self->size - begin));
}

static inline void check_event (const walk_t *self, const zc_event_t *event)
{
    const zc_str_t strings [] = {event->service, event->tier, event->model, event->provider};
    for (size_t i = 0; i < COUNT (strings); i++) {
        assert_true (strings [i].size <= ZCOST_STRING_MAX);
        assert_within (self, strings [i].data, strings [i].size);
    }
    assert_within (self, event->tags.data, event->tags.size);
    assert_in_range (event->type, ZCOST_QUERY_ROUTER, ZCOST_LLM_CALL);
    assert_true (event->has & ZC_BIT (ZC_KEY_TYPE));
    assert_true (event->has < ZC_BIT (ZC_KEY_COUNT));
    assert_true (event->cost_nanousd >= 0 && event->cost_nanousd <= ZCOST_COST_MAX_USD * INT64_C (1000000000));
    assert_true (event->hits >= 0 && event->hits <= ZCOST_COUNT_MAX);
    assert_true (event->misses >= 0 && event->misses <= ZCOST_COUNT_MAX);
    assert_within (self, self->frame.object, (uint64_t) (self->frame.at - self->frame.object));
}

static inline void check_reject (const walk_t *self, const zc_reject_t *reject)
{
    assert_in_range (reject->reason, 0, ZC_REASON_COUNT - 1);
    assert_in_range (reject->why, ZC_WHY_NONE + 1, ZC_WHY_COUNT - 1);
    assert_true (reject->key >= -1 && reject->key < ZC_KEY_COUNT);
    assert_true (reject->size > 0);
    assert_within (self, reject->head, reject->size);
}

static inline walk_t walk_limited (const void *bytes, size_t size, uint32_t batch_max)
{
    walk_t self;
    memset (&self, 0, sizeof self);
    self.bytes = malloc (size ? size : 1);
    assert_non_null (self.bytes);
    if (size)
        memcpy (self.bytes, bytes, size);
    self.size = size;
    zc_decode_init (&self.frame, self.bytes, size, NOW_MS, batch_max);
    while (true) {
        zc_event_t event;
        zc_reject_t reject;
        memset (&event, 0xa5, sizeof event); /* whatever is not written must not look written */
        memset (&reject, 0xa5, sizeof reject);
        /* Each step takes a byte or more, but for one that finds an array short. */
        assert_true (self.events + self.rejects <= size);
        zc_step_t step = zc_decode_next (&self.frame, &event, &reject);
        if (step == ZC_STEP_END)
            break;
        if (step == ZC_STEP_EVENT) {
            check_event (&self, &event);
            if (self.events < WALK_KEEPS)
                self.event [self.events] = event;
            self.events++;
        } else {
            check_reject (&self, &reject);
            if (self.rejects < WALK_KEEPS)
                self.reject [self.rejects] = reject;
            self.rejects++;
        }
    }
    assert_ptr_equal (self.frame.at, self.bytes + size);
    return self;
}

static inline walk_t walk (const void *bytes, size_t size)
{
    return walk_limited (bytes, size, BATCH_MAX);
}

static inline void walk_end (walk_t *self)
{
    free (self->bytes);
    self->bytes = NULL;
}

static inline bool str_is (zc_str_t str, const char *text)
{
    return str.size == strlen (text) && (str.size == 0 || memcmp (str.data, text, str.size) == 0);
}

#endif
