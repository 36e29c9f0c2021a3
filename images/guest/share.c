/*
 * Puts what a pod's virtual machine is to see into the directory that its VMM serves, as Kata's shim does:
 *
 *     share mount [--overlay TARGET OPTIONS] [--bind TARGET SOURCE] [--bind-ro TARGET SOURCE]...
 *     share unmount DIRECTORY
 *
 * One process for all mounts of a container, because each costs the node's one CPU some milliseconds.
 *
 * The machine is not to be trusted, and may have made anything there meanwhile. So no link is followed: what is
 * mounted there would else come to lie where the machine wants it on the node (CVE-2020-2026).
 */
#include "guest.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"

/* Times that the table of mounts is read: the machine may move a directory while those below it are unmounted. */
#define PASSES 8

/* A name in a directory, which stays the same whatever is done to what is above it. */
struct place {
	int directory;
	char name[NAME_MAX + 1];
};

static int fail(const char *what, const char *path)
{
	fprintf(stderr, "cannot %s %s: %s\n", what, path, strerror(errno));
	return -1;
}

static void close_keeping_errno(int fd)
{
	int number = errno;
	close(fd);
	errno = number;
}

/* ---- Finding ---- */

static int step(int directory, const char *name, bool make)
{
	if (make && mkdirat(directory, name, 0755) < 0 && errno != EEXIST)
		return -1;
	return openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Of any length, name by name; with the directories above it, if they are to be made. -1 with errno. */
static int find_place(const char *path, bool make, struct place *place)
{
	place->directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (place->directory >= 0) {
		path += strspn(path, "/");
		size_t length = strcspn(path, "/");
		if (length > NAME_MAX) {
			close(place->directory);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(place->name, path, length);
		place->name[length] = 0;
		path += length;
		if (!path[strspn(path, "/")])
			return 0;
		int next = step(place->directory, place->name, make);
		close_keeping_errno(place->directory);
		place->directory = next;
	}
	return -1;
}

static int open_place(const struct place *place)
{
	return openat(place->directory, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

/* An empty file or a directory, made if there is none, to be mounted on. -1 with errno. */
static int open_target(const struct place *place, bool is_directory)
{
	struct stat status;
	int made = is_directory ? mkdirat(place->directory, place->name, 0755)
				: mknodat(place->directory, place->name, S_IFREG | 0644, 0);
	if (made < 0 && errno != EEXIST)
		return -1;
	int target = open_place(place);
	if (target >= 0 && fstat(target, &status) == 0 && S_ISLNK(status.st_mode)) {
		close(target);
		errno = ELOOP;
		return -1;
	}
	return target;
}

/* ---- Mounting ---- */

static void path_of(int fd, char path[32])
{
	snprintf(path, 32, "/proc/self/fd/%d", fd);
}

/* What is mounted, or -1 having said why. */
static int mount_overlay(const struct place *place, const char *path, const char *options)
{
	char target_path[32];
	int target = open_target(place, true);
	if (target < 0)
		return fail("make", path);
	path_of(target, target_path);
	int result = call_mount("overlay", target_path, "overlay", options);
	close_keeping_errno(target);
	return result < 0 ? fail("mount an overlay on", path) : open_place(place);
}

static int make_read_only(int tree)
{
	struct mount_attr itself = { .attr_set = MOUNT_ATTR_RDONLY };
	return call_mount_setattr(tree, 0, &itself);
}

/* What happens to the mounts of the source is no business of the copy. */
static int make_private(int tree)
{
	struct mount_attr all = { .propagation = MS_PRIVATE };
	return call_mount_setattr(tree, AT_RECURSIVE, &all);
}

/* The same. A file is mounted on a file, anything else on a directory; read-only before anybody can see it. */
static int bind(const struct place *place, const char *path, const char *source, bool read_only)
{
	struct stat status;
	int tree = call_open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | AT_RECURSIVE);
	if (tree < 0 || fstat(tree, &status) < 0)
		return fail("find", source);
	int target = open_target(place, S_ISDIR(status.st_mode));
	if (target < 0)
		return fail("make", path);
	if (read_only && make_read_only(tree) < 0)
		return fail("make read-only", path);
	if (call_move_mount(tree, target, "", MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return fail("bind", source);
	make_private(tree);
	close(target);
	return tree;
}

static int detach(int mounted)
{
	char path[32];
	path_of(mounted, path);
	return call_umount(path, MNT_DETACH);
}

static int mount_one(char **arguments)
{
	struct place place;
	bool read_only = strcmp(arguments[0], "--bind-ro") == 0;
	if (find_place(arguments[1], true, &place) < 0)
		return fail("make", arguments[1]);
	int mounted = strcmp(arguments[0], "--overlay") == 0
			      ? mount_overlay(&place, arguments[1], arguments[2])
			      : bind(&place, arguments[1], arguments[2], read_only);
	close(place.directory);
	return mounted;
}

/* All of them or none. */
static int mount_all(char **arguments, size_t number)
{
	int *mounted = calloc(number, sizeof(*mounted));
	size_t count = 0;
	if (!mounted)
		return fail("mount", "anything"), 1;
	while (count < number && (mounted[count] = mount_one(arguments + 3 * count)) >= 0)
		count++;
	if (count == number)
		return 0;
	while (count > 0)
		detach(mounted[--count]);
	return 1;
}

/* ---- Unmounting ---- */

/* The mount point of a line of mountinfo, with its \040 and the like decoded in place: see proc(5). */
static char *mount_point(char *line)
{
	for (int field = 0; line && field < 4; field++)
		line = strchr(line, ' ') ? strchr(line, ' ') + 1 : NULL;
	if (!line)
		return NULL;
	char *to = line;
	for (const char *from = line; *from && *from != ' ';) {
		unsigned int octal;
		if (sscanf(from, "\\%3o", &octal) == 1) {
			*to++ = (char)octal;
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = 0;
	return line;
}

/* A container's volumes stand beside its root, under its id and a dash. */
static bool is_within(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '-' || path[length] == 0);
}

struct list {
	char **paths;
	size_t count, room;
};

static bool add(struct list *list, const char *path)
{
	if (list->count == list->room) {
		char **paths = realloc(list->paths, (list->room + 64) * sizeof(*paths));
		if (!paths)
			return false;
		list->paths = paths;
		list->room += 64;
	}
	list->paths[list->count] = strdup(path);
	return list->paths[list->count] && ++list->count;
}

static int list_mounts(const char *directory, struct list *list)
{
	char *line = NULL;
	size_t size = 0;
	bool complete = true;
	FILE *table = fopen("/proc/self/mountinfo", "re");
	if (!table)
		return -1;
	while (complete && getline(&line, &size, table) > 0) {
		const char *path = mount_point(line);
		complete = !path || !is_within(path, directory) || add(list, path);
	}
	free(line);
	fclose(table);
	return complete ? 0 : -1;
}

static int unmount(const char *path)
{
	struct place place;
	if (find_place(path, false, &place) < 0)
		return -1;
	int mounted = open_place(&place);
	close_keeping_errno(place.directory);
	if (mounted < 0)
		return -1;
	int result = detach(mounted);
	close_keeping_errno(mounted);
	return result;
}

/* Until there are none left, lest whoever removes the directory afterwards removes what is in volumes. */
static int unmount_below(const char *directory)
{
	for (int pass = 1;; pass++) {
		struct list list = { 0 };
		int failed = 0;
		if (list_mounts(directory, &list) < 0)
			return fail("list the mounts below", directory), 1;
		if (list.count == 0)
			return 0;
		/* The last first: the one on top of others. */
		while (list.count > 0) {
			const char *path = list.paths[--list.count];
			if (unmount(path) < 0 && pass == PASSES)
				failed = fail("unmount", path);
		}
		if (failed)
			return 1;
	}
}

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "mount") == 0 && (argc - 2) % 3 == 0)
		return mount_all(argv + 2, (size_t)(argc - 2) / 3);
	if (argc == 3 && strcmp(argv[1], "unmount") == 0)
		return unmount_below(argv[2]);
	fprintf(stderr, "usage: share mount [--overlay TARGET OPTIONS] [--bind[-ro] TARGET SOURCE]... | unmount DIRECTORY\n");
	return 2;
}
