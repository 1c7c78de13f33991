/* SPDX-License-Identifier: MPL-2.0
 *
 * zcostd.c - the daemon: settings, limits, signals, and then the server.
 */
#include <czmq.h>
#include <signal.h>
#include <sys/resource.h>

#include "daemon/check.h"
#include "program/log.h"
#include "daemon/reprice.h"
#include "daemon/server.h"
#include "daemon/settings.h"

#define OPEN_FILES_MIN 64

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RESERVES_ADDRESS_SPACE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RESERVES_ADDRESS_SPACE 1
#endif
#endif

/* Bounds the process as a whole: libzmq bounds a frame, but gathers an endless multipart message
 * before anyone can see it. */
static void limit_memory (int64_t bytes)
{
#ifdef RESERVES_ADDRESS_SPACE
    if (bytes)
        zc_log (ZC_LOG_WARN, "memory_unbounded", "reason=\"a sanitizer reserves the address space\"");
#else
    struct rlimit limit;
    if (bytes == 0 || getrlimit (RLIMIT_AS, &limit) == -1)
        return;
    if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= (rlim_t) bytes)
        return;
    limit.rlim_cur = (rlim_t) bytes;
    if (setrlimit (RLIMIT_AS, &limit) == -1)
        zc_log (ZC_LOG_WARN, "memory_unbounded", "reason=\"%s\"", strerror (errno));
#endif
}

/* The server reads these from a descriptor; a writer to a closed pipe, or beyond the limit of a file's size,
 * gets an error, not a death without a word. */
static void take_signals (void)
{
    sigset_t taken;
    sigemptyset (&taken);
    sigaddset (&taken, SIGTERM);
    sigaddset (&taken, SIGINT);
    sigaddset (&taken, SIGHUP);
    sigprocmask (SIG_BLOCK, &taken, NULL);
    signal (SIGPIPE, SIG_IGN);
    signal (SIGXFSZ, SIG_IGN);
}

/* Each producer and each reader is an open file: take as many as we may have. libzmq aborts where
 * its own few fail, and spins where it cannot accept. */
static int raise_open_files (void)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) == -1)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit (RLIMIT_NOFILE, &limit);
    if (limit.rlim_max >= OPEN_FILES_MIN)
        return 0;
    zc_log (ZC_LOG_ERROR, "open_files", "reason=\"at most %llu may be open, at least %d are needed\"",
            (unsigned long long) limit.rlim_max, OPEN_FILES_MIN);
    return -1;
}

/* So that no socket of ours gets the number of a stream that we were started without. */
static void fill_standard_streams (void)
{
    int descriptor;
    do
        descriptor = open ("/dev/null", O_RDWR);
    while (descriptor != -1 && descriptor <= STDERR_FILENO);
    if (descriptor != -1)
        close (descriptor);
}

int main (int argc, char **argv)
{
    static zc_settings_t settings;
    fill_standard_streams ();
    zsys_handler_set (NULL);
    zc_parsed_t parsed = zc_settings_parse (argc, argv, &settings);
    if (parsed == ZC_EXIT_DONE && (fflush (stdout) == EOF || ferror (stdout))) {
        fprintf (stderr, "zcostd: cannot write: %s\n", strerror (errno));
        return 1;
    }
    if (parsed != ZC_RUN)
        return parsed == ZC_EXIT_DONE ? 0 : 2;
    if (settings.check [0])
        return zc_check (settings.check);
    if (settings.reprice [0])
        return zc_reprice (&settings);
    take_signals ();
    limit_memory (settings.memory_max_bytes);
    if (raise_open_files () == -1)
        return 1;
    zc_server_t *server = zc_server_new (&settings);
    if (!server)
        return 1;
    int rc = zc_server_run (server);
    zc_server_destroy (&server);
    zsys_shutdown ();
    return rc == 0 ? 0 : 1;
}
