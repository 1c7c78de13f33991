/* SPDX-License-Identifier: MPL-2.0
 *
 * Closing while a reader is behind: nothing of what zcost_close says it handed over is lost. Libzmq's thread is made
 * slow on purpose, as it is on a busy machine.
 */
#include "client_peer.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define CLOSE_MS 20000
#define QUEUE_BYTES (1 << 20)
#define HAND_OVER_MS 3

/* What stands between libzmq and the kernel. */
static atomic_bool is_slow, has_little_room;

__attribute__ ((visibility ("default"))) ssize_t send (int fd, const void *data, size_t size, int flags)
{
    ssize_t (*real) (int, const void *, size_t, int) = dlsym (RTLD_NEXT, "send");
    int room = 1; /* the kernel makes it its minimum */
    if (is_slow)
        usleep (HAND_OVER_MS * 1000);
    if (has_little_room)
        setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    return real (fd, data, size, flags);
}

static void set (void *socket, int option, int value)
{
    assert_int_equal (zmq_setsockopt (socket, option, &value, sizeof value), 0);
}

/* It takes one message at a time, and the kernel holds little for it. */
static void start_slow_daemon (daemon_t *self, const char *endpoint, unsigned nap_us)
{
    *self = (daemon_t){.context = zmq_ctx_new (), .nap_us = nap_us};
    size_t size = sizeof self->endpoint;
    self->pull = zmq_socket (self->context, ZMQ_PULL);
    set (self->pull, ZMQ_RCVHWM, 1);
    set (self->pull, ZMQ_RCVBUF, 4096);
    assert_int_equal (zmq_bind (self->pull, endpoint), 0);
    assert_int_equal (zmq_getsockopt (self->pull, ZMQ_LAST_ENDPOINT, self->endpoint, &size), 0);
}

static zcost_t *open_with (const daemon_t *daemon, size_t batch_bytes)
{
    zcost_t *client = NULL;
    const zcost_options_t options = {
        .size = sizeof options,
        .endpoint = daemon->endpoint,
        .queue_bytes = QUEUE_BYTES,
        .batch_bytes = batch_bytes,
    };
    assert_int_equal (zcost_open (&options, &client), 0);
    await_connection (client, true);
    return client;
}

static void *close_main (void *client)
{
    zcost_t *self = client;
    return (void *) (intptr_t) zcost_close (&self, CLOSE_MS);
}

static void expect_all_after_close (daemon_t *daemon, zcost_t *client, uint64_t emitted)
{
    pthread_t closer;
    void *rc;
    assert_int_equal (pthread_create (&closer, NULL, close_main, client), 0);
    receive (daemon, emitted);
    pthread_join (closer, &rc);
    assert_int_equal ((intptr_t) rc, 0);
    is_slow = has_little_room = false;
    end_daemon ((void *[]){daemon});
}

static void test_client_close_waits_for_what_libzmq_has_not_handed_over (void **state)
{
    (void) state;
    daemon_t daemon;
    start_slow_daemon (&daemon, "ipc://@zcost-test-close", 20000);
    zcost_t *client = open_with (&daemon, 32768);
    is_slow = true;
    emit_many (client, 0, 20000);
    expect_all_after_close (&daemon, client, 20000);
}

static void test_client_close_loses_no_end_that_finds_the_kernel_full (void **state)
{
    (void) state;
    static const char *const endpoints [] = {"tcp://127.0.0.1:*", "ipc://@zcost-test-full"};
    static const size_t batch_bytes [] = {1024, 3000};
    for (size_t i = 0; i < COUNT (endpoints) * COUNT (batch_bytes); i++) {
        daemon_t daemon;
        uint64_t emitted = 0;
        has_little_room = true;
        start_slow_daemon (&daemon, endpoints [i % COUNT (endpoints)], 1000);
        zcost_t *client = open_with (&daemon, batch_bytes [i / COUNT (endpoints)]);
        while (emit (client, 0, emitted) == 0)
            emitted++;
        expect_all_after_close (&daemon, client, emitted);
    }
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        CASE (test_client_close_waits_for_what_libzmq_has_not_handed_over),
        CASE (test_client_close_loses_no_end_that_finds_the_kernel_full),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
