/* SPDX-License-Identifier: MPL-2.0
 *
 * client_windows.h - one question about many windows of time, several of them on the way at once.
 */
#ifndef ZR_CLIENT_WINDOWS_H
#define ZR_CLIENT_WINDOWS_H

#include "zreport/client.h"
#include "zreport/window.h"

#define ZR_WINDOWS_AT_ONCE 16

/* Each window has both ends. Asks `question`, whose since and until are set here, about each window. results: as many;
 * each a new reference. Returns 0; -1: nothing is in `results`, and zr_client_error says why, or `mistake` where that is
 * not empty. */
int zr_client_windows (zr_client_t *client, json_t *question, const zr_window_t *windows, size_t count,
                       json_t **results, char *mistake, size_t mistake_size);

#endif
