/* Addresses in the guest. */
#ifndef AGENT_SOCKETS_H
#define AGENT_SOCKETS_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "channel.h"
#include "loop.h"

struct address {
	uint32_t family; /* FAMILY_ */
	const char *host; /* a unix socket's path, with @ in front for an abstract one, or an IPv4 address */
	uint16_t port;
	pid_t network_of; /* the process whose network namespace it is in; 0 for our own */
};

/* u32 family, string host, u32 port, u32 pid. */
void take_address(struct reader *reader, struct address *address);
/* A socket in the namespace, and the address for bind(2) or connect(2). Negative errno. */
int socket_for(const struct address *address, struct sockaddr_storage *name, socklen_t *length);

/* A connected socket behind stream 0 of a channel, which then is added; gives the first credit. */
void connection_start(struct channel *channel, int fd);

/* Something that accepts connections. */
struct listener {
	struct channel channel;
	struct source source;
	void (*accepted)(struct listener *listener, int fd);
	char *path; /* to remove in the end, or NULL */
};

/* Binds and listens; the listener's kind and what it does with connections are the caller's. 0 or an errno. */
int listener_open(struct listener *listener, const struct address *address, mode_t mode);
/* Closes the socket and removes its path. */
void listener_close(struct listener *listener);
/* Descriptors have become free: listeners that had none left may go on. */
void listeners_resume(void);

#endif
