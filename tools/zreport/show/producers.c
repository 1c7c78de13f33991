/* SPDX-License-Identifier: MPL-2.0
 *
 * producers.c - the producers of stamped frames as text for a person; see show_health.h.
 */
#include "civil/clock.h"
#include "zreport/show/health.h"

#include <stdlib.h>
#include <string.h>

#include "zreport/show/amount.h"
#include "zreport/show/field.h"
#include "zreport/show/table.h"

#define SHOWN_MAX 20
#define SHORT_ID 8       /* hex digits: enough to tell a screenful of random ids apart */
#define WIDE_COLUMNS 120 /* from here on there is room for a whole id */

/* What time it is at the daemon, so that ages are right whatever our own clock says. */
static int64_t daemon_now_ms (const json_t *health)
{
    int64_t now_ms = zr_field_count (health, "now");
    int64_t synced_at_ms = zr_field_count (health, "journal.synced_at");
    if (now_ms > 0)
        return now_ms;
    if (synced_at_ms > 0)
        return synced_at_ms + zr_field_count (health, "journal.sync_age_ms");
    return zc_clock_wall_ms ();
}

/* As much of an id as there is room for; nothing of what is none. */
static zr_text_t id_text (const zr_screen_t *screen, const json_t *row)
{
    zr_text_t to;
    char *id = zr_field_text (screen, row, "producer");
    size_t size = strspn (id, "0123456789abcdef"), most = screen->columns >= WIDE_COLUMNS ? 32 : SHORT_ID;
    snprintf (to.text, sizeof to.text, "%.*s", (int) (size < most ? size : most), id);
    free (id);
    return to;
}

static void add_producer (const zr_screen_t *screen, zr_table_t *table, const json_t *row, int64_t now_ms)
{
    /* Numbers begin at 1, and `acknowledged` is the first that is not: one less were acknowledged. */
    int64_t next = zr_field_count (row, "next"), acknowledged = zr_field_count (row, "acknowledged");
    int64_t behind = next > acknowledged ? next - acknowledged : 0;
    ZR_ROW (table, id_text (screen, row).text, zr_amount_count (zr_field_count (row, "epoch")).text,
            zr_amount_count (acknowledged > 0 ? acknowledged - 1 : 0).text, zr_amount_count (behind).text,
            zr_amount_count (zr_field_count (row, "gaps")).text, zr_amount_count (zr_field_count (row, "lost")).text,
            zr_amount_count (zr_field_count (row, "dropped")).text,
            zr_amount_age (now_ms - zr_field_count (row, "last_seen")).text);
}

static void show_total (const zr_screen_t *screen, const json_t *health, int64_t live)
{
    int64_t expired = zr_field_count (health, "producers_total.expired");
    int64_t live_max = zr_field_count (health, "producers_total.live_max");
    char of [64] = "", gone [64] = "";
    if (live == 0 && expired == 0) {
        zr_screen_field (screen, "Producers", "none that asks for acknowledgements");
        return;
    }
    if (live_max > 0)
        snprintf (of, sizeof of, " of at most %.40s", zr_amount_count (live_max).text);
    if (expired > 0)
        snprintf (gone, sizeof gone, ", %.40s expired", zr_amount_count (expired).text);
    zr_screen_field (screen, "Producers", "%s live%s%s", zr_amount_count (live).text, of, gone);
}

void zr_show_producers (const zr_screen_t *screen, const json_t *health)
{
    const json_t *rows = zr_field (health, "producers");
    size_t size = json_array_size (rows), shown = size < SHOWN_MAX ? size : SHOWN_MAX;
    int64_t live = zr_field_count (health, "producers_total.live"), now_ms = daemon_now_ms (health);
    if (live < (int64_t) size)
        live = (int64_t) size;
    if (!rows)
        return;
    show_total (screen, health, live);
    if (shown == 0)
        return;
    zr_table_t *table = zr_table_new (screen, 2, "lRrrRRRr");
    ZR_HEADING (table, "producer", "epoch", "acknowledged", "behind", "gaps", "lost", "dropped", "last seen");
    for (size_t i = 0; i < shown; i++)
        add_producer (screen, table, json_array_get (rows, i), now_ms);
    zr_table_print (table);
    zr_table_destroy (&table);
    if (live > (int64_t) shown)
        fprintf (screen->out, "  and %s more%s\n", zr_amount_count (live - (int64_t) shown).text,
                 size > shown ? ": see zreport health --json" : "");
}
