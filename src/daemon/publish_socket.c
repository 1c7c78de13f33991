/* SPDX-License-Identifier: MPL-2.0
 *
 * publish_socket.c - the publish socket.
 */
#include "daemon/publish_socket.h"

#include "civil/clock.h"
#include "daemon/publish_message.h"
#include "program/log.h"

#define SUBSCRIPTIONS_A_TURN 4096

/* New subscribers are answered at once, but a flood of subscriptions must not become a flood of
 * snapshots to everyone. */
#define WELCOME_GAP_MS 50

#define ALERT_TOPIC "alert"

void zc_publish_socket_init (zc_publish_socket_t *self, zsock_t *socket, zc_engine_t *engine, zc_acks_t *acks)
{
    *self = (zc_publish_socket_t){.socket = socket, .engine = engine, .acks = acks, .welcomed_ms = -WELCOME_GAP_MS};
}

int zc_publish_socket_send (zc_publish_socket_t *self, const char *topic, const zc_pack_t *body)
{
    if (zc_publish_message_send (zsock_resolve (self->socket), topic, strlen (topic), body) == 0)
        return 0;
    zc_log (ZC_LOG_WARN, "not_sent", "topic=%s reason=\"%s\"", topic, zmq_strerror (errno));
    return -1;
}

void zc_publish_socket_snapshot (zc_publish_socket_t *self)
{
    zc_pack_t body = {.data = NULL};
    self->engine->sequence++;
    zc_report_source_t view = zc_engine_report_source (self->engine);
    zc_report_pack (&body, &view, zc_ledger_totals (self->engine->intake.ledger), NULL);
    zc_publish_socket_send (self, "snapshot", &body);
    zc_pack_term (&body);
}

static void welcome (zc_publish_socket_t *self)
{
    self->welcome_pending = false;
    self->welcomed_ms = zc_clock_mono_ms ();
    zc_publish_socket_snapshot (self);
}

static int on_welcome (zloop_t *loop, int timer, void *argument)
{
    (void) loop;
    (void) timer;
    welcome (argument);
    return 0;
}

/* Whether a message from a subscriber is about what begins a topic. */
static bool is_about (const uint8_t *data, size_t size, const char *topic)
{
    return size >= 1 && size <= 1 + strlen (topic) && memcmp (data + 1, topic, size - 1) == 0;
}

/* XPUB is verbose about subscriptions only: of several equal ones it tells the end of the last. So what is known is
 * for which beginnings of the topic there is somebody. */
static void note_listener (zc_publish_socket_t *self, bool begins, size_t length)
{
    uint32_t bit = 1u << length;
    self->alert_listeners = begins ? self->alert_listeners | bit : self->alert_listeners & ~bit;
}

bool zc_publish_socket_has_alert_listener (const zc_publish_socket_t *self)
{
    return self->alert_listeners != 0;
}

int zc_publish_socket_on_subscription (zloop_t *loop, zsock_t *socket, void *argument)
{
    zc_publish_socket_t *self = argument;
    bool wanted = false;
    zmq_msg_t message;
    zmq_msg_init (&message);
    for (int n = 0; n < SUBSCRIPTIONS_A_TURN; n++) {
        if (zmq_msg_recv (&message, zsock_resolve (socket), ZMQ_DONTWAIT) == -1)
            break;
        const uint8_t *data = zmq_msg_data (&message);
        size_t size = zmq_msg_size (&message);
        wanted |= is_about (data, size, "snapshot") && data [0] == 1;
        if (is_about (data, size, ALERT_TOPIC))
            note_listener (self, data [0] == 1, size - 1);
        if (size >= 1 && data [0] == 1)
            zc_acks_welcome (self->acks, loop, data + 1, size - 1);
    }
    zmq_msg_close (&message);
    if (!wanted || self->welcome_pending)
        return 0;
    int64_t wait_ms = self->welcomed_ms + WELCOME_GAP_MS - zc_clock_mono_ms ();
    if (wait_ms <= 0)
        welcome (self);
    else {
        self->welcome_pending = true;
        zloop_timer (loop, (size_t) wait_ms, 1, on_welcome, self);
    }
    return 0;
}
