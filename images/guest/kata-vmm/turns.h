/*
 * Who works. One thread, the leader, reads the link and serves whatever comes, 9P requests too: handing each
 * to another thread would cost a context switch, which on the emulated CPU takes longer than the request. But
 * a request may have to wait, for a file of /archive that is fetched first, say, and the VM's network must not
 * wait with it. So a second thread watches: if the leader is still in the same request after a while, the
 * watcher leads from there on, and the old leader, once its request is done, becomes a watcher or ends.
 */
#ifndef VMM_TURNS_H
#define VMM_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "link.h"

/* Flushes that can wait for one request. */
#define FLUSHES_MAX 4

struct worker {
	struct inbox in;
	struct outbox out;
	uint8_t *scratch;   /* SCRATCH_SIZE bytes for a request's own use */
	struct worker *next;
	/* Of the request that it is in. */
	uint32_t turn;
	size_t settled;	    /* the bytes of `out` before its reply */
	uint16_t tag;
	uint16_t flushes[FLUSHES_MAX];
	unsigned flush_count;
	bool deposed;	    /* it goes on without leading, and its reply is still to be sent */
};

/* Above it, a directory's entries are given in several replies. */
#define SCRATCH_SIZE (48 * 1024)

/* What the leader does, until it finds itself deposed. */
typedef void lead_function(struct worker *worker);

void turns_start(lead_function *lead);
/*
 * Around each request. `turn_end` is false if the worker leads no more: then only what is in `out` from
 * `settled` on is its own to send, and after it, and after `turn_sent`, the answers to `flushes`.
 */
void turn_begin(struct worker *worker, uint16_t tag);
bool turn_end(struct worker *worker);
void turn_sent(struct worker *worker);
/* The request that the worker is in will take long: somebody else leads as soon as possible. */
void turn_hand_over(void);
/* Leaves the answer to a flush to the worker that is in the request `tag`. False if none is. */
bool turn_flush(uint16_t tag, uint16_t flush);

#endif
