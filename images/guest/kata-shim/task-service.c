#include "guest.h"
#include "task.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "runtimes/kata/agent.pb-c.h"

/* Kata's agent has these sentences for it, and TTRPC_INTERNAL (src/agent/src/rpc.rs). */
static bool is_unknown(const struct agent_answer *answer)
{
	return answer->code == TTRPC_NOT_FOUND ||
	       (answer->code == TTRPC_INTERNAL && (strstr(answer->text, "Invalid container id") ||
						   strstr(answer->text, "Invalid exec id")));
}

static bool has_gone(const struct agent_answer *answer)
{
	return is_unknown(answer) || answer->code == TTRPC_UNAVAILABLE;
}

/* A process that has no terminal any more has ended, or is about to. */
static void resize_answered(void *owner, uint32_t client, const struct agent_answer *answer)
{
	struct task *task = owner;
	bool done = answer->code == TTRPC_OK || has_gone(answer);
	clients_answer(&task->clients, client, done ? 0 : EIO, done ? "" : answer->text);
}

static void signal_answered(void *owner, uint32_t client, const struct agent_answer *answer)
{
	struct task *task = owner;
	if (answer->code == TTRPC_OK)
		clients_answer(&task->clients, client, 0, "");
	else if (has_gone(answer))
		clients_answer(&task->clients, client, ESRCH, "");
	else
		clients_answer(&task->clients, client, EIO, answer->text);
}

static int32_t resize(void *container, uint32_t client, uint16_t columns, uint16_t rows)
{
	Grpc__TtyWinResizeRequest request = GRPC__TTY_WIN_RESIZE_REQUEST__INIT;
	struct task *task = container;
	if (!task->terminal || task->ended)
		return 0;
	request.container_id = task->container;
	request.exec_id = (char *)(uintptr_t)task_exec_id(task);
	request.column = columns;
	request.row = rows;
	agent_ask("TtyWinResize", &request.base, resize_answered, task, client);
	return CLIENTS_LATER;
}

static int32_t signal_process(void *container, uint32_t client, int number, bool all)
{
	Grpc__SignalProcessRequest request = GRPC__SIGNAL_PROCESS_REQUEST__INIT;
	struct task *task = container;
	bool everybody = all && number == SIGKILL && !task->exec[0];
	if (task->removed || (task->ended && !everybody))
		return ESRCH;
	request.container_id = task->container;
	if (!everybody)
		request.exec_id = (char *)(uintptr_t)task_exec_id(task);
	request.signal = (uint32_t)number;
	agent_ask("SignalProcess", &request.base, signal_answered, task, client);
	return CLIENTS_LATER;
}

static void removal_answered(void *owner, uint32_t client, const struct agent_answer *answer)
{
	struct task *task = owner;
	if (answer->code == TTRPC_OK || is_unknown(answer) || agent_is_lost()) {
		task_remove(task);
		clients_answer(&task->clients, client, 0, "");
	} else {
		clients_answer(&task->clients, client, EIO, answer->text);
	}
}

/* An exec is only known here once it has ended. */
static int32_t delete(void *container, uint32_t client, char *text, size_t size)
{
	Grpc__RemoveContainerRequest request = GRPC__REMOVE_CONTAINER_REQUEST__INIT;
	struct task *task = container;
	(void)text, (void)size;
	if (task->removed)
		return 0;
	if (!task->told)
		return EBUSY;
	if (task->exec[0]) {
		task_remove(task);
		return 0;
	}
	request.container_id = task->container;
	agent_ask("RemoveContainer", &request.base, removal_answered, task, client);
	return CLIENTS_LATER;
}

static int32_t reopen_log(void *container)
{
	struct task *task = container;
	return log_reopen(task->log) < 0 ? errno : 0;
}

const struct clients_service task_service = {
	.resize = resize,
	.kill = signal_process,
	.delete = delete,
	.reopen_log = reopen_log,
	.feed_stdin = input_feed,
	.close_stdin = input_close,
};
