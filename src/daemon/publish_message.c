/* SPDX-License-Identifier: MPL-2.0
 *
 * publish_message.c - one message on the publish socket.
 */
#include "daemon/publish_message.h"

#include <errno.h>
#include <zmq.h>

int zc_publish_message_send (void *socket, const char *topic, size_t topic_size, const zc_pack_t *body)
{
    zmq_msg_t message;
    /* Its memory before the topic goes: a topic without its body would take the next message for one. */
    if (zc_pack_failed (body) || zmq_msg_init_size (&message, body->size) == -1) {
        errno = ENOMEM;
        return -1;
    }
    memcpy (zmq_msg_data (&message), body->data, body->size);
    if (zmq_send (socket, topic, topic_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) != -1 &&
        zmq_msg_send (&message, socket, ZMQ_DONTWAIT) != -1)
        return 0;
    int error = errno;
    zmq_msg_close (&message);
    errno = error;
    return -1;
}
