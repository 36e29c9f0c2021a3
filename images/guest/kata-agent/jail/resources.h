/* Limits of a cgroup. */
#ifndef JAIL_RESOURCES_H
#define JAIL_RESOURCES_H

#include <stddef.h>

#include "runtimes/kata/oci.pb-c.h"

/* What is 0 stays as it is. -1 with words. */
int resources_set(int cgroup, const Grpc__LinuxResources *resources, char *error, size_t size);

#endif
