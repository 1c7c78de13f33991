/* SPDX-License-Identifier: MPL-2.0
 *
 * watch_data.h - what the live view knows: the last snapshot, the answers to its questions, alerts; and what the
 * person chose to see.
 *
 * Knows which questions to ask. Refuses to ask, to draw and to read a clock: the time is always given.
 */
#ifndef ZC_WATCH_DATA_H
#define ZC_WATCH_DATA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define ZC_WATCH_MINUTES 60    /* of the sparkline; the one that runs comes on top */
#define ZC_WATCH_NOW_MINUTES 5 /* "now" */
#define ZC_WATCH_TOP_ROWS 60   /* as many as a tall terminal shows */
#define ZC_WATCH_ALERTS 16     /* kept, the last ones */
#define ZC_WATCH_TAGS 4        /* of the daemon's, the contract's most */

typedef enum { ZC_SPAN_HOUR, ZC_SPAN_TODAY, ZC_SPAN_WEEK, ZC_SPAN_MONTH, ZC_SPANS } zc_span_t;
typedef enum {
    ZC_GROUPING_MODEL,
    ZC_GROUPING_SERVICE,
    ZC_GROUPING_PROVIDER,
    ZC_GROUPING_TIER,
    ZC_GROUPING_TYPE,
    ZC_GROUPING_TAG /* the first configured tag; the others follow */
} zc_grouping_t;

/* What is asked, in this order, round by round. */
typedef enum {
    ZC_ASKED_RECENT,  /* spend a minute: `series` of the last hour */
    ZC_ASKED_TODAY,   /* totals */
    ZC_ASKED_MONTH,
    ZC_ASKED_REPORT,  /* the report of the chosen span */
    ZC_ASKED_TOP,     /* rows of the chosen group in the chosen span */
    ZC_ASKED_BESIDE,  /* and of the group shown beside it */
    ZC_ASKED_BUDGETS,
    ZC_ASKED_HEALTH,
    ZC_ASKED
} zc_asked_t;

typedef struct {
    json_t *result;   /* the last answer; NULL: none yet */
    char *refusal;    /* why there is none, where the daemon said so */
    int64_t since_ms; /* what that was asked for; 0: no window */
    int64_t now_ms;   /* and when */
    int64_t next_since_ms, next_now_ms; /* the same, of the question under way */
} zc_known_t;

typedef struct {
    const char *endpoint, *query, *timezone; /* the caller's */

    /* What came. */
    json_t *snapshot; /* NULL: none yet */
    zc_known_t known [ZC_ASKED];
    json_t *alerts; /* an array, the newest first */
    char *tags [ZC_WATCH_TAGS]; /* the names that the daemon is configured with, as last told */
    size_t tags_count;

    /* What does not come: each NULL where all is well. */
    char *away;      /* the daemon as a whole */
    char *silence;   /* answers */
    char *complaint; /* about what came and is none of zcost's */

    /* What the person chose. */
    zc_span_t span;
    zc_grouping_t group;
    bool paused, help;

    int64_t heard_ms; /* when the snapshot came, by now_ms */
    int64_t now_ms;   /* of the frame that is drawn */
} zc_watch_data_t;

void zc_watch_data_init (zc_watch_data_t *self, const char *endpoint, const char *query, const char *timezone);
void zc_watch_data_free (zc_watch_data_t *self);

/* The request to ask now; the caller's. It notes what was asked for: give its answer before asking the same again. */
json_t *zc_watch_question (zc_watch_data_t *self, zc_asked_t asked, int64_t now_ms);

/* Takes ownership of the result; NULL: refused, for this reason. Health brings the tags to group by: where the one
 * that was chosen is gone, models are chosen in its place. */
void zc_watch_answer (zc_watch_data_t *self, zc_asked_t asked, json_t *result, const char *refusal);

/* Take ownership. A snapshot of another life of the daemon makes all older answers void. */
void zc_watch_snapshot (zc_watch_data_t *self, json_t *snapshot, int64_t now_ms);
void zc_watch_alert (zc_watch_data_t *self, json_t *alert);

/* What the person chooses; answers about what was chosen before are forgotten. */
void zc_watch_choose_span (zc_watch_data_t *self, zc_span_t span);
void zc_watch_choose_group (zc_watch_data_t *self, zc_grouping_t group);

/* The report to show: of the chosen span, else the snapshot's; NULL where there is neither. */
const json_t *zc_watch_report (const zc_watch_data_t *self);

/* Where the month's spending leads, as budgets project theirs; false: too early to say, or nothing known. */
bool zc_watch_projection (const zc_watch_data_t *self, int64_t *ret_nanousd);

/* Whether the answers come from the daemon that publishes the snapshots, as far as is known. */
bool zc_watch_is_one_daemon (const zc_watch_data_t *self);

/* The group shown beside the chosen one. */
zc_grouping_t zc_watch_beside (const zc_watch_data_t *self);

const char *zc_watch_span_name (zc_span_t span);   /* "today" */

/* Groups are numbered from 0; a tag's name is as it came from the daemon, to be cleaned before it is shown. */
int zc_watch_groups (const zc_watch_data_t *self);
const char *zc_watch_group_name (const zc_watch_data_t *self, zc_grouping_t group); /* the contract's: "model" */

/* Sets one of the texts above; NULL format: all is well. */
void zc_watch_say (char **text, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

#endif
