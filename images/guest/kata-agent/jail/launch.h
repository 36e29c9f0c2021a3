/* The clone(2) of a process to be, with its streams and its report. */
#ifndef JAIL_LAUNCH_H
#define JAIL_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jail.h"

struct launch {
	bool terminal;
	bool held;	   /* until jail_start() */
	uint64_t flags;	   /* CLONE_NEW… */
	int pid_namespace; /* a descriptor of one, or of a process in it; -1: ours, or the flags' */
	int cgroup;
	/* For the child; in between its descriptors become its standard streams and its end of the report. */
	void (*enter)(const void *what);
	void (*become)(const void *what);
	const void *what;
};

/* A pidfd of the child, or -1 with words. */
int launch(const struct launch *launch, struct jail_process *process, char *error, size_t size);

#endif
