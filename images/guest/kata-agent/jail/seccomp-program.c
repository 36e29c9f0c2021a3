#include "guest.h"
#include "seccomp-program.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__i386__)
#define ARCHITECTURE AUDIT_ARCH_I386
#elif defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#endif

struct assembler {
	struct sock_filter code[BPF_MAXINSNS];
	unsigned length;
	bool full;
};

/* Consecutive calls for which the same is done. */
struct range {
	unsigned call;
	uint32_t action; /* if no rule that looks at arguments says otherwise */
	int rule;	 /* the first of those, or -1 */
};

/* As the target of a jump: the end of the rule. */
#define FAILS UINT8_MAX

static unsigned emit(struct assembler *to, unsigned code, uint32_t value, unsigned yes, unsigned no)
{
	if (to->length == BPF_MAXINSNS) {
		to->full = true;
		return 0;
	}
	to->code[to->length] = (struct sock_filter){ (uint16_t)code, (uint8_t)yes, (uint8_t)no, value };
	return to->length++;
}

/* `yes`, `no`: how many of the following are skipped. */
static unsigned test(struct assembler *to, unsigned operator, uint32_t value, unsigned yes, unsigned no)
{
	return emit(to, BPF_JMP | operator | BPF_K, value, yes, no);
}

static void load(struct assembler *to, size_t offset, uint32_t mask)
{
	emit(to, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
	if (mask != UINT32_MAX)
		emit(to, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
}

/*
 * Of a 64-bit argument the high word decides, unless it is equal: then the two instructions on the low
 * word that follow.
 */
static void compare_high(struct assembler *to, enum comparison comparison, uint32_t value)
{
	switch (comparison) {
	case COMPARE_NE:
		test(to, BPF_JEQ, value, 0, 2);
		break;
	case COMPARE_LT:
	case COMPARE_LE:
		test(to, BPF_JGT, value, FAILS, 0);
		test(to, BPF_JEQ, value, 0, 2);
		break;
	case COMPARE_GE:
	case COMPARE_GT:
		test(to, BPF_JGE, value, 0, FAILS);
		test(to, BPF_JEQ, value, 0, 2);
		break;
	case COMPARE_EQ:
	case COMPARE_MASKED_EQ:
		test(to, BPF_JEQ, value, 0, FAILS);
		break;
	}
}

static void compare_low(struct assembler *to, enum comparison comparison, uint32_t value)
{
	switch (comparison) {
	case COMPARE_NE:
		test(to, BPF_JEQ, value, FAILS, 0);
		break;
	case COMPARE_LT:
		test(to, BPF_JGE, value, FAILS, 0);
		break;
	case COMPARE_LE:
		test(to, BPF_JGT, value, FAILS, 0);
		break;
	case COMPARE_GE:
		test(to, BPF_JGE, value, 0, FAILS);
		break;
	case COMPARE_GT:
		test(to, BPF_JGT, value, 0, FAILS);
		break;
	case COMPARE_EQ:
	case COMPARE_MASKED_EQ:
		test(to, BPF_JEQ, value, 0, FAILS);
		break;
	}
}

/* Of 32-bit architectures only the low word counts, as with libseccomp: profiles write -1 in either width. */
static void compare(struct assembler *to, const struct condition *condition)
{
	size_t low = offsetof(struct seccomp_data, args) + 8 * condition->index;
	uint64_t value = condition->value & condition->mask;
	if (sizeof(long) == 8) {
		load(to, low + 4, (uint32_t)(condition->mask >> 32));
		compare_high(to, condition->comparison, (uint32_t)(value >> 32));
	}
	load(to, low, (uint32_t)condition->mask);
	compare_low(to, condition->comparison, (uint32_t)value);
}

/* The first that holds decides; one without conditions is the last that counts. */
static void emit_rules(struct assembler *to, const struct rules *rules, const struct range *range)
{
	for (int index = range->rule, next; index >= 0 && rules->list[index].count; index = next) {
		const struct rule *rule = &rules->list[index];
		next = rule->next;
		unsigned start = to->length;
		for (unsigned i = 0; i < rule->count; i++)
			compare(to, &rules->conditions[rule->first + i]);
		emit(to, BPF_RET | BPF_K, rule->action, 0, 0);
		for (unsigned at = start; at < to->length; at++) {
			struct sock_filter *code = &to->code[at];
			if (BPF_CLASS(code->code) != BPF_JMP)
				continue;
			if (code->jt == FAILS)
				code->jt = (uint8_t)(to->length - at - 1);
			if (code->jf == FAILS)
				code->jf = (uint8_t)(to->length - at - 1);
		}
	}
	emit(to, BPF_RET | BPF_K, range->action, 0, 0);
}

/* By halves: the kernel interprets it at each system call. */
static void emit_tree(struct assembler *to, const struct rules *rules, const struct range *ranges,
		      unsigned count)
{
	if (count == 1)
		return emit_rules(to, rules, ranges);
	unsigned half = count / 2;
	unsigned at = test(to, BPF_JGE, ranges[half].call, 0, 0);
	emit_tree(to, rules, ranges, half);
	unsigned lower = to->length - at - 1;
	if (lower <= UINT8_MAX) {
		to->code[at].jt = (uint8_t)lower;
	} else {
		/* Too far for a test: it goes by a jump of its own. */
		to->code[at].jf = 1;
		emit(to, 0, 0, 0, 0);
		memmove(&to->code[at + 2], &to->code[at + 1], lower * sizeof(*to->code));
		to->code[at + 1] = (struct sock_filter){ BPF_JMP | BPF_JA, 0, 0, lower };
	}
	emit_tree(to, rules, ranges + half, count - half);
}

static struct range range_of(const struct rules *rules, int call)
{
	struct range range = { .call = (unsigned)call, .action = rules->otherwise, .rule = -1 };
	int index = rules->first[call];
	while (index >= 0 && rules->list[index].count)
		index = rules->list[index].next;
	if (index >= 0)
		range.action = rules->list[index].action;
	/* Arguments matter only if they change anything. */
	for (int other = rules->first[call]; other != index; other = rules->list[other].next) {
		if (rules->list[other].action != range.action)
			range.rule = rules->first[call];
	}
	return range;
}

/*
 * What is newer than a profile that denies gets ENOSYS, so that a libc falls back to an older call
 * (runc, patchbpf).
 */
static uint32_t action_beyond(const struct rules *rules)
{
	uint32_t kind = rules->otherwise & SECCOMP_RET_ACTION_FULL;
	bool allows = kind == SECCOMP_RET_ALLOW || kind == SECCOMP_RET_LOG || kind == SECCOMP_RET_TRACE;
	return allows || rules->newest < 0 ? rules->otherwise : SECCOMP_RET_ERRNO | ENOSYS;
}

int seccomp_assemble(const struct rules *rules, struct sock_fprog *program)
{
	static struct range ranges[CALLS + 1];
	unsigned count = 0;
	for (int call = 0; call <= rules->newest; call++) {
		struct range range = range_of(rules, call);
		const struct range *before = count ? &ranges[count - 1] : NULL;
		if (!before || range.rule >= 0 || before->rule >= 0 || range.action != before->action)
			ranges[count++] = range;
	}
	ranges[count++] = (struct range){ (unsigned)(rules->newest + 1), action_beyond(rules), -1 };
	struct assembler *to = calloc(1, sizeof(*to));
	if (!to)
		return -1;
	load(to, offsetof(struct seccomp_data, arch), UINT32_MAX);
	test(to, BPF_JEQ, ARCHITECTURE, 1, 0);
	emit(to, BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD, 0, 0);
	load(to, offsetof(struct seccomp_data, nr), UINT32_MAX);
	emit_tree(to, rules, ranges, count);
	size_t bytes = to->length * sizeof(*to->code);
	struct sock_filter *code = to->full ? NULL : malloc(bytes);
	if (code)
		memcpy(code, to->code, bytes);
	*program = (struct sock_fprog){ .len = (unsigned short)to->length, .filter = code };
	bool full = to->full;
	free(to);
	if (full)
		errno = E2BIG;
	return code ? 0 : -1;
}
