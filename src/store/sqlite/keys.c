/* SPDX-License-Identifier: MPL-2.0
 *
 * keys.c - the keys, there and back: their dimensions, their tags, and their sums for good.
 */
#include "store/sqlite/sqlite.h"

#include <inttypes.h>
#include <string.h>

#include "core/ledger/tags.h"

/* ---------------------------------------------------------------------------------- put */

static int next_key (zc_sqlite_t *self, int64_t *ret_next)
{
    *ret_next = 0;
    return zc_sqlite_integer (self, "SELECT ifnull (max (id) + 1, 0) FROM key", ret_next);
}

static int put_dimensions (zc_sqlite_t *self, sqlite3_stmt *insert, uint32_t key, const zc_dimensions_t *dimensions)
{
    sqlite3_bind_int64 (insert, 1, key);
    sqlite3_bind_text (insert, 2, zc_event_type_name (dimensions->type), -1, SQLITE_STATIC);
    zc_sqlite_bind_str (insert, 3, dimensions->service);
    zc_sqlite_bind_str (insert, 4, dimensions->tier);
    zc_sqlite_bind_str (insert, 5, dimensions->model);
    zc_sqlite_bind_str (insert, 6, dimensions->provider);
    return zc_sqlite_step (self, insert);
}

static int put_tags (zc_sqlite_t *self, sqlite3_stmt *insert, uint32_t key, zc_str_t tags)
{
    zc_str_t name, value;
    while (zc_tags_next (&tags, &name, &value)) {
        sqlite3_bind_int64 (insert, 1, key);
        zc_sqlite_bind_str (insert, 2, name);
        zc_sqlite_bind_str (insert, 3, value);
        if (zc_sqlite_step (self, insert) == -1)
            return -1;
    }
    return 0;
}

static int put_all (zc_sqlite_t *self, const zc_checkpoint_t *checkpoint, sqlite3_stmt *put_key, sqlite3_stmt *put_tag)
{
    for (uint32_t key = checkpoint->keys_from; key < checkpoint->keys_to; key++) {
        const zc_dimensions_t *dimensions = &zc_keys_at (checkpoint->keys, key)->dimensions;
        if (put_dimensions (self, put_key, key, dimensions) == -1 ||
            put_tags (self, put_tag, key, dimensions->tags) == -1)
            return -1;
    }
    return 0;
}

int zc_sqlite_put_keys (zc_sqlite_t *self, const zc_checkpoint_t *checkpoint)
{
    int64_t next;
    if (checkpoint->keys_from == checkpoint->keys_to)
        return 0;
    if (next_key (self, &next) == -1)
        return -1;
    if (next != checkpoint->keys_from)
        return zc_sqlite_refuse (self, "cannot add keys from %" PRIu32 " on: the next key is %" PRId64,
                                 checkpoint->keys_from, next);
    sqlite3_stmt *put_key = zc_sqlite_prepare (self, "INSERT INTO key VALUES (?, ?, ?, ?, ?, ?)");
    sqlite3_stmt *put_tag = put_key ? zc_sqlite_prepare (self, "INSERT INTO key_tag VALUES (?, ?, ?)") : NULL;
    int result = put_tag ? put_all (self, checkpoint, put_key, put_tag) : -1;
    sqlite3_finalize (put_key);
    sqlite3_finalize (put_tag);
    return result;
}

/* --------------------------------------------------------------------------------- load */

/* Two walks side by side: keys, and the tags in the order of their keys. */
typedef struct {
    zc_sqlite_t *store;
    const zc_store_sink_t *sink;
    sqlite3_stmt *tags; /* on the first one that was not taken yet */
    bool has_tag;       /* there is one */
    int64_t next;       /* the key that must come */
} zc_loading_t;

static int next_tag (zc_loading_t *loading)
{
    int code = sqlite3_step (loading->tags);
    loading->has_tag = code == SQLITE_ROW;
    return loading->has_tag || code == SQLITE_DONE ? 0 : zc_sqlite_fail (loading->store, sqlite3_sql (loading->tags));
}

static int append (const zc_loading_t *loading, zc_str_t text, char *to, size_t *size)
{
    if (text.size > ZCOST_STRING_MAX || *size + 1 + text.size > ZC_TAGS_BYTES)
        return zc_sqlite_refuse (loading->store, "damaged: key %" PRId64 " has tags that are too long", loading->next);
    to [(*size)++] = (char) (uint8_t) text.size;
    memcpy (to + *size, text.data, text.size);
    *size += text.size;
    return 0;
}

/* The canonical string: the rows come in its order. */
static int take_tags (zc_loading_t *loading, char to [ZC_TAGS_BYTES], zc_str_t *ret_tags)
{
    size_t size = 0;
    while (loading->has_tag && sqlite3_column_int64 (loading->tags, 0) == loading->next)
        if (append (loading, zc_sqlite_str_at (loading->tags, 1), to, &size) == -1 ||
            append (loading, zc_sqlite_str_at (loading->tags, 2), to, &size) == -1 || next_tag (loading) == -1)
            return -1;
    *ret_tags = (zc_str_t){to, (uint32_t) size};
    if (!zc_tags_valid (*ret_tags))
        return zc_sqlite_refuse (loading->store, "damaged: key %" PRId64 " has malformed tags", loading->next);
    return 0;
}

static int type_at (sqlite3_stmt *row, int column, zcost_type_t *ret_type)
{
    const char *name = (const char *) sqlite3_column_text (row, column);
    for (zcost_type_t type = ZCOST_QUERY_ROUTER; name && type <= ZCOST_LLM_CALL; type++)
        if (strcmp (name, zc_event_type_name (type)) == 0) {
            *ret_type = type;
            return 0;
        }
    return -1;
}

static int take_key (void *argument, sqlite3_stmt *row)
{
    zc_loading_t *loading = argument;
    zc_dimensions_t dimensions;
    char tags [ZC_TAGS_BYTES];
    if (sqlite3_column_int64 (row, 0) != loading->next)
        return zc_sqlite_refuse (loading->store, "damaged: key %" PRId64 " is missing", loading->next);
    if (type_at (row, 1, &dimensions.type) == -1)
        return zc_sqlite_refuse (loading->store, "damaged: key %" PRId64 " has an unknown type", loading->next);
    dimensions.service = zc_sqlite_str_at (row, 2);
    dimensions.tier = zc_sqlite_str_at (row, 3);
    dimensions.model = zc_sqlite_str_at (row, 4);
    dimensions.provider = zc_sqlite_str_at (row, 5);
    if (take_tags (loading, tags, &dimensions.tags) == -1)
        return -1;
    zc_measures_t sums = zc_sqlite_measures_at (row, 6);
    const zc_store_sink_t *sink = loading->sink;
    if (sink->key && sink->key (sink->argument, (uint32_t) loading->next, &dimensions, &sums) != 0)
        return zc_sqlite_refuse (loading->store, "cannot load key %" PRId64, loading->next);
    loading->next++;
    return 0;
}

/* A key of which nothing was ever counted has no row in `ever`: its sums read as 0. */
static int load_keys (zc_loading_t *loading)
{
    zc_sqlite_t *self = loading->store;
    sqlite3_str *sql = sqlite3_str_new (self->db);
    sqlite3_str_appendall (sql, "SELECT id, type, service, tier, model, provider, ");
    zc_sqlite_each_measure (sql, "%s");
    sqlite3_str_appendall (sql, " FROM key LEFT JOIN ever ON ever.key = id ORDER BY id");
    char *text = sqlite3_str_finish (sql);
    int result = text ? zc_sqlite_rows (self, text, take_key, loading) : zc_sqlite_refuse (self, "out of memory");
    sqlite3_free (text);
    return result;
}

int zc_sqlite_load_keys (zc_sqlite_t *self, const zc_store_sink_t *sink)
{
    zc_loading_t loading = {.store = self, .sink = sink};
    loading.tags = zc_sqlite_prepare (self, "SELECT key, name, value FROM key_tag ORDER BY key, name");
    if (!loading.tags)
        return -1;
    int result = next_tag (&loading);
    if (result == 0)
        result = load_keys (&loading);
    if (result == 0 && loading.has_tag)
        result = zc_sqlite_refuse (self, "damaged: a tag refers to key %lld, which does not exist",
                                   (long long) sqlite3_column_int64 (loading.tags, 0));
    sqlite3_finalize (loading.tags);
    return result;
}
