/* SPDX-License-Identifier: MPL-2.0
 *
 * spool_adopt.h - spool files that nobody owns any more, adopted one at a time.
 *
 * An adopted file is locked and read into private memory: mapped, it could end under our feet. What
 * it holds is sent under the producer, the epoch, the numbers and the boundaries that it had; only
 * when all is acknowledged the file goes. A kill in between costs nothing: whoever adopts the file
 * next sends the same again, and the daemon knows duplicates; so two copies of one file do no harm.
 *
 * Nothing in a file is believed: what does not verify is not sent. A file of which nothing can be
 * read, or not all, is left for a person to see under the name FILE.bad.
 *
 * What was pushed but not yet cut into frames carries no digest. It is taken only while the machine
 * has not been started anew, since the disk may hold a mixture of new and old pages after that. A
 * record that was reserved and never committed (its thread was killed in the midst of a push) ends
 * what can be told apart: what stands behind it is not sent.
 */
#ifndef ZC_SPOOL_ADOPT_H
#define ZC_SPOOL_ADOPT_H

#include <stdbool.h>
#include <stdint.h>

#include "client/outbox.h"
#include "client/ring.h"

typedef struct zc_spool_adopted zc_spool_adopted_t;

/* Adopts one of the directory's spools that nobody owns; puts unreadable ones aside, and sweeps up files that were
 * never finished. Whether there is one. */
bool zc_spool_adopt (const char *dir, zc_spool_adopted_t **ret_adopted);

/* What to send. The adopted spool's. */
zc_outbox_t *zc_spool_adopted_outbox (const zc_spool_adopted_t *self);
const zc_ring_t *zc_spool_adopted_ring (const zc_spool_adopted_t *self);

/* Whether there is no more to do: all is acknowledged, or it is fenced. */
bool zc_spool_adopted_is_done (const zc_spool_adopted_t *self);

/* Lets go of the file: removed or put aside where it is done, else left for the next who comes. */
void zc_spool_adopted_destroy (zc_spool_adopted_t **self);

#endif
