/* The ttRPC server on port 1, which is what Kata's vsock port 1024 is. */
#ifndef KATA_SERVER_H
#define KATA_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ttrpc_header;

void server_start(void);
/* Takes the frame, to be freed when it is written. */
void server_send(uint8_t *frame, size_t size);
/* Whether so much waits to be written that what can wait should. */
bool server_full(void);
/* Whether everything was written. */
bool server_flushed(void);
/* Starts the call that a frame is. */
void server_dispatch(const struct ttrpc_header *header, const uint8_t *message);

#endif
