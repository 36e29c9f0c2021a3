#include "guest.h"
#include "task.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "runtimes/kata/agent.pb-c.h"

/* Milliseconds for which the word of an end waits for that of the memory. */
#define MEMORY_TIME 1000
/* Milliseconds after which GetOOMEvent is asked again where it has failed. */
#define RETRY_TIME 1000
/* containerd's UnknownExitStatus: that the process has ended is all that is known. */
#define UNKNOWN_CODE 255

static bool watching;
static struct timer retry;
/* How many events have come. */
static uint32_t events;

static void ask_for_memory(struct task *task);

/* ---- Out of memory ---- */

static void ask_for_event(void *owner);

/*
 * The machine's kernel has killed processes for want of the container's memory: one at least, for kills that come
 * together are one event. So what is counted says whether, and not how many.
 */
static void event_came(void *owner, uint32_t tag, const struct agent_answer *answer)
{
	Grpc__OOMEvent *event =
		answer->code == TTRPC_OK ? grpc__oomevent__unpack(NULL, answer->length, answer->payload) : NULL;
	(void)tag;
	if (!event) {
		timer_set(&retry, RETRY_TIME, ask_for_event, owner);
		return;
	}
	struct task *task = task_find(event->container_id, "");
	events++;
	if (task)
		task->oom_kills++;
	grpc__oomevent__free_unpacked(event, NULL);
	ask_for_event(owner);
}

static void ask_for_event(void *owner)
{
	Grpc__GetOOMEventRequest request = GRPC__GET_OOMEVENT_REQUEST__INIT;
	if (!agent_is_lost())
		agent_ask("GetOOMEvent", &request.base, event_came, owner, 0);
}

void end_watch_memory(void)
{
	if (watching)
		return;
	watching = true;
	ask_for_event(NULL);
}

/* ---- The end ---- */

static void tell(void *owner)
{
	struct task *task = owner;
	char path[512];
	if (task->told)
		return;
	timer_clear(&task->telling);
	task->told = true;
	exit_record(task->record, task->code, task->signal, task->oom_kills);
	if (task->exec[0])
		snprintf(path, sizeof(path), "%s/%s.exit", task->directory, task->exec);
	else
		snprintf(path, sizeof(path), "%s/exit", task->directory);
	exit_record_write(path, task->record);
	clients_exit(&task->clients, task->record, output_drained(task));
}

void end_now(struct task *task, int code, int number)
{
	if (!task->ended) {
		task->code = code;
		task->signal = number;
	}
	task->ended = true;
	tell(task);
}

/* What the statistics are is all the same: that an answer came counts. */
static void memory_known(void *owner, uint32_t tag, const struct agent_answer *answer)
{
	struct task *task = owner;
	(void)tag, (void)answer;
	if (task->events != events && !task->told)
		ask_for_memory(task);
	else
		tell(task);
}

/*
 * The event of a kill and the end that follows from it come by different calls, in any order. But an agent
 * that knows of an event says so before it answers what it is asked later: one that answers, and has had
 * nothing to say meanwhile, knows of none.
 */
static void ask_for_memory(struct task *task)
{
	Grpc__StatsContainerRequest request = GRPC__STATS_CONTAINER_REQUEST__INIT;
	request.container_id = task->container;
	task->events = events;
	agent_ask("StatsContainer", &request.base, memory_known, task, 0);
}

static void tell_after_memory(struct task *task)
{
	timer_set(&task->telling, MEMORY_TIME, tell, task);
	ask_for_memory(task);
}

static void wait_answered(void *owner, uint32_t tag, const struct agent_answer *answer)
{
	struct task *task = owner;
	(void)tag;
	if (answer->code == TTRPC_UNAVAILABLE && agent_is_lost()) {
		end_now(task, 128 + SIGKILL, SIGKILL);
		return;
	}
	Grpc__WaitProcessResponse *response =
		answer->code == TTRPC_OK
			? grpc__wait_process_response__unpack(NULL, answer->length, answer->payload)
			: NULL;
	if (!response) {
		end_now(task, UNKNOWN_CODE, 0);
		return;
	}
	/* The agent says it as a shell does. */
	task->code = response->status;
	task->signal = task->code > 128 && task->code < 128 + NSIG ? task->code - 128 : 0;
	task->ended = true;
	grpc__wait_process_response__free_unpacked(response, NULL);
	if (task->exec[0])
		tell(task);
	else
		tell_after_memory(task);
}

void end_wait(struct task *task)
{
	Grpc__WaitProcessRequest request = GRPC__WAIT_PROCESS_REQUEST__INIT;
	request.container_id = task->container;
	request.exec_id = (char *)(uintptr_t)task_exec_id(task);
	agent_ask("WaitProcess", &request.base, wait_answered, task, 0);
}
