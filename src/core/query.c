/* SPDX-License-Identifier: MPL-2.0
 *
 * query.c - one request to one reply.
 */
#include "core/query.h"

#include "core/health.h"
#include "core/pack.h"
#include "wire/reader.h"
#include "wire/utf8.h"

#define LEVELS_MAX 8

/* What a request asks for. */
typedef struct {
    zc_str_t query, model, service;
    bool names_producer;
    uint8_t producer [ZC_PRODUCER_BYTES];
    int64_t limit;
    bool windowed; /* since or until */
    const char *wrong;
} request_t;

/* --------------------------------------------------------------------- request */

static const char *read_name (const zc_value_t *value, zc_str_t *ret_name)
{
    if (value->kind != ZC_STR || value->size > ZCOST_STRING_MAX || !zc_utf8_valid (value->as.data, value->size))
        return "must be a string of at most 128 bytes of UTF-8";
    *ret_name = (zc_str_t) {(const char *) value->as.data, value->size};
    return NULL;
}

static int hex_digit (uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_producer (const zc_value_t *value, uint8_t ret_id [ZC_PRODUCER_BYTES])
{
    if (value->kind != ZC_STR || value->size != 2 * ZC_PRODUCER_BYTES)
        return false;
    for (size_t i = 0; i < ZC_PRODUCER_BYTES; i++) {
        int high = hex_digit (value->as.data [2 * i]), low = hex_digit (value->as.data [2 * i + 1]);
        if (high == -1 || low == -1)
            return false;
        ret_id [i] = (uint8_t) (high << 4 | low);
    }
    return true;
}

/* Takes one argument; what it does not know it lets pass, as later versions may. */
static void read_argument (const zc_value_t *key, const zc_value_t *value, request_t *request)
{
    if (key->kind != ZC_STR || value->kind == ZC_NIL)
        return;
    const char *wrong = NULL;
    if (ZC_IS (*key, "query")) {
        if (read_name (value, &request->query))
            wrong = "`query` must be the name of a query";
    } else if (ZC_IS (*key, "model")) {
        if (read_name (value, &request->model))
            wrong = "`model` must be a string of at most 128 bytes of UTF-8";
    } else if (ZC_IS (*key, "limit")) {
        if (value->kind != ZC_INT || value->as.i < 0)
            wrong = "`limit` must be an integer, 0 or more";
        else
            request->limit = value->as.i;
    } else if (ZC_IS (*key, "service")) {
        if (read_name (value, &request->service))
            wrong = "`service` must be a string of at most 128 bytes of UTF-8";
    } else if (ZC_IS (*key, "producer")) {
        request->names_producer = read_producer (value, request->producer);
        if (!request->names_producer)
            wrong = "`producer` must be a string of 32 hex digits";
    } else if (ZC_IS (*key, "since") || ZC_IS (*key, "until")) {
        if (value->kind != ZC_INT)
            wrong = "`since` and `until` must be integers of milliseconds";
        request->windowed = true;
    }
    if (wrong && !request->wrong)
        request->wrong = wrong;
}

/* Returns NULL, or what is wrong with the request. */
static const char *read_request (const uint8_t *at, const uint8_t *end, request_t *request)
{
    zc_value_t map;
    bool too_deep = false;
    if (at == end || zc_skip (at, end, LEVELS_MAX, &too_deep) != end || too_deep)
        return "a request is one msgpack map, nested at most 8 deep";
    at = zc_read (at, end, &map);
    if (map.kind != ZC_MAP)
        return "a request is a map {\"query\": name, ...}";
    for (uint32_t i = 0; i < map.size; i++) {
        zc_value_t key, value;
        zc_read (at, end, &key);
        at = zc_skip (at, end, LEVELS_MAX, &too_deep);
        zc_read (at, end, &value);
        at = zc_skip (at, end, LEVELS_MAX, &too_deep);
        read_argument (&key, &value, request);
    }
    if (request->wrong)
        return request->wrong;
    return request->query.data ? NULL : "the request names no `query`";
}

/* --------------------------------------------------------------------- answers */

static void pack_report (msgpack_packer *out, const zc_view_t *view, const request_t *request)
{
    bool of_one = request->service.data != NULL;
    zc_report_pack (out, view, of_one ? zc_ledger_service (view->ledger, request->service)
                                      : zc_ledger_totals (view->ledger));
}

/* What was wrong, as "key: why". */
static void pack_detail (msgpack_packer *out, const zc_rejected_t *row)
{
    const char *key = zc_key_name (row->key), *why = zc_why_text (row->why);
    const char *colon = *key ? ": " : "";
    msgpack_pack_str (out, strlen (key) + strlen (colon) + strlen (why));
    msgpack_pack_str_body (out, key, strlen (key));
    msgpack_pack_str_body (out, colon, strlen (colon));
    msgpack_pack_str_body (out, why, strlen (why));
}

static void pack_rejected (msgpack_packer *out, const zc_rejected_t *row)
{
    msgpack_pack_map (out, 4);
    zc_pack_key_int (out, "ts", row->ts_ms);
    zc_pack_key_text (out, "reason", zc_reason_name (row->reason));
    zc_pack_text (out, "detail");
    pack_detail (out, row);
    zc_pack_text (out, "head");
    msgpack_pack_bin_with_body (out, row->head, row->head_size);
}

static void pack_rejects (msgpack_packer *out, const zc_view_t *view, const request_t *request)
{
    size_t rows = zc_rejects_kept (view->rejects);
    if (rows > (uint64_t) request->limit)
        rows = (size_t) request->limit;
    msgpack_pack_map (out, 1);
    zc_pack_text (out, "rows");
    msgpack_pack_array (out, rows);
    for (size_t n = 0; n < rows; n++)
        pack_rejected (out, zc_rejects_nth (view->rejects, n));
}

/* A rate in atto-dollars a token is the same integer in pico-dollars a million tokens. */
static void pack_key_rate (msgpack_packer *out, const char *key, int64_t rate)
{
    char text [ZC_DECIMAL_TEXT];
    zc_pack_key_text (out, key, zc_money_format (rate, 12, 2, text));
}

static void pack_rates (msgpack_packer *out, const zc_rates_t *rates, bool has_output)
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

static void pack_price (msgpack_packer *out, const zc_view_t *view, const request_t *request)
{
    zc_resolved_t resolved = ZC_UNPRICED;
    const zc_price_t *price = zc_prices_find (zc_ledger_prices (view->ledger), request->model, &resolved);
    msgpack_pack_map (out, 4u + (price != NULL) + (price && price->above_tokens));
    zc_pack_text (out, "model");
    zc_pack_bytes (out, request->model.data, request->model.size);
    zc_pack_text (out, "resolved");
    if (price)
        zc_pack_text (out, price->name);
    else
        msgpack_pack_nil (out);
    zc_pack_key_text (out, "how", zc_resolved_name (resolved));
    if (price)
        pack_rates (out, &price->rates, price->has_output);
    if (price && price->above_tokens) {
        zc_pack_key_map (out, "long_context", 2);
        zc_pack_key_int (out, "above_tokens", price->above_tokens);
        pack_rates (out, &price->long_rates, price->has_output);
    }
    zc_report_pack_price_table (out, view);
}

static void pack_health (msgpack_packer *out, const zc_view_t *view, const request_t *request)
{
    (void) request;
    zc_health_pack (out, view);
}

static void pack_ack (msgpack_packer *out, const zc_view_t *view, const request_t *request)
{
    zc_ack_t ack = zc_producers_ack (view->producers, request->producer);
    zc_report_pack_ack (out, view->about, &ack);
}

static void pack_ping (msgpack_packer *out, const zc_view_t *view, const request_t *request)
{
    (void) request;
    msgpack_pack_map (out, 3);
    zc_pack_key_text (out, "version", view->about->version);
    zc_pack_key_int (out, "protocol", 1);
    zc_pack_key_text (out, "incarnation", view->about->incarnation);
}

typedef struct {
    const char *name;
    void (*pack) (msgpack_packer *, const zc_view_t *, const request_t *); /* NULL: not in this version */
} query_t;

static const query_t queries [] = {
    {"report", pack_report}, {"health", pack_health}, {"rejects", pack_rejects},
    {"price", pack_price},   {"ack", pack_ack},       {"ping", pack_ping},
    {"breakdown", NULL},     {"series", NULL},        {"budgets", NULL},
};

static const query_t *find_query (zc_str_t name)
{
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        if (strlen (queries [i].name) == name.size && memcmp (queries [i].name, name.data, name.size) == 0)
            return &queries [i];
    return NULL;
}

/* ----------------------------------------------------------------------- reply */

void zc_query_refuse (const char *code, const char *message, msgpack_sbuffer *reply)
{
    msgpack_packer out;
    msgpack_packer_init (&out, reply, msgpack_sbuffer_write);
    msgpack_pack_map (&out, 2);
    zc_pack_text (&out, "ok");
    msgpack_pack_false (&out);
    zc_pack_key_map (&out, "error", 2);
    zc_pack_key_text (&out, "code", code);
    zc_pack_key_text (&out, "message", message);
}

void zc_query_answer (const zc_view_t *view, const void *bytes, size_t size, msgpack_sbuffer *reply)
{
    request_t request = {.limit = ZC_REJECTS_LIMIT_DEFAULT};
    if (size > ZC_REQUEST_MAX_BYTES) {
        zc_query_refuse ("too_large", "a request is at most 65,536 bytes", reply);
        return;
    }
    const char *wrong = read_request (bytes, (const uint8_t *) bytes + size, &request);
    const query_t *query = wrong ? NULL : find_query (request.query);
    if (wrong)
        zc_query_refuse ("bad_request", wrong, reply);
    else if (!query)
        zc_query_refuse ("unknown_query", "no query of this name", reply);
    else if (!query->pack)
        zc_query_refuse ("unavailable", "this version does not answer this query yet", reply);
    else if (query->pack == pack_report && request.windowed)
        zc_query_refuse ("unavailable", "this version reports on everything since the ledger began only", reply);
    else if (query->pack == pack_price && !request.model.data)
        zc_query_refuse ("bad_request", "`price` needs a `model`", reply);
    else if (query->pack == pack_ack && !request.names_producer)
        zc_query_refuse ("bad_request", "`ack` needs a `producer`", reply);
    else {
        msgpack_packer out;
        msgpack_packer_init (&out, reply, msgpack_sbuffer_write);
        msgpack_pack_map (&out, 3);
        zc_pack_text (&out, "ok");
        msgpack_pack_true (&out);
        zc_pack_key_text (&out, "query", query->name);
        zc_pack_text (&out, "result");
        query->pack (&out, view, &request);
    }
}
