/*
 * Locks of files, flock(2)'s and fcntl(2)'s. They are the node's own, by open file description, so that they hold
 * between containers, and between the VM and the node. A request to wait for one waits here, and not in the
 * kernel, where nothing could call it back.
 */
#ifndef VMM_LOCKS_H
#define VMM_LOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "link.h"

/* Milliseconds until those that wait are to be tried again, for locks of the node; 0: now; -1 if none waits. */
int locks_patience(void);
/*
 * Tries all that wait. To be called when one of the VM's may have been released, too. What the leader has to say is
 * sent with all the rest; of others, before anybody can ask whether it still waits.
 */
void locks_retry(struct outbox *outbox, bool leads);
/* Ends the wait of the request `tag`. False if it does not wait here. */
bool locks_flush(struct outbox *outbox, uint16_t tag);
/* The VM has begun anew. */
void locks_clear(void);

#endif
