/* SPDX-License-Identifier: MPL-2.0
 *
 * reprice_show.c - what re-pricing changes, by model.
 */
#include "daemon/reprice/reprice_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/money.h"
#include "core/base/str.h"

#define NAME_COLUMNS 32

int zc_reprice_show_add (zc_repriced_t *self, uint32_t key, const zc_measures_t *then, const zc_measures_t *now)
{
    if (key >= self->count) {
        uint32_t count = key + 1 > 2 * self->count ? key + 1 : 2 * self->count;
        zc_repriced_key_t *keys = realloc (self->keys, count * sizeof *keys);
        if (!keys)
            return -1;
        memset (keys + self->count, 0, (count - self->count) * sizeof *keys);
        self->keys = keys;
        self->count = count;
    }
    zc_measures_add (&self->keys [key].then, then);
    zc_measures_add (&self->keys [key].now, now);
    return 0;
}

void zc_reprice_show_term (zc_repriced_t *self)
{
    free (self->keys);
    memset (self, 0, sizeof *self);
}

/* --------------------------------------------------------------------- by model */

typedef struct {
    zc_str_t model;
    zc_measures_t then, now;
} model_t;

static int by_name (const void *a, const void *b)
{
    zc_str_t left = ((const model_t *) a)->model, right = ((const model_t *) b)->model;
    size_t common = left.size < right.size ? left.size : right.size;
    int order = common ? memcmp (left.data, right.data, common) : 0;
    return order ? order : (left.size > right.size) - (left.size < right.size);
}

/* One of each name, of models in the order of their names. */
static size_t merge (model_t *models, size_t count)
{
    size_t merged = 0;
    for (size_t i = 0; i < count; i++)
        if (merged > 0 && zc_str_equal (models [merged - 1].model, models [i].model)) {
            zc_measures_add (&models [merged - 1].then, &models [i].then);
            zc_measures_add (&models [merged - 1].now, &models [i].now);
        } else
            models [merged++] = models [i];
    return merged;
}

/* Those whose figures change, in the order of their names; the caller's to free. NULL without memory. */
static model_t *changed_models (const zc_repriced_t *self, const zc_keys_t *keys, size_t *ret_count)
{
    uint32_t known = zc_keys_count (keys);
    model_t *models = calloc (self->count ? self->count : 1, sizeof *models);
    size_t count = 0;
    if (!models)
        return NULL;
    for (uint32_t key = 0; key < self->count && key < known; key++) {
        const zc_repriced_key_t *sums = &self->keys [key];
        if (memcmp (&sums->then, &sums->now, sizeof sums->then) != 0)
            models [count++] = (model_t){zc_keys_at (keys, key)->dimensions.model, sums->then, sums->now};
    }
    qsort (models, count, sizeof *models, by_name);
    *ret_count = merge (models, count);
    return models;
}

/* ------------------------------------------------------------------------ show */

static const char *usd (int64_t nanousd, char text [ZC_DECIMAL_TEXT])
{
    return zc_money_format (nanousd, ZC_NANOUSD_DECIMALS, ZC_NANOUSD_DECIMALS, text);
}

/* Names come from the wire: what a terminal would take for a command is shown as a question mark. */
static void show_name (zc_str_t name)
{
    int width = 0;
    for (uint32_t i = 0; i < name.size; i++) {
        uint8_t byte = (uint8_t) name.data [i];
        bool is_c1 = byte == 0xc2 && i + 1 < name.size && (uint8_t) name.data [i + 1] < 0xa0;
        if (byte < ' ' || byte == 0x7f || is_c1)
            putchar ('?');
        else
            putchar (byte);
        i += is_c1;
        width += (byte & 0xc0) != 0x80; /* no byte that goes on with a character */
    }
    printf ("%*s", width < NAME_COLUMNS ? NAME_COLUMNS - width : 0, "");
}

static void show_line (zc_str_t name, const zc_measures_t *then, const zc_measures_t *now)
{
    char before [ZC_DECIMAL_TEXT], after [ZC_DECIMAL_TEXT], change [ZC_DECIMAL_TEXT];
    show_name (name);
    printf (" %12lld %18s %18s %18s", (long long) then->events, usd (then->cost_nanousd, before),
            usd (now->cost_nanousd, after), usd (now->cost_nanousd - then->cost_nanousd, change));
    if (then->unpriced != now->unpriced)
        printf ("  unpriced %lld -> %lld", (long long) then->unpriced, (long long) now->unpriced);
    putchar ('\n');
}

static void show_savings (const char *what, int64_t then, int64_t now)
{
    char before [ZC_DECIMAL_TEXT], after [ZC_DECIMAL_TEXT];
    if (then != now)
        printf ("%s: %s -> %s USD\n", what, usd (then, before), usd (now, after));
}

static void show_head (const char *prices, int64_t since_s)
{
    char when [64];
    time_t seconds = (time_t) since_s;
    struct tm parts;
    strftime (when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", gmtime_r (&seconds, &parts));
    printf ("events since %s at the prices of %s\n\n%-*s %12s %18s %18s %18s\n", when, prices, NAME_COLUMNS, "model",
            "events", "USD before", "USD after", "change");
}

int zc_reprice_show_print (const zc_repriced_t *self, const zc_keys_t *keys, const zc_settings_t *settings,
                           int64_t since_s)
{
    static const zc_str_t none = {"(none)", 6}, all = {"all", 3};
    size_t count;
    zc_measures_t then = {0}, now = {0};
    model_t *models = changed_models (self, keys, &count);
    if (!models)
        return -1;
    show_head (settings->reprice, since_s);
    for (size_t i = 0; i < count; i++)
        show_line (models [i].model.size ? models [i].model : none, &models [i].then, &models [i].now);
    free (models);
    for (uint32_t key = 0; key < self->count; key++) {
        zc_measures_add (&then, &self->keys [key].then);
        zc_measures_add (&now, &self->keys [key].now);
    }
    show_line (all, &then, &now);
    show_savings ("baseline", then.baseline_nanousd, now.baseline_nanousd);
    show_savings ("saved by embedding caches", then.saved_nanousd, now.saved_nanousd);
    show_savings ("saved by prompt caches, net", then.prompt_saved_nanousd, now.prompt_saved_nanousd);
    return 0;
}

/* Names beyond the tally's cap are counted as `other`. */
static zc_str_t name_of (zc_intern_t *names, zc_str_t model, int64_t change)
{
    static const zc_str_t other = {"other", 5};
    uint32_t number;
    bool known = zc_intern_find (names, model, &number) == 0;
    return known || (change > 0 && zc_intern_add (names, model, &number) == 0) ? model : other;
}

int zc_reprice_show_correct_unpriced (const zc_repriced_t *self, const zc_keys_t *keys, zc_intern_t *names,
                                      zc_store_t *store)
{
    static const zc_cells_t nothing;
    size_t count = 0, changed = 0;
    model_t *models = changed_models (self, keys, &count);
    zc_unpriced_change_t *changes = calloc (count ? count : 1, sizeof *changes);
    for (size_t i = 0; models && changes && i < count; i++) {
        int64_t change = models [i].now.unpriced - models [i].then.unpriced;
        if (change != 0)
            changes [changed++] = (zc_unpriced_change_t){name_of (names, models [i].model, change), change};
    }
    int rc = models && changes ? zc_store_correct (store, &nothing, changes, changed) : -1;
    free (models);
    free (changes);
    return rc;
}
