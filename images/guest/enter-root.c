/*
 * The first program of the node: /init of an initramfs that holds nothing else but the archive of the
 * real root. The kernel unpacks an initramfs into rootfs, which pivot_root(2) refuses to leave (every
 * container runtime uses it) and df(1) does not count, seen through a bind mount either. So the root is
 * unpacked here, into a tmpfs, and init runs from there. See switch_root(8), and
 * Documentation/driver-api/early-userspace/buffer-format.rst of the kernel.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define ARCHIVE "/root.cpio"
#define NEW_ROOT "/new-root"
#define INIT "/sbin/init"

#define MAGIC "070701"
#define TRAILER "TRAILER!!!"
/* The magic and 13 fields of 8 hexadecimal digits. */
#define HEADER_SIZE 110

/* An entry of the archive. Everything belongs to root, and nothing has two names. */
struct entry {
	const char *name;
	mode_t mode;
	struct timespec times[2];
	const char *contents;
	size_t size;
	dev_t device;
};

static void complain(const char *attempt, const char *name)
{
	dprintf(STDERR_FILENO, "enter-root: cannot %s %s: %s\n", attempt, name, strerror(errno));
}

static uint32_t field(const char *header, int index)
{
	uint32_t value = 0;
	for (const char *digit = header + 6 + 8 * index; digit < header + 14 + 8 * index; digit++)
		value = value << 4 | (uint32_t)(*digit <= '9' ? *digit - '0' : (*digit | 0x20) - 'a' + 10);
	return value;
}

static size_t padded(size_t length)
{
	return (length + 3) & ~(size_t)3;
}

/* Where the next entry begins; NULL if this is none, or not all of one. */
static const char *read_entry(const char *at, const char *end, struct entry *entry)
{
	if (end - at < HEADER_SIZE || memcmp(at, MAGIC, strlen(MAGIC)) != 0)
		return NULL;
	size_t name_size = field(at, 11);
	size_t contents = padded(HEADER_SIZE + name_size);
	entry->name = at + HEADER_SIZE;
	entry->mode = field(at, 1);
	entry->times[0] = entry->times[1] = (struct timespec){ .tv_sec = field(at, 5) };
	entry->size = field(at, 6);
	entry->device = makedev(field(at, 9), field(at, 10));
	entry->contents = at + contents;
	size_t left = (size_t)(end - at);
	if (name_size == 0 || name_size > left - HEADER_SIZE || entry->name[name_size - 1] != 0)
		return NULL;
	if (contents > left || entry->size > left - contents)
		return NULL;
	return entry->contents + padded(entry->size);
}

static bool make_file(const struct entry *entry)
{
	int fd = open(entry->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, entry->mode & 07777);
	bool made = fd >= 0 && write(fd, entry->contents, entry->size) == (ssize_t)entry->size &&
		    futimens(fd, entry->times) == 0;
	if (fd >= 0)
		close(fd);
	return made;
}

static bool make_link(const struct entry *entry)
{
	char target[4096];
	snprintf(target, sizeof(target), "%.*s", (int)entry->size, entry->contents);
	return symlink(target, entry->name) == 0 &&
	       utimensat(AT_FDCWD, entry->name, entry->times, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool make(const struct entry *entry)
{
	if (S_ISREG(entry->mode))
		return make_file(entry);
	if (S_ISLNK(entry->mode))
		return make_link(entry);
	/* mkdir(2) leaves the sticky bit out. Our own folder is there already. */
	if (S_ISDIR(entry->mode))
		return (mkdir(entry->name, 0700) == 0 || errno == EEXIST) &&
		       chmod(entry->name, entry->mode & 07777) == 0;
	return mknod(entry->name, entry->mode, entry->device) == 0;
}

static bool is_last(const struct entry *entry)
{
	return strcmp(entry->name, TRAILER) == 0;
}

/* False if the archive ends before its last entry, or is none. */
static bool unpack(const char *archive, const char *end)
{
	struct entry entry;
	const char *at = archive;
	while ((at = read_entry(at, end, &entry)) && !is_last(&entry)) {
		if (!make(&entry))
			complain("make", entry.name);
	}
	if (!at)
		return false;
	/* What was put into a folder has changed its time. */
	for (at = archive; (at = read_entry(at, end, &entry)) && !is_last(&entry);) {
		if (S_ISDIR(entry.mode))
			utimensat(AT_FDCWD, entry.name, entry.times, 0);
	}
	return true;
}

/* What the kernel's command line names after "--" runs instead of init. */
int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-v") == 0) {
		puts("enter-root " GUEST_VERSION);
		return 0;
	}
	if (getpid() != 1) {
		fputs("enter-root: only for process 1\n", stderr);
		return 2;
	}
	umask(0);
	struct stat status;
	int fd = open(ARCHIVE, O_RDONLY | O_CLOEXEC);
	size_t size = fd >= 0 && fstat(fd, &status) == 0 ? (size_t)status.st_size : 0;
	const char *archive = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (archive == MAP_FAILED || mkdir(NEW_ROOT, 0755) < 0 ||
	    mount("tmpfs", NEW_ROOT, "tmpfs", 0, "mode=755") < 0 || chdir(NEW_ROOT) < 0) {
		complain("unpack", ARCHIVE);
		return 1;
	}
	if (!unpack(archive, archive + size)) {
		fputs("enter-root: " ARCHIVE " is damaged or cut off; the machine cannot start\n", stderr);
		return 1;
	}
	munmap((void *)archive, size);
	close(fd);
	/* Neither is needed again. */
	unlink(ARCHIVE);
	unlink(argv[0]);
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		complain("enter", NEW_ROOT);
	char *init[] = { INIT, NULL };
	char **program = argc > 1 ? argv + 1 : init;
	execv(program[0], program);
	complain("start", program[0]);
	return 1;
}
