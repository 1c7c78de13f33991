/* SPDX-License-Identifier: MPL-2.0
 *
 * settings.c - every option and setting of zboard, its range and its default.
 */
#include "zboard/settings.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "program/options.h"
#include "zcost.h"

#define MIB ((int64_t) 1 << 20)

/* ------------------------------------------------------------- values of their own kind */

/* ADDRESS:PORT, [IPV6]:PORT; port * or 0: a free one. */
static const char *set_listen (void *settings, const char *value)
{
    zb_settings_t *self = settings;
    const char *colon = strrchr (value, ':'), *begin = value, *end = colon;
    int64_t port = 0;
    if (colon && *value == '[' && colon > value + 1 && colon [-1] == ']') {
        begin++;
        end--;
    }
    if (!colon || end <= begin || *begin == '[' || (size_t) (end - begin) >= sizeof self->listen.address ||
        (begin == value && memchr (begin, ':', (size_t) (end - begin))) ||
        (strcmp (colon + 1, "*") != 0 && (!colon [1] || zc_value_number (&port, colon + 1, 0, 0, 65535, false))))
        return zc_value_wrong ("'%.80s' is not ADDRESS:PORT, such as 127.0.0.1:7750 or [::1]:7750", value);
    memset (&self->listen, 0, sizeof self->listen);
    memcpy (self->listen.address, begin, (size_t) (end - begin));
    snprintf (self->listen.port, sizeof self->listen.port, "%d", (int) port); /* not as it came: it may have zeros */
    return NULL;
}

static const char *add_name (zb_names_list_t *list, const char *value)
{
    char checked [ZB_NAME_BYTES];
    const char *why = zc_value_text (checked, sizeof checked, value);
    if (!why && list->count == ZB_NAMES_MAX)
        why = zc_value_wrong ("may be given at most %d times", ZB_NAMES_MAX);
    if (!why)
        strcpy (list->list [list->count++], checked);
    return why;
}

static const char *add_host (void *settings, const char *value)
{
    zb_settings_t *self = settings;
    if (strpbrk (value, "/:[] "))
        return zc_value_wrong ("'%.80s' is not a host name (without http:// and port)", value);
    return add_name (&self->hosts, value);
}

static const char *add_origin (void *settings, const char *value)
{
    zb_settings_t *self = settings;
    const char *host = strstr (value, "://");
    bool is_web = strncasecmp (value, "http://", 7) == 0 || strncasecmp (value, "https://", 8) == 0;
    if (!is_web || !host [3] || strpbrk (host + 3, "/ *"))
        return zc_value_wrong ("'%.80s' is not an origin such as https://board.example.com", value);
    const char *why = add_name (&self->origins, value);
    /* As browsers write it: they compare every letter with what we answer. */
    if (!why)
        for (char *at = self->origins.list [self->origins.count - 1]; *at; at++)
            *at = (char) tolower ((unsigned char) *at);
    return why;
}

/* ------------------------------------------------------------------------ the table */

#define AT(member) ZC_OPTION_AT (zb_settings_t, member)
#define NUMBER(member, from, to) .kind = ZC_OPTION_NUMBER, AT (member), .least = (from), .most = (to)
#define TEXT(member) .kind = ZC_OPTION_TEXT, AT (member)
#define ENDPOINT(member) .kind = ZC_OPTION_ENDPOINT, AT (member)
#define CUSTOM(function) .kind = ZC_OPTION_CUSTOM, .set = function

static const char *const off_or_on [] = {"off", "on", NULL};

static const zc_option_t rows [] = {
    {.name = "listen",
     .setting = "http/listen",
     CUSTOM (set_listen),
     .value = "ADDR:PORT",
     .text = "where to serve HTTP; port 0: any free one (" ZB_DEFAULT_LISTEN ")"},
    {.name = "ingest",
     .setting = "ingest/endpoint",
     ENDPOINT (ingest),
     .value = "EP",
     .text = "where zcostd accepts events (" ZCOST_DEFAULT_INGEST ")"},
    {.name = "publish",
     .setting = "publish/endpoint",
     ENDPOINT (publish),
     .value = "EP",
     .text = "where zcostd publishes (" ZCOST_DEFAULT_PUBLISH ")"},
    {.name = "query",
     .setting = "query/endpoint",
     ENDPOINT (query),
     .value = "EP",
     .text = "where zcostd answers queries (" ZCOST_DEFAULT_QUERY "). EP is tcp://ADDRESS:PORT or ipc://PATH"},
    {.name = "spool",
     .setting = "ingest/spool",
     TEXT (spool),
     .value = "DIR",
     .text = "keep events that zcostd has not acknowledged in DIR, so that a kill loses none (default: in memory)"},
    {.name = "token-file",
     .setting = "http/token_file",
     TEXT (token_file),
     .value = "FILE",
     .text = "clients must send one of its lines as a bearer token; SIGHUP reads it again (default: anyone who can "
             "reach the address has access)"},
    {.name = "tls-cert",
     .setting = "http/tls_cert",
     TEXT (tls_cert),
     .value = "FILE",
     .text = "serve HTTPS with this certificate chain, PEM"},
    {.name = "tls-key", .setting = "http/tls_key", TEXT (tls_key), .value = "FILE", .text = "and its key, PEM"},
    {.name = "config",
     .kind = ZC_OPTION_CONFIG,
     .value = "FILE",
     .text = "settings in ZPL; the command line overrides them"},
    {.name = "help", .kind = ZC_OPTION_HELP, .text = "this text"},
    {.name = "version", .kind = ZC_OPTION_VERSION, .text = "the version"},

    {.setting = "http/host", CUSTOM (add_host)},
    {.setting = "http/allow_origin", CUSTOM (add_origin)},
    {.setting = "http/max_connections", NUMBER (connections_max, 8, 100000)},
    {.setting = "http/max_streams", NUMBER (streams_max, 1, 100000)},
    {.setting = "http/request_seconds", NUMBER (request_ms, 1000, 3600000), .decimals = 3},
    {.setting = "http/access_log", .kind = ZC_OPTION_CHOICE, AT (access_log), .choices = off_or_on},
    {.setting = "ingest/queue_bytes", NUMBER (queue_bytes, 4 * MIB, 1024 * MIB)},
    {.setting = "metrics/max_labels", NUMBER (labels_max, 1, 1000)},
    {.setting = "memory/max_bytes", NUMBER (memory_max_bytes, 512 * MIB, INT64_MAX), .or_none = true},
};

static const zc_options_table_t table = {
    .program = "zboard",
    .rows = rows,
    .count = sizeof rows / sizeof *rows,
    .read_file = zc_zpl_read,
    .before =
        "zboard - zcost's web gateway: a dashboard, JSON and Prometheus over HTTP\n"
        "\n"
        "usage: zboard [--config FILE] [options]\n"
        "\n",
    .after =
        "\n"
        "On SIGTERM or SIGINT it closes open streams, hands over what was tracked, and exits.\n"
        "Exit status: 0 done, 1 failed, 2 wrong usage or configuration.\n",
};

void zb_settings_default (zb_settings_t *self)
{
    *self = (zb_settings_t){
        .connections_max = 2048,
        .streams_max = 1024,
        .request_ms = 30000,
        .access_log = true,
        .queue_bytes = 4 * MIB,
        .labels_max = 200,
        .memory_max_bytes = 1024 * MIB,
        .ingest = ZCOST_DEFAULT_INGEST,
        .publish = ZCOST_DEFAULT_PUBLISH,
        .query = ZCOST_DEFAULT_QUERY,
    };
    set_listen (self, ZB_DEFAULT_LISTEN);
}

const char *zb_settings_set (zb_settings_t *self, const char *path, const char *value)
{
    return zc_options_set (&table, self, path, value);
}

/* ------------------------------------------------------------------------ the whole */

const char *zb_settings_check (const zb_settings_t *self)
{
    if (!*self->tls_cert != !*self->tls_key)
        return zc_value_wrong ("http/tls_cert and http/tls_key must be given together");
    if (self->streams_max >= self->connections_max)
        return zc_value_wrong ("http/max_streams: must be less than http/max_connections");
    return NULL;
}

zc_parsed_t zb_settings_parse (int argc, char **argv, zb_settings_t *ret_settings)
{
    zb_settings_default (ret_settings);
    zc_parsed_t parsed = zc_options_read (&table, argc, argv, ret_settings, NULL);
    const char *why = parsed == ZC_RUN ? zb_settings_check (ret_settings) : NULL;
    if (why) {
        fprintf (stderr, "zboard: %s\n", why);
        parsed = ZC_EXIT_USAGE;
    }
    return parsed;
}

/* An address of IPv4, of IPv6, or of IPv4 within it. */
static bool is_loopback (const void *address)
{
    const struct sockaddr *any = address;
    if (any->sa_family == AF_INET)
        return ntohl (((const struct sockaddr_in *) address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    if (any->sa_family != AF_INET6)
        return false;
    const struct in6_addr *six = &((const struct sockaddr_in6 *) address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK (six) || (IN6_IS_ADDR_V4MAPPED (six) && six->s6_addr [12] == IN_LOOPBACKNET);
}

/* By the address that it comes to: 127.1 is one, too. A name is looked up nowhere: only localhost is known to be one. */
bool zb_settings_is_loopback (const zb_settings_t *self)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo (self->listen.address, NULL, &hints, &found) != 0)
        return strcasecmp (self->listen.address, "localhost") == 0;
    bool loopback = is_loopback (found->ai_addr);
    freeaddrinfo (found);
    return loopback;
}
