#include "guest.h"
#include "processes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "containers.h"
#include "runtimes/kata/agent.pb-c.h"
#include "streams.h"

static void on_report(struct source *source, uint32_t events);

struct process *process_add(struct container *container, const char *exec_id, const struct jail_process *jailed,
			    bool terminal)
{
	struct process *process = must_allocate(sizeof(*process));
	*process = (struct process){
		.next = container->processes,
		.container = container,
		.exec_id = must_copy(exec_id),
		.terminal = terminal,
		.jailed = *jailed,
		.report = { .fd = -1, .ready = on_report, .owner = process },
	};
	stream_init(&process->in, process);
	stream_init(&process->out, process);
	stream_init(&process->err, process);
	container->processes = process;
	process_listen(process);
	return process;
}

void process_listen(struct process *process)
{
	process->report.fd = process->jailed.report;
	if (process->report.fd >= 0)
		loop_watch(&process->report, EPOLLIN);
}

void process_remove(struct process *process)
{
	struct container *container = process->container;
	struct process **at = &container->processes;
	while (*at != process)
		at = &(*at)->next;
	*at = process->next;
	if (container->first == process)
		container->first = NULL;
	loop_close(&process->report);
	stream_close(&process->in);
	stream_close(&process->out);
	stream_close(&process->err);
	call_list_fail(&process->starting, TTRPC_INTERNAL, "the container was removed");
	call_list_fail(&process->waiting, TTRPC_INTERNAL, "the container was removed");
	free(process->exec_id);
	free(process);
}

/* What nobody can ask about any more: an exec whose end is known and whose output was read. */
static void forget_if_done(struct process *process)
{
	if (process != process->container->first && process->ended && process->told && process->out.source.fd < 0 &&
	    process->err.source.fd < 0)
		process_remove(process);
}

void process_stream_ended(struct process *process)
{
	forget_if_done(process);
}

static void take_streams(struct process *process)
{
	struct jail_process *jailed = &process->jailed;
	stream_open(&process->out, jailed->out);
	stream_open(&process->err, jailed->err);
	/* A terminal's one descriptor is two here, each closed by its own stream. */
	stream_open(&process->in,
		    jailed->in >= 0 && jailed->in == jailed->out ? fcntl(jailed->in, F_DUPFD_CLOEXEC, 3) : jailed->in);
	jailed->in = jailed->out = jailed->err = -1;
}

static void on_report(struct source *source, uint32_t events)
{
	struct process *process = source->owner;
	struct container *container = process->container;
	char error[ERROR_MAX] = "";
	(void)events;
	enum jail_stage before = process->jailed.stage;
	/* The jail closes the descriptor itself when there is no more to be heard. */
	loop_watch(source, 0);
	source->fd = -1;
	enum jail_stage stage = jail_hear(&process->jailed, error, sizeof(error));
	process_listen(process);
	if (stage == before)
		return;
	if (stage == JAIL_FAILED) {
		call_list_fail(&process->starting, TTRPC_INTERNAL, "%s", error);
		/* What StartContainer could not start is still to be removed by its caller. */
		if (process == container->first && before == JAIL_PREPARING)
			container_failed(container);
		else if (process != container->first)
			process_remove(process);
		return;
	}
	if (before == JAIL_PREPARING)
		take_streams(process);
	if (process == container->first) {
		if (stage == JAIL_CREATED)
			container_created(container);
		else
			container_started(container);
	}
	call_list_done(&process->starting);
}

static void answer_wait(struct call *call, const struct process *process)
{
	Grpc__WaitProcessResponse response = GRPC__WAIT_PROCESS_RESPONSE__INIT;
	response.status = process->status;
	call_reply(call, &response.base);
}

void process_tell_end(struct process *process, struct call *call)
{
	answer_wait(call, process);
	process->told = true;
	forget_if_done(process);
}

bool process_ended(pid_t pid, int status)
{
	struct process *process = NULL;
	for (struct container *container = containers; container && !process; container = container->next) {
		process = container->processes;
		while (process && (process->jailed.pid != pid || process->ended))
			process = process->next;
	}
	if (!process)
		return false;
	process->ended = true;
	process->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	/* Nobody reads it any more, and whoever waits to write to it may stop. */
	stream_close(&process->in);
	if (process == process->container->first)
		container_first_ended(process->container);
	if (process->terminal)
		stream_close_when_read(&process->out);
	while (process->waiting.first) {
		answer_wait(process->waiting.first, process);
		process->told = true;
	}
	forget_if_done(process);
	return true;
}
