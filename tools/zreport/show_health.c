/* SPDX-License-Identifier: MPL-2.0
 *
 * show_health.c - the daemon's health as text for a person; see show.h.
 *
 * What should not be comes first: whoever looks at this screen is looking for it.
 */
#include "zreport/show_health.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/amount.h"
#include "zreport/field.h"
#include "zreport/show.h"

#define COUNT(array) (sizeof (array) / sizeof (array) [0])

/* ------------------------------------------------------------------ what is wrong */

static zc_text_t events_text (int64_t count)
{
    zc_text_t to;
    snprintf (to.text, sizeof to.text, "%.30s event%s", zc_count (count).text, count == 1 ? "" : "s");
    return to;
}

static bool show_missing_events (const zc_screen_t *screen, const json_t *health)
{
    int64_t lost = zc_field_count (health, "events.lost"), dropped = zc_field_count (health, "events.dropped");
    if (lost > 0)
        zc_screen_alarm (screen, "! Lost", "%s that %s sent, and never arrived", events_text (lost).text,
                         lost == 1 ? "was" : "were");
    if (dropped > 0)
        zc_screen_alarm (screen, "! Dropped", "%s for which a service's queue had no room",
                         events_text (dropped).text);
    return lost > 0 || dropped > 0;
}

/* ------------------------------------------------------------------ events */

static void show_events (const zc_screen_t *screen, const json_t *health)
{
    static const char *const kinds [] = {"rejected", "duplicate", "lost", "dropped"};
    const json_t *events = zc_field (health, "events");
    char text [256];
    int size = snprintf (text, sizeof text, "%s accepted", zc_count (zc_field_count (events, "accepted")).text);
    for (size_t i = 0; i < COUNT (kinds); i++)
        if (zc_field (events, kinds [i]))
            size += snprintf (text + size, sizeof text - (size_t) size, ", %s %s",
                              zc_count (zc_field_count (events, kinds [i])).text, kinds [i]);
    zc_screen_field (screen, "Events", "%s", text);
}

static void show_rejected (const zc_screen_t *screen, const json_t *health)
{
    char *reasons = zc_map_text (screen, zc_field (health, "rejected"), true);
    if (zc_field_count (health, "events.rejected") > 0)
        zc_screen_alarm (screen, "! Rejected", "%s", *reasons ? reasons : "for reasons that it does not tell");
    else
        zc_screen_field (screen, "Rejected", "%s", *reasons ? reasons : "none");
    free (reasons);
}

static void show_unpriced (const zc_screen_t *screen, const json_t *health)
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

static void show_cells (const zc_screen_t *screen, const json_t *health)
{
    int64_t folded = zc_field_count (health, "cells_folded_to_other");
    zc_screen_field (screen, "Cells", "%s", zc_count (zc_field_count (health, "cells")).text);
    if (folded > 0)
        zc_screen_alarm (screen, "! Folded", "%s events into the cell \"other\": too many distinct labels",
                         zc_count (folded).text);
}

/* The names that can be grouped by beside the contract's; an older daemon tells none. */
static void show_tags (const zc_screen_t *screen, const json_t *health)
{
    const json_t *tags = zc_field (health, "tags");
    char *text;
    size_t size;
    FILE *to = zc_need (open_memstream (&text, &size));
    for (size_t i = 0; i < json_array_size (tags); i++) {
        char *name = zc_value_text (screen, json_array_get (tags, i));
        fprintf (to, "%s%s", i > 0 ? ", " : "", name);
        free (name);
    }
    fclose (to);
    if (json_is_array (tags))
        zc_screen_field (screen, "Tags", "%s", *text ? text : "none configured");
    free (text);
}

/* ------------------------------------------------------------------ the rest */

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
        char *text = zc_map_text (screen, others, false);
        zc_screen_field (screen, "Queues", "%s", text);
        free (text);
    }
    json_decref (others);
}

/* The keys that have words of their own, here and in the parts. */
static bool is_told (const char *key)
{
    static const char *const told [] = {
        "instance", "version", "uptime_seconds", "rss_bytes", "events", "rejected", "unpriced", "queues", "cells",
        "cells_folded_to_other", "tags", "producers", "producers_total", "journal", "store", "waiting", "recovered", "now",
    };
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
        char *text = json_is_object (value) ? zc_map_text (screen, value, false) : zc_value_text (screen, value);
        if (*label >= 'a' && *label <= 'z')
            *label = (char) (*label - 'a' + 'A');
        zc_screen_field (screen, label, "%s", text);
        free (label);
        free (text);
    }
}

static void show_head (const zc_screen_t *screen, const json_t *health)
{
    char *instance = zc_field_text (screen, health, "instance");
    char *version = zc_field_text (screen, health, "version");
    zc_screen_field (screen, "zcostd", "%s%sversion %s", instance, *instance ? ", " : "", version);
    zc_screen_field (screen, "Up", "%s", zc_span (zc_field_count (health, "uptime_seconds")).text);
    zc_screen_field (screen, "Memory", "%s", zc_bytes (zc_field_count (health, "rss_bytes")).text);
    free (instance);
    free (version);
}

void zc_show_health (const zc_screen_t *screen, const json_t *health)
{
    const json_t *waiting = zc_field (health, "waiting");
    zc_show_waiting (screen, waiting);
    bool missing = show_missing_events (screen, health);
    if (missing || json_array_size (waiting) > 0)
        fputc ('\n', screen->out);
    show_head (screen, health);
    zc_show_recovered (screen, health);
    show_events (screen, health);
    show_rejected (screen, health);
    show_unpriced (screen, health);
    show_cells (screen, health);
    show_tags (screen, health);
    show_queues (screen, health);
    zc_show_journal (screen, health);
    zc_show_store (screen, health);
    if (waiting && json_array_size (waiting) == 0)
        zc_screen_field (screen, "Waiting for", "nothing");
    show_untold (screen, (json_t *) health);
    zc_show_producers (screen, health);
}
