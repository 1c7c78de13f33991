/* SPDX-License-Identifier: MPL-2.0
 *
 * futex.h - to sleep on a word in memory, and to end such a sleep.
 *
 * Why not a mutex and a condition: a fork may copy them locked. A word in the mapping that a fork
 * wipes is 0 in the child, whatever the parent's threads were doing with it.
 */
#ifndef ZC_FUTEX_H
#define ZC_FUTEX_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "civil/clock.h"

/* Sleeps while *word is `seen`, for `ns` at most. May also return for no reason at all. */
static inline void zc_futex_wait (_Atomic uint32_t *word, uint32_t seen, int64_t ns)
{
    struct timespec timeout = {.tv_sec = (time_t) (ns / ZC_NS_PER_S), .tv_nsec = (long) (ns % ZC_NS_PER_S)};
    if (ns > 0)
        syscall (SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &timeout, NULL, 0);
}

/* Changes the word and ends all sleeps on it. */
static inline void zc_futex_signal (_Atomic uint32_t *word)
{
    atomic_fetch_add (word, 1);
    syscall (SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

#endif
