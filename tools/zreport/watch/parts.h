/* SPDX-License-Identifier: MPL-2.0
 *
 * parts.h - the parts of the live view, each as lines on a page of its own.
 *
 * Each part puts what matters most first: where the screen is too low, its last lines are left out.
 */
#ifndef ZR_WATCH_PARTS_H
#define ZR_WATCH_PARTS_H

#include "zreport/show/amount.h"
#include "zreport/watch/data.h"
#include "zreport/watch/page.h"

typedef void zr_watch_part_t (const zr_watch_data_t *data, zr_page_t *page);

zr_watch_part_t zr_watch_part_title;    /* whose, which span, which group, how alive: one line */
zr_watch_part_t zr_watch_part_troubles; /* what stands in the way; no line where nothing does */
zr_watch_part_t zr_watch_part_spend;    /* now, today, this month */
zr_watch_part_t zr_watch_part_minutes;  /* the last hour by the minute: one line */
zr_watch_part_t zr_watch_part_chart;    /* the same, higher */
zr_watch_part_t zr_watch_part_tiers;
zr_watch_part_t zr_watch_part_top;    /* rows of the chosen group */
zr_watch_part_t zr_watch_part_beside; /* and of another one */
zr_watch_part_t zr_watch_part_caches; /* embedding cache, prompt cache, RAG preloads */
zr_watch_part_t zr_watch_part_budgets;
zr_watch_part_t zr_watch_part_alerts;
zr_watch_part_t zr_watch_part_health; /* how good the data is */
zr_watch_part_t zr_watch_part_keys;   /* one line */
zr_watch_part_t zr_watch_part_help;

#define ZR_PART_LABEL 9 /* columns of a label of one word, with its gap */

/* A line that begins with a label. */
void zr_watch_part_label (zr_page_t *page, int columns, const char *label);

/* What the shown report is about: "today", or "since 2026-11-02 08:00" where only the snapshot is known. */
zr_text_t zr_watch_part_span (const zr_watch_data_t *data);

/* A group's name, clean; for the caller to free. */
char *zr_watch_part_group_name (const zr_watch_data_t *data, const zr_page_t *page, zr_grouping_t group);

/* Why a question has no answer yet: for the caller to free. */
char *zr_watch_part_missing (const zr_watch_data_t *data, const zr_page_t *page, zr_asked_t asked);

/* A moment by strftime's format, in the person's zone. */
zr_text_t zr_watch_part_clock (const zr_watch_data_t *data, int64_t ms, const char *format);

#endif
