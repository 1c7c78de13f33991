/* SPDX-License-Identifier: MPL-2.0
 *
 * reply.c - one request to one reply.
 */
#include "core/api/reply.h"

#include <stdlib.h>

#include "core/api/health.h"
#include "core/base/money.h"

/* --------------------------------------------------------------------- answers */

static void pack_report (zc_pack_t *out, const zc_report_source_t *view, const zc_request_t *request)
{
    const zc_totals_t *totals =
        request->service.data ? zc_ledger_service (view->ledger, request->service) : zc_ledger_totals (view->ledger);
    zc_report_pack (out, view, totals, NULL);
}

/* What was wrong, as "key: why". */
static void pack_detail (zc_pack_t *out, const zc_rejected_t *row)
{
    const char *key = zc_event_key_name (row->key);
    zc_pack_joined (out, key, *key ? ": " : "", zc_event_why_text (row->why));
}

static void pack_rejected (zc_pack_t *out, const zc_rejected_t *row)
{
    zc_pack_map (out, 4);
    zc_pack_key_int (out, "ts", row->ts_ms);
    zc_pack_key_text (out, "reason", zc_event_reason_name (row->reason));
    zc_pack_text (out, "detail");
    pack_detail (out, row);
    zc_pack_text (out, "head");
    zc_pack_bin (out, row->head, row->head_size);
}

static void pack_rejects (zc_pack_t *out, const zc_report_source_t *view, const zc_request_t *request)
{
    size_t rows = zc_rejects_kept (view->rejects);
    if (rows > (uint64_t) request->limit)
        rows = (size_t) request->limit;
    zc_pack_map (out, 1);
    zc_pack_key_array (out, "rows", rows);
    for (size_t n = 0; n < rows; n++)
        pack_rejected (out, zc_rejects_nth (view->rejects, n));
}

/* A rate in atto-dollars a token is the same integer in pico-dollars a million tokens. */
static void pack_key_rate (zc_pack_t *out, const char *key, int64_t rate)
{
    char text [ZC_DECIMAL_TEXT];
    zc_pack_key_text (out, key, zc_money_format (rate, 12, 2, text));
}

static void pack_rates (zc_pack_t *out, const zc_rates_t *rates, bool has_output)
{
    zc_pack_key_map (out, "rates", has_output ? 5 : 3);
    pack_key_rate (out, "input_usd_per_mtok", rates->input);
    pack_key_rate (out, "cache_read_usd_per_mtok", rates->cache_read);
    pack_key_rate (out, "cache_write_usd_per_mtok", rates->cache_write);
    if (!has_output)
        return;
    pack_key_rate (out, "output_usd_per_mtok", rates->output);
    pack_key_rate (out, "reasoning_usd_per_mtok", rates->reasoning);
}

static void pack_price (zc_pack_t *out, const zc_report_source_t *view, const zc_request_t *request)
{
    zc_resolved_t resolved = ZC_UNPRICED;
    const zc_price_t *price = zc_prices_find (zc_ledger_prices (view->ledger), request->model, &resolved);
    zc_pack_map (out, 4u + (price != NULL) + (price && price->above_tokens));
    zc_pack_text (out, "model");
    zc_pack_str (out, request->model.data, request->model.size);
    zc_pack_text (out, "resolved");
    if (price)
        zc_pack_text (out, price->name);
    else
        zc_pack_nil (out);
    zc_pack_key_text (out, "how", zc_prices_resolved_name (resolved));
    if (price)
        pack_rates (out, &price->rates, price->has_output);
    if (price && price->above_tokens) {
        zc_pack_key_map (out, "long_context", 2);
        zc_pack_key_int (out, "above_tokens", price->above_tokens);
        pack_rates (out, &price->long_rates, price->has_output);
    }
    zc_report_pack_price_table (out, view);
}

static void pack_health (zc_pack_t *out, const zc_report_source_t *view, const zc_request_t *request)
{
    (void) request;
    zc_health_pack (out, view);
}

static void pack_budgets (zc_pack_t *out, const zc_report_source_t *view, const zc_request_t *request)
{
    (void) request;
    if (view->budgets) {
        zc_budgets_pack (view->budgets, out, view->now_ms);
        return;
    }
    zc_pack_map (out, 1);
    zc_pack_key_array (out, "budgets", 0);
}

static void pack_ack (zc_pack_t *out, const zc_report_source_t *view, const zc_request_t *request)
{
    zc_ack_t ack = zc_producers_ack (view->producers, request->producer);
    zc_ack_pack (out, &ack, view->about->incarnation);
}

static void pack_ping (zc_pack_t *out, const zc_report_source_t *view, const zc_request_t *request)
{
    (void) request;
    zc_pack_map (out, 3);
    zc_pack_key_text (out, "version", view->about->version);
    zc_pack_key_int (out, "protocol", 1);
    zc_pack_key_text (out, "incarnation", view->about->incarnation);
}

/* By query; those that are always windowed are answered elsewhere. */
static void (*const packers [ZC_QUERIES]) (zc_pack_t *, const zc_report_source_t *, const zc_request_t *) = {
    [ZC_QUERY_REPORT] = pack_report, [ZC_QUERY_HEALTH] = pack_health,   [ZC_QUERY_REJECTS] = pack_rejects,
    [ZC_QUERY_PRICE] = pack_price,   [ZC_QUERY_BUDGETS] = pack_budgets, [ZC_QUERY_ACK] = pack_ack,
    [ZC_QUERY_PING] = pack_ping,
};

/* --------------------------------------------------------------------- windows */

/* NULL without memory. */
static const zc_totals_t *totals_of (const zc_report_source_t *view, const zc_rows_t *rows)
{
    size_t count = zc_rows_count (rows);
    zc_keyed_sums_t *sums = malloc ((count ? count : 1) * sizeof *sums);
    if (!sums)
        return NULL;
    for (size_t row = 0; row < count; row++)
        sums [row] = (zc_keyed_sums_t){zc_rows_type (rows, row), zc_rows_value (rows, row, ZC_REPORT_BY_TIER),
                                       zc_rows_sums (rows, row)->sums};
    const zc_totals_t *totals = zc_ledger_total_of (view->ledger, sums, count);
    free (sums);
    return totals;
}

/* ----------------------------------------------------------------------- reply */

void zc_reply_pack_error (const char *code, const char *message, zc_pack_t *reply)
{
    zc_pack_clear (reply);
    zc_pack_map (reply, 2);
    zc_pack_key_bool (reply, "ok", false);
    zc_pack_key_map (reply, "error", 2);
    zc_pack_key_text (reply, "code", code);
    zc_pack_key_text (reply, "message", message);
}

static void pack_out_of_memory (zc_pack_t *reply)
{
    zc_reply_pack_error ("unavailable", "out of memory", reply);
}

/* All of a reply but its result. */
static void begin_reply (zc_query_t query, zc_pack_t *reply)
{
    zc_pack_clear (reply);
    zc_pack_map (reply, 3);
    zc_pack_key_bool (reply, "ok", true);
    zc_pack_key_text (reply, "query", zc_request_query_name (query));
    zc_pack_text (reply, "result");
}

static void end_reply (zc_pack_t *reply)
{
    if (zc_pack_failed (reply))
        pack_out_of_memory (reply);
}

int zc_reply_read_request (const zc_report_source_t *view, const void *bytes, size_t size, zc_request_t *ret_request,
                           zc_pack_t *reply)
{
    const char *code, *why;
    if (zc_request_read (zc_ledger_policy (view->ledger), bytes, size, ret_request, &code, &why) == 0)
        return 0;
    zc_reply_pack_error (code, why, reply);
    return -1;
}

void zc_reply_pack (const zc_report_source_t *view, const zc_request_t *request, zc_pack_t *reply)
{
    begin_reply (request->query, reply);
    packers [request->query](reply, view, request);
    end_reply (reply);
}

void zc_reply_pack_report (const zc_report_source_t *view, const zc_window_plan_t *plan, const zc_rows_t *rows,
                           zc_pack_t *reply)
{
    const zc_totals_t *totals = totals_of (view, rows);
    if (!totals) {
        pack_out_of_memory (reply);
        return;
    }
    begin_reply (ZC_QUERY_REPORT, reply);
    zc_report_pack (reply, view, totals, &(zc_window_t){plan->since_ms, plan->until_ms});
    end_reply (reply);
}

int zc_reply_pack_rows (const zc_query_spec_t *spec, zc_rows_t *rows, zc_pack_t *reply)
{
    begin_reply (spec->asked == ZC_SPEC_SERIES ? ZC_QUERY_SERIES : ZC_QUERY_BREAKDOWN, reply);
    int rc = zc_rows_pack (rows, reply);
    if (rc == -1)
        zc_pack_clear (reply);
    return rc;
}
