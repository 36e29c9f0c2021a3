#include "guest.h"
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mount-number.h"

static int root = -1;
static struct stat root_status;
static uint64_t root_mount;
/* /proc/self/fd: its links lead to the files themselves (proc(5)), renamed and unlinked ones too. */
static int descriptors = -1;

int place_open(const char *directory)
{
	root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	descriptors = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || descriptors < 0 || fstat(root, &root_status) < 0)
		return -1;
	return mount_number(root, &root_mount);
}

int place_check_change(int path)
{
	uint64_t mount;
	if (mount_number(path, &mount) < 0)
		return errno;
	return mount == root_mount ? EROFS : 0;
}

int place_root(void)
{
	return fcntl(root, F_DUPFD_CLOEXEC, 0);
}

static bool is_root(int path)
{
	struct stat status;
	return fstat(path, &status) == 0 && status.st_dev == root_status.st_dev &&
	       status.st_ino == root_status.st_ino;
}

int place_step(int directory, const char *name)
{
	char own_name[NAME_MAX + 1];
	if (strchr(name, '/') || !*name) {
		errno = EINVAL;
		return -1;
	}
	/* Linux' client never asks for it. The kernel's own idea of `..` could lead out of the share. */
	if (strcmp(name, "..") == 0)
		return is_root(directory) ? place_root() : place_parent(directory, own_name);
	return openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static ssize_t read_path(int fd, char path[PATH_MAX])
{
	char link[DESCRIPTOR_PATH_SIZE];
	ssize_t length = readlink(descriptor_path(fd, link), path, PATH_MAX - 1);
	path[length < 0 ? 0 : length] = 0;
	return length;
}

/* From the shared directory down, through no link. */
static int open_beneath(const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* A path is a rumour: the name must lead to the same file. */
static bool leads_to(int directory, const char *name, int path)
{
	struct stat there, here;
	return fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && fstat(path, &here) == 0 &&
	       there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

int place_parent(int path, char name[NAME_MAX + 1])
{
	char whole[PATH_MAX], top[PATH_MAX];
	ssize_t length = read_path(root, top);
	errno = ENOENT;
	if (length < 0 || read_path(path, whole) < 0)
		return -1;
	if (length == 1)
		length = 0; /* "/" */
	if (strncmp(whole, top, (size_t)length) != 0 || whole[length] != '/')
		return -1;
	char *slash = strrchr(whole, '/'), *below = whole + length + 1;
	if (strlen(slash + 1) > NAME_MAX)
		return -1;
	strcpy(name, slash + 1);
	*slash = 0;
	int directory = open_beneath(below > slash ? "." : below);
	if (directory >= 0 && leads_to(directory, name, path))
		return directory;
	if (directory >= 0)
		close(directory);
	errno = ENOENT;
	return -1;
}

/* With no printf(3): it is part of every open(2) of the VM's. */
static const char *decimal(unsigned value, char text[12])
{
	char *at = text + 11;
	*at = 0;
	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	return at;
}

int place_reopen(int path, int flags)
{
	char text[12];
	return openat(descriptors, decimal((unsigned)path, text), flags | O_CLOEXEC | O_NOCTTY);
}

const char *descriptor_path(int fd, char path[DESCRIPTOR_PATH_SIZE])
{
	snprintf(path, DESCRIPTOR_PATH_SIZE, "/proc/self/fd/%d", fd);
	return path;
}

int check_name(const char *name)
{
	bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
	return !*name || dots || strchr(name, '/') ? EINVAL : 0;
}
