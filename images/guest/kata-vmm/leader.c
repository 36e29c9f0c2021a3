#include "guest.h"
#include "leader.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "hostcall-client.h"
#include "locks.h"
#include "ninep.h"
#include "tap.h"
#include "vsock.h"

#define EVENTS_MAX 8

static int epoll = -1;

void leader_watch(struct source *source, uint32_t events)
{
	struct epoll_event wanted = { .events = events, .data.ptr = source };
	if (source->watched == events)
		return;
	int operation = events == 0 ? EPOLL_CTL_DEL : source->watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	if (epoll_ctl(epoll, operation, source->fd, &wanted) < 0)
		hostcall_fail("cannot wait for a descriptor");
	source->watched = events;
}

static void link_ready(struct worker *worker, struct source *source, uint32_t events)
{
	(void)source;
	(void)events;
	if (inbox_receive(&worker->in))
		return;
	/* The host has let go of it, and the agent is about to tell the main thread how to end. */
	for (;;)
		pause();
}

static struct source link_source = { .ready = link_ready };

void leader_make(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		hostcall_fail("cannot make an epoll descriptor");
	link_source.fd = link_socket();
	leader_watch(&link_source, EPOLLIN);
}

/* False if the worker leads no more. A frame of a type that is not known says nothing to us. */
static bool serve_frame(struct worker *worker, const struct frame *frame)
{
	if (frame->type == FRAME_NINEP)
		return ninep_serve(worker, frame->payload, frame->length);
	if (frame->type == FRAME_ETHERNET)
		tap_send(frame->payload, frame->length);
	else
		vsock_frame(worker, frame);
	return true;
}

void leader_lead(struct worker *worker)
{
	struct frame frame;
	struct epoll_event events[EVENTS_MAX];
	for (;;) {
		while (inbox_next(&worker->in, &frame)) {
			if (!serve_frame(worker, &frame))
				return;
		}
		outbox_flush(&worker->out, 0);
		int patience = locks_patience();
		int count = epoll_wait(epoll, events, EVENTS_MAX, patience);
		for (int i = 0; i < count; i++) {
			struct source *source = events[i].data.ptr;
			source->ready(worker, source, events[i].events);
		}
		vsock_forget_closed();
		/* However much else there is to do. */
		if (patience >= 0 && locks_patience() == 0)
			locks_retry(&worker->out, true);
	}
}
