/* SPDX-License-Identifier: MPL-2.0
 *
 * statusline.h - the --format of zreport statusline.
 */
#ifndef ZC_STATUSLINE_H
#define ZC_STATUSLINE_H

/* Where the first placeholder begins that there is not; NULL: all are known. */
const char *zc_statusline_unknown (const char *pattern);

#endif
