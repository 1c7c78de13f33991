/* SPDX-License-Identifier: MPL-2.0
 *
 * reply_envelope.h - what stands before a request and comes back before its reply: the identity of the connection,
 * frames of the client's own, and the empty delimiter.
 *
 * By its own frames a client that asks several things at once tells the replies apart. Messages of libzmq, so that no
 * failed allocation ends the process.
 */
#ifndef ZC_REPLY_ENVELOPE_H
#define ZC_REPLY_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

#define ZC_REPLY_ENVELOPE_FRAMES_MAX 8   /* of the client's own */
#define ZC_REPLY_ENVELOPE_BYTES_MAX 1024 /* in them together */

typedef struct {
    zmq_msg_t frames [1 + ZC_REPLY_ENVELOPE_FRAMES_MAX + 1]; /* the first is the identity */
    size_t count;                                            /* 0: empty */
} zc_reply_envelope_t;

/* Receives up to the empty delimiter from a ROUTER, without waiting. *ret_more: frames of the request follow. *ret_why:
 * NULL, or what is wrong; then what is kept is enough to say so. Returns 0; -1: there is nothing, and it is empty. */
int zc_reply_envelope_receive (zc_reply_envelope_t *self, void *socket, bool *ret_more, const char **ret_why);

/* Moves it, which leaves `from` empty. */
void zc_reply_envelope_move (zc_reply_envelope_t *self, zc_reply_envelope_t *from);

/* Sends it, more to follow, which leaves it empty. */
void zc_reply_envelope_send (zc_reply_envelope_t *self, void *socket);

/* Empties it. */
void zc_reply_envelope_close (zc_reply_envelope_t *self);

#endif
