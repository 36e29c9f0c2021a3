/* The containers of the pod. */
#ifndef KATA_CONTAINERS_H
#define KATA_CONTAINERS_H

#include <stdbool.h>
#include <stdint.h>

#include "call.h"
#include "jail/jail.h"
#include "loop.h"

struct process;

struct container {
	struct container *next;
	char *id;
	struct jail *jail;
	struct process *first;	   /* its first process, NULL once that is forgotten */
	struct process *processes; /* all that are remembered, the first too */
	char **storages;
	size_t storage_count;
	char *root; /* where its root file system is mounted once more, as Kata's agent does it */
	/* The jail's descriptors, watched by us. */
	struct source oom, events;
	uint64_t oom_kills;
	struct call_list removing;
};

extern struct container *containers;

struct container *container_find(const char *id);
/* What a process's report says of its container. */
void container_created(struct container *container);
void container_started(struct container *container);
void container_failed(struct container *container);
/* Its first process has ended, and its caller is about to know. */
void container_first_ended(struct container *container);
/* Kills and removes all; answers the calls when that is done. */
void containers_destroy_all(struct call_list *calls);
bool containers_left(void);

#endif
