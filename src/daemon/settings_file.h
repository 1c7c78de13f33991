/* SPDX-License-Identifier: MPL-2.0
 *
 * settings_file.h - the configuration file, in ZPL (rfc.zeromq.org/spec/4).
 */
#ifndef ZC_SETTINGS_FILE_H
#define ZC_SETTINGS_FILE_H

#include "daemon/settings.h"

/* Applies the file. Returns 0, or -1 after one line to stderr: file, line, setting and reason. */
int zc_settings_read_file (zc_settings_t *self, const char *path);

#endif
