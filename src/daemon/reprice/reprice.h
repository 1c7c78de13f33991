/* SPDX-License-Identifier: MPL-2.0
 *
 * reprice.h - zcostd --reprice FILE --since TIME: what was spent, by other prices.
 *
 * Replays the kept journal twice, under the prices then in force and under those of the file, and adds the
 * differences to the store, in one transaction. Only what was computed from tokens changes: a cost that an event gave
 * stays. Offline: no daemon may run on the directory.
 */
#ifndef ZC_REPRICE_H
#define ZC_REPRICE_H

#include "daemon/settings.h"

/* Says on stdout what changes, then (but for settings->dry_run) writes it. Returns the exit status: 0, or 1 after a
 * line on stderr: then nothing was changed. */
int zc_reprice (const zc_settings_t *settings);

#endif
