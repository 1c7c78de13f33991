/* SPDX-License-Identifier: MPL-2.0
 *
 * health.c - the daemon's health as text for a person; see show.h.
 *
 * What should not be comes first: whoever looks at this screen is looking for it.
 */
#include "zreport/show/health.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/show/amount.h"
#include "zreport/show/field.h"
#include "zreport/show/show.h"

#define COUNT(array) (sizeof (array) / sizeof (array) [0])

/* ------------------------------------------------------------------ what is wrong */

static zr_text_t events_text (int64_t count)
{
    zr_text_t to;
    snprintf (to.text, sizeof to.text, "%.30s event%s", zr_amount_count (count).text, count == 1 ? "" : "s");
    return to;
}

static bool show_missing_events (const zr_screen_t *screen, const json_t *health)
{
    int64_t lost = zr_field_count (health, "events.lost"), dropped = zr_field_count (health, "events.dropped");
    if (lost > 0)
        zr_screen_alarm (screen, "! Lost", "%s that %s sent but never arrived", events_text (lost).text,
                         lost == 1 ? "was" : "were");
    if (dropped > 0)
        zr_screen_alarm (screen, "! Dropped", "%s for which a service's queue had no room left",
                         events_text (dropped).text);
    return lost > 0 || dropped > 0;
}

/* ------------------------------------------------------------------ events */

static void show_events (const zr_screen_t *screen, const json_t *health)
{
    static const char *const kinds [] = {"rejected", "duplicate", "lost", "dropped"};
    const json_t *events = zr_field (health, "events");
    char text [256];
    int size = snprintf (text, sizeof text, "%s accepted", zr_amount_count (zr_field_count (events, "accepted")).text);
    for (size_t i = 0; i < COUNT (kinds); i++)
        if (zr_field (events, kinds [i]))
            size += snprintf (text + size, sizeof text - (size_t) size, ", %s %s",
                              zr_amount_count (zr_field_count (events, kinds [i])).text, kinds [i]);
    zr_screen_field (screen, "Events", "%s", text);
}

static void show_rejected (const zr_screen_t *screen, const json_t *health)
{
    char *reasons = zr_field_map_text (screen, zr_field (health, "rejected"), true);
    if (zr_field_count (health, "events.rejected") > 0)
        zr_screen_alarm (screen, "! Rejected", "%s", *reasons ? reasons : "for unknown reasons");
    else
        zr_screen_field (screen, "Rejected", "%s", *reasons ? reasons : "none");
    free (reasons);
}

static void show_unpriced (const zr_screen_t *screen, const json_t *health)
{
    const json_t *unpriced = zr_field (health, "unpriced");
    size_t models = json_object_size (unpriced);
    if (models == 0) {
        zr_screen_field (screen, "Unpriced", "no model");
        return;
    }
    zr_screen_alarm (screen, "! Unpriced", "events of %zu model%s without a known price:", models,
                     models == 1 ? "" : "s");
    zr_show_unpriced (screen, unpriced, SIZE_MAX);
}

static void show_cells (const zr_screen_t *screen, const json_t *health)
{
    int64_t folded = zr_field_count (health, "cells_folded_to_other");
    zr_screen_field (screen, "Cells", "%s", zr_amount_count (zr_field_count (health, "cells")).text);
    if (folded > 0)
        zr_screen_alarm (screen, "! Folded", "%s events into \"other\": too many distinct names",
                         zr_amount_count (folded).text);
}

/* The names that can be grouped by beside the contract's; an older daemon tells none. */
static void show_tags (const zr_screen_t *screen, const json_t *health)
{
    const json_t *tags = zr_field (health, "tags");
    char *text;
    size_t size;
    FILE *to = zr_screen_need (open_memstream (&text, &size));
    for (size_t i = 0; i < json_array_size (tags); i++) {
        char *name = zr_field_value_text (screen, json_array_get (tags, i));
        fprintf (to, "%s%s", i > 0 ? ", " : "", name);
        free (name);
    }
    fclose (to);
    if (json_is_array (tags))
        zr_screen_field (screen, "Tags", "%s", *text ? text : "none configured");
    free (text);
}

/* ------------------------------------------------------------------ the rest */

/* The last drain in words, and whatever else a daemon tells of its queues. */
static void show_queues (const zr_screen_t *screen, const json_t *health)
{
    json_t *others = json_copy (zr_field (health, "queues"));
    int64_t frames = zr_field_count (others, "last_drain_frames");
    int64_t bytes = zr_field_count (others, "last_drain_bytes");
    if (json_object_del (others, "last_drain_frames") == 0 && json_object_del (others, "last_drain_bytes") == 0)
        zr_screen_field (screen, "Last drain", "%s frame%s, %s", zr_amount_count (frames).text, frames == 1 ? "" : "s",
                         zr_amount_bytes (bytes).text);
    if (json_object_size (others) > 0) {
        char *text = zr_field_map_text (screen, others, false);
        zr_screen_field (screen, "Queues", "%s", text);
        free (text);
    }
    json_decref (others);
}

/* The keys that have words of their own, here and in the parts. */
static bool is_told (const char *key)
{
    static const char *const told [] = {
        "instance",
        "version",
        "uptime_seconds",
        "rss_bytes",
        "events",
        "rejected",
        "unpriced",
        "queues",
        "cells",
        "cells_folded_to_other",
        "tags",
        "producers",
        "producers_total",
        "journal",
        "store",
        "waiting",
        "recovered",
        "now",
    };
    for (size_t i = 0; i < COUNT (told); i++)
        if (strcmp (key, told [i]) == 0)
            return true;
    return false;
}

static void show_untold (const zr_screen_t *screen, json_t *health)
{
    const char *key;
    json_t *value;
    json_object_foreach (health, key, value) {
        if (is_told (key))
            continue;
        char *label = zr_screen_clean (screen, key, strlen (key));
        char *text =
            json_is_object (value) ? zr_field_map_text (screen, value, false) : zr_field_value_text (screen, value);
        if (*label >= 'a' && *label <= 'z')
            *label = (char) (*label - 'a' + 'A');
        zr_screen_field (screen, label, "%s", text);
        free (label);
        free (text);
    }
}

static void show_head (const zr_screen_t *screen, const json_t *health)
{
    char *instance = zr_field_text (screen, health, "instance");
    char *version = zr_field_text (screen, health, "version");
    zr_screen_field (screen, "zcostd", "%s%sversion %s", instance, *instance ? ", " : "", version);
    zr_screen_field (screen, "Up", "%s", zr_amount_span (zr_field_count (health, "uptime_seconds")).text);
    zr_screen_field (screen, "Memory", "%s", zr_amount_bytes (zr_field_count (health, "rss_bytes")).text);
    free (instance);
    free (version);
}

void zr_show_health (const zr_screen_t *screen, const json_t *health)
{
    const json_t *waiting = zr_field (health, "waiting");
    zr_show_waiting (screen, waiting);
    bool missing = show_missing_events (screen, health);
    if (missing || json_array_size (waiting) > 0)
        fputc ('\n', screen->out);
    show_head (screen, health);
    zr_show_recovered (screen, health);
    show_events (screen, health);
    show_rejected (screen, health);
    show_unpriced (screen, health);
    show_cells (screen, health);
    show_tags (screen, health);
    show_queues (screen, health);
    zr_show_journal (screen, health);
    zr_show_store (screen, health);
    if (waiting && json_array_size (waiting) == 0)
        zr_screen_field (screen, "Waiting for", "nothing");
    show_untold (screen, (json_t *) health);
    zr_show_producers (screen, health);
}
