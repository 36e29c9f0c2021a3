#include "guest.h"
#include "frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes that a buffer has room for at first, and grows by at least. */
#define BUFFER_STEP 4096

static uint32_t u32_at(const uint8_t *bytes)
{
	uint32_t value;
	memcpy(&value, bytes, sizeof(value));
	return value;
}

int frame_first(const struct frame_line *line, struct frame *frame)
{
	size_t length = line->in_end - line->in_start;
	if (length < FRAME_HEADER)
		return 0;
	const uint8_t *bytes = line->in + line->in_start;
	frame->type = bytes[0];
	frame->length = u32_at(bytes + 4);
	frame->payload = bytes + FRAME_HEADER;
	if (frame->length > line->length_max)
		return -1;
	return length >= FRAME_HEADER + frame->length;
}

void frame_take(struct frame_line *line, const struct frame *frame)
{
	line->in_start += FRAME_HEADER + frame->length;
	if (line->in_start == line->in_end)
		line->in_start = line->in_end = 0;
}

uint32_t frame_u32(const struct frame *frame, size_t at)
{
	return at + sizeof(uint32_t) <= frame->length ? u32_at(frame->payload + at) : 0;
}

static bool grow(uint8_t **buffer, size_t *size, size_t wanted)
{
	if (wanted <= *size)
		return true;
	uint8_t *grown = realloc(*buffer, wanted + BUFFER_STEP);
	if (!grown)
		return false;
	*buffer = grown;
	*size = wanted + BUFFER_STEP;
	return true;
}

bool frame_receive(struct frame_line *line)
{
	struct frame frame = { 0 };
	size_t length = line->in_end - line->in_start;
	size_t wanted = FRAME_HEADER + (frame_first(line, &frame) == 0 ? frame.length : 0);
	if (line->in_start > 0) {
		memmove(line->in, line->in + line->in_start, length);
		line->in_start = 0;
		line->in_end = length;
	}
	if (!grow(&line->in, &line->in_size, wanted))
		return false;
	if (line->in_end == line->in_size)
		return true; /* Its owner has whole frames to take first. */
	ssize_t count = recv(line->fd, line->in + line->in_end, line->in_size - line->in_end, 0);
	if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
		return false;
	line->in_end += count > 0 ? (size_t)count : 0;
	return true;
}

static void queue(struct frame_line *line, const void *bytes, size_t length)
{
	if (length > 0)
		memcpy(line->out + line->out_length, bytes, length);
	line->out_length += length;
}

void frame_put(struct frame_line *line, uint8_t type, const void *head, size_t head_length, const void *rest,
	       size_t length)
{
	uint32_t header[2] = { type, (uint32_t)(head_length + length) };
	if (!grow(&line->out, &line->out_size, line->out_length + sizeof(header) + header[1])) {
		/* A frame that is missing must not be taken for one that never was. */
		shutdown(line->fd, SHUT_RDWR);
		return;
	}
	queue(line, header, sizeof(header));
	queue(line, head, head_length);
	queue(line, rest, length);
	frame_flush(line); /* One that has gone is found by poll(2). */
}

bool frame_flush(struct frame_line *line)
{
	size_t sent = 0;
	bool alive = true;
	while (sent < line->out_length) {
		ssize_t count = send(line->fd, line->out + sent, line->out_length - sent, MSG_NOSIGNAL);
		if (count < 0) {
			alive = errno == EAGAIN || errno == EINTR;
			break;
		}
		sent += (size_t)count;
	}
	line->out_length -= sent;
	if (sent > 0)
		memmove(line->out, line->out + sent, line->out_length);
	return alive;
}

void frame_line_free(struct frame_line *line)
{
	close(line->fd);
	free(line->in);
	free(line->out);
}
