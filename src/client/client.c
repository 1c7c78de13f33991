/* SPDX-License-Identifier: MPL-2.0
 *
 * client.c - the public calls: a queue, and the sender that empties it.
 */
#include "civil/clock.h"
#include "zcost.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "client/ring.h"
#include "client/spool_format.h"
#include "client/sender.h"
#include "client/sized.h"
#include "wire/encode.h"

#define QUEUE_BYTES ((size_t) 4 << 20)
#define FLUSH_INTERVAL_MS 5
#define FLUSH_INTERVAL_MAX_MS 1000
#define BATCH_BYTES ((size_t) 32 << 10)
#define BATCH_BYTES_MIN ((size_t) 1 << 10)
#define BATCH_BYTES_MAX ((size_t) 1 << 20)
#define CACHE_LINE 64

/* Of the structs that begin with their size, as 0.2.0 had them. Each ends with its last member: one that is added
 * changes the size. So a new member is 8 bytes or a multiple of it, or a reserved one beside it makes it so; 0 is its
 * default; and what it means when it is set and not known has been thought of (zcost.h, "Versions"). */
#define END_OF(type, member) (offsetof (type, member) + sizeof ((type *) NULL)->member)
#define OPTIONS_LEAST END_OF (zcost_options_t, spool_dir)
#define EVENT_LEAST END_OF (zcost_event_t, tags_count)
#define STATS_LEAST END_OF (zcost_stats_t, spooled)
#define HAS_ALL ((ZCOST_HAS_TIME_SAVED << 1) - 1)

static_assert (ZC_ENCODED_MAX <= ZC_RECORD_BYTES_MAX, "any event is one record");

/* What an emit reads stands on one cache line: between two calls of a quiet service it gets cold. */
struct zcost {
    zc_ring_t queue;
    _Atomic uint32_t *gate;
    zc_sender_t *sender;
    const char *service; /* of events that name none; NULL: the daemon's default */
    char service_text [ZCOST_STRING_MAX + 1];
};

static_assert (offsetof (zcost_t, service_text) < CACHE_LINE, "one line");

/* ------------------------------------------------------------------------ open, close */

/* The options, with the defaults in place of zeros. Returns 0, or why one of them is invalid. */
static int settle (const zcost_options_t *options, zcost_options_t *ret_settled)
{
    zcost_options_t settled = ZCOST_OPTIONS_INIT;
    int rc = options ? zc_sized_read (options, OPTIONS_LEAST, &settled, sizeof settled) : 0;
    if (rc != 0)
        return rc;
    if (!settled.endpoint)
        settled.endpoint = ZCOST_DEFAULT_INGEST;
    if (settled.queue_bytes == 0)
        settled.queue_bytes = QUEUE_BYTES;
    if (settled.flush_interval_ms == 0)
        settled.flush_interval_ms = FLUSH_INTERVAL_MS;
    if (settled.batch_bytes == 0)
        settled.batch_bytes = BATCH_BYTES;
    *ret_settled = settled;
    bool in_range = (!settled.spool_dir || settled.publish) &&
                    (!settled.service || strnlen (settled.service, ZCOST_STRING_MAX + 1) <= ZCOST_STRING_MAX) &&
                    settled.queue_bytes >= ZC_RING_BYTES_MIN && settled.queue_bytes <= ZC_RING_BYTES_MAX &&
                    settled.flush_interval_ms <= FLUSH_INTERVAL_MAX_MS && settled.batch_bytes >= BATCH_BYTES_MIN &&
                    settled.batch_bytes <= BATCH_BYTES_MAX;
    return in_range ? 0 : ZCOST_EINVAL;
}

static size_t power_of_2 (size_t bytes)
{
    size_t power = ZC_RING_BYTES_MIN;
    while (power < bytes)
        power *= 2;
    return power;
}

static int open_parts (zcost_t *self, const zcost_options_t *options)
{
    if (options->service)
        self->service = memcpy (self->service_text, options->service, strlen (options->service) + 1);
    size_t room_bytes = options->publish ? ZC_SPOOL_BYTES : 0;
    int rc = zc_ring_init (&self->queue, power_of_2 (options->queue_bytes), room_bytes, options->spool_dir != NULL);
    if (rc != 0)
        return rc;
    self->gate = zc_ring_gate (&self->queue);
    const zc_sender_options_t sender = {
        .endpoint = options->endpoint,
        .publish = options->publish,
        .spool_dir = options->spool_dir,
        .flush_interval_ms = options->flush_interval_ms,
        .batch_bytes = options->batch_bytes,
    };
    if ((rc = zc_sender_new (&self->queue, &sender, &self->sender)) != 0) {
        int error = errno;
        zc_ring_term (&self->queue);
        errno = error;
        return rc;
    }
    return zc_sender_start (self->sender);
}

int zcost_open (const zcost_options_t *options, zcost_t **ret_client)
{
    zcost_options_t settled;
    int rc = ret_client ? settle (options, &settled) : ZCOST_EINVAL;
    if (rc != 0)
        return rc;
    size_t size = (sizeof (zcost_t) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    zcost_t *self = aligned_alloc (CACHE_LINE, size);
    if (!self)
        return ZCOST_ENOMEM;
    memset (self, 0, size);
    rc = open_parts (self, &settled);
    if (rc == 0) {
        *ret_client = self;
        return 0;
    }
    int error = errno;
    zcost_close (&self, 0);
    errno = error;
    return rc;
}

int zcost_close (zcost_t **client, int timeout_ms)
{
    if (timeout_ms < 0)
        return ZCOST_EINVAL;
    if (!client || !*client)
        return 0;
    zcost_t *self = *client;
    *client = NULL;
    int rc = zc_sender_destroy (&self->sender, timeout_ms); /* with the queue, which it owns */
    free (self);
    return rc;
}

int zcost_flush (zcost_t *client, int timeout_ms)
{
    return client && timeout_ms >= 0 ? zc_sender_flush (client->sender, timeout_ms) : ZCOST_EINVAL;
}

void zcost_nudge (zcost_t *client)
{
    if (client)
        zc_sender_wake (client->sender);
}

/* ------------------------------------------------------------------------------- emit */

/* An event of a header that is older or newer than ours, as one of ours. A number that is set and not known may
 * well be 0: its bit tells. */
static int read_event (const zcost_event_t *theirs, zcost_event_t *ret_event)
{
    int rc = zc_sized_read (theirs, EVENT_LEAST, ret_event, sizeof *ret_event);
    return rc == 0 && ret_event->has & ~HAS_ALL ? ZCOST_EFIELD : rc;
}

__attribute__ ((noinline, cold)) static int emit_theirs (zcost_t *client, const zcost_event_t *theirs)
{
    zcost_event_t event;
    int rc = read_event (theirs, &event);
    return rc == 0 ? zcost_emit (client, &event) : rc;
}

__attribute__ ((hot)) int zcost_emit (zcost_t *client, const zcost_event_t *event)
{
    if (!client || !event)
        return ZCOST_EINVAL;
    zc_ring_prefetch (&client->queue);
    if (__builtin_expect (event->size != sizeof *event, 0))
        return emit_theirs (client, event);
    /* Packed here first, so that a reserved place in the queue waits for a short copy and no more. */
    zc_record_t record;
    size_t size;
    int rc = zc_encode (event, client->service, zc_clock_wall_coarse_ms (), record.as.bytes, &size);
    if (rc != 0)
        return rc;
    uint32_t gate = atomic_load_explicit (client->gate, memory_order_relaxed);
    if (__builtin_expect (gate != ZC_GATE_OPEN, 0) && (rc = zc_sender_ensure (client->sender)) != 0)
        return rc;
    return zc_ring_push (&client->queue, &record, size);
}

/* The events of a try: an array of the program's own structs, as far apart as they are large. */
typedef struct {
    const zcost_event_t *first;
    const char *service;
    int64_t ts_ms;
} try_t;

static int encode_at (const try_t *self, size_t index, zc_record_t *record, size_t *ret_size)
{
    zcost_event_t ours;
    const zcost_event_t *event = (const void *) ((const char *) self->first + index * self->first->size);
    if (event->size != self->first->size)
        return ZCOST_ESIZE;
    if (event->size != sizeof *event) {
        int rc = read_event (event, &ours);
        if (rc != 0)
            return rc;
        event = &ours;
    }
    return zc_encode (event, self->service, self->ts_ms, record->as.bytes, ret_size);
}

/* Fills in what was claimed: the first event last, with which all become visible. */
static void fill (zcost_t *client, const try_t *try, size_t count, uint32_t position)
{
    zc_record_t record;
    size_t size = 0;
    encode_at (try, 0, &record, &size);
    uint32_t next = position + zc_ring_units (size);
    for (size_t i = 1; i < count; i++) {
        encode_at (try, i, &record, &size);
        zc_ring_fill (&client->queue, next, &record, size);
        next += zc_ring_units (size);
    }
    encode_at (try, 0, &record, &size);
    zc_ring_fill (&client->queue, position, &record, size);
}

/* Encoded twice, first to know how much room they take: so nothing is allocated. */
int zcost_try_emit (zcost_t *client, const zcost_event_t *events, size_t count)
{
    zc_record_t record;
    size_t size, units = 0;
    int rc;
    if (!client || (!events && count > 0) || count > UINT32_MAX)
        return ZCOST_EINVAL;
    const try_t try = {events, client->service, zc_clock_wall_coarse_ms ()};
    for (size_t i = 0; i < count; i++) {
        if ((rc = encode_at (&try, i, &record, &size)) != 0)
            return rc;
        units += zc_ring_units (size);
    }
    if (count == 0)
        return 0;
    uint32_t gate = atomic_load_explicit (client->gate, memory_order_relaxed), position;
    if (gate != ZC_GATE_OPEN && (rc = zc_sender_ensure (client->sender)) != 0)
        return rc;
    if (!zc_ring_claim (&client->queue, units, (uint32_t) count, &position))
        return ZCOST_EFULL;
    fill (client, &try, count, position);
    return 0;
}

int zcost_query_router (zcost_t *client, const char *tier, double cost_usd)
{
    const zcost_event_t event = {
        .size = sizeof event,
        .type = ZCOST_QUERY_ROUTER,
        .has = ZCOST_HAS_COST,
        .tier = tier,
        .cost_usd = cost_usd,
    };
    return zcost_emit (client, &event);
}

int zcost_embedding_cache (zcost_t *client, bool hit)
{
    const zcost_event_t event = {
        .size = sizeof event,
        .type = ZCOST_EMBEDDING_CACHE,
        .has = ZCOST_HAS_HIT,
        .hit = hit,
    };
    return zcost_emit (client, &event);
}

int zcost_rag_parallel (zcost_t *client, double time_saved_seconds)
{
    const zcost_event_t event = {
        .size = sizeof event,
        .type = ZCOST_RAG_PARALLEL,
        .has = isnan (time_saved_seconds) ? 0 : ZCOST_HAS_TIME_SAVED,
        .time_saved_seconds = time_saved_seconds,
    };
    return zcost_emit (client, &event);
}

int zcost_llm_call (zcost_t *client, const char *model, int64_t input_tokens, int64_t output_tokens)
{
    const zcost_event_t event = {
        .size = sizeof event,
        .type = ZCOST_LLM_CALL,
        .has = (input_tokens < 0 ? 0 : ZCOST_HAS_INPUT_TOKENS) | (output_tokens < 0 ? 0 : ZCOST_HAS_OUTPUT_TOKENS),
        .model = model,
        .input_tokens = input_tokens,
        .output_tokens = output_tokens,
    };
    return zcost_emit (client, &event);
}

/* ------------------------------------------------------------------------------- tell */

static void count (const zcost_t *client, zcost_stats_t *stats)
{
    zc_sender_stats_t sender;
    zc_ring_stats_t queue;
    /* The sender's first: what it sent is then among what the queue has. */
    zc_sender_stats (client->sender, &sender);
    zc_ring_stats (&client->queue, &queue);
    stats->emitted = queue.pushed;
    stats->sent = sender.sent > queue.popped ? sender.sent : queue.popped;
    stats->queued = queue.pushed - queue.popped;
    stats->dropped = queue.dropped;
    stats->queue_bytes = zc_ring_bytes (&client->queue);
    stats->queued_bytes = queue.used_bytes;
    stats->connected = sender.connected;
    if (!sender.is_reliable)
        return;
    stats->acked = queue.popped - sender.lost;
    stats->resent = sender.resent;
    stats->lost = sender.lost;
    stats->spooled = sender.spooled;
}

int zcost_stats (const zcost_t *client, zcost_stats_t *ret_stats)
{
    zcost_stats_t stats;
    if (!ret_stats)
        return ZCOST_EINVAL;
    memset (&stats, 0, sizeof stats); /* with the gap at its end, which is a newer program's member */
    if (client)
        count (client, &stats);
    return zc_sized_write (&stats, sizeof stats, ret_stats, STATS_LEAST);
}

const char *zcost_version (void)
{
    return ZCOST_VERSION;
}

const char *zcost_strerror (int error)
{
    switch (error) {
    case ZCOST_OK:
        return "success";
    case ZCOST_EINVAL:
        return "invalid argument";
    case ZCOST_EFULL:
        return "the queue is full: the event was dropped";
    case ZCOST_ENOMEM:
        return "out of memory";
    case ZCOST_ESYSTEM:
        return "a system call failed";
    case ZCOST_ETIMEOUT:
        return "timed out before everything was sent or acknowledged";
    case ZCOST_ECLOSED:
        return "the client is being closed";
    case ZCOST_ESIZE:
        return "a struct's size is 0 or wrong: initialise it with ZCOST_OPTIONS_INIT, ZCOST_EVENT_INIT or "
               "ZCOST_STATS_INIT";
    case ZCOST_EFIELD:
        return "a member is set that this libzcost is too old to know";
    default:
        return "unknown error";
    }
}
