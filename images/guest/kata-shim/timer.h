#ifndef KATA_SHIM_TIMER_H
#define KATA_SHIM_TIMER_H

#include <stdint.h>

/* Set at most once at a time; its memory must not go before it has rung or been cleared. */
struct timer {
	int64_t due; /* milliseconds of CLOCK_MONOTONIC */
	void (*ring)(void *owner);
	void *owner;
	struct timer *next;
};

void timer_set(struct timer *timer, int64_t milliseconds, void (*ring)(void *owner), void *owner);
void timer_clear(struct timer *timer);
/* For poll(2): milliseconds to the next one, -1 without any. */
int timers_timeout(void);
void timers_ring(void);
int64_t timer_now(void);

#endif
