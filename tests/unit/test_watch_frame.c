/* SPDX-License-Identifier: MPL-2.0
 *
 * test_watch_frame.c - the live view on screens of every size, with and without data.
 */
#include "zreport/watch/frame.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "zreport/show/screen.h"

#define ROWS_MAX 90
#define COLUMNS_MAX 260

static const zr_screen_t ascii = {.columns = 80};
static const zr_screen_t utf8 = {.columns = 80, .utf8 = true};

/* ------------------------------------------------------------------ a screen that notices */

/* How often each place was written to, and what stands in each line. */
typedef struct {
    const zr_screen_t *screen;
    int rows, columns;
    unsigned char written [ROWS_MAX][COLUMNS_MAX];
    char text [ROWS_MAX][8 * COLUMNS_MAX];
} grid_t;

static void paint_line (grid_t *grid, int row, int column, const zr_page_t *page, size_t line)
{
    zr_tone_t tone;
    const char *text;
    for (size_t piece = 0; (text = zr_page_piece (page, line, piece, &tone)); piece++) {
        assert_in_range (tone, 0, ZR_TONES - 1);
        int width = zr_screen_width (grid->screen, text);
        assert_true (column + width <= grid->columns);
        for (int i = 0; i < width; i++)
            assert_int_equal (grid->written [row][column + i]++, 0);
        column += width;
        strcat (grid->text [row], text);
    }
}

static void paint (void *argument, int row, int column, const zr_page_t *page, int rows)
{
    grid_t *grid = argument;
    assert_true (row >= 0 && column >= 0 && rows > 0 && row + rows <= grid->rows);
    assert_true ((size_t) rows <= zr_page_lines (page));
    for (int i = 0; i < rows; i++)
        paint_line (grid, row + i, column, page, (size_t) i);
}

static grid_t *drawn (const zr_watch_data_t *data, const zr_screen_t *screen, int rows, int columns)
{
    static grid_t grid;
    memset (&grid, 0, sizeof grid);
    grid.screen = screen;
    grid.rows = rows;
    grid.columns = columns;
    zr_frame_draw (data, screen, rows, columns, paint, &grid);
    return &grid;
}

static bool shows (const grid_t *grid, const char *text)
{
    for (int i = 0; i < grid->rows; i++)
        if (strstr (grid->text [i], text))
            return true;
    return false;
}

/* ------------------------------------------------------------------ data */

#define NOW_MS INT64_C (1795000000000) /* 2026-11-18, in the middle of a month */

static json_t *parsed (const char *text)
{
    json_t *value = json_loads (text, 0, NULL);
    assert_non_null (value);
    return value;
}

static void answer (zr_watch_data_t *data, zr_asked_t asked, json_t *result)
{
    json_decref (zr_watch_question (data, asked, NOW_MS));
    zr_watch_answer (data, asked, result, NULL);
}

/* Many rows with long names, some of them wide, with amounts as large as they come. */
static json_t *many_rows (const char *group)
{
    json_t *rows = json_array ();
    for (int i = 0; i < 40; i++) {
        char name [160];
        snprintf (name, sizeof name, "%d-%0100d-\xe6\xa8\xa1\xe5\x9e\x8b\x1b[2J", i, i);
        json_array_append_new (rows, json_pack ("{s:s, s:I, s:I, s:I, s:I, s:f, s:I}", group, name, "events",
                                                (json_int_t) 1 << 60, "cost_nanousd", (json_int_t) INT64_MAX,
                                                "input_tokens", (json_int_t) 1 << 60, "latency_events", (json_int_t) 1,
                                                "latency_ms_p95", 1e300, "unpriced_events", (json_int_t) (i % 2)));
    }
    return json_pack ("{s:o, s:{s:I}}", "rows", rows, "total", "cost_nanousd", (json_int_t) INT64_MAX);
}

static json_t *many_budgets (void)
{
    static const char *const states [] = {"ok", "pending", "breached", "warning", "unheard-of"};
    json_t *budgets = json_array ();
    for (int i = 0; i < 20; i++)
        json_array_append_new (budgets,
                               json_pack ("{s:s, s:s, s:s, s:s, s:f, s:n, s:s}", "name",
                                          "a budget of a name that is rather long", "period", "month", "limit_usd",
                                          "1000000000.000000000", "spent_usd", "999999999.000000000", "share_percent",
                                          7.5 * i, "projected_usd", "state", states [i % 5]));
    return json_pack ("{s:o}", "budgets", budgets);
}

static json_t *full_report (void)
{
    return parsed (
        "{\"query_router\": {\"total_queries\": 1000000000, \"cost_breakdown\": {"
        "\"simple\": {\"queries\": 7, \"cost_usd\": \"1.000000001\", \"model\": \"gpt-4o-mini\"},"
        "\"a tier of a long name\": {\"queries\": 1, \"cost_usd\": \"9000000000.000000000\","
        "\"model\": \"m\"},"
        "\"complex\": {\"queries\": 3, \"cost_usd\": \"0.000000001\", \"model\": \"gpt-4o\"}},"
        "\"savings_percent\": 12.5, \"baseline\": {\"model\": \"gpt-4o\"}},"
        "\"savings\": {\"router\": {\"net_usd\": \"-9000000000.000000000\","
        "\"assumed_usd\": \"-3.500000000\"},"
        "\"tiers\": {\"simple\": {\"net_usd\": \"-1.500000000\", \"assumed_usd\": \"-0.500000000\"}},"
        "\"embedding_cache\": {\"assumed_usd\": \"1.000000000\"},"
        "\"prompt_cache\": {\"net_usd\": \"-2.250000000\"},"
        "\"unpriced_events\": 12}, \"embedding_cache\": {\"total_requests\": 4, \"hit_rate_percent\": 75.0,"
        "\"estimated_cost_saved_usd\": \"1.000000000\"}, \"rag_parallel\": {\"total_preloads\": 3,"
        "\"avg_time_saved_seconds\": -1e300}, \"zcost\": {\"instance\": \"an instance of a long name\","
        "\"incarnation\": \"a\", \"events\": {\"accepted\": 900000000000000000,"
        "\"rejected\": 3, \"lost\": 4,"
        "\"dropped\": 5, \"duplicate\": 6}, \"since\": 1700000000000}}");
}

static void fill (zr_watch_data_t *data)
{
    zr_watch_data_init (data, "tcp://127.0.0.1:7752", "tcp://127.0.0.1:7753", "UTC");
    data->now_ms = NOW_MS + 4000;
    zr_watch_snapshot (data, full_report (), NOW_MS);
    answer (data, ZR_ASKED_RECENT,
            json_pack ("{s:[{s:[{s:I, s:I}, {s:I, s:I}]}]}", "rows", "points", "t",
                       (json_int_t) (NOW_MS - NOW_MS % 60000), "cost_nanousd", (json_int_t) INT64_MAX, "t",
                       (json_int_t) (NOW_MS - 120000), "cost_nanousd", (json_int_t) INT64_MAX));
    answer (data, ZR_ASKED_TODAY, parsed ("{\"total\": {\"cost_nanousd\": 9000000000000000000}}"));
    answer (data, ZR_ASKED_MONTH, parsed ("{\"total\": {\"cost_nanousd\": 9000000000000000000}}"));
    answer (data, ZR_ASKED_REPORT, full_report ());
    answer (data, ZR_ASKED_TOP, many_rows ("model"));
    answer (data, ZR_ASKED_BESIDE, many_rows ("service"));
    answer (data, ZR_ASKED_BUDGETS, many_budgets ());
    answer (data, ZR_ASKED_HEALTH,
            parsed ("{\"journal\": {\"state\": \"none\"}, \"store\": {\"state\": \"none\"},"
                    "\"waiting\": [\"the disk\"], \"cells_folded_to_other\": 7}"));
    for (int i = 0; i < 30; i++)
        zr_watch_alert (data, json_pack ("{s:i, s:s, s:i, s:I}", "id", i, "budget", "month", "threshold_percent", i,
                                         "at", (json_int_t) NOW_MS));
    zr_watch_say (&data->complaint, "%0300d", 1);
}

/* ------------------------------------------------------------------ tests */

static void draw_all_sizes (const zr_watch_data_t *data, const zr_screen_t *screen)
{
    static const int widths [] = {1,   2,   3,   5,   9,   12,  19,  20,  33,  40,  59,  60,  61,
                                  69,  70,  75,  76,  79,  80,  81,  89,  90,  100, 118, 119, 120,
                                  121, 122, 132, 159, 160, 161, 162, 200, 201, 249, 250};
    for (size_t i = 0; i < sizeof widths / sizeof widths [0]; i++)
        for (int rows = 1; rows <= 80; rows += rows < 24 ? 1 : 7)
            drawn (data, screen, rows, widths [i]);
}

/* The painter's assertions are the test. */
static void test_watch_frame_keeps_to_every_size (void **state)
{
    (void) state;
    zr_watch_data_t data;
    fill (&data);
    draw_all_sizes (&data, &utf8);
    draw_all_sizes (&data, &ascii);
    data.help = true;
    draw_all_sizes (&data, &ascii);
    zr_watch_data_free (&data);
}

static void test_watch_frame_does_without_any_answer (void **state)
{
    (void) state;
    zr_watch_data_t data;
    zr_watch_data_init (&data, "tcp://a", "tcp://b", "UTC");
    draw_all_sizes (&data, &ascii);
    zr_watch_snapshot (&data, json_object (), NOW_MS);
    zr_watch_say (&data.away, "away");
    draw_all_sizes (&data, &utf8);
    zr_watch_data_free (&data);
}

/* Whatever a peer sends in the place of what belongs there. */
static void test_watch_frame_survives_answers_of_no_shape (void **state)
{
    (void) state;
    static const char *const shapes [] = {
        "{}",
        "{\"rows\": 1, \"total\": [], \"budgets\": {}, \"waiting\": \"\"}",
        "{\"rows\": [1, null, [], {}], \"budgets\": [1, null, [], {}], \"waiting\": [{}, [1]]}",
        "{\"rows\": [{\"points\": [1, {}, {\"t\": -5, \"cost_nanousd\": -9}, {\"t\": 1e300}]}],"
        "\"budgets\": [{\"share_percent\": -1e300, \"state\": 5}, {\"share_percent\": 1e300}]}",
        "{\"query_router\": [], \"savings\": {\"tiers\": 5, \"router\": []},"
        "\"zcost\": {\"since\": -1, \"events\": 7}}",
        "{\"query_router\": {\"cost_breakdown\": {\"x\": 5, \"\": null}}, \"total\": {\"cost_nanousd\": -1}}",
    };
    zr_watch_data_t data;
    zr_watch_data_init (&data, "tcp://a", "tcp://b", "UTC");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes [0]; i++) {
        zr_watch_snapshot (&data, parsed (shapes [i]), NOW_MS);
        zr_watch_alert (&data, parsed (shapes [i]));
        for (zr_asked_t asked = 0; asked < ZR_ASKED; asked++)
            answer (&data, asked, parsed (shapes [i]));
        for (int columns = 1; columns < 200; columns += 13)
            drawn (&data, &utf8, 60, columns);
    }
    zr_watch_data_free (&data);
}

static void test_watch_frame_leaves_the_least_important_out_first (void **state)
{
    (void) state;
    zr_watch_data_t data;
    fill (&data);
    grid_t *low = drawn (&data, &ascii, 20, 60);
    assert_true (shows (low, "Now ") && shows (low, "Today") && shows (low, "Routing") && shows (low, "Tier"));
    assert_true (shows (low, "rejected") && shows (low, "q quit"));
    assert_false (shows (low, "RAG preloads"));
    grid_t *high = drawn (&data, &ascii, 80, 250);
    assert_true (shows (high, "RAG preloads") && shows (high, "By model") && shows (high, "By service"));
    assert_true (shows (high, "Budget") && shows (high, "Alerts"));
    zr_watch_data_free (&data);
}

static void test_watch_frame_shows_the_worst_budget_first (void **state)
{
    (void) state;
    zr_watch_data_t data;
    fill (&data);
    grid_t *grid = drawn (&data, &ascii, 80, 250);
    int row = 0;
    while (row < 80 && !strstr (grid->text [row], "Budget "))
        row++;
    assert_true (row < 79);
    assert_non_null (strstr (grid->text [row + 1], "breached"));
    zr_watch_data_free (&data);
}

int main (void)
{
    setlocale (LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_watch_frame_keeps_to_every_size),
        cmocka_unit_test (test_watch_frame_does_without_any_answer),
        cmocka_unit_test (test_watch_frame_survives_answers_of_no_shape),
        cmocka_unit_test (test_watch_frame_leaves_the_least_important_out_first),
        cmocka_unit_test (test_watch_frame_shows_the_worst_budget_first),
    };
    return cmocka_run_group_tests_name ("watch_frame", tests, NULL, NULL);
}
