/* SPDX-License-Identifier: MPL-2.0
 *
 * store_sqlite_schema.c - the tables and views of ledger.db, and how a file comes to have them.
 *
 * Its comments are in the file too: `sqlite3 ledger.db .schema` shows them.
 */
#include "store/store_sqlite.h"

#include <stdio.h>

/* Each measure once, in the order of zc_measures_t. */
#define MEASURES(X)                                                                                                  \
    X (events) X (unpriced) X (measured) X (cost_nanousd) X (baseline_nanousd) X (input_tokens)                      \
    X (cache_read_tokens) X (cache_write_tokens) X (output_tokens) X (reasoning_tokens) X (hits) X (misses)          \
    X (saved_nanousd) X (saved_ns)

#define AS_NAME(name) #name,
#define AS_COLUMN(name) ", " #name " INTEGER NOT NULL"
#define AS_RESULT(name) ", " #name
#define AS_COUNT(name) +1

const char *const zc_sqlite_measures [ZC_SQLITE_MEASURES] = {MEASURES (AS_NAME)};

_Static_assert (0 MEASURES (AS_COUNT) == ZC_SQLITE_MEASURES, "each measure has its column");
_Static_assert (sizeof (zc_measures_t) == ZC_SQLITE_MEASURES * sizeof (int64_t), "each measure has its column");

/* STRICT: a sum that passes 64 bits becomes a REAL in SQLite, which such a column does not take. */
#define LEVEL(table)                                                                                                 \
    "CREATE TABLE " table " (start INTEGER NOT NULL, key INTEGER NOT NULL REFERENCES key (id)" MEASURES (AS_COLUMN)  \
    ", PRIMARY KEY (start, key)) WITHOUT ROWID, STRICT;\n"

/* 10^-9 of an integer as an exact decimal text. */
#define NINE_DECIMALS(column, name)                                                                                  \
    ", printf ('%s%d.%09d', iif (" column " < 0, '-', ''), abs (" column " / 1000000000), abs (" column              \
    " % 1000000000)) AS " name

#define DIMENSIONS "type, service, tier, model, provider"
#define AMOUNTS                                                                                                      \
    NINE_DECIMALS ("cost_nanousd", "cost_usd")                                                                       \
    NINE_DECIMALS ("baseline_nanousd", "baseline_usd")                                                               \
    NINE_DECIMALS ("saved_nanousd", "saved_usd")                                                                     \
    NINE_DECIMALS ("saved_ns", "saved_seconds")

#define LEVEL_VIEW(view, table)                                                                                      \
    "CREATE VIEW " view " AS SELECT strftime ('%Y-%m-%dT%H:%M:%SZ', start, 'unixepoch') AS time, start, " DIMENSIONS \
    AMOUNTS MEASURES (AS_RESULT) " FROM " table " JOIN key ON key.id = " table ".key;\n"

#define TIME_OF_MS(column, name)                                                                                     \
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
    "CREATE TABLE ever (key INTEGER PRIMARY KEY REFERENCES key (id)" MEASURES (AS_COLUMN) ") STRICT;\n"

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

    LEVEL_VIEW ("minutes", "minute") LEVEL_VIEW ("quarters", "quarter") LEVEL_VIEW ("days", "day")
    "CREATE VIEW totals AS SELECT " DIMENSIONS AMOUNTS MEASURES (AS_RESULT)
    " FROM ever JOIN key ON key.id = ever.key;\n"
    "CREATE VIEW producers AS SELECT lower (hex (id)) AS producer, epoch, next, dropped, accepted_events, lost, "
    TIME_OF_MS ("seen_ms", "seen") " FROM producer;\n"

    "INSERT INTO checkpoint VALUES (1, 0, 0, 0, 0);\n";

const char *const zc_sqlite_steps [ZC_SQLITE_VERSION] = {version_1};

int zc_sqlite_identify (zc_sqlite_t *self, int newest, int *ret_version)
{
    int64_t application = 0, version = 0, tables = 0;
    if (zc_sqlite_integer (self, "PRAGMA application_id", &application) == -1 ||
        zc_sqlite_integer (self, "PRAGMA user_version", &version) == -1 ||
        zc_sqlite_integer (self, "SELECT count (*) FROM sqlite_schema", &tables) == -1)
        return -1;
    bool empty = application == 0 && version == 0 && tables == 0;
    if (!empty && application != ZC_SQLITE_APPLICATION_ID)
        return zc_sqlite_refuse (self, "a database of another application (its id is %lld)", (long long) application);
    if (version < 0 || version > newest)
        return zc_sqlite_refuse (self, "of version %lld, made by a later zcostd: this one knows versions up to %d",
                                 (long long) version, newest);
    *ret_version = (int) version;
    return 0;
}

/* What a new ledger has from its first moment on. */
static int found (zc_sqlite_t *self, int64_t now_ms)
{
    char sql [128];
    snprintf (sql, sizeof sql, "INSERT INTO meta (one, ledger_id, began_ms) VALUES (1, randomblob (%d), %lld)",
              ZC_LEDGER_ID_BYTES, (long long) now_ms);
    return zc_sqlite_run (self, sql);
}

static int take_steps (zc_sqlite_t *self, const char *const *steps, int steps_count, int64_t now_ms)
{
    int version;
    if (zc_sqlite_identify (self, steps_count, &version) == -1)
        return -1;
    for (int step = version; step < steps_count; step++)
        if (zc_sqlite_run (self, steps [step]) == -1 || (step == 0 && found (self, now_ms) == -1))
            return zc_sqlite_refuse (self, "cannot be brought to version %d: %s", step + 1, sqlite3_errmsg (self->db));
    char sql [128];
    snprintf (sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d", ZC_SQLITE_APPLICATION_ID,
              steps_count);
    return zc_sqlite_run (self, sql);
}

int zc_sqlite_bring_up (zc_sqlite_t *self, const char *const *steps, int steps_count, int64_t now_ms)
{
    if (zc_sqlite_run (self, "BEGIN IMMEDIATE") == -1)
        return -1;
    return zc_sqlite_end (self, take_steps (self, steps, steps_count, now_ms));
}
