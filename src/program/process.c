/* SPDX-License-Identifier: MPL-2.0
 *
 * process.c - what a program settles with the system; see process.h.
 */
#include "program/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "program/log.h"

#define OPEN_FILES_MIN 64

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RESERVES_ADDRESS_SPACE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RESERVES_ADDRESS_SPACE 1
#endif
#endif

void zc_process_limit_memory (int64_t bytes)
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

int zc_process_raise_files (void)
{
    struct rlimit limit;
    if (getrlimit (RLIMIT_NOFILE, &limit) == -1)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit (RLIMIT_NOFILE, &limit);
    if (limit.rlim_max >= OPEN_FILES_MIN)
        return 0;
    zc_log (ZC_LOG_ERROR, "open_files", "reason=\"only %llu files may be open, at least %d are needed\"",
            (unsigned long long) limit.rlim_max, OPEN_FILES_MIN);
    return -1;
}

void zc_process_fill_streams (void)
{
    int descriptor;
    do
        descriptor = open ("/dev/null", O_RDWR);
    while (descriptor != -1 && descriptor <= STDERR_FILENO);
    if (descriptor != -1)
        close (descriptor);
}

static sigset_t taken (void)
{
    sigset_t set;
    sigemptyset (&set);
    sigaddset (&set, SIGTERM);
    sigaddset (&set, SIGINT);
    sigaddset (&set, SIGHUP);
    return set;
}

void zc_process_take_signals (void)
{
    sigset_t set = taken ();
    sigprocmask (SIG_BLOCK, &set, NULL);
    signal (SIGPIPE, SIG_IGN);
    signal (SIGXFSZ, SIG_IGN);
}

int zc_process_open_signals (void)
{
    sigset_t set = taken ();
    return signalfd (-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

uint64_t zc_process_resident_bytes (void)
{
    unsigned long long pages = 0;
    FILE *file = fopen ("/proc/self/statm", "r");
    if (!file)
        return 0;
    if (fscanf (file, "%*u %llu", &pages) != 1)
        pages = 0;
    fclose (file);
    return pages * (uint64_t) sysconf (_SC_PAGESIZE);
}
