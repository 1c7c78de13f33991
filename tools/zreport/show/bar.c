/* SPDX-License-Identifier: MPL-2.0
 *
 * bar.c - amounts as lengths and heights; see bar.h.
 */
#include "zreport/show/bar.h"

#include <stdlib.h>
#include <string.h>

#define EIGHTHS 8
#define GLYPH_BYTES 3 /* of a block in UTF-8 */

/* U+2588 is a full block; the seven after it are narrower and narrower, the seven before it lower and lower. */
static const char *const lying [] = {"",
                                     "\xe2\x96\x8f",
                                     "\xe2\x96\x8e",
                                     "\xe2\x96\x8d",
                                     "\xe2\x96\x8c",
                                     "\xe2\x96\x8b",
                                     "\xe2\x96\x8a",
                                     "\xe2\x96\x89",
                                     "\xe2\x96\x88"};
static const char *const standing [] = {" ",
                                        "\xe2\x96\x81",
                                        "\xe2\x96\x82",
                                        "\xe2\x96\x83",
                                        "\xe2\x96\x84",
                                        "\xe2\x96\x85",
                                        "\xe2\x96\x86",
                                        "\xe2\x96\x87",
                                        "\xe2\x96\x88"};
static const char *const standing_ascii [] = {" ", ".", ".", ":", ":", "+", "+", "#", "#"};

/* part/whole of `units`, rounded; at least 1 of what is anything, at most all. */
static int scale (int64_t part, int64_t whole, int units)
{
    if (part <= 0 || whole <= 0)
        return 0;
    double share = (double) part / (double) whole;
    int scaled = share >= 1 ? units : (int) (share * units + 0.5);
    return scaled > 0 ? scaled : 1;
}

char *zr_bar (const zr_screen_t *screen, int64_t part, int64_t whole, int columns)
{
    char *text = zr_screen_need (malloc ((size_t) columns * GLYPH_BYTES + 1)), *to = text;
    int units = scale (part, whole, columns * (screen->utf8 ? EIGHTHS : 1));
    int each = screen->utf8 ? EIGHTHS : 1;
    for (; units > 0; units -= each)
        to = stpcpy (to, screen->utf8 ? lying [units < each ? units : each] : "#");
    *to = 0;
    return text;
}

static const char *glyph (const zr_screen_t *screen, int height)
{
    return screen->utf8 ? standing [height] : standing_ascii [height];
}

char *zr_bar_chart_line (const zr_screen_t *screen, const int64_t *values, size_t count, int64_t most, int line,
                         int lines)
{
    char *text = zr_screen_need (malloc (count * GLYPH_BYTES + 1)), *to = text, *end = text;
    int below = (lines - 1 - line) * EIGHTHS;
    for (size_t i = 0; i < count; i++) {
        int height = scale (values [i], most, lines * EIGHTHS) - below;
        to = stpcpy (to, glyph (screen, height < 0 ? 0 : height > EIGHTHS ? EIGHTHS : height));
        end = height > 0 ? to : end;
    }
    *end = 0;
    return text;
}

/* Where nothing was there stands a dot, so that time can be counted along a line. */
char *zr_bar_spark (const zr_screen_t *screen, const int64_t *values, size_t count, int64_t most)
{
    char *text = zr_screen_need (malloc (count * GLYPH_BYTES + 1)), *to = text;
    for (size_t i = 0; i < count; i++) {
        int height = scale (values [i], most, EIGHTHS);
        to = stpcpy (to, height > 0 ? glyph (screen, height) : screen->utf8 ? "\xc2\xb7" : "_");
    }
    *to = 0;
    return text;
}
