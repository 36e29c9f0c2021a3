/* Sockets that accept connections, for whatever then becomes of these. */
#include "guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol.h"
#include "sockets.h"

#define BACKLOG 128

/* Those that wait for a descriptor to become free. There are few listeners. */
#define STARVED_MAX 64
static struct listener *starved[STARVED_MAX];

static void listener_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct listener *listener = source->owner;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		listener->accepted(listener, fd);
		return;
	}
	if (errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS)
		return;
	/* The connection stays in the backlog until another one ends. */
	for (int i = 0; i < STARVED_MAX; i++) {
		if (starved[i])
			continue;
		starved[i] = listener;
		loop_watch(source, 0);
		return;
	}
}

void listeners_resume(void)
{
	for (int i = 0; i < STARVED_MAX; i++) {
		if (starved[i])
			loop_watch(&starved[i]->source, EPOLLIN);
		starved[i] = NULL;
	}
}

/* A socket that nobody listens at any more is in the way of a new one. */
static void remove_stale_socket(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct stat status;
	if (path[0] == '@' || lstat(path, &status) < 0 || !S_ISSOCK(status.st_mode))
		return;
	strncpy(name.sun_path, path, sizeof(name.sun_path) - 1);
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe < 0)
		return;
	if (connect(probe, (struct sockaddr *)&name, sizeof(name)) < 0 && errno == ECONNREFUSED)
		unlink(path);
	close(probe);
}

int listener_open(struct listener *listener, const struct address *address, mode_t mode)
{
	struct sockaddr_storage name;
	socklen_t length;
	int on = 1;
	bool is_path = address->family == FAMILY_UNIX && address->host[0] != '@';
	int fd = socket_for(address, &name, &length);
	if (fd < 0)
		return -fd;
	if (is_path)
		remove_stale_socket(address->host);
	else
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	bool bound = bind(fd, (struct sockaddr *)&name, length) == 0;
	if (!bound || (is_path && chmod(address->host, mode) < 0) || listen(fd, BACKLOG) < 0) {
		int error = errno;
		close(fd);
		if (bound && is_path)
			unlink(address->host);
		return error;
	}
	listener->source = (struct source){ .fd = fd, .ready = listener_ready, .owner = listener };
	listener->path = is_path ? strdup(address->host) : NULL;
	loop_watch(&listener->source, EPOLLIN);
	return 0;
}

void listener_close(struct listener *listener)
{
	for (int i = 0; i < STARVED_MAX; i++) {
		if (starved[i] == listener)
			starved[i] = NULL;
	}
	loop_close(&listener->source);
	if (listener->path)
		unlink(listener->path);
	free(listener->path);
	listener->path = NULL;
}
