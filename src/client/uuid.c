/* SPDX-License-Identifier: MPL-2.0
 *
 * uuid.c - random UUIDs.
 */
#include "client/uuid.h"

#include <errno.h>
#include <sys/random.h>

#include "zcost.h"

int zc_uuid_new (uint8_t ret_uuid [ZC_UUID_BYTES])
{
    ssize_t got;
    while ((got = getrandom (ret_uuid, ZC_UUID_BYTES, 0)) < 0 && errno == EINTR)
        ;
    if (got != ZC_UUID_BYTES)
        return ZCOST_ESYSTEM;
    ret_uuid [6] = (uint8_t) ((ret_uuid [6] & 0x0f) | 0x40);
    ret_uuid [8] = (uint8_t) ((ret_uuid [8] & 0x3f) | 0x80);
    return 0;
}
