/*
 * The first program of the node, /init of the initramfs. The kernel unpacks that into rootfs, which
 * has no parent mount: pivot_root(2), which every container runtime uses, refuses to leave it, and
 * df(1) does not count it. So the files move into a tmpfs of their own, and init runs from there.
 * See Documentation/filesystems/ramfs-rootfs-initramfs.rst of the kernel, and switch_root(8).
 */
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NEW_ROOT "/mnt"
#define INIT "/sbin/init"

static void complain(const char *attempt, const char *name)
{
	dprintf(STDERR_FILENO, "enter-root: cannot %s %s: %s\n", attempt, name, strerror(errno));
}

static bool copy_contents(int from, int to, off_t size)
{
	while (size > 0) {
		ssize_t count = sendfile(to, from, NULL, (size_t)size);
		if (count <= 0)
			return false;
		size -= count;
	}
	return true;
}

static bool copy_file(int from, int to, const char *name, const struct stat *status)
{
	int source = openat(from, name, O_RDONLY | O_CLOEXEC);
	int target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool copied = source >= 0 && target >= 0 && copy_contents(source, target, status->st_size);
	if (source >= 0)
		close(source);
	if (target >= 0)
		close(target);
	return copied;
}

static bool copy_link(int from, int to, const char *name)
{
	char text[4096];
	ssize_t length = readlinkat(from, name, text, sizeof(text) - 1);
	if (length < 0)
		return false;
	text[length] = 0;
	return symlinkat(text, to, name) == 0;
}

static bool keep_attributes(int to, const char *name, const struct stat *status)
{
	struct timespec times[] = { status->st_atim, status->st_mtim };
	/* Changing the owner clears the set-user-ID bit: the mode comes after. See chown(2). */
	return fchownat(to, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (S_ISLNK(status->st_mode) || fchmodat(to, name, status->st_mode & 07777, 0) == 0) &&
	       utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) == 0;
}

static void move_directory(int from, int to, dev_t device);

/* One by one, so that hardly anything is in memory twice. */
static void move_entry(int from, int to, const char *name, dev_t device)
{
	struct stat status;
	bool moved = false;
	if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || status.st_dev != device)
		return; /* The new root itself. */
	if (S_ISDIR(status.st_mode)) {
		int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		int target = mkdirat(to, name, 0700) < 0 ? -1 : openat(to, name, O_RDONLY | O_CLOEXEC);
		moved = source >= 0 && target >= 0;
		if (moved)
			move_directory(source, target, device);
	} else if (S_ISREG(status.st_mode)) {
		moved = copy_file(from, to, name, &status);
	} else if (S_ISLNK(status.st_mode)) {
		moved = copy_link(from, to, name);
	} else {
		moved = mknodat(to, name, status.st_mode, status.st_rdev) == 0;
	}
	if (!moved || !keep_attributes(to, name, &status))
		complain("move", name);
	unlinkat(from, name, S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0);
}

/* Takes over both descriptors. */
static void move_directory(int from, int to, dev_t device)
{
	DIR *directory = fdopendir(from);
	for (struct dirent *entry; directory && (entry = readdir(directory));) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			move_entry(from, to, entry->d_name, device);
	}
	if (directory)
		closedir(directory);
	close(to);
}

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
	unlink(argv[0]); /* Nobody needs us again. */
	struct stat root;
	if (stat("/", &root) < 0 || mount("tmpfs", NEW_ROOT, "tmpfs", 0, "mode=755") < 0) {
		complain("mount", NEW_ROOT);
		return 1;
	}
	move_directory(open("/", O_RDONLY | O_CLOEXEC), open(NEW_ROOT, O_RDONLY | O_CLOEXEC), root.st_dev);
	if (chdir(NEW_ROOT) < 0 || mkdir("." NEW_ROOT, 0755) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
	    chroot(".") < 0 || chdir("/") < 0)
		complain("enter", NEW_ROOT);
	argv[0] = INIT;
	execv(INIT, argv);
	complain("start", INIT);
	return 1;
}
