/* SPDX-License-Identifier: MPL-2.0
 *
 * listener.c - a listening socket of TCP; see listener.h.
 */
#include "zboard/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 511

void zb_listener_name (const struct sockaddr *address, char ret_name [ZB_ADDRESS_BYTES])
{
    socklen_t size = address->sa_family == AF_INET6 ? sizeof (struct sockaddr_in6) : sizeof (struct sockaddr_in);
    if (getnameinfo (address, size, ret_name, ZB_ADDRESS_BYTES, NULL, 0, NI_NUMERICHOST) != 0)
        strcpy (ret_name, "?");
}

static void name_bound (int fd, char ret_bound [ZB_ADDRESS_BYTES])
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof address;
    char name [ZB_ADDRESS_BYTES] = "?", port [8] = "?";
    if (getsockname (fd, (struct sockaddr *) &address, &size) == 0)
        getnameinfo ((struct sockaddr *) &address, size, name, sizeof name, port, sizeof port,
                     NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf (ret_bound, ZB_ADDRESS_BYTES, address.ss_family == AF_INET6 ? "[%.50s]:%s" : "%.50s:%s", name, port);
}

static int open_one (const struct addrinfo *info)
{
    static const int yes = 1;
    int fd = socket (info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, info->ai_protocol);
    if (fd == -1)
        return -1;
    setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind (fd, info->ai_addr, info->ai_addrlen) == 0 && listen (fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close (fd);
    errno = error;
    return -1;
}

int zb_listener_open (const zb_listen_t *listen, char ret_bound [ZB_ADDRESS_BYTES], const char **ret_why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    int error = getaddrinfo (listen->address, listen->port, &hints, &found);
    if (error) {
        *ret_why = gai_strerror (error);
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *at = found; at && fd == -1; at = at->ai_next)
        fd = open_one (at);
    if (fd == -1)
        *ret_why = errno == EADDRINUSE ? "in use by another process" : strerror (errno);
    else
        name_bound (fd, ret_bound);
    freeaddrinfo (found);
    return fd;
}
