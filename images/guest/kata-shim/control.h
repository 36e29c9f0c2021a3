/*
 * Who connects to shim.sock: the CRI service, to have the agent called and processes tracked. Both ways go
 * frames (frames.h). Each request begins with a u32 of the client's by which its RESULT can be told; several
 * may be under way, and are answered as they are done. What a client that goes has asked for is done, but
 * nobody is told.
 */
#ifndef KATA_SHIM_CONTROL_H
#define KATA_SHIM_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent.h"
#include "frames.h"

/* Bytes of a frame's payload: a message of ttRPC, and a few. */
#define CONTROL_FRAME_MAX (TTRPC_MESSAGE_MAX + 4096)

/* From a client, each after its u32. */
#define CONTROL_CALL 'C'	/* u8 length, name of a method of grpc.AgentService, the request's bytes */
#define CONTROL_GIVE_UP 'D'	/* the request of this number ends with CANCELLED, its answer is discarded */
#define CONTROL_TRACK 'T'	/* u8 flags (task.h), container, exec, directory, log or "", each with a zero */
#define CONTROL_LIST 'L'	/* lines: container, exec or "", "running" or the exit file's text; tabs between */
#define CONTROL_WAIT 'W'	/* answered when the VMM has ended: how */
#define CONTROL_SHUT_DOWN 'X'	/* answered when the VMM has ended; the shim ends */

/* To a client. */
#define CONTROL_RESULT 'R' /* u32, i32 gRPC code or 0, response or why */

struct control_client {
	struct control_client *next;
	uint32_t number; /* no other has had it */
	struct frame_line line;
};

void control_accept(int listener);
size_t control_poll_max(void);
size_t control_poll(struct pollfd *polled);
void control_serve(const struct pollfd *polled, size_t count);
/* The VMM has ended, as the text says. */
void control_tell_end(const char *how);
/* Those who asked for it are answered, and nothing more is taken from anybody. */
void control_end(void);
/* False when everybody has taken what there is, or gone. */
bool control_has_to_send(void);

void control_result(struct control_client *client, uint32_t call, enum ttrpc_code code, const void *bytes,
		    size_t length);
struct control_client *control_find(uint32_t number);

/* control-calls.c */
void control_call(struct control_client *client, const struct frame *frame);
/* Whether there was such a call. */
bool control_give_up(struct control_client *client, uint32_t call);
void control_forget_calls(struct control_client *client);

#endif
