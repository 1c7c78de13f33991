/* SPDX-License-Identifier: MPL-2.0
 *
 * sized.h - structs that begin with their size, between a program and a library of different versions.
 *
 * The size is a size_t, the sizeof of the header that the program was compiled with. A version adds
 * members at the end only, and 0 is their default. Safe in a signal handler; knows no struct.
 */
#ifndef ZC_SIZED_H
#define ZC_SIZED_H

#include <stddef.h>

/* No struct of ours will be larger, and so nothing behind that is looked at: a size beyond is garbage. */
#define ZC_SIZED_MAX 4096

/* Copies the program's struct to ours, of ours_size bytes: what it is too old to have is 0. Sets our size.
 * least: bytes that the first version had; to the end of its last member.
 * Returns 0; ZCOST_ESIZE: no version has that size; ZCOST_EFIELD: a byte is set that we are too old to know. */
int zc_sized_read (const void *theirs, size_t least, void *ours, size_t ours_size);

/* Copies our struct to the program's, up to its size, which stays as it is: what we are too old to have is 0.
 * Returns 0 or ZCOST_ESIZE, with *theirs as it was. */
int zc_sized_write (const void *ours, size_t ours_size, void *theirs, size_t least);

#endif
