#include "guest.h"
#include "paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"

int open_inside(int root, const char *path, uint64_t resolve)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | resolve };
	int fd;
	/* EAGAIN: something on the way has been renamed, and the kernel cannot tell whether it is still inside. */
	do
		fd = call_openat2(root, *path ? path : "/", &how);
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return fd;
}

static int make(int directory, const char *name, bool is_directory)
{
	if (is_directory)
		return mkdirat(directory, name, 0755);
	int fd = openat(directory, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0755);
	return fd < 0 ? -1 : close(fd);
}

/* The part of a path at `*at`, which moves behind it; NULL at the end. */
static const char *next_part(char **at)
{
	char *part = *at + strspn(*at, "/");
	if (!*part)
		return NULL;
	*at = part + strcspn(part, "/");
	return part;
}

int make_inside(int root, const char *path, bool directory)
{
	int fd = open_inside(root, path, 0);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	char *copy = strdup(path);
	if (!copy)
		return -1;
	fd = fcntl(root, F_DUPFD_CLOEXEC, 3);
	char *at = copy;
	for (const char *part; fd >= 0 && (part = next_part(&at));) {
		char separator = *at;
		*at = 0;
		bool last = !separator || !at[1 + strspn(at + 1, "/")];
		int next = open_inside(root, copy, 0);
		if (next < 0 && errno == ENOENT && make(fd, part, directory || !last) == 0)
			next = open_inside(root, copy, 0);
		int number = errno;
		close(fd);
		errno = number;
		fd = next;
		*at = separator;
	}
	free(copy);
	return fd;
}

int make_parent_inside(int root, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	*name = slash ? slash + 1 : path;
	char *parent = strndup(path, (size_t)(*name - path));
	int fd = parent ? make_inside(root, parent, true) : -1;
	free(parent);
	return fd;
}
