#include "guest.h"
#include "hostcall-client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "hostcall.h"

extern char **environ;

static const int forwarded[] = { SIGINT,  SIGTERM, SIGHUP,   SIGQUIT, SIGUSR1,
				 SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT };

static const struct hostcall_client *caller;
static uint8_t request[sizeof(struct hostcall_header) + HOSTCALL_REQUEST_MAX];
static size_t request_used = sizeof(struct hostcall_header);
static int signal_fd;

_Noreturn static void end(int code)
{
	if (caller->ending)
		caller->ending();
	exit(code);
}

_Noreturn void hostcall_fail(const char *why)
{
	fprintf(stderr, "%s: %s\n", caller->name, why);
	end(HOSTCALL_UNAVAILABLE);
}

/* ---- The request ---- */

static void put(const void *bytes, size_t length)
{
	if (sizeof(request) - request_used < length) {
		fprintf(stderr, "%s: the arguments and the environment are longer than %d KiB\n",
			caller->name, HOSTCALL_REQUEST_MAX / 1024);
		end(126);
	}
	memcpy(request + request_used, bytes, length);
	request_used += length;
}

static void put_string(const char *text)
{
	uint32_t length = (uint32_t)strlen(text);
	put(&length, sizeof(length));
	put(text, length + 1);
}

static void put_strings(char *const *strings)
{
	uint32_t count = 0;
	while (strings[count])
		count++;
	put(&count, sizeof(count));
	for (uint32_t i = 0; i < count; i++)
		put_string(strings[i]);
}

static void send_request(int agent, char **argv)
{
	char directory[PATH_MAX];
	put_string(getcwd(directory, sizeof(directory)) ? directory : "");
	put_strings(argv);
	put_strings(environ);
	struct hostcall_header header = {
		.type = HOSTCALL_REQUEST,
		.length = (uint32_t)(request_used - sizeof(header)),
	};
	memcpy(request, &header, sizeof(header));

	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(caller->streams))];
	} control = { 0 };
	struct iovec whole = { .iov_base = request, .iov_len = request_used };
	struct msghdr message = {
		.msg_iov = &whole,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(caller->streams));
	memcpy(CMSG_DATA(&control.header), caller->streams, sizeof(caller->streams));
	while (whole.iov_len > 0) {
		ssize_t count = sendmsg(agent, &message, MSG_NOSIGNAL);
		if (count < 0)
			hostcall_fail("the node agent does not take the call");
		whole.iov_base = (uint8_t *)whole.iov_base + count;
		whole.iov_len -= (size_t)count;
		message.msg_control = NULL; /* The descriptors went with the first bytes. */
		message.msg_controllen = 0;
	}
}

static int connect_to_agent(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = HOSTCALL_SOCKET };
	int agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (agent < 0 || connect(agent, (struct sockaddr *)&address, sizeof(address)) < 0)
		hostcall_fail("this command runs outside the machine, and nobody there serves it now");
	return agent;
}

/* ---- Waiting ---- */

static void tell(int agent, uint32_t type, uint32_t value)
{
	struct {
		struct hostcall_header header;
		uint32_t value;
	} message = { { type, sizeof(value) }, value };
	/* If the agent has gone, reading from it will tell. */
	(void)!send(agent, &message, sizeof(message), MSG_NOSIGNAL);
}

/* The terminal, if there is one, belongs to one process group at a time: see tcgetpgrp(3). */
static bool in_foreground(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (isatty(fd))
			return tcgetpgrp(fd) == getpgrp();
	}
	return true;
}

static void forward_signal(int agent, int signals)
{
	struct signalfd_siginfo information;
	if (read(signals, &information, sizeof(information)) != sizeof(information))
		return;
	if (information.ssi_signo == SIGTSTP)
		tell(agent, HOSTCALL_STOPPING, 0);
	else if (information.ssi_signo == SIGCONT)
		tell(agent, HOSTCALL_CONTINUED, in_foreground());
	else
		tell(agent, HOSTCALL_SIGNAL, information.ssi_signo);
}

/* The caller shall see that we ended as the command did. */
_Noreturn static void die_by(int number)
{
	sigset_t one;
	if (caller->ending)
		caller->ending();
	sigemptyset(&one);
	sigaddset(&one, number);
	/* No core of this program is of any use. */
	prctl(PR_SET_DUMPABLE, 0);
	signal(number, SIG_DFL);
	raise(number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	_exit(128 + number);
}

static void obey(int agent)
{
	struct {
		struct hostcall_header header;
		uint32_t value;
	} message;
	if (recv(agent, &message, sizeof(message), MSG_WAITALL) != sizeof(message))
		hostcall_fail("the connection to the outside of the machine broke");
	switch (message.header.type) {
	case HOSTCALL_EXIT:
		end((int)message.value);
	case HOSTCALL_DIE:
		die_by((int)message.value);
	case HOSTCALL_STOP:
		/* The whole job, as the terminal would: a shell waits for all of it. */
		kill(message.value == SIGSTOP ? getpid() : 0, (int)message.value);
		break;
	}
}

int hostcall_start(const struct hostcall_client *client, char **argv)
{
	sigset_t signals;
	caller = client;
	sigemptyset(&signals);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(*forwarded); i++)
		sigaddset(&signals, forwarded[i]);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	int agent = connect_to_agent();
	signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	send_request(agent, argv);
	tell(agent, HOSTCALL_CONTINUED, in_foreground());
	return agent;
}

_Noreturn void hostcall_wait(int agent)
{
	for (;;) {
		struct pollfd ready[] = { { .fd = agent, .events = POLLIN },
					  { .fd = signal_fd, .events = POLLIN } };
		if (poll(ready, 2, -1) < 0)
			continue;
		if (ready[1].revents)
			forward_signal(agent, signal_fd);
		if (ready[0].revents)
			obey(agent);
	}
}
