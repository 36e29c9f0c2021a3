#include "guest.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int mount_rootfs(const struct options *options)
{
	char target[4096];
	if (!options->overlay)
		return 0;
	snprintf(target, sizeof(target), "%s/rootfs", options->bundle);
	return mount("overlay", target, "overlay", 0, options->overlay);
}

/* A path that is no mount point, or no longer there, is as good as unmounted. */
int unmount_all(char **paths)
{
	int code = 0;
	for (; *paths; paths++) {
		if (umount2(*paths, MNT_DETACH) < 0 && errno != EINVAL && errno != ENOENT) {
			complain("cannot unmount %s: %s\n", *paths, strerror(errno));
			code = 1;
		}
	}
	return code;
}

/* The kernel gives lo its address when it comes up, as the plugin `loopback` would have it. */
static int bring_loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return -1;
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

/* A namespace lives as long as it is mounted somewhere: see ip-netns(8). */
static int make_netns(const char *path)
{
	if (mkdir("/run/netns", 0755) < 0 && errno != EEXIST)
		return -1;
	int fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	close(fd);
	if (unshare(CLONE_NEWNET) == 0 && bring_loopback_up() == 0 &&
	    mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL) == 0)
		return 0;
	int error = errno;
	unlink(path);
	errno = error;
	return -1;
}

int prepare_sandbox(const char *netns, const char *shm)
{
	if (netns && make_netns(netns) < 0) {
		complain("cannot make the network namespace %s: %s\n", netns, strerror(errno));
		return 1;
	}
	/* Of the size that containerd gives it. */
	if (shm && ((mkdir(shm, 0700) < 0 && errno != EEXIST) ||
		    mount("shm", shm, "tmpfs", MS_NOEXEC | MS_NOSUID | MS_NODEV, "mode=1777,size=65536k") < 0)) {
		complain("cannot mount %s: %s\n", shm, strerror(errno));
		return 1;
	}
	return 0;
}
