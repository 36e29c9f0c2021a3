/* What stat(2) and statfs(2) say, and what chmod(2) and its like change. */
#include "guest.h"
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "place.h"

/* P9_GETATTR_BASIC: all that stat(2) has. */
#define GETATTR_BASIC 0x7ff

#define SETATTR_MODE 0x1
#define SETATTR_UID 0x2
#define SETATTR_GID 0x4
#define SETATTR_SIZE 0x8
#define SETATTR_ATIME 0x10
#define SETATTR_MTIME 0x20
#define SETATTR_ATIME_SET 0x80
#define SETATTR_MTIME_SET 0x100

static void put_time(struct request *request, const struct timespec *time)
{
	put_u64(request, (uint64_t)time->tv_sec);
	put_u64(request, (uint64_t)time->tv_nsec);
}

int get_attributes(struct request *request)
{
	struct stat status;
	take_u64(request); /* which are wanted: all cost the same */
	if (!taken_whole(request))
		return EINVAL;
	if (fstat(request->fid->path, &status) < 0)
		return errno;
	put_u64(request, GETATTR_BASIC);
	put_qid(request, &status);
	put_u32(request, status.st_mode);
	put_u32(request, status.st_uid);
	put_u32(request, status.st_gid);
	put_u64(request, status.st_nlink);
	put_u64(request, status.st_rdev);
	put_u64(request, (uint64_t)status.st_size);
	put_u64(request, (uint64_t)status.st_blksize);
	put_u64(request, (uint64_t)status.st_blocks);
	put_time(request, &status.st_atim);
	put_time(request, &status.st_mtim);
	put_time(request, &status.st_ctim);
	/* Time of birth, generation and data version are not among the basic ones. */
	for (int i = 0; i < 4; i++)
		put_u64(request, 0);
	return 0;
}

/* ---- Changing ---- */

struct changes {
	uint32_t valid, mode, uid, gid;
	uint64_t size;
	struct timespec times[2];
};

static struct changes take_changes(struct request *request)
{
	struct changes changes = { .valid = take_u32(request) };
	changes.mode = take_u32(request);
	changes.uid = take_u32(request);
	changes.gid = take_u32(request);
	changes.size = take_u64(request);
	for (int i = 0; i < 2; i++) {
		changes.times[i].tv_sec = (time_t)take_u64(request);
		changes.times[i].tv_nsec = (long)take_u64(request);
	}
	return changes;
}

/* The descriptor that it is open by may be for reading only, as for truncate(2). */
static int set_size(const struct fid *fid, uint64_t size)
{
	if (fid->io >= 0 && ftruncate(fid->io, (off_t)size) == 0)
		return 0;
	struct stat status;
	if (fstat(fid->path, &status) < 0)
		return errno;
	if (!S_ISREG(status.st_mode))
		return EINVAL;
	int io = place_reopen(fid->path, O_WRONLY);
	if (io < 0)
		return errno;
	int error = ftruncate(io, (off_t)size) < 0 ? errno : 0;
	close(io);
	return error;
}

static int set_owner(const struct fid *fid, const struct changes *changes)
{
	uid_t uid = changes->valid & SETATTR_UID ? changes->uid : (uid_t)-1;
	gid_t gid = changes->valid & SETATTR_GID ? changes->gid : (gid_t)-1;
	return fchownat(fid->path, "", uid, gid, AT_EMPTY_PATH) < 0 ? errno : 0;
}

static int set_mode(const struct fid *fid, uint32_t mode)
{
	char path[DESCRIPTOR_PATH_SIZE];
	return chmod(descriptor_path(fid->path, path), mode & 07777) < 0 ? errno : 0;
}

static void choose_time(struct timespec *time, bool wanted, bool given)
{
	if (!wanted)
		time->tv_nsec = UTIME_OMIT;
	else if (!given)
		time->tv_nsec = UTIME_NOW;
}

static int set_times(const struct fid *fid, struct changes *changes)
{
	uint32_t valid = changes->valid;
	choose_time(&changes->times[0], valid & SETATTR_ATIME, valid & SETATTR_ATIME_SET);
	choose_time(&changes->times[1], valid & SETATTR_MTIME, valid & SETATTR_MTIME_SET);
	return utimensat(fid->path, "", changes->times, AT_EMPTY_PATH) < 0 ? errno : 0;
}

/* The mode comes after the owner, because chown(2) takes set-user-ID bits away, and times last of all. */
int set_attributes(struct request *request)
{
	struct changes changes = take_changes(request);
	const struct fid *fid = request->fid;
	int error = 0;
	if (!taken_whole(request))
		return EINVAL;
	if (changes.valid & SETATTR_SIZE)
		error = set_size(fid, changes.size);
	if (!error && changes.valid & (SETATTR_UID | SETATTR_GID))
		error = set_owner(fid, &changes);
	if (!error && changes.valid & SETATTR_MODE)
		error = set_mode(fid, changes.mode);
	if (!error && changes.valid & (SETATTR_ATIME | SETATTR_MTIME))
		error = set_times(fid, &changes);
	return error;
}

/* ---- The file system ---- */

int stat_file_system(struct request *request)
{
	struct statfs where;
	if (!taken_whole(request))
		return EINVAL;
	if (fstatfs(request->fid->path, &where) < 0)
		return errno;
	put_u32(request, V9FS_MAGIC); /* what it is to the VM */
	put_u32(request, (uint32_t)where.f_bsize);
	put_u64(request, where.f_blocks);
	put_u64(request, where.f_bfree);
	put_u64(request, where.f_bavail);
	put_u64(request, where.f_files);
	put_u64(request, where.f_ffree);
	put_bytes(request, &where.f_fsid, sizeof(uint64_t));
	put_u32(request, (uint32_t)where.f_namelen);
	return 0;
}
