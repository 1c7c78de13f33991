/* SPDX-License-Identifier: MPL-2.0
 *
 * data.h - what the live view knows: the last snapshot, the answers to its questions, alerts; and what the
 * person chose to see.
 *
 * Knows which questions to ask. Refuses to ask, to draw and to read a clock: the time is always given.
 */
#ifndef ZR_WATCH_DATA_H
#define ZR_WATCH_DATA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define ZR_WATCH_MINUTES 60    /* of the sparkline; the one that runs comes on top */
#define ZR_WATCH_NOW_MINUTES 5 /* "now" */
#define ZR_WATCH_TOP_ROWS 60   /* as many as a tall terminal shows */
#define ZR_WATCH_ALERTS 16     /* kept, the last ones */
#define ZR_WATCH_TAGS 4        /* of the daemon's, the contract's most */

typedef enum { ZR_SPAN_HOUR, ZR_SPAN_TODAY, ZR_SPAN_WEEK, ZR_SPAN_MONTH, ZR_SPANS } zr_span_t;
typedef enum {
    ZR_GROUPING_MODEL,
    ZR_GROUPING_SERVICE,
    ZR_GROUPING_PROVIDER,
    ZR_GROUPING_TIER,
    ZR_GROUPING_TYPE,
    ZR_GROUPING_TAG /* the first configured tag; the others follow */
} zr_grouping_t;

/* What is asked, in this order, round by round. */
typedef enum {
    ZR_ASKED_RECENT, /* spend a minute: `series` of the last hour */
    ZR_ASKED_TODAY,  /* totals */
    ZR_ASKED_MONTH,
    ZR_ASKED_REPORT, /* the report of the chosen span */
    ZR_ASKED_TOP,    /* rows of the chosen group in the chosen span */
    ZR_ASKED_BESIDE, /* and of the group shown beside it */
    ZR_ASKED_BUDGETS,
    ZR_ASKED_HEALTH,
    ZR_ASKED
} zr_asked_t;

typedef struct {
    json_t *result;                     /* the last answer; NULL: none yet */
    char *refusal;                      /* why there is none, where the daemon said so */
    int64_t since_ms;                   /* what that was asked for; 0: no window */
    int64_t now_ms;                     /* and when */
    int64_t next_since_ms, next_now_ms; /* the same, of the question under way */
} zr_known_t;

typedef struct {
    const char *endpoint, *query, *timezone; /* the caller's */

    /* What came. */
    json_t *snapshot; /* NULL: none yet */
    zr_known_t known [ZR_ASKED];
    json_t *alerts;             /* an array, the newest first */
    char *tags [ZR_WATCH_TAGS]; /* the names that the daemon is configured with, as last told */
    size_t tags_count;

    /* What does not come: each NULL where all is well. */
    char *away;      /* the daemon as a whole */
    char *silence;   /* answers */
    char *complaint; /* about what came and is none of zcost's */

    /* What the person chose. */
    zr_span_t span;
    zr_grouping_t group;
    bool paused, help;

    int64_t heard_ms; /* when the snapshot came, by now_ms */
    int64_t now_ms;   /* of the frame that is drawn */
} zr_watch_data_t;

void zr_watch_data_init (zr_watch_data_t *self, const char *endpoint, const char *query, const char *timezone);
void zr_watch_data_free (zr_watch_data_t *self);

/* The request to ask now; the caller's. It notes what was asked for: give its answer before asking the same again. */
json_t *zr_watch_question (zr_watch_data_t *self, zr_asked_t asked, int64_t now_ms);

/* Takes ownership of the result; NULL: refused, for this reason. Health brings the tags to group by: where the one
 * that was chosen is gone, models are chosen in its place. */
void zr_watch_answer (zr_watch_data_t *self, zr_asked_t asked, json_t *result, const char *refusal);

/* Take ownership. A snapshot of another life of the daemon makes all older answers void. */
void zr_watch_snapshot (zr_watch_data_t *self, json_t *snapshot, int64_t now_ms);
void zr_watch_alert (zr_watch_data_t *self, json_t *alert);

/* What the person chooses; answers about what was chosen before are forgotten. */
void zr_watch_choose_span (zr_watch_data_t *self, zr_span_t span);
void zr_watch_choose_group (zr_watch_data_t *self, zr_grouping_t group);

/* The report to show: of the chosen span, else the snapshot's; NULL where there is neither. */
const json_t *zr_watch_report (const zr_watch_data_t *self);

/* Where the month's spending leads, as budgets project theirs; false: too early to say, or nothing known. */
bool zr_watch_projection (const zr_watch_data_t *self, int64_t *ret_nanousd);

/* Whether the answers come from the daemon that publishes the snapshots, as far as is known. */
bool zr_watch_is_one_daemon (const zr_watch_data_t *self);

/* The group shown beside the chosen one. */
zr_grouping_t zr_watch_beside (const zr_watch_data_t *self);

const char *zr_watch_span_name (zr_span_t span); /* "today" */

/* Groups are numbered from 0; a tag's name is as it came from the daemon, to be cleaned before it is shown. */
int zr_watch_groups (const zr_watch_data_t *self);
const char *zr_watch_group_name (const zr_watch_data_t *self, zr_grouping_t group); /* the contract's: "model" */

/* Sets one of the texts above; NULL format: all is well. */
void zr_watch_say (char **text, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

#endif
