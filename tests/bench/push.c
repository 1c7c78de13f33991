/* SPDX-License-Identifier: MPL-2.0
 *
 * push.c - a PUSH socket on a standing connection; see push.h.
 */
#include "bench/push.h"

#include <stdio.h>
#include <unistd.h>
#include <zmq.h>

#include "bench/clock.h"

#define STUCK_MS 10000
#define ASK_GAP_MS 1

static int connect_and_wait (void *context, void *push, const char *endpoint)
{
    int stuck_ms = STUCK_MS, rc = -1;
    void *monitor = zmq_socket (context, ZMQ_PAIR);
    zmq_msg_t event;
    zmq_msg_init (&event);
    if (monitor && zmq_setsockopt (monitor, ZMQ_RCVTIMEO, &stuck_ms, sizeof stuck_ms) == 0 &&
        zmq_socket_monitor (push, "inproc://connected", ZMQ_EVENT_HANDSHAKE_SUCCEEDED) == 0 &&
        zmq_connect (monitor, "inproc://connected") == 0 && zmq_connect (push, endpoint) == 0 &&
        zmq_msg_recv (&event, monitor, 0) != -1)
        rc = 0;
    zmq_msg_close (&event);
    zmq_socket_monitor (push, NULL, 0);
    if (monitor)
        zmq_close (monitor);
    return rc;
}

void *push_open (void *context, const char *endpoint)
{
    int stuck_ms = STUCK_MS;
    void *push = zmq_socket (context, ZMQ_PUSH);
    if (push && zmq_setsockopt (push, ZMQ_SNDTIMEO, &stuck_ms, sizeof stuck_ms) == 0 &&
        zmq_setsockopt (push, ZMQ_LINGER, &stuck_ms, sizeof stuck_ms) == 0 &&
        connect_and_wait (context, push, endpoint) == 0)
        return push;
    fprintf (stderr, "%s: %s\n", endpoint, zmq_strerror (zmq_errno ()));
    if (push)
        zmq_close (push);
    return NULL;
}

int push_wait (ask_t *ask, uint64_t wanted, uint64_t rejected_before)
{
    uint64_t accepted = 0, rejected = 0, last = 0;
    int64_t moved_ns = monotonic_ns ();
    while (ask_counts (ask, &accepted, &rejected) == 0) {
        int64_t now_ns = monotonic_ns ();
        if (accepted == wanted && rejected == rejected_before)
            return 0;
        if (accepted != last)
            moved_ns = now_ns;
        last = accepted;
        if (accepted > wanted || rejected != rejected_before || now_ns - moved_ns > STUCK_MS * 1000000ll) {
            fprintf (stderr, "the daemon accepted %llu events instead of %llu, and rejected %llu\n",
                     (unsigned long long) accepted, (unsigned long long) wanted,
                     (unsigned long long) (rejected - rejected_before));
            return -1;
        }
        usleep (ASK_GAP_MS * 1000);
    }
    return -1;
}
