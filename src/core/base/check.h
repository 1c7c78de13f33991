/* SPDX-License-Identifier: MPL-2.0
 *
 * check.h - what must be true lest a wrong value go into the ledger or onto the disk.
 *
 * For our own mistakes only: never for what comes from the wire, the disk, a peer or the system. It stays on in a
 * release, so it stands off the path of each event; there assert is for it. Not for the client library: a guest must
 * not end its host.
 */
#ifndef ZC_BASE_CHECK_H
#define ZC_BASE_CHECK_H

/* Ends the process where x is false: a line on stderr with file, line and x, then abort. x is evaluated once. */
#define zc_check(x) ((x) ? (void) 0 : zc_check_failed (__FILE__, __LINE__, #x))

void zc_check_failed (const char *file, int line, const char *expression) __attribute__ ((cold, noreturn));

#endif
