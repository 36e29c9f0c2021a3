#include "guest.h"
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "inside.h"
#include "launch.h"
#include "report.h"
#include "streams.h"
#include "sysctls.h"
#include "words.h"
#include "workload.h"

struct further {
	const struct jail *jail;
	const Grpc__Process *process;
};

static void enter(const void *what)
{
	const struct further *further = what;
	/* While /proc is ours. */
	set_oom_score_adjustment(further->jail->oom_score_adjustment);
	/* All at once, by the process that has them: setns(2), "CLONE_NEW… with a PID file descriptor". */
	if (setns(further->jail->first, CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) < 0)
		give_up_errno("joining the container's namespaces");
}

static void become(const void *what)
{
	const struct further *further = what;
	struct workload workload = { .process = further->process,
				     .filter = &further->jail->filter,
				     .terminal = -1 };
	if (further->process->terminal) {
		int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root < 0)
			give_up_errno("opening the container's root");
		workload.terminal = take_terminal(root, further->process, false);
		close(root);
	}
	become_workload(&workload);
}

/*
 * Nobody can be in a cgroup whose controllers are on for those below: a container that has done that to
 * its own has its first process below (runc, tryDefaultCgroup). A descriptor or -1 with errno.
 */
static int cgroup_of_first(const struct jail *jail)
{
	char path[64], text[4096];
	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)jail->first_pid);
	if (cgroup_read(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return -1;
	char *version2 = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	char *below = version2 ? strstr(version2, jail->path) : NULL;
	if (!below) {
		errno = ENOENT;
		return -1;
	}
	below += strlen(jail->path);
	below[strcspn(below, "\n")] = 0;
	below += strspn(below, "/");
	return openat(jail->cgroup, *below ? below : ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
}

int jail_exec(struct jail *jail, const Grpc__Process *spec, struct jail_process *process, char *error,
	      size_t size)
{
	if (cgroup_value(jail->events, "frozen"))
		return fail(error, size, "cannot exec in a paused container");
	if (*spec->apparmorprofile || *spec->selinuxlabel)
		return fail(error, size, "apparmor and selinux are not supported by the machine's kernel");
	struct further further = { .jail = jail, .process = spec };
	struct launch how = {
		.terminal = spec->terminal,
		.pid_namespace = jail->first,
		.cgroup = jail->cgroup,
		.enter = enter,
		.become = become,
		.what = &further,
	};
	int pidfd = launch(&how, process, error, size);
	if (pidfd < 0 && errno == EBUSY && (how.cgroup = cgroup_of_first(jail)) >= 0) {
		pidfd = launch(&how, process, error, size);
		close(how.cgroup);
	}
	if (pidfd < 0)
		return -1;
	close(pidfd);
	return 0;
}
