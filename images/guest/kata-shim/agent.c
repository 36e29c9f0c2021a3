#include "guest.h"
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtimes/kata/ttrpc.pb-c.h"

/* Bounds of what a caller may leave with an agent that takes or answers nothing. */
#define CALLS_MAX 1024
#define QUEUE_MAX (16 << 20)

static const char service[] = "grpc.AgentService";

struct call {
	uint32_t stream;
	agent_handler *handler;
	void *owner;
	uint32_t tag;
	struct call *next;
};

static int connection = -1;
static void (*when_lost)(void);
static char lost_text[512];
static struct ttrpc_reader reader;
static struct call *calls;
static size_t call_count;
/* Odd ones, as a client's are. */
static uint32_t last_stream = UINT32_MAX;
static uint8_t *queue;
static size_t queue_length, queue_size;

void agent_begin(int fd, void (*lost)(void))
{
	fcntl(fd, F_SETFL, O_NONBLOCK);
	connection = fd;
	when_lost = lost;
}

bool agent_is_lost(void)
{
	return lost_text[0] != 0;
}

const char *agent_lost_text(void)
{
	return lost_text;
}

bool agent_has_calls(void)
{
	return calls;
}

void agent_lose(const char *why)
{
	snprintf(lost_text, sizeof(lost_text), "%s", why);
	if (connection >= 0)
		close(connection);
	connection = -1;
	free(queue);
	queue = NULL;
	queue_length = queue_size = 0;
}

static void break_off(const char *why)
{
	if (agent_is_lost())
		return;
	agent_lose(why);
	when_lost();
}

/* ---- Calls ---- */

static void flush(void)
{
	size_t sent = 0;
	while (sent < queue_length) {
		ssize_t count = send(connection, queue + sent, queue_length - sent, MSG_NOSIGNAL);
		/* A connection that has broken is found by reading from it, after what it still holds. */
		if (count <= 0)
			break;
		sent += (size_t)count;
	}
	queue_length -= sent;
	if (sent > 0)
		memmove(queue, queue + sent, queue_length);
}

static bool enqueue(const uint8_t *frame, size_t size)
{
	if (queue_length + size > queue_size) {
		uint8_t *grown = realloc(queue, queue_length + size);
		if (!grown)
			return false;
		queue = grown;
		queue_size = queue_length + size;
	}
	memcpy(queue + queue_length, frame, size);
	queue_length += size;
	flush();
	return true;
}

static bool request(const char *method, const uint8_t *payload, size_t length, uint32_t stream)
{
	size_t size;
	uint8_t *frame = ttrpc_pack_request(stream, service, method, payload, length, 0, &size);
	bool queued = frame && enqueue(frame, size);
	free(frame);
	return queued;
}

static bool add(const char *method, const uint8_t *payload, size_t length, const struct call *wanted)
{
	struct call *call = malloc(sizeof(*call));
	if (!call)
		return false;
	last_stream += 2;
	if (!agent_is_lost() && !request(method, payload, length, last_stream)) {
		free(call);
		return false;
	}
	*call = *wanted;
	call->stream = last_stream;
	/* At the end: where all are answered at once, those that are made meanwhile have their turn later. */
	struct call **end = &calls;
	while (*end)
		end = &(*end)->next;
	*end = call;
	call_count++;
	return true;
}

bool agent_call(const char *method, const uint8_t *payload, size_t length, agent_handler *handler,
		void *owner, uint32_t tag)
{
	struct call call = { .handler = handler, .owner = owner, .tag = tag };
	if (call_count >= CALLS_MAX || queue_length + length > QUEUE_MAX)
		return false;
	return add(method, payload, length, &call);
}

void agent_ask(const char *method, const ProtobufCMessage *message, agent_handler *handler, void *owner,
	       uint32_t tag)
{
	struct call call = { .handler = handler, .owner = owner, .tag = tag };
	size_t length = protobuf_c_message_get_packed_size(message);
	uint8_t *payload = malloc(length + 1);
	/* Without memory for this, there is none to run a pod with. */
	if (!payload || !add(method, (protobuf_c_message_pack(message, payload), payload), length, &call))
		break_off("the shim has no memory left");
	free(payload);
}

static void drop(struct call **link)
{
	struct call *call = *link;
	*link = call->next;
	free(call);
	call_count--;
}

bool agent_forget(void *owner, uint32_t tag)
{
	bool found = false;
	for (struct call **link = &calls; *link;) {
		if ((*link)->owner == owner && (*link)->tag == tag) {
			drop(link);
			found = true;
		} else {
			link = &(*link)->next;
		}
	}
	return found;
}

void agent_forget_all(void *owner)
{
	for (struct call **link = &calls; *link;) {
		if ((*link)->owner == owner)
			drop(link);
		else
			link = &(*link)->next;
	}
}

/* ---- Answers ---- */

/* The handler may make and forget calls. */
static void answer(struct call **link, const struct agent_answer *given)
{
	struct call call = **link;
	drop(link);
	call.handler(call.owner, call.tag, given);
}

static void answer_with(struct call **link, enum ttrpc_code code, const char *text)
{
	answer(link, &(struct agent_answer){ .code = code, .text = text });
}

static void response_came(void *owner, const struct ttrpc_header *header, const uint8_t *message)
{
	struct call **link = &calls;
	(void)owner;
	while (*link && (*link)->stream != header->stream)
		link = &(*link)->next;
	if (!*link)
		return; /* Its caller has given up. */
	if (!message) {
		answer_with(link, TTRPC_RESOURCE_EXHAUSTED, "the agent's answer is too long");
		return;
	}
	Ttrpc__Response *response = ttrpc__response__unpack(NULL, header->length, message);
	if (!response) {
		answer_with(link, TTRPC_INTERNAL, "the agent's answer is no message");
		return;
	}
	if (response->status && response->status->code != TTRPC_OK)
		answer_with(link, (enum ttrpc_code)response->status->code, response->status->message);
	else
		answer(link, &(struct agent_answer){ TTRPC_OK, "", response->payload.data, response->payload.len });
	ttrpc__response__free_unpacked(response, NULL);
}

/* Of a header that is none, the length might stand for gigabytes, in wait of which nothing would go on. */
static bool is_response(const struct ttrpc_header *header)
{
	return header->type == TTRPC_RESPONSE && header->length < 1 << 24;
}

static void receive(void)
{
	static uint8_t bytes[64 * 1024];
	ssize_t count = recv(connection, bytes, sizeof(bytes), 0);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0) {
		break_off("the connection to the machine's agent broke");
		return;
	}
	/* In pieces, so that what is no ttRPC is noticed at its header. */
	for (ssize_t at = 0; at < count && !agent_is_lost();) {
		size_t wanted = reader.in_message ? reader.header.length - reader.filled
						  : TTRPC_HEADER_SIZE - reader.filled;
		size_t piece = wanted < (size_t)(count - at) ? wanted : (size_t)(count - at);
		ttrpc_feed(&reader, bytes + at, piece, response_came, NULL);
		at += (ssize_t)piece;
		if (reader.in_message && !is_response(&reader.header))
			break_off("the machine's agent sent what is no ttRPC");
	}
}

void agent_poll(struct pollfd *polled)
{
	*polled = (struct pollfd){
		.fd = connection,
		.events = (short)(POLLIN | (queue_length > 0 ? POLLOUT : 0)),
	};
}

void agent_serve(short events)
{
	if (!agent_is_lost() && events & POLLOUT)
		flush();
	if (!agent_is_lost() && events & (POLLIN | POLLHUP | POLLERR))
		receive();
	for (size_t count = agent_is_lost() ? call_count : 0; count > 0 && calls; count--)
		answer_with(&calls, TTRPC_UNAVAILABLE, lost_text);
}
