/* SPDX-License-Identifier: MPL-2.0
 *
 * test_guest.c - libzcost is a guest in someone's service: an emit makes no system call and
 * allocates nothing, a fork is safe, and signals are the service's own.
 */
#include "zcost.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "client_peer.h"
#include "sanitized.h"
#include "spool_dir.h"

static void assert_ends_well (pid_t child)
{
    int status = -1;
    assert_int_equal (waitpid (child, &status, 0), child);
    assert_true (WIFEXITED (status));
    assert_int_equal (WEXITSTATUS (status), 0);
}

/* Runs a part in a forked child, whose exit code it returns. */
static pid_t in_child (int (*part) (zcost_t *client), zcost_t *client)
{
    if (ASAN && client) { /* its locks are copied as they are: fork while nobody allocates */
        zcost_flush (client, PATIENCE_MS);
        usleep (50000);
    }
    pid_t child = fork ();
    if (child == 0)
        _exit (part (client)); /* not exit: the child of a test is no test */
    return child;
}

/* ------------------------------------------------------------------ what a guest does not do */

static _Thread_local uint64_t allocations;

#if !SANITIZED
/* These stand in front of the C library's, for the whole process. */
void *__libc_malloc (size_t size);
void *__libc_calloc (size_t count, size_t size);
void *__libc_realloc (void *old, size_t size);
void *malloc (size_t size)
{
    allocations++;
    return __libc_malloc (size);
}
void *calloc (size_t count, size_t size)
{
    allocations++;
    return __libc_calloc (count, size);
}
void *realloc (void *old, size_t size)
{
    allocations++;
    return __libc_realloc (old, size);
}
#endif

static void test_guest_emit_allocates_nothing (void **state)
{
    (void) state;
    SKIP_IF (SANITIZED, "a sanitizer has its own malloc");
    zcost_t *client = open_client (NOBODY);
    uint64_t before = allocations;
    void *volatile block = malloc (1); /* volatile: clang would leave the pair out */
    free (block);
    assert_int_equal (allocations, before + 1); /* it does count */
    uint64_t emitted = emit_until_full (client);
    assert_int_equal (allocations, before + 1);
    assert_true (emitted > 10000);
    zcost_close (&client, 0);
}

typedef struct {
    zcost_t *client;
    int done; /* a pipe */
} strict_t;

/* In strict mode a thread may read, write, return from a signal and exit: anything else kills it. */
static void *emit_strictly (void *argument)
{
    const strict_t *self = argument;
    if (prctl (PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0) {
        for (int i = 0; i < 100000; i++)
            zcost_query_router (self->client, "simple", 0.001);
        syscall (SYS_write, self->done, "x", 1);
    }
    syscall (SYS_exit, 0);
    return NULL;
}

static int survives_strict_mode (const zcost_options_t *options)
{
    int ends [2];
    pthread_t thread;
    zcost_t *client = NULL;
    if (zcost_open (options, &client) != 0 || pipe (ends) != 0)
        return 1;
    strict_t strict = {client, ends [1]};
    if (pthread_create (&thread, NULL, emit_strictly, &strict) != 0)
        return 2;
    struct pollfd end = {.fd = ends [0], .events = POLLIN};
    if (poll (&end, 1, PATIENCE_MS) != 1)
        return 3;
    zcost_stats_t stats = ZCOST_STATS_INIT;
    zcost_stats (client, &stats);
    return stats.emitted + stats.dropped == 100000 ? 0 : 4;
}

static void test_guest_emit_makes_no_system_call (void **state)
{
    daemon_t *daemon = *state;
    SKIP_IF (SANITIZED, "a sanitizer makes system calls of its own");
    const char *dir = spool_dir_new ();
    zcost_options_t cases [] = {
        {.endpoint = daemon->endpoint},
        {.endpoint = NOBODY},
        {.endpoint = daemon->endpoint, .publish = NOBODY},
        {.endpoint = NOBODY, .publish = NOBODY, .spool_dir = dir},
    };
    for (size_t i = 0; i < COUNT (cases); i++) {
        cases [i].size = sizeof cases [i];
        pid_t child = fork ();
        if (child == 0)
            _exit (survives_strict_mode (&cases [i]));
        assert_ends_well (child);
    }
    spool_dir_end ();
}

static void ignore (int signal_number)
{
    (void) signal_number;
}

static void test_guest_takes_no_signal_of_the_service (void **state)
{
    (void) state;
    sigset_t mine, before, pending;
    struct sigaction action = {.sa_handler = ignore}, old;
    sigemptyset (&mine);
    sigaddset (&mine, SIGUSR1);
    zcost_t *client = open_client (NOBODY);
    sigaction (SIGUSR1, &action, &old);
    pthread_sigmask (SIG_BLOCK, &mine, &before);
    kill (getpid (), SIGUSR1);
    usleep (50000);
    sigpending (&pending);
    assert_true (sigismember (&pending, SIGUSR1)); /* no thread of the library's took it */
    pthread_sigmask (SIG_SETMASK, &before, NULL);
    sigaction (SIGUSR1, &old, NULL);
    zcost_close (&client, 0);
}

static zcost_t *interrupted;
static volatile uint64_t from_handler, dropped_in_handler;

static void emit_in_handler (int signal_number)
{
    (void) signal_number;
    if (zcost_embedding_cache (interrupted, true) == 0)
        from_handler++;
    else
        dropped_in_handler++;
}

static void test_guest_emit_is_safe_in_a_signal_handler (void **state)
{
    daemon_t *daemon = *state;
    struct sigaction action = {.sa_handler = emit_in_handler, .sa_flags = SA_RESTART}, old;
    const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    interrupted = open_client (daemon->endpoint);
    sigaction (SIGALRM, &action, &old);
    setitimer (ITIMER_REAL, &often, NULL);
    emit_many (interrupted, 0, 200000);
    setitimer (ITIMER_REAL, &never, NULL);
    sigaction (SIGALRM, &old, NULL);
    assert_true (from_handler > 0);
    receive (daemon, 200000 + from_handler);
    assert_int_equal (zcost_close (&interrupted, PATIENCE_MS), 0);
}

/* ---------------------------------------------------------------------------------- fork */

static int child_emits (zcost_t *client)
{
    zcost_stats_t stats = stats_of (client);
    if (stats.emitted || stats.dropped || stats.connected)
        return 1;
    emit_many (client, 1, 1000);
    if (stats_of (client).emitted != 1000 || zcost_flush (client, PATIENCE_MS) != 0)
        return 2;
    return zcost_close (&client, PATIENCE_MS) == 0 ? 0 : 3;
}

static void test_guest_works_on_in_a_forked_child (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    daemon_t *daemon = *state;
    zcost_t *client = open_client (daemon->endpoint);
    emit_many (client, 0, 1000);
    pid_t child = in_child (child_emits, client);
    emit_many (client, 2, 1000);
    receive (daemon, 3000); /* each once: what the parent had queued is the parent's to send */
    assert_ends_well (child);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    expect_nothing (daemon);
}

static int child_does_nothing (zcost_t *client)
{
    (void) client;
    return 0;
}

static int child_closes (zcost_t *client)
{
    return zcost_close (&client, PATIENCE_MS) == 0 && !client ? 0 : 1;
}

static int child_flushes (zcost_t *client)
{
    return zcost_flush (client, PATIENCE_MS) == 0 ? 0 : 1;
}

static void test_guest_child_that_emits_nothing_changes_nothing (void **state)
{
    daemon_t *daemon = *state;
    int (*const parts []) (zcost_t *) = {child_does_nothing, child_closes, child_flushes};
    zcost_t *client = open_client (daemon->endpoint);
    emit_many (client, 0, 100);
    for (size_t i = 0; i < COUNT (parts); i++)
        assert_ends_well (in_child (parts [i], client));
    receive (daemon, 100);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
    expect_nothing (daemon);
}

static int grandchild_emits (zcost_t *client)
{
    emit_many (client, 2, 500);
    return zcost_close (&client, PATIENCE_MS) == 0 ? 0 : 1;
}

static int child_emits_and_forks (zcost_t *client)
{
    int status = -1;
    emit_many (client, 1, 500); /* its sender runs when it forks */
    waitpid (in_child (grandchild_emits, client), &status, 0);
    return status == 0 && zcost_close (&client, PATIENCE_MS) == 0 ? 0 : 1;
}

static void test_guest_works_on_in_a_childs_child (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    daemon_t *daemon = *state;
    zcost_t *client = open_client (daemon->endpoint);
    emit_many (client, 0, 500);
    pid_t child = in_child (child_emits_and_forks, client);
    receive (daemon, 1500);
    assert_ends_well (child);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
}

static unsigned next_sender; /* of the child that is forked next */

static int child_emits_as_told (zcost_t *client)
{
    emit_many (client, next_sender, 1000);
    return zcost_close (&client, PATIENCE_MS) == 0 ? 0 : 1;
}

/* The parent's threads are in the midst of everything when it forks. */
static void test_guest_forks_while_other_threads_emit (void **state)
{
    SKIP_IF (SANITIZED, "a sanitizer's own locks do not survive the fork of a busy process");
    daemon_t *daemon = *state;
    pthread_t threads [THREADS];
    emitter_t emitters [THREADS];
    pid_t children [SENDERS - THREADS];
    zcost_t *client = open_client (daemon->endpoint);
    for (unsigned i = 0; i < THREADS; i++) {
        emitters [i] = (emitter_t){client, i};
        assert_int_equal (pthread_create (&threads [i], NULL, emitter_main, &emitters [i]), 0);
    }
    for (unsigned i = 0; i < COUNT (children); i++) {
        next_sender = THREADS + i;
        children [i] = in_child (child_emits_as_told, client);
    }
    receive (daemon, (uint64_t) THREADS * EACH + COUNT (children) * 1000);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join (threads [i], NULL);
    for (unsigned i = 0; i < COUNT (children); i++)
        assert_ends_well (children [i]);
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
}

/* ---------------------------------------------------------------------- no descriptors left */

static void leave_no_descriptors (void)
{
    const struct rlimit few = {8, 8};
    setrlimit (RLIMIT_NOFILE, &few);
}

static int child_opens_without_descriptors (zcost_t *client)
{
    leave_no_descriptors ();
    return zcost_open (NULL, &client) == ZCOST_ESYSTEM && errno == EMFILE && !client ? 0 : 1;
}

static void test_guest_open_without_descriptors_fails_and_leaves_the_service_alive (void **state)
{
    (void) state;
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    assert_ends_well (in_child (child_opens_without_descriptors, NULL));
}

static int child_emits_without_descriptors (zcost_t *client)
{
    leave_no_descriptors ();
    emit_until_full (client);
    zcost_stats_t stats = stats_of (client);
    if (stats.sent || !stats.queued || stats.dropped != 1 || zcost_flush (client, 10) != ZCOST_ETIMEOUT)
        return 1;
    return zcost_close (&client, 10) == ZCOST_ETIMEOUT ? 0 : 2;
}

static void test_guest_child_without_descriptors_drops_counts_and_tells (void **state)
{
    SKIP_IF (TSAN, NO_THREADS_AFTER_FORK);
    daemon_t *daemon = *state;
    zcost_t *client = open_client (daemon->endpoint);
    assert_ends_well (in_child (child_emits_without_descriptors, client));
    assert_int_equal (zcost_close (&client, PATIENCE_MS), 0);
}

int main (void)
{
    const struct CMUnitTest tests [] = {
        CASE (test_guest_emit_allocates_nothing),
        WITH_DAEMON (test_guest_emit_makes_no_system_call),
        CASE (test_guest_takes_no_signal_of_the_service),
        WITH_DAEMON (test_guest_emit_is_safe_in_a_signal_handler),
        WITH_DAEMON (test_guest_works_on_in_a_forked_child),
        WITH_DAEMON (test_guest_child_that_emits_nothing_changes_nothing),
        WITH_DAEMON (test_guest_works_on_in_a_childs_child),
        WITH_DAEMON (test_guest_forks_while_other_threads_emit),
        CASE (test_guest_open_without_descriptors_fails_and_leaves_the_service_alive),
        WITH_DAEMON (test_guest_child_without_descriptors_drops_counts_and_tells),
    };
    return cmocka_run_group_tests (tests, NULL, NULL);
}
