#include "guest.h"
#include "flow.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "protocol.h"
#include "wire.h"

/* Credit is given back this many bytes at a time: few frames, and the sender never runs dry. */
#define CREDIT_STEP (PROTOCOL_GUEST_WINDOW / 4)

static void send_error_frame(uint8_t type, const struct channel *channel, uint8_t stream, int error)
{
	frame_begin(type, stream, channel->id);
	put_u32((uint32_t)error);
	frame_end();
}

/* ---- Out of the guest ---- */

void outflow_stop(struct outflow *flow)
{
	struct channel *channel = flow->channel;
	uint8_t stream = flow->stream;
	uint64_t sent = flow->sent;
	if (flow->type == FLOW_SOCKET)
		shutdown(flow->source.fd, SHUT_RD); /* The other direction has a descriptor of its own. */
	outflow_free(flow);
	if (channel->kind->outflow_ended)
		channel->kind->outflow_ended(channel, stream, sent);
}

static void outflow_finish(struct outflow *flow, int error)
{
	struct channel *channel = flow->channel;
	send_error_frame(FRAME_END, channel, flow->stream, error);
	outflow_stop(flow);
}

static void outflow_update(struct outflow *flow)
{
	loop_watch(&flow->source, flow->credit > 0 && !flow->paused ? EPOLLIN : 0);
}

/* Reads once, straight into a frame. Returns what read(2) does, and 0 also for a hung-up terminal. */
static ssize_t outflow_read(struct outflow *flow)
{
	size_t room;
	uint8_t *space = frame_space(&room);
	if (room > flow->credit)
		room = flow->credit;
	if (room > flow->rest)
		room = (size_t)flow->rest;
	ssize_t count = flow->type == FLOW_SOCKET ? recv(flow->source.fd, space, room, MSG_DONTWAIT)
						  : read(flow->source.fd, space, room);
	if (count < 0 && errno == EIO && flow->type == FLOW_TERMINAL)
		return 0;
	if (count > 0) {
		frame_commit(FRAME_DATA, flow->stream, flow->channel->id, (size_t)count);
		flow->sent += (uint64_t)count;
		flow->rest -= (uint64_t)count;
		flow->credit -= (uint32_t)count;
	}
	return count;
}

/* Whether what has ended is whole. */
static int outflow_verdict(struct outflow *flow)
{
	const struct channel_kind *kind = flow->channel->kind;
	return kind->outflow_verdict ? kind->outflow_verdict(flow->channel, flow->stream) : 0;
}

static bool outflow_step(struct outflow *flow, bool *more)
{
	ssize_t count = outflow_read(flow);
	*more = count > 0 && flow->credit > 0;
	if (count == 0) {
		outflow_finish(flow, outflow_verdict(flow));
		return false;
	}
	/* A regular file such as /proc/kmsg says EAGAIN where others say end. */
	if (count < 0 && (errno != EAGAIN || flow->type == FLOW_FILE) && errno != EINTR) {
		outflow_finish(flow, errno == EAGAIN ? 0 : errno);
		return false;
	}
	return true;
}

static void outflow_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct outflow *flow = source->owner;
	bool more;
	if (outflow_step(flow, &more))
		outflow_update(flow);
}

bool outflow_drain(struct outflow *flow)
{
	bool more = flow->credit > 0 && !flow->paused;
	while (more) {
		if (!outflow_step(flow, &more))
			return false;
	}
	outflow_update(flow);
	return true;
}

uint64_t outflow_waiting(struct outflow *flow)
{
	/* Asking a terminal whether it is readable moves what its line discipline still holds. */
	struct pollfd readable = { .fd = flow->source.fd, .events = POLLIN };
	poll(&readable, 1, 0);
	int waiting = 0;
	return ioctl(flow->source.fd, FIONREAD, &waiting) == 0 && waiting > 0 ? (uint64_t)waiting : 0;
}

void outflow_credit(struct outflow *flow, uint32_t count)
{
	/* A host that grants more than it can count to has not kept count. */
	flow->credit = count > UINT32_MAX - flow->credit ? UINT32_MAX : flow->credit + count;
	outflow_update(flow);
}

void outflow_pause(struct outflow *flow, bool paused)
{
	flow->paused = paused;
	outflow_update(flow);
}

void channel_outflow(struct channel *channel, uint8_t stream, int fd, enum flow_type type)
{
	struct outflow *flow = calloc(1, sizeof(*flow));
	if (!flow)
		abort();
	*flow = (struct outflow){
		.source = { .fd = fd, .ready = outflow_ready, .owner = flow },
		.channel = channel,
		.type = type,
		.stream = stream,
		.rest = UINT64_MAX,
	};
	channel->out[stream] = flow;
}

void outflow_free(struct outflow *flow)
{
	flow->channel->out[flow->stream] = NULL;
	loop_close(&flow->source);
	free(flow);
}

/* ---- Into the guest ---- */

static void inflow_finish(struct inflow *flow, int error)
{
	struct channel *channel = flow->channel;
	uint8_t stream = flow->stream;
	/* A terminal has no end of its own: the host writes ^D where it means one. */
	if (error == 0 && flow->type == FLOW_SOCKET)
		shutdown(flow->source.fd, SHUT_WR);
	if (error != 0)
		send_error_frame(FRAME_STOP, channel, stream, error);
	inflow_free(flow);
	if (channel->kind->inflow_ended)
		channel->kind->inflow_ended(channel, stream, error);
}

/* Writes as much as the file takes. The count, or -1 with errno. */
static ssize_t inflow_write(struct inflow *flow, const uint8_t *bytes, uint32_t count)
{
	uint32_t done = 0;
	while (done < count) {
		ssize_t written =
			flow->type == FLOW_SOCKET
				? send(flow->source.fd, bytes + done, count - done,
				       MSG_DONTWAIT | MSG_NOSIGNAL)
				: write(flow->source.fd, bytes + done, count - done);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0 && errno == EAGAIN)
			break;
		/* A file of the kernel's that takes nothing and does not say why would be asked for ever. */
		if (written == 0)
			errno = EIO;
		if (written <= 0)
			return -1;
		done += (uint32_t)written;
	}
	flow->written += done;
	flow->total += done;
	if (flow->written >= CREDIT_STEP) {
		frame_begin(FRAME_CREDIT, flow->stream, flow->channel->id);
		put_u32(flow->written);
		frame_end();
		flow->granted += flow->written;
		flow->written = 0;
	}
	return (ssize_t)done;
}

static void inflow_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct inflow *flow = source->owner;
	ssize_t count = inflow_write(flow, flow->buffer + flow->start, flow->length);
	if (count < 0) {
		inflow_finish(flow, errno);
		return;
	}
	flow->start += (uint32_t)count;
	flow->length -= (uint32_t)count;
	if (flow->length > 0)
		return;
	flow->start = 0;
	loop_watch(source, 0);
	if (flow->ending)
		inflow_finish(flow, 0);
}

bool inflow_data(struct inflow *flow, const uint8_t *bytes, uint32_t count)
{
	if (count > flow->granted || flow->ending)
		return false;
	flow->granted -= count;
	if (flow->length == 0) {
		ssize_t written = inflow_write(flow, bytes, count);
		if (written < 0) {
			inflow_finish(flow, errno);
			return true;
		}
		bytes += written;
		count -= (uint32_t)written;
	}
	if (count == 0)
		return true;
	if (!flow->buffer && !(flow->buffer = malloc(PROTOCOL_GUEST_WINDOW))) {
		inflow_finish(flow, ENOMEM);
		return true;
	}
	/* Credit says that it fits, once what is left stands at the front. */
	if (flow->start + flow->length + count > PROTOCOL_GUEST_WINDOW) {
		memmove(flow->buffer, flow->buffer + flow->start, flow->length);
		flow->start = 0;
	}
	memcpy(flow->buffer + flow->start + flow->length, bytes, count);
	flow->length += count;
	loop_watch(&flow->source, EPOLLOUT);
	return true;
}

void inflow_end(struct inflow *flow)
{
	flow->ending = true;
	if (flow->length == 0)
		inflow_finish(flow, 0);
}

void inflow_start(struct inflow *flow)
{
	flow->granted = PROTOCOL_GUEST_WINDOW;
	frame_begin(FRAME_CREDIT, flow->stream, flow->channel->id);
	put_u32(flow->granted);
	frame_end();
}

void channel_inflow(struct channel *channel, uint8_t stream, int fd, enum flow_type type)
{
	struct inflow *flow = calloc(1, sizeof(*flow));
	if (!flow)
		abort();
	*flow = (struct inflow){
		.source = { .fd = fd, .ready = inflow_ready, .owner = flow },
		.channel = channel,
		.type = type,
		.stream = stream,
	};
	channel->in[stream] = flow;
}

void inflow_free(struct inflow *flow)
{
	flow->channel->in[flow->stream] = NULL;
	loop_close(&flow->source);
	free(flow->buffer);
	free(flow);
}
