/* Device nodes. All for the child, before its root is the root; all give up on failure. */
#ifndef JAIL_DEVICES_H
#define JAIL_DEVICES_H

#include "runtimes/kata/oci.pb-c.h"

/* Those that every container has, those of the specification, and the links in /dev. */
void make_devices(int root, const Grpc__Spec *spec);

#endif
