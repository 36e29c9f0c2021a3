#include "guest.h"
#include "timer.h"

#include <stddef.h>
#include <time.h>

static struct timer *timers;

int64_t timer_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void timer_set(struct timer *timer, int64_t milliseconds, void (*ring)(void *owner), void *owner)
{
	timer_clear(timer);
	*timer = (struct timer){ timer_now() + milliseconds, ring, owner, timers };
	timers = timer;
}

void timer_clear(struct timer *timer)
{
	for (struct timer **link = &timers; *link; link = &(*link)->next) {
		if (*link == timer) {
			*link = timer->next;
			return;
		}
	}
}

int timers_timeout(void)
{
	int64_t first = -1, now = timer_now();
	for (const struct timer *timer = timers; timer; timer = timer->next) {
		int64_t left = timer->due > now ? timer->due - now : 0;
		if (first < 0 || left < first)
			first = left;
	}
	return (int)first;
}

void timers_ring(void)
{
	int64_t now = timer_now();
	for (struct timer *timer = timers; timer;) {
		if (timer->due > now) {
			timer = timer->next;
			continue;
		}
		timer_clear(timer);
		timer->ring(timer->owner);
		timer = timers; /* Who rang may have set and cleared others. */
	}
}
