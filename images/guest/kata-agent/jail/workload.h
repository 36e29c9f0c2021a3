/* What a process does last: from root with all rights to the workload. */
#ifndef JAIL_WORKLOAD_H
#define JAIL_WORKLOAD_H

#include <stdbool.h>

#include "runtimes/kata/oci.pb-c.h"
#include "seccomp.h"

struct workload {
	const Grpc__Process *process;
	const struct seccomp_filter *filter;
	int terminal; /* its master, for the agent; -1 */
	bool held;    /* until the agent says so */
};

/* In the child, in the container's root. */
_Noreturn void become_workload(const struct workload *workload);

#endif
