#include "guest.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"
#include "call.h"
#include "containers.h"
#include "server.h"

/* Where Kata's agent keeps the namespaces of a pod (src/agent/src/namespace.rs). */
#define NAMESPACES "/run/sandbox-ns"
/* And what becomes /etc/resolv.conf (src/agent/src/network.rs). */
#define RESOLV_CONF KATA_DIRECTORY "/sandbox/resolv.conf"

struct sandbox sandbox = { .ipc = -1, .uts = -1, .pid = -1 };

static char **storages;
static size_t storage_count;
static bool ending;

int make_directories(const char *path)
{
	char part[4096];
	size_t length = strlen(path);
	if (length >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != 0)
			continue;
		memcpy(part, path, i);
		part[i] = 0;
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

/* Keeps a namespace of ours by a mount, so that a reader finds it, and by a descriptor. */
static int keep_namespace(const char *name)
{
	char ours[64], path[64];
	snprintf(ours, sizeof(ours), "/proc/self/ns/%s", name);
	snprintf(path, sizeof(path), NAMESPACES "/%s", name);
	int file = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0444);
	if (file < 0)
		return -1;
	close(file);
	return mount(ours, path, NULL, MS_BIND, NULL) < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC);
}

/* The agent itself goes on in the namespaces it was in. */
static int make_namespaces(const char *hostname)
{
	int ipc = open("/proc/self/ns/ipc", O_RDONLY | O_CLOEXEC);
	int uts = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
	int failed = ipc < 0 || uts < 0 || make_directories(NAMESPACES) < 0 || unshare(CLONE_NEWIPC | CLONE_NEWUTS) < 0;
	if (!failed) {
		failed = sethostname(hostname, strlen(hostname)) < 0 || (sandbox.ipc = keep_namespace("ipc")) < 0 ||
			 (sandbox.uts = keep_namespace("uts")) < 0;
		int error = errno;
		if (setns(ipc, CLONE_NEWIPC) < 0 || setns(uts, CLONE_NEWUTS) < 0) {
			say("cannot come back from the namespaces of the pod: %s", strerror(errno));
			halt();
		}
		errno = error;
	}
	int error = errno;
	if (ipc >= 0)
		close(ipc);
	if (uts >= 0)
		close(uts);
	errno = error;
	return failed ? -1 : 0;
}

/* The machine's own name lookup; containers have the file that the node gives them. See resolv.conf(5). */
static int set_dns(char **lines, size_t count)
{
	if (count == 0)
		return 0;
	FILE *file = make_directories(KATA_DIRECTORY "/sandbox") < 0 ? NULL : fopen(RESOLV_CONF, "we");
	if (!file)
		return -1;
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%s\n", lines[i]);
	if (fclose(file) != 0)
		return -1;
	return mount(RESOLV_CONF, "/etc/resolv.conf", NULL, MS_BIND, NULL);
}

void create_sandbox(struct call *call)
{
	const Grpc__CreateSandboxRequest *request = (const Grpc__CreateSandboxRequest *)call->request;
	char error[ERROR_MAX];
	if (sandbox.running) {
		call_fail(call, TTRPC_FAILED_PRECONDITION, "the sandbox %s exists", sandbox.id);
		return;
	}
	/* A mount that was made before a failure is still there when the call is made again. */
	if ((sandbox.ipc < 0 || sandbox.uts < 0) && make_namespaces(request->hostname) < 0) {
		call_fail(call, TTRPC_INTERNAL, "cannot make the pod's namespaces: %s", strerror(errno));
		return;
	}
	if (storages_add(request->storages, request->n_storages, &storages, &storage_count, error, sizeof(error)) < 0) {
		storages_release(storages, storage_count);
		storages = NULL;
		storage_count = 0;
		call_fail(call, TTRPC_INTERNAL, "%s", error);
		return;
	}
	if (set_dns(request->dns, request->n_dns) < 0) {
		call_fail(call, TTRPC_INTERNAL, "cannot write " RESOLV_CONF ": %s", strerror(errno));
		return;
	}
	sandbox.running = true;
	sandbox.id = must_copy(request->sandbox_id);
	call_done(call);
}

void destroy_sandbox(struct call *call)
{
	static struct call_list destroying;
	call_wait(call, &destroying);
	containers_destroy_all(&destroying);
	ending = true;
}

void sandbox_turn(void)
{
	if (!ending || containers_left() || !server_flushed())
		return;
	storages_release(storages, storage_count);
	halt();
}
