/* SPDX-License-Identifier: MPL-2.0
 *
 * check.c - the end of a process that has made a mistake. The one impure file of the core.
 */
#include "core/base/check.h"

#include <stdio.h>
#include <stdlib.h>

void zc_check_failed (const char *file, int line, const char *expression)
{
    fprintf (stderr, "%s:%d: check failed: %s\n", file, line, expression);
    abort ();
}
