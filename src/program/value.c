/* SPDX-License-Identifier: MPL-2.0
 *
 * value.c - how the value of an option or a setting is read.
 */
#include "program/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/money.h"
#include "wire/utf8.h"

const char *zc_value_wrong (const char *format, ...)
{
    static char text [512];
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (text, sizeof text, format, arguments);
    va_end (arguments);
    return text;
}

const char *zc_value_text (char *place, size_t size, const char *value)
{
    size_t length = strlen (value);
    if (length == 0)
        return zc_value_wrong ("is empty");
    if (length >= size || !zc_utf8_valid (value, length))
        return zc_value_wrong ("must be at most %zu bytes of UTF-8", size - 1);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char) value [i] < ' ' || value [i] == '"' || value [i] == 0x7f)
            return zc_value_wrong ("contains a quote or a control character"); /* it goes into the log */
    memcpy (place, value, length + 1);
    return NULL;
}

/* Where a number must lie, in words. */
static const char *range_text (int decimals, int64_t least, int64_t most, char text [80])
{
    char low [ZC_DECIMAL_TEXT], high [ZC_DECIMAL_TEXT];
    zc_money_format (least, decimals, 0, low);
    zc_money_format (most, decimals, 0, high);
    if (most == INT64_MAX)
        snprintf (text, 80, "of at least %s", low);
    else
        snprintf (text, 80, "from %s to %s", low, high);
    return text;
}

const char *zc_value_number (int64_t *place, const char *value, int decimals, int64_t least, int64_t most, bool or_zero)
{
    int64_t number;
    char range [80];
    bool is_number = (decimals > 0 || value [strspn (value, "0123456789")] == '\0') &&
                     zc_money_parse (value, decimals, &number) == 0;
    if (!is_number || ((number < least || number > most) && !(or_zero && number == 0)))
        return zc_value_wrong ("'%.80s' is %s a%s number %s", value, or_zero ? "neither 0 nor" : "not",
                               decimals > 0 ? "" : " whole", range_text (decimals, least, most, range));
    *place = number;
    return NULL;
}

static const struct {
    char letter;
    int64_t ms;
} units [] = {{'d', 86400000}, {'h', 3600000}, {'m', 60000}, {'s', 1000}};

#define UNITS (sizeof units / sizeof *units)

/* In the largest unit that leaves a whole number. */
static const char *duration_text (int64_t ms, char text [24])
{
    size_t unit = 0;
    while (unit + 1 < UNITS && (ms == 0 || ms % units [unit].ms != 0))
        unit++;
    snprintf (text, 24, "%lld%c", (long long) (ms / units [unit].ms), units [unit].letter);
    return text;
}

const char *zc_value_duration (int64_t *place, const char *value, int64_t least_ms, bool or_forever)
{
    char digits [16] = "", least [24];
    size_t length = strspn (value, "0123456789");
    int64_t number = 0;
    if (or_forever && strcmp (value, "forever") == 0) {
        *place = ZC_FOREVER;
        return NULL;
    }
    for (size_t i = 0; i < UNITS && length > 0 && length <= 9; i++)
        if (value [length] == units [i].letter && value [length + 1] == '\0') {
            memcpy (digits, value, length);
            zc_money_parse (digits, 0, &number);
            if (number * units [i].ms < least_ms)
                break;
            *place = number * units [i].ms;
            return NULL;
        }
    return zc_value_wrong ("'%.80s' is %s a duration of at least %s, such as 90s, 15m, 48h or 400d", value,
                           or_forever ? "neither forever nor" : "not", duration_text (least_ms, least));
}

/* libzmq would let a port over 65535 wrap around. ret_port: -1 if there is none, as of ipc; 0 is a free one. */
static bool is_endpoint (const char *value, int64_t *ret_port)
{
    *ret_port = -1;
    if (strncmp (value, "ipc://", 6) == 0)
        return value [6] != '\0';
    const char *colon = strrchr (value, ':');
    if (strncmp (value, "tcp://", 6) != 0 || colon <= value + 6 || strchr (value, ';'))
        return false;
    *ret_port = 0;
    return strcmp (colon + 1, "*") == 0 || (colon [1] && !zc_value_number (ret_port, colon + 1, 0, 0, 65535, false));
}

/* ret_port: as above. */
static const char *check_endpoint (const char *value, int64_t *ret_port)
{
    if (!is_endpoint (value, ret_port))
        return zc_value_wrong ("'%.80s' is neither tcp://ADDRESS:PORT nor ipc://PATH", value);
    if (strlen (value) >= ZC_ENDPOINT_BYTES)
        return zc_value_wrong ("an endpoint may have at most %d bytes", ZC_ENDPOINT_BYTES - 1);
    return NULL;
}

const char *zc_value_endpoint (char place [ZC_ENDPOINT_BYTES], const char *value)
{
    int64_t port;
    const char *why = check_endpoint (value, &port);
    if (!why && port == 0)
        why = zc_value_wrong ("'%.80s' needs a port from 1 to 65535, to connect to", value);
    if (!why)
        strcpy (place, value);
    return why;
}

const char *zc_value_add_endpoint (zc_endpoints_t *list, const char *value)
{
    int64_t port;
    const char *why = check_endpoint (value, &port);
    if (!why && list->count == ZC_ENDPOINTS_MAX)
        why = zc_value_wrong ("at most %d endpoints per role", ZC_ENDPOINTS_MAX);
    if (!why)
        strcpy (list->list [list->count++], value);
    return why;
}
