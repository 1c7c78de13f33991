/* SPDX-License-Identifier: MPL-2.0
 *
 * auth.c - who may ask; see guard.h.
 */
#include "zboard/auth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "program/log.h"
#include "wire/hex.h"

#define TOKENS_MAX 16
#define TOKEN_BYTES_MIN 16
#define TOKEN_BYTES_MAX 512
#define COOKIE "zboard"

typedef struct {
    char text [TOKENS_MAX][TOKEN_BYTES_MAX + 1];
    size_t count;
} tokens_t;

struct zb_auth {
    const zb_settings_t *settings;
    bool open_to_all_names;
    tokens_t tokens;
};

/* ----------------------------------------------------------------------- tokens */

static const char *add_token (tokens_t *tokens, char *line)
{
    size_t size = strcspn (line, "\r\n");
    line [size] = '\0';
    if (size == 0 || *line == '#')
        return NULL;
    if (tokens->count == TOKENS_MAX)
        return "contains more than 16 tokens";
    if (size < TOKEN_BYTES_MIN || size > TOKEN_BYTES_MAX)
        return "a token must have 16 to 512 characters";
    for (size_t i = 0; i < size; i++)
        if (line [i] <= ' ' || line [i] > '~')
            return "a token must consist of printable ASCII characters, without blanks";
    strcpy (tokens->text [tokens->count++], line);
    return NULL;
}

static int read_tokens (const char *path, tokens_t *ret_tokens)
{
    char line [TOKEN_BYTES_MAX + 3];
    tokens_t tokens = {.count = 0};
    const char *why = NULL;
    bool begins = true; /* a line; what is longer than `line`, such as a comment, comes in pieces */
    FILE *file = fopen (path, "r");
    if (!file)
        why = strerror (errno);
    while (file && !why && fgets (line, sizeof line, file)) {
        size_t size = strlen (line);
        bool ends = size < sizeof line - 1 || line [size - 1] == '\n';
        if (begins)
            why = add_token (&tokens, line);
        begins = ends;
    }
    if (file && !why && ferror (file))
        why = strerror (errno);
    if (!why && tokens.count == 0)
        why = "contains no token";
    if (file)
        fclose (file);
    if (why) {
        zc_log (ZC_LOG_ERROR, "token_file", "file=\"%s\" reason=\"%s\"", path, why);
        return -1;
    }
    *ret_tokens = tokens;
    return 0;
}

zb_auth_t *zb_auth_new (const zb_settings_t *settings)
{
    zb_auth_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->settings = settings;
    self->open_to_all_names =
        *settings->token_file || (!zb_settings_is_loopback (settings) && settings->hosts.count == 0);
    if (*settings->token_file && read_tokens (settings->token_file, &self->tokens) == -1)
        zb_auth_destroy (&self);
    return self;
}

void zb_auth_destroy (zb_auth_t **self_p)
{
    if (!self_p || !*self_p)
        return;
    explicit_bzero (&(*self_p)->tokens, sizeof (*self_p)->tokens);
    free (*self_p);
    *self_p = NULL;
}

void zb_auth_reload (zb_auth_t *self)
{
    if (*self->settings->token_file && read_tokens (self->settings->token_file, &self->tokens) == 0)
        zc_log (ZC_LOG_INFO, "token_file_read", "tokens=%zu", self->tokens.count);
}

bool zb_auth_has_tokens (const zb_auth_t *self)
{
    return self->tokens.count > 0;
}

bool zb_auth_knows (const zb_auth_t *self, const char *token, size_t size)
{
    bool known = false;
    for (size_t i = 0; i < self->tokens.count; i++) {
        const char *text = self->tokens.text [i];
        size_t length = strlen (text);
        unsigned char differs = length != size;
        for (size_t at = 0; at < size; at++)
            differs |= (unsigned char) (token [at] ^ text [at < length ? at : 0]);
        known |= differs == 0;
    }
    return known;
}

/* ----------------------------------------------------------------------- cookies */

/* In hex: a token may hold what a cookie may not. */
char *zb_auth_cookie (const char *token, size_t size, bool secure)
{
    static const char tail [] = "; Path=/; HttpOnly; SameSite=Strict", tail_secure [] = "; Secure";
    char *cookie = malloc (sizeof COOKIE + 2 * size + sizeof tail + sizeof tail_secure);
    if (!cookie)
        return NULL;
    char *at = zc_hex_write ((const uint8_t *) token, size, cookie + sprintf (cookie, COOKIE "="));
    sprintf (at, "%s%s", tail, secure ? tail_secure : "");
    return cookie;
}

const char *zb_auth_no_cookie (void)
{
    return COOKIE "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0";
}

static bool knows_cookie (const zb_auth_t *self, const char *value, size_t length)
{
    uint8_t token [TOKEN_BYTES_MAX];
    size_t size = length / 2;
    if (length % 2 || size == 0 || size > sizeof token || strcspn (value, "ABCDEF") < length || /* not as we write it */
        !zc_hex_read (value, size, token))
        return false;
    return zb_auth_knows (self, (const char *) token, size);
}

typedef struct {
    const zb_auth_t *guard;
    bool known;
} cookies_t;

/* By hand: MHD would find the first of our name only, which may be an old one of another path, and none behind a quote
 * that does not end. */
static enum MHD_Result look_for_cookie (void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    cookies_t *cookies = context;
    (void) kind;
    if (strcasecmp (name, "Cookie") != 0)
        return MHD_YES;
    for (const char *at = value; at && *at; at += strcspn (at, ";"), at += *at == ';') {
        at += strspn (at, " \t");
        if (strncmp (at, COOKIE "=", sizeof COOKIE) == 0)
            cookies->known |= knows_cookie (cookies->guard, at + sizeof COOKIE, strcspn (at + sizeof COOKIE, "; \t"));
    }
    return MHD_YES;
}

bool zb_auth_admits (const zb_auth_t *self, struct MHD_Connection *connection)
{
    static const char scheme [] = "Bearer ";
    if (!zb_auth_has_tokens (self))
        return true;
    const char *value = MHD_lookup_connection_value (connection, MHD_HEADER_KIND, "Authorization");
    if (value && strncasecmp (value, scheme, sizeof scheme - 1) == 0)
        return zb_auth_knows (self, value + sizeof scheme - 1, strlen (value + sizeof scheme - 1));
    cookies_t cookies = {.guard = self};
    MHD_get_connection_values (connection, MHD_HEADER_KIND, look_for_cookie, &cookies);
    return cookies.known;
}

/* ----------------------------------------------------------------- hosts, origins */

/* The name as it is in the list; NULL: it is not. */
static const char *find (const zb_names_list_t *list, const char *name, size_t size)
{
    for (size_t i = 0; i < list->count; i++)
        if (strlen (list->list [i]) == size && strncasecmp (list->list [i], name, size) == 0)
            return list->list [i];
    return NULL;
}

/* An address is nobody's name: no page of others leads to it under their own. */
static bool is_address (const char *host, size_t size)
{
    char text [INET6_ADDRSTRLEN];
    struct in6_addr address;
    bool brackets = size > 2 && *host == '[' && host [size - 1] == ']';
    size -= brackets ? 2 : 0;
    if (size >= sizeof text)
        return false;
    memcpy (text, host + brackets, size);
    text [size] = '\0';
    return inet_pton (brackets ? AF_INET6 : AF_INET, text, &address) == 1;
}

bool zb_auth_is_host_ours (const zb_auth_t *self, const char *host)
{
    static const char local [] = "localhost";
    if (self->open_to_all_names || !host) /* HTTP/1.0; no browser leaves it out */
        return true;
    size_t size = *host == '[' ? strcspn (host, "]") : strcspn (host, ":/ \t");
    size += host [size] == ']';
    return is_address (host, size) || (size == sizeof local - 1 && strncasecmp (host, local, size) == 0) ||
           find (&self->settings->hosts, host, size);
}

const char *zb_auth_origin (const zb_auth_t *self, struct MHD_Connection *connection)
{
    const char *origin = MHD_lookup_connection_value (connection, MHD_HEADER_KIND, "Origin");
    return origin ? find (&self->settings->origins, origin, strlen (origin)) : NULL;
}
