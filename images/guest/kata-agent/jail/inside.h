/* What a jail consists of. */
#ifndef JAIL_INSIDE_H
#define JAIL_INSIDE_H

#include <stdint.h>

#include "jail.h"
#include "seccomp.h"

struct jail {
	char *path;  /* of its cgroup, below the hierarchy */
	int cgroup;  /* that directory */
	int events;  /* its cgroup.events */
	int oom;     /* its memory.events, or -1 */
	int first;   /* a pidfd of its first process, which has its namespaces; -1 before that */
	pid_t first_pid;
	int64_t oom_score_adjustment;
	struct seccomp_filter filter;
};

#endif
