/* What the leader waits for besides its turn: descriptors, each with somebody who serves it. */
#ifndef VMM_LOOP_H
#define VMM_LOOP_H

#include <stdint.h>

#include "turns.h"

struct source {
	int fd;
	uint32_t watched;
	void (*ready)(struct worker *worker, struct source *source, uint32_t events);
};

void loop_make(void);
/* EPOLLIN and EPOLLOUT; with neither, not even a hang-up is told. */
void loop_watch(struct source *source, uint32_t events);
/* Leads: see turns.h. */
void loop_lead(struct worker *worker);

#endif
