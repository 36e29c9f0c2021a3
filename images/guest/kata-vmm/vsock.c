#include "guest.h"
#include "vsock.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "connection.h"

#define CONNECTIONS_MAX 64

static struct source listener = { .fd = -1 };
static struct connection *connections;
static unsigned connection_count;
static char socket_path[sizeof(((struct sockaddr_un *)0)->sun_path)];

static struct connection *find(uint32_t id)
{
	for (struct connection *connection = connections; connection; connection = connection->next) {
		if (connection->id == id && connection->state != GREETING && connection->state != CLOSED)
			return connection;
	}
	return NULL;
}

void vsock_frame(struct worker *worker, const struct frame *frame)
{
	const uint32_t head = sizeof(uint32_t);
	uint32_t id, value = 0;
	if (frame->length < head)
		return;
	memcpy(&id, frame->payload, head);
	if (frame->length >= 2 * head)
		memcpy(&value, frame->payload + head, head);
	struct connection *connection = find(id);
	if (!connection)
		return;
	if (frame->type == FRAME_CONNECTED)
		connection_opened(worker, connection, value);
	else if (frame->type == FRAME_DATA)
		connection_data(worker, connection, frame->payload + head, frame->length - head);
	else if (frame->type == FRAME_CREDIT)
		connection_credit(connection, value);
	else if (frame->type == FRAME_CLOSE)
		connection_close(connection);
}

static void accept_client(struct worker *worker, struct source *source, uint32_t events)
{
	(void)worker;
	(void)events;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	struct connection *connection = connection_count < CONNECTIONS_MAX ? connection_new(fd) : NULL;
	if (!connection) {
		close(fd);
		return;
	}
	connection->next = connections;
	connections = connection;
	connection_count++;
}

int vsock_listen(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	listener = (struct source){
		.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
		.ready = accept_client,
	};
	/* Of a VMM that could not take it away. */
	unlink(path);
	if (listener.fd < 0 || bind(listener.fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener.fd, CONNECTIONS_MAX) < 0)
		return -1;
	strcpy(socket_path, path);
	return 0;
}

void vsock_watch(void)
{
	leader_watch(&listener, EPOLLIN);
}

void vsock_forget_closed(void)
{
	for (struct connection **at = &connections; *at;) {
		struct connection *connection = *at;
		if (connection->state != CLOSED) {
			at = &connection->next;
			continue;
		}
		*at = connection->next;
		connection_count--;
		connection_free(connection);
	}
}

void vsock_unlink(void)
{
	if (socket_path[0])
		unlink(socket_path);
}
