/* SPDX-License-Identifier: MPL-2.0
 *
 * prices_file.c - a price table from disk.
 */
#include "daemon/prices_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/pricing/prices.h"
#include "program/log.h"

/* The whole file, NULL with errno. The caller frees it. */
static char *read_file (const char *path, size_t *ret_size)
{
    /* Without waiting: to open a pipe takes until somebody writes to it. */
    int descriptor = open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *file = descriptor == -1 ? NULL : fdopen (descriptor, "rb");
    if (!file) {
        int error = errno;
        if (descriptor != -1)
            close (descriptor);
        errno = error;
        return NULL;
    }
    struct stat status;
    char *text = NULL;
    if (fstat (fileno (file), &status) == -1)
        ;
    else if (!S_ISREG (status.st_mode))
        errno = S_ISDIR (status.st_mode) ? EISDIR : EINVAL;
    else if ((uint64_t) status.st_size > ZC_PRICES_MAX_BYTES)
        errno = EFBIG;
    else if ((text = malloc ((size_t) status.st_size + 1)) != NULL) {
        *ret_size = fread (text, 1, (size_t) status.st_size, file);
        if (ferror (file)) {
            free (text);
            text = NULL;
            errno = EIO;
        }
    }
    int error = errno;
    fclose (file);
    errno = error;
    return text;
}

/* Names come from a file: a quote in one must not look like the end of the value. */
static void log_refused (const zc_price_refused_t *refused)
{
    char name [ZC_MODEL_MAX + 1];
    snprintf (name, sizeof name, "%s", refused->name);
    for (char *at = name; (at = strchr (at, '"')) != NULL;)
        *at = '\'';
    zc_log (ZC_LOG_WARN, "price_not_read", "reason=\"%s\" model=\"%s\"", refused->why, name);
}

static void log_table (const zc_prices_t *prices, const char *source)
{
    size_t count;
    const zc_price_refused_t *refused = zc_prices_refused (prices, &count);
    for (size_t i = 0; i < count; i++)
        log_refused (&refused [i]);
    zc_log (ZC_LOG_INFO, "prices", "source=\"%s\" models=%zu not_read=%zu", source, zc_prices_count (prices), count);
}

static char *copy_builtin (size_t *ret_size)
{
    char *text = malloc (zc_prices_builtin_size);
    if (text)
        memcpy (text, zc_prices_builtin, zc_prices_builtin_size);
    *ret_size = zc_prices_builtin_size;
    return text;
}

char *zc_prices_file_read (const char *path, size_t *ret_size)
{
    zc_prices_error_t error = {0, ""};
    char *text = *path ? read_file (path, ret_size) : copy_builtin (ret_size);
    if (!text)
        snprintf (error.why, sizeof error.why, "%s", errno == EINVAL ? "not a regular file" : strerror (errno));
    zc_prices_t *prices = text ? zc_prices_new (text, *ret_size, &error) : NULL;
    if (!prices) {
        zc_log (ZC_LOG_ERROR, "prices_unusable", "reason=\"%s\" line=%d file=\"%s\"", error.why, error.line, path);
        free (text);
        return NULL;
    }
    log_table (prices, *path ? path : "builtin");
    zc_prices_destroy (&prices);
    return text;
}
