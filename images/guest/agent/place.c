#include "guest.h"
#include "place.h"

#include <errno.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int open_as(pid_t pid, const char *path, int flags, mode_t mode)
{
	if (path[0] != '/')
		return -EINVAL; /* There is no directory that both sides would mean. */
	int fd;
	if (pid == 0) {
		fd = open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
		return fd < 0 ? -errno : fd;
	}
	char root_path[32];
	snprintf(root_path, sizeof(root_path), "/proc/%d/root", (int)pid);
	int root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY)),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_IN_ROOT,
	};
	/* EAGAIN: a rename elsewhere made the lookup unsure. */
	do
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN);
	int error = errno;
	close(root);
	return fd < 0 ? -error : fd;
}

int place_open(struct place *place, pid_t pid, const char *path)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');
	if (!slash || path[0] != '/' || !slash[1])
		return -EINVAL;
	size_t length = slash == path ? 1 : (size_t)(slash - path);
	if (length >= sizeof(directory))
		return -ENAMETOOLONG;
	memcpy(directory, path, length);
	directory[length] = 0;
	place->name = slash + 1;
	place->directory = open_as(pid, directory, O_PATH | O_DIRECTORY, 0);
	return place->directory < 0 ? place->directory : 0;
}

void place_close(struct place *place)
{
	close(place->directory);
}
