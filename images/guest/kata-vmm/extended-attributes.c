/*
 * Extended attributes: xattr(7). In 9P a fid stands for a value, which is read through it, or written: a value
 * is set with its last byte, and one of no bytes at once, so that whoever sets it learns what became of it.
 */
#include "guest.h"
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "place.h"

/*
 * Not trusted.*: there overlayfs, below the containers' root file systems, keeps what it knows, and the pod's
 * root is not the node's.
 */
static bool is_ours(const char *name)
{
	return strncmp(name, "user.", 5) == 0 || strncmp(name, "security.", 9) == 0 ||
	       strncmp(name, "system.posix_acl_", 17) == 0;
}

static ssize_t get(const char *path, const char *name, void *value, size_t size)
{
	return *name ? getxattr(path, name, value, size) : listxattr(path, value, size);
}

static struct attribute_value *new_value(const char *name, size_t size)
{
	struct attribute_value *value = value_make(size);
	if (value)
		strcpy(value->name, name);
	return value;
}

/* Of a list of names, each with its NUL, those that the VM may see. The length of what is left. */
static size_t keep_ours(char *names, size_t size)
{
	size_t kept = 0;
	for (size_t at = 0; at < size;) {
		size_t length = strnlen(names + at, size - at) + 1;
		if (is_ours(names + at)) {
			memmove(names + kept, names + at, length);
			kept += length;
		}
		at += length;
	}
	return kept;
}

/* Reads it all. NULL and errno if there is none, or it has just grown. */
static struct attribute_value *load(const char *path, const char *name)
{
	ssize_t size = get(path, name, NULL, 0);
	struct attribute_value *value = size < 0 ? NULL : new_value(name, (size_t)size);
	if (!value)
		return NULL;
	if (size > 0)
		size = get(path, name, value->bytes, (size_t)size);
	if (size >= 0) {
		value->size = (uint32_t)(*name ? (size_t)size : keep_ours((char *)value->bytes, (size_t)size));
		return value;
	}
	int error = errno;
	value_free(value);
	errno = error;
	return NULL;
}

int walk_to_attribute(struct request *request)
{
	char path[DESCRIPTOR_PATH_SIZE];
	uint32_t id = take_u32(request);
	const char *name = take_string(request);
	if (!taken_whole(request) || strlen(name) > XATTR_NAME_MAX)
		return EINVAL;
	if (*name && !is_ours(name))
		return EOPNOTSUPP;
	struct attribute_value *value = load(descriptor_path(request->fid->path, path), name);
	if (!value)
		return errno;
	struct fid *fid = fid_new(-1, request->fid->user);
	if (!fid) {
		value_free(value);
		return EMFILE;
	}
	fid->value = value;
	value->written = value->size; /* There is nothing to write. */
	put_u64(request, value->size);
	int error = id == request->fid->id ? fid_replace(request->fid, fid) : fid_add(fid, id);
	fid_put(fid);
	return error;
}

int read_attribute(struct request *request, uint64_t offset, uint32_t count)
{
	const struct attribute_value *value = request->fid->value;
	uint64_t left = offset < value->written ? value->written - offset : 0;
	if (count > left)
		count = (uint32_t)left;
	put_u32(request, count);
	put_bytes(request, value->bytes + offset * (count > 0), count);
	return 0;
}

/* ---- Setting ---- */

static int set(int file, const struct attribute_value *value)
{
	char path[DESCRIPTOR_PATH_SIZE];
	descriptor_path(file, path);
	/* Linux says so when it means removexattr(2). */
	if (value->size == 0 && value->flags == XATTR_REPLACE)
		return removexattr(path, value->name) < 0 ? errno : 0;
	return setxattr(path, value->name, value->bytes, value->size, value->flags) < 0 ? errno : 0;
}

/* The fid of the file becomes that of the value, which it owns, and keeps the file to set it on. */
static int become_value(struct fid *file, struct attribute_value *value)
{
	int path = fcntl(file->path, F_DUPFD_CLOEXEC, 0);
	struct fid *fid = path >= 0 ? fid_new(path, file->user) : NULL;
	if (!fid) {
		int error = errno;
		if (path >= 0)
			close(path);
		value_free(value);
		return error;
	}
	fid->value = value;
	int error = fid_replace(file, fid);
	fid_put(fid);
	return error;
}

int create_attribute(struct request *request)
{
	const char *name = take_string(request);
	uint64_t size = take_u64(request);
	int flags = (int)take_u32(request);
	struct fid *file = request->fid;
	if (!taken_whole(request) || strlen(name) > XATTR_NAME_MAX)
		return EINVAL;
	if (!is_ours(name))
		return EOPNOTSUPP;
	if (size > XATTR_SIZE_MAX)
		return E2BIG;
	struct attribute_value *value = new_value(name, (size_t)size);
	if (!value)
		return ENOMEM;
	value->flags = flags;
	int error = size == 0 ? set(file->path, value) : 0;
	if (!error)
		return become_value(file, value);
	value_free(value);
	return error;
}

int write_attribute(struct request *request, uint64_t offset, const uint8_t *bytes, uint32_t count)
{
	struct fid *fid = request->fid;
	struct attribute_value *value = fid->value;
	int error = 0;
	pthread_mutex_lock(&fid->reading);
	if (fid->path < 0 || offset != value->written || count > value->size - value->written) {
		error = EINVAL;
	} else {
		memcpy(value->bytes + value->written, bytes, count);
		value->written += count;
		if (value->written == value->size && count > 0)
			error = set(fid->path, value);
	}
	pthread_mutex_unlock(&fid->reading);
	put_u32(request, count);
	return error;
}
