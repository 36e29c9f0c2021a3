/* What the kernel killed for want of memory: GetOOMEvent. */
#ifndef KATA_OOM_H
#define KATA_OOM_H

#include <stdint.h>

struct container;
struct source;

/* The container's memory.events may have changed. */
void oom_ready(struct source *source, uint32_t events);
void oom_look(struct container *container);

#endif
