/* The data ports of the virtio console: byte streams between the machine and what is outside. */
#ifndef SANDGLASS_VPORT_H
#define SANDGLASS_VPORT_H

#include <stddef.h>

/* Where the port is in /dev whose device names it so; waits until it is there. 0 or errno. */
int vport_path(const char *name, char *path, size_t size);

#endif
