#include "guest.h"
#include "oom.h"

#include <stdlib.h>

#include "agent.h"
#include "call.h"
#include "containers.h"
#include "runtimes/kata/agent.pb-c.h"

/* Events that nobody has asked for yet; beyond it the oldest are forgotten. */
#define EVENTS_MOST 64

static char *events[EVENTS_MOST];
static unsigned first_event, event_count;
static struct call_list asking;

static void answer(struct call *call, char *id)
{
	Grpc__OOMEvent event = GRPC__OOMEVENT__INIT;
	event.container_id = id;
	call_reply(call, &event.base);
}

static void tell(const char *id)
{
	char *copy = must_copy(id);
	if (asking.first) {
		answer(asking.first, copy);
		free(copy);
		return;
	}
	if (event_count == EVENTS_MOST) {
		free(events[first_event]);
		first_event = (first_event + 1) % EVENTS_MOST;
		event_count--;
	}
	events[(first_event + event_count++) % EVENTS_MOST] = copy;
}

void oom_look(struct container *container)
{
	uint64_t kills = jail_oom_kills(container->jail);
	if (kills > container->oom_kills)
		tell(container->id);
	container->oom_kills = kills;
}

void oom_ready(struct source *source, uint32_t ready)
{
	(void)ready;
	oom_look(source->owner);
}

void get_oom_event(struct call *call)
{
	if (event_count == 0) {
		call_wait(call, &asking);
		return;
	}
	char *id = events[first_event];
	first_event = (first_event + 1) % EVENTS_MOST;
	event_count--;
	answer(call, id);
	free(id);
}
