/* A process to be: what the child does between fork(2) and execve(2). */
#ifndef AGENT_LAUNCH_H
#define AGENT_LAUNCH_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct launch {
	uint32_t flags; /* PROCESS_ */
	uid_t uid;
	gid_t gid;
	uint32_t group_count;
	gid_t *groups;
	const char *directory;
	char **argv;
	char **environment; /* NULL-terminated; replaces ours or extends it */
	uint32_t namespaces; /* NAMESPACE_ */
	pid_t namespaces_of;
	const char *cgroup;  /* a directory of cgroup2, or "" */
	int stdio[3];	     /* the child's ends, all above 2 */
};

/* What the child says through the status pipe if it cannot become the program. */
struct launch_failure {
	int32_t error;
	char step[256]; /* what it could not do, such as "change to directory /x"; "" for the execve */
};

/* Raises the agent's own limit of open files; what it starts gets the usual one. */
void launch_init(void);
/* fork(2) into the PID namespace that is asked for, and there launch. Negative errno on failure. */
pid_t launch_fork(const struct launch *launch, int status_fd, struct launch_failure *failure);

#endif
