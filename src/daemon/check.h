/* SPDX-License-Identifier: MPL-2.0
 *
 * check.h - zcostd --check DIR: whether what is kept there is sound.
 */
#ifndef ZC_CHECK_H
#define ZC_CHECK_H

/* Reads all of the store and of the journal, changes nothing, and tells on stdout. Returns 0 sound
 * (a torn tail is: the next start cuts it), or 1 not sound, or in use. */
int zc_check_data_dir (const char *directory);

#endif
