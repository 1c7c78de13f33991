/* SPDX-License-Identifier: MPL-2.0
 *
 * budget_record.c - alerts as they stand in the journal.
 *
 * An array: name, start of the period, percent, when it was passed, spent and limit then, published.
 */
#include "core/budget/budget.h"

#include <string.h>

#include "wire/reader.h"

#define FIELDS 7

void zc_budget_record_pack (zc_pack_t *out, const zc_alert_t *alert)
{
    zc_pack_array (out, FIELDS);
    zc_pack_text (out, alert->budget);
    zc_pack_int (out, alert->period_start_s);
    zc_pack_uint (out, alert->percent);
    zc_pack_int (out, alert->passed_ms);
    zc_pack_int (out, alert->spent_nanousd);
    zc_pack_int (out, alert->limit_nanousd);
    zc_pack_bool (out, alert->published);
}

/* Reads a value of a kind; NULL where it is none, or comes after one that was none. */
static const uint8_t *read_kind (const uint8_t *at, const uint8_t *end, zc_kind_t kind, zc_value_t *ret_value)
{
    if (!at || at == end)
        return NULL;
    at = zc_reader_read (at, end, ret_value);
    return at && ret_value->kind == kind ? at : NULL;
}

static const uint8_t *read_number (const uint8_t *at, const uint8_t *end, int64_t *ret_number)
{
    zc_value_t value;
    at = read_kind (at, end, ZC_INT, &value);
    if (at)
        *ret_number = value.as.i;
    return at;
}

static const uint8_t *read_name (const uint8_t *at, const uint8_t *end, char name [ZCOST_STRING_MAX + 1])
{
    zc_value_t value;
    at = read_kind (at, end, ZC_STR, &value);
    if (!at || value.size > ZCOST_STRING_MAX || memchr (value.as.data, '\0', value.size))
        return NULL;
    memcpy (name, value.as.data, value.size);
    name [value.size] = '\0';
    return at;
}

int zc_budget_record_read (const void *bytes, size_t size, zc_alert_t *ret_alert)
{
    const uint8_t *at = bytes, *end = at + size;
    zc_alert_t alert = {.published = false};
    zc_value_t array = {.size = 0}, published = {.as.i = 0};
    int64_t percent = 0;
    at = read_kind (at, end, ZC_ARRAY, &array);
    at = read_name (at, end, alert.budget);
    at = read_number (at, end, &alert.period_start_s);
    at = read_number (at, end, &percent);
    at = read_number (at, end, &alert.passed_ms);
    at = read_number (at, end, &alert.spent_nanousd);
    at = read_number (at, end, &alert.limit_nanousd);
    at = read_kind (at, end, ZC_BOOL, &published);
    if (at != end || array.size != FIELDS || percent < 1 || percent > ZC_THRESHOLD_PERCENT_MAX ||
        alert.spent_nanousd < 0 || alert.limit_nanousd <= 0)
        return -1;
    alert.percent = (uint32_t) percent;
    alert.published = published.as.i;
    *ret_alert = alert;
    return 0;
}
