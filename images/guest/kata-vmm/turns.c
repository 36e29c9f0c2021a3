#include "guest.h"
#include "turns.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hostcall-client.h"

/* A request that takes longer may take for ever. */
#define PATIENCE_NS (20 * 1000 * 1000)
/* The watcher sleeps until it is woken after so many looks at a leader that did nothing. */
#define IDLE_LOOKS 3
/* One for each request that v86's 9P queue holds, one that leads, and one that watches. */
#define WORKERS_MAX 34
/* Nothing here recurses, or keeps more than a few KiB on its stack. */
#define STACK_SIZE (128 * 1024)

/*
 * Odd while the leader is in a request, and while there is no leader yet. Whoever advances it from there
 * decides: the leader at the request's end, or the watcher, who then leads.
 */
static atomic_uint stage = 1;
static atomic_bool asleep; /* the watcher waits to be woken */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake;
/* Below: with the lock. */
static struct worker *workers, *leader;
static unsigned worker_count;
static bool watched, hurry = true;
static lead_function *lead;

static void *run(void *argument);

/* A thread that watches, if there may be one more. */
static void add_worker(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	struct worker *worker = worker_count < WORKERS_MAX ? calloc(1, sizeof(*worker)) : NULL;
	if (!worker)
		return;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	inbox_make(&worker->in);
	outbox_make(&worker->out);
	worker->scratch = malloc(SCRATCH_SIZE);
	if (worker->scratch && pthread_create(&thread, &attributes, run, worker) == 0) {
		worker->next = workers;
		workers = worker;
		worker_count++;
		watched = true;
		return;
	}
	inbox_free(&worker->in);
	outbox_free(&worker->out);
	free(worker->scratch);
	free(worker);
}

static void remove_worker(struct worker *worker)
{
	struct worker **at = &workers;
	while (*at != worker)
		at = &(*at)->next;
	*at = worker->next;
	worker_count--;
	inbox_free(&worker->in);
	outbox_free(&worker->out);
	free(worker->scratch);
	free(worker);
}

/* ---- The leader ---- */

void turn_begin(struct worker *worker, uint16_t tag)
{
	worker->tag = tag;
	worker->flush_count = 0;
	worker->settled = worker->out.length;
	worker->turn = atomic_load(&stage) + 1;
	atomic_store(&stage, worker->turn);
	if (!atomic_load(&asleep))
		return;
	pthread_mutex_lock(&lock);
	atomic_store(&asleep, false);
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
}

bool turn_end(struct worker *worker)
{
	unsigned ours = worker->turn;
	if (atomic_compare_exchange_strong(&stage, &ours, ours + 1))
		return true;
	/* The new leader may still be copying what it takes over. */
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	return false;
}

void turn_sent(struct worker *worker)
{
	pthread_mutex_lock(&lock);
	worker->deposed = false;
	pthread_mutex_unlock(&lock);
}

void turn_hand_over(void)
{
	pthread_mutex_lock(&lock);
	hurry = true;
	atomic_store(&asleep, false);
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
}

/* ---- The watcher ---- */

/* With the lock. Waits for a while, or until somebody wakes it. */
static void look_away(unsigned idle_looks, unsigned seen)
{
	struct timespec until;
	if (hurry)
		return;
	if (idle_looks >= IDLE_LOOKS) {
		atomic_store(&asleep, true);
		/* A request that began before the leader could see that. */
		if (atomic_load(&stage) != seen)
			atomic_store(&asleep, false);
		while (atomic_load(&asleep))
			pthread_cond_wait(&wake, &lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += PATIENCE_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&wake, &lock, &until);
}

/* With the lock, which the old leader waits for if it ends meanwhile. */
static void succeed(struct worker *worker)
{
	if (leader) {
		inbox_take(&worker->in, &leader->in);
		memcpy(worker->out.bytes, leader->out.bytes, leader->settled);
		worker->out.length = leader->settled;
		leader->deposed = true;
	}
	leader = worker;
	watched = false;
	add_worker();
}

/* Returns as the leader. */
static void watch(struct worker *worker)
{
	unsigned idle_looks = 0;
	pthread_mutex_lock(&lock);
	unsigned seen = atomic_load(&stage);
	for (;;) {
		look_away(idle_looks, seen);
		unsigned now = atomic_load(&stage);
		bool stuck = now % 2 == 1 && (now == seen || hurry);
		hurry = false;
		if (stuck && atomic_compare_exchange_strong(&stage, &now, now + 1))
			break;
		idle_looks = now == seen && now % 2 == 0 ? idle_looks + 1 : 0;
		seen = now;
	}
	succeed(worker);
	pthread_mutex_unlock(&lock);
}

/* ---- Those that have been deposed ---- */

bool turn_flush(uint16_t tag, uint16_t flush)
{
	bool found = false;
	pthread_mutex_lock(&lock);
	for (struct worker *worker = workers; worker && !found; worker = worker->next) {
		if (!worker->deposed || worker->tag != tag || worker->flush_count == FLUSHES_MAX)
			continue;
		worker->flushes[worker->flush_count++] = flush;
		found = true;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

/* False if the thread is not needed any more, and its worker is no more. */
static bool stay(struct worker *worker)
{
	pthread_mutex_lock(&lock);
	bool needed = !watched;
	watched = true;
	if (!needed)
		remove_worker(worker);
	pthread_mutex_unlock(&lock);
	return needed;
}

static void *run(void *argument)
{
	struct worker *worker = argument;
	do {
		watch(worker);
		lead(worker);
	} while (stay(worker));
	return NULL;
}

void turns_start(lead_function *function)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&wake, &attributes);
	pthread_mutex_lock(&lock);
	lead = function;
	add_worker();
	if (!workers)
		hostcall_fail("cannot make a thread");
	pthread_mutex_unlock(&lock);
}
