/*
 * Containers within the machine, made of an OCI runtime specification as runc makes them on a node:
 * namespaces, mounts, devices, masked paths, users, capabilities, limits, seccomp, cgroup2.
 *
 * For an agent of one thread: nothing here waits for a process. A process to be prepares itself and
 * reports through a descriptor that the agent polls; jail_hear() says what has come of it. All failures
 * are words in `error`, such as `exec: "x": executable file not found in $PATH`.
 */
#ifndef JAIL_H
#define JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtimes/kata/agent.pb-c.h"

/* One container. */
struct jail;

enum jail_stage {
	JAIL_PREPARING,
	JAIL_CREATED, /* waits for jail_start(); never seen of jail_exec()'s */
	JAIL_RUNNING, /* it is the workload now */
	JAIL_FAILED,  /* it ends by itself */
};

struct jail_process {
	/* The agent's child. The agent reaps it, whatever its stage. */
	pid_t pid;
	/*
	 * The agent's ends, non-blocking, -1 for none; the agent closes them. With a terminal `in` and `out`
	 * are the same descriptor, its master, known when PREPARING is over, and there is no `err`.
	 */
	int in, out, err;
	/* To be polled for POLLIN, for jail_hear(). -1, closed, once it runs or has failed. */
	int report;
	enum jail_stage stage;
	bool ready, started; /* the jail's own */
};

struct jail_request {
	/* Needed until the call returns. What it cannot have is an error, what runc ignores is ignored. */
	const Grpc__Spec *spec;
	/*
	 * The sandbox's namespaces, to be joined. -1: IPC and UTS are new if the specification lists them,
	 * otherwise the agent's; the PID namespace is new. Paths in the specification are not looked at: they
	 * are of the node. The network is the machine's.
	 */
	int ipc, uts, pid;
};

/* Where cgroup2 is mounted; without a call /sys/fs/cgroup. */
void jail_use_cgroups(const char *directory);

/* NULL on failure, with nothing left behind. Otherwise `process` prepares itself. */
struct jail *jail_create(const struct jail_request *request, struct jail_process *process, char *error,
			 size_t size);
/* Lets a created process execve(2): it will be RUNNING or FAILED. */
int jail_start(struct jail *jail, struct jail_process *process, char *error, size_t size);
/* A further process in the same namespaces and cgroup; it runs as soon as it is prepared. */
int jail_exec(struct jail *jail, const Grpc__Process *spec, struct jail_process *process, char *error,
	      size_t size);
/*
 * What a process has reported, without waiting: its stage now, which may be the one it had. FAILED with
 * the reason in `error`; its streams and report are closed then. A container whose first process has
 * failed is to be destroyed.
 */
enum jail_stage jail_hear(struct jail_process *process, char *error, size_t size);
/* The same, but waits until the stage is another or the time is over. For who has nothing else to do. */
enum jail_stage jail_await(struct jail_process *process, int milliseconds, char *error, size_t size);

/*
 * To all processes, also those below in cgroups of their own. When the first process of a container in
 * the sandbox's PID namespace has ended, the others are to be killed so: nobody else does.
 */
int jail_signal(struct jail *jail, int number);
/* The number of processes, of which as many as there is room for are listed. */
size_t jail_pids(struct jail *jail, pid_t *pids, size_t room);
int jail_pause(struct jail *jail, char *error, size_t size);
int jail_resume(struct jail *jail, char *error, size_t size);
int jail_update(struct jail *jail, const Grpc__LinuxResources *resources, char *error, size_t size);
/* NULL with words. To be freed with grpc__cgroup_stats__free_unpacked(stats, NULL). */
Grpc__CgroupStats *jail_stats(struct jail *jail, char *error, size_t size);
/* memory.events, to be polled for POLLPRI; the jail's. -1 if the kernel limits no memory. */
int jail_oom_fd(struct jail *jail);
/* How often the kernel has killed a process for the memory limit. Makes jail_oom_fd() wait for the next. */
uint64_t jail_oom_kills(struct jail *jail);
/* cgroup.events, to be polled for POLLPRI; the jail's. */
int jail_events_fd(struct jail *jail);
/* Whether it has any process. Makes jail_events_fd() wait for the next change. */
bool jail_populated(struct jail *jail);
/*
 * Kills what still runs, removes the cgroup and frees the jail. -1 with EBUSY if processes have not died
 * within 100 ms: the jail stays, and is to be destroyed again when it is no longer populated.
 */
int jail_destroy(struct jail *jail);

#endif
