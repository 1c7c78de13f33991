/* SPDX-License-Identifier: MPL-2.0
 *
 * exposition.c - writes metrics as text; see exposition.h.
 */
#include "zboard/exposition.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

static const char *suffix_of (zb_metric_t metric)
{
    return metric == ZB_COUNTER ? "_total" : metric == ZB_INFO ? "_info" : "";
}

/* In OpenMetrics a family's name has no suffix; in the older format it is that of its samples, and an info is a gauge. */
void zb_exposition_family (zb_exposition_t *self, zb_metric_t metric, const char *name, const char *help)
{
    static const char *const types [] = {
        [ZB_COUNTER] = "counter", [ZB_GAUGE] = "gauge", [ZB_INFO] = "info", [ZB_SUMMARY] = "summary"};
    self->name = name;
    self->suffix = suffix_of (metric);
    const char *suffix = self->open_metrics ? "" : self->suffix;
    const char *type = metric == ZB_INFO && !self->open_metrics ? "gauge" : types [metric];
    fprintf (self->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix, type);
}

/* A label's value: backslash, quote and line break are escaped. */
static void write_value (FILE *out, const char *value)
{
    for (; *value; value++)
        switch (*value) {
        case '\\':
            fputs ("\\\\", out);
            break;
        case '"':
            fputs ("\\\"", out);
            break;
        case '\n':
            fputs ("\\n", out);
            break;
        default:
            putc (*value, out);
        }
}

static void write_sample (zb_exposition_t *self, const char *value, va_list labels)
{
    const char *mark = "{", *name;
    fprintf (self->out, "%s%s", self->name, self->suffix);
    while ((name = va_arg (labels, const char *))) {
        fprintf (self->out, "%s%s=\"", mark, name);
        write_value (self->out, va_arg (labels, const char *));
        putc ('"', self->out);
        mark = ",";
    }
    fprintf (self->out, "%s %s\n", *mark == ',' ? "}" : "", value);
}

void zb_exposition_sample (zb_exposition_t *self, const char *value, ...)
{
    va_list labels;
    va_start (labels, value);
    write_sample (self, value, labels);
    va_end (labels);
}

/* 15 digits give any decimal of that length back as it was written. */
static void format (char *text, size_t size, double value)
{
    if (isnan (value))
        snprintf (text, size, "NaN");
    else
        snprintf (text, size, "%.15g", value);
}

void zb_exposition_number (zb_exposition_t *self, double value, ...)
{
    char text [40];
    va_list labels;
    format (text, sizeof text, value);
    va_start (labels, value);
    write_sample (self, text, labels);
    va_end (labels);
}

void zb_exposition_count (zb_exposition_t *self, uint64_t value, ...)
{
    char text [24];
    va_list labels;
    snprintf (text, sizeof text, "%" PRIu64, value);
    va_start (labels, value);
    write_sample (self, text, labels);
    va_end (labels);
}

void zb_exposition_one (zb_exposition_t *self, zb_metric_t metric, const char *name, const char *help, double value)
{
    zb_exposition_family (self, metric, name, help);
    zb_exposition_number (self, value, NULL);
}

void zb_exposition_end (zb_exposition_t *self)
{
    if (self->open_metrics)
        fputs ("# EOF\n", self->out);
}
