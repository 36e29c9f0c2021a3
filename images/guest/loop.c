#include "guest.h"
#include "loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static int epoll = -1;
/* Regular files cannot be polled (EPERM): they are always ready, and take turns. */
static struct source *busy_first, **busy_last = &busy_first;

void loop_init(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0) {
		perror("epoll_create1");
		exit(1);
	}
}

static void busy_add(struct source *source)
{
	if (source->busy)
		return;
	source->busy = true;
	source->next_busy = NULL;
	*busy_last = source;
	busy_last = &source->next_busy;
}

static void busy_remove(struct source *source)
{
	if (!source->busy)
		return;
	source->busy = false;
	struct source **at = &busy_first;
	while (*at != source)
		at = &(*at)->next_busy;
	*at = source->next_busy;
	if (!*at)
		busy_last = at;
}

void loop_watch(struct source *source, uint32_t events)
{
	if (source->watched == events)
		return;
	if (source->busy) {
		if (events == 0)
			busy_remove(source);
	} else {
		struct epoll_event wanted = { .events = events, .data.ptr = source };
		int operation = events == 0	       ? EPOLL_CTL_DEL
				: source->watched == 0 ? EPOLL_CTL_ADD
						       : EPOLL_CTL_MOD;
		if (epoll_ctl(epoll, operation, source->fd, &wanted) < 0) {
			if (errno != EPERM) {
				perror("epoll_ctl");
				exit(1);
			}
			busy_add(source);
		}
	}
	source->watched = events;
}

void loop_close(struct source *source)
{
	if (source->fd < 0)
		return;
	loop_watch(source, 0);
	close(source->fd);
	source->fd = -1;
}

/*
 * One event at a time: a handler may free any source, and the kernel, unlike an array of events,
 * forgets those at once. It also hands out ready descriptors in turn.
 */
bool loop_turn(int milliseconds)
{
	struct epoll_event event;
	int count = epoll_wait(epoll, &event, 1, busy_first ? 0 : milliseconds);
	if (count > 0) {
		struct source *source = event.data.ptr;
		source->ready(source, event.events);
	}
	if (busy_first) {
		struct source *source = busy_first;
		busy_remove(source);
		busy_add(source);
		source->ready(source, source->watched);
	}
	return count > 0;
}
