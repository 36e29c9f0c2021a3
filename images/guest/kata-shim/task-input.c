#include "guest.h"
#include "task.h"

#include <stdlib.h>
#include <string.h>

#include "runtimes/kata/agent.pb-c.h"

static void go_on(struct task *task);

static void write_answered(void *owner, uint32_t tag, const struct agent_answer *answer)
{
	struct task *task = owner;
	struct input_state *input = &task->input;
	Grpc__WriteStreamResponse *response =
		answer->code == TTRPC_OK
			? grpc__write_stream_response__unpack(NULL, answer->length, answer->payload)
			: NULL;
	size_t count = response ? response->len : 0;
	(void)tag;
	if (response)
		grpc__write_stream_response__free_unpacked(response, NULL);
	input->writing = false;
	/* More than it was given is no answer, and may be as much as makes the sum less. */
	if (count == 0 || count > input->length - input->written) {
		/* Nobody reads it any more: the rest is of no use, as bytes that a pipe still held would be. */
		input->closed = true;
		return;
	}
	input->written += count;
	go_on(task);
}

static void close_answered(void *owner, uint32_t tag, const struct agent_answer *answer)
{
	/* Where that failed, there is nothing to be closed. */
	(void)owner, (void)tag, (void)answer;
}

static void write_rest(struct task *task)
{
	Grpc__WriteStreamRequest request = GRPC__WRITE_STREAM_REQUEST__INIT;
	struct input_state *input = &task->input;
	request.container_id = task->container;
	request.exec_id = (char *)(uintptr_t)task_exec_id(task);
	request.data.data = input->piece + input->written;
	request.data.len = input->length - input->written;
	input->writing = true;
	agent_ask("WriteStdin", &request.base, write_answered, task, 0);
}

static bool write_piece(struct task *task, const uint8_t *bytes, size_t length)
{
	struct input_state *input = &task->input;
	if (!input->piece)
		input->piece = malloc(STREAM_PIECE);
	if (!input->piece)
		return false;
	memcpy(input->piece, bytes, length);
	input->written = 0;
	input->length = length;
	write_rest(task);
	return true;
}

/* What comes next, after an answer. */
static void go_on(struct task *task)
{
	static const uint8_t end_of_transmission = 4;
	Grpc__CloseStdinRequest request = GRPC__CLOSE_STDIN_REQUEST__INIT;
	struct input_state *input = &task->input;
	if (input->written < input->length) {
		write_rest(task);
	} else if (input->ending && task->terminal) {
		input->ending = false;
		write_piece(task, &end_of_transmission, 1);
	} else if (input->ending) {
		input->ending = false;
		input->closed = true;
		request.container_id = task->container;
		request.exec_id = (char *)(uintptr_t)task_exec_id(task);
		agent_ask("CloseStdin", &request.base, close_answered, task, 0);
	}
}

size_t input_feed(void *container, const uint8_t *bytes, size_t length)
{
	struct task *task = container;
	if (task->input.closed || task->removed || length == 0)
		return length;
	if (task->input.writing)
		return 0;
	size_t count = length < STREAM_PIECE ? length : STREAM_PIECE;
	return write_piece(task, bytes, count) ? count : 0;
}

void input_close(void *container)
{
	struct task *task = container;
	if (task->input.closed || task->removed)
		return;
	task->input.ending = true;
	if (!task->input.writing)
		go_on(task);
}
