#include "guest.h"
#include "connect.h"
#include "timer.h"
#include "vmm.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Seconds: Kata's dial_timeout. */
#define DIAL_TIME 45
/* Milliseconds between two attempts: the VMM makes its socket when it is ready, and tells nobody. */
#define RETRY_TIME 20

/* -1 if nobody listens yet. */
static int open_vsock(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int ask_for(const char *path, unsigned port)
{
	int fd = open_vsock(path);
	if (fd >= 0)
		dprintf(fd, "CONNECT %u\n", port);
	return fd;
}

struct reply {
	char line[32];
	size_t length;
};

/* 1 if the port is open, 0 if that is not known yet, -1 if it is not. */
static int read_reply(int fd, struct reply *reply)
{
	/* One by one: what comes behind the line is the agent's. */
	for (char byte; reply->length < sizeof(reply->line) - 1;) {
		ssize_t count = recv(fd, &byte, 1, 0);
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (count <= 0)
			return -1;
		if (byte == '\n')
			return strncmp(reply->line, "OK ", 3) == 0 ? 1 : -1;
		reply->line[reply->length++] = byte;
	}
	return -1;
}

/* Why there is no more to wait for; NULL as long as there is. */
static const char *reason_to_give_up(const struct pollfd *caller, int64_t deadline, char *text, size_t size)
{
	vmm_reap();
	if (vmm_ended()) {
		vmm_describe_end(NULL, text, size);
		return text;
	}
	if (caller->revents)
		return "the caller has gone";
	if (timer_now() >= deadline)
		return "the machine's agent does not answer";
	return NULL;
}

static void clear_signals(int signals)
{
	struct signalfd_siginfo information;
	while (read(signals, &information, sizeof(information)) > 0)
		;
}

int connect_to_machine(const char *vsock, unsigned port, int caller, char *text, size_t size)
{
	enum { CALLER, SIGNALS, CONNECTION };
	sigset_t children;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	int64_t deadline = timer_now() + DIAL_TIME * 1000;
	struct reply reply = { 0 };
	struct pollfd polled[] = {
		/* Its reader's end is noticed as an error. */
		[CALLER] = { .fd = caller },
		[SIGNALS] = { .fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN },
		[CONNECTION] = { .fd = -1, .events = POLLIN },
	};
	const char *reason;
	while (!(reason = reason_to_give_up(&polled[CALLER], deadline, text, size))) {
		int *fd = &polled[CONNECTION].fd;
		if (*fd < 0) {
			reply = (struct reply){ 0 };
			*fd = ask_for(vsock, port);
		}
		int found = *fd < 0 ? 0 : read_reply(*fd, &reply);
		if (found > 0)
			break;
		if (found < 0) {
			close(*fd);
			*fd = -1;
		}
		int left = (int)(deadline - timer_now());
		poll(polled, 3, *fd < 0 || left < RETRY_TIME ? RETRY_TIME : left);
		clear_signals(polled[SIGNALS].fd);
	}
	close(polled[SIGNALS].fd);
	if (!reason)
		return polled[CONNECTION].fd;
	if (polled[CONNECTION].fd >= 0)
		close(polled[CONNECTION].fd);
	if (reason != text)
		snprintf(text, size, "%s", reason);
	return -1;
}
