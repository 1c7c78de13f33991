/* SPDX-License-Identifier: MPL-2.0
 *
 * failing_memory.h - allocations that fail when a test says so. For one test executable, linked with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc.
 */
#ifndef ZC_FAILING_MEMORY_H
#define ZC_FAILING_MEMORY_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

void *__real_malloc (size_t size);
void *__real_calloc (size_t count, size_t size);
void *__real_realloc (void *memory, size_t size);
void *__wrap_malloc (size_t size);
void *__wrap_calloc (size_t count, size_t size);
void *__wrap_realloc (void *memory, size_t size);

static int fails_in;         /* the nth allocation from now fails; 0: none does */
static bool fails_behind;    /* and so do all behind it */
static int failures;         /* so far */
static size_t largest_bytes; /* that were asked for at once; for a test to set to 0 */

static bool fails (size_t bytes)
{
    if (bytes > largest_bytes)
        largest_bytes = bytes;
    if (fails_in == 0 || (fails_in > 1 && --fails_in > 0))
        return false;
    fails_in = fails_behind;
    failures++;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc (size_t size)
{
    return fails (size) ? NULL : __real_malloc (size);
}

void *__wrap_calloc (size_t count, size_t size)
{
    return fails (count * size) ? NULL : __real_calloc (count, size);
}

void *__wrap_realloc (void *memory, size_t size)
{
    return fails (size) ? NULL : __real_realloc (memory, size);
}

#endif
