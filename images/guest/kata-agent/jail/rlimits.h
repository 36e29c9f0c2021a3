/* Resource limits, setrlimit(2). For the child; gives up on failure. */
#ifndef JAIL_RLIMITS_H
#define JAIL_RLIMITS_H

#include "runtimes/kata/oci.pb-c.h"

void set_rlimits(const Grpc__Process *process);

#endif
