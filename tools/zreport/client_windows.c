/* SPDX-License-Identifier: MPL-2.0
 *
 * client_windows.c - one question about many windows of time; see ask_windows.h.
 */
#include "zreport/client_windows.h"

#include <stdio.h>
#include <string.h>

#include "zreport/show/field.h"
#include "zreport/group.h"

#define ROWS_MAX 100000 /* in all answers together: some 3 KiB of memory each */

/* How far it has come. */
typedef struct {
    zr_client_t *client;
    const zr_window_t *windows;
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
static bool is_about (const json_t *result, const zr_window_t *window)
{
    return zr_field_count (result, "since") <= window->since_s * 1000 &&
           zr_field_count (result, "until") >= window->until_s * 1000;
}

static int take (asking_t *self, uint32_t number, json_t *result)
{
    if (number >= self->sent || self->results [number]) {
        json_decref (result);
        return zr_client_fail_stray (self->client);
    }
    self->results [number] = result;
    if (!is_about (result, &self->windows [number]))
        return mistaken (self, "the answers are for other windows than asked for");
    self->received++;
    self->rows += json_array_size (zr_field (result, "rows"));
    return self->rows > ROWS_MAX
               ? mistaken (self, "too many groups over all periods: use --limit or --where to get fewer")
               : 0;
}

/* Takes replies until no more than `left` questions are on the way. */
static int receive (asking_t *self, size_t left)
{
    while (self->sent - self->received > left) {
        uint32_t number;
        json_t *result;
        if (zr_client_receive (self->client, &number, &result) != 0 || take (self, number, result) != 0)
            return -1;
        zr_client_wait_anew (self->client);
    }
    return 0;
}

static int ask_all (asking_t *self, json_t *question, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        zr_group_set_window (question, &self->windows [i]);
        if (zr_client_send (self->client, (uint32_t) i, question) != 0)
            return -1;
        self->sent++;
        if (receive (self, ZR_WINDOWS_AT_ONCE - 1) != 0)
            return -1;
    }
    return receive (self, 0);
}

int zr_client_windows (zr_client_t *client, json_t *question, const zr_window_t *windows, size_t count,
                       json_t **results, char *mistake, size_t size)
{
    asking_t asking = {
        .client = client, .windows = windows, .results = results, .mistake = mistake, .mistake_size = size};
    *mistake = 0;
    for (size_t i = 0; i < count; i++)
        results [i] = NULL;
    if (ask_all (&asking, question, count) == 0)
        return 0;
    for (size_t i = 0; i < count; i++)
        json_decref (results [i]);
    return -1;
}
