/* What can be done to files besides reading and writing them. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel.h"
#include "kinds.h"
#include "place.h"
#include "protocol.h"
#include "remove.h"
#include "stat-record.h"
#include "task.h"
#include "wire.h"

/* Each operation has two paths and three numbers; what they mean depends on it. */
struct request {
	uint32_t id;
	pid_t root_of;
	const char *path;
	const char *other;
	uint32_t a, b, c;
};

/* Acting on a descriptor of O_PATH needs this detour; see open(2). */
static void descriptor_path(char path[32], int fd)
{
	snprintf(path, 32, "/proc/self/fd/%d", fd);
}

static int reply_stat(const struct request *request, bool follow)
{
	struct stat status;
	uint8_t record[STAT_RECORD_SIZE];
	int fd = open_as(request->root_of, request->path, O_PATH | (follow ? 0 : O_NOFOLLOW), 0);
	if (fd < 0)
		return -fd;
	int error = fstat(fd, &status) < 0 ? errno : 0;
	close(fd);
	if (error)
		return error;
	put_stat_record(record, &status);
	reply_begin(request->id);
	put_bytes(record, sizeof(record));
	frame_end();
	return -1;
}

/* The path's directories from the top, as `mkdir -p` does. `a` is the mode, `b` 1 for missing parents too. */
static int make_directories(const struct request *request)
{
	char path[PATH_MAX];
	size_t length = strlen(request->path);
	if (length >= sizeof(path))
		return ENAMETOOLONG;
	memcpy(path, request->path, length + 1);
	while (length > 1 && path[length - 1] == '/')
		path[--length] = 0;
	for (char *end = path + 1;; end++) {
		if (*end != '/' && *end != 0)
			continue;
		bool last = *end == 0;
		struct place place;
		if (!last && !request->b)
			continue;
		*end = 0;
		int error = -place_open(&place, request->root_of, path);
		if (error)
			return length == 1 && request->b ? 0 : error;
		if (mkdirat(place.directory, place.name, last ? (mode_t)request->a : 0755) < 0)
			error = errno;
		else if (last && fchmodat(place.directory, place.name, (mode_t)request->a, 0) < 0)
			error = errno; /* The umask is not the caller's. */
		place_close(&place);
		if (error == EEXIST && request->b) {
			int fd = open_as(request->root_of, path, O_PATH | O_DIRECTORY, 0);
			if (fd < 0)
				return -fd == ENOTDIR && last ? EEXIST : -fd;
			close(fd);
		} else if (error) {
			return error;
		}
		if (last)
			return 0;
		*end = '/';
	}
}

static int remove_one(const struct request *request)
{
	struct place place;
	int error = -place_open(&place, request->root_of, request->path);
	if (error)
		return error;
	if (unlinkat(place.directory, place.name, 0) < 0) {
		error = errno;
		if (error == EISDIR)
			error = unlinkat(place.directory, place.name, AT_REMOVEDIR) < 0 ? errno : 0;
	}
	place_close(&place);
	return error;
}

static int remove_whole_tree(const void *argument)
{
	const struct request *request = argument;
	struct place place;
	int error = -place_open(&place, request->root_of, request->path);
	return error ? error : remove_tree(place.directory, place.name);
}

static int rename_file(const struct request *request)
{
	struct place from, to;
	int error = -place_open(&from, request->root_of, request->path);
	if (error)
		return error;
	error = -place_open(&to, request->root_of, request->other);
	if (!error) {
		if (renameat(from.directory, from.name, to.directory, to.name) < 0)
			error = errno;
		place_close(&to);
	}
	place_close(&from);
	return error;
}

/* `other` is what the link says. */
static int make_symlink(const struct request *request)
{
	struct place place;
	int error = -place_open(&place, request->root_of, request->path);
	if (error)
		return error;
	if (symlinkat(request->other, place.directory, place.name) < 0)
		error = errno;
	place_close(&place);
	return error;
}

static int reply_link(const struct request *request)
{
	char target[PATH_MAX];
	struct place place;
	int error = -place_open(&place, request->root_of, request->path);
	if (error)
		return error;
	ssize_t length = readlinkat(place.directory, place.name, target, sizeof(target) - 1);
	error = errno;
	place_close(&place);
	if (length < 0)
		return error;
	target[length] = 0;
	reply_begin(request->id);
	put_string(target);
	frame_end();
	return -1;
}

/* `a` is the mode. */
static int change_mode(const struct request *request)
{
	char path[32];
	int fd = open_as(request->root_of, request->path, O_PATH, 0);
	if (fd < 0)
		return -fd;
	descriptor_path(path, fd);
	int error = chmod(path, (mode_t)request->a) < 0 ? errno : 0;
	close(fd);
	return error;
}

/* `a` is the user, `b` the group, `c` 1 for a symbolic link itself. */
static int change_owner(const struct request *request)
{
	int fd = open_as(request->root_of, request->path, O_PATH | (request->c ? O_NOFOLLOW : 0), 0);
	if (fd < 0)
		return -fd;
	int error = fchownat(fd, "", request->a, request->b, AT_EMPTY_PATH) < 0 ? errno : 0;
	close(fd);
	return error;
}

/* `a` and `b` are the length's lower and upper half. */
static int truncate_file(const struct request *request)
{
	int fd = open_as(request->root_of, request->path, O_WRONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return -fd;
	off_t length = (off_t)(request->a | (uint64_t)request->b << 32);
	int error = ftruncate(fd, length) < 0 ? errno : 0;
	close(fd);
	return error;
}

/* 0, an errno, or -1 if the reply is under way. */
static int operate(uint32_t operation, const struct request *request)
{
	switch (operation) {
	case FILE_STAT:
		return reply_stat(request, true);
	case FILE_LSTAT:
		return reply_stat(request, false);
	case FILE_MAKE_DIRECTORY:
		return make_directories(request);
	case FILE_REMOVE:
		if (!request->a)
			return remove_one(request);
		task_run(request->id, remove_whole_tree, request);
		return -1;
	case FILE_RENAME:
		return rename_file(request);
	case FILE_SYMLINK:
		return make_symlink(request);
	case FILE_READLINK:
		return reply_link(request);
	case FILE_CHMOD:
		return change_mode(request);
	case FILE_CHOWN:
		return change_owner(request);
	case FILE_TRUNCATE:
		return truncate_file(request);
	}
	return ENOSYS;
}

void file_operation_open(uint32_t id, struct reader *reader)
{
	uint32_t operation = take_u32(reader);
	struct request request = { .id = id, .root_of = (pid_t)take_u32(reader) };
	request.a = take_u32(reader);
	request.b = take_u32(reader);
	request.c = take_u32(reader);
	request.path = take_string(reader);
	request.other = take_string(reader);
	if (!taken_whole(reader))
		return;
	int error = operate(operation, &request);
	if (error > 0) {
		reply_error(id, error, "");
	} else if (error == 0) {
		reply_begin(id);
		frame_end();
	}
}
