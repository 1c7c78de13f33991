/* SPDX-License-Identifier: MPL-2.0
 *
 * statusline.h - the --format of zreport statusline.
 */
#ifndef ZR_STATUSLINE_H
#define ZR_STATUSLINE_H

/* Where the first placeholder begins that there is not; NULL: all are known. */
const char *zr_statusline_unknown (const char *pattern);

#endif
