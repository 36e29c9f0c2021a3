/*
 * ttRPC as containerd speaks it (containerd/ttrpc, PROTOCOL.md), unary calls only: what Kata's shim and
 * agent say to each other. Both sides are a stream of frames, each a header of ten bytes, big-endian, and
 * a message of proto/runtimes/kata/ttrpc.proto:
 *
 *     u32 length of the message, u32 stream, u8 type, u8 flags
 *
 * A call is a stream: the client numbers them, odd ones, and each has one request and one response.
 */
#ifndef SANDGLASS_TTRPC_H
#define SANDGLASS_TTRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TTRPC_HEADER_SIZE 10
/* Upstream's messageLengthMax. */
#define TTRPC_MESSAGE_MAX (4 << 20)

#define TTRPC_REQUEST 1
#define TTRPC_RESPONSE 2

/* gRPC's codes, as far as Kata's agent gives them. */
enum ttrpc_code {
	TTRPC_OK = 0,
	TTRPC_CANCELLED = 1,
	TTRPC_UNKNOWN = 2,
	TTRPC_INVALID_ARGUMENT = 3,
	TTRPC_DEADLINE_EXCEEDED = 4,
	TTRPC_NOT_FOUND = 5,
	TTRPC_ALREADY_EXISTS = 6,
	TTRPC_RESOURCE_EXHAUSTED = 8,
	TTRPC_FAILED_PRECONDITION = 9,
	TTRPC_UNIMPLEMENTED = 12,
	TTRPC_INTERNAL = 13,
	TTRPC_UNAVAILABLE = 14,
};

struct ttrpc_header {
	uint32_t length; /* of the message */
	uint32_t stream;
	uint8_t type;
	uint8_t flags;
};

void ttrpc_put_header(uint8_t bytes[TTRPC_HEADER_SIZE], const struct ttrpc_header *header);
struct ttrpc_header ttrpc_get_header(const uint8_t bytes[TTRPC_HEADER_SIZE]);

/* Takes a stream apart as its bytes come. Starts as zeroes. */
struct ttrpc_reader {
	struct ttrpc_header header;
	uint8_t bytes[TTRPC_HEADER_SIZE];
	size_t filled;	/* of the header, then of the message */
	bool in_message;
	uint8_t *message; /* NULL while a message is passed over */
};

/*
 * A whole frame. `message` is good until the return; NULL if it was longer than TTRPC_MESSAGE_MAX, or
 * there was no memory for it, and so passed over: whoever asked is told, and the stream goes on.
 */
typedef void ttrpc_frame_handler(void *owner, const struct ttrpc_header *header, const uint8_t *message);

/* The handler may not call ttrpc_feed or ttrpc_reader_clear on the same reader. */
void ttrpc_feed(struct ttrpc_reader *reader, const uint8_t *bytes, size_t length, ttrpc_frame_handler *handler,
		void *owner);
void ttrpc_reader_clear(struct ttrpc_reader *reader);

/* Whole frames, to be freed; NULL without memory, or if the message would be too long. */
uint8_t *ttrpc_pack_request(uint32_t stream, const char *service, const char *method, const uint8_t *payload,
			    size_t length, int64_t timeout_ns, size_t *size);
/* With a code other than TTRPC_OK `text` says why and there is no payload. */
uint8_t *ttrpc_pack_response(uint32_t stream, enum ttrpc_code code, const char *text, const uint8_t *payload,
			     size_t length, size_t *size);

#endif
