/* SPDX-License-Identifier: MPL-2.0
 *
 * sanitized.h - which sanitizer is compiled in, and tests that must skip under one. Include cmocka.h
 * first.
 */
#ifndef ZC_TEST_SANITIZED_H
#define ZC_TEST_SANITIZED_H

#include <unistd.h>

/* gcc and clang say each in their own way what is compiled in. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#else
#define ASAN 0
#endif
#if defined(__SANITIZE_THREAD__)
#define TSAN 1
#else
#define TSAN 0
#endif
#define SANITIZED (ASAN || TSAN)

#define SKIP_IF(condition, reason)                                                                                     \
    do {                                                                                                               \
        if (condition) {                                                                                               \
            puts ("skipped: " reason);                                                                                 \
            skip ();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* Forks while nobody allocates: a sanitizer's own locks are copied as they are. */
static inline pid_t fork_quietly (void)
{
    if (ASAN)
        usleep (100000);
    return fork ();
}

#define NO_THREADS_AFTER_FORK "ThreadSanitizer knows no threads that start in a forked child"

#endif
