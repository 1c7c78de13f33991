/* SPDX-License-Identifier: MPL-2.0
 *
 * test_position.c - what position.h promises: an order, both parts back, and a text.
 */
#include "core/base/position.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_position_is_ordered_and_told (void **state)
{
    (void) state;
    static const struct {
        uint32_t segment, offset;
        const char *text;
    } ascending [] = {{0, 0, "0:0"},
                      {0, 1, "0:1"},
                      {0, UINT32_MAX, "0:4294967295"},
                      {1, 0, "1:0"},
                      {1, 64, "1:64"},
                      {2, 0, "2:0"},
                      {UINT32_MAX, 0, "4294967295:0"},
                      {UINT32_MAX, UINT32_MAX, "4294967295:4294967295"}};
    for (size_t i = 0; i < sizeof ascending / sizeof *ascending; i++) {
        char text [ZC_POSITION_TEXT_BYTES];
        zc_position_t position = ZC_POSITION (ascending [i].segment, ascending [i].offset);
        assert_int_equal (ZC_POSITION_SEGMENT (position), ascending [i].segment);
        assert_int_equal (ZC_POSITION_OFFSET (position), ascending [i].offset);
        assert_string_equal (zc_position_text (position, text), ascending [i].text);
        if (i > 0)
            assert_true (position > ZC_POSITION (ascending [i - 1].segment, ascending [i - 1].offset));
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {cmocka_unit_test (test_position_is_ordered_and_told)};
    return cmocka_run_group_tests (tests, NULL, NULL);
}
