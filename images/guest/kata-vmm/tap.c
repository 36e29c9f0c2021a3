#include "guest.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "leader.h"
#include "traffic-control.h"

/* Kata's name for it. */
#define TAP_NAME "tap0_kata"
/* The largest MTU, an Ethernet header, and a VLAN tag. */
#define ETHERNET_FRAME_MAX (65535 + 14 + 4)
/* Frames sent at a time: each way to the host costs the same however many go with it. */
#define BATCH_MAX 64

static void tap_ready(struct worker *worker, struct source *source, uint32_t events);

static struct source tap = { .fd = -1, .ready = tap_ready };

/* The tap gets the namespace that /dev/net/tun is opened in, not that of the ioctl. */
static int open_tap(void)
{
	struct ifreq request = { .ifr_name = TAP_NAME, .ifr_flags = IFF_TAP | IFF_NO_PI };
	tap.fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return tap.fd < 0 ? -1 : ioctl(tap.fd, TUNSETIFF, &request);
}

/* The VM's frames shall fit where they leave the pod. */
static int copy_mtu(int socket, const char *interface)
{
	struct ifreq request = { 0 };
	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	if (ioctl(socket, SIOCGIFMTU, &request) < 0)
		return -1;
	strcpy(request.ifr_name, TAP_NAME);
	return ioctl(socket, SIOCSIFMTU, &request);
}

static int bring_up(int socket)
{
	struct ifreq request = { .ifr_name = TAP_NAME };
	if (ioctl(socket, SIOCGIFFLAGS, &request) < 0)
		return -1;
	request.ifr_flags |= IFF_UP;
	return ioctl(socket, SIOCSIFFLAGS, &request);
}

static int index_of(int socket, const char *interface)
{
	struct ifreq request = { 0 };
	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	return ioctl(socket, SIOCGIFINDEX, &request) < 0 ? -1 : request.ifr_ifindex;
}

static const char *join(int socket, const char *interface)
{
	if (copy_mtu(socket, interface) < 0)
		return "give the tap the MTU of the pod's interface";
	if (bring_up(socket) < 0)
		return "bring the tap up";
	int pod = index_of(socket, interface), ours = index_of(socket, TAP_NAME);
	if (pod < 0 || ours < 0)
		return "find the pod's interface";
	if (redirect_ingress(pod, ours) < 0 || redirect_ingress(ours, pod) < 0)
		return "redirect the pod's traffic to the tap and back";
	return NULL;
}

const char *tap_make(const char *netns, const char *interface)
{
	int namespace = open(netns, O_RDONLY | O_CLOEXEC);
	if (namespace < 0 || setns(namespace, CLONE_NEWNET) < 0)
		return "enter the pod's network namespace";
	close(namespace);
	if (open_tap() < 0)
		return "make the tap";
	int socket_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (socket_fd < 0)
		return "make a socket";
	const char *failed = join(socket_fd, interface);
	int error = errno;
	close(socket_fd);
	errno = error;
	return failed;
}

void tap_watch(void)
{
	if (tap.fd >= 0)
		leader_watch(&tap, EPOLLIN);
}

void tap_send(const uint8_t *frame, size_t length)
{
	if (tap.fd >= 0)
		(void)!write(tap.fd, frame, length);
}

static void tap_ready(struct worker *worker, struct source *source, uint32_t events)
{
	(void)events;
	for (int i = 0; i < BATCH_MAX; i++) {
		uint8_t *space = outbox_space(&worker->out, ETHERNET_FRAME_MAX);
		ssize_t length = read(source->fd, space, ETHERNET_FRAME_MAX);
		if (length > 0) {
			outbox_commit(&worker->out, FRAME_ETHERNET, (size_t)length);
			continue;
		}
		/* The namespace has gone, and the tap with it. */
		if (length == 0 || (errno != EAGAIN && errno != EINTR))
			leader_watch(source, 0);
		return;
	}
}
