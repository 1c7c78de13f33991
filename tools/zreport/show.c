/* SPDX-License-Identifier: MPL-2.0
 *
 * show.c - health, rejects, prices and pings as text for a person; see show.h.
 */
#include "zreport/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/amount.h"
#include "zreport/field.h"
#include "zreport/table.h"

#define COUNT(array) (sizeof (array) / sizeof (array) [0])

/* Any value in one line: what this version knows no better words for. */
static char *value_text (const zc_screen_t *screen, const json_t *value)
{
    if (json_is_integer (value))
        return zc_need (strdup (zc_count (json_integer_value (value)).text));
    if (json_is_string (value))
        return zc_screen_clean (screen, json_string_value (value), json_string_length (value));
    if (json_is_array (value) && json_array_size (value) == 0)
        return zc_need (strdup ("none"));
    return zc_need (json_dumps (value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION (15)));
}

/* "a 1, b 2" of a map, for the caller to free. */
static char *map_text (const zc_screen_t *screen, const json_t *map)
{
    char *text;
    size_t size;
    FILE *to = zc_need (open_memstream (&text, &size));
    const char *key, *comma = "";
    json_t *value;
    json_object_foreach ((json_t *) map, key, value) {
        char *name = zc_screen_clean (screen, key, strlen (key));
        char *shown = value_text (screen, value);
        fprintf (to, "%s%s %s", comma, name, shown);
        comma = ", ";
        free (name);
        free (shown);
    }
    fclose (to);
    return zc_need (text);
}

/* ------------------------------------------------------------------ unpriced models */

typedef struct {
    const char *model;
    int64_t count;
} unpriced_t;

static int more_first (const void *a, const void *b)
{
    const unpriced_t *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : strcmp (x->model, y->model);
}

/* For the caller to free. */
static unpriced_t *sort_unpriced (json_t *unpriced)
{
    unpriced_t *sorted = zc_need (calloc (json_object_size (unpriced) + 1, sizeof *sorted));
    size_t size = 0;
    const char *model;
    json_t *count;
    json_object_foreach (unpriced, model, count)
        sorted [size++] = (unpriced_t) {model, zc_count_of (count)};
    qsort (sorted, size, sizeof *sorted, more_first);
    return sorted;
}

void zc_show_unpriced (const zc_screen_t *screen, const json_t *unpriced, size_t max)
{
    size_t size = json_object_size (unpriced);
    unpriced_t *sorted = sort_unpriced ((json_t *) unpriced);
    zc_table_t *table = zc_table_new (screen, 2, "er");
    for (size_t i = 0; i < size && i < max; i++) {
        const char *model = *sorted [i].model ? sorted [i].model : "(no model named)";
        char *clean = zc_screen_clean (screen, model, strlen (model));
        ZC_ROW (table, clean, zc_count (sorted [i].count).text);
        free (clean);
    }
    zc_table_print (table);
    zc_table_destroy (&table);
    if (size > max)
        fprintf (screen->out, "  and %zu more: see zreport health\n", size - max);
    free (sorted);
}

/* ------------------------------------------------------------------ health */

static void show_rejected (const zc_screen_t *screen, const json_t *health)
{
    char *reasons = map_text (screen, zc_field (health, "rejected"));
    if (zc_field_count (health, "events.rejected") > 0)
        zc_screen_alarm (screen, "! Rejected", "%s", reasons);
    else
        zc_screen_field (screen, "Rejected", "%s", reasons);
    free (reasons);
}

static void show_health_unpriced (const zc_screen_t *screen, const json_t *health)
{
    const json_t *unpriced = zc_field (health, "unpriced");
    size_t models = json_object_size (unpriced);
    if (models == 0) {
        zc_screen_field (screen, "Unpriced", "no model");
        return;
    }
    zc_screen_alarm (screen, "! Unpriced", "events of %zu model%s without a known price:", models,
                     models == 1 ? "" : "s");
    zc_show_unpriced (screen, unpriced, SIZE_MAX);
}

/* The last drain in words, and whatever else a daemon tells of its queues. */
static void show_queues (const zc_screen_t *screen, const json_t *health)
{
    json_t *others = json_copy (zc_field (health, "queues"));
    int64_t frames = zc_field_count (others, "last_drain_frames");
    int64_t bytes = zc_field_count (others, "last_drain_bytes");
    if (json_object_del (others, "last_drain_frames") == 0 && json_object_del (others, "last_drain_bytes") == 0)
        zc_screen_field (screen, "Last drain", "%s frame%s, %s", zc_count (frames).text, frames == 1 ? "" : "s",
                         zc_bytes (bytes).text);
    if (json_object_size (others) > 0) {
        char *text = map_text (screen, others);
        zc_screen_field (screen, "Queues", "%s", text);
        free (text);
    }
    json_decref (others);
}

/* The keys that have words of their own, in zc_show_health. */
static bool is_told (const char *key)
{
    static const char *const told [] = {"instance", "version", "uptime_seconds", "rss_bytes", "events", "rejected",
                                        "unpriced", "queues", "cells", "cells_folded_to_other"};
    for (size_t i = 0; i < COUNT (told); i++)
        if (strcmp (key, told [i]) == 0)
            return true;
    return false;
}

static void show_untold (const zc_screen_t *screen, json_t *health)
{
    const char *key;
    json_t *value;
    json_object_foreach (health, key, value) {
        if (is_told (key))
            continue;
        char *label = zc_screen_clean (screen, key, strlen (key));
        char *text = json_is_object (value) ? map_text (screen, value) : value_text (screen, value);
        if (*label >= 'a' && *label <= 'z')
            *label = (char) (*label - 'a' + 'A');
        zc_screen_field (screen, label, "%s", text);
        free (label);
        free (text);
    }
}

void zc_show_health (const zc_screen_t *screen, const json_t *health)
{
    char *instance = zc_field_text (screen, health, "instance");
    char *version = zc_field_text (screen, health, "version");
    char *events = map_text (screen, zc_field (health, "events"));
    int64_t folded = zc_field_count (health, "cells_folded_to_other");
    zc_screen_field (screen, "zcostd", "%s%sversion %s", instance, *instance ? ", " : "", version);
    zc_screen_field (screen, "Up", "%s", zc_span (zc_field_count (health, "uptime_seconds")).text);
    zc_screen_field (screen, "Memory", "%s", zc_bytes (zc_field_count (health, "rss_bytes")).text);
    zc_screen_field (screen, "Events", "%s", events);
    show_rejected (screen, health);
    show_health_unpriced (screen, health);
    zc_screen_field (screen, "Cells", "%s", zc_count (zc_field_count (health, "cells")).text);
    if (folded > 0)
        zc_screen_alarm (screen, "! Folded", "%s events into the cell \"other\": too many distinct labels",
                         zc_count (folded).text);
    show_queues (screen, health);
    show_untold (screen, (json_t *) health);
    free (instance);
    free (version);
    free (events);
}

/* ------------------------------------------------------------------ rejects */

static int hex_digit (char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

/* The bytes of a hex string, legible where they are text: \x81\xa4type. For the caller to free. */
static char *head_text (const char *hex)
{
    char *text = zc_need (malloc (2 * strlen (hex) + 1));
    char *to = text;
    while (hex [0] && hex [1]) {
        int byte = hex_digit (hex [0]) << 4 | hex_digit (hex [1]);
        if (byte >= 0x20 && byte < 0x7f && byte != '\\')
            *to++ = (char) byte;
        else
            to += sprintf (to, "\\x%02x", byte);
        hex += 2;
    }
    *to = 0;
    return text;
}

static void add_reject (const zc_screen_t *screen, zc_table_t *table, const json_t *row)
{
    const char *hex = json_string_value (json_object_get (row, "head"));
    char *reason = zc_field_text (screen, row, "reason");
    char *detail = zc_field_text (screen, row, "detail");
    char *head = head_text (hex ? hex : "");
    zc_text_t time = zc_time (zc_field_count (row, "ts"));
    /* Without year and zone: the heading says that it is UTC, and the ring is short. */
    char *shown = time.text + strcspn (time.text, "-");
    shown += *shown == '-';
    char *zone = strstr (shown, " UTC");
    if (zone)
        *zone = 0;
    ZC_ROW (table, shown, reason, detail, head);
    free (reason);
    free (detail);
    free (head);
}

void zc_show_rejects (const zc_screen_t *screen, const json_t *rejects)
{
    const json_t *rows = zc_field (rejects, "rows");
    if (json_array_size (rows) == 0) {
        fputs ("nothing was rejected\n", screen->out);
        return;
    }
    zc_table_t *table = zc_table_new (screen, 2, "lleE");
    ZC_HEADING (table, "time (UTC)", "reason", "detail", "first bytes");
    for (size_t i = 0; i < json_array_size (rows); i++)
        add_reject (screen, table, json_array_get (rows, i));
    zc_table_print (table);
    zc_table_destroy (&table);
}

/* ------------------------------------------------------------------ price */

static const struct {
    const char *key, *name;
} rate_kinds [] = {
    {"input_usd_per_mtok", "input"},
    {"cache_read_usd_per_mtok", "cache read"},
    {"cache_write_usd_per_mtok", "cache write"},
    {"output_usd_per_mtok", "output"},
    {"reasoning_usd_per_mtok", "reasoning"},
};

static zc_text_t rate_text (const zc_screen_t *screen, const json_t *rates, const char *key)
{
    zc_text_t to = {"-"};
    char *rate = zc_field_text (screen, rates, key);
    if (*rate)
        snprintf (to.text, sizeof to.text, "$%s", rate);
    free (rate);
    return to;
}

static void show_rates (const zc_screen_t *screen, const json_t *price)
{
    const json_t *rates = zc_field (price, "rates"), *more = zc_field (price, "long_context.rates");
    char above [64];
    snprintf (above, sizeof above, "above %s tokens",
              zc_count (zc_field_count (price, "long_context.above_tokens")).text);
    zc_table_t *table = zc_table_new (screen, 2, more ? "edd" : "ed");
    ZC_HEADING (table, "per million tokens", "USD", above);
    for (size_t i = 0; i < COUNT (rate_kinds); i++) {
        const char *key = rate_kinds [i].key;
        if (!json_object_get (rates, key) && !json_object_get (more, key))
            continue;
        ZC_ROW (table, rate_kinds [i].name, rate_text (screen, rates, key).text, rate_text (screen, more, key).text);
    }
    zc_table_print (table);
    zc_table_destroy (&table);
}

static const char *how_text (const char *how)
{
    static const char *const texts [] [2] = {
        {"exact", "its exact name"},
        {"without_date", "without its date"},
        {"without_provider", "without its provider"},
    };
    for (size_t i = 0; i < COUNT (texts); i++)
        if (strcmp (how, texts [i] [0]) == 0)
            return texts [i] [1];
    return how;
}

static void show_price_table (const zc_screen_t *screen, const json_t *table)
{
    char *loaded = zc_field_text (screen, table, "loaded_at");
    char *source = zc_field_text (screen, table, "source");
    int64_t not_read = zc_field_count (table, "not_read");
    if (*source)
        zc_screen_field (screen, "Price table", "%s, %s models, loaded %s", source,
                         zc_count (zc_field_count (table, "models")).text, loaded);
    if (not_read > 0)
        zc_screen_alarm (screen, "! Not read", "%s entries of it", zc_count (not_read).text);
    free (source);
    free (loaded);
}

void zc_show_price (const zc_screen_t *screen, const json_t *price)
{
    char *model = zc_field_text (screen, price, "model");
    char *resolved = zc_field_text (screen, price, "resolved");
    char *how = zc_field_text (screen, price, "how");
    zc_screen_field (screen, "Model", "%s", model);
    if (zc_field (price, "rates")) {
        zc_screen_field (screen, "Priced as", "%s (%s)", resolved, how_text (how));
        show_rates (screen, price);
    } else
        zc_screen_alarm (screen, "! Unpriced", "no price is known: its events count, its cost does not");
    show_price_table (screen, zc_field (price, "price_table"));
    free (model);
    free (resolved);
    free (how);
}

/* ------------------------------------------------------------------ ping */

void zc_show_ping (const zc_screen_t *screen, const json_t *ping, int64_t elapsed_ns)
{
    char *version = zc_field_text (screen, ping, "version");
    char *incarnation = zc_field_text (screen, ping, "incarnation");
    zc_screen_field (screen, "zcostd", "%s, protocol %" PRId64, version, zc_field_count (ping, "protocol"));
    zc_screen_field (screen, "Incarnation", "%s", incarnation);
    zc_screen_field (screen, "Round trip", "%.2f ms", (double) elapsed_ns / 1e6);
    free (version);
    free (incarnation);
}
