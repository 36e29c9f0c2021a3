#include "guest.h"
#include "control.h"
#include "shim.h"
#include "task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONTROL_CLIENTS_MAX 32
/* Bytes that may wait for a client before more is taken from it. */
#define QUEUE_HIGH (1 << 20)

/* Someone who waits for the VMM's end: by WAIT or by SHUT_DOWN. */
struct waiting {
	struct waiting *next;
	struct control_client *client;
	uint32_t call;
	uint8_t type;
};

static struct control_client *clients;
static uint32_t last_number;
static struct waiting *waiting;
/* Once the VMM has ended. */
static char end_text[1024];
static bool ending;

struct control_client *control_find(uint32_t number)
{
	struct control_client *client = clients;
	while (client && client->number != number)
		client = client->next;
	return client;
}

void control_accept(int listener)
{
	size_t count = control_poll_max();
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct control_client *client = fd >= 0 && count < CONTROL_CLIENTS_MAX ? calloc(1, sizeof(*client)) : NULL;
	if (!client) {
		if (fd >= 0)
			close(fd);
		return;
	}
	client->line = (struct frame_line){ .fd = fd, .length_max = CONTROL_FRAME_MAX };
	client->number = ++last_number;
	client->next = clients;
	clients = client;
}

static void drop(struct control_client *client)
{
	struct control_client **link = &clients;
	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	control_forget_calls(client);
	for (struct waiting **at = &waiting; *at;) {
		struct waiting *one = *at;
		if (one->client == client) {
			*at = one->next;
			free(one);
		} else {
			at = &one->next;
		}
	}
	frame_line_free(&client->line);
	free(client);
}

/* ---- Answers ---- */

void control_result(struct control_client *client, uint32_t call, enum ttrpc_code code, const void *bytes,
		    size_t length)
{
	uint32_t head[2] = { call, (uint32_t)code };
	frame_put(&client->line, CONTROL_RESULT, head, sizeof(head), bytes, length);
}

static void say(struct control_client *client, uint32_t call, enum ttrpc_code code, const char *text)
{
	control_result(client, call, code, text, strlen(text));
}

static void answer_waiting(uint8_t type)
{
	for (struct waiting **at = &waiting; *at;) {
		struct waiting *one = *at;
		if (one->type != type) {
			at = &one->next;
			continue;
		}
		*at = one->next;
		say(one->client, one->call, TTRPC_OK, end_text);
		free(one);
	}
}

void control_tell_end(const char *how)
{
	snprintf(end_text, sizeof(end_text), "%s", how);
	answer_waiting(CONTROL_WAIT);
}

void control_end(void)
{
	ending = true;
	answer_waiting(CONTROL_SHUT_DOWN);
}

bool control_has_to_send(void)
{
	for (const struct control_client *client = clients; client; client = client->next) {
		if (client->line.out_length > 0)
			return true;
	}
	return false;
}

/* ---- Requests ---- */

static void wait_for_end(struct control_client *client, const struct frame *frame)
{
	struct waiting *one = malloc(sizeof(*one));
	if (!one) {
		say(client, frame_u32(frame, 0), TTRPC_RESOURCE_EXHAUSTED, "the shim has no memory left");
		return;
	}
	*one = (struct waiting){ waiting, client, frame_u32(frame, 0), frame->type };
	waiting = one;
	if (end_text[0])
		answer_waiting(CONTROL_WAIT);
}

static bool stop_waiting(const struct control_client *client, uint32_t call)
{
	for (struct waiting **at = &waiting; *at; at = &(*at)->next) {
		struct waiting *one = *at;
		if (one->client != client || one->call != call)
			continue;
		*at = one->next;
		free(one);
		return true;
	}
	return false;
}

static void give_up(struct control_client *client, uint32_t call)
{
	if (control_give_up(client, call) || stop_waiting(client, call))
		say(client, call, TTRPC_CANCELLED, "the caller has given up");
}

/* The next of a frame's texts; NULL if there is none. */
static const char *take_text(const struct frame *frame, size_t *at)
{
	if (*at >= frame->length)
		return NULL;
	const char *text = (const char *)frame->payload + *at;
	const char *end = memchr(text, 0, frame->length - *at);
	*at = end ? *at + (size_t)(end - text) + 1 : frame->length;
	return end ? text : NULL;
}

static void track(struct control_client *client, const struct frame *frame)
{
	char why[512] = "";
	size_t at = sizeof(uint32_t) + 1;
	uint32_t call = frame_u32(frame, 0);
	struct task_request request = { .flags = frame->length >= at ? frame->payload[at - 1] : 0 };
	request.container = take_text(frame, &at);
	request.exec = take_text(frame, &at);
	request.directory = take_text(frame, &at);
	request.log = take_text(frame, &at);
	if (!request.log || !request.container[0] || strchr(request.exec, '/') ||
	    !request.exec[0] != !(request.flags & TASK_EXEC)) {
		say(client, call, TTRPC_INVALID_ARGUMENT, "what is to be tracked is no process");
		return;
	}
	if (agent_is_lost()) {
		say(client, call, TTRPC_UNAVAILABLE, "the machine of the process has ended");
		return;
	}
	enum ttrpc_code code = task_track(&request, why, sizeof(why));
	say(client, call, code, why);
}

static void list(struct control_client *client, uint32_t call)
{
	char *text = NULL;
	size_t length = 0;
	FILE *lines = open_memstream(&text, &length);
	if (!lines) {
		say(client, call, TTRPC_RESOURCE_EXHAUSTED, "the shim has no memory left");
		return;
	}
	for (const struct task *task = tasks; task; task = task->next) {
		if (!task->removed)
			fprintf(lines, "%s\t%s\t%s\n", task->container, task->exec,
				task->told ? task->record : "running");
	}
	fclose(lines);
	control_result(client, call, TTRPC_OK, text, length);
	free(text);
}

static void obey(struct control_client *client, const struct frame *frame)
{
	uint32_t call = frame_u32(frame, 0);
	switch (frame->type) {
	case CONTROL_CALL:
		control_call(client, frame);
		break;
	case CONTROL_GIVE_UP:
		give_up(client, call);
		break;
	case CONTROL_TRACK:
		track(client, frame);
		break;
	case CONTROL_LIST:
		list(client, call);
		break;
	case CONTROL_SHUT_DOWN:
		wait_for_end(client, frame);
		shim_shut_down();
		break;
	case CONTROL_WAIT:
		wait_for_end(client, frame);
		break;
	default:
		say(client, call, TTRPC_UNIMPLEMENTED, "the shim knows no such request");
	}
}

/* ---- Connections ---- */

size_t control_poll_max(void)
{
	size_t count = 0;
	for (const struct control_client *client = clients; client; client = client->next)
		count++;
	return count;
}

size_t control_poll(struct pollfd *polled)
{
	size_t count = 0;
	for (const struct control_client *client = clients; client; client = client->next) {
		bool listening = !ending && client->line.out_length < QUEUE_HIGH;
		polled[count++] = (struct pollfd){
			.fd = client->line.fd,
			.events = (short)((listening ? POLLIN : 0) | (client->line.out_length > 0 ? POLLOUT : 0)),
		};
	}
	return count;
}

/* False if it is to go. */
static bool serve(struct control_client *client, short events)
{
	struct frame frame;
	int found = 0;
	if (events & POLLOUT && !frame_flush(&client->line))
		return false;
	if (events & POLLIN && !frame_receive(&client->line))
		return false;
	while (!ending && client->line.out_length < QUEUE_HIGH && (found = frame_first(&client->line, &frame)) > 0) {
		obey(client, &frame);
		frame_take(&client->line, &frame);
	}
	return found >= 0 && !(events & (POLLHUP | POLLERR) && !(events & POLLIN));
}

void control_serve(const struct pollfd *polled, size_t count)
{
	for (struct control_client *client = clients, *next; client; client = next) {
		next = client->next;
		for (size_t i = 0; i < count; i++) {
			if (polled[i].fd == client->line.fd && !serve(client, polled[i].revents)) {
				drop(client);
				break;
			}
		}
	}
}
