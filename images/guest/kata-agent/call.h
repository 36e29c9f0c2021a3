/* Calls under way: a request that was read, and how it will be answered, now or when its time has come. */
#ifndef KATA_CALL_H
#define KATA_CALL_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

#include "ttrpc.h"

struct call;
typedef void call_handler(struct call *call);

struct method {
	const char *name;
	const ProtobufCMessageDescriptor *request;
	call_handler *handler;
};

/* What waits for the same event, oldest first. Starts as zeroes. */
struct call_list {
	struct call *first;
};

struct call {
	uint32_t stream;
	const struct method *method;
	ProtobufCMessage *request;
	int64_t deadline; /* of now_ms(); 0 for none */
	size_t progress;  /* of a WriteStdin: bytes that were written */
	struct call *next, *previous;	      /* all calls */
	struct call_list *waits;	      /* NULL if it is being handled */
	struct call *next_waiting;
};

/* Each of these ends the call: it must be in no list, or is taken out of its list. */
void call_reply(struct call *call, const ProtobufCMessage *response);
/* google.protobuf.Empty */
void call_done(struct call *call);
__attribute__((format(printf, 3, 4))) void call_fail(struct call *call, enum ttrpc_code code, const char *format,
						     ...);
/* Puts the call at the end of a list, for its event. */
void call_wait(struct call *call, struct call_list *list);
void call_list_done(struct call_list *list);
__attribute__((format(printf, 3, 4))) void call_list_fail(struct call_list *list, enum ttrpc_code code,
							   const char *format, ...);
/* Fails what has waited longer than its caller wants. Milliseconds until the next time for that, or -1. */
int calls_expire(void);

/*
 * The methods that there are: sandbox.c, containers.c, process-calls.c, stats.c, interfaces.c, routes.c, machine.c,
 * oom.c.
 */
call_handler create_container, start_container, remove_container, exec_process, signal_process, wait_process,
	update_container, stats_container, pause_container, resume_container, write_stdin, read_stdout, read_stderr,
	close_stdin, tty_win_resize, update_interface, update_routes, list_interfaces, list_routes, add_arp_neighbors,
	create_sandbox, destroy_sandbox, reseed_random_dev, get_guest_details, set_guest_date_time, get_oom_event;

#endif
