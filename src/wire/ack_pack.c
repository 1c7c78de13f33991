/* SPDX-License-Identifier: MPL-2.0
 *
 * ack_pack.c - the body of an acknowledgement, as the daemon writes it.
 */
#include "wire/ack.h"

void zc_ack_pack (zc_pack_t *out, const zc_ack_t *ack, const char *incarnation)
{
    zc_pack_map (out, 3u + ack->stale);
    zc_pack_key_uint (out, "epoch", ack->epoch);
    zc_pack_key_uint (out, "seq", ack->seq);
    zc_pack_key_text (out, "incarnation", incarnation);
    if (ack->stale)
        zc_pack_key_bool (out, "stale", true);
}
