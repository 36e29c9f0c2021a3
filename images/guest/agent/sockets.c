/* Connections into the guest, and channels for connections from within it. */
#include "guest.h"
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>

#include "kinds.h"
#include "namespaces.h"
#include "protocol.h"

/* ---- Addresses ---- */

void take_address(struct reader *reader, struct address *address)
{
	address->family = take_u32(reader);
	address->host = take_string(reader);
	address->port = (uint16_t)take_u32(reader);
	address->network_of = (pid_t)take_u32(reader);
}

static int unix_name(const char *path, struct sockaddr_un *name, socklen_t *length)
{
	size_t size = strlen(path);
	if (size == 0)
		return -EINVAL;
	if (size >= sizeof(name->sun_path))
		return -ENAMETOOLONG;
	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(name->sun_path, path, size);
	*length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + 1);
	if (path[0] == '@') {
		name->sun_path[0] = 0;
		*length -= 1; /* An abstract name has no NUL at its end. */
	}
	return 0;
}

static int tcp_name(const struct address *address, struct sockaddr_in *name, socklen_t *length)
{
	*name = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(address->port) };
	*length = sizeof(*name);
	return inet_pton(AF_INET, address->host, &name->sin_addr) == 1 ? 0 : -EINVAL;
}

/* A socket belongs to the namespace it was made in, wherever it is used later. See setns(2). */
static int socket_in(pid_t network_of, int domain)
{
	int theirs = network_of ? namespace_open(network_of, "net") : -1;
	int ours = theirs >= 0 ? namespace_open(0, "net") : -1;
	int fd;
	if (network_of && theirs < 0)
		fd = theirs == -ENOENT ? -ESRCH : theirs;
	else if (network_of && (ours < 0 || setns(theirs, CLONE_NEWNET) < 0))
		fd = ours < 0 ? ours : -errno;
	else {
		fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0)
			fd = -errno;
		if (network_of && setns(ours, CLONE_NEWNET) < 0) {
			perror("agent: cannot come back from a network namespace");
			exit(1);
		}
	}
	if (theirs >= 0)
		close(theirs);
	if (ours >= 0)
		close(ours);
	return fd;
}

int socket_for(const struct address *address, struct sockaddr_storage *name, socklen_t *length)
{
	int error = address->family == FAMILY_UNIX  ? unix_name(address->host, (void *)name, length)
		    : address->family == FAMILY_TCP ? tcp_name(address, (void *)name, length)
						    : -EAFNOSUPPORT;
	return error ? error : socket_in(address->network_of, name->ss_family);
}

/* ---- Connections ---- */

struct connection {
	struct channel channel;
	struct source connecting;
	uint32_t early_credit; /* that came before the connection was there */
};

static void connection_close_if_done(struct channel *channel)
{
	if (channel->in[0] || channel->out[0])
		return;
	channel_close(channel);
}

static void connection_outflow_ended(struct channel *channel, uint8_t stream, uint64_t sent)
{
	(void)stream;
	(void)sent;
	connection_close_if_done(channel);
}

static void connection_inflow_ended(struct channel *channel, uint8_t stream, int error)
{
	(void)stream;
	(void)error;
	connection_close_if_done(channel);
}

static void connection_release(struct channel *channel, bool kill)
{
	struct connection *connection = (struct connection *)channel;
	(void)kill;
	loop_close(&connection->connecting);
	free(connection);
}

/* The host's answer to a connection from within the guest. */
static void connection_replied(struct channel *channel, uint32_t error)
{
	if (error)
		channel_release(channel, false);
}

static void connection_credit(struct channel *channel, uint8_t stream, uint32_t count)
{
	struct connection *connection = (struct connection *)channel;
	if (stream == 0 && connection->connecting.fd >= 0)
		connection->early_credit += count;
}

static const struct channel_kind connection_kind = {
	.credit = connection_credit,
	.replied = connection_replied,
	.outflow_ended = connection_outflow_ended,
	.inflow_ended = connection_inflow_ended,
	.release = connection_release,
};

void connection_start(struct channel *channel, int fd)
{
	int on = 1;
	/* Fails on unix sockets, which have nothing to delay. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* A descriptor for each direction, each closed by its own flow. */
	int other = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	channel_outflow(channel, 0, fd, FLOW_SOCKET);
	channel_inflow(channel, 0, other, FLOW_SOCKET);
	inflow_start(channel->in[0]);
}

static void connected(struct connection *connection)
{
	int fd = connection->connecting.fd;
	int error = 0;
	socklen_t length = sizeof(error);
	loop_watch(&connection->connecting, 0);
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error) {
		reply_error(connection->channel.id, error, "");
		channel_release(&connection->channel, false);
		return;
	}
	connection->connecting.fd = -1;
	reply_begin(connection->channel.id);
	frame_end();
	connection_start(&connection->channel, fd);
	if (connection->early_credit)
		outflow_credit(connection->channel.out[0], connection->early_credit);
}

static void connecting_ready(struct source *source, uint32_t events)
{
	(void)events;
	connected(source->owner);
}

void connect_open(uint32_t id, struct reader *reader)
{
	struct address address;
	struct sockaddr_storage name;
	socklen_t length;
	take_address(reader, &address);
	if (!taken_whole(reader))
		return;
	int fd = socket_for(&address, &name, &length);
	int error = fd < 0 ? -fd : 0;
	if (!error && connect(fd, (struct sockaddr *)&name, length) < 0 && errno != EINPROGRESS)
		error = errno;
	struct connection *connection = error ? NULL : calloc(1, sizeof(*connection));
	if (!connection) {
		if (fd >= 0)
			close(fd);
		reply_error(id, error ? error : ENOMEM, "");
		return;
	}
	connection->connecting = (struct source){ .fd = fd, .ready = connecting_ready, .owner = connection };
	channel_add(&connection->channel, id, &connection_kind);
	loop_watch(&connection->connecting, EPOLLOUT);
}

/* ---- Listening ---- */

static void put_peer(int fd)
{
	struct ucred credentials = { 0 };
	struct sockaddr_storage name = { 0 };
	socklen_t length = sizeof(name);
	char host[INET_ADDRSTRLEN] = "";
	uint32_t port = 0;
	getpeername(fd, (struct sockaddr *)&name, &length);
	if (name.ss_family == AF_INET) {
		const struct sockaddr_in *tcp = (const void *)&name;
		inet_ntop(AF_INET, &tcp->sin_addr, host, sizeof(host));
		port = ntohs(tcp->sin_port);
	} else {
		length = sizeof(credentials);
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
	}
	put_u32((uint32_t)credentials.pid);
	put_u32(credentials.uid);
	put_u32(credentials.gid);
	put_string(host);
	put_u32(port);
}

static void connection_accepted(struct listener *listener, int fd)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	if (!connection) {
		close(fd);
		return;
	}
	connection->connecting.fd = -1;
	channel_add(&connection->channel, channel_new_id(), &connection_kind);
	frame_begin(FRAME_OPEN, 0, connection->channel.id);
	put_u32(KIND_ACCEPTED);
	put_u32(listener->channel.id);
	put_peer(fd);
	frame_end();
	connection_start(&connection->channel, fd);
}

static void listener_release(struct channel *channel, bool kill)
{
	struct listener *listener = (struct listener *)channel;
	(void)kill;
	listener_close(listener);
	free(listener);
}

static const struct channel_kind listener_kind = { .release = listener_release };

void listen_open(uint32_t id, struct reader *reader)
{
	struct address address;
	take_address(reader, &address);
	mode_t mode = (mode_t)take_u32(reader) & 07777;
	if (!taken_whole(reader))
		return;
	struct listener *listener = calloc(1, sizeof(*listener));
	int error = listener ? listener_open(listener, &address, mode) : ENOMEM;
	if (error) {
		free(listener);
		reply_error(id, error, "");
		return;
	}
	listener->accepted = connection_accepted;
	channel_add(&listener->channel, id, &listener_kind);
	struct sockaddr_in name = { 0 };
	socklen_t length = sizeof(name);
	getsockname(listener->source.fd, (struct sockaddr *)&name, &length);
	reply_begin(id);
	put_u32(address.family == FAMILY_TCP ? ntohs(name.sin_port) : 0);
	frame_end();
}
