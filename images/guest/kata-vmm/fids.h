/*
 * What the VM has hold of. A fid is never changed into another file: where 9P says so, another takes its
 * number. So whoever has one may use it while other requests do what they like.
 */
#ifndef VMM_FIDS_H
#define VMM_FIDS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* An extended attribute's value, or the list of names, as it is read or written through a fid. */
struct attribute_value {
	size_t room;	  /* of `bytes` */
	uint32_t size;	  /* of the whole */
	uint32_t written; /* of one to be set: the bytes that have come */
	int flags;	  /* of setxattr(2) */
	char name[256];	  /* "" for a list */
	uint8_t bytes[];
};

#define SLOW_ALWAYS UINT32_MAX

struct fid {
	struct fid *next;
	uint32_t id;
	uint32_t references;
	uint32_t user;	/* who makes files through it: the uid that it was attached for */
	int path;	/* O_PATH: the file itself, whatever its name is now */
	int io;		/* once it is open; -1 before */
	int lock;	/* what its locks are on; -1 before the first (locks.c) */
	struct attribute_value *value; /* instead of a file's contents */
	pthread_mutex_t reading;       /* of a directory, whose descriptor has one position */
	off_t position;
	atomic_uint slow; /* reads that are still expected to take long, or SLOW_ALWAYS */
};

/* Of at most so many bytes. NULL and errno if there is no memory, or the VM has too much of it in values. */
struct attribute_value *value_make(size_t size);
void value_free(struct attribute_value *value);

/* With a reference, or NULL. */
struct fid *fid_get(uint32_t id);
/* One reference more. */
void fid_hold(struct fid *fid);
void fid_put(struct fid *fid);
/* One that has no number yet; it owns `path`. NULL if there are too many, with errno and `path` open. */
struct fid *fid_new(int path, uint32_t user);
/* Gives it the number, and the table's reference. EINVAL if that is another's. */
int fid_add(struct fid *fid, uint32_t id);
/* The same, but takes the number from `old`, if `old` still has it. */
int fid_replace(struct fid *old, struct fid *fid);
/* Opens it, once: EBUSY if it is open. Owns `io` either way. */
int fid_open(struct fid *fid, int io);
/* Takes its number. EBADF if it has none any more. */
int fid_remove(struct fid *fid);
void fids_clear(void);

#endif
