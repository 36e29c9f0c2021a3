/* The child of jail_create(): from the machine's namespaces to the container's. */
#ifndef JAIL_CONTAINER_H
#define JAIL_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#include "jail.h"
#include "seccomp.h"

/* For launch(): what the child is to be made of. */
struct container {
	const struct jail_request *request;
	const struct seccomp_filter *filter;
};

/* What cannot be had, before anything is made. -1 with words. */
int container_check(const Grpc__Spec *spec, char *error, size_t size);
/* CLONE_NEW… for clone(2). */
uint64_t container_flags(const struct jail_request *request);
void container_enter(const void *container);
void container_become(const void *container);

#endif
