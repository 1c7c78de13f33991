/* SPDX-License-Identifier: MPL-2.0
 *
 * zcost.h - the client library of zcost, a ledger for LLM spending.
 *
 * A service opens one client, emits an event for each thing that costs or saves
 * money, and closes the client at exit. An emit call packs the event into a
 * bounded queue in memory and returns: no system call, no lock, no allocation,
 * nobody woken. A thread of the library's own empties the queue every few
 * milliseconds, batches, and sends to zcostd over a ZeroMQ PUSH socket.
 *
 * Plain mode: what is handed to the socket is forgotten; a daemon that dies takes
 * what it had not read with it. Reliable mode (options.publish): an event keeps its
 * place in the queue until the daemon acknowledges that it is on its disk, is sent
 * again after a silence or to a new daemon, and is counted exactly once. With a
 * spool (options.spool_dir) the queue stands in a file, and what was emitted
 * survives a kill of the service: the next start that names the same directory
 * sends it.
 *
 * The library is a guest in your service: it touches no signals, writes no
 * log, never exits, and never waits except in zcost_flush and zcost_close.
 *
 * Threads: every function except zcost_open and zcost_close may be called from
 * any number of threads at once on one client. Emit calls are also safe in a
 * signal handler, but not in a forked child until its sender runs.
 *
 * Fork: a client works on in a forked child. The child starts with an empty
 * queue and counters at 0 (what the parent had queued is the parent's to send);
 * its first emit starts the child's own sender thread, the only emit that costs
 * system calls (where that fails, one emit a second tries again). With a spool that
 * emit also makes the child's own file; where that fails, the child works without
 * one (zcost_stats_t, spooled).
 *
 * Versions: zcost_options_t, zcost_event_t and zcost_stats_t begin with their size, as the program was
 * compiled, and a later version adds members at their end only. So a program runs with any library of
 * the same SONAME (libzcost.so.0.2 for all of 0.2.x), older or newer than its header: a member that the
 * program does not have takes its default, which is always 0; a member that the library does not have
 * must be left at its default, else the call returns ZCOST_EFIELD. Begin each struct with its
 * initialiser, in C as in C++:
 *
 *     zcost_event_t event = ZCOST_EVENT_INIT;
 *
 * An initialiser that names members itself begins with .size = sizeof (zcost_event_t). A size that no
 * version had, such as 0, is ZCOST_ESIZE. zcost_tag_t never grows.
 *
 * Money is USD. Times are milliseconds since 1970-01-01T00:00:00Z.
 */
#ifndef ZCOST_H
#define ZCOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ZCOST_VERSION_MAJOR 0
#define ZCOST_VERSION_MINOR 2
#define ZCOST_VERSION_PATCH 0
#define ZCOST_VERSION "0.2.0"

#if defined(__GNUC__)
#define ZCOST_API __attribute__ ((visibility ("default")))
#else
#define ZCOST_API
#endif

/* Defaults and limits. */
#define ZCOST_DEFAULT_INGEST "tcp://127.0.0.1:7751"
#define ZCOST_DEFAULT_PUBLISH "tcp://127.0.0.1:7752"
#define ZCOST_DEFAULT_QUERY "tcp://127.0.0.1:7753"
#define ZCOST_STRING_MAX 128          /* bytes of any string, without the NUL */
#define ZCOST_TAGS_MAX 4              /* tags of one event */
#define ZCOST_COUNT_MAX 1000000000000 /* tokens, hits, misses: 10^12 */
#define ZCOST_COST_MAX_USD 1000000    /* cost of one event */
#define ZCOST_SECONDS_MAX 1000000     /* |time_saved_seconds|, and latency_ms / 1000 */

/* What functions return: 0, or one of these. None is ever raised as a signal. */
enum {
    ZCOST_OK = 0,
    ZCOST_EINVAL = -1,   /* an argument is wrong, or the daemon would reject the event */
    ZCOST_EFULL = -2,    /* the queue was full: the event is dropped and counted */
    ZCOST_ENOMEM = -3,   /* no memory */
    ZCOST_ESYSTEM = -4,  /* a system or socket call failed; zcost_open sets errno */
    ZCOST_ETIMEOUT = -5, /* time ran out before everything was handed over, or acknowledged */
    ZCOST_ECLOSED = -6,  /* the client is being closed */
    ZCOST_ESIZE = -7,    /* the size in a struct is one that no version had: 0 if it was not initialised */
    ZCOST_EFIELD = -8    /* a member is set that this library, older than the program's zcost.h, does not have */
};

/* A fixed English text for one of the codes above; never NULL, never freed. Any thread. */
ZCOST_API const char *zcost_strerror (int error);

/* The version of the library linked at run time, such as "0.2.0". Any thread. */
ZCOST_API const char *zcost_version (void);

typedef struct zcost zcost_t;

/* How to open a client. Begin with ZCOST_OPTIONS_INIT, then set what differs: 0 and NULL mean the
 * default. Strings are copied. */
typedef struct {
    size_t size;                /* sizeof (zcost_options_t) */
    const char *endpoint;       /* PUSH connects here; default ZCOST_DEFAULT_INGEST */
    const char *service;        /* who sends, for events that name none; NULL: the daemon says "default" */
    size_t queue_bytes;         /* memory of the queue; default 4 MiB; 64 KiB to 1 GiB, rounded up to a power of 2 */
    unsigned flush_interval_ms; /* longest an event waits before it is sent; default 5; 1 to 1000 */
    size_t batch_bytes;         /* a message holds at most this (or one event); default 32 KiB; 1 KiB to 1 MiB */
    const char *publish;        /* SUB connects here, for acknowledgements: reliable mode; NULL: plain mode */
    const char *spool_dir;      /* a directory that exists, for the spool; needs publish; NULL: no spool */
} zcost_options_t;

/* The spool. Each client, and each forked child that emits, has a file of its own there, of a little
 * more than queue_bytes, allocated when it is made, locked while it lives, removed by a zcost_close
 * that found all acknowledged. Files that nobody has locked are sent, under their own numbers, by any
 * client that is connected, one after the other, and then removed; one that cannot be read is renamed
 * to FILE.bad. An emit is the same copy to memory as without a spool: a kill of the process (also
 * kill -9) loses nothing that an emit returned 0 for, but a power cut may, since the kernel writes the
 * pages in its own time. Where power cuts do not matter a directory in memory (tmpfs) spares the disk.
 * Not on a file system that copies on write (btrfs, ZFS): there a full disk ends the service (SIGBUS).
 * Many processes may share one directory; nothing else may write to the files. */

/* Opens a client and starts its sender thread; connecting goes on in the background, so a
 * daemon that is away is no error here.
 * options: NULL for all defaults. *ret_client: owned by the caller, ended by zcost_close; left
 * alone on failure.
 * Returns 0; ZCOST_EINVAL (an option out of range, a malformed endpoint, a service over
 * ZCOST_STRING_MAX, a spool without publish); ZCOST_ESIZE; ZCOST_EFIELD; ZCOST_ENOMEM; ZCOST_ESYSTEM
 * (errno says: also a spool that cannot be made, such as ENOSPC, EFBIG, ENOENT). */
ZCOST_API int zcost_open (const zcost_options_t *options, zcost_t **ret_client);

/* Sends what is queued, waits at most timeout_ms (0: hardly at all; negative: ZCOST_EINVAL) for it
 * to leave the process, in reliable mode for it to be acknowledged; stops the sender thread, which may
 * take another 100 ms, and frees the client. Calls of other threads must have ended. *client becomes
 * NULL; NULL and a pointer to NULL are fine.
 * Returns 0 when all was handed to a connected daemon's connection, in reliable mode: acknowledged;
 * ZCOST_ETIMEOUT when some was not: that part is in the spool, for the next start; without a spool it
 * is lost (in reliable mode: unless it was sent, and its acknowledgement was only late). In a forked
 * child that never emitted, frees the child's copy at once. */
ZCOST_API int zcost_close (zcost_t **client, int timeout_ms);

/* Waits at most timeout_ms until all that was emitted before the call is handed to a socket that
 * is connected; in reliable mode until it is acknowledged, and the daemon told of what was dropped.
 * Returns 0, ZCOST_ETIMEOUT (nothing is lost by it) or ZCOST_EINVAL. Sleeps: not for a request's path. */
ZCOST_API int zcost_flush (zcost_t *client, int timeout_ms);

/* Has what is queued sent now, and not at the end of the sender's interval; waits for nothing. A system call that wakes
 * a thread: for one who has just emitted a batch, and counts its age in microseconds. Any thread; NULL is fine. */
ZCOST_API void zcost_nudge (zcost_t *client);

typedef enum {
    ZCOST_QUERY_ROUTER = 1,
    ZCOST_EMBEDDING_CACHE = 2,
    ZCOST_RAG_PARALLEL = 3,
    ZCOST_LLM_CALL = 4
} zcost_type_t;

typedef struct {
    const char *key;   /* 1 to ZCOST_STRING_MAX bytes of UTF-8 */
    const char *value; /* up to ZCOST_STRING_MAX bytes of UTF-8 */
} zcost_tag_t;

/* Which numbers of zcost_event_t are set: absent is not 0. */
enum {
    ZCOST_HAS_COST = 1 << 0,
    ZCOST_HAS_INPUT_TOKENS = 1 << 1,
    ZCOST_HAS_CACHE_READ_TOKENS = 1 << 2,
    ZCOST_HAS_CACHE_WRITE_TOKENS = 1 << 3,
    ZCOST_HAS_OUTPUT_TOKENS = 1 << 4,
    ZCOST_HAS_REASONING_TOKENS = 1 << 5,
    ZCOST_HAS_LATENCY = 1 << 6,
    ZCOST_HAS_HIT = 1 << 7,
    ZCOST_HAS_HITS = 1 << 8,
    ZCOST_HAS_MISSES = 1 << 9,
    ZCOST_HAS_TIME_SAVED = 1 << 10
};

/* One event. Begin with ZCOST_EVENT_INIT, set type and what is known; numbers also need their bit in `has`.
 * Strings are UTF-8, NUL-terminated, at most ZCOST_STRING_MAX bytes; NULL means absent. Nothing
 * is kept after the call. Fields that a type does not use (zcost_protocol(7)) are not sent. */
typedef struct {
    size_t size; /* sizeof (zcost_event_t) */
    zcost_type_t type;
    unsigned has;        /* ZCOST_HAS_... */
    const char *service; /* NULL: the client's */
    const char *tier;    /* query_router: "simple", "medium", "complex", or a configured one */
    const char *model;   /* as the provider names it */
    const char *provider;
    double cost_usd;            /* >= 0; beats a cost computed from tokens */
    int64_t input_tokens;       /* all input, cached included */
    int64_t cache_read_tokens;  /* part of input_tokens */
    int64_t cache_write_tokens; /* part of input_tokens */
    int64_t output_tokens;      /* all output, reasoning included */
    int64_t reasoning_tokens;   /* part of output_tokens */
    double latency_ms;          /* wall time of the call */
    bool hit;                   /* embedding_cache: one request */
    int64_t hits, misses;       /* embedding_cache: a batch of texts, instead of hit */
    double time_saved_seconds;  /* rag_parallel: measured; may be negative */
    int64_t ts_ms;              /* when it happened; 0: now */
    const zcost_tag_t *tags;
    size_t tags_count; /* at most ZCOST_TAGS_MAX */
} zcost_event_t;

/* The general emit. Never blocks.
 * Returns 0: the event has its place in the queue; ZCOST_EFULL: dropped and counted;
 * ZCOST_EINVAL (nothing is counted): client or event is NULL, the type is unknown, a number is
 * negative, not finite or over its limit, a part is greater than its whole, `hit` comes with hits or
 * misses, ts_ms is before the year 2000 or over 24 h ahead, a string is too long, a tag has no key or
 * value or there are too many; ZCOST_ESIZE and ZCOST_EFIELD (nothing is counted); ZCOST_ECLOSED. Strings
 * are not checked to be UTF-8 here: the daemon rejects those that are not. */
ZCOST_API int zcost_emit (zcost_t *client, const zcost_event_t *event);

/* Takes all of `count` events or none, for callers who can keep what is not taken: such as a gateway that tells its own
 * client to come again. Never blocks; other threads' emits wait behind it to be sent, for the length of the copy.
 * The events must not change during the call; all have the same size. Returns 0: each has its place in the queue;
 * ZCOST_EFULL: they do not fit together, none is taken and none counts as dropped; ZCOST_EINVAL, ZCOST_ESIZE,
 * ZCOST_EFIELD: one is wrong, as in zcost_emit, and none is taken; ZCOST_ECLOSED. count 0: nothing to do. */
ZCOST_API int zcost_try_emit (zcost_t *client, const zcost_event_t *events, size_t count);

/* One call a type, for the common case; same returns as zcost_emit. */

/* A query was routed to `tier` (NULL: the daemon's default, medium) and cost this much. */
ZCOST_API int zcost_query_router (zcost_t *client, const char *tier, double cost_usd);

/* One look-up in the embedding cache. */
ZCOST_API int zcost_embedding_cache (zcost_t *client, bool hit);

/* One parallel RAG preload; NAN: the time saved was not measured. */
ZCOST_API int zcost_rag_parallel (zcost_t *client, double time_saved_seconds);

/* One model call outside the router; the daemon prices it. A negative count means absent. */
ZCOST_API int zcost_llm_call (zcost_t *client, const char *model, int64_t input_tokens, int64_t output_tokens);

/* Counts events since zcost_open (in a forked child: since the fork); what is adopted from the spool directory counts
 * nowhere. Dropped events are in none of the other counts. In plain mode emitted = sent + queued; in
 * reliable mode emitted = acked + lost + queued. */
typedef struct {
    size_t size;         /* sizeof (zcost_stats_t); zcost_stats reads it and leaves it */
    uint64_t emitted;    /* emit calls that returned 0 */
    uint64_t sent;       /* handed to the connected socket, at least once */
    uint64_t queued;     /* have their place in the queue: in reliable mode also what is sent and not acknowledged */
    uint64_t dropped;    /* emit calls that returned ZCOST_EFULL */
    size_t queue_bytes;  /* capacity of the queue */
    size_t queued_bytes; /* how much of it is in use */
    bool connected;      /* to a daemon, as far as the socket knows */
    uint64_t acked;      /* reliable mode: on the daemon's disk */
    uint64_t resent;     /* reliable mode: handed to the socket again, each time */
    uint64_t lost;       /* reliable mode: given up, since the daemon had closed their numbers while this client
                             was away: some may have been counted, and must not be twice */
    bool spooled;        /* the queue stands in a file: a kill loses nothing */
} zcost_stats_t;

/* A snapshot of the counters; they move on while it is taken, each by itself is exact. Any
 * thread; no system call. client NULL: all 0. *ret_stats: begun with ZCOST_STATS_INIT, may be used again;
 * written up to its size and no further; a member that this library does not have becomes 0.
 * Returns 0; ZCOST_EINVAL (ret_stats is NULL) or ZCOST_ESIZE, which leave it alone. */
ZCOST_API int zcost_stats (const zcost_t *client, zcost_stats_t *ret_stats);

#ifdef __cplusplus
}

template <typename T> inline T zcost_init ()
{
    T all = T ();
    all.size = sizeof (T);
    return all;
}
#define ZCOST_OPTIONS_INIT zcost_init<zcost_options_t> ()
#define ZCOST_EVENT_INIT zcost_init<zcost_event_t> ()
#define ZCOST_STATS_INIT zcost_init<zcost_stats_t> ()
#else
/* clang-format off */
#define ZCOST_OPTIONS_INIT {.size = sizeof (zcost_options_t)}
#define ZCOST_EVENT_INIT {.size = sizeof (zcost_event_t)}
#define ZCOST_STATS_INIT {.size = sizeof (zcost_stats_t)}
/* clang-format on */
#endif

#endif
