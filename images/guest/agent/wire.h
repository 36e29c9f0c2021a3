/* Frames on the port: writing them, and taking payloads apart. See protocol.h. */
#ifndef AGENT_WIRE_H
#define AGENT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A payload being taken apart. Taking beyond its end yields zeros and marks it bad. */
struct reader {
	const uint8_t *at;
	const uint8_t *end;
	bool bad;
};

uint16_t take_u16(struct reader *reader);
uint32_t take_u32(struct reader *reader);
uint64_t take_u64(struct reader *reader);
/* Points into the payload. On the wire: u32 length, the bytes, and a NUL that ends it for us. */
const char *take_string(struct reader *reader);
const uint8_t *take_bytes(struct reader *reader, uint32_t length);
/* True if the payload was good and nothing is left; otherwise marks it bad. */
bool taken_whole(struct reader *reader);

/* Frames collect in one buffer; wire_flush gives them to the host with one write. */
void wire_open(int fd);
void wire_flush(void);
bool wire_pending(void);

/* A small frame: begin, put, end. Room for 4 KiB of path and a few numbers. */
void frame_begin(uint8_t type, uint8_t stream, uint32_t channel);
void put_u16(uint16_t value);
void put_u32(uint32_t value);
void put_u64(uint64_t value);
void put_string(const char *text);
void put_bytes(const void *bytes, size_t length);
void frame_end(void);

/* A frame that the caller fills in place: no copy between a pipe and the port. */
uint8_t *frame_space(size_t *room);
void frame_commit(uint8_t type, uint8_t stream, uint32_t channel, size_t length);

/* A message that may need several frames. */
void send_message(uint8_t type, uint32_t channel, const void *payload, size_t length);

void put_u16_at(uint8_t *at, uint16_t value);
void put_u32_at(uint8_t *at, uint32_t value);
void put_u64_at(uint8_t *at, uint64_t value);
uint32_t get_u32_at(const uint8_t *at);

#endif
