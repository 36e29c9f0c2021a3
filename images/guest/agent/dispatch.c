#include "guest.h"
#include "dispatch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "kinds.h"
#include "protocol.h"
#include "session.h"
#include "wire.h"

/* An OPEN of several frames, so far. */
static uint8_t *message;
static size_t message_length;
static uint32_t message_channel;

void dispatch_forget(void)
{
	free(message);
	message = NULL;
	message_length = 0;
}

static void ping_open(uint32_t id, struct reader *reader)
{
	if (!taken_whole(reader))
		return;
	reply_begin(id);
	frame_end();
}

static void open_channel(uint32_t id, const uint8_t *payload, size_t length)
{
	static void (*const openers[])(uint32_t, struct reader *) = {
		[KIND_PING] = ping_open,
		[KIND_PROCESS] = process_open,
		[KIND_READ_FILE] = read_file_open,
		[KIND_WRITE_FILE] = write_file_open,
		[KIND_LIST_DIRECTORY] = list_directory_open,
		[KIND_FILE_OPERATION] = file_operation_open,
		[KIND_CONNECT] = connect_open,
		[KIND_LISTEN] = listen_open,
		[KIND_SERVE_HOSTCALLS] = serve_hostcalls_open,
		[KIND_PROCESS_EVENTS] = process_events_open,
		[KIND_IDENTITY] = identity_open,
		[KIND_FACTS] = facts_open,
		[KIND_PREPARE_SNAPSHOT] = prepare_snapshot_open,
		[KIND_SIGNAL] = signal_open,
		[KIND_FIND_WORK] = find_work_open,
	};
	struct reader reader = { .at = payload, .end = payload + length };
	uint32_t kind = take_u32(&reader);
	if (id == 0 || id % 2 != 0 || channel_find(id))
		session_fail("A channel was opened with a number that the host may not use.");
	else if (kind >= sizeof(openers) / sizeof(*openers) || !openers[kind])
		reply_error(id, ENOSYS, "");
	else
		openers[kind](id, &reader);
	if (reader.bad)
		session_fail("A request is not laid out as its kind asks.");
}

/* Collects the frames of an OPEN. */
static void open_part(uint32_t id, uint8_t flags, const uint8_t *payload, size_t length)
{
	if (message_length == 0 && !(flags & FLAG_MORE)) {
		open_channel(id, payload, length);
		return;
	}
	if (message_length == 0)
		message_channel = id;
	if (id != message_channel || message_length + length > PROTOCOL_MESSAGE_SIZE_MAX) {
		session_fail("A request of several frames is too long or was interrupted.");
		return;
	}
	uint8_t *longer = realloc(message, message_length + length);
	if (!longer) {
		session_fail("The machine has no memory for a request of this size.");
		return;
	}
	message = longer;
	memcpy(message + message_length, payload, length);
	message_length += length;
	if (flags & FLAG_MORE)
		return;
	open_channel(id, message, message_length);
	dispatch_forget();
}

/* A frame for a channel that is open. One that we have just closed may still be addressed: that is no fault. */
static void channel_frame(const uint8_t *header, struct reader *reader)
{
	struct channel *channel = channel_find(get_u32_at(header + 4));
	uint8_t stream = header[2];
	if (!channel)
		return;
	if (header[1] == FRAME_CLOSE) {
		channel_release(channel, stream == CLOSE_KILL);
		return;
	}
	if (header[1] == FRAME_CONTROL) {
		if (channel->kind->control)
			channel->kind->control(channel, stream, reader);
		return;
	}
	if (header[1] == FRAME_REPLY) {
		uint32_t error = take_u32(reader);
		if (!reader->bad && channel->kind->replied)
			channel->kind->replied(channel, error);
		return;
	}
	if (stream >= PROTOCOL_STREAM_COUNT) {
		session_fail("A frame names a stream that no channel has.");
		return;
	}
	struct inflow *inflow = channel->in[stream];
	struct outflow *outflow = channel->out[stream];
	switch (header[1]) {
	case FRAME_DATA:
		if (inflow && !inflow_data(inflow, reader->at, (uint32_t)(reader->end - reader->at)))
			session_fail("A stream was sent more bytes than it had credit for.");
		break;
	case FRAME_END:
		if (inflow)
			inflow_end(inflow);
		break;
	case FRAME_CREDIT: {
		uint32_t count = take_u32(reader);
		if (!taken_whole(reader))
			break;
		if (outflow)
			outflow_credit(outflow, count);
		if (channel->kind->credit)
			channel->kind->credit(channel, stream, count);
		break;
	}
	case FRAME_STOP:
		if (outflow)
			outflow_stop(outflow);
		break;
	}
}

void dispatch(const uint8_t *header, struct reader *reader)
{
	uint8_t type = header[1];
	if (message_length > 0 && type != FRAME_OPEN)
		session_fail("A request of several frames was interrupted.");
	else if (type == FRAME_OPEN)
		open_part(get_u32_at(header + 4), header[3], reader->at, (size_t)(reader->end - reader->at));
	else if (type > FRAME_OPEN && type <= FRAME_CLOSE && type != FRAME_RESULT)
		channel_frame(header, reader);
	else
		session_fail("A frame has a type that the protocol does not know.");
}
