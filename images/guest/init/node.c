#include "guest.h"
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings.h"

#define CGROUPS "/sys/fs/cgroup"

/* See Documentation/admin-guide/sysctl/ of the kernel. */
static const struct {
	const char *path, *value;
} settings[] = {
	{ "/proc/sys/kernel/panic", "0" },	   /* a panic stays on the console, no reboot */
	{ "/proc/sys/kernel/panic_on_oops", "1" }, /* rather than go on with a damaged kernel */
	{ "/proc/sys/kernel/pid_max", "32768" },   /* a small kernel's 4096 come round too soon */
	{ "/proc/sys/kernel/printk", "4 4 1 7" },  /* the console shows warnings and worse */
	{ "/proc/sys/net/ipv4/ip_forward", "1" },  /* pods are reached through the node */
	{ "/proc/sys/vm/overcommit_memory", "1" }, /* what kubelet demands of a node */
};

static void take_controllers(void)
{
	/* Those the kernel has; the kubelet's list of what it uses. */
	static const char *const wanted[] = { "+cpu", "+cpuset", "+memory", "+pids", "+io" };
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		write_setting(CGROUPS "/cgroup.subtree_control", wanted[i]);
}

void mount_cgroups(void)
{
	if (mount("cgroup2", CGROUPS, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, "nsdelegate") < 0) {
		say("cannot mount " CGROUPS ": %s", strerror(errno));
		return;
	}
	take_controllers();
	/* Names as systemd has them, so that they look like any node's. */
	mkdir(CGROUPS "/init.scope", 0755);
	mkdir(CGROUPS "/system.slice", 0755);
	write_setting(CGROUPS "/init.scope/cgroup.procs", "0");
}

static void set_hostname(void)
{
	char name[65] = "";
	int fd = open("/etc/hostname", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t length = read(fd, name, sizeof(name) - 1);
	close(fd);
	if (length <= 0)
		return;
	size_t end = strcspn(name, " \t\n");
	if (sethostname(name, end) < 0)
		say("cannot set the host name: %s", strerror(errno));
}

/* The kernel gives lo its address when it comes up. See netdevice(7). */
static void bring_loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0) {
		say("there is no loopback: %s", strerror(errno));
	} else {
		request.ifr_flags |= IFF_UP;
		ioctl(fd, SIOCSIFFLAGS, &request);
	}
	if (fd >= 0)
		close(fd);
}

void set_up_node(void)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		write_setting(settings[i].path, settings[i].value);
	set_hostname();
	bring_loopback_up();
}
