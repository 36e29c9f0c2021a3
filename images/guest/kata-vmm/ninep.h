/* The 9P2000.L server of the shared directory, whose one client is the VM's kernel. */
#ifndef VMM_NINEP_H
#define VMM_NINEP_H

#include <stdbool.h>
#include <stdint.h>

#include "turns.h"

/* Answers a request, now or later. False if the worker leads no more. */
bool ninep_serve(struct worker *worker, uint8_t *message, uint32_t length);
/* Answers one of before. */
void ninep_reply(struct outbox *outbox, uint8_t type, uint16_t tag, const void *body, size_t length);
void ninep_refuse(struct outbox *outbox, uint16_t tag, int error);

#endif
