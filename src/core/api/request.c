/* SPDX-License-Identifier: MPL-2.0
 *
 * request.c - what a request asks for.
 */
#include "core/api/request.h"

#include "core/base/str.h"
#include "wire/hex.h"
#include "wire/reader.h"
#include "wire/utf8.h"

#define LEVELS_MAX 8

static const char *const query_names [ZC_QUERIES] = {
    [ZC_QUERY_REPORT] = "report",   [ZC_QUERY_BREAKDOWN] = "breakdown",
    [ZC_QUERY_SERIES] = "series",   [ZC_QUERY_HEALTH] = "health",
    [ZC_QUERY_REJECTS] = "rejects", [ZC_QUERY_PRICE] = "price",
    [ZC_QUERY_BUDGETS] = "budgets", [ZC_QUERY_ACK] = "ack",
    [ZC_QUERY_PING] = "ping",
};

/* A request while it is read. */
typedef struct {
    const zc_policy_t *policy;
    zc_request_t request;
    zc_str_t name; /* of the query */
    bool names_producer;
    bool has_limit;
} draft_t;

/* An argument's value: its header, and where its children stand. */
typedef struct {
    zc_value_t head;
    const uint8_t *children, *end;
} argument_t;

/* --------------------------------------------------------------------- scalars */

static bool read_text (const zc_value_t *value, zc_str_t *ret_text)
{
    if (value->kind != ZC_STR || value->size > ZCOST_STRING_MAX || !zc_utf8_valid (value->as.data, value->size))
        return false;
    *ret_text = (zc_str_t){(const char *) value->as.data, value->size};
    return true;
}

static const char *read_query (const argument_t *argument, draft_t *draft)
{
    return read_text (&argument->head, &draft->name) ? NULL : "`query` must be the name of a query";
}

static const char *read_model (const argument_t *argument, draft_t *draft)
{
    return read_text (&argument->head, &draft->request.model)
               ? NULL
               : "`model` must be a string of at most 128 bytes of UTF-8";
}

static const char *read_service (const argument_t *argument, draft_t *draft)
{
    return read_text (&argument->head, &draft->request.service)
               ? NULL
               : "`service` must be a string of at most 128 bytes of UTF-8";
}

static const char *read_limit (const argument_t *argument, draft_t *draft)
{
    if (argument->head.kind != ZC_INT || argument->head.as.i < 0)
        return "`limit` must be an integer, 0 or more";
    draft->request.limit = argument->head.as.i;
    draft->has_limit = true;
    return NULL;
}

static const char *read_producer (const argument_t *argument, draft_t *draft)
{
    const zc_value_t *value = &argument->head;
    uint8_t *producer = draft->request.producer;
    if (value->kind != ZC_STR || value->size != 2 * ZC_PRODUCER_BYTES ||
        !zc_hex_read ((const char *) value->as.data, ZC_PRODUCER_BYTES, producer))
        return "`producer` must be a string of 32 hex digits";
    draft->names_producer = true;
    return NULL;
}

/* ---------------------------------------------------------------------- window */

static const char *read_since (const argument_t *argument, draft_t *draft)
{
    if (argument->head.kind != ZC_INT)
        return "`since` and `until` must be integers, in milliseconds";
    draft->request.spec.since_ms = argument->head.as.i;
    draft->request.spec.has_since = true;
    return NULL;
}

static const char *read_until (const argument_t *argument, draft_t *draft)
{
    if (argument->head.kind != ZC_INT)
        return "`since` and `until` must be integers, in milliseconds";
    draft->request.spec.until_ms = argument->head.as.i;
    draft->request.spec.has_until = true;
    return NULL;
}

static const char *read_step (const argument_t *argument, draft_t *draft)
{
    int64_t step_s = argument->head.kind == ZC_INT ? argument->head.as.i : 0;
    if (step_s < ZC_MINUTE_S || step_s > ZC_STEP_MAX_S || step_s % ZC_MINUTE_S != 0)
        return "`step` must be an integer, in seconds: a multiple of 60, at most 100 years";
    draft->request.spec.step_s = step_s;
    return NULL;
}

/* ------------------------------------------------------------------ dimensions */

static bool read_dimension (const draft_t *draft, const zc_value_t *value, zc_dimension_t *ret_dimension)
{
    zc_str_t name;
    if (!read_text (value, &name) || !zc_dimension_find (draft->policy, name, ret_dimension))
        return false;
    /* The policy's own copy of a tag's name may be gone before the answer is made. */
    if (ret_dimension->by == ZC_BY_TAG)
        ret_dimension->name = name;
    return true;
}

static const char *read_by (const argument_t *argument, draft_t *draft)
{
    zc_query_spec_t *spec = &draft->request.spec;
    const uint8_t *at = argument->children;
    spec->by_count = 0;
    if (argument->head.kind != ZC_ARRAY)
        return "`by` must be an array of dimensions";
    for (uint32_t i = 0; i < argument->head.size; i++) {
        zc_value_t value;
        zc_dimension_t dimension;
        at = zc_reader_read (at, argument->end, &value);
        if (!read_dimension (draft, &value, &dimension))
            return "`by` names an unknown dimension: it takes type, service, tier, model, provider and configured tags";
        for (size_t j = 0; j < spec->by_count; j++)
            if (zc_dimension_same (&spec->by [j], &dimension))
                return "`by` names a dimension twice";
        spec->by [spec->by_count++] = dimension;
    }
    return NULL;
}

static const char *read_where (const argument_t *argument, draft_t *draft)
{
    zc_query_spec_t *spec = &draft->request.spec;
    const uint8_t *at = argument->children;
    spec->where_count = 0;
    if (argument->head.kind != ZC_MAP)
        return "`where` must be a map of dimensions to values";
    for (uint32_t i = 0; i < argument->head.size; i++) {
        zc_value_t key, value;
        zc_dimension_t dimension;
        zc_str_t text;
        at = zc_reader_read (at, argument->end, &key);
        if (!read_dimension (draft, &key, &dimension))
            return "`where` names an unknown dimension: it takes type, service, tier, model, provider and configured "
                   "tags";
        at = zc_reader_read (at, argument->end, &value);
        if (!read_text (&value, &text))
            return "each value of `where` must be a string of at most 128 bytes of UTF-8";
        for (size_t j = 0; j < spec->where_count; j++)
            if (zc_dimension_same (&spec->where [j].dimension, &dimension))
                return "`where` names a dimension twice";
        spec->where [spec->where_count].dimension = dimension;
        spec->where [spec->where_count++].value = text;
    }
    return NULL;
}

/* --------------------------------------------------------------------- request */

static const struct {
    zc_str_t name;
    const char *(*read) (const argument_t *, draft_t *); /* returns NULL, or what is wrong */
} arguments [] = {
    {{"query", 5}, read_query},       {{"model", 5}, read_model}, {{"service", 7}, read_service},
    {{"limit", 5}, read_limit},       {{"since", 5}, read_since}, {{"until", 5}, read_until},
    {{"producer", 8}, read_producer}, {{"step", 4}, read_step},   {{"by", 2}, read_by},
    {{"where", 5}, read_where},
};

static const char *read_argument (const zc_value_t *key, const argument_t *argument, draft_t *draft)
{
    if (key->kind != ZC_STR || argument->head.kind == ZC_NIL)
        return NULL;
    zc_str_t name = {(const char *) key->as.data, key->size};
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++)
        if (zc_str_equal (arguments [i].name, name))
            return arguments [i].read (argument, draft);
    return NULL;
}

/* Returns NULL, or what is wrong with the request; of several wrongs the first. */
static const char *read_map (const uint8_t *at, const uint8_t *end, draft_t *draft)
{
    zc_value_t map = {.kind = ZC_NIL};
    bool too_deep = false;
    const char *wrong = NULL;
    if (at == end || zc_reader_skip (at, end, LEVELS_MAX, &too_deep) != end || too_deep)
        return "a request must be one msgpack map, nested at most 8 deep";
    at = zc_reader_read (at, end, &map);
    if (map.kind != ZC_MAP)
        return "a request must be a map: {\"query\": name, ...}";
    for (uint32_t i = 0; i < map.size && !wrong; i++) {
        argument_t argument = {.end = end};
        zc_value_t key = {.kind = ZC_NIL};
        zc_reader_read (at, end, &key);
        at = zc_reader_skip (at, end, LEVELS_MAX, &too_deep);
        argument.children = zc_reader_read (at, end, &argument.head);
        at = zc_reader_skip (at, end, LEVELS_MAX, &too_deep);
        wrong = read_argument (&key, &argument, draft);
    }
    if (wrong)
        return wrong;
    return draft->name.data ? NULL : "the request has no `query`";
}

static bool find_query (zc_str_t name, zc_query_t *ret_query)
{
    for (zc_query_t query = 0; query < ZC_QUERIES; query++)
        if (zc_str_equal ((zc_str_t){query_names [query], (uint32_t) strlen (query_names [query])}, name)) {
            *ret_query = query;
            return true;
        }
    return false;
}

/* ------------------------------------------------------------------------- ask */

/* A report over a window adds up what zc_ledger_total_of takes. */
static void ask_report (zc_request_t *request)
{
    zc_query_spec_t *spec = &request->spec;
    spec->asked = ZC_SPEC_REPORT;
    spec->by [0] = (zc_dimension_t){ZC_BY_TYPE, {"type", 4}};
    spec->by [1] = (zc_dimension_t){ZC_BY_TIER, {"tier", 4}};
    spec->by_count = 2;
    spec->where_count = 0;
    if (request->service.data) {
        spec->where [0].dimension = (zc_dimension_t){ZC_BY_SERVICE, {"service", 7}};
        spec->where [0].value = request->service;
        spec->where_count = 1;
    }
    spec->step_s = 0;
}

/* What is left to say once it is known which query it is. Returns NULL, or what is missing. */
static const char *complete (draft_t *draft)
{
    zc_request_t *request = &draft->request;
    zc_query_spec_t *spec = &request->spec;
    spec->rows_max = draft->has_limit && request->limit < ZC_ROWS_MAX ? (uint32_t) request->limit : ZC_ROWS_MAX;
    if (!draft->has_limit)
        request->limit = ZC_REJECTS_LIMIT_DEFAULT;
    switch (request->query) {
    case ZC_QUERY_REPORT:
        ask_report (request);
        break;
    case ZC_QUERY_BREAKDOWN:
        spec->asked = ZC_SPEC_BREAKDOWN;
        spec->step_s = 0;
        break;
    case ZC_QUERY_SERIES:
        spec->asked = ZC_SPEC_SERIES;
        spec->step_s = spec->step_s ? spec->step_s : ZC_STEP_DEFAULT_S;
        break;
    case ZC_QUERY_PRICE:
        return request->model.data ? NULL : "`price` needs a `model`";
    case ZC_QUERY_ACK:
        return draft->names_producer ? NULL : "`ack` needs a `producer`";
    default:
        break;
    }
    return NULL;
}

static int refuse (const char *code, const char *why, const char **ret_code, const char **ret_why)
{
    *ret_code = code;
    *ret_why = why;
    return -1;
}

int zc_request_read (const zc_policy_t *policy, const void *bytes, size_t size, zc_request_t *ret_request,
                     const char **ret_code, const char **ret_why)
{
    draft_t draft = {.policy = policy};
    if (size > ZC_REQUEST_MAX_BYTES)
        return refuse ("too_large", "a request may have at most 65,536 bytes", ret_code, ret_why);
    const char *wrong = read_map (bytes, (const uint8_t *) bytes + size, &draft);
    if (wrong)
        return refuse ("bad_request", wrong, ret_code, ret_why);
    if (!find_query (draft.name, &draft.request.query))
        return refuse ("unknown_query", "there is no query by this name", ret_code, ret_why);
    wrong = complete (&draft);
    if (wrong)
        return refuse ("bad_request", wrong, ret_code, ret_why);
    *ret_request = draft.request;
    return 0;
}

bool zc_request_is_windowed (const zc_request_t *self)
{
    return self->query == ZC_QUERY_BREAKDOWN || self->query == ZC_QUERY_SERIES ||
           (self->query == ZC_QUERY_REPORT && (self->spec.has_since || self->spec.has_until));
}

const zc_query_spec_t *zc_request_spec (const zc_request_t *self)
{
    return &self->spec;
}

const char *zc_request_query_name (zc_query_t query)
{
    return query_names [query];
}
