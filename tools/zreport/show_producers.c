/* SPDX-License-Identifier: MPL-2.0
 *
 * show_producers.c - the producers of stamped frames as text for a person; see show_health.h.
 */
#include "zreport/show_health.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "zreport/amount.h"
#include "zreport/field.h"
#include "zreport/table.h"

#define SHOWN_MAX 20
#define SHORT_ID 8       /* hex digits: enough to tell a screenful of random ids apart */
#define WIDE_COLUMNS 120 /* from here on there is room for a whole id */

/* What time it is at the daemon, so that ages are right whatever our own clock says. */
static int64_t daemon_now_ms (const json_t *health)
{
    int64_t now_ms = zc_field_count (health, "now");
    int64_t synced_at_ms = zc_field_count (health, "journal.synced_at");
    if (now_ms > 0)
        return now_ms;
    if (synced_at_ms > 0)
        return synced_at_ms + zc_field_count (health, "journal.sync_age_ms");
    return (int64_t) time (NULL) * 1000;
}

/* As much of an id as there is room for; nothing of what is none. */
static zc_text_t id_text (const zc_screen_t *screen, const json_t *row)
{
    zc_text_t to;
    char *id = zc_field_text (screen, row, "producer");
    size_t size = strspn (id, "0123456789abcdef"), most = screen->columns >= WIDE_COLUMNS ? 32 : SHORT_ID;
    snprintf (to.text, sizeof to.text, "%.*s", (int) (size < most ? size : most), id);
    free (id);
    return to;
}

static void add_producer (const zc_screen_t *screen, zc_table_t *table, const json_t *row, int64_t now_ms)
{
    /* Numbers begin at 1, and `acknowledged` is the first that is not: one less were acknowledged. */
    int64_t next = zc_field_count (row, "next"), acknowledged = zc_field_count (row, "acknowledged");
    int64_t behind = next > acknowledged ? next - acknowledged : 0;
    ZC_ROW (table, id_text (screen, row).text, zc_count (zc_field_count (row, "epoch")).text,
            zc_count (acknowledged > 0 ? acknowledged - 1 : 0).text, zc_count (behind).text,
            zc_count (zc_field_count (row, "gaps")).text, zc_count (zc_field_count (row, "lost")).text,
            zc_count (zc_field_count (row, "dropped")).text,
            zc_age (now_ms - zc_field_count (row, "last_seen")).text);
}

static void show_total (const zc_screen_t *screen, const json_t *health, int64_t live)
{
    int64_t expired = zc_field_count (health, "producers_total.expired");
    int64_t live_max = zc_field_count (health, "producers_total.live_max");
    char of [64] = "", gone [64] = "";
    if (live == 0 && expired == 0) {
        zc_screen_field (screen, "Producers", "none that wants acknowledgements");
        return;
    }
    if (live_max > 0)
        snprintf (of, sizeof of, " of at most %.40s", zc_count (live_max).text);
    if (expired > 0)
        snprintf (gone, sizeof gone, ", %.40s expired", zc_count (expired).text);
    zc_screen_field (screen, "Producers", "%s live%s%s", zc_count (live).text, of, gone);
}

void zc_show_producers (const zc_screen_t *screen, const json_t *health)
{
    const json_t *rows = zc_field (health, "producers");
    size_t size = json_array_size (rows), shown = size < SHOWN_MAX ? size : SHOWN_MAX;
    int64_t live = zc_field_count (health, "producers_total.live"), now_ms = daemon_now_ms (health);
    if (live < (int64_t) size)
        live = (int64_t) size;
    if (!rows)
        return;
    show_total (screen, health, live);
    if (shown == 0)
        return;
    zc_table_t *table = zc_table_new (screen, 2, "lRrrRRRr");
    ZC_HEADING (table, "producer", "epoch", "acknowledged", "behind", "gaps", "lost", "dropped", "last seen");
    for (size_t i = 0; i < shown; i++)
        add_producer (screen, table, json_array_get (rows, i), now_ms);
    zc_table_print (table);
    zc_table_destroy (&table);
    if (live > (int64_t) shown)
        fprintf (screen->out, "  and %s more%s\n", zc_count (live - (int64_t) shown).text,
                 size > shown ? ": see zreport health --json" : "");
}
