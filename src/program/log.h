/* SPDX-License-Identifier: MPL-2.0
 *
 * log.h - one line to stderr: level=... event=... key=value
 */
#ifndef ZC_LOG_H
#define ZC_LOG_H

typedef enum { ZC_LOG_INFO, ZC_LOG_WARN, ZC_LOG_ERROR } zc_log_level_t;

/* Writes one line, whole. event: a word. format: the "key=value ..." part, may be "". Line breaks
 * and other control characters in it become spaces. Any thread. */
void zc_log (zc_log_level_t level, const char *event, const char *format, ...) __attribute__ ((format (printf, 3, 4)));

#endif
