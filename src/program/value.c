/* SPDX-License-Identifier: MPL-2.0
 *
 * value.c - how the value of a setting is read.
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
            return zc_value_wrong ("holds a quote or a control character"); /* it goes into the log */
    memcpy (place, value, length + 1);
    return NULL;
}

const char *zc_value_integer (int64_t *place, const char *value, int64_t least, int64_t most)
{
    int64_t number;
    bool whole = value [strspn (value, "0123456789")] == '\0';
    if (!whole || zc_money_parse (value, 0, &number) == -1 || number < least || number > most)
        return zc_value_wrong ("'%.80s' is no whole number from %lld to %lld", value, (long long) least,
                               (long long) most);
    *place = number;
    return NULL;
}

const char *zc_value_decimal (int64_t *place, const char *value, int decimals, const char *least, const char *most)
{
    int64_t number, low = 0, high = 0;
    zc_money_parse (least, decimals, &low);
    zc_money_parse (most, decimals, &high);
    if (zc_money_parse (value, decimals, &number) == -1 || number < low || number > high)
        return zc_value_wrong ("'%.80s' is no number from %s to %s", value, least, most);
    *place = number;
    return NULL;
}

const char *zc_value_duration (int64_t *place, const char *value, bool or_forever, const char *least)
{
    static const struct {
        char letter;
        int64_t ms;
    } units [] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    char digits [16] = "";
    size_t length = strspn (value, "0123456789");
    int64_t number = 0, low = 0;
    if (or_forever && strcmp (value, "forever") == 0) {
        *place = ZC_FOREVER;
        return NULL;
    }
    if (least)
        zc_value_duration (&low, least, false, NULL);
    for (size_t i = 0; i < 4 && length > 0 && length <= 9; i++)
        if (value [length] == units [i].letter && value [length + 1] == '\0') {
            memcpy (digits, value, length);
            zc_money_parse (digits, 0, &number);
            if (number * units [i].ms < low)
                break;
            *place = number * units [i].ms;
            return NULL;
        }
    return zc_value_wrong ("'%.80s' is no time of at least %s, such as 90s, 15m, 48h or 400d%s", value,
                           least ? least : "0s", or_forever ? ", nor forever" : "");
}

/* tcp://ADDRESS:PORT or ipc://PATH. libzmq would let a port over 65535 wrap around. */
static bool is_endpoint (const char *value)
{
    if (strncmp (value, "ipc://", 6) == 0)
        return value [6] != '\0';
    const char *colon = strrchr (value, ':');
    if (strncmp (value, "tcp://", 6) != 0 || colon <= value + 6 || strchr (value, ';'))
        return false;
    int64_t port;
    bool digits = colon [1] && colon [1 + strspn (colon + 1, "0123456789")] == '\0';
    return strcmp (colon + 1, "*") == 0 || (digits && zc_money_parse (colon + 1, 0, &port) == 0 && port <= 65535);
}

const char *zc_value_endpoint (zc_endpoints_t *list, const char *value)
{
    if (!is_endpoint (value))
        return zc_value_wrong ("'%.80s' is neither tcp://ADDRESS:PORT nor ipc://PATH", value);
    if (strlen (value) >= ZC_ENDPOINT_BYTES)
        return zc_value_wrong ("an endpoint has at most %d bytes", ZC_ENDPOINT_BYTES - 1);
    if (list->count == ZC_ENDPOINTS_MAX)
        return zc_value_wrong ("at most %d endpoints a role", ZC_ENDPOINTS_MAX);
    strcpy (list->list [list->count++], value);
    return NULL;
}
