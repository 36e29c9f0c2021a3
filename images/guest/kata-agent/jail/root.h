/* The container's file system: from the machine's root to its own. For the child; gives up on failure. */
#ifndef JAIL_ROOT_H
#define JAIL_ROOT_H

#include "runtimes/kata/oci.pb-c.h"

/*
 * In a mount namespace of its own, before anything is mounted in it. A descriptor of the root, which
 * lies over ours so long: our /proc and /dev can be used until root_enter().
 */
int root_open(const Grpc__Spec *spec);
/* Mounts, devices, masks, the working directory; read-only in the end if it shall be. */
void root_furnish(int root, const Grpc__Spec *spec);
/* The rest that is to be done when nothing is to be made in it any more, and pivot_root(2). */
void root_enter(int root, const Grpc__Spec *spec);

#endif
