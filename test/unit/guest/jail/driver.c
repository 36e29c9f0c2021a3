/*
 * Stands in for the agent around its jail: containers and processes by numbers, each step when it is told.
 * Standard input: u8 operation, u32 number, u32 length (little-endian), payload. Answers: u32 length, JSON.
 * Argument: the cgroup that is the hierarchy's root for it. It is PID 1 of a PID namespace, and reaps.
 */
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kata-agent/jail/jail.h"

#define MOST 64
/* Milliseconds that a step may take. */
#define PATIENCE 20000

struct text {
	char *bytes;
	size_t length, room;
};

static struct jail *jails[MOST];
static struct process {
	struct jail_process jailed;
	bool ended;
	int status;
	struct text out, err;
} processes[MOST];
static const char *hierarchy;
static int children;
static struct text answer;
static char error[512];

static void append(struct text *text, const void *bytes, size_t length)
{
	if (text->length + length + 1 > text->room) {
		text->room = 2 * (text->length + length + 1);
		text->bytes = realloc(text->bytes, text->room);
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = 0;
}

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	char *words;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&words, format, arguments);
	va_end(arguments);
	append(&answer, words, (size_t)length);
	free(words);
}

/* A string of bytes as Latin-1. */
static void say_bytes(const char *key, const char *bytes, size_t length)
{
	say("\"%s\":\"", key);
	for (size_t i = 0; i < length; i++)
		say("\\u%04x", (unsigned char)bytes[i]);
	say("\"");
}

static void reap(void)
{
	struct signalfd_siginfo told;
	while (read(children, &told, sizeof(told)) > 0)
		;
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		for (int i = 0; i < MOST; i++) {
			if (processes[i].jailed.pid == pid && !processes[i].ended) {
				processes[i].ended = true;
				processes[i].status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			}
		}
	}
}

static void say_stage(struct process *process)
{
	say("\"stage\":%d,\"pid\":%d,", (int)process->jailed.stage, (int)process->jailed.pid);
	say_bytes("error", error, strlen(error));
}

static void settle(struct process *process)
{
	enum jail_stage stage = process->jailed.stage;
	if (stage == JAIL_PREPARING || stage == JAIL_CREATED)
		jail_await(&process->jailed, PATIENCE, error, sizeof(error));
	say_stage(process);
}

/* Payload: i32 number of the container whose PID namespace it joins, or -1; u32 namespaces to be new ones. */
static void create(unsigned number, const uint8_t *payload, size_t length)
{
	int32_t with;
	memcpy(&with, payload, 4);
	struct jail_request request = { .ipc = -1, .uts = -1, .pid = -1 };
	Grpc__Spec *spec = grpc__spec__unpack(NULL, length - 4, payload + 4);
	request.spec = spec;
	if (with >= 0) {
		static const char *const names[] = { "pid", "ipc", "uts" };
		int *const fds[] = { &request.pid, &request.ipc, &request.uts };
		for (int i = 0; i < 3; i++) {
			char path[64];
			snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)processes[with].jailed.pid, names[i]);
			*fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		}
	}
	processes[number] = (struct process){ 0 };
	jails[number] = jail_create(&request, &processes[number].jailed, error, sizeof(error));
	if (jails[number])
		settle(&processes[number]);
	else
		say("\"stage\":-1,"), say_bytes("error", error, strlen(error));
	if (spec)
		grpc__spec__free_unpacked(spec, NULL);
	if (with >= 0)
		close(request.pid), close(request.ipc), close(request.uts);
}

static void start(unsigned number)
{
	struct process *process = &processes[number];
	if (jail_start(jails[number], &process->jailed, error, sizeof(error)) < 0)
		say("\"stage\":-1,"), say_bytes("error", error, strlen(error));
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
		say("\"stage\":-1,"), say_bytes("error", error, strlen(error));
	} else {
		settle(&processes[name]);
		if (processes[name].jailed.stage == JAIL_CREATED) {
			answer.length = 1;
			settle(&processes[name]);
		}
	}
	grpc__process__free_unpacked(spec, NULL);
}

static void drain(int *fd, struct text *into)
{
	char bytes[65536];
	ssize_t got;
	while (*fd >= 0 && (got = read(*fd, bytes, sizeof(bytes))) != -1) {
		if (got == 0) {
			close(*fd);
			*fd = -1;
			return;
		}
		append(into, bytes, (size_t)got);
	}
	/* EIO: nobody has the terminal any more. */
	if (*fd >= 0 && errno == EIO) {
		close(*fd);
		*fd = -1;
	}
}

static int64_t milliseconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Payload: what to wait for in its output; empty: for its end. */
static void outcome(unsigned number, const char *text, size_t length)
{
	struct process *process = &processes[number];
	struct jail_process *jailed = &process->jailed;
	int64_t end = milliseconds_now() + PATIENCE;
	for (;;) {
		bool terminal = jailed->in >= 0 && jailed->in == jailed->out;
		drain(&jailed->out, &process->out);
		drain(&jailed->err, &process->err);
		if (terminal)
			jailed->in = jailed->out;
		reap();
		if (length && process->out.bytes && memmem(process->out.bytes, process->out.length, text, length))
			break;
		if (process->ended && jailed->out < 0 && jailed->err < 0)
			break;
		int64_t left = end - milliseconds_now();
		if (left <= 0)
			break;
		struct pollfd fds[] = { { jailed->out, POLLIN, 0 }, { jailed->err, POLLIN, 0 }, { children, POLLIN, 0 } };
		poll(fds, 3, (int)left);
	}
	say("\"status\":%d,", process->ended ? process->status : -1);
	say_bytes("out", process->out.bytes, process->out.length);
	say(",");
	say_bytes("err", process->err.bytes, process->err.length);
}

static void input(unsigned number, const uint8_t *payload, size_t length)
{
	struct jail_process *jailed = &processes[number].jailed;
	if (length)
		say("\"written\":%zd", write(jailed->in, payload, length));
	else if (jailed->in != jailed->out)
		close(jailed->in), jailed->in = -1, say("\"written\":0");
}

static int cgroups;
static int see_cgroup(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)path, (void)status, (void)place;
	cgroups += type == FTW_D;
	return 0;
}

static int count_entries(const char *path, bool numbers)
{
	int count = 0;
	DIR *directory = opendir(path);
	for (struct dirent *entry; (entry = readdir(directory));)
		count += numbers ? entry->d_name[0] >= '0' && entry->d_name[0] <= '9' : entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

/* All that could be left behind. */
static void census(void)
{
	reap();
	int mounts = 0;
	FILE *list = fopen("/proc/self/mountinfo", "re");
	for (int letter; (letter = getc(list)) != EOF;)
		mounts += letter == '\n';
	fclose(list);
	cgroups = 0;
	nftw(hierarchy, see_cgroup, 16, FTW_PHYS);
	say("\"fds\":%d,\"processes\":%d,\"mounts\":%d,\"cgroups\":%d", count_entries("/proc/self/fd", false),
	    count_entries("/proc", true), mounts, cgroups);
}

static void destroy(unsigned number)
{
	int result = jail_destroy(jails[number]);
	say("\"result\":%d,\"errno\":%d", result, result ? errno : 0);
	if (result == 0)
		jails[number] = NULL;
}

/* Closes our ends and waits until all processes have been reaped. */
static void forget(unsigned number)
{
	struct jail_process *jailed = &processes[number].jailed;
	if (jailed->in >= 0 && jailed->in != jailed->out)
		close(jailed->in);
	if (jailed->out >= 0)
		close(jailed->out);
	if (jailed->err >= 0)
		close(jailed->err);
	if (jailed->report >= 0)
		close(jailed->report);
	int64_t end = milliseconds_now() + PATIENCE;
	while (jailed->pid > 0 && !processes[number].ended && milliseconds_now() < end) {
		struct pollfd child = { children, POLLIN, 0 };
		poll(&child, 1, (int)(end - milliseconds_now()));
		reap();
	}
	free(processes[number].out.bytes);
	free(processes[number].err.bytes);
	processes[number] = (struct process){ .jailed = { .in = -1, .out = -1, .err = -1, .report = -1 } };
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
	case 's':
		return start(number);
	case 'x':
		return run(number, payload, length);
	case 'o':
		return outcome(number, (const char *)payload, length);
	case 'w':
		return input(number, payload, length);
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
		return census();
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
	children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
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
		if (write(1, &size, 4) != 4 || write(1, answer.bytes, answer.length) != (ssize_t)answer.length)
			break;
	}
	return 0;
}
