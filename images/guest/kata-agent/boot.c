#include "guest.h"
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings.h"

#define CGROUPS "/sys/fs/cgroup"

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
	{ "tmpfs", "/run", "tmpfs", "mode=755", MS_NOSUID | MS_NODEV, 0755 },
	{ "cgroup2", CGROUPS, "cgroup2", "nsdelegate", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0755 },
};

/* See Documentation/admin-guide/sysctl/ of the kernel. */
static const struct {
	const char *path, *value;
} settings[] = {
	{ "/proc/sys/kernel/panic_on_oops", "1" }, /* rather than go on with a damaged kernel */
	{ "/proc/sys/kernel/pid_max", "32768" },   /* a small kernel's 4096 come round too soon */
	{ "/proc/sys/kernel/printk", "4 4 1 7" },  /* the console shows warnings and worse */
	{ CGROUPS "/cgroup.subtree_control", "+cpu" },
	{ CGROUPS "/cgroup.subtree_control", "+memory" },
	{ CGROUPS "/cgroup.subtree_control", "+pids" },
};

/*
 * pivot_root(2), which containers need, does not leave the kernel's first root. So its own tree is mounted
 * over it: the same files, and no copy of them.
 */
static void leave_first_root(void)
{
	mkdir("/.root", 0755);
	if (mount("/", "/.root", NULL, MS_BIND, NULL) < 0 || chdir("/.root") < 0 ||
	    mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
		say("cannot leave the first root: %s", strerror(errno));
	rmdir("/.root");
	(void)!chdir("/");
}

static void mount_all(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		mkdir(mounts[i].target, mounts[i].mode);
		if (mount(mounts[i].source, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].options) < 0)
			say("cannot mount %s: %s", mounts[i].target, strerror(errno));
	}
	/* Names that programs expect in /dev; devtmpfs has only devices. */
	(void)!symlink("/proc/self/fd", "/dev/fd");
	(void)!symlink("/proc/self/fd/0", "/dev/stdin");
	(void)!symlink("/proc/self/fd/1", "/dev/stdout");
	(void)!symlink("/proc/self/fd/2", "/dev/stderr");
}

/* The kernel gives lo its address when it comes up. See netdevice(7). */
static void bring_loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		say("there is no loopback: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

void boot(void)
{
	static const char name[] = "kata";
	leave_first_root();
	sethostname(name, strlen(name));
	mount_all();
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		write_setting(settings[i].path, settings[i].value);
	bring_loopback_up();
}
