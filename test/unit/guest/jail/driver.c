/*
 * Stands in for the agent around its jail: containers and processes by numbers, each step when it is told.
 * Standard input: u8 operation, u32 number, u32 length (little-endian), payload. Answers: u32 length, JSON.
 * Argument: the cgroup that is the hierarchy's root for it. It is PID 1 of a PID namespace, and reaps.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "answer.h"
#include "kata-agent/jail/jail.h"
#include "processes.h"

static struct jail *jails[MOST];
static const char *hierarchy;

/* Of the sandbox: PID, IPC and UTS. */
static int namespaces[3] = { -1, -1, -1 };

/* Payload: nothing to let them go. */
static void hold(unsigned number, size_t length)
{
	static const char *const names[] = { "pid", "ipc", "uts" };
	for (int i = 0; i < 3; i++) {
		char path[64];
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)processes[number].jailed.pid, names[i]);
		if (namespaces[i] >= 0)
			close(namespaces[i]);
		namespaces[i] = length ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	}
}

/* Payload: whether it joins the namespaces that are held, as an i32; the specification. */
static void create(unsigned number, const uint8_t *payload, size_t length)
{
	int32_t joins;
	memcpy(&joins, payload, 4);
	struct jail_request request = { .ipc = -1, .uts = -1, .pid = -1 };
	Grpc__Spec *spec = grpc__spec__unpack(NULL, length - 4, payload + 4);
	request.spec = spec;
	if (joins) {
		request.pid = namespaces[0];
		request.ipc = namespaces[1];
		request.uts = namespaces[2];
	}
	processes[number] = (struct process){ 0 };
	jails[number] = jail_create(&request, &processes[number].jailed, error, sizeof(error));
	if (jails[number])
		settle(&processes[number]);
	else
		say_refused();
	if (spec)
		grpc__spec__free_unpacked(spec, NULL);
}

static void start(unsigned number)
{
	struct process *process = &processes[number];
	if (jail_start(jails[number], &process->jailed, error, sizeof(error)) < 0)
		say_refused();
	else
		settle(process);
}

/* Payload: u32 number of the process. */
static void run(unsigned number, const uint8_t *payload, size_t length)
{
	uint32_t name;
	memcpy(&name, payload, 4);
	Grpc__Process *spec = grpc__process__unpack(NULL, length - 4, payload + 4);
	processes[name] = (struct process){ 0 };
	if (jail_exec(jails[number], spec, &processes[name].jailed, error, sizeof(error)) < 0) {
		say_refused();
	} else {
		settle(&processes[name]);
	}
	grpc__process__free_unpacked(spec, NULL);
}

static void destroy(unsigned number)
{
	int result = jail_destroy(jails[number]);
	say("\"result\":%d,\"errno\":%d", result, result ? errno : 0);
	if (result == 0)
		jails[number] = NULL;
}

static void stats(unsigned number)
{
	Grpc__CgroupStats *message = jail_stats(jails[number], error, sizeof(error));
	size_t length = grpc__cgroup_stats__get_packed_size(message);
	uint8_t *packed = malloc(length);
	grpc__cgroup_stats__pack(message, packed);
	say_bytes("stats", (const char *)packed, length);
	free(packed);
	grpc__cgroup_stats__free_unpacked(message, NULL);
}

static void update(unsigned number, const uint8_t *payload, size_t length)
{
	Grpc__LinuxResources *resources = grpc__linux_resources__unpack(NULL, length, payload);
	say("\"result\":%d,", jail_update(jails[number], resources, error, sizeof(error)));
	say_bytes("error", error, strlen(error));
	grpc__linux_resources__free_unpacked(resources, NULL);
}

static void pids(unsigned number)
{
	pid_t list[MOST];
	size_t count = jail_pids(jails[number], list, MOST);
	say("\"pids\":[");
	for (size_t i = 0; i < count; i++)
		say("%s%d", i ? "," : "", (int)list[i]);
	say("],\"populated\":%s", jail_populated(jails[number]) ? "true" : "false");
}

static void freeze(unsigned number, bool pause)
{
	int result = (pause ? jail_pause : jail_resume)(jails[number], error, sizeof(error));
	say("\"result\":%d,", result);
	say_bytes("error", error, strlen(error));
}

static void handle(char operation, unsigned number, const uint8_t *payload, size_t length)
{
	error[0] = 0;
	switch (operation) {
	case 'c':
		return create(number, payload, length);
	case 'h':
		return hold(number, length);
	case 's':
		return start(number);
	case 'e':
		jail_hear(&processes[number].jailed, error, sizeof(error));
		return say_stage(&processes[number]);
	case 'x':
		return run(number, payload, length);
	case 'o':
		return say_outcome(number, (const char *)payload, length);
	case 'w':
		return give_input(number, payload, length);
	case 'k':
		return say("\"result\":%d", jail_signal(jails[number], payload[0]));
	case 'p':
		return freeze(number, true);
	case 'r':
		return freeze(number, false);
	case 'u':
		return update(number, payload, length);
	case 't':
		return stats(number);
	case 'n':
		return pids(number);
	case 'm':
		return say("\"kills\":%d", (int)jail_oom_kills(jails[number]));
	case 'd':
		return destroy(number);
	case 'f':
		return forget(number);
	case 'i':
		reap();
		return say_census(hierarchy);
	}
}

static bool read_whole(void *into, size_t length)
{
	for (size_t have = 0; have < length;) {
		ssize_t got = read(0, (char *)into + have, length - have);
		if (got <= 0)
			return false;
		have += (size_t)got;
	}
	return true;
}

int main(int argc, char **argv)
{
	(void)argc;
	hierarchy = argv[1];
	jail_use_cgroups(hierarchy);
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	reap_by(signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
	uint8_t head[9];
	while (read_whole(head, sizeof(head))) {
		uint32_t number, length;
		memcpy(&number, head + 1, 4);
		memcpy(&length, head + 5, 4);
		uint8_t *payload = malloc(length + 1);
		if (!read_whole(payload, length))
			break;
		answer.length = 0;
		say("{");
		handle((char)head[0], number, payload, length);
		say("}");
		free(payload);
		uint32_t size = (uint32_t)answer.length;
		if (write(1, &size, 4) != 4 || write(1, answer.bytes, size) != (ssize_t)size)
			break;
	}
	return 0;
}
