/* SPDX-License-Identifier: MPL-2.0
 *
 * settings.c - every setting, its range and how it is read.
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

#include "zcost.h"

#define MIB ((int64_t) 1 << 20)

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
    };
    zb_settings_set (self, "http/listen", ZB_DEFAULT_LISTEN);
    strcpy (self->ingest, ZCOST_DEFAULT_INGEST);
    strcpy (self->publish, ZCOST_DEFAULT_PUBLISH);
    strcpy (self->query, ZCOST_DEFAULT_QUERY);
}

/* ADDRESS:PORT, [IPV6]:PORT; port * or 0: a free one. */
static const char *set_listen (zb_settings_t *self, const char *value)
{
    const char *colon = strrchr (value, ':'), *begin = value, *end = colon;
    int64_t port = 0;
    if (colon && *value == '[' && colon > value + 1 && colon [-1] == ']') {
        begin++;
        end--;
    }
    if (!colon || end <= begin || *begin == '[' || (size_t) (end - begin) >= sizeof self->listen.address ||
        (begin == value && memchr (begin, ':', (size_t) (end - begin))) ||
        (strcmp (colon + 1, "*") != 0 && (!colon [1] || zc_value_integer (&port, colon + 1, 0, 65535))))
        return zc_value_wrong ("'%.80s' is no ADDRESS:PORT, such as 127.0.0.1:7750 or [::1]:7750", value);
    memset (&self->listen, 0, sizeof self->listen);
    memcpy (self->listen.address, begin, (size_t) (end - begin));
    snprintf (self->listen.port, sizeof self->listen.port, "%d", (int) port); /* not as it came: it may have zeros */
    return NULL;
}

static const char *set_endpoint (char place [ZC_ENDPOINT_BYTES], const char *value)
{
    zc_endpoints_t list = {.count = 0};
    const char *why = zc_value_endpoint (&list, value);
    if (!why && strcmp (value + strlen (value) - 1, "*") == 0)
        why = zc_value_wrong ("'%.80s' is where zcostd is to be found, so it needs a port", value);
    if (!why)
        strcpy (place, list.list [0]);
    return why;
}

static const char *set_ingest (zb_settings_t *self, const char *value)
{
    return set_endpoint (self->ingest, value);
}

static const char *set_publish (zb_settings_t *self, const char *value)
{
    return set_endpoint (self->publish, value);
}

static const char *set_query (zb_settings_t *self, const char *value)
{
    return set_endpoint (self->query, value);
}

static const char *set_token_file (zb_settings_t *self, const char *value)
{
    return zc_value_text (self->token_file, sizeof self->token_file, value);
}

static const char *set_tls_cert (zb_settings_t *self, const char *value)
{
    return zc_value_text (self->tls_cert, sizeof self->tls_cert, value);
}

static const char *set_tls_key (zb_settings_t *self, const char *value)
{
    return zc_value_text (self->tls_key, sizeof self->tls_key, value);
}

static const char *add_name (zb_names_list_t *list, const char *value)
{
    char checked [ZB_NAME_BYTES];
    const char *why = zc_value_text (checked, sizeof checked, value);
    if (!why && list->count == ZB_NAMES_MAX)
        why = zc_value_wrong ("at most %d of them", ZB_NAMES_MAX);
    if (!why)
        strcpy (list->list [list->count++], checked);
    return why;
}

static const char *add_host (zb_settings_t *self, const char *value)
{
    if (strpbrk (value, "/:[] "))
        return zc_value_wrong ("'%.80s' is no host's name (without http:// and port)", value);
    return add_name (&self->hosts, value);
}

static const char *add_origin (zb_settings_t *self, const char *value)
{
    const char *host = strstr (value, "://");
    bool is_web = strncasecmp (value, "http://", 7) == 0 || strncasecmp (value, "https://", 8) == 0;
    if (!is_web || !host [3] || strpbrk (host + 3, "/ *"))
        return zc_value_wrong ("'%.80s' is no origin, such as https://board.example.com", value);
    const char *why = add_name (&self->origins, value);
    /* As browsers write it: they compare every letter with what we answer. */
    if (!why)
        for (char *at = self->origins.list [self->origins.count - 1]; *at; at++)
            *at = (char) tolower ((unsigned char) *at);
    return why;
}

static const char *set_connections (zb_settings_t *self, const char *value)
{
    return zc_value_integer (&self->connections_max, value, 8, 100000);
}

static const char *set_streams (zb_settings_t *self, const char *value)
{
    return zc_value_integer (&self->streams_max, value, 1, 100000);
}

static const char *set_request (zb_settings_t *self, const char *value)
{
    return zc_value_decimal (&self->request_ms, value, 3, "1", "3600");
}

static const char *set_access_log (zb_settings_t *self, const char *value)
{
    if (strcmp (value, "on") != 0 && strcmp (value, "off") != 0)
        return zc_value_wrong ("'%.80s' is neither on nor off", value);
    self->access_log = value [1] == 'n';
    return NULL;
}

static const char *set_queue (zb_settings_t *self, const char *value)
{
    return zc_value_integer (&self->queue_bytes, value, 4 * MIB, 1024 * MIB);
}

static const char *set_spool (zb_settings_t *self, const char *value)
{
    return zc_value_text (self->spool, sizeof self->spool, value);
}

static const char *set_labels (zb_settings_t *self, const char *value)
{
    return zc_value_integer (&self->labels_max, value, 1, 1000);
}

static const char *set_memory (zb_settings_t *self, const char *value)
{
    int64_t number = 0;
    const char *why = zc_value_integer (&number, value, 0, INT64_MAX);
    if (!why && number > 0 && number < 512 * MIB)
        why = zc_value_wrong ("'%.80s' is neither 0 nor at least 536870912", value);
    if (!why)
        self->memory_max_bytes = number;
    return why;
}

static const struct {
    const char *path;
    const char *(*set) (zb_settings_t *, const char *);
} settings [] = {
    {"http/listen", set_listen},
    {"http/token_file", set_token_file},
    {"http/tls_cert", set_tls_cert},
    {"http/tls_key", set_tls_key},
    {"http/host", add_host},
    {"http/allow_origin", add_origin},
    {"http/max_connections", set_connections},
    {"http/max_streams", set_streams},
    {"http/request_seconds", set_request},
    {"http/access_log", set_access_log},
    {"ingest/endpoint", set_ingest},
    {"ingest/queue_bytes", set_queue},
    {"ingest/spool", set_spool},
    {"publish/endpoint", set_publish},
    {"query/endpoint", set_query},
    {"metrics/max_labels", set_labels},
    {"memory/max_bytes", set_memory},
};

const char *zb_settings_set (zb_settings_t *self, const char *path, const char *value)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strcmp (settings [i].path, path) == 0)
            return settings [i].set (self, value);
    return zc_value_wrong ("unknown setting");
}

bool zb_settings_has_section (const char *name)
{
    size_t size = strlen (name);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (strncmp (settings [i].path, name, size) == 0 && settings [i].path [size] == '/')
            return true;
    return false;
}

const char *zb_settings_check (const zb_settings_t *self)
{
    if (!*self->tls_cert != !*self->tls_key)
        return zc_value_wrong ("http/tls_cert and http/tls_key belong together");
    if (self->streams_max >= self->connections_max)
        return zc_value_wrong ("http/max_streams: must be less than http/max_connections");
    return NULL;
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
