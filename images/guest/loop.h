/* The event loop: what to do when a file descriptor is ready. See epoll(7). */
#ifndef SANDGLASS_LOOP_H
#define SANDGLASS_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct source {
	int fd; /* owned; -1 when closed */
	void (*ready)(struct source *source, uint32_t events);
	void *owner;
	/* The loop's own. */
	uint32_t watched;
	bool busy;
	struct source *next_busy;
};

void loop_init(void);
/* Calls `ready` while any of the EPOLL events hold; 0 watches nothing, not even for a hang-up. */
void loop_watch(struct source *source, uint32_t events);
/* Stops watching and closes. Harmless when closed already. */
void loop_close(struct source *source);
/*
 * Serves a ready source, and one of those that always are. With nothing to do it waits, `milliseconds` at
 * most, or without end if negative. Whether a source had become ready.
 */
bool loop_turn(int milliseconds);

#endif
