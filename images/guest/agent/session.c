#include "guest.h"
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "channel.h"
#include "dispatch.h"
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

static void say_hello(void)
{
	frame_begin(FRAME_HELLO, 0, 0);
	put_bytes(PROTOCOL_HELLO_MAGIC, strlen(PROTOCOL_HELLO_MAGIC));
	put_u32(PROTOCOL_VERSION);
	put_u64(session);
	put_u32((uint32_t)getpid());
	frame_end();
}

static void end_session(void)
{
	channel_release_all();
	processes_end_session();
	dispatch_forget();
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

static void frame(const uint8_t *header, const uint8_t *payload, size_t length)
{
	struct reader reader = { .at = payload, .end = payload + length };
	if (header[1] == FRAME_HELLO)
		hello(&reader);
	else if (session != 0) /* Otherwise it is meant for an agent that came before this one. */
		dispatch(header, &reader);
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
