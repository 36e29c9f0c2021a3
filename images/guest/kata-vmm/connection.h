/* One client of the VM's sockets (vsock.h), and the bytes between it and the VM's side. */
#ifndef VMM_CONNECTION_H
#define VMM_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "leader.h"

/* "CONNECT ", ten digits and the end of the line, and no more. */
#define GREETING_MAX 19

struct connection {
	struct source source; /* first: the loop hands it over */
	struct connection *next;
	enum { GREETING, CONNECTING, OPEN, CLOSED } state;
	uint32_t id;
	char greeting[GREETING_MAX + 1];
	size_t greeting_length;
	/* From the client to the VM. */
	uint32_t credit;
	bool ended; /* it writes no more, but may read */
	/* From the VM to the client: what that has not taken yet, and bytes that it has, not yet credited. */
	uint8_t *buffer;
	uint32_t start, length;
	uint32_t granted, taken;
	bool deaf;    /* it reads no more; what it would have read is as good as taken */
	bool closing; /* the VM has closed; what waits in the buffer is still the client's */
};

/* Serves a client from its first byte on. NULL if it cannot be had. */
struct connection *connection_new(int fd);
/* Once it is CLOSED, and no event that may speak of it is at hand. */
void connection_free(struct connection *connection);

/* What the host says of it. */
void connection_opened(struct worker *worker, struct connection *connection, uint32_t error);
void connection_data(struct worker *worker, struct connection *connection, const uint8_t *bytes, uint32_t length);
void connection_credit(struct connection *connection, uint32_t count);
void connection_close(struct connection *connection);

#endif
