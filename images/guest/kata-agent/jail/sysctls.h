/* Kernel parameters and what else is set in our own /proc. For the child; gives up on failure. */
#ifndef JAIL_SYSCTLS_H
#define JAIL_SYSCTLS_H

#include <stdint.h>

#include "runtimes/kata/oci.pb-c.h"

/* All that the kernel has: the machine is the pod's alone. */
void set_sysctls(const Grpc__Linux *specification);
/* proc_pid_oom_score_adj(5), of the calling process. */
void set_oom_score_adjustment(int64_t value);

#endif
