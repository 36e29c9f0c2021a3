/* The agent in the pod's machine, as its shim calls it: ttRPC over one connection, any calls at once. */
#ifndef KATA_SHIM_AGENT_H
#define KATA_SHIM_AGENT_H

#include <poll.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ttrpc.h"

struct agent_answer {
	enum ttrpc_code code;
	const char *text; /* why, if the code is not TTRPC_OK */
	const uint8_t *payload;
	size_t length;
};

/*
 * Never called from within agent_call() or agent_ask(), and so may make calls. What the answer points to is
 * good until the return.
 */
typedef void agent_handler(void *owner, uint32_t tag, const struct agent_answer *answer);

/* The connection, which is the agent's from now on, blocks no more; `lost` is called once, if it breaks. */
void agent_begin(int fd, void (*lost)(void));
/* False with nothing done if there are too many calls already, or too large ones. */
bool agent_call(const char *method, const uint8_t *request, size_t length, agent_handler *handler,
		void *owner, uint32_t tag);
void agent_ask(const char *method, const ProtobufCMessage *request, agent_handler *handler, void *owner,
	       uint32_t tag);
/* The owner's calls of this tag, or all; their answers go nowhere. ttRPC knows no way to call them back. */
bool agent_forget(void *owner, uint32_t tag);
void agent_forget_all(void *owner);
/* Nobody answers any more: every call, now and later, ends with TTRPC_UNAVAILABLE and this text. */
void agent_lose(const char *why);
bool agent_is_lost(void);
/* Why; "" if it is not. */
const char *agent_lost_text(void);
bool agent_has_calls(void);

void agent_poll(struct pollfd *polled);
void agent_serve(short events);

#endif
