/* SPDX-License-Identifier: MPL-2.0
 *
 * push.h - a PUSH socket on a standing connection, and certainty that the daemon has taken all.
 */
#ifndef BENCH_PUSH_H
#define BENCH_PUSH_H

#include <stdint.h>

#include "bench/ask.h"

/* A PUSH socket that is connected, both ends having shaken hands: what is timed begins on a standing
 * connection. It gives up on a receiver that takes nothing for some seconds, at sending and at closing.
 * NULL after a line on stderr; else for zmq_close. */
void *push_open (void *context, const char *endpoint);

/* Waits until the daemon has taken `wanted` events in all. Returns 0; -1, after a line on stderr, where it
 * took more, rejected one beyond rejected_before, or did not move for some seconds. */
int push_wait (ask_t *ask, uint64_t wanted, uint64_t rejected_before);

#endif
