/* SPDX-License-Identifier: MPL-2.0
 *
 * fuzz_decode.c - any bytes, as an ingest frame and as a query, against what must hold of all bytes.
 *
 *   build/fuzz/fuzz_decode build/fuzz/corpus tests/fuzz/corpus
 *
 * The frame goes the daemon's own way: decode, price by the built-in table, fold, or reject. Every
 * input begins with an empty ledger, so that what is found is found again from its bytes alone.
 */
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/delivery/intake.h"
#include "core/api/reply.h"
#include "wire/decode.h"

#define NOW_MS 1767225600000 /* 2026-01-01T00:00:00Z */
#define REJECTS_KEPT 16

/* A batch over the limit is to be found with few bytes. */
static const zc_limits_t limits = {.frame_bytes_max = 1 << 20, .batch_events_max = 8};

/* Not assert: it must hold in a build without asserts too. */
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf (stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                            \
            abort ();                                                                                                  \
        }                                                                                                              \
    } while (0)

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* The one table for all inputs. */
static zc_prices_t *prices (void)
{
    static zc_prices_t *table;
    zc_prices_error_t error;
    if (!table)
        table = zc_prices_new (zc_prices_builtin, zc_prices_builtin_size, &error);
    MUST (table);
    return table;
}

/* A ledger with nothing in it, what was not taken into it, and who sent. */
typedef struct {
    zc_ledger_t *ledger;
    zc_rejects_t *rejects;
    zc_producers_t *producers;
    zc_intake_t intake;
} books_t;

static books_t books_new (void)
{
    zc_policy_t policy;
    zc_policy_default (&policy);
    const zc_retention_t retention = {.minutes_ms = 172800000, .quarters_ms = 34560000000};
    const zc_producers_limits_t few = {.live_max = 2, .expired_max = 2, .expire_after_ms = 1000};
    books_t self = {.ledger = zc_ledger_new (&policy, &retention, 100, &(zc_siphash_secret_t){{1, 2}}),
                    .rejects = zc_rejects_new (REJECTS_KEPT),
                    .producers = zc_producers_new (&few, &(zc_siphash_secret_t){{1, 2}})};
    MUST (self.ledger && self.rejects && self.producers);
    MUST (zc_ledger_use_prices (self.ledger, prices ()) == 0);
    self.intake = (zc_intake_t){self.ledger, self.rejects, self.producers, limits};
    return self;
}

static void books_end (books_t *self)
{
    zc_ledger_destroy (&self->ledger);
    zc_rejects_destroy (&self->rejects);
    zc_producers_destroy (&self->producers);
}

/* ----------------------------------------------------------------------- frame */

static void check_within (const uint8_t *data, size_t size, const void *begin, uint64_t length)
{
    const uint8_t *at = begin;
    MUST (length == 0 || (at >= data && at < data + size && length <= (uint64_t) (data + size - at)));
}

static void check_event (const uint8_t *data, size_t size, const zc_event_t *event)
{
    const zc_str_t strings [] = {event->service, event->tier, event->model, event->provider, event->tags};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        check_within (data, size, strings [i].data, strings [i].size);
    MUST (event->type >= ZCOST_QUERY_ROUTER && event->type <= ZCOST_LLM_CALL);
    MUST (event->has < ZC_BIT (ZC_KEY_COUNT) && (event->has & ZC_BIT (ZC_KEY_TYPE)));
    MUST (event->cost_nanousd >= 0 && event->hits >= 0 && event->misses >= 0 && event->latency_us >= 0);
}

/* Walks over the frame; returns the events, and the rejects by reason. */
static uint64_t walk (const uint8_t *data, size_t size, uint64_t ret_rejects [ZC_REASON_COUNT])
{
    zc_frame_t frame;
    uint64_t events = 0, steps = 0;
    zc_decode_init (&frame, data, size, NOW_MS, limits.batch_events_max);
    while (true) {
        zc_event_t event;
        zc_reject_t reject;
        zc_step_t step = zc_decode_next (&frame, &event, &reject);
        if (step == ZC_STEP_END)
            break;
        MUST (++steps <= size);
        if (step == ZC_STEP_EVENT) {
            check_event (data, size, &event);
            events++;
        } else {
            MUST (reject.size > 0 && reject.why != ZC_WHY_NONE);
            check_within (data, size, reject.head, reject.size);
            ret_rejects [reject.reason]++;
        }
    }
    MUST (frame.at == data + size);
    return events;
}

static void check_totals (const zc_totals_t *totals, uint64_t accepted)
{
    const zc_tier_totals_t *router = &totals->router;
    MUST (router->queries == router->unpriced + router->measured + router->assumed);
    MUST (router->cost_nanousd >= 0 && router->baseline_nanousd >= 0);
    MUST (totals->cache_hits >= 0 && totals->cache_misses >= 0 && totals->cache_saved_nanousd >= 0);
    MUST (totals->calls_cost_nanousd >= 0 && totals->calls_unpriced <= totals->calls);
    MUST (totals->preloads_measured <= totals->preloads);
    MUST (router->queries + totals->calls + totals->preloads <= accepted);
}

static bool is_stamped (const uint8_t *data, size_t size, uint64_t *ret_seq)
{
    zc_frame_t frame;
    zc_decode_init (&frame, data, size, NOW_MS, limits.batch_events_max);
    *ret_seq = frame.stamp.seq;
    return frame.stamped;
}

/* A stamp whose numbers are none refuses its frame whole. Whether it did. */
static bool check_refused (const books_t *books, const uint8_t *data, size_t size, uint64_t numbers)
{
    uint64_t seq;
    if (!is_stamped (data, size, &seq) || (seq > 0 && seq <= UINT64_MAX - numbers))
        return false;
    MUST (zc_ledger_accepted (books->ledger) == 0);
    MUST (zc_rejects_count (books->rejects, ZC_BAD_FIELD) == numbers);
    return true;
}

/* What the walk saw is what was counted: an event is folded, or an `overflow`. */
static void check_intake (const books_t *books, const uint8_t *data, size_t size)
{
    uint64_t rejects [ZC_REASON_COUNT] = {0};
    uint64_t events = walk (data, size, rejects), numbers = events;
    for (zc_reason_t reason = 0; reason < ZC_REASON_COUNT; reason++)
        numbers += rejects [reason];
    if (check_refused (books, data, size, numbers))
        return;
    uint64_t accepted = zc_ledger_accepted (books->ledger), overflows = zc_rejects_count (books->rejects, ZC_OVERFLOW);
    MUST (events == accepted + overflows);
    for (zc_reason_t reason = 0; reason < ZC_REASON_COUNT; reason++)
        MUST (reason == ZC_OVERFLOW || rejects [reason] == zc_rejects_count (books->rejects, reason));
    MUST (accepted + zc_rejects_total (books->rejects) <= size);
    check_totals (zc_ledger_totals (books->ledger), accepted);
}

/* The same bytes give the same books. */
static void check_again (const books_t *books, const uint8_t *data, size_t size)
{
    books_t again = books_new ();
    MUST (zc_intake_frame (&again.intake, data, size, NOW_MS) == 0);
    MUST (zc_ledger_accepted (again.ledger) == zc_ledger_accepted (books->ledger));
    MUST (zc_rejects_total (again.rejects) == zc_rejects_total (books->rejects));
    MUST (memcmp (zc_ledger_totals (again.ledger), zc_ledger_totals (books->ledger), sizeof (zc_totals_t)) == 0);
    books_end (&again);
}

/* A stamped frame that comes again is a duplicate, and nothing else. */
static void check_twice (books_t *books, const uint8_t *data, size_t size)
{
    uint64_t seq, accepted = zc_ledger_accepted (books->ledger), rejected = zc_rejects_total (books->rejects);
    if (!is_stamped (data, size, &seq) || zc_producers_live (books->producers) == 0)
        return;
    MUST (zc_intake_frame (&books->intake, data, size, NOW_MS) == 0);
    MUST (zc_ledger_accepted (books->ledger) == accepted && zc_rejects_total (books->rejects) == rejected);
    MUST (zc_producers_delivery (books->producers)->duplicate == accepted + rejected);
}

/* ----------------------------------------------------------------------- query */

/* Any bytes get one reply, which is one msgpack map. */
static void check_query (const books_t *books, const uint8_t *data, size_t size)
{
    const zc_about_t about = {.version = "0", .instance = "fuzz", .prices_source = "builtin", .interval_ms = 1000};
    const zc_storage_status_t kept = {.kept = false};
    const zc_report_source_t view = {.about = &about,
                                     .ledger = books->ledger,
                                     .rejects = books->rejects,
                                     .producers = books->producers,
                                     .storage_status = &kept,
                                     .now_ms = NOW_MS};
    zc_pack_t reply = {.data = NULL};
    msgpack_unpacked opened;
    size_t used = 0;
    msgpack_unpacked_init (&opened);
    zc_request_t request;
    if (zc_reply_read_request (&view, data, size, &request, &reply) == 0) {
        if (zc_request_is_windowed (&request))
            zc_reply_pack_error ("unavailable", "there is no store here", &reply);
        else
            zc_reply_pack (&view, &request, &reply);
    }
    MUST (msgpack_unpack_next (&opened, reply.data, reply.size, &used) == MSGPACK_UNPACK_SUCCESS);
    MUST (used == reply.size && opened.data.type == MSGPACK_OBJECT_MAP);
    msgpack_unpacked_destroy (&opened);
    zc_pack_term (&reply);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    books_t books = books_new ();
    MUST (zc_intake_frame (&books.intake, data, size, NOW_MS) == 0);
    if (size <= limits.frame_bytes_max) {
        check_intake (&books, data, size);
        check_again (&books, data, size);
        check_twice (&books, data, size);
    }
    check_query (&books, data, size);
    books_end (&books);
    return 0;
}
