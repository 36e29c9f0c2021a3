#include "guest.h"
#include "locks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ninep.h"
#include "operations.h"
#include "place.h"

/* P9_LOCK_FLAGS_BLOCK, and the answers */
#define LOCK_WAITS 1
#define LOCK_SUCCESS 0
#define LOCK_BLOCKED 1

#define RETRY_MS 100
/* Half of v86's 9P queue: there must be room for the request that releases. More than these ask again. */
#define WAITING_MAX 16

struct waiting {
	struct fid *fid;
	struct flock lock;
	uint16_t tag;
};

static struct waiting waiting[WAITING_MAX];
static unsigned waiting_count;
/* When they are to be tried again, in milliseconds of CLOCK_MONOTONIC. */
static int64_t due;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/*
 * A lock for writing needs a descriptor for writing (fcntl(2)), but flock(2) does not; so it is not on the VM's
 * own. Where there is no such descriptor, for a directory or a file that nobody can write to, only flock(2) can
 * have asked for one.
 */
static int descriptor_for(struct fid *fid)
{
	if (fid->lock < 0 && fid->io >= 0) {
		fid->lock = place_reopen(fid->io, O_RDWR);
		if (fid->lock < 0)
			fid->lock = fid->io;
	}
	return fid->lock;
}

static int64_t milliseconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Does not wait. 0 or errno. */
static int try(struct fid *fid, struct flock *lock)
{
	static const int whole[] = { [F_RDLCK] = LOCK_SH, [F_WRLCK] = LOCK_EX, [F_UNLCK] = LOCK_UN };
	int fd = descriptor_for(fid);
	if (fd < 0)
		return EBADF;
	int result = fd == fid->io ? flock(fd, whole[lock->l_type] | LOCK_NB) : fcntl(fd, F_OFD_SETLK, lock);
	if (result == 0)
		return 0;
	return errno == EACCES ? EAGAIN : errno;
}

static struct flock take_lock(struct request *request, bool with_flags, uint32_t *flags)
{
	struct flock lock = { .l_type = take_u8(request), .l_whence = SEEK_SET };
	if (with_flags)
		*flags = take_u32(request);
	lock.l_start = (off_t)take_u64(request);
	lock.l_len = (off_t)take_u64(request);
	return lock;
}

int lock_range(struct request *request)
{
	uint32_t flags = 0;
	struct flock lock = take_lock(request, true, &flags);
	take_u32(request);    /* the process: the description is the owner */
	take_string(request); /* the VM's name */
	if (!taken_whole(request) || lock.l_type > F_UNLCK)
		return EINVAL;
	pthread_mutex_lock(&mutex);
	int error = try(request->fid, &lock);
	if (error == EAGAIN && flags & LOCK_WAITS && waiting_count < WAITING_MAX) {
		fid_hold(request->fid);
		if (waiting_count == 0)
			due = milliseconds_now() + RETRY_MS;
		waiting[waiting_count++] =
			(struct waiting){ .fid = request->fid, .lock = lock, .tag = request->tag };
		error = ANSWER_LATER;
	}
	pthread_mutex_unlock(&mutex);
	if (error && error != EAGAIN)
		return error;
	put_u8(request, error ? LOCK_BLOCKED : LOCK_SUCCESS);
	return 0;
}

int get_lock(struct request *request)
{
	struct flock lock = take_lock(request, false, NULL);
	uint32_t process = take_u32(request);
	const char *client = take_string(request);
	if (!taken_whole(request) || lock.l_type > F_UNLCK)
		return EINVAL;
	pthread_mutex_lock(&mutex);
	int fd = descriptor_for(request->fid), error = 0;
	if (fd < 0)
		error = EBADF;
	else if (fd == request->fid->io)
		lock.l_type = F_UNLCK; /* flock(2) cannot ask. */
	else if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		error = errno;
	pthread_mutex_unlock(&mutex);
	if (error)
		return error;
	put_u8(request, (uint8_t)lock.l_type);
	put_u64(request, (uint64_t)lock.l_start);
	put_u64(request, (uint64_t)lock.l_len);
	/* Who has it is known of none but the node's own processes. */
	put_u32(request, lock.l_type == F_UNLCK ? process : lock.l_pid > 0 ? (uint32_t)lock.l_pid : 0);
	put_string(request, client, strlen(client));
	return 0;
}

/* ---- Those that wait ---- */

int locks_patience(void)
{
	pthread_mutex_lock(&mutex);
	int64_t left = waiting_count > 0 ? due - milliseconds_now() : -1;
	if (waiting_count > 0 && left < 0)
		left = 0;
	pthread_mutex_unlock(&mutex);
	return (int)left;
}

static void answer(struct outbox *outbox, const struct waiting *one, int error)
{
	static const uint8_t success[] = { LOCK_SUCCESS };
	if (error)
		ninep_refuse(outbox, one->tag, error);
	else
		ninep_reply(outbox, TLOCK, one->tag, success, sizeof(success));
}

/* Takes it off the list, with its reference. */
static struct waiting take_waiting(unsigned index)
{
	struct waiting one = waiting[index];
	waiting_count--;
	memmove(waiting + index, waiting + index + 1, (waiting_count - index) * sizeof(*waiting));
	return one;
}

void locks_retry(struct outbox *outbox, bool leads)
{
	pthread_mutex_lock(&mutex);
	for (unsigned i = 0; i < waiting_count;) {
		int error = try(waiting[i].fid, &waiting[i].lock);
		if (error == EAGAIN) {
			i++;
			continue;
		}
		struct waiting one = take_waiting(i);
		answer(outbox, &one, error);
		fid_put(one.fid);
	}
	due = milliseconds_now() + RETRY_MS;
	if (!leads)
		outbox_flush(outbox, 0);
	pthread_mutex_unlock(&mutex);
}

bool locks_flush(struct outbox *outbox, uint16_t tag)
{
	bool found = false;
	pthread_mutex_lock(&mutex);
	for (unsigned i = 0; i < waiting_count && !found; i++) {
		if (waiting[i].tag != tag)
			continue;
		struct waiting one = take_waiting(i);
		answer(outbox, &one, EINTR);
		fid_put(one.fid);
		found = true;
	}
	pthread_mutex_unlock(&mutex);
	return found;
}

void locks_clear(void)
{
	pthread_mutex_lock(&mutex);
	while (waiting_count > 0)
		fid_put(take_waiting(0).fid);
	pthread_mutex_unlock(&mutex);
}
