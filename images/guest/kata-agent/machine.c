/* The calls that concern the machine rather than its pod. */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"
#include "call.h"
#include "random-pool.h"
#include "runtimes/kata/agent.pb-c.h"

/*
 * Clones of one snapshot have the same pool until this. The boot id needs nothing else: the kernel makes it
 * when it is first read, of the pool as it is then, so nobody may read it before a snapshot is taken.
 */
void reseed_random_dev(struct call *call)
{
	const Grpc__ReseedRandomDevRequest *request = (const Grpc__ReseedRandomDevRequest *)call->request;
	int error = request->data.len == 0 ? EINVAL : 0;
	for (size_t at = 0; !error && at < request->data.len; at += ENTROPY_MAX) {
		size_t left = request->data.len - at;
		error = add_entropy(request->data.data + at, (uint32_t)(left < ENTROPY_MAX ? left : ENTROPY_MAX));
	}
	if (error)
		call_fail(call, TTRPC_INTERNAL, "cannot add entropy: %s", strerror(error));
	else
		call_done(call);
}

void set_guest_date_time(struct call *call)
{
	const Grpc__SetGuestDateTimeRequest *request = (const Grpc__SetGuestDateTimeRequest *)call->request;
	struct timespec time = { .tv_sec = (time_t)request->sec, .tv_nsec = (long)request->usec * 1000 };
	if (clock_settime(CLOCK_REALTIME, &time) < 0)
		call_fail(call, TTRPC_INTERNAL, "cannot set the clock: %s", strerror(errno));
	else
		call_done(call);
}

/* Nothing can be plugged into v86's memory. */
void get_guest_details(struct call *call)
{
	static char *storage_handlers[] = { "9p", "ephemeral" };
	Grpc__GuestDetailsResponse response = GRPC__GUEST_DETAILS_RESPONSE__INIT;
	Grpc__AgentDetails details = GRPC__AGENT_DETAILS__INIT;
	details.version = GUEST_VERSION;
	details.init_daemon = getpid() == 1;
	details.storage_handlers = storage_handlers;
	details.n_storage_handlers = sizeof(storage_handlers) / sizeof(*storage_handlers);
	details.supports_seccomp = true;
	response.agent_details = &details;
	call_reply(call, &response.base);
}
