/* SPDX-License-Identifier: MPL-2.0
 *
 * ask_windows.c - one question about many windows of time; see ask_windows.h.
 */
#include "zreport/ask_windows.h"

#include <stdio.h>
#include <string.h>

#include "zreport/field.h"
#include "zreport/group.h"

#define ROWS_MAX 100000 /* in all answers together: some 3 KiB of memory each */

/* How far it has come. */
typedef struct {
    zc_ask_t *ask;
    const zc_window_t *windows;
    json_t **results; /* NULL: not answered yet */
    size_t sent, received;
    size_t rows; /* in all answers */
    char *mistake;
    size_t mistake_size;
} asking_t;

static int mistaken (asking_t *self, const char *why)
{
    snprintf (self->mistake, self->mistake_size, "%s", why);
    return -1;
}

/* A window only ever widens. */
static bool is_about (const json_t *result, const zc_window_t *window)
{
    return zc_field_count (result, "since") <= window->since_s * 1000 &&
           zc_field_count (result, "until") >= window->until_s * 1000;
}

static int take (asking_t *self, uint32_t number, json_t *result)
{
    if (number >= self->sent || self->results [number]) {
        json_decref (result);
        return zc_ask_fail_stray (self->ask);
    }
    self->results [number] = result;
    if (!is_about (result, &self->windows [number]))
        return mistaken (self, "the answers are not about the windows that were asked for");
    self->received++;
    self->rows += json_array_size (zc_field (result, "rows"));
    return self->rows > ROWS_MAX ? mistaken (self, "too many groups in all periods: ask for fewer with --limit or --where")
                                 : 0;
}

/* Takes replies until no more than `left` questions are on the way. */
static int receive (asking_t *self, size_t left)
{
    while (self->sent - self->received > left) {
        uint32_t number;
        json_t *result;
        if (zc_ask_receive (self->ask, &number, &result) != 0 || take (self, number, result) != 0)
            return -1;
        zc_ask_wait_anew (self->ask);
    }
    return 0;
}

static int ask_all (asking_t *self, json_t *question, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        zc_group_set_window (question, &self->windows [i]);
        if (zc_ask_send (self->ask, (uint32_t) i, question) != 0)
            return -1;
        self->sent++;
        if (receive (self, ZC_WINDOWS_AT_ONCE - 1) != 0)
            return -1;
    }
    return receive (self, 0);
}

int zc_ask_windows (zc_ask_t *ask, json_t *question, const zc_window_t *windows, size_t count, json_t **results,
                    char *mistake, size_t size)
{
    asking_t asking = {.ask = ask, .windows = windows, .results = results, .mistake = mistake, .mistake_size = size};
    *mistake = 0;
    memset (results, 0, count * sizeof *results);
    if (ask_all (&asking, question, count) == 0)
        return 0;
    for (size_t i = 0; i < count; i++)
        json_decref (results [i]);
    return -1;
}
