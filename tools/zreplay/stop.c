/* SPDX-License-Identifier: MPL-2.0
 *
 * stop.c - the reasons to end before the trace does. See stop.h.
 */
#include "zreplay/stop.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "civil/clock.h"

#define LOOK_EVERY_NS 5000000 /* zc_stop_asked costs a system call this often, not more */
#define NEVER INT64_MAX

struct zc_stop {
    int fd; /* the signalfd */
    sigset_t signals;
    int signal; /* the first one; 0: none */
    unsigned signals_count;
    bool asked;
    int64_t deadline_ns;
    int64_t looked_ns;
};

zc_stop_t *zc_stop_new (void)
{
    zc_stop_t *self = calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->deadline_ns = NEVER;
    sigemptyset (&self->signals);
    sigaddset (&self->signals, SIGINT);
    sigaddset (&self->signals, SIGTERM);
    sigprocmask (SIG_BLOCK, &self->signals, NULL);
    self->fd = signalfd (-1, &self->signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (self->fd < 0)
        zc_stop_destroy (&self);
    return self;
}

void zc_stop_destroy (zc_stop_t **self_p)
{
    zc_stop_t *self = self_p ? *self_p : NULL;
    if (!self)
        return;
    zc_stop_release (self);
    if (self->fd >= 0)
        close (self->fd);
    free (self);
    *self_p = NULL;
}

void zc_stop_after (zc_stop_t *self, double seconds)
{
    self->deadline_ns = zc_clock_mono_ns () + (int64_t) (seconds * 1e9);
}

/* Sleeps until a signal, `until_ns`, the deadline, or bytes at fd (-1: none). Whether fd is ready. */
static bool wait_for (zc_stop_t *self, int fd, int64_t until_ns)
{
    struct pollfd items [2] = {{.fd = self->fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    int64_t now_ns = zc_clock_mono_ns ();
    int64_t end_ns = until_ns < self->deadline_ns ? until_ns : self->deadline_ns;
    int64_t left_ns = end_ns > now_ns ? end_ns - now_ns : 0;
    struct timespec left = {.tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000};

    /* Where this fails (EINTR after a stop and a go), nothing is ready, and the caller comes again. */
    if (ppoll (items, 2, end_ns == NEVER ? NULL : &left, NULL) < 0)
        items [0].revents = items [1].revents = 0;

    struct signalfd_siginfo info;
    if ((items [0].revents & POLLIN) && read (self->fd, &info, sizeof info) == (ssize_t) sizeof info) {
        if (self->signals_count++ == 0)
            self->signal = (int) info.ssi_signo;
        self->asked = true;
    }
    self->looked_ns = zc_clock_mono_ns ();
    if (self->looked_ns >= self->deadline_ns)
        self->asked = true;
    return items [1].revents != 0;
}

bool zc_stop_asked (zc_stop_t *self)
{
    if (!self->signal && zc_clock_mono_ns () - self->looked_ns >= LOOK_EVERY_NS)
        wait_for (self, -1, 0);
    return self->asked;
}

bool zc_stop_wait (zc_stop_t *self, int64_t until_ns)
{
    while (!self->asked && zc_clock_mono_ns () < until_ns)
        wait_for (self, -1, until_ns);
    return self->asked;
}

bool zc_stop_wait_readable (zc_stop_t *self, int fd)
{
    while (!self->asked && !wait_for (self, fd, NEVER))
        ;
    return self->asked;
}

int zc_stop_signal (const zc_stop_t *self)
{
    return self->signal;
}

unsigned zc_stop_signals (zc_stop_t *self)
{
    wait_for (self, -1, 0);
    return self->signals_count;
}

void zc_stop_release (zc_stop_t *self)
{
    sigprocmask (SIG_UNBLOCK, &self->signals, NULL);
}
