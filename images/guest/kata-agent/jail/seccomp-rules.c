#include "guest.h"
#include "seccomp-rules.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "system-calls.h"
#include "words.h"

static const struct {
	const char *name;
	uint32_t action;
	bool with_errno;
} actions[] = {
	{ "SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, false },
	{ "SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, true },
	{ "SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, false },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, false },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false },
	{ "SCMP_ACT_LOG", SECCOMP_RET_LOG, false },
	{ "SCMP_ACT_TRACE", SECCOMP_RET_TRACE, true },
	{ "SCMP_ACT_TRAP", SECCOMP_RET_TRAP, false },
};

static const char *const comparisons[] = {
	[COMPARE_NE] = "SCMP_CMP_NE", [COMPARE_LT] = "SCMP_CMP_LT",
	[COMPARE_LE] = "SCMP_CMP_LE", [COMPARE_EQ] = "SCMP_CMP_EQ",
	[COMPARE_GE] = "SCMP_CMP_GE", [COMPARE_GT] = "SCMP_CMP_GT",
	[COMPARE_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};

/*
 * On i386 there are two ways to these: calls of their own, and one that takes a number and a pointer.
 * A rule holds for both, unless it looks at arguments, which are behind the pointer (libseccomp, x86.c).
 * Numbers as in <linux/net.h> and <linux/ipc.h>.
 */
static const struct {
	const char *name, *by;
	unsigned number;
} multiplexed[] = {
	{ "socket", "socketcall", 1 },          { "bind", "socketcall", 2 },
	{ "connect", "socketcall", 3 },         { "listen", "socketcall", 4 },
	{ "accept", "socketcall", 5 },          { "getsockname", "socketcall", 6 },
	{ "getpeername", "socketcall", 7 },     { "socketpair", "socketcall", 8 },
	{ "send", "socketcall", 9 },            { "recv", "socketcall", 10 },
	{ "sendto", "socketcall", 11 },         { "recvfrom", "socketcall", 12 },
	{ "shutdown", "socketcall", 13 },       { "setsockopt", "socketcall", 14 },
	{ "getsockopt", "socketcall", 15 },     { "sendmsg", "socketcall", 16 },
	{ "recvmsg", "socketcall", 17 },        { "accept4", "socketcall", 18 },
	{ "recvmmsg", "socketcall", 19 },       { "sendmmsg", "socketcall", 20 },
	{ "semop", "ipc", 1 },                  { "semget", "ipc", 2 },
	{ "semctl", "ipc", 3 },                 { "semtimedop", "ipc", 4 },
	{ "msgsnd", "ipc", 11 },                { "msgrcv", "ipc", 12 },
	{ "msgget", "ipc", 13 },                { "msgctl", "ipc", 14 },
	{ "shmat", "ipc", 21 },                 { "shmdt", "ipc", 22 },
	{ "shmget", "ipc", 23 },                { "shmctl", "ipc", 24 },
};

static int action_of(const char *name, uint32_t number, uint32_t *action, char *error, size_t size)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (strcmp(name, actions[i].name) != 0)
			continue;
		*action = actions[i].action | (actions[i].with_errno ? number & SECCOMP_RET_DATA : 0);
		return 0;
	}
	return fail(error, size, "the seccomp action %s is not supported", name);
}

static int condition_of(const Grpc__LinuxSeccompArg *argument, struct condition *condition, char *error,
			size_t size)
{
	if (argument->index > 5)
		return fail(error, size, "seccomp: a system call has no argument %u",
			    (unsigned)argument->index);
	condition->index = (unsigned)argument->index;
	for (size_t i = 0; i < sizeof(comparisons) / sizeof(*comparisons); i++) {
		if (strcmp(argument->op, comparisons[i]) != 0)
			continue;
		condition->comparison = (enum comparison)i;
		bool masked = i == COMPARE_MASKED_EQ;
		condition->mask = masked ? argument->value : UINT64_MAX;
		condition->value = masked ? argument->valuetwo : argument->value;
		return 0;
	}
	return fail(error, size, "the seccomp comparison \"%s\" is unknown", argument->op);
}

/* Room for one more element. */
static int grow(void **list, unsigned count, unsigned *room, size_t element)
{
	if (count < *room)
		return 0;
	unsigned more = *room ? 2 * *room : 128;
	void *larger = realloc(*list, more * element);
	if (!larger)
		return -1;
	*list = larger;
	*room = more;
	return 0;
}

static int add(struct rules *rules, int call, uint32_t action, const struct condition *conditions,
	       unsigned count)
{
	if (call < 0 || call >= CALLS)
		return 0;
	if (grow((void **)&rules->list, rules->count, &rules->room, sizeof(*rules->list)) < 0)
		return -1;
	unsigned first = rules->condition_count;
	for (unsigned i = 0; i < count; i++) {
		if (grow((void **)&rules->conditions, rules->condition_count, &rules->condition_room,
			 sizeof(*conditions)) < 0)
			return -1;
		rules->conditions[rules->condition_count++] = conditions[i];
	}
	int index = (int)rules->count++;
	rules->list[index] = (struct rule){ .action = action, .first = first, .count = count, .next = -1 };
	if (rules->first[call] < 0)
		rules->first[call] = index;
	else
		rules->list[rules->last[call]].next = index;
	rules->last[call] = index;
	return 0;
}

/* Of those that have no way but the other; behind all numbers of calls. */
#define WITHOUT_NUMBER 480

static int call_of(const char *name)
{
	int call = system_call_number(name);
	for (int i = 0; call < 0 && i < (int)(sizeof(multiplexed) / sizeof(*multiplexed)); i++) {
		if (strcmp(name, multiplexed[i].name) == 0)
			return WITHOUT_NUMBER + i;
	}
	return call;
}

/* By the other way to each call that has one; rules on that way itself come first. */
static int add_multiplexed(struct rules *rules)
{
	for (size_t i = 0; i < sizeof(multiplexed) / sizeof(*multiplexed); i++) {
		int by = system_call_number(multiplexed[i].by);
		int call = call_of(multiplexed[i].name);
		if (by < 0)
			continue;
		struct condition is = { .comparison = COMPARE_EQ,
					.value = multiplexed[i].number,
					.mask = UINT64_MAX };
		for (int index = rules->first[call]; index >= 0; index = rules->list[index].next) {
			struct rule rule = rules->list[index];
			if (rule.count == 0 && add(rules, by, rule.action, &is, 1) < 0)
				return -1;
		}
	}
	return 0;
}

/* Several conditions on one argument mean any of them, as profiles of old are written (runc, matchCall). */
static bool are_alternatives(const struct condition *conditions, size_t count)
{
	unsigned seen = 0;
	for (size_t i = 0; i < count; i++) {
		unsigned bit = 1U << conditions[i].index;
		if (seen & bit)
			return true;
		seen |= bit;
	}
	return false;
}

/* What the architecture does not have is skipped, as runc does. */
static int add_entry(struct rules *rules, const Grpc__LinuxSyscall *entry, uint32_t action,
		     const struct condition *conditions)
{
	unsigned count = (unsigned)entry->n_args;
	bool alternatives = are_alternatives(conditions, count);
	for (size_t i = 0; i < entry->n_names; i++) {
		int call = call_of(entry->names[i]);
		if (call > rules->newest && call < WITHOUT_NUMBER)
			rules->newest = call;
		for (unsigned one = 0; alternatives && one < count; one++) {
			if (add(rules, call, action, &conditions[one], 1) < 0)
				return -1;
		}
		if (!alternatives && add(rules, call, action, conditions, count) < 0)
			return -1;
	}
	return 0;
}

static int take_entry(struct rules *rules, const Grpc__LinuxSyscall *entry, char *error, size_t size)
{
	bool given = entry->errno_ret_case == GRPC__LINUX_SYSCALL__ERRNO_RET_ERRNORET;
	uint32_t action;
	if (action_of(entry->action, given ? entry->errnoret : EPERM, &action, error, size) < 0)
		return -1;
	struct condition *conditions = calloc(entry->n_args + 1, sizeof(*conditions));
	if (!conditions)
		return fail_errno(error, size, "seccomp");
	int result = 0;
	for (size_t i = 0; result == 0 && i < entry->n_args; i++)
		result = condition_of(entry->args[i], &conditions[i], error, size);
	if (result == 0 && add_entry(rules, entry, action, conditions) < 0)
		result = fail_errno(error, size, "seccomp");
	free(conditions);
	return result;
}

int rules_of(const Grpc__LinuxSeccomp *profile, struct rules *rules, char *error, size_t size)
{
	*rules = (struct rules){ .newest = -1 };
	for (int call = 0; call < CALLS; call++)
		rules->first[call] = rules->last[call] = -1;
	if (action_of(profile->defaultaction, EPERM, &rules->otherwise, error, size) < 0)
		return -1;
	for (size_t i = 0; i < profile->n_syscalls; i++) {
		if (take_entry(rules, profile->syscalls[i], error, size) < 0)
			return -1;
	}
	return add_multiplexed(rules) < 0 ? fail_errno(error, size, "seccomp") : 0;
}

void rules_free(struct rules *rules)
{
	free(rules->list);
	free(rules->conditions);
}
