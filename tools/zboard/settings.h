/* SPDX-License-Identifier: MPL-2.0
 *
 * settings.h - what zboard is told: defaults, then the configuration file, then the command line.
 */
#ifndef ZB_SETTINGS_H
#define ZB_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program/options.h"

#define ZB_DEFAULT_LISTEN "127.0.0.1:7750"
#define ZB_NAMES_MAX 8
#define ZB_NAME_BYTES 256

typedef struct {
    char list [ZB_NAMES_MAX][ZB_NAME_BYTES];
    size_t count;
} zb_names_list_t;

typedef struct {
    char address [ZB_NAME_BYTES]; /* an IP address without brackets, or a host's name */
    char port [8];                /* "0": a free one */
} zb_listen_t;

typedef struct {
    zb_listen_t listen;
    char token_file [ZC_PATH_BYTES];                        /* "": whoever reaches us may ask */
    char tls_cert [ZC_PATH_BYTES], tls_key [ZC_PATH_BYTES]; /* both or neither */
    zb_names_list_t hosts;   /* names that we are reached by, beside addresses and localhost */
    zb_names_list_t origins; /* pages of others that may ask */
    int64_t connections_max, streams_max;
    int64_t request_ms; /* a request and its answer take no longer */
    bool access_log;
    char ingest [ZC_ENDPOINT_BYTES], publish [ZC_ENDPOINT_BYTES], query [ZC_ENDPOINT_BYTES];
    int64_t queue_bytes;        /* events that the daemon has not acknowledged yet */
    char spool [ZC_PATH_BYTES]; /* "": they are in memory only */
    int64_t labels_max;         /* models, and services, that /metrics names */
    int64_t memory_max_bytes;
} zb_settings_t;

/* Reads the command line and the file that it names. ZC_EXIT_DONE: help or version was printed; ZC_EXIT_USAGE: one line
 * that names the mistake was printed to stderr. */
zc_parsed_t zb_settings_parse (int argc, char **argv, zb_settings_t *ret_settings);

/* Sets one setting by its path in the file, such as "http/listen". Returns NULL, or what is wrong with the value (in a
 * buffer that the next call reuses). */
const char *zb_settings_set (zb_settings_t *self, const char *path, const char *value);

/* What is wrong with the settings as a whole, as zb_settings_set says it, or NULL. */
const char *zb_settings_check (const zb_settings_t *self);

void zb_settings_default (zb_settings_t *self);

/* Whether nobody but this machine reaches the address. */
bool zb_settings_is_loopback (const zb_settings_t *self);

#endif
