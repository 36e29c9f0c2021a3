#include "guest.h"
#include "containers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <unistd.h>

#include "agent.h"
#include "oom.h"
#include "processes.h"
#include "runtimes/kata/agent.pb-c.h"
#include "sandbox.h"

struct container *containers;

static struct call_list *destroying;

struct container *container_find(const char *id)
{
	struct container *container = containers;
	while (container && strcmp(container->id, id) != 0)
		container = container->next;
	return container;
}

bool containers_left(void)
{
	return containers != NULL;
}

static struct container *find_or_fail(struct call *call, const char *id, enum ttrpc_code code)
{
	struct container *container = container_find(id);
	if (!container)
		call_fail(call, code, "Invalid container id");
	return container;
}

/* ---- Removal ---- */

static void leave_root(struct container *container)
{
	char path[4096];
	if (!container->root)
		return;
	if (umount2(container->root, MNT_DETACH) == 0)
		rmdir(container->root);
	snprintf(path, sizeof(path), KATA_DIRECTORY "/%s", container->id);
	rmdir(path);
	free(container->root);
	container->root = NULL;
}

/* The descriptors are the jail's: they are not closed here. */
static void stop_watching(struct source *source)
{
	if (source->fd >= 0)
		loop_watch(source, 0);
	source->fd = -1;
}

static void forget(struct container *container)
{
	struct container **at = &containers;
	while (*at != container)
		at = &(*at)->next;
	*at = container->next;
	while (container->processes)
		process_remove(container->processes);
	leave_root(container);
	storages_release(container->storages, container->storage_count);
	call_list_done(&container->removing);
	free(container->id);
	free(container);
	if (destroying && !containers)
		call_list_done(destroying);
}

static void on_events(struct source *source, uint32_t events);

/* Its processes are killed; if one takes its time to die, the rest follows when it has. */
static void destroy(struct container *container)
{
	stop_watching(&container->oom);
	stop_watching(&container->events);
	/* What its first process died of is to be known before it is gone: the jail's count goes with it. */
	if (container->jail && jail_destroy(container->jail) < 0) {
		container->events.fd = jail_events_fd(container->jail);
		if (container->events.fd >= 0)
			loop_watch(&container->events, EPOLLPRI);
		return;
	}
	container->jail = NULL;
	reap_children();
	forget(container);
}

static void on_events(struct source *source, uint32_t events)
{
	struct container *container = source->owner;
	(void)events;
	if (!jail_populated(container->jail))
		destroy(container);
}

void containers_destroy_all(struct call_list *calls)
{
	destroying = calls;
	if (!containers)
		call_list_done(calls);
	for (struct container *container = containers, *next; container; container = next) {
		next = container->next;
		destroy(container);
	}
}

void remove_container(struct call *call)
{
	const Grpc__RemoveContainerRequest *request = (const Grpc__RemoveContainerRequest *)call->request;
	struct container *container = find_or_fail(call, request->container_id, TTRPC_INTERNAL);
	if (!container)
		return;
	int64_t latest = now_ms() + (int64_t)request->timeout * 1000;
	if (request->timeout > 0 && (call->deadline == 0 || latest < call->deadline))
		call->deadline = latest;
	call_wait(call, &container->removing);
	destroy(container);
}

/* ---- Creation ---- */

/* As Kata's agent: the bundle that the specification came in has a place in the machine, too. */
static int enter_root(struct container *container, Grpc__Spec *spec, char *error, size_t size)
{
	char path[4096];
	snprintf(path, sizeof(path), KATA_DIRECTORY "/%s/rootfs", container->id);
	container->root = must_copy(path);
	if (make_directories(path) < 0 || mount(spec->root->path, path, NULL, MS_BIND | MS_REC, NULL) < 0) {
		snprintf(error, size, "cannot mount the root file system %s: %s", spec->root->path, strerror(errno));
		return -1;
	}
	/* The message owns its strings, and is freed with them. */
	free(spec->root->path);
	spec->root->path = must_copy(path);
	return 0;
}

static int prepare(struct container *container, const Grpc__CreateContainerRequest *request, char *error, size_t size)
{
	if (storages_add(request->storages, request->n_storages, &container->storages, &container->storage_count, error,
			 size) < 0 ||
	    enter_root(container, request->oci, error, size) < 0)
		return -1;
	struct jail_request wanted = {
		.spec = request->oci,
		.ipc = sandbox.ipc,
		.uts = sandbox.uts,
		.pid = request->sandbox_pidns ? sandbox.pid : -1,
	};
	struct jail_process jailed;
	container->jail = jail_create(&wanted, &jailed, error, size);
	if (!container->jail)
		return -1;
	container->first = process_add(container, container->id, &jailed, request->oci->process->terminal);
	return 0;
}

void create_container(struct call *call)
{
	const Grpc__CreateContainerRequest *request = (const Grpc__CreateContainerRequest *)call->request;
	char error[ERROR_MAX];
	if (!request->container_id[0] || strchr(request->container_id, '/')) {
		call_fail(call, TTRPC_INVALID_ARGUMENT, "\"%s\" is no container id", request->container_id);
		return;
	}
	if (!request->oci || !request->oci->process || !request->oci->root) {
		call_fail(call, TTRPC_INTERNAL, "EINVAL: the specification has no %s",
			  !request->oci ? "content" : request->oci->process ? "root" : "process");
		return;
	}
	if (container_find(request->container_id)) {
		call_fail(call, TTRPC_ALREADY_EXISTS, "there is a container %s already", request->container_id);
		return;
	}
	struct container *container = must_allocate(sizeof(*container));
	*container = (struct container){
		.next = containers,
		.id = must_copy(request->container_id),
		.oom = { .fd = -1, .ready = oom_ready, .owner = container },
		.events = { .fd = -1, .ready = on_events, .owner = container },
	};
	containers = container;
	if (prepare(container, request, error, sizeof(error)) < 0) {
		forget(container);
		call_fail(call, TTRPC_INTERNAL, "%s", error);
		return;
	}
	call_wait(call, &container->first->starting);
}

void container_created(struct container *container)
{
	char path[64];
	/* The first container's, as upstream has it (src/agent/src/sandbox.rs, update_shared_pidns). */
	if (sandbox.pid >= 0)
		return;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)container->first->jailed.pid);
	sandbox.pid = open(path, O_RDONLY | O_CLOEXEC);
}

void container_failed(struct container *container)
{
	destroy(container);
}

void start_container(struct call *call)
{
	const Grpc__StartContainerRequest *request = (const Grpc__StartContainerRequest *)call->request;
	struct container *container = find_or_fail(call, request->container_id, TTRPC_INTERNAL);
	char error[ERROR_MAX];
	if (!container)
		return;
	struct process *first = container->first;
	if (!first || first->jailed.stage != JAIL_CREATED || first->starting.first) {
		call_fail(call, TTRPC_FAILED_PRECONDITION, "the container %s is not waiting to be started", container->id);
		return;
	}
	if (jail_start(container->jail, &first->jailed, error, sizeof(error)) < 0) {
		call_fail(call, TTRPC_INTERNAL, "%s", error);
		return;
	}
	call_wait(call, &first->starting);
}

void container_started(struct container *container)
{
	/* The sandbox's own has nothing that could take too much. */
	if (sandbox.id && strcmp(sandbox.id, container->id) == 0)
		return;
	container->oom.fd = jail_oom_fd(container->jail);
	if (container->oom.fd >= 0)
		loop_watch(&container->oom, EPOLLPRI);
}

void container_first_ended(struct container *container)
{
	if (!container->jail)
		return;
	oom_look(container);
	/* Only in a PID namespace of its own do the others die with it. */
	jail_signal(container->jail, SIGKILL);
}

/* ---- The rest is the jail's ---- */

static void finish(struct call *call, int failed, const char *error)
{
	if (failed < 0)
		call_fail(call, TTRPC_INTERNAL, "%s", error);
	else
		call_done(call);
}

void update_container(struct call *call)
{
	const Grpc__UpdateContainerRequest *request = (const Grpc__UpdateContainerRequest *)call->request;
	struct container *container = find_or_fail(call, request->container_id, TTRPC_INVALID_ARGUMENT);
	char error[ERROR_MAX];
	if (container)
		finish(call,
		       request->resources ? jail_update(container->jail, request->resources, error, sizeof(error)) : 0,
		       error);
}

void pause_container(struct call *call)
{
	const Grpc__PauseContainerRequest *request = (const Grpc__PauseContainerRequest *)call->request;
	struct container *container = find_or_fail(call, request->container_id, TTRPC_INVALID_ARGUMENT);
	char error[ERROR_MAX];
	if (container)
		finish(call, jail_pause(container->jail, error, sizeof(error)), error);
}

void resume_container(struct call *call)
{
	const Grpc__ResumeContainerRequest *request = (const Grpc__ResumeContainerRequest *)call->request;
	struct container *container = find_or_fail(call, request->container_id, TTRPC_INVALID_ARGUMENT);
	char error[ERROR_MAX];
	if (container)
		finish(call, jail_resume(container->jail, error, sizeof(error)), error);
}
