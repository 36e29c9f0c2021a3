#include "guest.h"
#include "message.h"

#include <string.h>

#include "devices.h"

#define QID_DIRECTORY 0x80
#define QID_SYMLINK 0x02

uint8_t *take_bytes(struct request *request, uint32_t length)
{
	uint8_t *bytes = request->at;
	if (request->bad || (size_t)(request->end - request->at) < length) {
		request->bad = true;
		return NULL;
	}
	request->at += length;
	return bytes;
}

static void take(struct request *request, void *into, uint32_t length)
{
	const uint8_t *bytes = take_bytes(request, length);
	if (bytes)
		memcpy(into, bytes, length);
}

uint8_t take_u8(struct request *request)
{
	uint8_t value = 0;
	take(request, &value, sizeof(value));
	return value;
}

uint16_t take_u16(struct request *request)
{
	uint16_t value = 0;
	take(request, &value, sizeof(value));
	return value;
}

uint32_t take_u32(struct request *request)
{
	uint32_t value = 0;
	take(request, &value, sizeof(value));
	return value;
}

uint64_t take_u64(struct request *request)
{
	uint64_t value = 0;
	take(request, &value, sizeof(value));
	return value;
}

/* Its length has been read, so the string may move there, and its end has room for the NUL. */
const char *take_string(struct request *request)
{
	uint16_t length = take_u16(request);
	uint8_t *bytes = take_bytes(request, length);
	if (!bytes || memchr(bytes, 0, length)) {
		request->bad = true;
		return "";
	}
	memmove(bytes - 1, bytes, length);
	bytes[length - 1] = 0;
	return (const char *)bytes - 1;
}

bool taken_whole(const struct request *request)
{
	return !request->bad && request->at == request->end;
}

void put_bytes(struct request *request, const void *bytes, size_t length)
{
	memcpy(request->reply, bytes, length);
	request->reply += length;
}

void put_u8(struct request *request, uint8_t value)
{
	*request->reply++ = value;
}

void put_u16(struct request *request, uint16_t value)
{
	put_bytes(request, &value, sizeof(value));
}

void put_u32(struct request *request, uint32_t value)
{
	put_bytes(request, &value, sizeof(value));
}

void put_u64(struct request *request, uint64_t value)
{
	put_bytes(request, &value, sizeof(value));
}

void put_string(struct request *request, const char *text, size_t length)
{
	put_u16(request, (uint16_t)length);
	put_bytes(request, text, length);
}

void put_qid(struct request *request, const struct stat *status)
{
	uint8_t type = S_ISDIR(status->st_mode) ? QID_DIRECTORY : S_ISLNK(status->st_mode) ? QID_SYMLINK : 0;
	/* Another version whenever the file has changed. */
	uint64_t version = (uint64_t)status->st_mtim.tv_sec ^ (uint64_t)status->st_mtim.tv_nsec << 2 ^
			   (uint64_t)status->st_size << 8;
	put_u8(request, type);
	put_u32(request, (uint32_t)version);
	put_u64(request, device_inode(status->st_dev, status->st_ino));
}
