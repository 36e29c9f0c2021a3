/*
 * The link to the outside of the machine, where the VM runs: frames both ways over a stream socket. A frame is
 * a type, three bytes of zero, a little-endian length, and as many bytes.
 */
#ifndef VMM_LINK_H
#define VMM_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER 8
#define FRAME_PAYLOAD_MAX (256 * 1024)

#define FRAME_ETHERNET 'n' /* both ways: a frame of the VM's network */
#define FRAME_NINEP 'p'	   /* from the host a 9P request, to it the reply, in any order */

/* hvsock; each begins with u32 connection, a number that is not used again. */
#define FRAME_CONNECT 'o'   /* to the host: u32 port */
#define FRAME_CONNECTED 'O' /* from the host: u32 0, or an errno, which ends the connection */
#define FRAME_DATA 'd'	    /* both ways: bytes */
#define FRAME_CREDIT 'w'    /* both ways: u32 bytes more than VSOCK_WINDOW that may be sent */
#define FRAME_CLOSE 'c'	    /* both ways, once: whoever gets it has nothing to answer */

/* What has come; `at` is the first byte that has not been looked at. */
struct inbox {
	uint8_t *bytes;
	size_t at, length;
};

/* What goes out at the next flush: whole frames. */
struct outbox {
	uint8_t *bytes;
	size_t length;
};

struct frame {
	uint8_t type;
	uint32_t length;
	uint8_t *payload; /* in the inbox, and may be written to */
};

/* Takes over the socket; it stays blocking. */
void link_use(int socket);
int link_socket(void);

void inbox_make(struct inbox *inbox);
void inbox_free(struct inbox *inbox);
/* Reads once. False if the other side has gone. */
bool inbox_receive(struct inbox *inbox);
/* The next frame, if the whole of it is there. */
bool inbox_next(struct inbox *inbox, struct frame *frame);
/* Moves what `from` has not looked at to `to`, which is empty. */
void inbox_take(struct inbox *to, struct inbox *from);

void outbox_make(struct outbox *outbox);
void outbox_free(struct outbox *outbox);
/* Where a frame's payload of up to `room` bytes can be written; may flush before. */
uint8_t *outbox_space(struct outbox *outbox, size_t room);
/* Makes the bytes there a frame. */
void outbox_commit(struct outbox *outbox, uint8_t type, size_t length);
/* Sends all from the byte `start` on, and is empty then; waits as long as the agent has no room. */
void outbox_flush(struct outbox *outbox, size_t start);

#endif
