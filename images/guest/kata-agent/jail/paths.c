#include "guest.h"
#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"

int open_inside(int root, const char *path, uint64_t resolve)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | resolve };
	int fd;
	/* EAGAIN: something was renamed meanwhile, and the kernel cannot tell whether it is still inside. */
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

/* As many links in a row as the kernel follows. */
#define LINKS 40

static int make_all(int root, const char *path, bool directory, int links);

/* Of a link that leads to nothing yet, such as an image's /var/run -> /run: makes what it leads to. */
static int make_behind(int root, int parent, const char *path, const char *part, bool directory, int links)
{
	char target[4096], whole[8192];
	ssize_t length = readlinkat(parent, part, target, sizeof(target) - 1);
	if (length < 0)
		return -1;
	target[length] = 0;
	snprintf(whole, sizeof(whole), "%.*s%s", target[0] == '/' ? 0 : (int)(part - path), path, target);
	return make_all(root, whole, directory, links - 1);
}

/* The next part of the path, which ends at `part` for now, opened, and made if it is not there. */
static int step(int root, int parent, const char *path, const char *part, bool directory, int links)
{
	int fd = open_inside(root, path, 0);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (make(parent, part, directory) == 0)
		return open_inside(root, path, 0);
	return errno == EEXIST ? make_behind(root, parent, path, part, directory, links) : -1;
}

static int make_all(int root, const char *path, bool directory, int links)
{
	int fd = open_inside(root, path, 0);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (links == 0) {
		errno = ELOOP;
		return -1;
	}
	char *copy = strdup(path);
	if (!copy)
		return -1;
	fd = fcntl(root, F_DUPFD_CLOEXEC, 3);
	char *at = copy;
	for (const char *part; fd >= 0 && (part = next_part(&at));) {
		char separator = *at;
		*at = 0;
		bool last = !separator || !at[1 + strspn(at + 1, "/")];
		int next = step(root, fd, copy, part, directory || !last, links);
		int number = errno;
		close(fd);
		errno = number;
		fd = next;
		*at = separator;
	}
	free(copy);
	return fd;
}

int make_inside(int root, const char *path, bool directory)
{
	return make_all(root, path, directory, LINKS);
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
