/* What the leader waits for besides its turn: descriptors, each with somebody who serves it. */
#ifndef VMM_LEADER_H
#define VMM_LEADER_H

#include <stdint.h>

#include "turns.h"

struct source {
	int fd;
	uint32_t watched;
	void (*ready)(struct worker *worker, struct source *source, uint32_t events);
};

void leader_make(void);
/* EPOLLIN and EPOLLOUT; with neither, not even a hang-up is told. */
void leader_watch(struct source *source, uint32_t events);
/* Leads: see turns.h. */
void leader_lead(struct worker *worker);

#endif
