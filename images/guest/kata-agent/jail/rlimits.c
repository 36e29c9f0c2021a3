#include "guest.h"
#include "rlimits.h"

#include <string.h>
#include <sys/resource.h>

#include "report.h"

static const struct {
	const char *name;
	int resource;
} limits[] = {
	{ "RLIMIT_CPU", RLIMIT_CPU },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE },
	{ "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_STACK", RLIMIT_STACK },
	{ "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_NPROC", RLIMIT_NPROC },
	{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },
	{ "RLIMIT_AS", RLIMIT_AS },
	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING },
	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },
	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
};

static int resource_of(const char *name)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		if (strcmp(name, limits[i].name) == 0)
			return limits[i].resource;
	}
	give_up("\"%s\" is no resource that could be limited", name);
}

void set_rlimits(const Grpc__Process *process)
{
	for (size_t i = 0; i < process->n_rlimits; i++) {
		const Grpc__POSIXRlimit *wanted = process->rlimits[i];
		struct rlimit limit = { .rlim_cur = wanted->soft, .rlim_max = wanted->hard };
		if (setrlimit((unsigned)resource_of(wanted->type), &limit) < 0)
			give_up_errno("setting %s", wanted->type);
	}
}
