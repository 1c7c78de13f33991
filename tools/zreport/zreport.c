/* SPDX-License-Identifier: MPL-2.0
 *
 * zreport.c - asks zcostd, and shows the answer to a person or as JSON.
 *
 * Keeps the exit status: 0 done, 1 failed or not reached, 2 wrong usage, 3 a budget is breached.
 */
#include <czmq.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "wire/json.h"
#include "zreport/client.h"
#include "zreport/command.h"
#include "zreport/show/field.h"
#include "zreport/group.h"
#include "zreport/options.h"
#include "zreport/show/screen.h"
#include "zreport/show/show.h"
#include "zreport/usage.h"
#include "zreport/watch/watch.h"

/* options: what the question's arguments are taken from; NULL: it has none. */
static int ask (zr_client_t *connection, const char *query, const zr_options_t *options, json_t **ret_result)
{
    json_t *request = zr_screen_need (json_pack ("{s:s}", "query", query));
    if (options && options->limit)
        json_object_set_new (request, "limit", json_integer (options->limit));
    if (options && options->service)
        json_object_set_new (request, "service", zr_screen_need (json_string (options->service)));
    if (options && options->model)
        json_object_set_new (request, "model", zr_screen_need (json_string (options->model)));
    if (options)
        zr_group_set_window (request, &options->window);
    int status = zr_client_ask (connection, request, ret_result);
    json_decref (request);
    return status;
}

/* The first question also waited for the connection: a second one measures the way alone. */
static void show_ping (const zr_screen_t *screen, zr_client_t *connection, const json_t *ping)
{
    json_t *again = NULL;
    if (ask (connection, "ping", NULL, &again) == 0)
        json_decref (again);
    zr_show_ping (screen, ping, zr_client_elapsed_ns (connection));
}

static bool is_windowed (const zr_options_t *options)
{
    return options->window.has_since || options->window.has_until;
}

/* health: asked for beside a report; else NULL. */
static void show (const zr_options_t *options, const zr_screen_t *screen, zr_client_t *connection, const json_t *health,
                  const json_t *result)
{
    switch (options->command) {
    case ZR_HEALTH:
        zr_show_health (screen, result);
        return;
    case ZR_REJECTS:
        zr_show_rejects (screen, result);
        return;
    case ZR_PRICE:
        zr_show_price (screen, result);
        return;
    case ZR_PING:
        show_ping (screen, connection, result);
        return;
    default:
        if (is_windowed (options))
            zr_show_window (screen, result, options->service);
        else
            zr_show_report (screen, result, options->service, zr_field (health, "unpriced"));
        return;
    }
}

/* The report counts what has no price; health names it, for all services and all times together. Health comes first,
 * so that what arrives between the two is counted and not yet named: never the other way round. Without it the report
 * is still worth showing. */
static json_t *ask_health (zr_client_t *connection, const zr_options_t *options)
{
    json_t *health = NULL;
    if (options->command == ZR_REPORT && !options->json && !options->service && !is_windowed (options))
        ask (connection, "health", NULL, &health);
    return health;
}

static int ask_plainly (zr_client_t *connection, const zr_options_t *options, const zr_screen_t *screen)
{
    json_t *health = ask_health (connection, options), *result;
    int status = ask (connection, zr_usage_command_name (options->command), options, &result);
    if (status == 0) {
        if (options->json)
            zr_command_print_json (result, false);
        else
            show (options, screen, connection, health, result);
        json_decref (result);
    }
    json_decref (health);
    return status;
}

static int run (zr_client_t *connection, const zr_options_t *options, const zr_screen_t *screen)
{
    switch (options->command) {
    case ZR_HOURLY:
    case ZR_DAILY:
    case ZR_WEEKLY:
    case ZR_MONTHLY:
        return zr_periods (connection, options, screen);
    case ZR_TOP:
        return zr_top (connection, options, screen);
    case ZR_SERIES:
        return zr_series (connection, options, screen);
    case ZR_EXPORT:
        return zr_export (connection, options, screen);
    case ZR_STATUSLINE:
        return zr_statusline (connection, options, screen);
    case ZR_BUDGETS:
        return zr_budgets (connection, options, screen);
    default: /* the other commands are the queries of their names */
        return ask_plainly (connection, options, screen);
    }
}

static int ask_and_show (const zr_options_t *options, const zr_screen_t *screen)
{
    zr_client_t *connection = zr_client_new (options->endpoint, options->timeout_ms);
    if (!connection) {
        fprintf (stderr, "zreport: --endpoint '%s': %s\n", options->endpoint, zmq_strerror (errno));
        return 2;
    }
    int status = run (connection, options, screen);
    if (status < 0) {
        const char *error = zr_client_error (connection);
        char *clean = zr_screen_clean (screen, error, strlen (error));
        fprintf (stderr, "zreport: %s\n", clean);
        free (clean);
        status = 1;
    }
    zr_client_destroy (&connection);
    return status;
}

/* A report that a full disk cut off is no report. A failure before that was told already. */
static int close_stdout (int status)
{
    if ((fflush (stdout) == 0 && !ferror (stdout)) || status)
        return status;
    fprintf (stderr, "zreport: cannot write: %s\n", strerror (errno));
    return 1;
}

int main (int argc, char **argv)
{
    zr_options_t options;
    setlocale (LC_CTYPE, "");
    switch (zr_options_parse (argc, argv, &options)) {
    case ZC_EXIT_DONE:
        return close_stdout (0);
    case ZC_EXIT_USAGE:
        return 2;
    case ZC_RUN:
        break;
    }
    zr_screen_t screen;
    zr_screen_init (&screen);
    /* No handlers of czmq's: a plain question may die of Ctrl-C; watch has its own way. */
    zsys_handler_set (NULL);
    return close_stdout (options.command == ZR_WATCH ? zr_watch (&options, &screen) : ask_and_show (&options, &screen));
}
