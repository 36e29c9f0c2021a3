#include "guest.h"
#include "fids.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define BUCKETS 1024
/* Each is a descriptor or two. The VM keeps one for each file that it has in its caches. */
#define FIDS_MAX 65536
/* Bytes of all values together. Linux lets go of one before it asks for the next, and asks for 32 at once at most. */
#define VALUES_MAX (4 * 1024 * 1024)

static struct fid *table[BUCKETS];
static struct fid *unused;
static unsigned count;
static atomic_size_t values_size;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct fid **find(uint32_t id)
{
	struct fid **at = &table[id % BUCKETS];
	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

struct attribute_value *value_make(size_t size)
{
	struct attribute_value *value = NULL;
	if (atomic_fetch_add(&values_size, size) + size <= VALUES_MAX)
		value = malloc(sizeof(*value) + size);
	if (value) {
		*value = (struct attribute_value){ .room = size, .size = (uint32_t)size };
	} else {
		atomic_fetch_sub(&values_size, size);
		errno = ENOMEM;
	}
	return value;
}

void value_free(struct attribute_value *value)
{
	if (value)
		atomic_fetch_sub(&values_size, value->room);
	free(value);
}

struct fid *fid_get(uint32_t id)
{
	pthread_mutex_lock(&lock);
	struct fid *fid = *find(id);
	if (fid)
		fid->references++;
	pthread_mutex_unlock(&lock);
	return fid;
}

void fid_hold(struct fid *fid)
{
	pthread_mutex_lock(&lock);
	fid->references++;
	pthread_mutex_unlock(&lock);
}

void fid_put(struct fid *fid)
{
	pthread_mutex_lock(&lock);
	uint32_t left = --fid->references;
	pthread_mutex_unlock(&lock);
	if (left > 0)
		return;
	/* Without the lock: closing a file may take its time. */
	if (fid->lock >= 0 && fid->lock != fid->io)
		close(fid->lock);
	if (fid->io >= 0)
		close(fid->io);
	if (fid->path >= 0)
		close(fid->path);
	value_free(fid->value);
	pthread_mutex_lock(&lock);
	fid->next = unused;
	unused = fid;
	count--;
	pthread_mutex_unlock(&lock);
}

struct fid *fid_new(int path, uint32_t user)
{
	pthread_mutex_lock(&lock);
	struct fid *fid = count < FIDS_MAX ? unused : NULL;
	if (fid)
		unused = fid->next;
	else if (count < FIDS_MAX)
		fid = malloc(sizeof(*fid));
	else
		errno = EMFILE;
	count += fid != NULL;
	pthread_mutex_unlock(&lock);
	if (!fid)
		return NULL;
	*fid = (struct fid){ .references = 1, .user = user, .path = path, .io = -1, .lock = -1 };
	pthread_mutex_init(&fid->reading, NULL);
	return fid;
}

int fid_add(struct fid *fid, uint32_t id)
{
	int error = 0;
	pthread_mutex_lock(&lock);
	struct fid **at = find(id);
	if (*at) {
		error = EINVAL;
	} else {
		fid->id = id;
		fid->next = NULL;
		fid->references++;
		*at = fid;
	}
	pthread_mutex_unlock(&lock);
	return error;
}

int fid_replace(struct fid *old, struct fid *fid)
{
	int error = fid_remove(old);
	return error ? error : fid_add(fid, old->id);
}

int fid_open(struct fid *fid, int io)
{
	pthread_mutex_lock(&lock);
	int error = fid->io >= 0 || fid->value ? EBUSY : 0;
	if (!error)
		fid->io = io;
	pthread_mutex_unlock(&lock);
	if (error)
		close(io);
	return error;
}

int fid_remove(struct fid *fid)
{
	pthread_mutex_lock(&lock);
	struct fid **at = find(fid->id);
	int error = *at == fid ? 0 : EBADF;
	if (!error)
		*at = fid->next;
	pthread_mutex_unlock(&lock);
	if (!error)
		fid_put(fid);
	return error;
}

void fids_clear(void)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		pthread_mutex_lock(&lock);
		struct fid *first = table[i];
		table[i] = NULL;
		pthread_mutex_unlock(&lock);
		while (first) {
			struct fid *next = first->next;
			fid_put(first);
			first = next;
		}
	}
}
