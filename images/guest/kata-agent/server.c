#include "guest.h"
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agent.h"
#include "loop.h"
#include "streams.h"
#include "ttrpc.h"

/* Bytes of answers that wait to be written; with more no further request is read, and no output of a process. */
#define PENDING_MOST (256 * 1024)

struct frame {
	struct frame *next;
	uint8_t *bytes;
	size_t size, written;
};

static struct source port;
static struct ttrpc_reader reader;
static struct frame *first, **last = &first;
static size_t pending;

bool server_full(void)
{
	return pending > PENDING_MOST;
}

static void watch(void)
{
	loop_watch(&port, (server_full() ? 0u : EPOLLIN) | (first ? EPOLLOUT : 0u));
}

static void flush(void)
{
	while (first) {
		/* The driver takes 32 KiB at a time. */
		ssize_t count = write(port.fd, first->bytes + first->written, first->size - first->written);
		if (count < 0) {
			if (errno != EAGAIN && errno != EINTR) {
				say("cannot write to the port of the agent: %s", strerror(errno));
				halt();
			}
			break;
		}
		first->written += (size_t)count;
		pending -= (size_t)count;
		if (first->written < first->size)
			continue;
		struct frame *done = first;
		first = done->next;
		if (!first)
			last = &first;
		free(done->bytes);
		free(done);
	}
}

void server_send(uint8_t *bytes, size_t size)
{
	struct frame *frame = must_allocate(sizeof(*frame));
	*frame = (struct frame){ .bytes = bytes, .size = size };
	*last = frame;
	last = &frame->next;
	pending += size;
	flush();
	watch();
}

bool server_flushed(void)
{
	return !first;
}

static void on_frame(void *owner, const struct ttrpc_header *header, const uint8_t *message)
{
	(void)owner;
	server_dispatch(header, message);
}

static void on_ready(struct source *source, uint32_t events)
{
	static uint8_t bytes[32 * 1024];
	if (events & EPOLLOUT) {
		flush();
		if (!server_full())
			streams_resume();
	}
	if (events & EPOLLIN) {
		ssize_t count = read(source->fd, bytes, sizeof(bytes));
		if (count > 0)
			ttrpc_feed(&reader, bytes, (size_t)count, on_frame, NULL);
	}
	watch();
}

void server_start(void)
{
	port = (struct source){ .fd = open_port("virtio-1"), .ready = on_ready };
	if (port.fd < 0)
		halt();
	watch();
}
