/* SPDX-License-Identifier: MPL-2.0
 *
 * test_assets.c - what assets.h promises: the page's files are in the program as they are on disk, and they are small.
 */
#include "zboard/assets.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ASSETS_MAX_BYTES 409600 /* all of the page, so that it is there at once */

static const char web [] = ZC_SOURCE_DIR "/tools/zboard/web";

static bool is_file_of (const char *path, const zb_asset_t *asset)
{
    size_t size = (size_t) (asset->end - asset->bytes);
    char *bytes = malloc (size + 1);
    FILE *file = fopen (path, "rb");
    if (!file)
        fail_msg ("%s is not there", path);
    bool same = fread (bytes, 1, size + 1, file) == size && memcmp (bytes, asset->bytes, size) == 0;
    fclose (file);
    free (bytes);
    return same;
}

static void test_assets_are_the_files_byte_for_byte (void **state)
{
    (void) state;
    DIR *folder = opendir (web);
    size_t files = 0, assets = 0;
    assert_non_null (folder);
    for (struct dirent *entry; (entry = readdir (folder));) {
        char path [4096];
        if (*entry->d_name == '.')
            continue;
        snprintf (path, sizeof path, "%s/%s", web, entry->d_name);
        const zb_asset_t *asset = zb_asset_find (entry->d_name);
        if (!asset || !is_file_of (path, asset))
            fail_msg ("%s: %s", entry->d_name, asset ? "other bytes" : "not in the program");
        files++;
    }
    closedir (folder);
    while (zb_asset_at (assets))
        assets++;
    assert_true (files > 0);
    assert_int_equal (assets, files + 1); /* and Chart.js */
}

static void test_assets_have_the_chart_library (void **state)
{
    (void) state;
    const zb_asset_t *asset = zb_asset_find ("chart.min.js");
    assert_non_null (asset);
    assert_true (is_file_of (ZC_CHART_JS, asset));
    assert_true (asset->end - asset->bytes > 100000);
    assert_non_null (memmem (asset->bytes, 400, "Chart.js", 8)); /* its notice */
}

static void test_assets_are_small_and_not_empty (void **state)
{
    (void) state;
    size_t total = 0;
    const zb_asset_t *asset;
    for (size_t n = 0; (asset = zb_asset_at (n)); n++) {
        assert_true (asset->end > asset->bytes);
        assert_int_equal (*asset->end, '\0'); /* what reads them as text stops there */
        total += (size_t) (asset->end - asset->bytes);
    }
    if (total >= ASSETS_MAX_BYTES)
        fail_msg ("%zu bytes", total);
}

static void test_assets_have_the_type_of_their_name (void **state)
{
    (void) state;
    static const struct {
        const char *ending, *type;
    } types [] = {{".js", "text/javascript; charset=utf-8"},
                  {".css", "text/css; charset=utf-8"},
                  {".svg", "image/svg+xml"},
                  {".html", "text/html; charset=utf-8"}};
    const zb_asset_t *asset;
    for (size_t n = 0; (asset = zb_asset_at (n)); n++) {
        const char *type = NULL;
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (strcmp (strrchr (asset->name, '.'), types [i].ending) == 0)
                type = types [i].type;
        if (!type || strcmp (asset->type, type) != 0)
            fail_msg ("%s: %s", asset->name, asset->type);
    }
}

static void test_assets_are_found_by_their_whole_name (void **state)
{
    (void) state;
    static const char *const none [] = {"",           "index",     "index.html/", "/index.html",
                                        "INDEX.HTML", "index.htm", "../zboard.c", "index.html\n"};
    const zb_asset_t *asset;
    for (size_t n = 0; (asset = zb_asset_at (n)); n++)
        assert_ptr_equal (zb_asset_find (asset->name), asset);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null (zb_asset_find (none [i]));
    assert_null (zb_asset_at (SIZE_MAX));
}

static void test_assets_tags_are_quoted_differ_and_stay (void **state)
{
    (void) state;
    char tags [64][ZB_ASSET_TAG_BYTES], again [ZB_ASSET_TAG_BYTES];
    size_t count = 0;
    for (; zb_asset_at (count); count++) {
        assert_true (count < 64);
        zb_asset_tag (zb_asset_at (count), tags [count]);
        assert_int_equal (strlen (tags [count]), 18);
        assert_int_equal (strspn (tags [count] + 1, "0123456789abcdef"), 16);
        assert_true (tags [count][0] == '"' && tags [count][17] == '"');
        for (size_t i = 0; i < count; i++)
            assert_string_not_equal (tags [i], tags [count]);
    }
    while (count-- > 0) {
        zb_asset_tag (zb_asset_at (count), again);
        assert_string_equal (again, tags [count]);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        cmocka_unit_test (test_assets_are_the_files_byte_for_byte),
        cmocka_unit_test (test_assets_have_the_chart_library),
        cmocka_unit_test (test_assets_are_small_and_not_empty),
        cmocka_unit_test (test_assets_have_the_type_of_their_name),
        cmocka_unit_test (test_assets_are_found_by_their_whole_name),
        cmocka_unit_test (test_assets_tags_are_quoted_differ_and_stay),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
