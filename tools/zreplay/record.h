/* SPDX-License-Identifier: MPL-2.0
 *
 * record.h - one row of a trace: an event in the making.
 *
 * Knows the keys of the contract and the columns of public traces, checks each value
 * against the contract's limits, and says in words what is wrong: a row that would be
 * rejected by the daemon is refused here, with its line.
 */
#ifndef ZC_RECORD_H
#define ZC_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "zcost.h"

#define ZC_NO_TIME INT64_MIN

typedef struct {
    zcost_event_t event; /* strings belong to the source, until its next row */
    int64_t at_ns;       /* when the trace says it happened, since the epoch; ZC_NO_TIME: it does not say */
    zcost_tag_t tags [ZCOST_TAGS_MAX];
    char reason [160]; /* what is wrong, where a call below fails */
} zc_record_t;

/* What a row gets that does not have it. */
typedef struct {
    bool tiers;           /* rows are router queries, placed by their input tokens: */
    int64_t medium_from;  /* ... fewer than this: simple */
    int64_t complex_from; /* ... fewer than this: medium, else complex */
    const char *model;    /* of llm_call and query_router rows that name none; may be NULL */
    bool keep_time;       /* rows keep the times that they have: a table needs a column of them */
} zc_defaults_t;

typedef struct zc_field zc_field_t;

/* A key of the contract, exactly; NULL: none. */
const zc_field_t *zc_record_field_find (const char *key);
/* The same for the name of a column: in any case, and with the names that public traces use. */
const zc_field_t *zc_record_field_find_column (const char *name);
const char *zc_record_field_name (const zc_field_t *field);
bool zc_record_field_is_tags (const zc_field_t *field);
bool zc_record_field_is_text (const zc_field_t *field); /* a name, kept as it is */

void zc_record_clear (zc_record_t *self);

/* Each sets one field; 0, or -1 with a reason. Strings are not copied. */
int zc_record_set_text (zc_record_t *self, const zc_field_t *field, const char *text); /* as a CSV cell says it */
int zc_record_set_string (zc_record_t *self, const zc_field_t *field, const char *value);
int zc_record_set_int (zc_record_t *self, const zc_field_t *field, int64_t value);
int zc_record_set_real (zc_record_t *self, const zc_field_t *field, double value);
int zc_record_set_bool (zc_record_t *self, const zc_field_t *field, bool value);
int zc_record_add_tag (zc_record_t *self, const char *key, const char *value);

/* Fills in what defaults has for the row and checks it as a whole. 0, or -1 with a reason. */
int zc_record_finish (zc_record_t *self, const zc_defaults_t *defaults);

/* Writes a reason. Returns -1, for the caller to return. */
int zc_record_refuse (zc_record_t *self, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

#endif
