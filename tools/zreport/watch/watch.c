/* SPDX-License-Identifier: MPL-2.0
 *
 * watch.c - what the daemon publishes, as it comes; see watch.h.
 */
#include "zreport/watch/watch.h"

#include <czmq.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bus/feed.h"
#include "zreport/watch/live.h"
#include "zreport/watch/plain.h"
#include "zreport/watch/terminal.h"

static int open_signals (bool live)
{
    sigset_t set;
    sigemptyset (&set);
    sigaddset (&set, SIGINT);
    sigaddset (&set, SIGTERM);
    sigaddset (&set, SIGHUP);
    sigaddset (&set, SIGWINCH);
    if (live) {
        sigaddset (&set, SIGTSTP);
        sigaddset (&set, SIGCONT);
    }
    /* Blocked before libzmq starts its threads, which inherit the mask. */
    if (sigprocmask (SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd (-1, &set, SFD_CLOEXEC);
}

int zr_watch (const zr_options_t *options, zr_screen_t *screen)
{
    bool live = screen->terminal && !options->json && zr_terminal_is_able ();
    int signals = open_signals (live);
    if (signals < 0) {
        fprintf (stderr, "zreport: cannot wait for signals: %s\n", strerror (errno));
        return 1;
    }
    zc_feed_t *feed = zc_feed_new (options->endpoint, live);
    int status = 2;
    if (!feed)
        fprintf (stderr, "zreport: --endpoint '%s': %s\n", options->endpoint, zmq_strerror (errno));
    else
        status = (live ? zr_live : zr_plain) (options, screen, feed, signals);
    zc_feed_destroy (&feed);
    close (signals);
    return status;
}
