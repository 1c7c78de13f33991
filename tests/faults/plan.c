/* SPDX-License-Identifier: MPL-2.0
 *
 * plan.c - see plan.h. Refuses to keep state of its own on files: a descriptor is asked
 * (/proc/self/fd) what it is.
 */
#undef _FORTIFY_SOURCE /* its inline functions would stand before ours */
#include "plan.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const op_names [ZC_OP_CLASSES] = {"write", "sync", "create", "size", "remove"};

static struct {
    pthread_mutex_t lock;
    bool ready;
    char dir [PATH_MAX];
    size_t dir_size;
    int trace;
    zc_op_t fail_op;
    long fail_from, fail_count; /* from 0: nothing fails */
    int fail_error;             /* 0: the first is cut short */
    long kill_at;
    long sync_ms;
    const char *stall; /* the environment's */
    long total, counts [ZC_OP_CLASSES];
} plan = {.lock = PTHREAD_MUTEX_INITIALIZER, .trace = -1};

static void refuse (const char *what, const char *value)
{
    dprintf (STDERR_FILENO, "faults: %s: '%s'\n", what, value);
    abort ();
}

void *zc_real (const char *name)
{
    void *function = dlsym (RTLD_NEXT, name);
    if (!function)
        refuse ("libc has no such function", name);
    return function;
}

/* ------------------------------------------------------------------------ what we are told */

static void parse_fail (const char *text)
{
    char name [16], error [16];
    if (sscanf (text, "%15[a-z]:%ld:%15[A-Za-z]:%ld", name, &plan.fail_from, error, &plan.fail_count) != 4)
        refuse ("ZCOST_FAULTS_FAIL", text);
    while (plan.fail_op < ZC_OP_CLASSES && strcmp (name, op_names [plan.fail_op]) != 0)
        plan.fail_op++;
    if (plan.fail_op == ZC_OP_CLASSES || plan.fail_from < 1)
        refuse ("ZCOST_FAULTS_FAIL", text);
    if (strcmp (error, "EIO") == 0)
        plan.fail_error = EIO;
    else if (strcmp (error, "ENOSPC") == 0)
        plan.fail_error = ENOSPC;
    else if (strcmp (error, "short") != 0 || plan.fail_op != ZC_OP_WRITE)
        refuse ("ZCOST_FAULTS_FAIL", text);
}

static long number (const char *name)
{
    const char *text = getenv (name);
    char *end = NULL;
    long value = text ? strtol (text, &end, 10) : 0;
    if (text && (*end || end == text))
        refuse (name, text);
    return value;
}

__attribute__ ((constructor)) static void begin (void)
{
    const char *dir = getenv ("ZCOST_FAULTS_DIR");
    if (!dir)
        return;
    if (!realpath (dir, plan.dir))
        refuse ("ZCOST_FAULTS_DIR", dir);
    plan.dir_size = strlen (plan.dir);
    const char *trace = getenv ("ZCOST_FAULTS_TRACE");
    if (trace)
        plan.trace = ZC_REAL (open) (trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (trace && plan.trace < 0)
        refuse ("ZCOST_FAULTS_TRACE", trace);
    const char *fail = getenv ("ZCOST_FAULTS_FAIL");
    if (fail)
        parse_fail (fail);
    plan.kill_at = number ("ZCOST_FAULTS_KILL");
    plan.sync_ms = number ("ZCOST_FAULTS_SYNC_MS");
    plan.stall = getenv ("ZCOST_FAULTS_STALL");
    plan.ready = true;
}

/* --------------------------------------------------------------------------- what is ours */

static const char *inside (const char *path)
{
    if (strncmp (path, plan.dir, plan.dir_size) != 0)
        return NULL;
    path += plan.dir_size;
    return *path == '/' ? path + 1 : *path ? NULL : ".";
}

/* The path that a descriptor was opened as; false where there is none. */
static bool descriptor_path (int descriptor, char buffer [PATH_MAX])
{
    char link [64];
    snprintf (link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t size = readlink (link, buffer, PATH_MAX - 1);
    buffer [size < 0 ? 0 : size] = '\0';
    return size >= 0;
}

const char *zc_fault_descriptor_name (int descriptor, char buffer [PATH_MAX])
{
    return plan.ready && descriptor_path (descriptor, buffer) ? inside (buffer) : NULL;
}

const char *zc_fault_name (int directory, const char *path, char buffer [PATH_MAX])
{
    if (!plan.ready)
        return NULL;
    if (*path == '/')
        return inside (path);
    if (directory == AT_FDCWD ? !getcwd (buffer, PATH_MAX) : !descriptor_path (directory, buffer))
        return NULL;
    size_t size = strlen (buffer);
    if (snprintf (buffer + size, PATH_MAX - size, "/%s", path) >= (int) (PATH_MAX - size))
        return NULL;
    return inside (buffer);
}

/* ------------------------------------------------------------------------ verdict and trace */

void zc_fault_lock (void)
{
    pthread_mutex_lock (&plan.lock);
}

void zc_fault_leave (void)
{
    pthread_mutex_unlock (&plan.lock);
}

zc_verdict_t zc_fault_enter (zc_op_t op, const char *name)
{
    zc_fault_lock ();
    if (++plan.total == plan.kill_at) {
        kill (getpid (), SIGKILL);
        for (;;)
            pause ();
    }
    long nth = ++plan.counts [op] - plan.fail_from;
    if (!plan.fail_from || op != plan.fail_op || nth < 0 || (plan.fail_count && nth >= plan.fail_count))
        return ZC_GO_ON;
    zc_fault_note (&(zc_fault_record_t){.word = "fault", .name = name, .other = op_names [op]});
    if (!plan.fail_error && nth == 0)
        return ZC_CUT_SHORT;
    errno = plan.fail_error ? plan.fail_error : ENOSPC;
    return ZC_FAIL;
}

/* A trace that lacks something would prove nothing. */
static void trace (const void *bytes, size_t size)
{
    if (ZC_REAL (write) (plan.trace, bytes, size) != (ssize_t) size)
        refuse ("cannot write", "ZCOST_FAULTS_TRACE");
}

void zc_fault_note (const zc_fault_record_t *record)
{
    if (plan.trace < 0)
        return;
    int error = errno;
    char line [2 * PATH_MAX + 128];
    int line_size = snprintf (line, sizeof line, "%s\t%lu\t%s\t%s\t%lld\t%lld\t%zu\n", record->word,
                              (unsigned long) record->inode, record->name, record->other ? record->other : "",
                              (long long) record->offset, (long long) record->length, record->size);
    trace (line, (size_t) line_size);
    const struct iovec *part = record->data;
    for (size_t left = record->size; left; part++) {
        size_t size = part->iov_len < left ? part->iov_len : left;
        trace (part->iov_base, size);
        left -= size;
    }
    errno = error;
}

static void sleep_ms (long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (ms && nanosleep (&left, &left) && errno == EINTR)
        ;
}

void zc_fault_stall (void)
{
    int error = errno;
    sleep_ms (plan.sync_ms);
    while (plan.stall && access (plan.stall, F_OK) == 0)
        sleep_ms (1);
    errno = error;
}
