#include "guest.h"
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings.h"

/* Where 9P's readahead pays: a whole message of 512,000 bytes (see msize), less its header. */
#define ARCHIVE_READAHEAD "496" /* KiB */

static const struct {
	const char *source, *target, *type, *options;
	unsigned long flags;
	mode_t mode;
} mounts[] = {
	{ "proc", "/proc", "proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 0755 },
	{ "sysfs", "/sys", "sysfs", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 0755 },
	{ "devtmpfs", "/dev", "devtmpfs", "mode=755", MS_NOSUID | MS_NOEXEC, 0755 },
	{ "devpts", "/dev/pts", "devpts", "gid=5,mode=620,ptmxmode=666", MS_NOSUID | MS_NOEXEC, 0755 },
	{ "tmpfs", "/dev/shm", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV, 01777 },
	{ "mqueue", "/dev/mqueue", "mqueue", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 01777 },
	{ "tmpfs", "/run", "tmpfs", "mode=755", MS_NOSUID | MS_NODEV, 0755 },
	{ "tmpfs", "/tmp", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV, 01777 },
};

static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);
	if (fd < 0)
		return;
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

static void mount_archive(void)
{
	mkdir("/archive", 0755);
	if (mount("host9p", "/archive", "9p", MS_RDONLY | MS_NODEV,
		  "trans=virtio,version=9p2000.L,cache=loose,msize=512000") < 0) {
		if (errno != ENOENT) /* A machine without the device has no archive. */
			say("cannot mount /archive: %s", strerror(errno));
		return;
	}
	set_ninep_readahead(ARCHIVE_READAHEAD);
}

void mount_everything(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		mkdir(mounts[i].target, mounts[i].mode);
		if (mount(mounts[i].source, mounts[i].target, mounts[i].type, mounts[i].flags,
			  mounts[i].options) < 0)
			say("cannot mount %s: %s", mounts[i].target, strerror(errno));
		if (strcmp(mounts[i].target, "/dev") == 0)
			open_console();
	}
	/* Names that programs expect in /dev; devtmpfs has only devices. */
	(void)!symlink("/proc/self/fd", "/dev/fd");
	(void)!symlink("/proc/self/fd/0", "/dev/stdin");
	(void)!symlink("/proc/self/fd/1", "/dev/stdout");
	(void)!symlink("/proc/self/fd/2", "/dev/stderr");
	mkdir("/run/lock", 01777);
	mkdir("/run/sandglass", 0755);
	mount_archive();
}
