/* SPDX-License-Identifier: MPL-2.0
 *
 * ask_windows.h - one question about many windows of time, several of them on the way at once.
 */
#ifndef ZC_ASK_WINDOWS_H
#define ZC_ASK_WINDOWS_H

#include "zreport/ask.h"
#include "zreport/window.h"

#define ZC_WINDOWS_AT_ONCE 16

/* Each window has both ends. Asks `question`, whose since and until are set here, about each window. results: as many;
 * each a new reference. Returns 0; -1: nothing is in `results`, and zc_ask_error says why, or `mistake` where that is
 * not empty. */
int zc_ask_windows (zc_ask_t *ask, json_t *question, const zc_window_t *windows, size_t count, json_t **results,
                    char *mistake, size_t mistake_size);

#endif
