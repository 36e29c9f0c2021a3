/*
 * Puts what a pod's virtual machine is to see into the directory that its VMM serves, as Kata's shim does:
 *
 *     share mount [--overlay TARGET OPTIONS] [--bind TARGET SOURCE] [--bind-ro TARGET SOURCE]...
 *     share unmount DIRECTORY
 *
 * One process for all mounts of a container, because each costs the node's one CPU some milliseconds.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of one container: its root, its volumes and the files that the kubelet makes for it. */
#define MOUNTS_MAX 256

static int fail(const char *what, const char *path)
{
	fprintf(stderr, "cannot %s %s: %s\n", what, path, strerror(errno));
	return -1;
}

/* With the directories above it. */
static int make_directory(const char *path)
{
	char partial[PATH_MAX];
	for (const char *slash = path; (slash = strchr(slash + 1, '/'));) {
		snprintf(partial, sizeof(partial), "%.*s", (int)(slash - path), path);
		if (mkdir(partial, 0755) < 0 && errno != EEXIST)
			return -1;
	}
	return mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0;
}

static int mount_overlay(const char *target, const char *options)
{
	if (make_directory(target) < 0)
		return fail("make", target);
	return mount("overlay", target, "overlay", 0, options) < 0 ? fail("mount an overlay on", target) : 0;
}

/* A file is mounted on a file, anything else on a directory. */
static int make_target(const char *target, const char *source)
{
	struct stat status;
	if (stat(source, &status) < 0)
		return fail("find", source);
	if (S_ISDIR(status.st_mode))
		return make_directory(target) < 0 ? fail("make", target) : 0;
	int fd = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail("make", target);
	close(fd);
	return 0;
}

static int bind(const char *target, const char *source, bool read_only)
{
	if (make_target(target, source) < 0)
		return -1;
	if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0)
		return fail("bind", source);
	/* What happens to the mounts of the source is no business of the copy. */
	mount(NULL, target, NULL, MS_PRIVATE | MS_REC, NULL);
	if (read_only && mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		return fail("make read-only", target);
	return 0;
}

static int mount_all(char **arguments)
{
	char *done[MOUNTS_MAX];
	size_t count = 0;
	for (; arguments[0] && arguments[1] && arguments[2] && count < MOUNTS_MAX; arguments += 3) {
		bool overlay = strcmp(arguments[0], "--overlay") == 0;
		bool read_only = strcmp(arguments[0], "--bind-ro") == 0;
		int result = overlay ? mount_overlay(arguments[1], arguments[2])
				     : bind(arguments[1], arguments[2], read_only);
		done[count++] = arguments[1];
		if (result < 0)
			break;
	}
	if (!arguments[0])
		return 0;
	while (count > 0)
		umount2(done[--count], MNT_DETACH);
	return 1;
}

/* The mount point of a line of mountinfo, with its \040 and the like decoded: see proc(5). */
static void mount_point(const char *line, char *path)
{
	char encoded[PATH_MAX * 4] = "";
	sscanf(line, "%*s %*s %*s %*s %16383s", encoded);
	for (const char *from = encoded; *from;) {
		unsigned int octal;
		if (sscanf(from, "\\%3o", &octal) == 1) {
			*path++ = (char)octal;
			from += 4;
		} else {
			*path++ = *from++;
		}
	}
	*path = 0;
}

/* A container's volumes stand beside its root, under its id and a dash. */
static bool is_within(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '-' || path[length] == 0);
}

/* The last first: the one on top of others. */
static int unmount_below(const char *directory)
{
	char *points[MOUNTS_MAX * 4];
	size_t count = 0;
	char *line = NULL, path[PATH_MAX * 4];
	size_t size = 0;
	FILE *table = fopen("/proc/self/mountinfo", "re");
	if (!table)
		return fail("read", "/proc/self/mountinfo"), 1;
	while (getline(&line, &size, table) > 0 && count < sizeof(points) / sizeof(*points)) {
		mount_point(line, path);
		if (is_within(path, directory))
			points[count++] = strdup(path);
	}
	fclose(table);
	while (count > 0)
		umount2(points[--count], MNT_DETACH);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "mount") == 0 && (argc - 2) % 3 == 0)
		return mount_all(argv + 2);
	if (argc == 3 && strcmp(argv[1], "unmount") == 0)
		return unmount_below(argv[2]);
	fprintf(stderr, "usage: share mount [--overlay TARGET OPTIONS] [--bind[-ro] TARGET SOURCE]... | unmount DIRECTORY\n");
	return 2;
}
