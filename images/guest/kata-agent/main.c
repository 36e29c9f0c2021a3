#include "guest.h"
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "call.h"
#include "loop.h"
#include "processes.h"
#include "sandbox.h"
#include "server.h"
#include "vport.h"

void say(const char *format, ...)
{
	char line[256];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (length > 0)
		dprintf(STDERR_FILENO, "kata-agent: %s\n", line);
}

void *must_allocate(size_t size)
{
	void *memory = calloc(1, size);
	if (!memory) {
		say("out of memory");
		halt();
	}
	return memory;
}

char *must_copy(const char *text)
{
	size_t size = strlen(text) + 1;
	return memcpy(must_allocate(size), text, size);
}

int64_t now_ms(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void halt(void)
{
	sync();
	/* A halt with interrupts off is how v86 sees that nothing can follow; it does not know ACPI's soft-off. */
	reboot(RB_HALT_SYSTEM);
	_exit(0);
}

int open_port(const char *name)
{
	char path[320];
	int error = vport_path(name, path, sizeof(path));
	int fd = error ? -1 : open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		say("cannot open the port %s: %s", name, strerror(error ? error : errno));
	return fd;
}

/* PID 1's children are those it has started, and whoever has lost its parent. */
void reap_children(void)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0;) {
		if (!process_ended(pid, status))
			console_child_ended(pid);
	}
}

static void on_signal(struct source *source, uint32_t events)
{
	struct signalfd_siginfo information;
	(void)events;
	while (read(source->fd, &information, sizeof(information)) > 0)
		;
	reap_children();
}

static void listen_to_children(void)
{
	static struct source source;
	sigset_t children;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
	source = (struct source){ .fd = signalfd(-1, &children, SFD_NONBLOCK | SFD_CLOEXEC), .ready = on_signal };
	loop_watch(&source, EPOLLIN);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-v") == 0) {
		puts("kata-agent " GUEST_VERSION);
		return 0;
	}
	if (getpid() != 1) {
		fputs("kata-agent: only for process 1\n", stderr);
		return 2;
	}
	prctl(PR_SET_NAME, "kata-agent");
	signal(SIGPIPE, SIG_IGN);
	umask(0);
	boot();
	umask(022);
	loop_init();
	listen_to_children();
	server_start();
	console_start();
	survey_start();
	for (;;) {
		loop_turn(calls_expire());
		sandbox_turn();
	}
}
