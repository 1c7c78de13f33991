/* SPDX-License-Identifier: MPL-2.0
 *
 * rows_measures.c - the measures of a row, a point or a total, as an answer tells them.
 *
 * An answer may hold a hundred thousand of them: so they are packed into a buffer of this call by msgpack-c's own
 * packer, instantiated over it and inlined (as in wire/encode.c), and handed on at once.
 */
#include <msgpack/pack_define.h>
#include <msgpack/timestamp.h>

#include "core/base/money.h"
#include "core/window/rows_internal.h"

#define KEY_MAX 31   /* bytes of a key: its header is one byte */
#define VALUE_MAX 33 /* the longest value is an amount's text; a number takes 9 */
#define PACKED_MAX (ZC_MEASURES_PAIRS * (1 + KEY_MAX + VALUE_MAX))

typedef struct {
    char *at; /* never beyond what PACKED_MAX allows for */
} out_t;

static inline int append (out_t *out, const void *bytes, size_t size)
{
    memcpy (out->at, bytes, size);
    out->at += size;
    return 0;
}

#define msgpack_pack_inline_func(name) static inline __attribute__ ((always_inline, unused)) int pack##name
#define msgpack_pack_inline_func_cint(name) static inline __attribute__ ((unused)) int pack##name
#define msgpack_pack_user out_t *
#define msgpack_pack_append_buffer(user, bytes, size) return append ((user), (bytes), (size))
/* The template's own timestamp packer, which we do not use, calls this one by its outer name. */
#define msgpack_pack_ext pack_ext
#include <msgpack/pack_template.h>
#undef msgpack_pack_ext

/* ----------------------------------------------------------------------- pairs */

/* Inlined where the key is a literal, whose size is then known. */
static inline __attribute__ ((always_inline)) void put_key (out_t *out, const char *key)
{
    size_t size = strlen (key);
    pack_str (out, size);
    pack_str_body (out, key, size);
}

static __attribute__ ((noinline)) void put_number (out_t *out, int64_t number)
{
    pack_int64 (out, number);
}

#define PUT_INT(out, key, number) (put_key ((out), key), put_number ((out), (number)))

/* Of what a sound ledger holds no difference passes 64 bits; of what a damaged store holds it may, and wraps. */
static int64_t difference (int64_t whole, int64_t part)
{
    return (int64_t) ((uint64_t) whole - (uint64_t) part);
}

static void put_money (out_t *out, const zc_row_sums_t *row)
{
    const zc_measures_t *sums = &row->sums;
    char usd [ZC_DECIMAL_TEXT];
    PUT_INT (out, "cost_nanousd", sums->cost_nanousd);
    put_key (out, "cost_usd");
    zc_money_format (sums->cost_nanousd, ZC_NANOUSD_DECIMALS, ZC_NANOUSD_DECIMALS, usd);
    put_key (out, usd);
    PUT_INT (out, "baseline_nanousd", sums->baseline_nanousd);
    PUT_INT (out, "savings_nanousd", difference (sums->baseline_nanousd, row->routed_cost_nanousd));
    PUT_INT (out, "assumed_baseline_nanousd", sums->assumed_baseline_nanousd);
    PUT_INT (out, "assumed_savings_nanousd", difference (sums->assumed_baseline_nanousd, sums->assumed_cost_nanousd));
}

static void put_tokens (out_t *out, const zc_measures_t *sums)
{
    PUT_INT (out, "input_tokens", sums->input_tokens);
    PUT_INT (out, "cache_read_tokens", sums->cache_read_tokens);
    PUT_INT (out, "cache_write_tokens", sums->cache_write_tokens);
    PUT_INT (out, "output_tokens", sums->output_tokens);
    PUT_INT (out, "reasoning_tokens", sums->reasoning_tokens);
}

static void put_saved (out_t *out, const zc_measures_t *sums)
{
    PUT_INT (out, "hits", sums->hits);
    PUT_INT (out, "misses", sums->misses);
    PUT_INT (out, "saved_tokens", sums->saved_tokens);
    PUT_INT (out, "cache_saved_nanousd", sums->saved_nanousd);
    PUT_INT (out, "assumed_cache_saved_nanousd", sums->assumed_saved_nanousd);
    PUT_INT (out, "prompt_cache_saved_nanousd", sums->prompt_saved_nanousd);
    put_key (out, "time_saved_seconds");
    pack_double (out, (double) sums->saved_ns / 1e9);
}

/* ------------------------------------------------------------------- latencies */

#define QUANTILES 3

static inline __attribute__ ((always_inline)) void put_quantile (out_t *out, const char *key, const int64_t *us)
{
    put_key (out, key);
    if (us)
        pack_double (out, (double) *us / 1000);
    else
        pack_nil (out);
}

static void put_latency (out_t *out, const zc_binned_t *counts, size_t n)
{
    static const double qs [QUANTILES] = {0.50, 0.95, 0.99};
    int64_t us [QUANTILES], events = 0;
    for (size_t i = 0; i < n; i++)
        events += ZC_BINNED_EVENTS (counts [i]);
    if (n > 0)
        zc_sketch_quantiles (counts, n, qs, QUANTILES, us);
    PUT_INT (out, "latency_events", events);
    put_quantile (out, "latency_ms_p50", n > 0 ? &us [0] : NULL);
    put_quantile (out, "latency_ms_p95", n > 0 ? &us [1] : NULL);
    put_quantile (out, "latency_ms_p99", n > 0 ? &us [2] : NULL);
}

/* -------------------------------------------------------------------- measures */

void zc_rows_measures_pack (zc_pack_t *packer, const zc_row_sums_t *row, const zc_binned_t *counts, size_t n)
{
    char packed [PACKED_MAX];
    out_t out = {packed};
    PUT_INT (&out, "events", row->sums.events);
    PUT_INT (&out, "unpriced_events", row->sums.unpriced);
    PUT_INT (&out, "measured_events", row->sums.measured);
    put_money (&out, row);
    put_tokens (&out, &row->sums);
    put_saved (&out, &row->sums);
    put_latency (&out, counts, n);
    zc_pack_raw (packer, packed, (size_t) (out.at - packed));
}
