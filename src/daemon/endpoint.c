/* SPDX-License-Identifier: MPL-2.0
 *
 * endpoint.c - binding sockets.
 */
#include "daemon/endpoint.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

/* libzmq unlinks an ipc:// path before it binds, and so would take it from a daemon that lives.
 * Whoever answers a connect lives. (Two starts within the same instant can still pass each other;
 * the abstract names of Linux, ipc://@name, have no such gap.) */
static const char *why_taken (const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;
    if (*path == '@' || *path == '*' || lstat (path, &status) == -1)
        return NULL;
    if (!S_ISSOCK (status.st_mode))
        return "the path exists and is not a socket";
    if (strlen (path) >= sizeof address.sun_path)
        return "the path is too long";
    strcpy (address.sun_path, path);
    int probe = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe == -1)
        return strerror (errno);
    /* A live listener accepts, or has its queue full (EAGAIN); a dead one's path refuses. */
    bool dead = connect (probe, (struct sockaddr *) &address, sizeof address) == -1 &&
                (errno == ECONNREFUSED || errno == ENOENT);
    close (probe);
    return dead ? NULL : "in use by another process";
}

int zc_endpoint_bind (void *socket, const char *endpoint, char *ret_bound, size_t bound_size, char *ret_error,
                      size_t error_size)
{
    const char *why = strncmp (endpoint, "ipc://", 6) == 0 ? why_taken (endpoint + 6) : NULL;
    if (!why && zmq_bind (socket, endpoint) == -1)
        why = errno == EADDRINUSE ? "in use by another process" : zmq_strerror (errno);
    if (why) {
        snprintf (ret_error, error_size, "%s", why);
        return -1;
    }
    if (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, ret_bound, &bound_size) == -1)
        snprintf (ret_bound, bound_size, "%s", endpoint);
    return 0;
}
