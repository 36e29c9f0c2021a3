#include "guest.h"
#include "channel.h"

#include <stdlib.h>

#include "sockets.h"

/* Buckets of the table: a few dozen channels are usual, a few thousand possible. */
#define BUCKETS 256

static struct channel *table[BUCKETS];
static uint32_t last_own_id;

static struct channel **bucket(uint32_t id)
{
	return &table[id / 2 % BUCKETS];
}

void channel_add(struct channel *channel, uint32_t id, const struct channel_kind *kind)
{
	channel->id = id;
	channel->kind = kind;
	channel->next = *bucket(id);
	*bucket(id) = channel;
}

uint32_t channel_new_id(void)
{
	last_own_id += 2;
	return last_own_id | 1;
}

struct channel *channel_find(uint32_t id)
{
	struct channel *channel = *bucket(id);
	while (channel && channel->id != id)
		channel = channel->next;
	return channel;
}

void channel_release(struct channel *channel, bool kill)
{
	struct channel **at = bucket(channel->id);
	while (*at != channel)
		at = &(*at)->next;
	*at = channel->next;
	for (int stream = 0; stream < PROTOCOL_STREAM_COUNT; stream++) {
		if (channel->out[stream])
			outflow_free(channel->out[stream]);
		if (channel->in[stream])
			inflow_free(channel->in[stream]);
	}
	channel->kind->release(channel, kill);
	listeners_resume();
}

void channel_close(struct channel *channel)
{
	frame_begin(FRAME_CLOSE, 0, channel->id);
	frame_end();
	channel_release(channel, false);
}

void channel_release_all(void)
{
	for (int i = 0; i < BUCKETS; i++) {
		while (table[i])
			channel_release(table[i], false);
	}
}

void reply_error(uint32_t id, int error, const char *step)
{
	frame_begin(FRAME_REPLY, 0, id);
	put_u32((uint32_t)error);
	put_string(step);
	frame_end();
}

void reply_begin(uint32_t id)
{
	frame_begin(FRAME_REPLY, 0, id);
	put_u32(0);
}
