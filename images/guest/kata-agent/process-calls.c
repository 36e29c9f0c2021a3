/* What is asked of the processes of the containers. */
#include "guest.h"
#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent.h"
#include "containers.h"
#include "runtimes/kata/agent.pb-c.h"
#include "streams.h"

/* The process of a request, whose answer to an unknown one is its own. An empty exec id is the first's. */
static struct process *find(const char *container_id, const char *exec_id, const char **error)
{
	struct container *container = container_find(container_id);
	*error = "Invalid container id";
	if (!container)
		return NULL;
	*error = "Invalid exec id";
	if (!exec_id[0])
		return container->first;
	for (struct process *process = container->processes; process; process = process->next) {
		if (strcmp(process->exec_id, exec_id) == 0)
			return process;
	}
	return NULL;
}

static struct process *find_or_fail(struct call *call, const char *container_id, const char *exec_id,
				    enum ttrpc_code code)
{
	const char *error;
	struct process *process = find(container_id, exec_id, &error);
	if (!process)
		call_fail(call, code, "%s", error);
	return process;
}

void exec_process(struct call *call)
{
	const Grpc__ExecProcessRequest *request = (const Grpc__ExecProcessRequest *)call->request;
	struct container *container = container_find(request->container_id);
	const char *ignored;
	char error[ERROR_MAX];
	if (!container) {
		call_fail(call, TTRPC_INTERNAL, "Invalid container id");
		return;
	}
	if (!request->process || !request->exec_id[0]) {
		call_fail(call, TTRPC_INVALID_ARGUMENT, "there is no %s", request->process ? "exec id" : "process");
		return;
	}
	if (find(request->container_id, request->exec_id, &ignored)) {
		call_fail(call, TTRPC_ALREADY_EXISTS, "there is an exec %s already", request->exec_id);
		return;
	}
	struct jail_process jailed;
	if (jail_exec(container->jail, request->process, &jailed, error, sizeof(error)) < 0) {
		call_fail(call, TTRPC_INTERNAL, "%s", error);
		return;
	}
	struct process *process = process_add(container, request->exec_id, &jailed, request->process->terminal);
	call_wait(call, &process->starting);
}

void wait_process(struct call *call)
{
	const Grpc__WaitProcessRequest *request = (const Grpc__WaitProcessRequest *)call->request;
	struct process *process = find_or_fail(call, request->container_id, request->exec_id, TTRPC_INTERNAL);
	if (!process)
		return;
	if (!process->ended) {
		call_wait(call, &process->waiting);
		return;
	}
	process_tell_end(process, call);
}

/*
 * Whether the process has a handler for it: the first process of a PID namespace does not even die of what
 * it has none for. See SigCgt in proc(5).
 */
static bool handles(pid_t pid, uint32_t number)
{
	char path[32], text[4096];
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return false;
	text[length] = 0;
	const char *line = strstr(text, "\nSigCgt:");
	return line && strtoull(line + 8, NULL, 16) >> (number - 1) & 1;
}

void signal_process(struct call *call)
{
	const Grpc__SignalProcessRequest *request = (const Grpc__SignalProcessRequest *)call->request;
	struct process *process = find_or_fail(call, request->container_id, request->exec_id, TTRPC_INTERNAL);
	uint32_t number = request->signal;
	int failed = 0;
	if (!process)
		return;
	if (number >= (uint32_t)NSIG) {
		call_fail(call, TTRPC_INTERNAL, "there is no signal %u", number);
		return;
	}
	/* As upstream: it would ignore SIGTERM, so it is not asked (src/agent/src/rpc.rs, do_signal_process). */
	if (number == SIGTERM && process == process->container->first && !process->ended &&
	    !handles(process->jailed.pid, number))
		number = SIGKILL;
	if (!request->exec_id[0])
		failed = jail_signal(process->container->jail, (int)number);
	else if (!process->ended)
		failed = kill(process->jailed.pid, (int)number);
	if (failed < 0 && errno != ESRCH)
		call_fail(call, TTRPC_INTERNAL, "cannot signal it: %s", strerror(errno));
	else
		call_done(call);
}

void write_stdin(struct call *call)
{
	const Grpc__WriteStreamRequest *request = (const Grpc__WriteStreamRequest *)call->request;
	struct process *process = find_or_fail(call, request->container_id, request->exec_id, TTRPC_INTERNAL);
	if (process)
		stream_write(&process->in, call);
}

static void read_of(struct call *call, bool is_out)
{
	const Grpc__ReadStreamRequest *request = (const Grpc__ReadStreamRequest *)call->request;
	struct process *process = find_or_fail(call, request->container_id, request->exec_id, TTRPC_INTERNAL);
	if (process)
		stream_read(is_out || process->terminal ? &process->out : &process->err, call);
}

void read_stdout(struct call *call)
{
	read_of(call, true);
}

void read_stderr(struct call *call)
{
	read_of(call, false);
}

/* A terminal stays open: its end of input is a character, and closing it would hang up on the process. */
void close_stdin(struct call *call)
{
	const Grpc__CloseStdinRequest *request = (const Grpc__CloseStdinRequest *)call->request;
	struct process *process = find_or_fail(call, request->container_id, request->exec_id, TTRPC_INVALID_ARGUMENT);
	if (!process)
		return;
	if (!process->terminal)
		stream_close_when_written(&process->in);
	call_done(call);
}

void tty_win_resize(struct call *call)
{
	const Grpc__TtyWinResizeRequest *request = (const Grpc__TtyWinResizeRequest *)call->request;
	struct process *process = find_or_fail(call, request->container_id, request->exec_id, TTRPC_UNAVAILABLE);
	if (!process)
		return;
	struct winsize size = { .ws_row = (unsigned short)request->row, .ws_col = (unsigned short)request->column };
	if (!process->terminal || process->out.source.fd < 0)
		call_fail(call, TTRPC_UNAVAILABLE, "no tty");
	else if (ioctl(process->out.source.fd, TIOCSWINSZ, &size) < 0)
		call_fail(call, TTRPC_INTERNAL, "ioctl error: %s", strerror(errno));
	else
		call_done(call);
}
