/*
 * The node agent: what the host outside the machine can do inside it. One thread, one port, no
 * buffers but the streams' windows. See protocol.h for the language and kinds.h for what it can do.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kinds.h"
#include "launch.h"
#include "loop.h"
#include "session.h"
#include "wire.h"

static const char usage[] = "usage: agent PORT | agent --stdio | agent -v\n"
			    "PORT is a virtio-console port such as /dev/vport1p1.\n";

/* Frames wait in the buffer for company, but never longer than this many events. */
#define EVENTS_BEFORE_FLUSH 16

static void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* 0 to 2 must exist, as children get theirs in place of them; what else we were given is not for them. */
static void tidy_descriptors(void)
{
	int fd;
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= 2);
	if (fd > 2)
		close(fd);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "-v") == 0) {
		puts("agent " GUEST_VERSION);
		return 0;
	}
	if (argc != 2 || (argv[1][0] == '-' && strcmp(argv[1], "--stdio") != 0)) {
		fputs(usage, stderr);
		return 2;
	}
	tidy_descriptors();
	int in, out;
	if (argv[1][0] == '-') {
		in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		set_nonblocking(in);
	} else {
		in = out = open(argv[1], O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	if (in < 0 || out < 0) {
		fprintf(stderr, "agent: cannot open %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	launch_init();
	loop_init();
	wire_open(out);
	processes_init();
	session_start(in);
	for (int unflushed = 0;;) {
		bool served = loop_turn(wire_pending() ? 0 : -1);
		if (!wire_pending() || (served && ++unflushed < EVENTS_BEFORE_FLUSH))
			continue;
		wire_flush();
		unflushed = 0;
	}
}
