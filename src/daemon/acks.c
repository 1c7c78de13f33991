/* SPDX-License-Identifier: MPL-2.0
 *
 * acks.c - acknowledgements on the publish socket.
 */
#include "daemon/acks.h"

#include "daemon/publish_message.h"
#include "wire/ack.h"

#define WALK_A_TURN 1024
#define WALK_PAUSE_MS 5

void zc_acks_init (zc_acks_t *self, zsock_t *socket, zc_engine_t *engine, zc_storage_t *storage)
{
    *self = (zc_acks_t){.socket = socket, .engine = engine, .storage = storage};
}

/* ------------------------------------------------------------------------ tell */

/* A subscriber that is not told, for want of memory or because it does not keep up, is told again within a second. */
static void tell (void *argument, const zc_ack_t *ack)
{
    zc_acks_t *self = argument;
    char topic [ZC_ACK_TOPIC_BYTES];
    zc_pack_t body = {.data = NULL};
    zc_ack_topic (ack->producer, topic);
    zc_ack_pack (&body, ack, self->engine->about.incarnation);
    zc_publish_message_send (zsock_resolve (self->socket), topic, sizeof topic, &body);
    zc_pack_term (&body);
}

/* ----------------------------------------------------------------------- groups */

void zc_acks_move (zc_acks_t *self)
{
    zc_producers_t *producers = self->engine->intake.producers;
    while (true) {
        if (self->waiting) {
            if (zc_storage_synced (self->storage) < self->waiting_for)
                return;
            zc_producers_end_sync (producers, tell, self);
            self->waiting = false;
        }
        if (zc_producers_begin_sync (producers) == 0)
            return;
        self->waiting = true;
        self->waiting_for = zc_storage_written (self->storage);
    }
}

/* ----------------------------------------------------------------------- repeat */

static int on_walk (zloop_t *loop, int timer, void *argument)
{
    zc_acks_t *self = argument;
    (void) timer;
    zc_producers_walk_acks (self->engine->intake.producers, &self->cursor, WALK_A_TURN, tell, self);
    self->walking = self->cursor != 0;
    if (self->walking)
        zloop_timer (loop, WALK_PAUSE_MS, 1, on_walk, self);
    return 0;
}

void zc_acks_repeat (zc_acks_t *self, zloop_t *loop)
{
    if (!self->walking)
        on_walk (loop, 0, self);
}

/* ---------------------------------------------------------------------- welcome */

void zc_acks_welcome (zc_acks_t *self, zloop_t *loop, const uint8_t *topic, size_t size)
{
    uint8_t producer [ZC_PRODUCER_BYTES];
    zc_ack_of_t whose = zc_ack_subscription (topic, size, producer);
    if (whose == ZC_ACK_OF_ONE) {
        zc_ack_t ack = zc_producers_ack (self->engine->intake.producers, producer);
        tell (self, &ack);
    } else if (whose == ZC_ACK_OF_MANY)
        zc_acks_repeat (self, loop);
}
