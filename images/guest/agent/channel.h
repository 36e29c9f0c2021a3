/* Channels: open resources by number, and the byte streams that belong to them. */
#ifndef AGENT_CHANNEL_H
#define AGENT_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "flow.h"
#include "protocol.h"
#include "wire.h"

struct channel;

/* What a kind of resource does. Every member but `release` may be NULL. */
struct channel_kind {
	/* The host's answer to a channel that we opened: 0, or why it refuses. */
	void (*replied)(struct channel *channel, uint32_t error);
	void (*control)(struct channel *channel, uint8_t code, struct reader *reader);
	/* More credit for a stream: for kinds that make its bytes themselves, or care who asks. */
	void (*credit)(struct channel *channel, uint8_t stream, uint32_t count);
	/* At the end of what an outflow reads: 0, or the errno of what is missing. NULL where the end is the end. */
	int (*outflow_verdict)(struct channel *channel, uint8_t stream);
	/* A stream is over: everything has gone through, or `error` says why it has not. */
	void (*outflow_ended)(struct channel *channel, uint8_t stream, uint64_t sent);
	void (*inflow_ended)(struct channel *channel, uint8_t stream, int error);
	/* The channel is out of the table and its flows are closed: free what is left. */
	void (*release)(struct channel *channel, bool kill);
};

/* The first member of every resource's struct. */
struct channel {
	uint32_t id;
	const struct channel_kind *kind;
	struct outflow *out[PROTOCOL_STREAM_COUNT];
	struct inflow *in[PROTOCOL_STREAM_COUNT];
	struct channel *next;
};

void channel_add(struct channel *channel, uint32_t id, const struct channel_kind *kind);
/* A number for a channel that the agent opens. */
uint32_t channel_new_id(void);
struct channel *channel_find(uint32_t id);
/* Forgets the channel without a word to the host. */
void channel_release(struct channel *channel, bool kill);
/* Tells the host that the channel is over, and forgets it. */
void channel_close(struct channel *channel);
void channel_release_all(void);

/* Puts a file descriptor, which the flow then owns, behind a stream. */
void channel_outflow(struct channel *channel, uint8_t stream, int fd, enum flow_type type);
void channel_inflow(struct channel *channel, uint8_t stream, int fd, enum flow_type type);

/* Answers an OPEN. After an error the channel does not exist; `step` says what failed, or is "". */
void reply_error(uint32_t id, int error, const char *step);
void reply_begin(uint32_t id);

#endif
