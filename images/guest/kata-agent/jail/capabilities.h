/* capabilities(7). For the child; gives up on failure. */
#ifndef JAIL_CAPABILITIES_H
#define JAIL_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>

#include "runtimes/kata/oci.pb-c.h"

/* Bits by the capabilities' numbers. */
struct capabilities {
	uint64_t bounding, effective, permitted, inheritable, ambient;
};

/* None if there are none; names that the kernel does not know are ignored, as runc does. */
struct capabilities capabilities_of(const Grpc__LinuxCapabilities *specification);
/* Limits the bounding set, and has the permitted set survive setuid(2). */
void capabilities_bound(const struct capabilities *wanted);
/* Only the effective set, to which more may be added as long as capabilities_set() has not been called. */
void capabilities_use(uint64_t effective);
void capabilities_set(const struct capabilities *wanted);

#endif
