#include "guest.h"
#include "ttrpc.h"

#include <stdlib.h>
#include <string.h>

#include "runtimes/kata/ttrpc.pb-c.h"

static void put_u32(uint8_t *bytes, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get_u32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void ttrpc_put_header(uint8_t bytes[TTRPC_HEADER_SIZE], const struct ttrpc_header *header)
{
	put_u32(bytes, header->length);
	put_u32(bytes + 4, header->stream);
	bytes[8] = header->type;
	bytes[9] = header->flags;
}

struct ttrpc_header ttrpc_get_header(const uint8_t bytes[TTRPC_HEADER_SIZE])
{
	return (struct ttrpc_header){
		.length = get_u32(bytes),
		.stream = get_u32(bytes + 4),
		.type = bytes[8],
		.flags = bytes[9],
	};
}

static void begin_message(struct ttrpc_reader *reader)
{
	uint32_t length = reader->header.length;
	reader->in_message = true;
	reader->filled = 0;
	/* An empty message is one nonetheless. */
	reader->message = length <= TTRPC_MESSAGE_MAX ? malloc(length ? length : 1) : NULL;
}

/* How many of the bytes belong to what is being read. */
static size_t take(struct ttrpc_reader *reader, uint8_t *target, size_t wanted, const uint8_t *bytes, size_t length)
{
	size_t missing = wanted - reader->filled;
	size_t count = missing < length ? missing : length;
	if (target && count)
		memcpy(target + reader->filled, bytes, count);
	reader->filled += count;
	return count;
}

void ttrpc_feed(struct ttrpc_reader *reader, const uint8_t *bytes, size_t length, ttrpc_frame_handler *handler,
		void *owner)
{
	while (length > 0) {
		size_t count;
		if (!reader->in_message) {
			count = take(reader, reader->bytes, TTRPC_HEADER_SIZE, bytes, length);
			if (reader->filled == TTRPC_HEADER_SIZE) {
				reader->header = ttrpc_get_header(reader->bytes);
				begin_message(reader);
			}
		} else {
			count = take(reader, reader->message, reader->header.length, bytes, length);
		}
		bytes += count;
		length -= count;
		if (reader->in_message && reader->filled == reader->header.length) {
			handler(owner, &reader->header, reader->message);
			ttrpc_reader_clear(reader);
		}
	}
}

void ttrpc_reader_clear(struct ttrpc_reader *reader)
{
	free(reader->message);
	*reader = (struct ttrpc_reader){ 0 };
}

static uint8_t *pack(uint32_t stream, uint8_t type, const ProtobufCMessage *message, size_t *size)
{
	size_t length = protobuf_c_message_get_packed_size(message);
	uint8_t *frame = length <= TTRPC_MESSAGE_MAX ? malloc(TTRPC_HEADER_SIZE + length) : NULL;
	if (!frame)
		return NULL;
	struct ttrpc_header header = { .length = (uint32_t)length, .stream = stream, .type = type };
	ttrpc_put_header(frame, &header);
	protobuf_c_message_pack(message, frame + TTRPC_HEADER_SIZE);
	*size = TTRPC_HEADER_SIZE + length;
	return frame;
}

/* protobuf-c's messages point at what they are packed from, which it only reads. */
static ProtobufCBinaryData borrowed(const uint8_t *bytes, size_t length)
{
	return (ProtobufCBinaryData){ .len = length, .data = (uint8_t *)(uintptr_t)bytes };
}

uint8_t *ttrpc_pack_request(uint32_t stream, const char *service, const char *method, const uint8_t *payload,
			    size_t length, int64_t timeout_ns, size_t *size)
{
	Ttrpc__Request request = TTRPC__REQUEST__INIT;
	request.service = (char *)(uintptr_t)service;
	request.method = (char *)(uintptr_t)method;
	request.payload = borrowed(payload, length);
	request.timeout_nano = timeout_ns;
	return pack(stream, TTRPC_REQUEST, &request.base, size);
}

uint8_t *ttrpc_pack_response(uint32_t stream, enum ttrpc_code code, const char *text, const uint8_t *payload,
			     size_t length, size_t *size)
{
	Ttrpc__Response response = TTRPC__RESPONSE__INIT;
	Ttrpc__Status status = TTRPC__STATUS__INIT;
	if (code != TTRPC_OK) {
		status.code = code;
		status.message = (char *)(uintptr_t)text;
		response.status = &status;
	} else {
		response.payload = borrowed(payload, length);
	}
	return pack(stream, TTRPC_RESPONSE, &response.base, size);
}
