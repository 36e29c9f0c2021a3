#include "guest.h"
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "channel.h"
#include "kinds.h"
#include "loop.h"
#include "protocol.h"
#include "wire.h"

/* A port gives at most a page a read; a full page means that more may be there. */
#define PORT_READ_SIZE 4096
#define HELLO_FRAME_SIZE (PROTOCOL_HEADER_SIZE + PROTOCOL_HELLO_SIZE)

static uint8_t in[2 * PROTOCOL_FRAME_SIZE_MAX];
static size_t in_used;
static struct source port = { .fd = -1 };
static uint64_t session;
/* After a fault in the framing nothing is understood until the next HELLO. */
static bool lost;
static const char *failure;

/* An OPEN of several frames, so far. */
static uint8_t *message;
static size_t message_length;
static uint32_t message_channel;

static void say_hello(void)
{
	frame_begin(FRAME_HELLO, 0, 0);
	put_bytes(PROTOCOL_HELLO_MAGIC, strlen(PROTOCOL_HELLO_MAGIC));
	put_u32(PROTOCOL_VERSION);
	put_u64(session);
	put_u32((uint32_t)getpid());
	frame_end();
}

static void forget_message(void)
{
	free(message);
	message = NULL;
	message_length = 0;
}

static void end_session(void)
{
	channel_release_all();
	processes_end_session();
	forget_message();
}

void session_fail(const char *reason)
{
	if (!failure)
		failure = reason;
}

static void reset(void)
{
	end_session();
	frame_begin(FRAME_RESET, 0, 0);
	put_u64(session);
	put_string(failure);
	frame_end();
	session = 0;
	lost = true;
	failure = NULL;
}

static void hello(struct reader *reader)
{
	const uint8_t *magic = take_bytes(reader, strlen(PROTOCOL_HELLO_MAGIC));
	take_u32(reader); /* The host judges whether the versions fit. */
	uint64_t wanted = take_u64(reader);
	take_u32(reader);
	if (!taken_whole(reader) || memcmp(magic, PROTOCOL_HELLO_MAGIC, strlen(PROTOCOL_HELLO_MAGIC)) != 0) {
		session_fail("The greeting is not one of the agent's protocol.");
		return;
	}
	if (wanted != session)
		end_session();
	session = wanted;
	say_hello();
}

static void ping_open(uint32_t id, struct reader *reader)
{
	if (!taken_whole(reader))
		return;
	reply_begin(id);
	frame_end();
}

static void open_channel(uint32_t id, const uint8_t *payload, size_t length)
{
	static void (*const openers[])(uint32_t, struct reader *) = {
		[KIND_PING] = ping_open,
		[KIND_PROCESS] = process_open,
		[KIND_READ_FILE] = read_file_open,
		[KIND_WRITE_FILE] = write_file_open,
		[KIND_LIST_DIRECTORY] = list_directory_open,
		[KIND_FILE_OPERATION] = file_operation_open,
		[KIND_CONNECT] = connect_open,
		[KIND_LISTEN] = listen_open,
		[KIND_SERVE_HOSTCALLS] = serve_hostcalls_open,
		[KIND_PROCESS_EVENTS] = process_events_open,
		[KIND_IDENTITY] = identity_open,
		[KIND_FACTS] = facts_open,
		[KIND_PREPARE_SNAPSHOT] = prepare_snapshot_open,
		[KIND_SIGNAL] = signal_open,
	};
	struct reader reader = { .at = payload, .end = payload + length };
	uint32_t kind = take_u32(&reader);
	if (id == 0 || id % 2 != 0 || channel_find(id))
		session_fail("A channel was opened with a number that the host may not use.");
	else if (kind >= sizeof(openers) / sizeof(*openers) || !openers[kind])
		reply_error(id, ENOSYS, "");
	else
		openers[kind](id, &reader);
	if (reader.bad)
		session_fail("A request is not laid out as its kind asks.");
}

/* Collects the frames of an OPEN. */
static void open_part(uint32_t id, uint8_t flags, const uint8_t *payload, size_t length)
{
	if (message_length == 0 && !(flags & FLAG_MORE)) {
		open_channel(id, payload, length);
		return;
	}
	if (message_length == 0)
		message_channel = id;
	if (id != message_channel || message_length + length > PROTOCOL_MESSAGE_SIZE_MAX) {
		session_fail("A request of several frames is too long or was interrupted.");
		return;
	}
	uint8_t *longer = realloc(message, message_length + length);
	if (!longer) {
		session_fail("The machine has no memory for a request of this size.");
		return;
	}
	message = longer;
	memcpy(message + message_length, payload, length);
	message_length += length;
	if (flags & FLAG_MORE)
		return;
	open_channel(id, message, message_length);
	forget_message();
}

/* A frame for a channel. One that we have just closed may still be addressed: that is no fault. */
static void channel_frame(const uint8_t *header, struct reader *reader)
{
	struct channel *channel = channel_find(get_u32_at(header + 4));
	uint8_t stream = header[2];
	if (!channel)
		return;
	if (header[1] == FRAME_CLOSE) {
		channel_release(channel, stream == CLOSE_KILL);
		return;
	}
	if (header[1] == FRAME_CONTROL) {
		if (channel->kind->control)
			channel->kind->control(channel, stream, reader);
		return;
	}
	if (header[1] == FRAME_REPLY) {
		uint32_t error = take_u32(reader);
		if (!reader->bad && channel->kind->replied)
			channel->kind->replied(channel, error);
		return;
	}
	if (stream >= PROTOCOL_STREAM_COUNT) {
		session_fail("A frame names a stream that no channel has.");
		return;
	}
	struct inflow *inflow = channel->in[stream];
	struct outflow *outflow = channel->out[stream];
	switch (header[1]) {
	case FRAME_DATA:
		if (inflow && !inflow_data(inflow, reader->at, (uint32_t)(reader->end - reader->at)))
			session_fail("A stream was sent more bytes than it had credit for.");
		break;
	case FRAME_END:
		if (inflow)
			inflow_end(inflow);
		break;
	case FRAME_CREDIT: {
		uint32_t count = take_u32(reader);
		if (!taken_whole(reader))
			break;
		if (outflow)
			outflow_credit(outflow, count);
		if (channel->kind->credit)
			channel->kind->credit(channel, stream, count);
		break;
	}
	case FRAME_STOP:
		if (outflow)
			outflow_stop(outflow);
		break;
	}
}

static void frame(const uint8_t *header, const uint8_t *payload, size_t length)
{
	struct reader reader = { .at = payload, .end = payload + length };
	if (header[1] == FRAME_HELLO)
		hello(&reader);
	else if (session == 0)
		return; /* Meant for an agent that came before this one. */
	else if (message_length > 0 && header[1] != FRAME_OPEN)
		session_fail("A request of several frames was interrupted.");
	else if (header[1] == FRAME_OPEN)
		open_part(get_u32_at(header + 4), header[3], payload, length);
	else if (header[1] > FRAME_HELLO && header[1] <= FRAME_CLOSE && header[1] != FRAME_RESULT)
		channel_frame(header, &reader);
	else
		session_fail("A frame has a type that the protocol does not know.");
	if (reader.bad)
		session_fail("A frame's payload is not laid out as its type asks.");
}

static const uint8_t *find_hello(const uint8_t *bytes, size_t length)
{
	const uint8_t *magic = memmem(bytes, length, PROTOCOL_HELLO_MAGIC, strlen(PROTOCOL_HELLO_MAGIC));
	return magic && magic - bytes >= PROTOCOL_HEADER_SIZE ? magic - PROTOCOL_HEADER_SIZE : NULL;
}

/*
 * A host that takes over a machine in the middle of another's frame starts with a HELLO, sent alone.
 * It must not be taken for the rest of that frame.
 */
static void notice_new_host(size_t fresh)
{
	const uint8_t *start = in + in_used - fresh;
	if (lost)
		start = find_hello(in, in_used);
	else if (fresh == in_used || fresh != HELLO_FRAME_SIZE || find_hello(start, fresh) != start)
		return;
	if (!start) {
		/* Keep what may be the beginning of one. */
		if (in_used > HELLO_FRAME_SIZE) {
			memmove(in, in + in_used - HELLO_FRAME_SIZE, HELLO_FRAME_SIZE);
			in_used = HELLO_FRAME_SIZE;
		}
		return;
	}
	in_used -= (size_t)(start - in);
	memmove(in, start, in_used);
	lost = false;
}

static void parse(void)
{
	size_t at = 0;
	while (!lost && in_used - at >= PROTOCOL_HEADER_SIZE) {
		const uint8_t *header = in + at;
		uint32_t length = get_u32_at(header + 8);
		if (header[0] != PROTOCOL_FRAME_MARK || length > PROTOCOL_FRAME_SIZE_MAX - PROTOCOL_HEADER_SIZE)
			session_fail("A frame's header is damaged.");
		else if (in_used - at < PROTOCOL_HEADER_SIZE + length)
			break;
		else
			frame(header, header + PROTOCOL_HEADER_SIZE, length);
		at += PROTOCOL_HEADER_SIZE + length;
		if (failure) {
			reset();
			at = in_used;
		}
	}
	if (at > 0) {
		in_used -= at;
		memmove(in, in + at, in_used);
	}
}

static void port_ready(struct source *source, uint32_t events)
{
	(void)events;
	ssize_t count;
	do {
		count = read(source->fd, in + in_used, sizeof(in) - in_used);
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (count <= 0)
			exit(count < 0); /* The host has gone, and nobody else can reach us. */
		in_used += (size_t)count;
		notice_new_host((size_t)count);
		if (!lost)
			parse();
	} while (count >= PORT_READ_SIZE && source->fd >= 0);
}

void session_start(int fd)
{
	port = (struct source){ .fd = fd, .ready = port_ready };
	loop_watch(&port, EPOLLIN);
	say_hello();
}
