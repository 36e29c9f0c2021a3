#include "guest.h"
#include "jail.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <time.h>

#include "cgroup.h"
#include "inside.h"
#include "words.h"

/* Milliseconds for all processes to come to where they can be stopped; runc gives them two seconds. */
#define FREEZING 500

static int64_t milliseconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool becomes(struct jail *jail, bool frozen)
{
	int64_t end = milliseconds_now() + FREEZING;
	while ((cgroup_value(jail->events, "frozen") != 0) != frozen) {
		int64_t left = end - milliseconds_now();
		if (left <= 0)
			return false;
		struct pollfd events = { .fd = jail->events, .events = POLLPRI };
		poll(&events, 1, (int)left);
	}
	return true;
}

int jail_pause(struct jail *jail, char *error, size_t size)
{
	if (cgroup_write(jail->cgroup, "cgroup.freeze", "1") < 0)
		return fail_errno(error, size, "freezing the cgroup");
	if (becomes(jail, true))
		return 0;
	cgroup_write(jail->cgroup, "cgroup.freeze", "0");
	return fail(error, size, "the processes could not be stopped within %d ms", FREEZING);
}

int jail_resume(struct jail *jail, char *error, size_t size)
{
	if (cgroup_write(jail->cgroup, "cgroup.freeze", "0") < 0)
		return fail_errno(error, size, "thawing the cgroup");
	if (becomes(jail, false))
		return 0;
	return fail(error, size, "the processes did not go on within %d ms", FREEZING);
}
