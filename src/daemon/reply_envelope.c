/* SPDX-License-Identifier: MPL-2.0
 *
 * reply_envelope.c - the frames before a request and its reply; see reply_envelope.h.
 */
#include "daemon/reply_envelope.h"

/* Takes the frame. */
static void add (zc_reply_envelope_t *self, zmq_msg_t *frame)
{
    zmq_msg_t *place = &self->frames [self->count++];
    zmq_msg_init (place);
    zmq_msg_move (place, frame);
}

static void cut (zc_reply_envelope_t *self, size_t count)
{
    while (self->count > count)
        zmq_msg_close (&self->frames [--self->count]);
}

/* Receives frames up to the delimiter, that one too; whether it came. What is over the limits is dropped. */
static bool receive_frames (zc_reply_envelope_t *self, void *socket, bool *more, bool *ret_too_much)
{
    size_t bytes = 0, frames_max = sizeof self->frames / sizeof *self->frames;
    bool delimited = false;
    zmq_msg_t frame;
    *ret_too_much = false;
    zmq_msg_init (&frame);
    /* A message is there whole or not at all: none of these waits. */
    while (*more && !delimited && zmq_msg_recv (&frame, socket, 0) != -1) {
        *more = zmq_msg_more (&frame);
        delimited = zmq_msg_size (&frame) == 0;
        bytes += zmq_msg_size (&frame);
        *ret_too_much |= bytes > ZC_REPLY_ENVELOPE_BYTES_MAX || self->count == frames_max;
        if (!*ret_too_much)
            add (self, &frame);
    }
    zmq_msg_close (&frame);
    return delimited;
}

int zc_reply_envelope_receive (zc_reply_envelope_t *self, void *socket, bool *ret_more, const char **ret_why)
{
    bool too_much;
    zmq_msg_t frame;
    self->count = 0;
    *ret_why = NULL;
    zmq_msg_init (&frame);
    if (zmq_msg_recv (&frame, socket, ZMQ_DONTWAIT) == -1)
        return -1;
    *ret_more = zmq_msg_more (&frame);
    add (self, &frame);
    if (!receive_frames (self, socket, ret_more, &too_much)) {
        *ret_why = "no empty delimiter frame: use a REQ socket";
        cut (self, 1);
    } else if (too_much) {
        /* What is too long is not sent back to where it came from. */
        *ret_why = "more than 8 frames or 1,024 bytes before the empty delimiter";
        cut (self, 1);
        zmq_msg_init (&frame);
        add (self, &frame);
    }
    return 0;
}

void zc_reply_envelope_move (zc_reply_envelope_t *self, zc_reply_envelope_t *from)
{
    self->count = 0;
    for (size_t i = 0; i < from->count; i++)
        add (self, &from->frames [i]);
    zc_reply_envelope_close (from);
}

/* ROUTER drops what a client that is gone or does not read has no room for. */
void zc_reply_envelope_send (zc_reply_envelope_t *self, void *socket)
{
    for (size_t i = 0; i < self->count; i++)
        zmq_msg_send (&self->frames [i], socket, ZMQ_SNDMORE);
    zc_reply_envelope_close (self);
}

void zc_reply_envelope_close (zc_reply_envelope_t *self)
{
    cut (self, 0);
}
