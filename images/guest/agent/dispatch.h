/* From a frame to who it is for: a new channel's kind, or an open channel's streams. */
#ifndef AGENT_DISPATCH_H
#define AGENT_DISPATCH_H

#include <stdint.h>

struct reader;

/* Any frame but HELLO. The header is of PROTOCOL_HEADER_SIZE bytes, the reader over the payload. */
void dispatch(const uint8_t *header, struct reader *reader);
/* Drops a request of which only a part has come. */
void dispatch_forget(void);

#endif
