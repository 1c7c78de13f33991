/* SPDX-License-Identifier: MPL-2.0
 *
 * show.c - rejects, prices and pings as text for a person; see show.h.
 */
#include "zreport/show/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "zreport/show/amount.h"
#include "zreport/show/field.h"
#include "zreport/show/table.h"

#define COUNT(array) (sizeof (array) / sizeof (array) [0])

/* ------------------------------------------------------------------ rejects */

static int hex_digit (char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

/* The bytes of a hex string, legible where they are text: \x81\xa4type. For the caller to free. */
static char *head_text (const char *hex)
{
    char *text = zr_screen_need (malloc (2 * strlen (hex) + 1));
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

static void add_reject (const zr_screen_t *screen, zr_table_t *table, const json_t *row)
{
    const char *hex = json_string_value (json_object_get (row, "head"));
    char *reason = zr_field_text (screen, row, "reason");
    char *detail = zr_field_text (screen, row, "detail");
    char *head = head_text (hex ? hex : "");
    zr_text_t time = zr_amount_time (zr_field_count (row, "ts"));
    /* Without year and zone: the heading says that it is UTC, and the ring is short. */
    char *shown = time.text + strcspn (time.text, "-");
    shown += *shown == '-';
    char *zone = strstr (shown, " UTC");
    if (zone)
        *zone = 0;
    ZR_ROW (table, shown, reason, detail, head);
    free (reason);
    free (detail);
    free (head);
}

void zr_show_rejects (const zr_screen_t *screen, const json_t *rejects)
{
    const json_t *rows = zr_field (rejects, "rows");
    if (json_array_size (rows) == 0) {
        fputs ("nothing was rejected\n", screen->out);
        return;
    }
    zr_table_t *table = zr_table_new (screen, 2, "lleE");
    ZR_HEADING (table, "time (UTC)", "reason", "detail", "first bytes");
    for (size_t i = 0; i < json_array_size (rows); i++)
        add_reject (screen, table, json_array_get (rows, i));
    zr_table_print (table);
    zr_table_destroy (&table);
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

static zr_text_t rate_text (const zr_screen_t *screen, const json_t *rates, const char *key)
{
    zr_text_t to = {"-"};
    char *rate = zr_field_text (screen, rates, key);
    if (*rate)
        snprintf (to.text, sizeof to.text, "$%s", rate);
    free (rate);
    return to;
}

static void show_rates (const zr_screen_t *screen, const json_t *price)
{
    const json_t *rates = zr_field (price, "rates"), *more = zr_field (price, "long_context.rates");
    char above [64];
    snprintf (above, sizeof above, "above %s tokens",
              zr_amount_count (zr_field_count (price, "long_context.above_tokens")).text);
    zr_table_t *table = zr_table_new (screen, 2, more ? "edd" : "ed");
    ZR_HEADING (table, "per million tokens", "USD", above);
    for (size_t i = 0; i < COUNT (rate_kinds); i++) {
        const char *key = rate_kinds [i].key;
        if (!json_object_get (rates, key) && !json_object_get (more, key))
            continue;
        ZR_ROW (table, rate_kinds [i].name, rate_text (screen, rates, key).text, rate_text (screen, more, key).text);
    }
    zr_table_print (table);
    zr_table_destroy (&table);
}

static const char *how_text (const char *how)
{
    static const char *const texts [][2] = {
        {"exact", "its exact name"},
        {"without_date", "without its date"},
        {"without_provider", "without its provider"},
    };
    for (size_t i = 0; i < COUNT (texts); i++)
        if (strcmp (how, texts [i][0]) == 0)
            return texts [i][1];
    return how;
}

static void show_price_table (const zr_screen_t *screen, const json_t *table)
{
    char *loaded = zr_field_text (screen, table, "loaded_at");
    char *source = zr_field_text (screen, table, "source");
    int64_t not_read = zr_field_count (table, "not_read");
    if (*source)
        zr_screen_field (screen, "Price table", "%s, %s models, loaded %s", source,
                         zr_amount_count (zr_field_count (table, "models")).text, loaded);
    if (not_read > 0)
        zr_screen_alarm (screen, "! Not read", "%s entries of the price table", zr_amount_count (not_read).text);
    free (source);
    free (loaded);
}

void zr_show_price (const zr_screen_t *screen, const json_t *price)
{
    char *model = zr_field_text (screen, price, "model");
    char *resolved = zr_field_text (screen, price, "resolved");
    char *how = zr_field_text (screen, price, "how");
    zr_screen_field (screen, "Model", "%s", model);
    if (zr_field (price, "rates")) {
        zr_screen_field (screen, "Priced as", "%s (%s)", resolved, how_text (how));
        show_rates (screen, price);
    } else
        zr_screen_alarm (screen, "! Unpriced", "no price is known: its events are counted, their cost is not");
    show_price_table (screen, zr_field (price, "price_table"));
    free (model);
    free (resolved);
    free (how);
}

/* ------------------------------------------------------------------ ping */

void zr_show_ping (const zr_screen_t *screen, const json_t *ping, int64_t elapsed_ns)
{
    char *version = zr_field_text (screen, ping, "version");
    char *incarnation = zr_field_text (screen, ping, "incarnation");
    zr_screen_field (screen, "zcostd", "%s, protocol %" PRId64, version, zr_field_count (ping, "protocol"));
    zr_screen_field (screen, "Incarnation", "%s", incarnation);
    zr_screen_field (screen, "Round trip", "%.2f ms", (double) elapsed_ns / 1e6);
    free (version);
    free (incarnation);
}
