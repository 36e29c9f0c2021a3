#include "guest.h"
#include "connect.h"
#include "leave-caller.h"
#include "listen-unix.h"
#include "shim.h"
#include "vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* Kata's vsock port of the agent (src/agent/src/config.rs, DEFAULT_AGENT_VSOCK_PORT). */
#define AGENT_PORT 1024

/* What the shim tells the process that was called, which tells it on and ends. */
struct report {
	pid_t vmm; /* 0: there is no machine, and the text says why */
	char text[1024];
};

/* False if whoever called has gone. */
static bool tell(int fd, const struct report *report)
{
	size_t sent = 0;
	while (sent < sizeof(*report)) {
		ssize_t count = write(fd, (const char *)report + sent, sizeof(*report) - sent);
		if (count < 0 && errno != EINTR)
			break;
		sent += count > 0 ? (size_t)count : 0;
	}
	close(fd);
	return sent == sizeof(*report);
}

static void explain(struct report *report, const char *attempt)
{
	snprintf(report->text, sizeof(report->text), "cannot %s: %s", attempt, strerror(errno));
}

/* The agent's connection, or -1 with the reason in the report. */
static int set_up(const struct options *options, int caller, int *listener, struct report *report)
{
	*listener = listen_unix(options->socket);
	if (*listener < 0) {
		explain(report, "listen for the shim's clients");
		return -1;
	}
	report->vmm = vmm_start(options->vmm, options->stderr_file);
	if (report->vmm < 0) {
		report->vmm = 0;
		explain(report, "start the VMM");
		return -1;
	}
	int agent = connect_to_machine(options->vsock, AGENT_PORT, caller, report->text, sizeof(report->text));
	if (agent < 0) {
		vmm_stop_now();
		report->vmm = 0;
	}
	return agent;
}

static void remove_sockets(const struct options *options)
{
	unlink(options->socket);
	unlink(options->vsock);
}

_Noreturn static void run(const struct options *options, int caller)
{
	static struct report report;
	int listener;
	leave_caller("sandglass-shim-kata");
	int agent = set_up(options, caller, &listener, &report);
	/* When the caller knows of a failure, nothing is left. */
	if (agent < 0)
		remove_sockets(options);
	bool told = tell(caller, &report);
	if (agent < 0)
		_exit(1);
	if (told)
		shim_run(listener, agent);
	else
		vmm_stop_now(); /* Nobody would ever use it, or know that it is there. */
	remove_sockets(options);
	_exit(0);
}

int shim_start(const struct options *options)
{
	int caller[2];
	struct report report = { 0 };
	size_t length = 0;
	if (pipe2(caller, O_CLOEXEC) < 0) {
		fprintf(stderr, "cannot make a pipe: %s\n", strerror(errno));
		return 1;
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(caller[0]);
		run(options, caller[1]);
	}
	close(caller[1]);
	for (ssize_t count; pid > 0 && length < sizeof(report); length += (size_t)count) {
		count = read(caller[0], (char *)&report + length, sizeof(report) - length);
		if (count <= 0)
			break;
	}
	if (report.vmm <= 0) {
		fprintf(stderr, "%s\n", length == sizeof(report) ? report.text : "the shim ended before its time");
		return 1;
	}
	printf("{\"shim\":%d,\"vmm\":%d}\n", (int)pid, (int)report.vmm);
	return 0;
}
