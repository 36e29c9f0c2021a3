#include "guest.h"
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jail.h"
#include "words.h"

static const char *hierarchy = "/sys/fs/cgroup";

/* No cpuset: a kernel for one CPU has none. */
static const char *const controllers[] = { "cpu", "memory", "pids" };

void jail_use_cgroups(const char *directory)
{
	hierarchy = directory;
}

const char *cgroup_hierarchy(void)
{
	return hierarchy;
}

int cgroup_write(int directory, const char *file, const char *text)
{
	int fd = openat(directory, file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t written = write(fd, text, strlen(text));
	int number = errno;
	close(fd);
	errno = number;
	return written < 0 ? -1 : 0;
}

static ssize_t read_whole(int fd, char *text, size_t size)
{
	size_t have = 0;
	ssize_t got = 0;
	while (have < size - 1 && (got = pread(fd, text + have, size - 1 - have, (off_t)have)) > 0)
		have += (size_t)got;
	text[have] = 0;
	return have == 0 && got < 0 ? -1 : (ssize_t)have;
}

ssize_t cgroup_read(int directory, const char *file, char *text, size_t size)
{
	int fd = openat(directory, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t length = read_whole(fd, text, size);
	int number = errno;
	close(fd);
	errno = number;
	return length;
}

uint64_t cgroup_number(int directory, const char *file, uint64_t otherwise)
{
	char text[32];
	if (cgroup_read(directory, file, text, sizeof(text)) <= 0)
		return otherwise;
	return strncmp(text, "max", 3) == 0 ? UINT64_MAX : strtoull(text, NULL, 10);
}

uint64_t cgroup_value_of(const char *text, const char *key)
{
	size_t length = strlen(key);
	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		if (strncmp(line, key, length) == 0 && line[length] == ' ')
			return strtoull(line + length, NULL, 10);
	}
	return 0;
}

uint64_t cgroup_value(int fd, const char *key)
{
	char text[1024];
	return read_whole(fd, text, sizeof(text)) <= 0 ? 0 : cgroup_value_of(text, key);
}

/* Those that are not there fail by themselves, when a limit of theirs is to be set. */
static void enable_controllers(int directory)
{
	for (size_t i = 0; i < sizeof(controllers) / sizeof(*controllers); i++) {
		char text[16];
		snprintf(text, sizeof(text), "+%s", controllers[i]);
		cgroup_write(directory, "cgroup.subtree_control", text);
	}
}

/* Whether it leads down and nowhere else. */
static bool is_plain(const char *path)
{
	if (path[0] != '/' || !path[strspn(path, "/")])
		return false;
	for (const char *at = path; *at; at += strcspn(at, "/")) {
		at += strspn(at, "/");
		size_t length = strcspn(at, "/");
		if (length <= 2 && strspn(at, ".") >= length && length > 0)
			return false;
	}
	return true;
}

/* The pod's, too, with its last container. */
static void remove_empty_above(const char *path)
{
	char whole[4096];
	snprintf(whole, sizeof(whole), "%s%s", hierarchy, path);
	for (char *slash; (slash = strrchr(whole, '/')) && slash > whole + strlen(hierarchy);) {
		*slash = 0;
		if (rmdir(whole) < 0 && errno != ENOENT && errno != ENOTDIR)
			break;
	}
}

int cgroup_make(const char *path, char *error, size_t size)
{
	if (!is_plain(path))
		return fail(error, size, "\"%s\" cannot be a cgroup's path", path);
	int directory = open(hierarchy, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (directory < 0)
		return fail_errno(error, size, "opening %s", hierarchy);
	const char *at = path;
	while (*(at += strspn(at, "/"))) {
		char name[256];
		size_t length = strcspn(at, "/");
		snprintf(name, sizeof(name), "%.*s", (int)length, at);
		at += length;
		bool last = !at[strspn(at, "/")];
		enable_controllers(directory);
		int next = -1;
		if (mkdirat(directory, name, 0755) == 0 || (errno == EEXIST && !last))
			next = openat(directory, name, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
		int number = errno;
		close(directory);
		errno = number;
		if (next < 0) {
			fail_errno(error, size, "making the cgroup %s", path);
			remove_empty_above(path);
			return -1;
		}
		directory = next;
	}
	return directory;
}

static int remove_below(int parent, const char *name)
{
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY)
		return -1;
	int fd = openat(parent, name, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory)
		return -1;
	for (struct dirent *entry; (entry = readdir(directory));) {
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			remove_below(fd, entry->d_name);
	}
	closedir(directory);
	return unlinkat(parent, name, AT_REMOVEDIR);
}

int cgroup_remove(const char *path)
{
	char whole[4096];
	snprintf(whole, sizeof(whole), "%s%s", hierarchy, path);
	if (remove_below(AT_FDCWD, whole) < 0)
		return -1;
	remove_empty_above(path);
	return 0;
}

static void see_processes(int directory, void (*see)(pid_t pid, void *context), void *context)
{
	int fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *list = fd < 0 ? NULL : fdopen(fd, "r");
	if (!list)
		return;
	for (int pid; fscanf(list, "%d", &pid) == 1;)
		see(pid, context);
	fclose(list);
}

void cgroup_each_process(int directory, void (*see)(pid_t pid, void *context), void *context)
{
	see_processes(directory, see, context);
	int fd = openat(directory, ".", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	DIR *below = fd < 0 ? NULL : fdopendir(fd);
	if (!below)
		return;
	for (struct dirent *entry; (entry = readdir(below));) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		int child = openat(fd, entry->d_name, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
		if (child < 0)
			continue;
		cgroup_each_process(child, see, context);
		close(child);
	}
	closedir(below);
}
