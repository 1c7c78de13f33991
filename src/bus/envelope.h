/* SPDX-License-Identifier: MPL-2.0
 *
 * envelope.h - what a reply of zcostd's query endpoint comes in (zcost_protocol(7), QUERIES).
 *
 * Believes nothing but what it has checked. Refuses to know a socket, and what a result means.
 */
#ifndef ZC_ENVELOPE_H
#define ZC_ENVELOPE_H

#include <jansson.h>
#include <stddef.h>

#define ZC_REPLY_MAX_BYTES (16 << 20) /* of one reply or snapshot */

typedef enum {
    ZC_REPLY_RESULT,
    ZC_REPLY_REFUSAL, /* a code and a message, both of which may be empty */
    ZC_REPLY_FOREIGN  /* none of zcost's: the message says what is wrong with it */
} zc_envelope_kind_t;

typedef struct {
    zc_envelope_kind_t kind;
    json_t *result;     /* of ZC_REPLY_RESULT: a map, a new reference */
    char code [32];     /* too_large also of a reply that is too large for us to read */
    char message [320]; /* may hold bytes from the wire */
} zc_envelope_t;

/* Opens the one frame of a reply. ret_reply is written whole. */
void zc_envelope_open (const void *bytes, size_t size, zc_envelope_t *ret_reply);

#endif
