/* SPDX-License-Identifier: MPL-2.0
 *
 * answer.h - the query socket: a request in, a reply out.
 */
#ifndef ZC_ANSWER_H
#define ZC_ANSWER_H

#include <czmq.h>

#include "daemon/books.h"
#include "daemon/vault.h"

/* What is asked about. Both are the server's. */
typedef struct {
    zc_books_t *books;
    zc_vault_t *vault; /* NULL: nothing is kept */
} zc_answer_t;

/* Answers what is waiting, a bounded number. A zloop reader on a ROUTER; the argument is the
 * zc_answer_t. */
int zc_answer_on_request (zloop_t *loop, zsock_t *socket, void *argument);

#endif
