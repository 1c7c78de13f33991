/* SPDX-License-Identifier: MPL-2.0
 *
 * publish.c - the publish socket.
 */
#include "daemon/publish.h"

#include "daemon/log.h"

#define SUBSCRIPTIONS_A_TURN 4096

/* New subscribers are answered at once, but a flood of subscriptions must not become a flood of
 * snapshots to everyone. */
#define WELCOME_GAP_MS 50

void zc_publish_init (zc_publish_t *self, zsock_t *socket, zc_books_t *books, zc_acks_t *acks)
{
    *self = (zc_publish_t) {.socket = socket, .books = books, .acks = acks, .welcomed_ms = -WELCOME_GAP_MS};
}

void zc_publish_snapshot (zc_publish_t *self)
{
    msgpack_sbuffer body;
    msgpack_packer out;
    self->books->sequence++;
    zc_view_t view = zc_books_view (self->books);
    msgpack_sbuffer_init (&body);
    msgpack_packer_init (&out, &body, msgpack_sbuffer_write);
    zc_report_pack (&out, &view, zc_ledger_totals (self->books->intake.ledger));
    void *socket = zsock_resolve (self->socket);
    /* XPUB never waits: a subscriber that does not keep up loses snapshots. */
    if (zmq_send (socket, "snapshot", 8, ZMQ_SNDMORE | ZMQ_DONTWAIT) == -1 ||
        zmq_send (socket, body.data, body.size, ZMQ_DONTWAIT) == -1)
        zc_log (ZC_LOG_WARN, "snapshot_not_sent", "reason=\"%s\"", zmq_strerror (errno));
    msgpack_sbuffer_destroy (&body);
}

static void welcome (zc_publish_t *self)
{
    self->welcome_pending = false;
    self->welcomed_ms = zclock_mono ();
    zc_publish_snapshot (self);
}

static int on_welcome (zloop_t *loop, int timer, void *argument)
{
    (void) loop;
    (void) timer;
    welcome (argument);
    return 0;
}

/* Whether a message from a subscriber begins a subscription that takes in `snapshot`. */
static bool subscribes (const uint8_t *data, size_t size)
{
    return size >= 1 && size <= 1 + strlen ("snapshot") && data [0] == 1 &&
           memcmp (data + 1, "snapshot", size - 1) == 0;
}

int zc_publish_on_subscription (zloop_t *loop, zsock_t *socket, void *argument)
{
    zc_publish_t *self = argument;
    bool wanted = false;
    zmq_msg_t message;
    zmq_msg_init (&message);
    for (int n = 0; n < SUBSCRIPTIONS_A_TURN; n++) {
        if (zmq_msg_recv (&message, zsock_resolve (socket), ZMQ_DONTWAIT) == -1)
            break;
        const uint8_t *data = zmq_msg_data (&message);
        size_t size = zmq_msg_size (&message);
        wanted |= subscribes (data, size);
        if (size >= 1 && data [0] == 1)
            zc_acks_welcome (self->acks, loop, data + 1, size - 1);
    }
    zmq_msg_close (&message);
    if (!wanted || self->welcome_pending)
        return 0;
    int64_t wait_ms = self->welcomed_ms + WELCOME_GAP_MS - zclock_mono ();
    if (wait_ms <= 0)
        welcome (self);
    else {
        self->welcome_pending = true;
        zloop_timer (loop, (size_t) wait_ms, 1, on_welcome, self);
    }
    return 0;
}
