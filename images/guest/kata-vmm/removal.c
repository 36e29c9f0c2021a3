/* Taking names away, and fids. */
#include "guest.h"
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"

static int rename_into(int directory, const char *name, uint32_t id, const char *new_name)
{
	struct fid *target = fid_get(id);
	int error = EBADF;
	if (target && target->path >= 0)
		error = renameat(directory, name, target->path, new_name) < 0 ? errno : 0;
	if (target)
		fid_put(target);
	return error;
}

int rename_at(struct request *request)
{
	const char *name = take_string(request);
	uint32_t id = take_u32(request);
	const char *new_name = take_string(request);
	if (!taken_whole(request) || check_name(name) || check_name(new_name))
		return EINVAL;
	return rename_into(request->fid->path, name, id, new_name);
}

/* The older way to say it: Linux uses it only with servers that do not know the other. */
int rename_fid(struct request *request)
{
	char name[NAME_MAX + 1];
	uint32_t id = take_u32(request);
	const char *new_name = take_string(request);
	if (!taken_whole(request) || check_name(new_name))
		return EINVAL;
	int directory = place_parent(request->fid->path, name);
	if (directory < 0)
		return errno;
	int error = rename_into(directory, name, id, new_name);
	close(directory);
	return error;
}

int unlink_at(struct request *request)
{
	const char *name = take_string(request);
	uint32_t flags = take_u32(request);
	if (!taken_whole(request) || check_name(name))
		return EINVAL;
	return unlinkat(request->fid->path, name, flags & AT_REMOVEDIR) < 0 ? errno : 0;
}

static int remove_file(int path)
{
	char name[NAME_MAX + 1];
	struct stat status;
	if (path < 0)
		return EBADF;
	int refused = place_check_change(path);
	if (refused)
		return refused;
	int directory = place_parent(path, name);
	if (directory < 0)
		return errno;
	int kind = fstat(path, &status) == 0 && S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0;
	int error = unlinkat(directory, name, kind) < 0 ? errno : 0;
	close(directory);
	return error;
}

/* Forgets the fid whether or not it can remove the file: remove(5) of Plan 9's manual. */
int remove_fid(struct request *request)
{
	if (!taken_whole(request))
		return EINVAL;
	int error = remove_file(request->fid->path);
	int forgotten = fid_remove(request->fid);
	return error ? error : forgotten;
}

int clunk(struct request *request)
{
	return taken_whole(request) ? fid_remove(request->fid) : EINVAL;
}
