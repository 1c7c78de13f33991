/* SPDX-License-Identifier: MPL-2.0
 *
 * answer.h - the query socket: each request gets its reply, some at once and some from the readers.
 */
#ifndef ZC_ANSWER_H
#define ZC_ANSWER_H

#include <czmq.h>

#include "daemon/books.h"
#include "daemon/clients.h"
#include "daemon/vault.h"

/* What is asked about, and where. All but the clients are the server's. */
typedef struct {
    zc_books_t *books;
    zc_vault_t *vault;
    zsock_t *socket; /* a ROUTER */
    zc_clients_t *clients;
} zc_answer_t;

void zc_answer_init (zc_answer_t *self, zsock_t *socket, zc_books_t *books, zc_vault_t *vault);

/* After the vault is closed. NULL-safe members. */
void zc_answer_term (zc_answer_t *self);

/* Answers what is waiting, a bounded number. A zloop reader on the socket; the argument is the zc_answer_t. */
int zc_answer_on_request (zloop_t *loop, zsock_t *socket, void *argument);

#endif
