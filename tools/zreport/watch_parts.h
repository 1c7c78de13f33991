/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_parts.h - the parts of the live view, each as lines on a page of its own.
 *
 * Each part puts what matters most first: where the screen is too low, its last lines are left out.
 */
#ifndef ZC_WATCH_PARTS_H
#define ZC_WATCH_PARTS_H

#include "zreport/amount.h"
#include "zreport/watch_data.h"
#include "zreport/watch_page.h"

typedef void zc_part_t (const zc_watch_data_t *data, zc_page_t *page);

zc_part_t zc_part_title;    /* whose, which span, which group, how alive: one line */
zc_part_t zc_part_troubles; /* what stands in the way; no line where nothing does */
zc_part_t zc_part_spend;    /* now, today, this month */
zc_part_t zc_part_minutes;  /* the last hour by the minute: one line */
zc_part_t zc_part_chart;    /* the same, higher */
zc_part_t zc_part_tiers;
zc_part_t zc_part_top;      /* rows of the chosen group */
zc_part_t zc_part_beside;   /* and of another one */
zc_part_t zc_part_caches;   /* embedding cache, prompt cache, RAG preloads */
zc_part_t zc_part_budgets;
zc_part_t zc_part_alerts;
zc_part_t zc_part_health;   /* how good the data is */
zc_part_t zc_part_keys;     /* one line */
zc_part_t zc_part_help;

#define ZC_PART_LABEL 9 /* columns of a label of one word, with its gap */

/* A line that begins with a label. */
void zc_part_label (zc_page_t *page, int columns, const char *label);

/* What the shown report is about: "today", or "since 2026-11-02 08:00" where only the snapshot is known. */
zc_text_t zc_part_span (const zc_watch_data_t *data);

/* A group's name, clean; for the caller to free. */
char *zc_part_group_name (const zc_watch_data_t *data, const zc_page_t *page, zc_grouping_t group);

/* Why a question has no answer yet: for the caller to free. */
char *zc_part_missing (const zc_watch_data_t *data, const zc_page_t *page, zc_asked_t asked);

/* A moment by strftime's format, in the person's zone. */
zc_text_t zc_part_clock (const zc_watch_data_t *data, int64_t ms, const char *format);

#endif
