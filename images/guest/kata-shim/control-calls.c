#include "guest.h"
#include "control.h"
#include "task.h"

#include <stdlib.h>
#include <string.h>

#include "runtimes/kata/agent.pb-c.h"

/* A removal concerns the shim, too, whether its caller is still there or not. */
struct removal {
	struct removal *next;
	uint32_t client, call;
	bool given_up;
	Grpc__RemoveContainerRequest *request;
};

static struct removal *removals;

static void refuse(struct control_client *client, uint32_t call, enum ttrpc_code code, const char *why)
{
	control_result(client, call, code, why, strlen(why));
}

static void hand_back(struct control_client *client, uint32_t call, const struct agent_answer *answer)
{
	if (answer->code == TTRPC_OK)
		control_result(client, call, TTRPC_OK, answer->payload, answer->length);
	else
		refuse(client, call, answer->code, answer->text);
}

static void call_answered(void *owner, uint32_t call, const struct agent_answer *answer)
{
	hand_back(owner, call, answer);
}

static void free_removal(struct removal *removal)
{
	for (struct removal **link = &removals; *link; link = &(*link)->next) {
		if (*link == removal) {
			*link = removal->next;
			break;
		}
	}
	grpc__remove_container_request__free_unpacked(removal->request, NULL);
	free(removal);
}

static void removal_answered(void *owner, uint32_t call, const struct agent_answer *answer)
{
	struct removal *removal = owner;
	struct control_client *client = control_find(removal->client);
	if (answer->code == TTRPC_OK)
		tasks_container_removed(removal->request->container_id);
	if (client && !removal->given_up)
		hand_back(client, call, answer);
	free_removal(removal);
}

/* NULL if it is no request, which is the agent's to say, or if there is no memory. */
static struct removal *make_removal(uint32_t client, uint32_t call, const uint8_t *request, size_t length)
{
	struct removal *removal = calloc(1, sizeof(*removal));
	if (!removal)
		return NULL;
	*removal = (struct removal){ .next = removals, .client = client, .call = call };
	removal->request = grpc__remove_container_request__unpack(NULL, length, request);
	if (!removal->request) {
		free(removal);
		return NULL;
	}
	removals = removal;
	return removal;
}

static bool call_agent(struct control_client *client, uint32_t call, const char *method,
		       const uint8_t *request, size_t length)
{
	struct removal *removal = strcmp(method, "RemoveContainer") == 0
					  ? make_removal(client->number, call, request, length)
					  : NULL;
	if (!removal)
		return agent_call(method, request, length, call_answered, client, call);
	bool called = agent_call(method, request, length, removal_answered, removal, call);
	if (!called)
		free_removal(removal);
	return called;
}

void control_call(struct control_client *client, const struct frame *frame)
{
	char method[UINT8_MAX + 1];
	uint32_t call = frame_u32(frame, 0);
	size_t at = sizeof(call) + 1;
	uint8_t length = frame->length >= at ? frame->payload[at - 1] : 0;
	if (length == 0 || frame->length < at + length) {
		refuse(client, call, TTRPC_INVALID_ARGUMENT, "the call names no method");
		return;
	}
	memcpy(method, frame->payload + at, length);
	method[length] = 0;
	at += length;
	if (!call_agent(client, call, method, frame->payload + at, frame->length - at))
		refuse(client, call, TTRPC_RESOURCE_EXHAUSTED,
		       "the machine's agent has more calls to answer than it can be given");
}

bool control_give_up(struct control_client *client, uint32_t call)
{
	bool found = agent_forget(client, call);
	for (struct removal *removal = removals; removal; removal = removal->next) {
		if (removal->client == client->number && removal->call == call && !removal->given_up)
			found = removal->given_up = true;
	}
	return found;
}

void control_forget_calls(struct control_client *client)
{
	agent_forget_all(client);
}
