/*
 * The debug console: what `kata-runtime exec` reaches over vsock port 1026. A login shell on a terminal of its
 * own, started by the first byte that comes, and again by the next after it has ended.
 */
#include "guest.h"
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loop.h"

#define SHELL "/bin/sh"

/* One way: what was read and is still to be written. */
struct flow {
	struct source *from, *to;
	char bytes[4096];
	size_t start, end;
	bool ended;
};

static void port_ready(struct source *source, uint32_t events);
static void terminal_ready(struct source *source, uint32_t events);

static struct source port = { .fd = -1, .ready = port_ready };
static struct source terminal = { .fd = -1, .ready = terminal_ready };
static struct flow input = { .from = &port, .to = &terminal }, output = { .from = &terminal, .to = &port };
static pid_t shell;

static void watch(void)
{
	bool input_waits = input.start < input.end, output_waits = output.start < output.end;
	loop_watch(&port, (input_waits ? 0u : EPOLLIN) | (output_waits ? EPOLLOUT : 0u));
	if (terminal.fd >= 0)
		loop_watch(&terminal, (output_waits ? 0u : EPOLLIN) | (input_waits ? EPOLLOUT : 0u));
}

_Noreturn static void become_shell(int slave)
{
	static char *const environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
					     "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=" SHELL,
					     "TERM=xterm-256color", NULL };
	char *arguments[] = { "-sh", NULL };
	sigset_t none;
	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(slave, fd);
	ioctl(0, TIOCSCTTY, 0);
	syscall(SYS_close_range, 3, ~0U, 0);
	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir("/root") < 0)
		(void)!chdir("/");
	execve(SHELL, arguments, environment);
	say("cannot start " SHELL ": %s", strerror(errno));
	_exit(127);
}

static void start_shell(void)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	terminal.fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (terminal.fd < 0 || unlockpt(terminal.fd) < 0) {
		say("cannot open a terminal: %s", strerror(errno));
		loop_close(&terminal);
		return;
	}
	int slave = ioctl(terminal.fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	ioctl(terminal.fd, TIOCSWINSZ, &size);
	shell = slave < 0 ? -1 : fork();
	if (shell == 0)
		become_shell(slave);
	if (slave >= 0)
		close(slave);
	if (shell < 0) {
		say("cannot start a shell: %s", strerror(errno));
		loop_close(&terminal);
	}
}

static void move(struct flow *flow)
{
	if (flow->start == flow->end && flow->from->fd >= 0) {
		ssize_t count = read(flow->from->fd, flow->bytes, sizeof(flow->bytes));
		flow->start = 0;
		flow->end = count > 0 ? (size_t)count : 0;
		/* EIO: nobody has the terminal open any more. */
		flow->ended = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
	}
	while (flow->start < flow->end && flow->to->fd >= 0) {
		ssize_t count = write(flow->to->fd, flow->bytes + flow->start, flow->end - flow->start);
		if (count <= 0)
			break;
		flow->start += (size_t)count;
	}
}

/*
 * The next shell may begin. A vsock would be closed; the port stays open, and a NUL, which no terminal shows, tells
 * the other side that this session is over.
 */
static void end_terminal(void)
{
	if (terminal.fd < 0)
		return;
	loop_close(&terminal);
	input.start = input.end = 0;
	if (output.end == sizeof(output.bytes)) {
		memmove(output.bytes, output.bytes + output.start, output.end - output.start);
		output.end -= output.start;
		output.start = 0;
	}
	if (output.end < sizeof(output.bytes))
		output.bytes[output.end++] = 0;
	move(&output);
}

static void port_ready(struct source *source, uint32_t events)
{
	(void)source;
	if (events & EPOLLIN) {
		if (terminal.fd < 0)
			start_shell();
		move(&input);
		if (terminal.fd < 0)
			input.start = input.end;
	}
	if (events & EPOLLOUT)
		move(&output);
	watch();
}

static void terminal_ready(struct source *source, uint32_t events)
{
	(void)source;
	if (events & EPOLLOUT)
		move(&input);
	if (events & (EPOLLIN | EPOLLHUP)) {
		move(&output);
		if (output.ended)
			end_terminal();
	}
	watch();
}

void console_child_ended(int pid)
{
	if (pid != shell)
		return;
	shell = 0;
	/* What it started may hold the terminal; it gets a hang-up, and the port is for the next shell. */
	move(&output);
	end_terminal();
	watch();
}

void console_start(void)
{
	port.fd = open_port("virtio-2");
	if (port.fd >= 0)
		watch();
}
