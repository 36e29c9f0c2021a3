#include "guest.h"
#include "clients.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE 512

static const struct options *container;
static struct streams streams;
static pid_t init;
static bool exited, deleted;
/* The container's input had no room: somebody's frame waits. */
static bool input_full;
static char exit_record[160];

bool monitor_exited(void)
{
	return exited;
}

/* ---- Standard streams ---- */

static void close_stream(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool drained(void)
{
	return streams.out < 0 && streams.err < 0;
}

static void pass_on(int *fd, enum output stream)
{
	static uint8_t bytes[16 * 1024];
	ssize_t count = read(*fd, bytes, sizeof(bytes));
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count > 0) {
		log_write(stream, bytes, (size_t)count);
		clients_output(stream == OUTPUT_STDOUT ? SHIM_STDOUT : SHIM_STDERR, bytes, (size_t)count);
		return;
	}
	/* The end; of a terminal it is EIO. */
	log_flush(stream);
	close_stream(fd);
	if (exited && drained())
		clients_exit(exit_record, true);
}

size_t monitor_feed_stdin(const uint8_t *bytes, size_t length)
{
	if (streams.in < 0)
		return length; /* Nobody reads it any more. */
	ssize_t count = write(streams.in, bytes, length);
	if (count < 0 && errno != EAGAIN && errno != EINTR) {
		close_stream(&streams.in);
		return length;
	}
	size_t taken = count > 0 ? (size_t)count : 0;
	input_full = taken < length;
	return taken;
}

void monitor_close_stdin(void)
{
	if (container->terminal) {
		static const uint8_t end_of_transmission = 4;
		monitor_feed_stdin(&end_of_transmission, 1);
	} else {
		close_stream(&streams.in);
	}
}

void monitor_resize(uint16_t columns, uint16_t rows)
{
	struct winsize size = { .ws_col = columns, .ws_row = rows };
	if (container->terminal && streams.in >= 0)
		ioctl(streams.in, TIOCSWINSZ, &size);
}

/* ---- Life and death ---- */

static int write_cgroup(const char *name, const char *value)
{
	char path[PATH_SIZE];
	snprintf(path, sizeof(path), "%s/%s", container->cgroup, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	int error = write(fd, value, strlen(value)) < 0 ? errno : 0;
	close(fd);
	return error;
}

/* Only we reap it, so until then its number is its own. */
int monitor_kill(int number, bool all)
{
	if (all && number == SIGKILL)
		return write_cgroup("cgroup.kill", "1");
	if (exited)
		return ESRCH;
	return kill(init, number) < 0 ? errno : 0;
}

/* How many of the container's processes the kernel has killed for want of memory. */
static long oom_kills(void)
{
	char path[PATH_SIZE], text[512] = "";
	snprintf(path, sizeof(path), "%s/memory.events", container->cgroup);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length > 0 ? length : 0] = 0;
	const char *line = strstr(text, "oom_kill ");
	return line ? strtol(line + strlen("oom_kill "), NULL, 10) : 0;
}

/* It appears whole or not at all. */
static void write_exit_file(void)
{
	char path[PATH_SIZE], partial[PATH_SIZE];
	snprintf(path, sizeof(path), "%s/exit", container->bundle);
	snprintf(partial, sizeof(partial), "%s/exit.partial", container->bundle);
	int fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	size_t length = strlen(exit_record);
	bool whole = write(fd, exit_record, length) == (ssize_t)length;
	close(fd);
	if (whole)
		rename(partial, path);
}

static void init_ended(int status)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	exited = true;
	snprintf(exit_record, sizeof(exit_record),
		 "{\"code\":%d,\"signal\":%d,\"exitedAt\":\"%lld%09ld\",\"oomKills\":%ld}",
		 WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
		 WIFSIGNALED(status) ? WTERMSIG(status) : 0, (long long)now.tv_sec, now.tv_nsec, oom_kills());
	if (container->kill_all)
		write_cgroup("cgroup.kill", "1");
	write_exit_file();
	clients_exit(exit_record, drained());
}

static void reap(void)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		if (pid == init)
			init_ended(status);
	}
}

int monitor_delete(char *text, size_t size)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct runtime_call call = {
		.command = "delete",
		.arguments = { "--force" },
		.stdio = { null, null, null },
	};
	if (!exited)
		return EBUSY;
	int code = runtime_run(container, &call);
	close(null);
	if (code != 0) {
		runtime_complaint(container, text, size);
		return code < 0 ? EIO : code;
	}
	char rootfs[PATH_SIZE];
	snprintf(rootfs, sizeof(rootfs), "%s/rootfs", container->bundle);
	if (container->overlay)
		unmount_all((char *[]){ rootfs, NULL });
	deleted = true;
	return 0;
}

void monitor(const struct options *options, struct streams given, int listener, pid_t pid)
{
	sigset_t children;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
	container = options;
	streams = given;
	init = pid;
	reap();
	while (!deleted) {
		enum { SIGNALS, LISTENER, OUT, ERR, IN, CLIENTS };
		struct pollfd polled[CLIENTS + CLIENTS_MAX] = {
			[SIGNALS] = { .fd = signals, .events = POLLIN },
			[LISTENER] = { .fd = listener, .events = POLLIN },
			[OUT] = { .fd = clients_have_room(SHIM_STDOUT) ? streams.out : -1, .events = POLLIN },
			[ERR] = { .fd = clients_have_room(SHIM_STDERR) ? streams.err : -1, .events = POLLIN },
			[IN] = { .fd = input_full ? streams.in : -1, .events = POLLOUT },
		};
		size_t count = clients_poll(polled + CLIENTS);
		if (poll(polled, CLIENTS + count, -1) < 0)
			continue;
		if (polled[OUT].revents)
			pass_on(&streams.out, OUTPUT_STDOUT);
		if (polled[ERR].revents)
			pass_on(&streams.err, OUTPUT_STDERR);
		if (polled[SIGNALS].revents) {
			struct signalfd_siginfo information;
			while (read(signals, &information, sizeof(information)) > 0)
				;
			reap();
		}
		input_full = false;
		clients_serve(polled + CLIENTS, count);
		if (polled[LISTENER].revents)
			clients_accept(listener);
	}
	clients_drain();
}
