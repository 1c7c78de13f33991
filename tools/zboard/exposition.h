/* SPDX-License-Identifier: MPL-2.0
 *
 * exposition.h - writes metrics in the text format of Prometheus (0.0.4), or in OpenMetrics 1.0.
 *
 * Formats: prometheus.io/docs/instrumenting/exposition_formats, openmetrics.io. Keeps families apart and escapes labels.
 * Refuses to know a metric.
 */
#ifndef ZB_EXPOSITION_H
#define ZB_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define ZB_TYPE_PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"
#define ZB_TYPE_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

typedef struct {
    FILE *out; /* a stream in memory: open_memstream */
    bool open_metrics;
    const char *name;   /* of the family */
    const char *suffix; /* of its samples: "_total" of a counter */
} zb_exposition_t;

typedef enum { ZB_COUNTER, ZB_GAUGE, ZB_INFO, ZB_SUMMARY } zb_metric_t;

/* Begins a family. name: without the _total of a counter, or the _info of an info. */
void zb_exposition_family (zb_exposition_t *self, zb_metric_t metric, const char *name, const char *help);

/* One sample of the family: labels in pairs of name and value, NULL behind the last. value: as it is to stand there. */
void zb_exposition_sample (zb_exposition_t *self, const char *value, ...) __attribute__ ((sentinel));

/* The same with a number. */
void zb_exposition_number (zb_exposition_t *self, double value, ...) __attribute__ ((sentinel));
void zb_exposition_count (zb_exposition_t *self, uint64_t value, ...) __attribute__ ((sentinel));

/* A family of one sample. */
void zb_exposition_one (zb_exposition_t *self, zb_metric_t metric, const char *name, const char *help, double value);

void zb_exposition_end (zb_exposition_t *self);

#endif
