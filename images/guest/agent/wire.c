#include "guest.h"
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol.h"

/* Below this much room a bulk frame is not worth starting. */
#define BULK_ROOM (PROTOCOL_FRAME_SIZE_MAX / 2)
/* The longest path (PATH_MAX is 4096) with numbers around it. */
#define SMALL_FRAME_SIZE_MAX 6144

static uint8_t out[PROTOCOL_FRAME_SIZE_MAX];
static size_t out_used;
static size_t frame_start;
static int port = -1;

void put_u16_at(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

void put_u32_at(uint8_t *at, uint32_t value)
{
	put_u16_at(at, (uint16_t)value);
	put_u16_at(at + 2, (uint16_t)(value >> 16));
}

void put_u64_at(uint8_t *at, uint64_t value)
{
	put_u32_at(at, (uint32_t)value);
	put_u32_at(at + 4, (uint32_t)(value >> 32));
}

uint32_t get_u32_at(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

const uint8_t *take_bytes(struct reader *reader, uint32_t length)
{
	const uint8_t *bytes = reader->at;
	if (reader->bad || (size_t)(reader->end - reader->at) < length) {
		reader->bad = true;
		return NULL;
	}
	reader->at += length;
	return bytes;
}

uint16_t take_u16(struct reader *reader)
{
	const uint8_t *bytes = take_bytes(reader, 2);
	return bytes ? (uint16_t)(bytes[0] | bytes[1] << 8) : 0;
}

uint32_t take_u32(struct reader *reader)
{
	const uint8_t *bytes = take_bytes(reader, 4);
	return bytes ? get_u32_at(bytes) : 0;
}

uint64_t take_u64(struct reader *reader)
{
	uint64_t low = take_u32(reader);
	return low | (uint64_t)take_u32(reader) << 32;
}

const char *take_string(struct reader *reader)
{
	uint32_t length = take_u32(reader);
	if (length >= PROTOCOL_MESSAGE_SIZE_MAX) {
		reader->bad = true;
		return "";
	}
	const uint8_t *bytes = take_bytes(reader, length + 1);
	if (!bytes || bytes[length] != 0 || memchr(bytes, 0, length)) {
		reader->bad = true;
		return "";
	}
	return (const char *)bytes;
}

bool taken_whole(struct reader *reader)
{
	if (reader->at != reader->end)
		reader->bad = true;
	return !reader->bad;
}

void wire_open(int fd)
{
	port = fd;
}

bool wire_pending(void)
{
	return out_used > 0;
}

/* The host never refuses bytes for long: v86 takes them within the write. */
void wire_flush(void)
{
	size_t done = 0;
	while (done < out_used) {
		ssize_t count = write(port, out + done, out_used - done);
		if (count >= 0) {
			done += (size_t)count;
		} else if (errno == EAGAIN) {
			struct pollfd writable = { .fd = port, .events = POLLOUT };
			poll(&writable, 1, -1);
		} else if (errno != EINTR) {
			/* Without its port the agent is of no use to anyone. */
			exit(1);
		}
	}
	out_used = 0;
}

static void write_header(uint8_t *at, uint8_t type, uint8_t stream, uint8_t flags, uint32_t channel,
			 size_t length)
{
	at[0] = PROTOCOL_FRAME_MARK;
	at[1] = type;
	at[2] = stream;
	at[3] = flags;
	put_u32_at(at + 4, channel);
	put_u32_at(at + 8, (uint32_t)length);
}

void frame_begin(uint8_t type, uint8_t stream, uint32_t channel)
{
	if (sizeof(out) - out_used < SMALL_FRAME_SIZE_MAX)
		wire_flush();
	frame_start = out_used;
	write_header(out + out_used, type, stream, 0, channel, 0);
	out_used += PROTOCOL_HEADER_SIZE;
}

void put_bytes(const void *bytes, size_t length)
{
	if (sizeof(out) - out_used < length)
		abort(); /* A frame that needed more should have used send_message. */
	memcpy(out + out_used, bytes, length);
	out_used += length;
}

void put_u16(uint16_t value)
{
	uint8_t bytes[2];
	put_u16_at(bytes, value);
	put_bytes(bytes, sizeof(bytes));
}

void put_u32(uint32_t value)
{
	uint8_t bytes[4];
	put_u32_at(bytes, value);
	put_bytes(bytes, sizeof(bytes));
}

void put_u64(uint64_t value)
{
	uint8_t bytes[8];
	put_u64_at(bytes, value);
	put_bytes(bytes, sizeof(bytes));
}

void put_string(const char *text)
{
	size_t length = strlen(text);
	put_u32((uint32_t)length);
	put_bytes(text, length + 1);
}

void frame_end(void)
{
	put_u32_at(out + frame_start + 8, (uint32_t)(out_used - frame_start - PROTOCOL_HEADER_SIZE));
}

uint8_t *frame_space(size_t *room)
{
	if (sizeof(out) - out_used < BULK_ROOM)
		wire_flush();
	*room = sizeof(out) - out_used - PROTOCOL_HEADER_SIZE;
	return out + out_used + PROTOCOL_HEADER_SIZE;
}

void frame_commit(uint8_t type, uint8_t stream, uint32_t channel, size_t length)
{
	write_header(out + out_used, type, stream, 0, channel, length);
	out_used += PROTOCOL_HEADER_SIZE + length;
}

void send_message(uint8_t type, uint32_t channel, const void *payload, size_t length)
{
	const uint8_t *rest = payload;
	do {
		size_t room;
		uint8_t *space = frame_space(&room);
		size_t count = length < room ? length : room;
		memcpy(space, rest, count);
		rest += count;
		length -= count;
		write_header(out + out_used, type, 0, length > 0 ? FLAG_MORE : 0, channel, count);
		out_used += PROTOCOL_HEADER_SIZE + count;
	} while (length > 0);
}
