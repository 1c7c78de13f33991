/* SPDX-License-Identifier: MPL-2.0
 *
 * sized.c - see sized.h.
 */
#include "client/sized.h"

#include <stdbool.h>
#include <string.h>

#include "zcost.h"

static bool is_size (size_t size, size_t least)
{
    return size >= least && size <= ZC_SIZED_MAX && size % sizeof (size_t) == 0;
}

int zc_sized_read (const void *theirs, size_t least, void *ours, size_t ours_size)
{
    const char *bytes = theirs;
    size_t size;
    memcpy (&size, theirs, sizeof size);
    if (!is_size (size, least))
        return ZCOST_ESIZE;
    for (size_t i = ours_size; i < size; i++)
        if (bytes [i])
            return ZCOST_EFIELD;
    memset (ours, 0, ours_size);
    memcpy (ours, theirs, size < ours_size ? size : ours_size);
    memcpy (ours, &ours_size, sizeof ours_size);
    return 0;
}

int zc_sized_write (const void *ours, size_t ours_size, void *theirs, size_t least)
{
    size_t size, head = sizeof size;
    memcpy (&size, theirs, sizeof size);
    if (!is_size (size, least))
        return ZCOST_ESIZE;
    memset ((char *) theirs + head, 0, size - head);
    memcpy ((char *) theirs + head, (const char *) ours + head, (size < ours_size ? size : ours_size) - head);
    return 0;
}
