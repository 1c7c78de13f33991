/* SPDX-License-Identifier: MPL-2.0
 *
 * publish_message.h - one message on the publish socket: a topic and a body, both or neither.
 */
#ifndef ZC_PUBLISH_MESSAGE_H
#define ZC_PUBLISH_MESSAGE_H

#include <stddef.h>

#include "wire/pack.h"

/* Sends it; never waits: a subscriber that does not keep up loses what is sent. socket: an XPUB. Returns 0, or -1
 * with errno: ENOMEM if the body is not whole. */
int zc_publish_message_send (void *socket, const char *topic, size_t topic_size, const zc_pack_t *body);

#endif
