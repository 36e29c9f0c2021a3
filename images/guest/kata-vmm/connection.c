#include "guest.h"
#include "connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vsock.h"

/* A piece of a client's bytes; between two of them others get their turn. */
#define PIECE (16 * 1024)
/* Credit is given back this many bytes at a time: few frames, and the host never runs dry. */
#define CREDIT_STEP (VSOCK_WINDOW / 4)
/* epoll(7) tells of a hang-up unasked, but has to be asked for something. Nobody sends urgent data here. */
#define HANG_UP_ONLY EPOLLPRI

static void finish(struct connection *connection)
{
	leader_watch(&connection->source, 0);
	close(connection->source.fd);
	connection->state = CLOSED;
}

static void watch(struct connection *connection)
{
	uint32_t events = 0;
	switch (connection->state) {
	case GREETING:
		events = EPOLLIN;
		break;
	case CONNECTING:
		events = HANG_UP_ONLY;
		break;
	case OPEN:
		/* Without credit what it sent must wait, and its end, which comes after that. */
		if (connection->ended || connection->credit > 0)
			events = connection->ended ? HANG_UP_ONLY : EPOLLIN;
		if (connection->length > 0)
			events |= EPOLLOUT;
		break;
	case CLOSED:
		return;
	}
	leader_watch(&connection->source, events);
}

/* ---- To the host ---- */

static void put_numbers(struct worker *worker, uint8_t type, uint32_t first, uint32_t second, size_t length)
{
	uint32_t numbers[2] = { first, second };
	memcpy(outbox_space(&worker->out, sizeof(numbers)), numbers, length);
	outbox_commit(&worker->out, type, length);
}

/* The client has gone, or is none. */
static void drop(struct worker *worker, struct connection *connection)
{
	if (connection->state != GREETING && !connection->closing)
		put_numbers(worker, FRAME_CLOSE, connection->id, 0, sizeof(uint32_t));
	finish(connection);
}

static void give_credit(struct worker *worker, struct connection *connection)
{
	if (connection->taken < CREDIT_STEP || connection->closing)
		return;
	put_numbers(worker, FRAME_CREDIT, connection->id, connection->taken, 2 * sizeof(uint32_t));
	connection->granted += connection->taken;
	connection->taken = 0;
}

/* ---- From the client ---- */

/* A whole line and a port: asks the host for it. False if the client speaks something else. */
static bool read_greeting(struct worker *worker, struct connection *connection)
{
	static uint32_t last_id;
	char *greeting = connection->greeting, *end;
	while (connection->greeting_length < GREETING_MAX) {
		/* Byte by byte: what follows is the VM's. */
		char *at = greeting + connection->greeting_length;
		ssize_t count = recv(connection->source.fd, at, 1, MSG_DONTWAIT);
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (count <= 0)
			return false;
		connection->greeting_length++;
		if (*at == '\n')
			break;
	}
	if (strncmp(greeting, "CONNECT ", 8) != 0 || greeting[8] < '0' || greeting[8] > '9')
		return false;
	unsigned long long port = strtoull(greeting + 8, &end, 10);
	if (*end != '\n' || port > UINT32_MAX)
		return false;
	connection->state = CONNECTING;
	connection->id = ++last_id;
	put_numbers(worker, FRAME_CONNECT, connection->id, (uint32_t)port, 2 * sizeof(uint32_t));
	return true;
}

static void read_client(struct worker *worker, struct connection *connection)
{
	size_t room = connection->credit < PIECE ? connection->credit : PIECE;
	uint8_t *space = outbox_space(&worker->out, sizeof(uint32_t) + room);
	ssize_t count = recv(connection->source.fd, space + sizeof(uint32_t), room, MSG_DONTWAIT);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	connection->ended = count <= 0;
	if (connection->ended)
		return;
	memcpy(space, &connection->id, sizeof(uint32_t));
	outbox_commit(&worker->out, FRAME_DATA, sizeof(uint32_t) + (size_t)count);
	connection->credit -= (uint32_t)count;
}

/* ---- To the client ---- */

/* Writes as much as the client takes. */
static uint32_t write_client(struct connection *connection, const uint8_t *bytes, uint32_t length)
{
	ssize_t count = connection->deaf ? (ssize_t)length
					 : send(connection->source.fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (count < 0) {
		connection->deaf = true;
		count = (ssize_t)length;
	}
	connection->taken += (uint32_t)count;
	return (uint32_t)count;
}

static void write_buffer(struct connection *connection)
{
	uint32_t count = write_client(connection, connection->buffer + connection->start, connection->length);
	connection->start += count;
	connection->length -= count;
	if (connection->length == 0)
		connection->start = 0;
}

/* Credit says that it fits, once what is left stands at the front. False if there is no memory. */
static bool keep(struct connection *connection, const uint8_t *bytes, uint32_t length)
{
	if (!connection->buffer && !(connection->buffer = malloc(VSOCK_WINDOW)))
		return false;
	if (connection->start + connection->length + length > VSOCK_WINDOW) {
		memmove(connection->buffer, connection->buffer + connection->start, connection->length);
		connection->start = 0;
	}
	memcpy(connection->buffer + connection->start + connection->length, bytes, length);
	connection->length += length;
	return true;
}

static void client_ready(struct worker *worker, struct source *source, uint32_t events)
{
	struct connection *connection = (struct connection *)source;
	bool alive = true;
	if (connection->state == CLOSED)
		return;
	if (connection->length > 0) {
		write_buffer(connection);
		give_credit(worker, connection);
	}
	if (connection->state == GREETING)
		alive = read_greeting(worker, connection);
	else if (connection->state == OPEN && !connection->ended && connection->credit > 0)
		read_client(worker, connection);
	if (connection->closing && connection->length == 0)
		alive = false;
	if (events & (EPOLLHUP | EPOLLERR) && (connection->ended || connection->state == CONNECTING))
		alive = false;
	if (alive)
		watch(connection);
	else
		drop(worker, connection);
}

/* ---- What the host says ---- */

void connection_opened(struct worker *worker, struct connection *connection, uint32_t error)
{
	char line[32];
	if (connection->state != CONNECTING)
		return;
	if (error) {
		finish(connection);
		return;
	}
	connection->state = OPEN;
	connection->credit = connection->granted = VSOCK_WINDOW;
	int length = snprintf(line, sizeof(line), "OK %u\n", (unsigned)connection->id);
	if (send(connection->source.fd, line, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) == length)
		watch(connection);
	else
		drop(worker, connection);
}

void connection_data(struct worker *worker, struct connection *connection, const uint8_t *bytes, uint32_t length)
{
	if (connection->state != OPEN || connection->closing || length > connection->granted) {
		drop(worker, connection); /* The host has not kept count. */
		return;
	}
	connection->granted -= length;
	uint32_t count = connection->length == 0 ? write_client(connection, bytes, length) : 0;
	if (count < length && !keep(connection, bytes + count, length - count)) {
		drop(worker, connection);
		return;
	}
	give_credit(worker, connection);
	watch(connection);
}

void connection_credit(struct connection *connection, uint32_t count)
{
	uint32_t most = UINT32_MAX - connection->credit;
	if (connection->state == OPEN && !connection->closing)
		connection->credit += count < most ? count : most;
	watch(connection);
}

void connection_close(struct connection *connection)
{
	connection->closing = true;
	connection->credit = 0;
	if (connection->length == 0)
		finish(connection);
	else
		watch(connection);
}

/* ---- Its beginning and end ---- */

struct connection *connection_new(int fd)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	if (!connection)
		return NULL;
	connection->source = (struct source){ .fd = fd, .ready = client_ready };
	watch(connection);
	return connection;
}

void connection_free(struct connection *connection)
{
	free(connection->buffer);
	free(connection);
}
