/*
 * A flow joins a file descriptor to one direction of one stream: an outflow reads for the host as
 * long as it has credit, an inflow writes what the host sent and gives credit as the file takes it.
 */
#ifndef AGENT_FLOW_H
#define AGENT_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"

struct channel;

enum flow_type {
	FLOW_PIPE,     /* pipes, terminals and anything else of read(2), write(2) and EAGAIN */
	FLOW_TERMINAL, /* a pty's master: EIO on reading means that its last user has gone */
	FLOW_SOCKET,   /* half-closed with shutdown(2); its descriptor may be blocking */
	FLOW_FILE,     /* a file that is never waited for: when it has nothing, it has ended */
};

struct outflow {
	struct source source;
	struct channel *channel;
	enum flow_type type;
	uint8_t stream;
	bool paused;
	uint32_t credit;
	uint64_t rest; /* at most so many bytes more, whatever there is */
	uint64_t sent;
};

struct inflow {
	struct source source;
	struct channel *channel;
	enum flow_type type;
	uint8_t stream;
	bool ending;
	uint8_t *buffer;  /* PROTOCOL_GUEST_WINDOW bytes, once the file could not take some */
	uint32_t start;
	uint32_t length;
	uint32_t granted; /* that the host has not used */
	uint32_t written; /* that the host has no credit for yet */
	uint64_t total;
};

/* Each of these may end the flow, and with that release the channel: look it up again afterwards. */
void outflow_credit(struct outflow *flow, uint32_t count);
/* Sends what is there now, as far as credit goes. False if the stream has ended. */
bool outflow_drain(struct outflow *flow);
/* Bytes that wait in the kernel. */
uint64_t outflow_waiting(struct outflow *flow);
void outflow_pause(struct outflow *flow, bool paused);
/* Closes it because nobody reads any more, or all is read. */
void outflow_stop(struct outflow *flow);
void outflow_free(struct outflow *flow);

/* False if the host sent more than it had credit for. */
bool inflow_data(struct inflow *flow, const uint8_t *bytes, uint32_t count);
void inflow_end(struct inflow *flow);
/* Gives the first window of credit. */
void inflow_start(struct inflow *flow);
void inflow_free(struct inflow *flow);

#endif
