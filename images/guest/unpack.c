/*
 * unpack DIRECTORY: makes of a stream of records (src/oci/layer-stream.ts) one layer of an image, in
 * the form that overlayfs takes: what the layer removes of those below it is a character device 0:0,
 * and a directory that hides them has the attribute trusted.overlay.opaque
 * (Documentation/filesystems/overlayfs.rst).
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Of a path, a link's target, and all attributes of a file. */
#define TEXT_LIMIT 65536

struct record {
	uint8_t kind, unused[3];
	uint32_t mode, uid, gid, major, minor, nanoseconds;
	uint32_t path_length, target_length, xattrs_length;
	int64_t seconds;
	uint64_t size;
};
_Static_assert(sizeof(struct record) == 56, "as src/oci/layer-stream.ts writes it");

/* A directory's time is set when nothing is put into it any more. */
struct directory {
	struct directory *next;
	struct timespec mtime;
	char path[];
};

static struct directory *directories, **last_directory = &directories;
static char path[TEXT_LIMIT + 1], target[TEXT_LIMIT + 1], xattrs[TEXT_LIMIT];

static _Noreturn void __attribute__((format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

static _Noreturn void fail_at(const char *what)
{
	fail("%s /%s: %s", what, path, strerror(errno));
}

static void take(void *buffer, size_t length)
{
	if (fread(buffer, 1, length, stdin) != length)
		fail("unexpected EOF");
}

static void take_text(char *buffer, uint32_t length)
{
	if (length > TEXT_LIMIT)
		fail("a name of %u bytes is too long", (unsigned)length);
	take(buffer, length);
	buffer[length] = '\0';
}

static int remove_one(const char *name, const struct stat *status, int type, struct FTW *level)
{
	(void)status, (void)type, (void)level;
	return remove(name);
}

static int is_whiteout(const struct stat *status)
{
	return S_ISCHR(status->st_mode) && status->st_rdev == 0;
}

static void make_opaque(const char *name)
{
	if (setxattr(name, "trusted.overlay.opaque", "y", 1, 0) < 0)
		fail_at("setxattr trusted.overlay.opaque");
}

/* The directory that the last entry went into: most go where the one before went. */
static char known_parent[TEXT_LIMIT + 1];

static void make_directories(char *name, int depth);

/* Makes what a link without a target leads to. */
static void make_target(const char *name, int depth)
{
	char *where = malloc(strlen(name) + PATH_MAX + 1);
	const char *slash = strrchr(name, '/');
	size_t start = slash ? (size_t)(slash - name) + 1 : 0;
	if (!where)
		fail("out of memory");
	memcpy(where, name, start);
	ssize_t length = readlink(name, where + start, PATH_MAX);
	if (length < 0)
		fail_at("readlink");
	if (depth > 40)
		fail("mkdir /%s: %s", path, strerror(ELOOP));
	where[start + (size_t)length] = '\0';
	if (where[start] == '/')
		memmove(where, where + start, (size_t)length + 1);
	make_directories(where, depth + 1);
	free(where);
}

/* As nobody says what directory it is to be, it is everybody's to look into. */
static void make_directory(const char *name, int depth)
{
	struct stat status;
	if (lstat(name, &status) == 0 && is_whiteout(&status)) {
		if (unlink(name) < 0 || mkdir(name, 0755) < 0)
			fail_at("mkdir");
		make_opaque(name);
	} else if (stat(name, &status) < 0 && mkdir(name, 0755) < 0) {
		if (errno != EEXIST)
			fail_at("mkdir");
		make_target(name, depth);
	}
}

static void make_directories(char *name, int depth)
{
	for (char *slash = strchr(name + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		make_directory(name, depth);
		*slash = '/';
	}
	make_directory(name, depth);
}

static void make_parents(void)
{
	char *last = strrchr(path, '/');
	if (!last)
		return;
	*last = '\0';
	if (strcmp(path, known_parent) != 0) {
		make_directories(path, 0);
		strcpy(known_parent, path);
	}
	*last = '/';
}

/* Removes what the record replaces. A directory stays if it is to be one again. */
static void make_room(const struct record *record, int *hides)
{
	struct stat status;
	*hides = 0;
	if (lstat(path, &status) < 0) {
		if (errno != ENOENT)
			fail_at("lstat");
		return;
	}
	*hides = is_whiteout(&status);
	if (S_ISDIR(status.st_mode) && record->kind == 'd')
		return;
	known_parent[0] = '\0';
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0)
		fail_at("remove");
}

static void copy_contents(uint64_t size)
{
	static char buffer[65536];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		fail_at("open");
	while (size > 0) {
		size_t chunk = size < sizeof(buffer) ? (size_t)size : sizeof(buffer);
		take(buffer, chunk);
		for (size_t done = 0; done < chunk;) {
			ssize_t count = write(fd, buffer + done, chunk - done);
			if (count < 0)
				fail_at("write");
			done += (size_t)count;
		}
		size -= chunk;
	}
	close(fd);
}

static void make_device(const struct record *record)
{
	mode_t type = record->kind == 'c' ? S_IFCHR : record->kind == 'b' ? S_IFBLK : S_IFIFO;
	if (mknod(path, type | 0600, makedev(record->major, record->minor)) < 0)
		fail_at("mknod");
}

static void remember_time(const struct record *record)
{
	size_t length = strlen(path) + 1;
	struct directory *directory = malloc(sizeof(*directory) + length);
	if (!directory)
		fail("out of memory");
	directory->next = NULL;
	directory->mtime.tv_sec = record->seconds;
	directory->mtime.tv_nsec = (long)record->nanoseconds;
	memcpy(directory->path, path, length);
	*last_directory = directory;
	last_directory = &directory->next;
}

static void set_xattrs(const struct record *record)
{
	for (uint32_t at = 0; at + 4 <= record->xattrs_length;) {
		char name[XATTR_NAME_MAX + 1];
		uint16_t lengths[2];
		memcpy(lengths, xattrs + at, sizeof(lengths));
		at += 4;
		if (lengths[0] > XATTR_NAME_MAX || at + lengths[0] + lengths[1] > record->xattrs_length)
			fail("the attributes of /%s are damaged", path);
		memcpy(name, xattrs + at, lengths[0]);
		name[lengths[0]] = '\0';
		/* What this kernel has no place for, such as a label of SELinux, is left out, as containerd does. */
		if (lsetxattr(path, name, xattrs + at + lengths[0], lengths[1], 0) < 0 &&
		    errno != ENOTSUP && errno != EPERM)
			fail("setxattr %s /%s: %s", name, path, strerror(errno));
		at += lengths[0] + lengths[1];
	}
}

static void set_attributes(const struct record *record)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	if (lchown(path, record->uid, record->gid) < 0)
		fail_at("lchown");
	/* After the owner, whose change takes set-user-id away and capabilities with it. */
	if (record->kind != 'l' && chmod(path, record->mode) < 0)
		fail_at("chmod");
	set_xattrs(record);
	if (record->kind == 'd') {
		remember_time(record);
		return;
	}
	times[1].tv_sec = record->seconds;
	times[1].tv_nsec = (long)record->nanoseconds;
	if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) < 0)
		fail_at("utimensat");
}

static void make_entry(const struct record *record)
{
	int hides;
	if (path[0] == '\0') {
		/* the layer's own root */
		strcpy(path, ".");
	} else {
		make_parents();
	}
	make_room(record, &hides);
	switch (record->kind) {
	case 'f':
		copy_contents(record->size);
		break;
	case 'd':
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			fail_at("mkdir");
		if (hides)
			make_opaque(path);
		break;
	case 'l':
		if (symlink(target, path) < 0)
			fail_at("symlink");
		break;
	case 'h':
		if (link(target, path) < 0)
			fail_at("link");
		return;
	default:
		make_device(record);
	}
	set_attributes(record);
}

/* Of what is below: something of this layer by that name stays, and hides it the more. */
static void make_whiteout(void)
{
	struct stat status;
	make_parents();
	if (lstat(path, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			make_opaque(path);
		return;
	}
	if (mknod(path, S_IFCHR, makedev(0, 0)) < 0)
		fail_at("mknod");
}

static void hide_directory(void)
{
	struct stat status;
	if (path[0] == '\0')
		strcpy(path, ".");
	make_parents();
	if (lstat(path, &status) < 0 && mkdir(path, 0755) < 0)
		fail_at("mkdir");
	make_opaque(path);
}

int main(int argc, char **argv)
{
	struct record record;
	if (argc != 2)
		fail("usage: unpack DIRECTORY");
	/* From here on no link leads out of the layer. */
	if (chroot(argv[1]) < 0 || chdir("/") < 0)
		fail("cannot enter %s: %s", argv[1], strerror(errno));
	umask(0);
	setvbuf(stdin, NULL, _IOFBF, 65536);
	for (;;) {
		take(&record, sizeof(record));
		if (record.kind == 'e')
			break;
		take_text(path, record.path_length);
		take_text(target, record.target_length);
		if (record.xattrs_length > sizeof(xattrs))
			fail("the attributes of /%s are too long", path);
		take(xattrs, record.xattrs_length);
		if (record.kind == 'w')
			make_whiteout();
		else if (record.kind == 'o')
			hide_directory();
		else if (strchr("fdlhcbp", record.kind))
			make_entry(&record);
		else
			fail("a record of unknown kind %d", record.kind);
	}
	for (struct directory *directory = directories; directory; directory = directory->next) {
		struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, directory->mtime };
		if (utimensat(AT_FDCWD, directory->path, times, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			fail("utimensat /%s: %s", directory->path, strerror(errno));
	}
	return 0;
}
