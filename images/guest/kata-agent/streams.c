#include "guest.h"
#include "streams.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agent.h"
#include "runtimes/kata/agent.pb-c.h"
#include "server.h"

/* The most that one answer has, whatever is asked for: as much as a pipe holds. */
#define READ_MOST (64 * 1024)

static void on_ready(struct source *source, uint32_t events);

static struct stream *stalled;

void stream_init(struct stream *stream, struct process *process)
{
	*stream = (struct stream){ .source = { .fd = -1, .ready = on_ready, .owner = process } };
}

void stream_open(struct stream *stream, int fd)
{
	stream->source.fd = fd;
}

static bool is_input(const struct stream *stream)
{
	const struct process *process = stream->source.owner;
	return stream == &process->in;
}

static void stall(struct stream *stream)
{
	loop_watch(&stream->source, 0);
	if (stream->stalled)
		return;
	stream->stalled = true;
	stream->next_stalled = stalled;
	stalled = stream;
}

static void unstall(struct stream *stream)
{
	struct stream **at = &stalled;
	if (!stream->stalled)
		return;
	while (*at != stream)
		at = &(*at)->next_stalled;
	*at = stream->next_stalled;
	stream->stalled = false;
}

void streams_resume(void)
{
	while (stalled && !server_full()) {
		struct stream *stream = stalled;
		unstall(stream);
		if (!stream->calls.first)
			continue;
		loop_watch(&stream->source, EPOLLIN);
		/* No event tells of an end that is one because the process has ended. */
		if (stream->closing)
			on_ready(&stream->source, EPOLLIN);
	}
}

void stream_close(struct stream *stream)
{
	unstall(stream);
	loop_close(&stream->source);
	call_list_fail(&stream->calls, TTRPC_INTERNAL, is_input(stream) ? "its standard input is closed" : "eof");
}

/* Whether the call could be answered. */
static bool try_read(struct stream *stream, struct call *call)
{
	static uint8_t bytes[READ_MOST];
	const Grpc__ReadStreamRequest *request = (const Grpc__ReadStreamRequest *)call->request;
	size_t most = request->len < READ_MOST ? request->len : READ_MOST;
	ssize_t count;
	do
		count = read(stream->source.fd, bytes, most);
	while (count < 0 && errno == EINTR);
	if (count < 0 && errno == EAGAIN && !stream->closing)
		return false;
	/* EIO is how a terminal tells that nobody has it open any more. */
	if (count <= 0 && most > 0) {
		if (call->waits == NULL)
			call_wait(call, &stream->calls);
		stream_close(stream);
		return true;
	}
	Grpc__ReadStreamResponse response = GRPC__READ_STREAM_RESPONSE__INIT;
	response.data = (ProtobufCBinaryData){ .len = (size_t)(count > 0 ? count : 0), .data = bytes };
	call_reply(call, &response.base);
	return true;
}

void stream_read(struct stream *stream, struct call *call)
{
	struct process *process = stream->source.owner;
	if (stream->source.fd < 0) {
		call_fail(call, TTRPC_INTERNAL, "eof");
		return;
	}
	/* One who has waited longer comes first. */
	if (stream->calls.first || server_full() || !try_read(stream, call)) {
		call_wait(call, &stream->calls);
		if (server_full())
			stall(stream);
		else if (!stream->stalled)
			loop_watch(&stream->source, EPOLLIN);
	} else if (stream->source.fd < 0) {
		process_stream_ended(process);
	}
}

/* Whether the call could be answered. */
static bool try_write(struct stream *stream, struct call *call)
{
	const Grpc__WriteStreamRequest *request = (const Grpc__WriteStreamRequest *)call->request;
	while (call->progress < request->data.len) {
		ssize_t count = write(stream->source.fd, request->data.data + call->progress,
				      request->data.len - call->progress);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno == EAGAIN)
			return false;
		if (count < 0) {
			if (call->waits == NULL)
				call_wait(call, &stream->calls);
			stream_close(stream);
			return true;
		}
		call->progress += (size_t)count;
	}
	Grpc__WriteStreamResponse response = GRPC__WRITE_STREAM_RESPONSE__INIT;
	response.len = (uint32_t)request->data.len;
	call_reply(call, &response.base);
	return true;
}

void stream_write(struct stream *stream, struct call *call)
{
	if (stream->source.fd < 0 || stream->closing) {
		call_fail(call, TTRPC_INTERNAL, "its standard input is closed");
		return;
	}
	if (stream->calls.first || !try_write(stream, call)) {
		call_wait(call, &stream->calls);
		loop_watch(&stream->source, EPOLLOUT);
	}
}

void stream_close_when_read(struct stream *stream)
{
	stream->closing = true;
	if (stream->calls.first && !stream->stalled)
		on_ready(&stream->source, EPOLLIN);
}

void stream_close_when_written(struct stream *stream)
{
	if (stream->calls.first)
		stream->closing = true;
	else
		stream_close(stream);
}

static void on_ready(struct source *source, uint32_t events)
{
	struct process *process = source->owner;
	struct stream *stream = source == &process->in.source  ? &process->in
				: source == &process->out.source ? &process->out
								 : &process->err;
	bool input = is_input(stream);
	(void)events;
	while (stream->calls.first && (input || !server_full()) &&
	       (input ? try_write(stream, stream->calls.first) : try_read(stream, stream->calls.first)))
		;
	if (stream->calls.first) {
		if (!input && server_full())
			stall(stream);
		return;
	}
	loop_watch(source, 0);
	if (input && stream->closing)
		stream_close(stream);
	if (!input && source->fd < 0)
		process_stream_ended(process);
}
