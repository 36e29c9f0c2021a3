/*
 * Frames over a socket, both ways: a type, three bytes of zero, a little-endian length, and as many bytes.
 */
#ifndef SANDGLASS_FRAMES_H
#define SANDGLASS_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER 8

struct frame {
	uint8_t type;
	uint32_t length;
	const uint8_t *payload; /* until more is received */
};

/* One end of a line over which frames go; zero but for the first two members at its beginning. */
struct frame_line {
	int fd; /* does not block */
	uint32_t length_max; /* of a frame that comes */
	/* What came and is not taken yet lies from `in_start` on. */
	uint8_t *in;
	size_t in_start, in_end, in_size;
	uint8_t *out;
	size_t out_length, out_size;
};

/* Reads what there is, as far as the frame at the front needs it. False if the other side has gone. */
bool frame_receive(struct frame_line *line);
/* 1 with the frame at the front; 0 if it is not whole yet, -1 if what came is none. */
int frame_first(const struct frame_line *line, struct frame *frame);
/* The frame at the front has been dealt with. */
void frame_take(struct frame_line *line, const struct frame *frame);

/* Queues one, of two parts that follow each other, and sends what can be sent. */
void frame_put(struct frame_line *line, uint8_t type, const void *head, size_t head_length,
	       const void *rest, size_t length);
/* Sends what can be sent. False if the other side has gone. */
bool frame_flush(struct frame_line *line);

/* Closes the socket, too. */
void frame_line_free(struct frame_line *line);

/* A little-endian number of a frame's payload; 0 if that is not as long. */
uint32_t frame_u32(const struct frame *frame, size_t at);

#endif
