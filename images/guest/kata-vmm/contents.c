/* What is in files and directories. */
#include "guest.h"
#include "operations.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "place.h"
#include "turns.h"

/*
 * What the VM says of how it will use a file; the rest of its flags is its own business. Not O_ACCMODE: musl's has
 * O_PATH in it, with which open(2) forgets O_CREAT and O_EXCL, and goes through a link to wherever it leads.
 */
#define OPEN_FLAGS (O_WRONLY | O_RDWR | O_TRUNC | O_APPEND | O_DSYNC | O_SYNC | O_NOATIME)
/* Numbers of a reply around the data: size[4] type[1] tag[2] count[4]. */
#define DATA_OVERHEAD 11

/*
 * Sockets, pipes and devices are the VM's own kernel's: the server would open the node's. As it holds the file
 * already, nothing else can take its place.
 */
static int check_kind(const struct stat *status)
{
	if (S_ISLNK(status->st_mode))
		return ELOOP;
	return S_ISREG(status->st_mode) || S_ISDIR(status->st_mode) ? 0 : ENXIO;
}

/* Of the node's archive, files are fetched as they are read: each read is expected to take long. */
static unsigned expected_slow(int io)
{
	struct statfs where;
	return fstatfs(io, &where) == 0 && where.f_type == V9FS_MAGIC ? SLOW_ALWAYS : 0;
}

int open_fid(struct request *request)
{
	struct fid *fid = request->fid;
	struct stat status;
	int flags = (int)take_u32(request) & OPEN_FLAGS;
	if (!taken_whole(request))
		return EINVAL;
	int error = fstat(fid->path, &status) < 0 ? errno : check_kind(&status);
	if (!error && flags & (O_WRONLY | O_RDWR | O_TRUNC))
		error = place_check_change(fid->path);
	if (error)
		return error;
	int io = place_reopen(fid->path, flags);
	if (io < 0)
		return errno;
	fid->slow = expected_slow(io);
	put_qid(request, &status);
	put_u32(request, 0); /* as much at a time as a message holds */
	return fid_open(fid, io);
}

/* ---- Creating ---- */

/* Somebody was quicker, and the VM does not mind: what is there may be anything. */
static int open_existing(int directory, const char *name, int flags)
{
	struct stat status;
	int path = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (path < 0)
		return -1;
	int error = fstat(path, &status) < 0 ? errno : check_kind(&status);
	int io = error ? -1 : place_reopen(path, flags & OPEN_FLAGS);
	if (!error)
		error = errno;
	close(path);
	errno = error;
	return io;
}

/* A new file is the user's, and what chown(2) takes from its mode it gets again. */
static int create(const struct fid *parent, const char *name, int flags, mode_t mode, uint32_t group)
{
	int how = (flags & OPEN_FLAGS) | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int io = openat(parent->path, name, how, mode & 07777);
	if (io < 0)
		return errno == EEXIST && !(flags & O_EXCL) ? open_existing(parent->path, name, flags) : -1;
	if (parent->user == 0 && group == 0)
		return io;
	if (fchown(io, parent->user, group) < 0 || (mode & 06000 && fchmod(io, mode & 07777) < 0)) {
		int error = errno;
		close(io);
		unlinkat(parent->path, name, 0);
		errno = error;
		return -1;
	}
	return io;
}

/* The fid of the directory becomes that of the file: another, under its number. */
static int become(struct request *request, int io)
{
	struct fid *parent = request->fid;
	int path = place_reopen(io, O_PATH);
	struct fid *fid = path >= 0 ? fid_new(path, parent->user) : NULL;
	if (!fid) {
		int error = errno;
		if (path >= 0)
			close(path);
		close(io);
		return error;
	}
	int error = fid_open(fid, io);
	if (!error)
		error = fid_replace(parent, fid);
	fid_put(fid);
	return error;
}

int create_file(struct request *request)
{
	struct stat status;
	const char *name = take_string(request);
	int flags = (int)take_u32(request);
	uint32_t mode = take_u32(request), group = take_u32(request);
	if (!taken_whole(request) || check_name(name))
		return EINVAL;
	int io = create(request->fid, name, flags, mode, group);
	if (io < 0)
		return errno;
	if (fstat(io, &status) < 0) {
		int error = errno;
		close(io);
		return error;
	}
	put_qid(request, &status);
	put_u32(request, 0);
	return become(request, io);
}

/* ---- Reading and writing ---- */

int read_file(struct request *request)
{
	struct fid *fid = request->fid;
	uint64_t offset = take_u64(request);
	uint32_t count = take_u32(request);
	if (!taken_whole(request))
		return EINVAL;
	if (count > message_size() - DATA_OVERHEAD)
		count = message_size() - DATA_OVERHEAD;
	if (fid->value)
		return read_attribute(request, offset, count);
	if (fid->slow > 0)
		turn_hand_over();
	if (fid->slow > 0 && fid->slow != SLOW_ALWAYS)
		fid->slow--;
	ssize_t length = pread(fid->io, request->reply + sizeof(uint32_t), count, (off_t)offset);
	if (length < 0)
		return errno;
	put_u32(request, (uint32_t)length);
	request->reply += length;
	return 0;
}

int write_file(struct request *request)
{
	struct fid *fid = request->fid;
	uint64_t offset = take_u64(request);
	uint32_t count = take_u32(request);
	const uint8_t *bytes = take_bytes(request, count);
	if (!taken_whole(request))
		return EINVAL;
	if (fid->value)
		return write_attribute(request, offset, bytes, count);
	ssize_t length = pwrite(fid->io, bytes, count, (off_t)offset);
	if (length < 0)
		return errno;
	put_u32(request, (uint32_t)length);
	return 0;
}

int sync_file(struct request *request)
{
	uint32_t data_only = take_u32(request);
	if (!taken_whole(request))
		return EINVAL;
	return (data_only ? fdatasync(request->fid->io) : fsync(request->fid->io)) < 0 ? errno : 0;
}

/* ---- Directories ---- */

/*
 * The kernel's records of at most so many bytes become entries that fit into `count`: both hold the name, a
 * record 20 bytes more and is filled up to a multiple of 8, an entry 24 bytes more. So at the worst, 24 bytes
 * become 28. Thus none is read in vain: to read it again the directory would be counted through again, and if
 * some of it has been removed meanwhile, others would be left out.
 */
static size_t records_for(uint32_t count)
{
	size_t size = count / 28 * 24;
	return size < SCRATCH_SIZE ? size : SCRATCH_SIZE;
}

static ssize_t read_records(struct fid *fid, uint64_t offset, void *records, size_t size)
{
	pthread_mutex_lock(&fid->reading);
	ssize_t length = -1;
	/* An entry's offset is where the next one is. */
	if ((off_t)offset == fid->position || lseek(fid->io, (off_t)offset, SEEK_SET) >= 0) {
		length = syscall(SYS_getdents64, fid->io, records, size);
		fid->position = -1;
	}
	int error = errno;
	for (ssize_t at = 0; at < length;) {
		const struct dirent64 *record = (const void *)((const char *)records + at);
		fid->position = record->d_off;
		at += record->d_reclen;
	}
	pthread_mutex_unlock(&fid->reading);
	errno = error;
	return length;
}

int read_directory(struct request *request)
{
	struct fid *fid = request->fid;
	struct stat status;
	uint64_t offset = take_u64(request);
	uint32_t count = take_u32(request);
	if (!taken_whole(request))
		return EINVAL;
	if (count > message_size() - DATA_OVERHEAD)
		count = message_size() - DATA_OVERHEAD;
	if (fstat(fid->io, &status) < 0)
		return errno;
	ssize_t length = read_records(fid, offset, request->scratch, records_for(count));
	if (length < 0)
		return errno;
	uint8_t *start = request->reply;
	put_u32(request, 0);
	for (ssize_t at = 0; at < length;) {
		const struct dirent64 *record = (const void *)(request->scratch + at);
		struct stat entry = { .st_ino = record->d_ino, .st_dev = status.st_dev };
		entry.st_mode = DTTOIF(record->d_type);
		put_qid(request, &entry);
		put_u64(request, (uint64_t)record->d_off);
		put_u8(request, record->d_type);
		put_string(request, record->d_name, strlen(record->d_name));
		at += record->d_reclen;
	}
	uint32_t written = (uint32_t)(request->reply - start - sizeof(uint32_t));
	memcpy(start, &written, sizeof(written));
	return 0;
}
