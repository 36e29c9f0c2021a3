/* Finding and making files by name. */
#include "guest.h"
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "place.h"

/* P9_MAXWELEM */
#define WALK_NAMES_MAX 16

int attach_root(struct request *request, uint32_t id)
{
	uint32_t authentication = take_u32(request);
	take_string(request); /* the user's name, which Linux leaves to the number */
	take_string(request); /* the tree: there is one */
	uint32_t user = take_u32(request);
	struct stat status;
	if (!taken_whole(request))
		return EINVAL;
	if (authentication != UINT32_MAX)
		return EOPNOTSUPP;
	int path = place_root();
	if (path < 0)
		return errno;
	/* For nobody in particular, files are root's. */
	struct fid *fid = fstat(path, &status) == 0 ? fid_new(path, user == UINT32_MAX ? 0 : user) : NULL;
	if (!fid) {
		int error = errno;
		close(path);
		return error;
	}
	int error = fid_add(fid, id);
	fid_put(fid);
	put_qid(request, &status);
	return error;
}

/* ---- Walking ---- */

/* Goes on from `path`, which it closes, as far as names lead. A new descriptor, or -1 and errno. */
static int walk_names(struct request *request, int path, unsigned count, uint16_t *done)
{
	struct stat status;
	for (*done = 0; *done < count; (*done)++) {
		const char *name = take_string(request);
		errno = EINVAL;
		int next = request->bad ? -1 : place_step(path, name);
		if (next >= 0 && fstat(next, &status) < 0) {
			close(next);
			next = -1;
		}
		int error = errno;
		close(path);
		errno = error;
		if (next < 0)
			return -1;
		path = next;
		put_qid(request, &status);
	}
	return path;
}

/* The fid at the end of a walk. */
static int arrive(struct request *request, int path, uint32_t id)
{
	struct fid *from = request->fid;
	struct fid *fid = fid_new(path, from->user);
	if (!fid) {
		int error = errno;
		close(path);
		return error;
	}
	int error = id == from->id ? fid_replace(from, fid) : fid_add(fid, id);
	fid_put(fid);
	return error;
}

int walk(struct request *request)
{
	uint32_t id = take_u32(request);
	uint16_t count = take_u16(request), done;
	uint8_t *counter = request->reply;
	if (request->bad || count > WALK_NAMES_MAX)
		return EINVAL;
	int path = fcntl(request->fid->path, F_DUPFD_CLOEXEC, 0);
	if (path < 0)
		return errno;
	put_u16(request, 0);
	path = walk_names(request, path, count, &done);
	int error = errno;
	counter[0] = (uint8_t)done;
	if (path < 0)
		return done > 0 && !request->bad ? 0 : error; /* Part of the way makes no fid. */
	if (!taken_whole(request)) {
		close(path);
		return EINVAL;
	}
	return arrive(request, path, id);
}

/* ---- Making ---- */

int give_to_user(const struct fid *parent, const char *name, uint32_t group)
{
	/* It is root's already. */
	if (parent->user == 0 && group == 0)
		return 0;
	return fchownat(parent->path, name, parent->user, group, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
}

int put_qid_of(struct request *request, int directory, const char *name)
{
	struct stat status;
	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno;
	put_qid(request, &status);
	return 0;
}

static int made(struct request *request, const char *name, uint32_t group)
{
	int error = give_to_user(request->fid, name, group);
	return error ? error : put_qid_of(request, request->fid->path, name);
}

int make_symlink(struct request *request)
{
	const char *name = take_string(request), *target = take_string(request);
	uint32_t group = take_u32(request);
	if (!taken_whole(request) || check_name(name))
		return EINVAL;
	return symlinkat(target, request->fid->path, name) < 0 ? errno : made(request, name, group);
}

/*
 * A device is made only where the node itself could not open it: the pod's root would else have a way to the
 * node's devices by a directory that it shares with others. 0/0 is no device but overlayfs' whiteout.
 */
static int check_device(int directory, dev_t device)
{
	struct statvfs where;
	if (device == 0)
		return 0;
	if (fstatvfs(directory, &where) < 0)
		return errno;
	return where.f_flag & ST_NODEV ? 0 : EPERM;
}

int make_node(struct request *request)
{
	const char *name = take_string(request);
	uint32_t mode = take_u32(request), major = take_u32(request), minor = take_u32(request);
	uint32_t group = take_u32(request);
	dev_t device = makedev(major, minor);
	if (!taken_whole(request) || check_name(name))
		return EINVAL;
	int error = S_ISCHR(mode) || S_ISBLK(mode) ? check_device(request->fid->path, device) : 0;
	if (error)
		return error;
	return mknodat(request->fid->path, name, mode, device) < 0 ? errno : made(request, name, group);
}

int make_directory(struct request *request)
{
	const char *name = take_string(request);
	uint32_t mode = take_u32(request), group = take_u32(request);
	if (!taken_whole(request) || check_name(name))
		return EINVAL;
	return mkdirat(request->fid->path, name, mode & 07777) < 0 ? errno : made(request, name, group);
}

int make_link(struct request *request)
{
	uint32_t id = take_u32(request);
	const char *name = take_string(request);
	if (!taken_whole(request) || check_name(name))
		return EINVAL;
	struct fid *target = fid_get(id);
	int error = EBADF;
	if (target && target->path >= 0)
		error = linkat(target->path, "", request->fid->path, name, AT_EMPTY_PATH) < 0 ? errno : 0;
	if (target)
		fid_put(target);
	return error;
}

int read_link(struct request *request)
{
	char target[PATH_MAX];
	if (!taken_whole(request))
		return EINVAL;
	ssize_t length = readlinkat(request->fid->path, "", target, sizeof(target));
	if (length < 0)
		return errno;
	put_string(request, target, (size_t)length);
	return 0;
}
