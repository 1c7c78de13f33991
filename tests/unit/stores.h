/* SPDX-License-Identifier: MPL-2.0
 *
 * stores.h - for tests of the store: a directory to put one into, checkpoints, and what a load gave.
 *
 * Include cmocka.h first.
 */
#ifndef ZC_TEST_STORES_H
#define ZC_TEST_STORES_H

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

#define NOW_MS 1767225600123
#define MINUTE_S 1767225600 /* 2026-01-01T00:00:00Z: a minute, a quarter and a day begin */

/* ---------------------------------------------------------------------------- directory */

typedef struct {
    char path [64];
    char file [80]; /* of SQLite's store */
} place_t;

static inline place_t place_new (void)
{
    place_t place = {.path = "/tmp/zcost-store-XXXXXX"};
    assert_non_null (mkdtemp (place.path));
    snprintf (place.file, sizeof place.file, "%s/ledger.db", place.path);
    return place;
}

static inline int remove_one (const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void) status, (void) type, (void) walk;
    return remove (path);
}

static inline void place_end (const place_t *place)
{
    assert_int_equal (nftw (place->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline zc_store_t *open_at (const place_t *place)
{
    char why [256] = "";
    zc_store_t *store = zc_store_open (place->path, NOW_MS, why);
    if (!store)
        fail_msg ("%s", why);
    return store;
}

/* The one text that a statement gives, as the `sqlite3` of a person would show it; NUL-ended. */
static inline void query (const place_t *place, const char *sql, char *ret_text, size_t size)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal (sqlite3_open_v2 (place->file, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg ("%s: %s", sql, sqlite3_errmsg (db));
    int code = sqlite3_step (statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        fail_msg ("%s: %s", sql, sqlite3_errmsg (db));
    const char *text = code == SQLITE_ROW ? (const char *) sqlite3_column_text (statement, 0) : "";
    snprintf (ret_text, size, "%s", text ? text : "NULL");
    sqlite3_finalize (statement);
    sqlite3_close (db);
}

static inline void assert_query (const place_t *place, const char *sql, const char *expected)
{
    char text [4096];
    query (place, sql, text, sizeof text);
    assert_string_equal (text, expected);
}

static inline void run_sql (const place_t *place, const char *sql)
{
    char text [64];
    query (place, sql, text, sizeof text);
}

static inline int64_t number_of (const place_t *place, const char *sql)
{
    char text [64];
    query (place, sql, text, sizeof text);
    return strtoll (text, NULL, 10);
}

/* --------------------------------------------------------------------------- checkpoint */

/* A ledger's changes, to be committed as the next checkpoint. */
typedef struct {
    zc_keys_t *keys;
    zc_cells_t cells;
    zc_checkpoint_t checkpoint;
    zc_store_state_t state; /* after the last commit */
} draft_t;

static inline draft_t draft_new (void)
{
    draft_t draft = {.keys = zc_keys_new (ZC_KEYS_MAX, &(zc_siphash_secret_t){{1, 2}})};
    assert_non_null (draft.keys);
    assert_int_equal (zc_cells_init (&draft.cells), 0);
    draft.checkpoint = (zc_checkpoint_t){.sequence = 1, .position = ZC_POSITION (1, 64), .taken_ms = NOW_MS};
    return draft;
}

static inline void draft_end (draft_t *draft)
{
    zc_keys_destroy (&draft->keys);
    zc_cells_term (&draft->cells);
}

static inline zc_str_t str (const char *text)
{
    return (zc_str_t){text, (uint32_t) strlen (text)};
}

/* One more key with these tags (canonical), whatever else it is; its number. */
static inline uint32_t add_tagged_key (draft_t *draft, const char *service, const char *tags)
{
    zc_dimensions_t dimensions = {.type = ZCOST_LLM_CALL,
                                  .service = str (service),
                                  .tier = str (""),
                                  .model = str ("gpt-4o"),
                                  .provider = str ("openai"),
                                  .tags = str (tags)};
    assert_int_equal (zc_keys_restore (draft->keys, &dimensions), 0);
    return zc_keys_count (draft->keys) - 1;
}

static inline uint32_t add_key (draft_t *draft, const char *service)
{
    return add_tagged_key (draft, service, "");
}

static inline zc_measures_t *cell_at (draft_t *draft, zc_time_bucket_t level, int64_t start_s, uint32_t key)
{
    zc_cell_t *cell = zc_cells_at (&draft->cells, level, start_s, key);
    assert_non_null (cell);
    return &cell->sums;
}

/* One event of so much. */
static inline void spend (draft_t *draft, zc_time_bucket_t level, int64_t start_s, uint32_t key, int64_t nanousd)
{
    zc_measures_t *sums = cell_at (draft, level, start_s, key);
    sums->events++;
    sums->cost_nanousd += nanousd;
}

/* Events of so many microseconds, in a cell that is there or not yet. */
static inline void lag (draft_t *draft, zc_time_bucket_t level, int64_t start_s, uint32_t key, int64_t us,
                        uint64_t events)
{
    zc_cell_t *cell = zc_cells_at (&draft->cells, level, start_s, key);
    assert_non_null (cell);
    cell->sums.events += (int64_t) events;
    uint32_t place = (uint32_t) (cell - draft->cells.cells);
    assert_int_equal (zc_sketches_add (&draft->cells.latencies, place, zc_sketch_bin_of (us), events), 0);
}

static inline int try_commit (draft_t *draft, zc_store_t *store)
{
    draft->checkpoint.keys = draft->keys;
    draft->checkpoint.keys_to = zc_keys_count (draft->keys);
    draft->checkpoint.cells = &draft->cells;
    return zc_store_commit (store, &draft->checkpoint, &draft->state);
}

/* Commits, and begins the next one with the same content but for the new keys. */
static inline void commit (draft_t *draft, zc_store_t *store)
{
    if (try_commit (draft, store) != 0)
        fail_msg ("%s", zc_store_why (store));
    draft->checkpoint.sequence++;
    draft->checkpoint.keys_from = draft->checkpoint.keys_to;
}

/* A store in a directory of its own, and a draft for it. */
typedef struct {
    place_t place;
    zc_store_t *store;
    draft_t draft;
} ground_t;

static inline ground_t ground_new (void)
{
    ground_t ground = {.place = place_new (), .draft = draft_new ()};
    ground.store = open_at (&ground.place);
    return ground;
}

static inline void ground_end (ground_t *ground)
{
    zc_store_close (&ground->store);
    draft_end (&ground->draft);
    place_end (&ground->place);
}

/* -------------------------------------------------------------------------------- loaded */

#define LOADED_MAX 1000

typedef struct {
    zc_store_state_t state;
    zc_keys_t *keys; /* with their sums */
    zc_producer_row_t producers [LOADED_MAX];
    zc_interval_t intervals [LOADED_MAX][ZC_INTERVALS_MAX];
    size_t producers_count;
    char models [LOADED_MAX][200];
    uint64_t events [LOADED_MAX];
    size_t models_count;
    uint8_t config [4096];
    size_t config_size;
    int terms_count;
    zc_alert_t alerts [LOADED_MAX];
    size_t alerts_count;
} loaded_t;

static inline int load_key (void *argument, uint32_t key, const zc_dimensions_t *dimensions, const zc_measures_t *sums)
{
    loaded_t *loaded = argument;
    assert_int_equal (key, zc_keys_count (loaded->keys));
    assert_int_equal (zc_keys_restore (loaded->keys, dimensions), 0);
    zc_keys_at (loaded->keys, key)->sums = *sums;
    return 0;
}

static inline int load_producer (void *argument, const zc_producer_row_t *row)
{
    loaded_t *loaded = argument;
    size_t n = loaded->producers_count++;
    assert_true (n < LOADED_MAX);
    loaded->producers [n] = *row;
    if (row->intervals_count)
        memcpy (loaded->intervals [n], row->intervals, row->intervals_count * sizeof *row->intervals);
    loaded->producers [n].intervals = loaded->intervals [n];
    return 0;
}

static inline int load_unpriced (void *argument, zc_str_t model, uint64_t events)
{
    loaded_t *loaded = argument;
    size_t n = loaded->models_count++;
    assert_true (n < LOADED_MAX && model.size < sizeof loaded->models [n]);
    memcpy (loaded->models [n], model.data, model.size);
    loaded->models [n][model.size] = '\0';
    loaded->events [n] = events;
    return 0;
}

static inline int load_config (void *argument, const void *bytes, size_t size)
{
    loaded_t *loaded = argument;
    assert_true (size <= sizeof loaded->config);
    memcpy (loaded->config, bytes, size);
    loaded->config_size = size;
    loaded->terms_count++;
    return 0;
}

static inline int load_alert (void *argument, const zc_alert_t *alert)
{
    loaded_t *loaded = argument;
    size_t n = loaded->alerts_count++;
    assert_true (n < LOADED_MAX);
    loaded->alerts [n] = *alert;
    return 0;
}

/* Loads all; to be ended by loaded_end. */
static inline loaded_t *load_from (zc_store_t *store)
{
    loaded_t *loaded = calloc (1, sizeof *loaded);
    assert_non_null (loaded);
    loaded->keys = zc_keys_new (ZC_KEYS_MAX, &(zc_siphash_secret_t){{1, 2}});
    assert_non_null (loaded->keys);
    const zc_store_sink_t sink = {.key = load_key,
                                  .producer = load_producer,
                                  .unpriced = load_unpriced,
                                  .config = load_config,
                                  .alert = load_alert,
                                  .argument = loaded};
    if (zc_store_load (store, &sink, &loaded->state) != 0)
        fail_msg ("%s", zc_store_why (store));
    return loaded;
}

static inline void loaded_end (loaded_t *loaded)
{
    zc_keys_destroy (&loaded->keys);
    free (loaded);
}

static inline void assert_sound (zc_store_t *store)
{
    char why [256] = "";
    if (zc_store_check (store, why) != 0)
        fail_msg ("%s", why);
}

/* That it fails, with these words in its line. */
static inline void assert_not_sound (zc_store_t *store, const char *words)
{
    char why [256] = "";
    assert_int_equal (zc_store_check (store, why), -1);
    if (!strstr (why, words))
        fail_msg ("'%s' does not say '%s'", why, words);
}

static inline void assert_cannot_open (const place_t *place, const char *words)
{
    char why [256] = "";
    zc_store_t *store = zc_store_open (place->path, NOW_MS, why);
    assert_null (store);
    if (!strstr (why, words))
        fail_msg ("'%s' does not say '%s'", why, words);
}

#endif
