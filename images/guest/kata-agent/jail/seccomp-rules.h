/* A profile by system calls: what is done for each, depending on arguments. */
#ifndef JAIL_SECCOMP_RULES_H
#define JAIL_SECCOMP_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtimes/kata/oci.pb-c.h"

enum comparison { COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_EQ, COMPARE_GE, COMPARE_GT, COMPARE_MASKED_EQ };

struct condition {
	unsigned index; /* of the argument, 0 to 5 */
	enum comparison comparison;
	uint64_t value, mask;
};

struct rule {
	uint32_t action; /* SECCOMP_RET_ with its data */
	unsigned first, count; /* of its conditions: all of them */
	int next; /* of the same call, in the profile's order; -1 */
};

/* Above all numbers of system calls. */
#define CALLS 512

struct rules {
	uint32_t otherwise;
	/* Calls above this are newer than the profile, -1 if it names none. */
	int newest;
	int first[CALLS], last[CALLS]; /* by call; -1: none */
	struct rule *list;
	unsigned count, room;
	struct condition *conditions;
	unsigned condition_count, condition_room;
};

/* -1 with words. To be freed either way. */
int rules_of(const Grpc__LinuxSeccomp *profile, struct rules *rules, char *error, size_t size);
void rules_free(struct rules *rules);

#endif
