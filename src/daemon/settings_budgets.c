/* SPDX-License-Identifier: MPL-2.0
 *
 * settings_budgets.c - the section `budgets`.
 */
#include "daemon/settings_budgets.h"

#include <string.h>

#include "core/base/money.h"
#include "core/window/query_spec.h"
#include "civil/zone.h"
#include "program/options.h"

_Static_assert(ZC_TIMEZONE_BYTES == ZC_ZONE_BYTES, "what is a zone's name fits");

#define NO_PERIOD (-1) /* as hours: nobody has said a period yet */

/* ----------------------------------------------------------------------- settings */

static const char *set_period (void *budget, const char *value)
{
    zc_budget_t *self = budget;
    int64_t hours;
    char digits [8] = "";
    size_t length = strspn (value, "0123456789");
    if (strcmp (value, "day") == 0 || strcmp (value, "month") == 0) {
        self->period = *value == 'd' ? ZC_PERIOD_DAY : ZC_PERIOD_MONTH;
        self->hours = 0;
        return NULL;
    }
    if (length == 0 || length >= sizeof digits || strcmp (value + length, "h") != 0)
        return zc_value_wrong ("'%.80s' is not day, month or a number of hours such as 24h", value);
    memcpy (digits, value, length);
    const char *why = zc_value_number (&hours, digits, 0, 1, ZC_BUDGET_HOURS_MAX, false);
    if (why)
        return why;
    self->period = ZC_PERIOD_HOURS;
    self->hours = hours;
    return NULL;
}

static const char *set_timezone (void *budget, const char *value)
{
    zc_budget_t *self = budget;
    if (!*value || !zc_zone_exists (value))
        return zc_value_wrong ("'%.80s' is not a time zone in the system's tz database, such as Europe/Madrid", value);
    return zc_value_text (self->timezone, sizeof self->timezone, value);
}

/* Numbers, with blanks between them. */
static const char *set_thresholds (void *budget, const char *value)
{
    zc_budget_t *self = budget;
    uint32_t percents [ZC_THRESHOLDS_MAX];
    size_t count = 0;
    for (const char *at = value + strspn (value, " \t"); *at; at += strspn (at, " \t")) {
        char word [16] = "";
        int64_t percent;
        size_t length = strcspn (at, " \t");
        if (count == ZC_THRESHOLDS_MAX)
            return zc_value_wrong ("at most %d thresholds", ZC_THRESHOLDS_MAX);
        memcpy (word, at, length < sizeof word ? length : sizeof word - 1);
        const char *why = zc_value_number (&percent, word, 0, 1, ZC_THRESHOLD_PERCENT_MAX, false);
        if (why)
            return why;
        if (count > 0 && percents [count - 1] >= percent)
            return zc_value_wrong ("'%.80s' is not in ascending order", value);
        percents [count++] = (uint32_t) percent;
        at += length;
    }
    if (count == 0)
        return zc_value_wrong ("is empty");
    memcpy (self->percents, percents, count * sizeof *percents);
    self->percents_count = count;
    return NULL;
}

#define AT(member) ZC_OPTION_AT (zc_budget_t, member)

static const zc_option_t rows [] = {
    {.setting = "limit_usd",
     .kind = ZC_OPTION_NUMBER,
     AT (limit_nanousd),
     .decimals = ZC_NANOUSD_DECIMALS,
     .least = 1,
     .most = INT64_C (1000000000000000000)},
    {.setting = "period", .kind = ZC_OPTION_CUSTOM, .set = set_period},
    {.setting = "timezone", .kind = ZC_OPTION_CUSTOM, .set = set_timezone},
    {.setting = "thresholds", .kind = ZC_OPTION_CUSTOM, .set = set_thresholds},
};

static const zc_options_table_t table = {.rows = rows, .count = sizeof rows / sizeof *rows};

/* -------------------------------------------------------------------------- where */

static bool is_type (const char *value)
{
    for (zcost_type_t type = ZCOST_QUERY_ROUTER; type <= ZCOST_LLM_CALL; type++)
        if (strcmp (zc_event_type_name (type), value) == 0)
            return true;
    return false;
}

static bool is_tier (const zc_policy_t *policy, const char *value)
{
    for (size_t i = 0; i < policy->tiers_count; i++)
        if (strcmp (policy->tiers [i].name, value) == 0)
            return true;
    return false;
}

/* A filter that no event can pass would be a budget that never warns. */
static const char *add_where (const zc_policy_t *policy, zc_budget_t *self, const char *name, const char *value)
{
    zc_dimension_t dimension;
    if (!zc_dimension_find (policy, (zc_str_t){name, (uint32_t) strlen (name)}, &dimension))
        return zc_value_wrong ("is not type, service, tier, model, provider or a tag from the section tags");
    if (dimension.by == ZC_BY_TYPE && !is_type (value))
        return zc_value_wrong ("'%.80s' is not a type of event", value);
    if (dimension.by == ZC_BY_TIER && !is_tier (policy, value))
        return zc_value_wrong ("'%.80s' is not a tier", value);
    for (size_t i = 0; i < self->where_count; i++)
        if (strcmp (self->where [i].dimension, name) == 0)
            return zc_value_wrong ("is given twice");
    const char *why = zc_value_text (self->where [self->where_count].value, sizeof self->where [0].value, value);
    if (!why)
        strcpy (self->where [self->where_count++].dimension, name); /* as long as a tag's name at most */
    return why;
}

/* ------------------------------------------------------------------------- budget */

static bool is_there (const zc_budget_list_t *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp (list->list [i].name, name) == 0)
            return true;
    return false;
}

static const char *begin (zc_budget_list_t *list, const char *name, const char *value)
{
    zc_budget_t budget = {.hours = NO_PERIOD, .timezone = "UTC", .percents = {50, 80, 100}, .percents_count = 3};
    if (*value)
        return zc_value_wrong ("is a section and takes no value");
    if (is_there (list, name))
        return zc_value_wrong ("there are two budgets with this name");
    if (list->count == ZC_BUDGETS_MAX)
        return zc_value_wrong ("at most %d budgets", ZC_BUDGETS_MAX);
    const char *why = zc_value_text (budget.name, sizeof budget.name, name);
    if (!why)
        list->list [list->count++] = budget;
    return why;
}

const char *zc_settings_budgets_set (zc_budget_list_t *self, const zc_policy_t *policy, const char *path,
                                     const char *value)
{
    const char *slash = strchr (path, '/');
    if (!slash)
        return begin (self, path, value);
    zc_budget_t *last = self->count ? &self->list [self->count - 1] : NULL;
    size_t size = (size_t) (slash - path);
    if (!last || strlen (last->name) != size || memcmp (last->name, path, size) != 0)
        return zc_value_wrong ("a budget's name cannot contain '/'");
    const char *name = slash + 1;
    if (strcmp (name, "where") == 0)
        return *value ? zc_value_wrong ("is a section and takes no value") : NULL;
    if (strncmp (name, "where/", 6) == 0)
        return add_where (policy, last, name + 6, value);
    return zc_options_set (&table, last, name, value);
}

const char *zc_settings_budgets_close (const zc_budget_list_t *self, const char *path)
{
    const zc_budget_t *last = &self->list [self->count - 1];
    if (strchr (path, '/'))
        return NULL;
    if (last->limit_nanousd == 0)
        return zc_value_wrong ("has no limit_usd");
    return last->hours == NO_PERIOD ? zc_value_wrong ("has no period") : NULL;
}
