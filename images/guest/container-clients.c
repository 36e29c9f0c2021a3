#include "guest.h"
#include "container-clients.h"
#include "frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes that may wait for a client before the container has to wait for it. */
#define QUEUE_HIGH (128 * 1024)

struct client {
	uint32_t number; /* no other of the container's clients has had it */
	uint8_t attached; /* bits of the streams that it gets */
	bool waits;
	bool told_of_exit;
	bool unanswered; /* what it asked last */
	size_t fed; /* bytes of a STDIN frame that the container has already */
	bool full;  /* it has no room for the rest now */
	struct frame_line line;
};

static void drop(struct clients *clients, struct client *client)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients->list[i] == client)
			clients->list[i] = NULL;
	}
	frame_line_free(&client->line);
	free(client);
}

void clients_drop_all(struct clients *clients)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients->list[i])
			drop(clients, clients->list[i]);
	}
}

void clients_accept(struct clients *clients, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients->list[i])
			continue;
		struct client *client = calloc(1, sizeof(*client));
		if (!client)
			break;
		client->line = (struct frame_line){ .fd = fd, .length_max = CLIENT_FRAME_MAX };
		client->number = ++clients->last_number;
		clients->list[i] = client;
		return;
	}
	close(fd);
}

/* ---- To a client ---- */

static void acknowledge(struct client *client, int32_t code, const char *text)
{
	frame_put(&client->line, SHIM_ACK, &code, sizeof(code), text, strlen(text));
}

static void tell_exit(const struct clients *clients, struct client *client)
{
	if (!clients->exit_text || client->told_of_exit)
		return;
	if (client->waits || (client->attached && clients->output_ended)) {
		client->told_of_exit = true;
		frame_put(&client->line, SHIM_EXIT, NULL, 0, clients->exit_text, strlen(clients->exit_text));
	}
}

static uint8_t bit_of(uint8_t stream)
{
	return stream == SHIM_STDERR ? 4 : 2;
}

bool clients_have_room(const struct clients *clients, uint8_t stream)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		const struct client *client = clients->list[i];
		if (client && client->attached & bit_of(stream) && client->line.out_length > QUEUE_HIGH)
			return false;
	}
	return true;
}

bool clients_any(const struct clients *clients)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients->list[i])
			return true;
	}
	return false;
}

bool clients_attached(const struct clients *clients)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients->list[i] && clients->list[i]->attached)
			return true;
	}
	return false;
}

void clients_output(struct clients *clients, uint8_t stream, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients->list[i] && clients->list[i]->attached & bit_of(stream))
			frame_put(&clients->list[i]->line, stream, NULL, 0, bytes, length);
	}
}

void clients_exit(struct clients *clients, const char *text, bool drained)
{
	clients->exit_text = text;
	clients->output_ended = drained;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients->list[i])
			tell_exit(clients, clients->list[i]);
	}
}

void clients_answer(struct clients *clients, uint32_t number, int32_t code, const char *text)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = clients->list[i];
		if (!client || client->number != number)
			continue;
		client->unanswered = false;
		acknowledge(client, code, text);
	}
}

void clients_end(struct clients *clients)
{
	clients->ending = true;
}

/* ---- From a client ---- */

static void obey(struct clients *clients, struct client *client, const struct frame *frame)
{
	const struct clients_service *service = clients->service;
	uint32_t first = frame_u32(frame, 0), second = frame_u32(frame, 4);
	char text[4096] = "";
	int32_t code = 0;
	switch (frame->type) {
	case SHIM_ATTACH:
		client->attached = frame->length > 0 ? frame->payload[0] : 0;
		tell_exit(clients, client);
		return;
	case SHIM_STDIN_END:
		service->close_stdin(clients->container);
		return;
	case SHIM_RESIZE:
		code = service->resize(clients->container, client->number, (uint16_t)first,
				       (uint16_t)(first >> 16));
		break;
	case SHIM_REOPEN_LOG:
		code = service->reopen_log(clients->container);
		break;
	case SHIM_KILL:
		code = service->kill(clients->container, client->number, (int)first, second != 0);
		break;
	case SHIM_DELETE:
		code = service->delete(clients->container, client->number, text, sizeof(text));
		break;
	case SHIM_WAIT:
		client->waits = true;
		acknowledge(client, 0, "");
		tell_exit(clients, client);
		return;
	default:
		code = ENOSYS;
	}
	client->unanswered = code == CLIENTS_LATER;
	if (!client->unanswered)
		acknowledge(client, code, text);
}

/* A STDIN frame stays until the container has it. */
static bool feed(const struct clients *clients, struct client *client, const struct frame *frame)
{
	client->fed += clients->service->feed_stdin(clients->container, frame->payload + client->fed,
						    frame->length - client->fed);
	client->full = client->fed < frame->length;
	if (!client->full)
		client->fed = 0;
	return !client->full;
}

/* Obeys whole frames, as far as they need not wait. False if what came is none. */
static bool take_frames(struct clients *clients, struct client *client)
{
	struct frame frame;
	int found = 0;
	while (!client->unanswered && (found = frame_first(&client->line, &frame)) > 0) {
		if (frame.type != SHIM_STDIN)
			obey(clients, client, &frame);
		else if (!feed(clients, client, &frame))
			break;
		frame_take(&client->line, &frame);
	}
	return found >= 0;
}

size_t clients_poll(const struct clients *clients, struct pollfd *polled)
{
	size_t count = 0;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		const struct client *client = clients->list[i];
		if (!client)
			continue;
		/* Its frame waits for the container's input or for an answer: its owner looks out for those. */
		bool waiting = client->full || client->unanswered;
		bool writing = client->line.out_length > 0 || clients->ending;
		polled[count++] = (struct pollfd){
			.fd = client->line.fd,
			.events = (short)((waiting || clients->ending ? 0 : POLLIN) | (writing ? POLLOUT : 0)),
		};
	}
	return count;
}

/* False if it is to go. */
static bool serve(struct clients *clients, struct client *client, short events)
{
	bool hung_up = events & (POLLHUP | POLLERR) && !(events & POLLIN);
	if (clients->ending)
		return frame_flush(&client->line) && client->line.out_length > 0 && !hung_up;
	if (events & POLLIN && !frame_receive(&client->line))
		return false;
	if (!take_frames(clients, client))
		return false;
	if (events & POLLOUT && !frame_flush(&client->line))
		return false;
	return !hung_up;
}

void clients_serve(struct clients *clients, const struct pollfd *polled, size_t count)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = clients->list[i];
		short events = 0;
		for (size_t j = 0; client && j < count; j++) {
			if (polled[j].fd == client->line.fd)
				events = polled[j].revents;
		}
		if (client && !serve(clients, client, events))
			drop(clients, client);
	}
}
