#include "guest.h"
#include "clients.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes that may wait for a client before the container has to wait for it. */
#define QUEUE_HIGH (128 * 1024)

struct client {
	int fd;
	uint8_t attached; /* bits of the streams that it gets */
	bool waits;
	bool told_of_exit;
	/* What came, up to one frame; `fed` bytes of a STDIN frame are with the container already. */
	uint8_t in[FRAME_HEADER + FRAME_SIZE_MAX];
	size_t in_length, fed;
	uint8_t *out;
	size_t out_length, out_size;
};

static struct client *clients[CLIENTS_MAX];
/* The exit file's text, once there is one, and whether all output came before. */
static const char *exit_text;
static bool output_ended;

static void drop(struct client *client)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i] == client)
			clients[i] = NULL;
	}
	close(client->fd);
	free(client->out);
	free(client);
}

void clients_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i])
			continue;
		clients[i] = calloc(1, sizeof(*clients[i]));
		if (!clients[i])
			break;
		clients[i]->fd = fd;
		return;
	}
	close(fd);
}

/* ---- To a client ---- */

static void queue(struct client *client, const void *bytes, size_t length)
{
	if (client->out_length + length > client->out_size) {
		size_t size = client->out_length + length + 4096;
		uint8_t *grown = realloc(client->out, size);
		if (!grown)
			return; /* With the length it lost, the client will see a broken stream. */
		client->out = grown;
		client->out_size = size;
	}
	memcpy(client->out + client->out_length, bytes, length);
	client->out_length += length;
}

/* False if it has gone. */
static bool flush(struct client *client)
{
	while (client->out_length > 0) {
		ssize_t count = send(client->fd, client->out, client->out_length, MSG_NOSIGNAL);
		if (count < 0)
			return errno == EAGAIN || errno == EINTR;
		client->out_length -= (size_t)count;
		memmove(client->out, client->out + count, client->out_length);
	}
	return true;
}

static void put_frame(struct client *client, uint8_t type, const void *bytes, size_t length)
{
	uint32_t header[2] = { type, (uint32_t)length };
	queue(client, header, sizeof(header));
	queue(client, bytes, length);
	flush(client); /* One that has gone is found by poll(2). */
}

static void acknowledge(struct client *client, int32_t code, const char *text)
{
	uint8_t payload[sizeof(code) + 4096];
	size_t length = strnlen(text, 4096);
	memcpy(payload, &code, sizeof(code));
	memcpy(payload + sizeof(code), text, length);
	put_frame(client, SHIM_ACK, payload, sizeof(code) + length);
}

static void tell_exit(struct client *client)
{
	if (!exit_text || client->told_of_exit)
		return;
	if (client->waits || (client->attached && output_ended)) {
		client->told_of_exit = true;
		put_frame(client, SHIM_EXIT, exit_text, strlen(exit_text));
	}
}

static uint8_t bit_of(uint8_t stream)
{
	return stream == SHIM_STDERR ? 4 : 2;
}

bool clients_have_room(uint8_t stream)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i] && clients[i]->attached & bit_of(stream) && clients[i]->out_length > QUEUE_HIGH)
			return false;
	}
	return true;
}

void clients_output(uint8_t stream, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i] && clients[i]->attached & bit_of(stream))
			put_frame(clients[i], stream, bytes, length);
	}
}

void clients_exit(const char *text, bool drained)
{
	exit_text = text;
	output_ended = drained;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i])
			tell_exit(clients[i]);
	}
}

void clients_drain(void)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (!clients[i])
			continue;
		fcntl(clients[i]->fd, F_SETFL, 0);
		flush(clients[i]);
		drop(clients[i]);
	}
}

/* ---- From a client ---- */

static uint32_t u32_at(const uint8_t *bytes, size_t length, size_t at)
{
	uint32_t value = 0;
	if (at + sizeof(value) <= length)
		memcpy(&value, bytes + at, sizeof(value));
	return value;
}

static void obey(struct client *client, uint8_t type, const uint8_t *payload, size_t length)
{
	char text[4096] = "";
	int32_t code = 0;
	switch (type) {
	case SHIM_ATTACH:
		client->attached = length > 0 ? payload[0] : 0;
		tell_exit(client);
		return;
	case SHIM_STDIN_END:
		monitor_close_stdin();
		return;
	case SHIM_RESIZE:
		monitor_resize((uint16_t)u32_at(payload, length, 0), (uint16_t)(u32_at(payload, length, 0) >> 16));
		break;
	case SHIM_REOPEN_LOG:
		code = log_reopen() < 0 ? errno : 0;
		break;
	case SHIM_KILL:
		code = monitor_kill((int)u32_at(payload, length, 0), u32_at(payload, length, 4) != 0);
		break;
	case SHIM_DELETE:
		code = monitor_delete(text, sizeof(text));
		break;
	case SHIM_WAIT:
		client->waits = true;
		acknowledge(client, 0, "");
		tell_exit(client);
		return;
	default:
		code = ENOSYS;
	}
	acknowledge(client, code, text);
}

/* Obeys whole frames. False if what came is none; a STDIN frame stays until the container has it. */
static bool take_frames(struct client *client)
{
	size_t at = 0;
	while (client->in_length - at >= FRAME_HEADER) {
		const uint8_t *frame = client->in + at;
		uint32_t length = u32_at(frame, FRAME_HEADER, 4);
		if (length > FRAME_SIZE_MAX)
			return false;
		if (client->in_length - at < FRAME_HEADER + length)
			break;
		const uint8_t *payload = frame + FRAME_HEADER;
		if (frame[0] == SHIM_STDIN) {
			client->fed += monitor_feed_stdin(payload + client->fed, length - client->fed);
			if (client->fed < length)
				break;
			client->fed = 0;
		} else {
			obey(client, frame[0], payload, length);
		}
		at += FRAME_HEADER + length;
	}
	client->in_length -= at;
	memmove(client->in, client->in + at, client->in_length);
	return true;
}

static bool receive(struct client *client)
{
	size_t room = sizeof(client->in) - client->in_length;
	if (room > 0) {
		ssize_t count = recv(client->fd, client->in + client->in_length, room, 0);
		if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		client->in_length += count > 0 ? (size_t)count : 0;
	}
	return take_frames(client);
}

size_t clients_poll(struct pollfd *polled)
{
	size_t count = 0;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = clients[i];
		if (!client)
			continue;
		/* Its frame waits for the container's input: that one is polled by the monitor. */
		bool full = client->in_length == sizeof(client->in) || client->fed > 0;
		polled[count++] = (struct pollfd){
			.fd = client->fd,
			.events = (short)((full ? 0 : POLLIN) | (client->out_length > 0 ? POLLOUT : 0)),
		};
	}
	return count;
}

void clients_serve(const struct pollfd *polled, size_t count)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = clients[i];
		short events = 0;
		for (size_t j = 0; client && j < count; j++) {
			if (polled[j].fd == client->fd)
				events = polled[j].revents;
		}
		if (!client)
			continue;
		bool alive = take_frames(client);
		if (alive && events & POLLIN)
			alive = receive(client);
		if (alive && events & POLLOUT)
			alive = flush(client);
		if (!alive || (events & (POLLHUP | POLLERR) && !(events & POLLIN)))
			drop(client);
	}
}
