/* SPDX-License-Identifier: MPL-2.0
 *
 * settings.h - what zboard is told: defaults, then the configuration file, then the command line.
 */
#ifndef ZB_SETTINGS_H
#define ZB_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/value.h"

#define ZC_DEFAULT_LISTEN "127.0.0.1:7750"
#define ZC_NAMES_MAX 8
#define ZC_NAME_BYTES 256

typedef struct {
    char list [ZC_NAMES_MAX] [ZC_NAME_BYTES];
    size_t count;
} zc_names_list_t;

typedef struct {
    char address [ZC_NAME_BYTES]; /* an IP address without brackets, or a host's name */
    char port [8];                /* "0": a free one */
} zc_listen_t;

typedef struct {
    zc_listen_t listen;
    char token_file [ZC_PATH_BYTES]; /* "": whoever reaches us may ask */
    char tls_cert [ZC_PATH_BYTES], tls_key [ZC_PATH_BYTES]; /* both or neither */
    zc_names_list_t hosts;   /* names that we are reached by, beside addresses and localhost */
    zc_names_list_t origins; /* pages of others that may ask */
    int64_t connections_max, streams_max;
    int64_t request_ms;      /* a request and its answer take no longer */
    bool access_log;
    char ingest [ZC_ENDPOINT_BYTES], publish [ZC_ENDPOINT_BYTES], query [ZC_ENDPOINT_BYTES];
    int64_t queue_bytes;     /* events that the daemon has not acknowledged yet */
    char spool [ZC_PATH_BYTES]; /* "": they are in memory only */
    int64_t labels_max;      /* models, and services, that /metrics names */
    int64_t memory_max_bytes;
} zc_settings_t;

typedef enum { ZC_RUN, ZC_EXIT_DONE, ZC_EXIT_USAGE } zc_parsed_t;

/* Reads the command line and the file that it names. ZC_EXIT_DONE: help or version was printed; ZC_EXIT_USAGE: one line
 * that names the mistake was printed to stderr. */
zc_parsed_t zc_settings_parse (int argc, char **argv, zc_settings_t *ret_settings);

/* Sets one setting by its path in the file, such as "http/listen". Returns NULL, or what is wrong with the value (in a
 * buffer that the next call reuses). */
const char *zc_settings_set (zc_settings_t *self, const char *path, const char *value);

bool zc_settings_has_section (const char *name);

/* What is wrong with the settings as a whole, as zc_settings_set says it, or NULL. */
const char *zc_settings_check (const zc_settings_t *self);

void zc_settings_default (zc_settings_t *self);

/* Whether nobody but this machine reaches the address. */
bool zc_settings_is_loopback (const zc_settings_t *self);

#endif
