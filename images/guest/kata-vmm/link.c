#include "guest.h"
#include "link.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hostcall-client.h"

/* Read at a time: many small requests, or half of a large one. */
#define RECEIVE_SIZE (64 * 1024)
#define INBOX_SIZE (FRAME_HEADER + FRAME_PAYLOAD_MAX + RECEIVE_SIZE)
/* An outbox with more in it than this is sent before anything is added. */
#define OUTBOX_FULL (64 * 1024)
#define OUTBOX_SIZE (OUTBOX_FULL + FRAME_HEADER + FRAME_PAYLOAD_MAX)
/* Two of the largest replies: whoever writes one shall seldom wait for the agent. */
#define SOCKET_BUFFER (2 * FRAME_PAYLOAD_MAX)

static int link_fd = -1;
/* Threads take turns by whole flushes, so frames stay whole. */
static pthread_mutex_t sending = PTHREAD_MUTEX_INITIALIZER;

void link_use(int socket)
{
	int size = SOCKET_BUFFER;
	/* Of use, but not needed. */
	setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	link_fd = socket;
}

int link_socket(void)
{
	return link_fd;
}

/* The pages of these become memory as they are first used: most need a small part. */
static uint8_t *make_buffer(size_t size)
{
	uint8_t *buffer = malloc(size);
	if (!buffer)
		hostcall_fail("out of memory");
	return buffer;
}

/* ---- In ---- */

void inbox_make(struct inbox *inbox)
{
	*inbox = (struct inbox){ .bytes = make_buffer(INBOX_SIZE) };
}

void inbox_free(struct inbox *inbox)
{
	free(inbox->bytes);
}

static uint32_t length_at(const uint8_t *header)
{
	uint32_t length;
	memcpy(&length, header + 4, sizeof(length));
	return length;
}

bool inbox_receive(struct inbox *inbox)
{
	if (inbox->at == inbox->length) {
		inbox->at = inbox->length = 0;
	} else if (INBOX_SIZE - inbox->at < FRAME_HEADER + FRAME_PAYLOAD_MAX) {
		inbox->length -= inbox->at;
		memmove(inbox->bytes, inbox->bytes + inbox->at, inbox->length);
		inbox->at = 0;
	}
	size_t have = inbox->length - inbox->at, room = INBOX_SIZE - inbox->length;
	size_t wanted = RECEIVE_SIZE;
	if (have >= FRAME_HEADER)
		wanted = FRAME_HEADER + length_at(inbox->bytes + inbox->at) - have;
	if (wanted < RECEIVE_SIZE)
		wanted = RECEIVE_SIZE;
	ssize_t count = recv(link_fd, inbox->bytes + inbox->length, wanted < room ? wanted : room, MSG_DONTWAIT);
	if (count < 0)
		return errno == EAGAIN || errno == EINTR;
	inbox->length += (size_t)count;
	return count > 0;
}

bool inbox_next(struct inbox *inbox, struct frame *frame)
{
	uint8_t *header = inbox->bytes + inbox->at;
	size_t have = inbox->length - inbox->at;
	if (have < FRAME_HEADER)
		return false;
	uint32_t length = length_at(header);
	if (length > FRAME_PAYLOAD_MAX)
		hostcall_fail("the host sent a frame that is too long");
	if (have - FRAME_HEADER < length)
		return false;
	*frame = (struct frame){ .type = header[0], .length = length, .payload = header + FRAME_HEADER };
	inbox->at += FRAME_HEADER + length;
	return true;
}

void inbox_take(struct inbox *to, struct inbox *from)
{
	to->at = 0;
	to->length = from->length - from->at;
	memcpy(to->bytes, from->bytes + from->at, to->length);
	from->at = from->length = 0;
}

/* ---- Out ---- */

void outbox_make(struct outbox *outbox)
{
	*outbox = (struct outbox){ .bytes = make_buffer(OUTBOX_SIZE) };
}

void outbox_free(struct outbox *outbox)
{
	free(outbox->bytes);
}

uint8_t *outbox_space(struct outbox *outbox, size_t room)
{
	if (outbox->length > OUTBOX_FULL || OUTBOX_SIZE - outbox->length - FRAME_HEADER < room)
		outbox_flush(outbox, 0);
	return outbox->bytes + outbox->length + FRAME_HEADER;
}

void outbox_commit(struct outbox *outbox, uint8_t type, size_t length)
{
	uint32_t header[2] = { type, (uint32_t)length };
	memcpy(outbox->bytes + outbox->length, header, sizeof(header));
	outbox->length += FRAME_HEADER + length;
}

void outbox_flush(struct outbox *outbox, size_t start)
{
	const uint8_t *at = outbox->bytes + start;
	size_t rest = outbox->length - start;
	outbox->length = 0;
	if (rest == 0)
		return;
	pthread_mutex_lock(&sending);
	while (rest > 0) {
		ssize_t count = send(link_fd, at, rest, MSG_NOSIGNAL);
		if (count < 0 && errno == EINTR)
			continue;
		/* The host has closed the link. What comes of it, the agent tells the main thread. */
		if (count < 0)
			break;
		at += count;
		rest -= (size_t)count;
	}
	pthread_mutex_unlock(&sending);
}
