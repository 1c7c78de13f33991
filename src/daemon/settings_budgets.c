/* SPDX-License-Identifier: MPL-2.0
 *
 * settings_budgets.c - the section `budgets`.
 */
#include "daemon/settings_budgets.h"

#include <string.h>

#include "core/base/money.h"
#include "core/window/query_spec.h"
#include "program/value.h"
#include "civil/zone.h"

_Static_assert(ZC_TIMEZONE_BYTES == ZC_ZONE_BYTES, "what is a zone's name fits");

#define NO_PERIOD (-1) /* as hours: nobody has said a period yet */

/* ----------------------------------------------------------------------- settings */

static const char *set_limit (zc_budget_t *self, const char *value)
{
    return zc_value_decimal (&self->limit_nanousd, value, ZC_NANOUSD_DECIMALS, "0.000000001", "1000000000");
}

static const char *set_period (zc_budget_t *self, const char *value)
{
    int64_t hours;
    char digits [8] = "";
    size_t length = strspn (value, "0123456789");
    if (strcmp (value, "day") == 0 || strcmp (value, "month") == 0) {
        self->period = *value == 'd' ? ZC_PERIOD_DAY : ZC_PERIOD_MONTH;
        self->hours = 0;
        return NULL;
    }
    if (length == 0 || length >= sizeof digits || strcmp (value + length, "h") != 0)
        return zc_value_wrong ("'%.80s' is neither day, month nor hours such as 24h", value);
    memcpy (digits, value, length);
    const char *why = zc_value_integer (&hours, digits, 1, ZC_BUDGET_HOURS_MAX);
    if (why)
        return why;
    self->period = ZC_PERIOD_HOURS;
    self->hours = hours;
    return NULL;
}

static const char *set_timezone (zc_budget_t *self, const char *value)
{
    if (!*value || !zc_zone_exists (value))
        return zc_value_wrong ("'%.80s' is no zone of the system's tz database, such as Europe/Madrid", value);
    return zc_value_text (self->timezone, sizeof self->timezone, value);
}

/* Numbers, with blanks between them. */
static const char *set_thresholds (zc_budget_t *self, const char *value)
{
    uint32_t percents [ZC_THRESHOLDS_MAX];
    size_t count = 0;
    for (const char *at = value + strspn (value, " \t"); *at; at += strspn (at, " \t")) {
        char word [16] = "";
        int64_t percent;
        size_t length = strcspn (at, " \t");
        if (count == ZC_THRESHOLDS_MAX)
            return zc_value_wrong ("at most %d thresholds", ZC_THRESHOLDS_MAX);
        memcpy (word, at, length < sizeof word ? length : sizeof word - 1);
        const char *why = zc_value_integer (&percent, word, 1, ZC_THRESHOLD_PERCENT_MAX);
        if (why)
            return why;
        if (count > 0 && percents [count - 1] >= percent)
            return zc_value_wrong ("'%.80s' does not ascend", value);
        percents [count++] = (uint32_t) percent;
        at += length;
    }
    if (count == 0)
        return zc_value_wrong ("is empty");
    memcpy (self->percents, percents, count * sizeof *percents);
    self->percents_count = count;
    return NULL;
}

static const struct {
    const char *name;
    const char *(*set) (zc_budget_t *, const char *);
} settings [] = {
    {"limit_usd", set_limit},
    {"period", set_period},
    {"timezone", set_timezone},
    {"thresholds", set_thresholds},
};

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
        return zc_value_wrong ("is neither type, service, tier, model, provider nor a tag of the section tags");
    if (dimension.by == ZC_BY_TYPE && !is_type (value))
        return zc_value_wrong ("'%.80s' is no type of event", value);
    if (dimension.by == ZC_BY_TIER && !is_tier (policy, value))
        return zc_value_wrong ("'%.80s' is no tier", value);
    for (size_t i = 0; i < self->where_count; i++)
        if (strcmp (self->where [i].dimension, name) == 0)
            return zc_value_wrong ("stands there twice");
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
        return zc_value_wrong ("there are two budgets of this name");
    if (list->count == ZC_BUDGETS_MAX)
        return zc_value_wrong ("at most %d budgets", ZC_BUDGETS_MAX);
    const char *why = zc_value_text (budget.name, sizeof budget.name, name);
    if (!why)
        list->list [list->count++] = budget;
    return why;
}

const char *zc_settings_set_budget (zc_budget_list_t *self, const zc_policy_t *policy, const char *path,
                                    const char *value)
{
    const char *slash = strchr (path, '/');
    if (!slash)
        return begin (self, path, value);
    zc_budget_t *last = self->count ? &self->list [self->count - 1] : NULL;
    size_t size = (size_t) (slash - path);
    if (!last || strlen (last->name) != size || memcmp (last->name, path, size) != 0)
        return zc_value_wrong ("a budget's name holds no '/'");
    const char *name = slash + 1;
    if (strcmp (name, "where") == 0)
        return *value ? zc_value_wrong ("is a section and takes no value") : NULL;
    if (strncmp (name, "where/", 6) == 0)
        return add_where (policy, last, name + 6, value);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strcmp (settings [i].name, name) == 0)
            return settings [i].set (last, value);
    return zc_value_wrong ("unknown setting");
}

const char *zc_settings_close_budget (const zc_budget_list_t *self, const char *path)
{
    const zc_budget_t *last = &self->list [self->count - 1];
    if (strchr (path, '/'))
        return NULL;
    if (last->limit_nanousd == 0)
        return zc_value_wrong ("has no limit_usd");
    return last->hours == NO_PERIOD ? zc_value_wrong ("has no period") : NULL;
}
