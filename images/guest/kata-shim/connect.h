#ifndef KATA_SHIM_CONNECT_H
#define KATA_SHIM_CONNECT_H

#include <stddef.h>

/*
 * Connects to a port of the machine by its hybrid vsock (Firecracker, docs/vsock.md), once that and the port
 * are there; gives up when the VMM ends, after a time, or when `caller` is a pipe that nobody reads any more.
 * A descriptor, or -1 with the reason in `text`.
 */
int connect_to_machine(const char *vsock, unsigned port, int caller, char *text, size_t size);

#endif
