/* SPDX-License-Identifier: MPL-2.0
 *
 * http.c - the server of HTTP; see http.h.
 *
 * One thread, one epoll: MHD's own descriptor, news of upstream, signals. What waits for an answer is suspended in MHD,
 * and goes on when the news is there.
 */
#include "zboard/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "program/log.h"
#include "program/process.h"
#include "zboard/access_log.h"
#include "civil/clock.h"
#include "zboard/listener.h"
#include "zboard/connections.h"
#include "zboard/routes.h"

#define CONNECTION_BYTES (16 << 10) /* of memory, for a request's head and what goes out */
#define SILENT_SECONDS 60
#define TICK_NS INT64_C (1000000000)
#define BEAT_TICKS 15
#define LAST_MS 2000    /* for open streams and answers, at the end */
#define LAST_LOOK_MS 10 /* MHD does not tell of all that it has yet to do */
#define PEM_MAX_BYTES (1 << 20)
#define OTHER_FILES 48 /* sockets of libzmq, and the like: some 35, and a file that is read again */
#define LEAST_CONNECTIONS 8
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" /* RFC 8996: nothing older */

struct zb_http {
    zb_board_t *board;
    struct MHD_Daemon *daemon;
    char *cert, *key; /* PEM */
    int listener;     /* MHD's, once it runs */
    int epoll, signals;
    unsigned requests; /* that are not over */
    int64_t ticked_ns;
    unsigned ticks;
};

/* ------------------------------------------------------------------ what MHD calls */

static zb_connection_t *peer_of (struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info (connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void end_request (zb_http_t *self, zb_connection_t *peer)
{
    zb_request_t *request = peer->request;
    if (!request)
        return;
    peer->request = NULL;
    self->requests--;
    zb_answer_cache_leave (&request->waiter);
    zb_access_log_note (&(zb_access_log_t){.route = request->route_name,
                                           .method = request->method [0] ? request->method : "?",
                                           .uri = request->uri,
                                           .status = request->status,
                                           .took_ns = zc_clock_mono_ns () - request->begun_ns,
                                           .is_stream = request->is_stream,
                                           .peer = peer->name});
    zb_request_destroy (request);
}

static void on_connection (void *argument, struct MHD_Connection *connection, void **context,
                           enum MHD_ConnectionNotificationCode code)
{
    zb_connection_t *peer = *context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (peer)
            end_request (argument, peer);
        zb_connection_destroy (peer);
        *context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info (connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    int descriptor = fd ? fd->connect_fd : -1;
    const union MHD_ConnectionInfo *address = MHD_get_connection_info (connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    *context = address ? zb_connection_new (descriptor, address->client_addr) : NULL;
}

/* A request's first line. The peer owns the request: where MHD has no memory for its parameters it closes the
 * connection, or goes on, and never tells that the request is over. */
static void *on_uri (void *argument, const char *uri, struct MHD_Connection *connection)
{
    zb_http_t *self = argument;
    zb_connection_t *peer = peer_of (connection);
    if (!peer)
        return NULL;
    end_request (self, peer);
    zb_connection_set (peer, ZB_CONNECTION_REQUEST);
    peer->request = zb_request_new (connection, uri);
    self->requests += peer->request != NULL;
    return peer->request;
}

/* MHD closes a connection that is answered before all of the request is there: so only what is far too much is. */
static enum MHD_Result begin (zb_http_t *self, zb_request_t *request, const char *path, const char *method)
{
    zb_routes_begin (self->board, request, path, method);
    if (zb_request_length (request) <= ZB_BODY_READ_MAX_BYTES)
        return MHD_YES;
    if (request->refusal == ZB_ADMITTED)
        request->refusal = ZB_REFUSED_SIZE;
    return zb_routes_go_on (self->board, request);
}

static enum MHD_Result on_request (void *argument, struct MHD_Connection *connection, const char *path,
                                   const char *method, const char *version, const char *bytes, size_t *size,
                                   void **context)
{
    zb_http_t *self = argument;
    zb_request_t *request = *context;
    (void) version;
    if (!request)
        return MHD_NO; /* no memory */
    if (!request->method [0])
        return begin (self, request, path, method);
    if (*size > 0) {
        int gathered = zb_request_gather (request, bytes, *size);
        *size = 0;
        return gathered == 0 ? MHD_YES : MHD_NO;
    }
    if (request->status)
        return MHD_YES;
    enum MHD_Result result = zb_routes_go_on (self->board, request);
    zb_connection_t *peer = request->is_stream ? peer_of (connection) : NULL;
    if (peer)
        zb_connection_set (peer, ZB_CONNECTION_STREAM);
    return result;
}

static void on_completed (void *argument, struct MHD_Connection *connection, void **context,
                          enum MHD_RequestTerminationCode code)
{
    zb_connection_t *peer = peer_of (connection);
    (void) code;
    *context = NULL;
    if (!peer)
        return;
    end_request (argument, peer);
    zb_connection_set (peer, ZB_CONNECTION_IDLE);
}

/* What MHD has to say: broken peers, mostly. At most one line a second. */
__attribute__ ((format (printf, 2, 0))) static void on_complaint (void *argument, const char *format, va_list values)
{
    static int64_t said_ns;
    char text [256];
    (void) argument;
    if (zc_clock_mono_ns () - said_ns < TICK_NS)
        return;
    said_ns = zc_clock_mono_ns ();
    vsnprintf (text, sizeof text, format, values);
    for (char *at = text; *at; at++)
        if (*at == '"')
            *at = '\'';
    zc_log (ZC_LOG_INFO, "http", "message=\"%s\"", text);
}

/* ------------------------------------------------------------------------ start */

/* A whole file, with a NUL behind it; NULL after one line in the log. */
static char *read_pem (const char *path)
{
    char *text = malloc (PEM_MAX_BYTES + 1);
    FILE *file = text ? fopen (path, "r") : NULL;
    size_t size = file ? fread (text, 1, PEM_MAX_BYTES, file) : 0;
    const char *why = !file || ferror (file) ? strerror (errno) : size == 0 ? "is empty" : NULL;
    if (file)
        fclose (file);
    if (text && !why) {
        text [size] = '\0';
        return text;
    }
    zc_log (ZC_LOG_ERROR, "tls", "file=\"%s\" reason=\"%s\"", path, why);
    free (text);
    return NULL;
}

static int read_tls (zb_http_t *self)
{
    const zb_settings_t *settings = self->board->settings;
    if (!*settings->tls_cert)
        return 0;
    if (MHD_is_feature_supported (MHD_FEATURE_TLS) != MHD_YES) {
        zc_log (ZC_LOG_ERROR, "tls", "reason=\"this libmicrohttpd was built without TLS\"");
        return -1;
    }
    self->cert = read_pem (settings->tls_cert);
    self->key = self->cert ? read_pem (settings->tls_key) : NULL;
    return self->key ? 0 : -1;
}

/* No more than there may be open files: MHD accepts what it then cannot hold. */
static unsigned connections_max (const zb_settings_t *settings)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) == -1 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur > (rlim_t) settings->connections_max + OTHER_FILES)
        return (unsigned) settings->connections_max;
    return limit.rlim_cur > OTHER_FILES + LEAST_CONNECTIONS ? (unsigned) (limit.rlim_cur - OTHER_FILES)
                                                            : LEAST_CONNECTIONS;
}

static int start_daemon (zb_http_t *self)
{
    const zb_settings_t *settings = self->board->settings;
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (self->cert ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls [] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, self->cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, self->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *) TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    self->daemon = MHD_start_daemon (
        flags, 0, NULL, NULL, on_request, self, MHD_OPTION_EXTERNAL_LOGGER, on_complaint,
        NULL, /* first: what the others say goes there, too */
        MHD_OPTION_LISTEN_SOCKET, self->listener, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT,
        connections_max (settings), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CONNECTION_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned) SILENT_SECONDS, MHD_OPTION_NOTIFY_COMPLETED, on_completed, self,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, self, MHD_OPTION_URI_LOG_CALLBACK, on_uri, self, MHD_OPTION_ARRAY,
        self->cert ? tls : tls + 3, MHD_OPTION_END);
    if (self->daemon)
        return 0;
    self->listener = -1; /* it is closed */
    zc_log (ZC_LOG_ERROR, "http", "reason=\"%s\"",
            self->cert ? "TLS certificate and key are unusable" : "cannot start");
    return -1;
}

static int watch (zb_http_t *self, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl (self->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int open_loop (zb_http_t *self)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info (self->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    self->epoll = epoll_create1 (EPOLL_CLOEXEC);
    self->signals = zc_process_open_signals ();
    if (info && self->epoll != -1 && self->signals != -1 && watch (self, info->epoll_fd) == 0 &&
        watch (self, self->signals) == 0)
        return 0;
    zc_log (ZC_LOG_ERROR, "loop", "reason=\"%s\"", strerror (errno));
    return -1;
}

static int open_listener (zb_http_t *self)
{
    const zb_settings_t *settings = self->board->settings;
    char bound [ZB_ADDRESS_BYTES];
    const char *why;
    self->listener = zb_listener_open (&settings->listen, bound, &why);
    if (self->listener == -1) {
        zc_log (ZC_LOG_ERROR, "listen", "address=\"%s:%s\" reason=\"%s\"", settings->listen.address,
                settings->listen.port, why);
        return -1;
    }
    zc_log (ZC_LOG_INFO, "listening", "role=http endpoint=%s://%s/", *settings->tls_cert ? "https" : "http", bound);
    return 0;
}

zb_http_t *zb_http_new (zb_board_t *board)
{
    zb_http_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    *self = (zb_http_t){.board = board, .listener = -1, .epoll = -1, .signals = -1};
    zb_access_log_init (board->settings->access_log);
    if (read_tls (self) == 0 && open_listener (self) == 0 && start_daemon (self) == 0 && open_loop (self) == 0)
        return self;
    zb_http_destroy (&self);
    return NULL;
}

void zb_http_destroy (zb_http_t **self_p)
{
    zb_http_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    if (self->daemon)
        MHD_stop_daemon (self->daemon); /* closes the listener */
    else if (self->listener != -1)
        close (self->listener);
    if (self->epoll != -1)
        close (self->epoll);
    if (self->signals != -1)
        close (self->signals);
    free (self->cert);
    if (self->key)
        explicit_bzero (self->key, strlen (self->key));
    free (self->key);
    free (self);
    *self_p = NULL;
}

/* ------------------------------------------------------------------------- loop */

static void on_signals (zb_http_t *self)
{
    struct signalfd_siginfo info;
    while (read (self->signals, &info, sizeof info) == (ssize_t) sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            zb_auth_reload (self->board->guard);
            if (zb_auth_has_tokens (self->board->guard))
                zb_streams_renew (self->board->streams);
            continue;
        }
        if (!self->board->stopping)
            zc_log (ZC_LOG_INFO, "stopping", "signal=%s", info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM");
        self->board->stopping = true;
    }
}

static void on_news (zb_http_t *self)
{
    for (zb_upstream_event_t *news = zb_upstream_take (self->board->upstream), *next; news; news = next) {
        next = zb_upstream_event_next (news);
        if (news->kind == ZB_UPSTREAM_EVENT_ANSWER)
            zb_answer_cache_on_answer (self->board->questions, news);
        else
            zb_streams_publish (self->board->streams, news);
        zb_upstream_event_destroy (&news);
    }
}

static void tick (zb_http_t *self)
{
    if (zc_clock_mono_ns () - self->ticked_ns < TICK_NS)
        return;
    self->ticked_ns = zc_clock_mono_ns ();
    zb_access_log_tick ();
    zb_connections_look (self->board->settings->request_ms, zb_answer_cache_make_room (self->board->questions) == -1);
    if (++self->ticks % BEAT_TICKS == 0)
        zb_streams_beat (self->board->streams);
}

/* To the next tick, or what MHD has to do before. */
static int wait_ms (const zb_http_t *self)
{
    MHD_UNSIGNED_LONG_LONG theirs;
    int64_t ours = (self->ticked_ns + TICK_NS - zc_clock_mono_ns ()) / 1000000 + 1;
    if (MHD_get_timeout (self->daemon, &theirs) == MHD_YES && (int64_t) theirs < ours)
        ours = (int64_t) theirs;
    if (self->board->stopping && ours > LAST_LOOK_MS)
        ours = LAST_LOOK_MS;
    return ours < 0 ? 0 : (int) ours;
}

static unsigned connections (const zb_http_t *self)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info (self->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info ? info->num_connections : 0;
}

static int turn (zb_http_t *self)
{
    struct epoll_event events [4];
    int count = epoll_wait (self->epoll, events, 4, wait_ms (self));
    if (count == -1 && errno != EINTR) {
        zc_log (ZC_LOG_ERROR, "loop", "reason=\"%s\"", strerror (errno));
        return -1;
    }
    on_signals (self);
    on_news (self);
    uint64_t tracked = self->board->counts.tracked;
    unsigned before = connections (self);
    MHD_run (self->daemon);
    /* MHD at its limit does not listen, and does so again not when one leaves, but at its next look. */
    if (connections (self) < before)
        MHD_run (self->daemon);
    /* Once a turn, whatever came in it. */
    if (self->board->counts.tracked > tracked)
        zcost_nudge (self->board->events);
    tick (self);
    return 0;
}

/* Nobody new comes; streams end, who waits is answered, and what is on its way may arrive. */
static void finish (zb_http_t *self)
{
    int64_t end_ns = zc_clock_mono_ns () + LAST_MS * INT64_C (1000000);
    int listener = MHD_quiesce_daemon (self->daemon);
    if (listener != MHD_INVALID_SOCKET)
        close (listener);
    zb_streams_close (self->board->streams);
    zb_answer_cache_close (self->board->questions);
    MHD_run (self->daemon);
    while (zc_clock_mono_ns () < end_ns && self->requests > 0)
        if (turn (self) == -1)
            break;
}

int zb_http_run (zb_http_t *self)
{
    self->ticked_ns = zc_clock_mono_ns ();
    int rc = watch (self, zb_upstream_fd (self->board->upstream));
    if (rc == -1)
        zc_log (ZC_LOG_ERROR, "loop", "reason=\"%s\"", strerror (errno));
    while (rc == 0 && !self->board->stopping)
        rc = turn (self);
    finish (self); /* also after a failure: MHD must not be stopped while anything is suspended */
    return rc;
}
