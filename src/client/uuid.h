/* SPDX-License-Identifier: MPL-2.0
 *
 * uuid.h - random UUIDs: what a producer is called by.
 */
#ifndef ZC_UUID_H
#define ZC_UUID_H

#include <stdint.h>

#define ZC_UUID_BYTES 16

/* A fresh random one (version 4). 0, or ZCOST_ESYSTEM (errno says). */
int zc_uuid_new (uint8_t ret_uuid [ZC_UUID_BYTES]);

#endif
