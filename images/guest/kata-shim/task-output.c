#include "guest.h"
#include "task.h"

#include "runtimes/kata/agent.pb-c.h"

static const char *const methods[OUTPUTS] = { "ReadStdout", "ReadStderr" };
static const uint8_t frame_types[OUTPUTS] = { SHIM_STDOUT, SHIM_STDERR };

bool output_drained(const struct task *task)
{
	return task->outputs[OUTPUT_STDOUT].ended && task->outputs[OUTPUT_STDERR].ended;
}

static void hand_on(struct task *task, enum output stream, const uint8_t *bytes, size_t length)
{
	log_write(task->log, stream, bytes, length);
	for (size_t at = 0; at < length; at += CLIENT_FRAME_MAX) {
		size_t rest = length - at;
		clients_output(&task->clients, frame_types[stream], bytes + at,
			       rest < CLIENT_FRAME_MAX ? rest : CLIENT_FRAME_MAX);
	}
}

/* The end of a stream is an error of the agent's: upstream's has no other word for it. */
static void read_answered(void *owner, uint32_t tag, const struct agent_answer *answer)
{
	struct task *task = owner;
	struct output_state *output = &task->outputs[tag];
	output->asked = false;
	Grpc__ReadStreamResponse *response =
		answer->code == TTRPC_OK
			? grpc__read_stream_response__unpack(NULL, answer->length, answer->payload)
			: NULL;
	if (response && response->data.len > 0) {
		hand_on(task, tag, response->data.data, response->data.len);
	} else {
		output->ended = true;
		log_flush(task->log, tag);
		if (task->told && output_drained(task))
			clients_exit(&task->clients, task->record, true);
	}
	if (response)
		grpc__read_stream_response__free_unpacked(response, NULL);
}

/* One piece at a time: what nobody has taken waits in the machine, and the process with it. */
void output_go_on(struct task *task)
{
	Grpc__ReadStreamRequest request = GRPC__READ_STREAM_REQUEST__INIT;
	if (task->held && clients_attached(&task->clients))
		task->held = false;
	if (task->held || task->removed)
		return;
	request.container_id = task->container;
	request.exec_id = (char *)(uintptr_t)task_exec_id(task);
	request.len = STREAM_PIECE;
	for (enum output stream = 0; stream < OUTPUTS; stream++) {
		struct output_state *output = &task->outputs[stream];
		if (output->ended || output->asked || !clients_have_room(&task->clients, frame_types[stream]))
			continue;
		output->asked = true;
		agent_ask(methods[stream], &request.base, read_answered, task, stream);
	}
}
