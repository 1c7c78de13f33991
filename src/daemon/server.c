/* SPDX-License-Identifier: MPL-2.0
 *
 * server.c - the daemon's sockets and the one thread that owns the ledger.
 *
 * A zloop over three sockets and the descriptors of signals and of the storage's threads. Each handler
 * does a bounded piece of work, then lets the others have their turn.
 */
#include "daemon/server.h"

#include <czmq.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "civil/clock.h"
#include "daemon/acks.h"
#include "daemon/query_socket.h"
#include "daemon/engine.h"
#include "daemon/budget_alerts.h"
#include "daemon/endpoint.h"
#include "daemon/ingest_socket.h"
#include "daemon/publish_socket.h"
#include "daemon/storage.h"
#include "program/log.h"
#include "program/process.h"

/* libzmq's threads, by bits: a question must not wait behind a flood of events in the same one. */
#define IO_THREADS 2
#define IO_OF_INGEST 1
#define IO_OF_OTHERS 2

#define REQUEST_HARD_BYTES (1 << 20)
#define SUBSCRIPTION_HARD_BYTES 512 /* libzmq keeps each topic, at many times its size; handshakes fit too */
#define REPLIES_QUEUED_MAX 100      /* a client; then replies to it are lost */
#define PUBLISHED_QUEUED_MAX 1000   /* a subscriber; then what is published to it is lost */

/* What has arrived in the kernel's buffers when we are told to stop has come to us when nothing
 * came for this long; a flood does not keep us from stopping. */
#define LAST_QUIET_MS 100
#define LAST_DRAIN_MS 5000
#define LINGER_MS 1000

#define ACKS_REPEATED_MS 1000
#define SPENDING_MS 1000

struct zc_server {
    const zc_settings_t *settings;
    zc_engine_t engine;
    zc_storage_t *storage;
    zc_acks_t acks;
    zc_publish_socket_t publisher;
    zc_budget_alerts_t alerts;
    zc_query_socket_t answerer;
    zsock_t *ingest, *publish, *query;
    int signals;
    zloop_t *loop;
    bool failed;
    uint64_t rejects_logged, unanswered_logged;
    zc_ingest_socket_t ingester; /* large */
};

/* --------------------------------------------------------------------- ingest */

/* Ends the loop: what is in memory must be neither saved nor acknowledged. */
static int fail (zc_server_t *self)
{
    self->failed = true;
    return -1;
}

/* Receives, journals, folds, and acknowledges what is durable by now. Whether anything came; -1 failed. */
static int drain (zc_server_t *self)
{
    int rc = zc_ingest_socket_drain (&self->ingester);
    if (rc == -1)
        return fail (self);
    zc_acks_move (&self->acks);
    return rc;
}

static int on_ingest (zloop_t *loop, zsock_t *socket, void *argument)
{
    (void) loop;
    (void) socket;
    return drain (argument) == -1 ? -1 : 0;
}

/* ---------------------------------------------------------------------- storage */

static int on_sync (zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    zc_server_t *self = argument;
    (void) loop;
    (void) item;
    if (zc_storage_on_sync (self->storage) == -1)
        return fail (self);
    zc_acks_move (&self->acks);
    return 0;
}

static int on_checkpoint_done (zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    zc_server_t *self = argument;
    (void) loop;
    (void) item;
    return zc_storage_on_checkpoint (self->storage) == -1 ? fail (self) : 0;
}

static int on_checkpoint_due (zloop_t *loop, int timer, void *argument)
{
    zc_server_t *self = argument;
    (void) loop;
    (void) timer;
    return zc_storage_checkpoint (self->storage) == -1 ? fail (self) : 0;
}

static int on_answers (zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    zc_server_t *self = argument;
    (void) loop;
    (void) item;
    return zc_storage_on_answers (self->storage) == -1 ? fail (self) : 0;
}

static int on_spending_due (zloop_t *loop, int timer, void *argument)
{
    zc_server_t *self = argument;
    (void) loop;
    (void) timer;
    return zc_budget_alerts_tick (&self->alerts) == -1 ? fail (self) : 0;
}

static int on_acks_due (zloop_t *loop, int timer, void *argument)
{
    zc_server_t *self = argument;
    (void) timer;
    zc_acks_repeat (&self->acks, loop);
    return 0;
}

/* ------------------------------------------------------------------- interval */

static void log_rejects (zc_server_t *self)
{
    uint64_t total = zc_rejects_total (self->engine.intake.rejects);
    if (total == self->rejects_logged)
        return;
    const zc_rejected_t *last = zc_rejects_nth (self->engine.intake.rejects, 0);
    zc_log (ZC_LOG_WARN, "rejected", "new=%llu total=%llu last_reason=%s",
            (unsigned long long) (total - self->rejects_logged), (unsigned long long) total,
            zc_event_reason_name (last->reason));
    self->rejects_logged = total;
}

static void log_unanswered (zc_server_t *self)
{
    uint64_t total = self->answerer.unanswered;
    if (total == self->unanswered_logged)
        return;
    zc_log (ZC_LOG_WARN, "unanswered", "new=%llu total=%llu reason=\"out of memory\"",
            (unsigned long long) (total - self->unanswered_logged), (unsigned long long) total);
    self->unanswered_logged = total;
}

static int on_interval (zloop_t *loop, int timer, void *argument)
{
    zc_server_t *self = argument;
    (void) loop;
    (void) timer;
    zc_publish_socket_snapshot (&self->publisher);
    log_rejects (self);
    log_unanswered (self);
    return 0;
}

/* -------------------------------------------------------------------- signals */

static int on_signal (zloop_t *loop, zmq_pollitem_t *item, void *argument)
{
    zc_server_t *self = argument;
    struct signalfd_siginfo info;
    (void) loop;
    while (read (item->fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGHUP) {
            zc_log (ZC_LOG_INFO, "stopping", "signal=%s", info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM");
            return -1;
        }
        int rc = zc_storage_load_config (self->storage, &self->engine);
        if (rc == -1)
            return fail (self);
        if (rc == 1)
            zc_log (ZC_LOG_WARN, "prices_kept", "source=\"%s\"", self->engine.about.prices_source);
    }
    return 0;
}

static int open_signals (zc_server_t *self)
{
    self->signals = zc_process_open_signals ();
    if (self->signals == -1)
        zc_log (ZC_LOG_ERROR, "signals", "reason=\"%s\"", strerror (errno));
    return self->signals == -1 ? -1 : 0;
}

/* -------------------------------------------------------------------- sockets */

static int bind_all (zsock_t *socket, const char *role, const zc_endpoints_t *endpoints)
{
    for (size_t i = 0; i < endpoints->count; i++) {
        char bound [ZC_ENDPOINT_BYTES] = "", error [256] = "";
        const char *endpoint = endpoints->list [i];
        if (zc_endpoint_bind (zsock_resolve (socket), endpoint, bound, sizeof bound, error, sizeof error) == -1) {
            zc_log (ZC_LOG_ERROR, "bind", "role=%s endpoint=%s reason=\"%s\"", role, endpoint, error);
            return -1;
        }
        zc_log (ZC_LOG_INFO, "listening", "role=%s endpoint=%s", role, bound);
    }
    return 0;
}

static bool wants_ipv6 (const zc_endpoints_t *endpoints)
{
    for (size_t i = 0; i < endpoints->count; i++)
        if (strchr (endpoints->list [i], '['))
            return true;
    return false;
}

static zsock_t *new_socket (int type, const zc_endpoints_t *endpoints, int64_t hard_bytes)
{
    zsock_t *socket = zsock_new (type);
    if (!socket)
        return NULL;
    zsock_set_affinity (socket, type == ZMQ_PULL ? IO_OF_INGEST : IO_OF_OTHERS);
    zmq_setsockopt (zsock_resolve (socket), ZMQ_MAXMSGSIZE, &hard_bytes, sizeof hard_bytes);
    zsock_set_ipv6 (socket, wants_ipv6 (endpoints));
    return socket;
}

static int open_sockets (zc_server_t *self)
{
    const zc_settings_t *settings = self->settings;
    int64_t hard_bytes = ZC_FRAME_HARD_FACTOR * (int64_t) settings->limits.frame_bytes_max;
    zsys_set_io_threads (IO_THREADS);
    self->ingest = new_socket (ZMQ_PULL, &settings->ingest, hard_bytes);
    self->publish = new_socket (ZMQ_XPUB, &settings->publish, SUBSCRIPTION_HARD_BYTES);
    self->query = new_socket (ZMQ_ROUTER, &settings->query, REQUEST_HARD_BYTES);
    if (!self->ingest || !self->publish || !self->query) {
        zc_log (ZC_LOG_ERROR, "socket", "reason=\"%s\"", zmq_strerror (errno));
        return -1;
    }
    zsock_set_rcvhwm (self->ingest, (int) settings->high_water_mark);
    zsock_set_xpub_verbose (self->publish, 1);
    zsock_set_sndhwm (self->publish, PUBLISHED_QUEUED_MAX);
    zsock_set_linger (self->publish, LINGER_MS);
    zsock_set_sndhwm (self->query, REPLIES_QUEUED_MAX);
    zsock_set_linger (self->query, LINGER_MS);
    return bind_all (self->ingest, "ingest", &settings->ingest) == -1 ||
                   bind_all (self->publish, "publish", &settings->publish) == -1 ||
                   bind_all (self->query, "query", &settings->query) == -1
               ? -1
               : 0;
}

/* ------------------------------------------------------------------------ new */

static int watch_storage (zc_server_t *self)
{
    zmq_pollitem_t syncs = {NULL, zc_storage_sync_descriptor (self->storage), ZMQ_POLLIN, 0};
    zmq_pollitem_t checkpoints = {NULL, zc_storage_checkpoint_descriptor (self->storage), ZMQ_POLLIN, 0};
    zmq_pollitem_t answers = {NULL, zc_storage_answers_descriptor (self->storage), ZMQ_POLLIN, 0};
    int rc = syncs.fd == -1 ? 0 : zloop_poller (self->loop, &syncs, on_sync, self);
    rc |= zloop_poller (self->loop, &answers, on_answers, self);
    rc |= zloop_poller (self->loop, &checkpoints, on_checkpoint_done, self);
    rc |= zloop_timer (self->loop, (size_t) self->settings->checkpoint_ms, 0, on_checkpoint_due, self) == -1;
    return rc;
}

static int open_loop (zc_server_t *self)
{
    zmq_pollitem_t signals = {NULL, self->signals, ZMQ_POLLIN, 0};
    self->loop = zloop_new ();
    zloop_set_nonstop (self->loop, true); /* signals come by the descriptor */
    int rc = zloop_reader (self->loop, self->ingest, on_ingest, self);
    rc |= zloop_reader (self->loop, self->publish, zc_publish_socket_on_subscription, &self->publisher);
    rc |= zloop_reader (self->loop, self->query, zc_query_socket_on_request, &self->answerer);
    rc |= zloop_poller (self->loop, &signals, on_signal, self);
    rc |= zloop_timer (self->loop, (size_t) self->settings->interval_ms, 0, on_interval, self) == -1;
    rc |= zloop_timer (self->loop, ACKS_REPEATED_MS, 0, on_acks_due, self) == -1;
    rc |= zloop_timer (self->loop, SPENDING_MS, 0, on_spending_due, self) == -1;
    rc |= watch_storage (self);
    if (rc != 0)
        zc_log (ZC_LOG_ERROR, "loop", "reason=\"out of memory\"");
    return rc == 0 ? 0 : -1;
}

static int open_engine (zc_server_t *self)
{
    if (zc_engine_init (&self->engine, self->settings) == -1)
        return -1;
    self->storage = zc_storage_open (&self->engine);
    self->rejects_logged = zc_rejects_total (self->engine.intake.rejects); /* by the life before */
    return self->storage ? 0 : -1;
}

static int open_queries (zc_server_t *self)
{
    int rc = zc_query_socket_init (&self->answerer, self->query, &self->engine, self->storage);
    if (rc == -1)
        zc_log (ZC_LOG_ERROR, "memory", "reason=\"out of memory\"");
    return rc;
}

zc_server_t *zc_server_new (const zc_settings_t *settings)
{
    zc_server_t *self = calloc (1, sizeof *self);
    if (!self) {
        zc_log (ZC_LOG_ERROR, "memory", "reason=\"out of memory\"");
        return NULL;
    }
    self->settings = settings;
    self->signals = -1;
    if (open_engine (self) == 0 && open_signals (self) == 0 && open_sockets (self) == 0) {
        zc_ingest_socket_init (&self->ingester, self->ingest, &self->engine, self->storage);
        zc_acks_init (&self->acks, self->publish, &self->engine, self->storage);
        zc_publish_socket_init (&self->publisher, self->publish, &self->engine, &self->acks);
        zc_budget_alerts_init (&self->alerts, &self->engine, self->storage, &self->publisher);
        zc_acks_move (&self->acks); /* what was recovered is on disk */
        if (open_queries (self) == 0 && open_loop (self) == 0)
            return self;
    }
    zc_server_destroy (&self);
    return NULL;
}

void zc_server_destroy (zc_server_t **self_p)
{
    zc_server_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zloop_destroy (&self->loop);
    zsock_destroy (&self->ingest);
    zsock_destroy (&self->publish);
    zsock_destroy (&self->query);
    if (self->signals != -1)
        close (self->signals);
    zc_storage_close (&self->storage, true); /* where it did not run: nothing has changed */
    zc_query_socket_term (&self->answerer);
    zc_engine_term (&self->engine);
    free (self);
    *self_p = NULL;
}

/* ------------------------------------------------------------------------ run */

/* Takes what has arrived: until nothing came for a while, or for long enough. Who asks meanwhile is answered. */
static void drain_the_rest (zc_server_t *self)
{
    int64_t end_ms = zc_clock_mono_ms () + LAST_DRAIN_MS;
    zmq_pollitem_t item = {zsock_resolve (self->ingest), 0, ZMQ_POLLIN, 0};
    while (zc_clock_mono_ms () < end_ms && zmq_poll (&item, 1, LAST_QUIET_MS) > 0) {
        if (drain (self) == -1)
            return;
        zc_query_socket_on_request (self->loop, self->query, &self->answerer);
    }
    zc_query_socket_on_request (self->loop, self->query, &self->answerer);
}

/* The last checkpoint, and with it the last acknowledgements: all has been synced. */
static int close_storage (zc_server_t *self)
{
    if (!self->storage)
        return 0;
    self->failed |= zc_storage_wait_synced (self->storage) == -1;
    if (!self->failed)
        zc_acks_move (&self->acks);
    return zc_storage_close (&self->storage, self->failed);
}

int zc_server_run (zc_server_t *self)
{
    zc_log (ZC_LOG_INFO, "ready", "version=%s instance=\"%s\" interval_seconds=%g data=\"%s\"", ZCOST_VERSION,
            self->settings->instance, (double) self->settings->interval_ms / 1000,
            self->settings->in_memory ? "none" : self->settings->directory);
    /* -1: a handler ended it; anything else: czmq could not poll. */
    if (zloop_start (self->loop) != -1) {
        zc_log (ZC_LOG_ERROR, "loop", "reason=\"%s\"", zmq_strerror (errno));
        self->failed = true;
    }
    if (!self->failed)
        drain_the_rest (self);
    if (!self->failed)
        zc_publish_socket_snapshot (&self->publisher);
    log_rejects (self);
    log_unanswered (self);
    int rc = close_storage (self);
    zc_log (ZC_LOG_INFO, "stopped", "accepted=%llu rejected=%llu",
            (unsigned long long) zc_ledger_accepted (self->engine.intake.ledger),
            (unsigned long long) zc_rejects_total (self->engine.intake.rejects));
    return self->failed ? -1 : rc;
}
