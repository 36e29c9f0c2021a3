#include "guest.h"
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "protocol.h"

/* The user namespace comes last: we need our own rights to enter the others. */
static const struct {
	uint32_t flag;
	const char *name;
} order[] = {
	{ NAMESPACE_CGROUP, "cgroup" }, { NAMESPACE_IPC, "ipc" },   { NAMESPACE_UTS, "uts" },
	{ NAMESPACE_NETWORK, "net" },	{ NAMESPACE_MOUNT, "mnt" }, { NAMESPACE_USER, "user" },
};
#define NAMESPACES (sizeof(order) / sizeof(*order))

int namespace_open(pid_t pid, const char *name)
{
	char path[64];
	if (pid == 0)
		snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	else
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int namespaces_enter(pid_t pid, uint32_t set, const char **failed)
{
	int fds[NAMESPACES];
	int root = -1;
	/* All first: after entering the mount namespace, /proc is another. */
	for (size_t i = 0; i < NAMESPACES; i++) {
		*failed = order[i].name;
		fds[i] = set & order[i].flag ? namespace_open(pid, order[i].name) : -1;
		if (set & order[i].flag && fds[i] < 0) {
			errno = -fds[i];
			return -1;
		}
	}
	if (set & NAMESPACE_MOUNT) {
		char path[64];
		snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
		*failed = "mnt";
		root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root < 0)
			return -1;
	}
	for (size_t i = 0; i < NAMESPACES; i++) {
		if (fds[i] < 0)
			continue;
		*failed = order[i].name;
		if (setns(fds[i], 0) < 0)
			return -1;
		/* setns leaves us at the namespace's root, which need not be the root of the process. */
		if (order[i].flag == NAMESPACE_MOUNT && (fchdir(root) < 0 || chroot(".") < 0))
			return -1;
	}
	return 0;
}
