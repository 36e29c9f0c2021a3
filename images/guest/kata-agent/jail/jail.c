#include "guest.h"
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cgroup.h"
#include "container.h"
#include "inside.h"
#include "launch.h"
#include "resources.h"
#include "words.h"

/* Milliseconds that killed processes have to die before the caller is to come again. */
#define DYING 100

static void close_descriptor(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void free_jail(struct jail *jail)
{
	seccomp_free(&jail->filter);
	close_descriptor(jail->first);
	close_descriptor(jail->oom);
	close_descriptor(jail->events);
	close_descriptor(jail->cgroup);
	free(jail->path);
	free(jail);
}

static int make_cgroup(struct jail *jail, const Grpc__Spec *spec, char *error, size_t size)
{
	int cgroup = cgroup_make(spec->linux->cgroupspath, error, size);
	if (cgroup < 0)
		return -1;
	jail->cgroup = cgroup;
	jail->oom = openat(cgroup, "memory.events", O_RDONLY | O_CLOEXEC);
	jail->events = openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (jail->events < 0)
		return fail_errno(error, size, "opening the cgroup's events");
	return resources_set(cgroup, spec->linux->resources, error, size);
}

static int make(struct jail *jail, const struct jail_request *request, struct jail_process *process,
		char *error, size_t size)
{
	const Grpc__Spec *spec = request->spec;
	if (seccomp_build(spec->linux->seccomp, &jail->filter, error, size) < 0)
		return -1;
	jail->path = strdup(spec->linux->cgroupspath);
	if (!jail->path)
		return fail_errno(error, size, "making a container");
	if (make_cgroup(jail, spec, error, size) < 0)
		return -1;
	jail->oom_score_adjustment = spec->process->oomscoreadj;
	struct container container = { .request = request, .filter = &jail->filter };
	struct launch how = {
		.terminal = spec->process->terminal,
		.held = true,
		.flags = container_flags(request),
		.pid_namespace = request->pid,
		.cgroup = jail->cgroup,
		.enter = container_enter,
		.become = container_become,
		.what = &container,
	};
	jail->first = launch(&how, process, error, size);
	jail->first_pid = process->pid;
	return jail->first < 0 ? -1 : 0;
}

struct jail *jail_create(const struct jail_request *request, struct jail_process *process, char *error,
			 size_t size)
{
	if (container_check(request->spec, error, size) < 0)
		return NULL;
	struct jail *jail = calloc(1, sizeof(*jail));
	if (!jail) {
		fail_errno(error, size, "making a container");
		return NULL;
	}
	jail->cgroup = jail->events = jail->oom = jail->first = -1;
	if (make(jail, request, process, error, size) == 0)
		return jail;
	if (jail->cgroup >= 0)
		cgroup_remove(jail->path);
	free_jail(jail);
	return NULL;
}

int jail_start(struct jail *jail, struct jail_process *process, char *error, size_t size)
{
	(void)jail;
	if (process->stage != JAIL_CREATED || process->started)
		return fail(error, size, "cannot start a container that is not created, or has been started");
	/* Before the word, for it may be running at once. */
	process->started = true;
	if (send(process->report, "s", 1, MSG_NOSIGNAL) == 1)
		return 0;
	process->started = false;
	return fail_errno(error, size, "the process was killed before it was started");
}

static void signal_one(pid_t pid, void *context)
{
	kill(pid, *(const int *)context);
}

int jail_signal(struct jail *jail, int number)
{
	/* At once, also those that are being forked. */
	if (number == SIGKILL)
		return cgroup_write(jail->cgroup, "cgroup.kill", "1");
	cgroup_each_process(jail->cgroup, signal_one, &number);
	return 0;
}

struct list {
	pid_t *pids;
	size_t room, count;
};

static void list_one(pid_t pid, void *context)
{
	struct list *list = context;
	if (list->count < list->room)
		list->pids[list->count] = pid;
	list->count++;
}

size_t jail_pids(struct jail *jail, pid_t *pids, size_t room)
{
	struct list list = { .pids = pids, .room = room };
	cgroup_each_process(jail->cgroup, list_one, &list);
	return list.count;
}

int jail_update(struct jail *jail, const Grpc__LinuxResources *resources, char *error, size_t size)
{
	return resources_set(jail->cgroup, resources, error, size);
}

int jail_oom_fd(struct jail *jail)
{
	return jail->oom;
}

uint64_t jail_oom_kills(struct jail *jail)
{
	return jail->oom < 0 ? 0 : cgroup_value(jail->oom, "oom_kill");
}

int jail_events_fd(struct jail *jail)
{
	return jail->events;
}

bool jail_populated(struct jail *jail)
{
	return cgroup_value(jail->events, "populated") != 0;
}

int jail_destroy(struct jail *jail)
{
	jail_signal(jail, SIGKILL);
	if (jail_populated(jail)) {
		struct pollfd events = { .fd = jail->events, .events = POLLPRI };
		poll(&events, 1, DYING);
	}
	if (jail_populated(jail)) {
		errno = EBUSY;
		return -1;
	}
	cgroup_remove(jail->path);
	free_jail(jail);
	return 0;
}
