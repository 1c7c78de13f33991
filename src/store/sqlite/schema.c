/* SPDX-License-Identifier: MPL-2.0
 *
 * schema.c - the tables and views of ledger.db, step by step from version to version.
 *
 * A new file takes the same steps as an old one, so that there is one schema and not two. What a step says never
 * changes again. Its comments are in the file too: `sqlite3 ledger.db .schema` shows them.
 */
#include "store/sqlite/sqlite.h"

#include <stddef.h>

/* Each measure once, in the order of zc_measures_t: those of version 1, and those that later ones added. */
#define MEASURES_1(X)                                                                                                  \
    X (events)                                                                                                         \
    X (unpriced)                                                                                                       \
    X (measured)                                                                                                       \
    X (cost_nanousd)                                                                                                   \
    X (baseline_nanousd)                                                                                               \
    X (input_tokens)                                                                                                   \
    X (cache_read_tokens)                                                                                              \
    X (cache_write_tokens)                                                                                             \
    X (output_tokens)                                                                                                  \
    X (reasoning_tokens)                                                                                               \
    X (hits)                                                                                                           \
    X (misses)                                                                                                         \
    X (saved_nanousd)                                                                                                  \
    X (saved_ns)
#define MEASURES_2(X)                                                                                                  \
    X (assumed_cost_nanousd) X (assumed_baseline_nanousd) X (assumed_saved_nanousd) X (prompt_saved_nanousd)
#define MEASURES_3(X) X (saved_tokens)
#define MEASURES(X) MEASURES_1 (X) MEASURES_2 (X) MEASURES_3 (X)

#define AS_NAME(name) #name,
#define AS_COLUMN(name) ", " #name " INTEGER NOT NULL"
#define AS_RESULT(name) ", " #name
#define AS_PLACE(name) PLACE_##name,
#define AS_MEMBER(name)                                                                                                \
    _Static_assert(offsetof (zc_measures_t, name) == PLACE_##name * sizeof (int64_t), "columns are in its order");

const char *const zc_sqlite_measures [ZC_SQLITE_MEASURES] = {MEASURES (AS_NAME)};
const char *const zc_sqlite_tables [ZC_EVER + 1] = {"minute", "quarter", "day", "ever"};

enum { MEASURES (AS_PLACE) PLACES };
MEASURES (AS_MEMBER)
_Static_assert(PLACES == ZC_SQLITE_MEASURES, "each measure has its column");
_Static_assert(sizeof (zc_measures_t) == ZC_SQLITE_MEASURES * sizeof (int64_t), "each measure has its column");

/* ----------------------------------------------------------------------------- version 1 */

/* STRICT: a sum that passes 64 bits becomes a REAL in SQLite, which such a column does not take. */
#define LEVEL(table)                                                                                                   \
    "CREATE TABLE " table " (start INTEGER NOT NULL, key INTEGER NOT NULL REFERENCES key (id)" MEASURES_1 (            \
        AS_COLUMN) ", PRIMARY KEY (start, key)) WITHOUT ROWID, STRICT;\n"

/* 10^-9 of an integer as an exact decimal text. */
#define NINE_DECIMALS(column, name)                                                                                    \
    ", printf ('%s%d.%09d', iif (" column " < 0, '-', ''), abs (" column " / 1000000000), abs (" column                \
    " % 1000000000)) AS " name

#define DIMENSIONS "type, service, tier, model, provider"
#define AMOUNTS_1                                                                                                      \
    NINE_DECIMALS ("cost_nanousd", "cost_usd")                                                                         \
    NINE_DECIMALS ("baseline_nanousd", "baseline_usd")                                                                 \
    NINE_DECIMALS ("saved_nanousd", "saved_usd")                                                                       \
    NINE_DECIMALS ("saved_ns", "saved_seconds")

#define LEVEL_VIEW_1(view, table)                                                                                      \
    "CREATE VIEW " view                                                                                                \
    " AS SELECT strftime ('%Y-%m-%dT%H:%M:%SZ', start, 'unixepoch') AS time, start, " DIMENSIONS AMOUNTS_1             \
    MEASURES_1 (AS_RESULT) " FROM " table " JOIN key ON key.id = " table ".key;\n"

#define TIME_OF_MS(column, name)                                                                                       \
    "strftime ('%Y-%m-%dT%H:%M:%S', " column " / 1000, 'unixepoch') || printf ('.%03dZ', " column " % 1000) AS " name

static const char version_1 [] =
    "CREATE TABLE meta (\n"
    "  one INTEGER PRIMARY KEY CHECK (one = 1),\n"
    "  ledger_id BLOB NOT NULL,\n"
    "  began_ms INTEGER NOT NULL,\n"
    "  -- buckets that end before these times (seconds since the epoch) were removed; 0: none\n"
    "  minute_trimmed INTEGER NOT NULL DEFAULT 0,\n"
    "  quarter_trimmed INTEGER NOT NULL DEFAULT 0,\n"
    "  day_trimmed INTEGER NOT NULL DEFAULT 0\n"
    ") STRICT;\n"

    "CREATE TABLE checkpoint (\n"
    "  -- the last one; all before this place in the journal is in this file\n"
    "  one INTEGER PRIMARY KEY CHECK (one = 1),\n"
    "  sequence INTEGER NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL, taken_ms INTEGER NOT NULL\n"
    ") STRICT;\n"

    "CREATE TABLE key (\n"
    "  -- numbered from 0 without gaps; a dimension that an event lacks is empty\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  type TEXT NOT NULL, service TEXT NOT NULL, tier TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL,\n"
    "  UNIQUE (" DIMENSIONS ")\n"
    ") STRICT;\n"

    /* What each minute holds is also in its quarter, its day and in ever. */
    LEVEL ("minute") LEVEL ("quarter") LEVEL ("day")
    "CREATE TABLE ever (key INTEGER PRIMARY KEY REFERENCES key (id)" MEASURES_1 (AS_COLUMN) ") STRICT;\n"

    "CREATE TABLE producer (\n"
    "  -- in the order of their last frames; numbers beyond 2^63 - 1 are shown less 2^64\n"
    "  turn INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, epoch INTEGER NOT NULL,\n"
    "  next INTEGER NOT NULL, -- every number below is closed\n"
    "  open_ended INTEGER NOT NULL, base INTEGER NOT NULL, base_ms INTEGER NOT NULL,\n"
    "  dropped INTEGER NOT NULL, accepted_events INTEGER NOT NULL, lost INTEGER NOT NULL, seen_ms INTEGER NOT NULL,\n"
    "  seen_above BLOB NOT NULL -- intervals of numbers: first and end, 8 bytes each, big-endian\n"
    ") STRICT;\n"

    "CREATE TABLE expired_producer (\n"
    "  -- turn: as in producer, and no two in both have the same\n"
    "  turn INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, epoch INTEGER NOT NULL, next INTEGER NOT NULL\n"
    ") STRICT;\n"

    "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;\n"
    "CREATE TABLE unpriced (place INTEGER PRIMARY KEY, model TEXT NOT NULL, events INTEGER NOT NULL) STRICT;\n"

    "CREATE TABLE terms (\n"
    "  -- prices and policy; the last are in force, those before are kept for a while\n"
    "  sequence INTEGER PRIMARY KEY, from_ms INTEGER NOT NULL, body BLOB NOT NULL\n"
    ") STRICT;\n"

    LEVEL_VIEW_1 ("minutes", "minute") LEVEL_VIEW_1 ("quarters", "quarter") LEVEL_VIEW_1 ("days", "day")
    "CREATE VIEW totals AS SELECT " DIMENSIONS AMOUNTS_1 MEASURES_1 (AS_RESULT)
    " FROM ever JOIN key ON key.id = ever.key;\n"
    "CREATE VIEW producers AS SELECT lower (hex (id)) AS producer, epoch, next, dropped, accepted_events, lost, "
    TIME_OF_MS ("seen_ms", "seen") " FROM producer;\n"

    "INSERT INTO checkpoint VALUES (1, 0, 0, 0, 0);\n";

/* ----------------------------------------------------------------------------- version 2 */

/* Added without a look at the rows that are there. latencies: the saved form of core/ledger/sketch.h; NULL: none. */
#define GROW(table)                                                                                                    \
    "ALTER TABLE " table                                                                                               \
    " ADD COLUMN assumed_cost_nanousd INTEGER NOT NULL DEFAULT 0;\n"                                                   \
    "ALTER TABLE " table                                                                                               \
    " ADD COLUMN assumed_baseline_nanousd INTEGER NOT NULL DEFAULT 0;\n"                                               \
    "ALTER TABLE " table                                                                                               \
    " ADD COLUMN assumed_saved_nanousd INTEGER NOT NULL DEFAULT 0;\n"                                                  \
    "ALTER TABLE " table                                                                                               \
    " ADD COLUMN prompt_saved_nanousd INTEGER NOT NULL DEFAULT 0;\n"                                                   \
    "ALTER TABLE " table " ADD COLUMN latencies BLOB;\n"

#define TOKENS(table)                                                                                                  \
    "max (" table ".input_tokens, " table ".cache_read_tokens, " table ".cache_write_tokens, " table                   \
    ".output_tokens, " table ".reasoning_tokens)"

/* What the queries of a cell cost is all assumed where none of them was measured; where some were, nobody knows any
 * more how much, and it stays 0. */
#define ASSUME_QUERIES(table, and)                                                                                     \
    "UPDATE " table                                                                                                    \
    " SET assumed_cost_nanousd = cost_nanousd, assumed_baseline_nanousd = baseline_nanousd"                            \
    " WHERE measured = 0 AND key IN (SELECT id FROM key WHERE type = 'query_router')" and                              \
        ";\n"

/* The same for hits without tokens. */
#define ASSUME_HITS(table, and)                                                                                        \
    "UPDATE " table                                                                                                    \
    " SET assumed_saved_nanousd = saved_nanousd WHERE saved_nanousd > 0 AND " TOKENS (table) " = 0" and                \
        ";\n"

/* A day judges for its minutes and quarters, and days for all time: else parts would not add up to the whole. */
#define DAY_AGREES(table, condition)                                                                                   \
    " AND NOT EXISTS (SELECT 1 FROM day WHERE day.start = " table ".start - " table                                    \
    ".start % 86400 AND day.key = " table ".key AND " condition ")"
#define ASSUME(table)                                                                                                  \
    ASSUME_QUERIES (table, DAY_AGREES (table, "day.measured > 0"))                                                     \
    ASSUME_HITS (table, DAY_AGREES (table, TOKENS ("day") " > 0"))
#define ASSUME_EVER                                                                                                    \
    "UPDATE ever SET assumed_cost_nanousd = cost, assumed_baseline_nanousd = baseline, assumed_saved_nanousd = saved"  \
    " FROM (SELECT key AS days_key, sum (assumed_cost_nanousd) AS cost, sum (assumed_baseline_nanousd) AS baseline,"   \
    " sum (assumed_saved_nanousd) AS saved FROM day GROUP BY key) WHERE key = days_key;\n" ASSUME_QUERIES ("ever", "") \
        ASSUME_HITS ("ever", "")

#define AMOUNTS_2                                                                                                      \
    AMOUNTS_1                                                                                                          \
    NINE_DECIMALS ("assumed_cost_nanousd", "assumed_cost_usd")                                                         \
    NINE_DECIMALS ("assumed_baseline_nanousd", "assumed_baseline_usd")                                                 \
    NINE_DECIMALS ("assumed_saved_nanousd", "assumed_saved_usd")                                                       \
    NINE_DECIMALS ("prompt_saved_nanousd", "prompt_saved_usd")

#define TAGS "(SELECT json_group_object (name, value) FROM key_tag WHERE key_tag.key = key.id) AS tags"

#define COLUMNS_2 DIMENSIONS ", " TAGS AMOUNTS_2 MEASURES_1 (AS_RESULT) MEASURES_2 (AS_RESULT)

#define LEVEL_VIEW(view, table, columns)                                                                               \
    "CREATE VIEW " view " AS SELECT strftime ('%Y-%m-%dT%H:%M:%SZ', start, 'unixepoch') AS time, start, " columns      \
    " FROM " table " JOIN key ON key.id = " table ".key;\n"
#define VIEWS(columns)                                                                                                 \
    LEVEL_VIEW ("minutes", "minute", columns)                                                                          \
    LEVEL_VIEW ("quarters", "quarter", columns)                                                                        \
    LEVEL_VIEW ("days", "day", columns)                                                                                \
    "CREATE VIEW totals AS SELECT " columns " FROM ever JOIN key ON key.id = ever.key;\n"
#define DROP_VIEWS "DROP VIEW minutes; DROP VIEW quarters; DROP VIEW days; DROP VIEW totals;\n"

static const char version_2 [] = DROP_VIEWS GROW ("minute") GROW ("quarter") GROW ("day") GROW ("ever")
    ASSUME_QUERIES ("day", "") ASSUME_HITS ("day", "") ASSUME ("quarter") ASSUME ("minute") ASSUME_EVER

    /* Keys may differ by their tags alone: of version 1 no two could have the same dimensions. */
    "CREATE TABLE key_2 (\n"
    "  -- numbered from 0 without gaps; a dimension that an event lacks is empty; no two are the same with their tags\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  type TEXT NOT NULL, service TEXT NOT NULL, tier TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL\n"
    ") STRICT;\n"
    "INSERT INTO key_2 SELECT id, " DIMENSIONS
    " FROM key ORDER BY id;\n"
    "DROP TABLE key;\n"
    "ALTER TABLE key_2 RENAME TO key;\n"

    "CREATE TABLE key_tag (\n"
    "  key INTEGER NOT NULL REFERENCES key (id), name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key, name)\n"
    ") WITHOUT ROWID, STRICT;\n"

    "CREATE TABLE alert (\n"
    "  -- thresholds of budgets that were passed; period_start: seconds since the epoch\n"
    "  budget TEXT NOT NULL, period_start INTEGER NOT NULL, percent INTEGER NOT NULL, passed_ms INTEGER NOT NULL,\n"
    "  spent_nanousd INTEGER NOT NULL, limit_nanousd INTEGER NOT NULL, published INTEGER NOT NULL,\n"
    "  PRIMARY KEY (budget, period_start, percent)\n"
    ") WITHOUT ROWID, STRICT;\n"

    "CREATE TABLE repricing (\n"
    "  -- what was summed was corrected: from `since` on, up to this place in the journal, by these prices\n"
    "  id INTEGER PRIMARY KEY, since INTEGER NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL,\n"
    "  applied_ms INTEGER NOT NULL, source TEXT NOT NULL, prices BLOB NOT NULL\n"
    ") STRICT;\n"

    VIEWS (COLUMNS_2);

/* ----------------------------------------------------------------------------- version 3 */

/* How many of the tokens of earlier events were saved nobody knows any more: they stay where they are. */
#define GROW_3(table) "ALTER TABLE " table " ADD COLUMN saved_tokens INTEGER NOT NULL DEFAULT 0;\n"

static const char version_3 [] = DROP_VIEWS GROW_3 ("minute") GROW_3 ("quarter") GROW_3 ("day") GROW_3 ("ever")
    VIEWS (COLUMNS_2 MEASURES_3 (AS_RESULT));

const char *const zc_sqlite_steps [ZC_SQLITE_VERSION] = {version_1, version_2, version_3};
