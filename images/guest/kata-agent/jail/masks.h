/* Masked and read-only paths. For the child, before its root is the root; gives up on failure. */
#ifndef JAIL_MASKS_H
#define JAIL_MASKS_H

#include "runtimes/kata/oci.pb-c.h"

/* Paths that are not there need no mask. */
void mask_paths(int root, const Grpc__Linux *specification);

#endif
