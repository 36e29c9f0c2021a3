#include "guest.h"
#include "seccomp.h"

#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"
#include "seccomp-program.h"
#include "seccomp-rules.h"
#include "words.h"

static const struct {
	const char *name;
	unsigned flag;
} flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", 0 }, /* There is one thread only. */
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	/* It is about waiting for a listener, and a profile that wants one is refused. */
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 0 },
};

static int flags_of(const Grpc__LinuxSeccomp *profile, unsigned *result, char *error, size_t size)
{
	*result = 0;
	for (size_t i = 0; i < profile->n_flags; i++) {
		size_t at = 0;
		while (at < sizeof(flags) / sizeof(*flags) && strcmp(profile->flags[i], flags[at].name) != 0)
			at++;
		if (at == sizeof(flags) / sizeof(*flags))
			return fail(error, size, "the seccomp flag %s is not supported", profile->flags[i]);
		*result |= flags[at].flag;
	}
	return 0;
}

/* Architectures are not looked at: the machine's kernel runs programs of one only. */
int seccomp_build(const Grpc__LinuxSeccomp *profile, struct seccomp_filter *filter, char *error, size_t size)
{
	*filter = (struct seccomp_filter){ 0 };
	if (!profile || !*profile->defaultaction)
		return 0;
	if (flags_of(profile, &filter->flags, error, size) < 0)
		return -1;
	struct rules rules;
	int result = rules_of(profile, &rules, error, size);
	if (result == 0 && seccomp_assemble(&rules, &filter->program) < 0)
		result = fail_errno(error, size, "making the seccomp filter");
	rules_free(&rules);
	return result;
}

void seccomp_free(struct seccomp_filter *filter)
{
	free(filter->program.filter);
	*filter = (struct seccomp_filter){ 0 };
}

void seccomp_install(const struct seccomp_filter *filter)
{
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter->flags, &filter->program) < 0)
		give_up_errno("installing the seccomp filter");
}
