/* SPDX-License-Identifier: MPL-2.0
 *
 * connection.c - one context, one socket, one monitor; and one more socket for acknowledgements.
 */
#include "client/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <zmq.h>

#include "client/futex.h"
#include "zcost.h"

#define HELD_BYTES ((size_t) 2 << 20) /* that libzmq may hold, as full messages */
#define HELD_MESSAGES_MIN 2
#define RECONNECT_MS 100
#define RECONNECT_MAX_MS 2000
#define KEEPALIVE_IDLE_S 30 /* a dead host is noticed after 30 s and 3 probes of 10 s */
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES 3
#define LOOK_NS ZC_NS_PER_MS
#define DESCRIPTORS 20     /* that a context with our three sockets may need */
#define PUBLISHED_MAX 1000 /* that wait to be looked at; the next ones tell the same, and more */
#define BODY_BYTES_MAX 1024

#define MONITOR "inproc://monitor"

struct zc_connection {
    void *context, *push, *monitor, *sub;
    _Atomic uint32_t held; /* messages that libzmq has not yet written, but for the last few KiB of them */
    bool connected;
    bool is_local; /* ipc:// */
    int fd;        /* of the connection, libzmq's; -1: none */
    int kept_fd;   /* a duplicate of it, which holds the connection open after libzmq closed it; -1: none */
};

/* libzmq aborts the process when it runs out of descriptors while it makes a context. */
static bool descriptors_left (void)
{
    int probes [DESCRIPTORS], opened = 0;
    while (opened < DESCRIPTORS && (probes [opened] = eventfd (0, EFD_CLOEXEC)) >= 0)
        opened++;
    int error = errno;
    for (int i = 0; i < opened; i++)
        close (probes [i]);
    errno = error;
    return opened == DESCRIPTORS;
}

static bool set (void *socket, int option, int value)
{
    return zmq_setsockopt (socket, option, &value, sizeof value) == 0;
}

static bool configure (void *socket)
{
    return set (socket, ZMQ_LINGER, 0) && set (socket, ZMQ_IPV6, 1) && set (socket, ZMQ_RECONNECT_IVL, RECONNECT_MS) &&
           set (socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS) && set (socket, ZMQ_TCP_KEEPALIVE, 1) &&
           set (socket, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S) &&
           set (socket, ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_INTERVAL_S) &&
           set (socket, ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_PROBES);
}

static bool configure_push (void *push, size_t message_bytes)
{
    size_t held = HELD_BYTES / message_bytes;
    return configure (push) && set (push, ZMQ_SNDHWM, held > HELD_MESSAGES_MIN ? (int) held : HELD_MESSAGES_MIN) &&
           /* Events handed over outlive a broken connection, for the next one to send. */
           set (push, ZMQ_IMMEDIATE, 0);
}

static bool monitor (zc_connection_t *self)
{
    int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
    if (zmq_socket_monitor (self->push, MONITOR, events) != 0)
        return false;
    self->monitor = zmq_socket (self->context, ZMQ_PAIR);
    return self->monitor && set (self->monitor, ZMQ_LINGER, 0) && zmq_connect (self->monitor, MONITOR) == 0;
}

static int code_of (int error)
{
    return error == ENOMEM ? ZCOST_ENOMEM : ZCOST_ESYSTEM;
}

static int connect_to (void *socket, const char *endpoint)
{
    if (zmq_connect (socket, endpoint) == 0)
        return 0;
    return errno == ENOMEM || errno == EMFILE || errno == EMTHREAD ? code_of (errno) : ZCOST_EINVAL;
}

static int open_sub (zc_connection_t *self, const char *publish)
{
    self->sub = zmq_socket (self->context, ZMQ_SUB);
    /* A frame over the limit ends the connection, before it takes memory. */
    const int64_t size_max = BODY_BYTES_MAX;
    if (!self->sub || !configure (self->sub) || !set (self->sub, ZMQ_RCVHWM, PUBLISHED_MAX) ||
        zmq_setsockopt (self->sub, ZMQ_MAXMSGSIZE, &size_max, sizeof size_max) != 0)
        return code_of (errno);
    return connect_to (self->sub, publish);
}

static int open_sockets (zc_connection_t *self, const char *endpoint, const char *publish, size_t message_bytes)
{
    if (!descriptors_left () || !(self->context = zmq_ctx_new ()))
        return code_of (errno);
    self->push = zmq_socket (self->context, ZMQ_PUSH);
    if (!self->push || !configure_push (self->push, message_bytes) || !monitor (self))
        return code_of (errno);
    int rc = connect_to (self->push, endpoint);
    return rc == 0 && publish ? open_sub (self, publish) : rc;
}

/* libzmq looks at a port only when it connects, and then tells nobody. */
static bool has_port (const char *address)
{
    const char *colon = strrchr (address, ':');
    if (!colon || colon == address || colon [1] < '1' || colon [1] > '9')
        return false;
    char *end;
    return strtoul (colon + 1, &end, 10) <= 65535 && *end == 0;
}

static bool is_known (const char *endpoint)
{
    if (strncmp (endpoint, "tcp://", 6) == 0)
        return has_port (endpoint + 6);
    return strncmp (endpoint, "ipc://", 6) == 0;
}

int zc_connection_new (const char *endpoint, const char *publish, size_t message_bytes, zc_connection_t **ret_link)
{
    if (!is_known (endpoint) || (publish && !is_known (publish)))
        return ZCOST_EINVAL;
    zc_connection_t *self = calloc (1, sizeof *self);
    if (!self)
        return ZCOST_ENOMEM;
    self->is_local = strncmp (endpoint, "ipc://", 6) == 0;
    self->fd = self->kept_fd = -1;
    int rc = open_sockets (self, endpoint, publish, message_bytes);
    if (rc == 0) {
        *ret_link = self;
        return 0;
    }
    int error = errno;
    zc_connection_destroy (&self, 0);
    errno = error;
    return rc;
}

/* ------------------------------------------------------------------------- connected? */

/* The next event that the monitor has, or 0; and its value. */
static int next_event (void *monitor, int32_t *ret_value)
{
    uint8_t frame [6]; /* number (16 bits), value (32 bits); a second frame names the endpoint */
    uint16_t event = 0;
    if (zmq_recv (monitor, frame, sizeof frame, ZMQ_DONTWAIT) < (int) sizeof frame)
        return 0;
    memcpy (&event, frame, sizeof event);
    memcpy (ret_value, frame + sizeof event, sizeof *ret_value);
    zmq_recv (monitor, frame, sizeof frame, ZMQ_DONTWAIT);
    return event;
}

bool zc_connection_watch (zc_connection_t *self)
{
    int32_t value;
    for (int event; (event = next_event (self->monitor, &value)) != 0;) {
        self->connected = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
        if (event == ZMQ_EVENT_CONNECTED)
            self->fd = value;
        if (event == ZMQ_EVENT_DISCONNECTED)
            self->fd = -1;
    }
    return self->connected;
}

/* ------------------------------------------------------------------------------- send */

static bool has_room (void *push)
{
    int events = 0;
    size_t size = sizeof events;
    return zmq_getsockopt (push, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLOUT);
}

bool zc_connection_is_ready (const zc_connection_t *self)
{
    return self->connected && has_room (self->push);
}

/* Called by libzmq's thread. */
static void release (void *data, void *held)
{
    atomic_fetch_sub ((_Atomic uint32_t *) held, 1);
    free (data);
}

bool zc_connection_send (zc_connection_t *self, const void *head, size_t head_size, const zc_ring_t *queue,
                         const zc_batch_t *batch)
{
    zmq_msg_t message;
    /* Asked first: a message that finds no room would be built again every few milliseconds. */
    uint8_t *data = zc_connection_is_ready (self) ? malloc (head_size + batch->bytes) : NULL;
    if (!data)
        return false;
    if (zmq_msg_init_data (&message, data, head_size + batch->bytes, release, &self->held) != 0) {
        free (data);
        return false;
    }
    if (head_size > 0)
        memcpy (data, head, head_size);
    zc_ring_copy (queue, batch, data + head_size);
    atomic_fetch_add (&self->held, 1);
    if (zmq_msg_send (&message, self->push, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close (&message);
        return false;
    }
    return true;
}

/* ------------------------------------------------------------------------ acknowledgements */

void zc_connection_subscribe (zc_connection_t *self, const uint8_t producer [ZC_PRODUCER_BYTES])
{
    char topic [ZC_ACK_TOPIC_BYTES];
    zc_ack_topic (producer, topic);
    zmq_setsockopt (self->sub, ZMQ_SUBSCRIBE, topic, sizeof topic);
}

void zc_connection_unsubscribe (zc_connection_t *self, const uint8_t producer [ZC_PRODUCER_BYTES])
{
    char topic [ZC_ACK_TOPIC_BYTES];
    zc_ack_topic (producer, topic);
    zmq_setsockopt (self->sub, ZMQ_UNSUBSCRIBE, topic, sizeof topic);
}

static bool has_more (void *socket)
{
    int more = 0;
    size_t size = sizeof more;
    return zmq_getsockopt (socket, ZMQ_RCVMORE, &more, &size) == 0 && more;
}

int zc_connection_receive (zc_connection_t *self, zc_ack_t *ret_ack, zc_incarnation_t *ret_incarnation)
{
    uint8_t topic [ZC_ACK_TOPIC_BYTES], body [BODY_BYTES_MAX], rest;
    int topic_size = zmq_recv (self->sub, topic, sizeof topic, ZMQ_DONTWAIT), body_size = -1;
    if (topic_size < 0)
        return -1;
    if (has_more (self->sub))
        body_size = zmq_recv (self->sub, body, sizeof body, ZMQ_DONTWAIT);
    bool is_pair = body_size >= 0 && !has_more (self->sub);
    while (has_more (self->sub) && zmq_recv (self->sub, &rest, sizeof rest, ZMQ_DONTWAIT) >= 0)
        ;
    return is_pair && topic_size <= (int) sizeof topic && body_size <= (int) sizeof body &&
           zc_ack_read (topic, (size_t) topic_size, body, (size_t) body_size, ret_ack, ret_incarnation);
}

/* ------------------------------------------------------------------------------ close */

/* Closing a socket of libzmq loses the end of what was sent, whatever its linger, in two ways:
 * - what it last took from its queue, up to 8 KiB, is thrown away if the kernel has no room for it just then;
 * - a receiver that is behind when its ipc:// peer hangs up drops what it has not read yet: libzmq ends a
 *   connection that breaks while its input is stopped.
 * So it is closed only when its queue is empty and the kernel has room for the rest, and the kernel's connection is
 * held open by a duplicate until all is read. */

static bool is_handed_over (const zc_connection_t *self)
{
    struct pollfd kernel = {.fd = self->fd, .events = POLLOUT};
    return atomic_load (&self->held) == 0 && (self->fd == -1 || poll (&kernel, 1, 0) != 0);
}

static bool is_read (int fd)
{
    int unread = 0;
    return fd == -1 || ioctl (fd, SIOCOUTQ, &unread) == -1 || unread == 0;
}

static void look_again_soon (void)
{
    const struct timespec look = {.tv_nsec = LOOK_NS};
    nanosleep (&look, NULL);
}

static void drop_kept (zc_connection_t *self)
{
    if (self->kept_fd != -1)
        close (self->kept_fd);
    self->kept_fd = -1;
}

static void keep_open (zc_connection_t *self)
{
    int fd = self->fd;
    if (fd == -1 || (self->kept_fd = fcntl (fd, F_DUPFD_CLOEXEC, 0)) == -1)
        return;
    /* libzmq tells of a disconnection before it closes: one that is not told by now is still there. */
    zc_connection_watch (self);
    if (self->fd != fd)
        drop_kept (self);
}

bool zc_connection_settle (zc_connection_t *self, int64_t stop_at_ns)
{
    while (zc_connection_watch (self), !is_handed_over (self)) {
        if (zc_clock_mono_ns () >= stop_at_ns)
            return false;
        look_again_soon ();
    }
    if (self->is_local)
        keep_open (self);
    return true;
}

/* libzmq does not tell whether it sent all; but it ends at once when it has, and else at the bound. */
static bool terminate (void *context, int64_t stop_at_ns)
{
    while (zmq_ctx_term (context) != 0 && errno == EINTR)
        ;
    return zc_clock_mono_ns () < stop_at_ns;
}

static bool await_reader (int fd, int64_t stop_at_ns)
{
    while (!is_read (fd)) {
        if (zc_clock_mono_ns () >= stop_at_ns)
            return false;
        look_again_soon ();
    }
    return true;
}

bool zc_connection_destroy (zc_connection_t **self_p, int linger_ms)
{
    zc_connection_t *self = self_p ? *self_p : NULL;
    bool all_left = true;
    if (!self)
        return true;
    *self_p = NULL;
    int64_t stop_at_ns = zc_clock_mono_ns () + (int64_t) linger_ms * ZC_NS_PER_MS;
    if (self->monitor)
        zmq_close (self->monitor);
    if (self->sub)
        zmq_close (self->sub);
    if (self->push) {
        set (self->push, ZMQ_LINGER, linger_ms);
        zmq_close (self->push);
    }
    if (self->context)
        all_left = terminate (self->context, stop_at_ns);
    all_left = await_reader (self->kept_fd, stop_at_ns) && all_left;
    drop_kept (self);
    free (self);
    return all_left;
}
