#include "guest.h"
#include "container-clients.h"
#include "container-log.h"
#include "exit-record.h"
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
#include <unistd.h>

#define PATH_SIZE 512

static const struct options *container;
static struct streams streams;
static struct log *container_log;
static pid_t init;
static bool exited, deleted;
/* The container's input had no room: somebody's frame waits. */
static bool input_full;
/* Once it has exited. */
static char ending[EXIT_RECORD_SIZE];

static const struct clients_service service;
static struct clients clients = { .service = &service };

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
		log_write(container_log, stream, bytes, (size_t)count);
		clients_output(&clients, stream == OUTPUT_STDOUT ? SHIM_STDOUT : SHIM_STDERR, bytes, (size_t)count);
		return;
	}
	/* The end; of a terminal it is EIO. */
	log_flush(container_log, stream);
	close_stream(fd);
	if (exited && drained())
		clients_exit(&clients, ending, true);
}

static size_t feed_stdin(void *ours, const uint8_t *bytes, size_t length)
{
	(void)ours;
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

static void close_stdin(void *ours)
{
	if (container->terminal) {
		static const uint8_t end_of_transmission = 4;
		feed_stdin(ours, &end_of_transmission, 1);
	} else {
		close_stream(&streams.in);
	}
}

static int32_t resize(void *ours, uint32_t client, uint16_t columns, uint16_t rows)
{
	struct winsize size = { .ws_col = columns, .ws_row = rows };
	(void)ours, (void)client;
	if (container->terminal && streams.in >= 0)
		ioctl(streams.in, TIOCSWINSZ, &size);
	return 0;
}

static int32_t reopen_log(void *ours)
{
	(void)ours;
	return log_reopen(container_log) < 0 ? errno : 0;
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
static int32_t kill_processes(void *ours, uint32_t client, int number, bool all)
{
	(void)ours, (void)client;
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

static void init_ended(int status)
{
	char path[PATH_SIZE];
	int by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	exited = true;
	exit_record(ending, by ? 128 + by : WEXITSTATUS(status), by, oom_kills());
	if (container->kill_all)
		write_cgroup("cgroup.kill", "1");
	snprintf(path, sizeof(path), "%s/exit", container->bundle);
	exit_record_write(path, ending);
	clients_exit(&clients, ending, drained());
}

static void reap(void)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		if (pid == init)
			init_ended(status);
	}
}

static int32_t delete_container(void *ours, uint32_t client, char *text, size_t size)
{
	(void)ours, (void)client;
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

static const struct clients_service service = {
	.resize = resize,
	.kill = kill_processes,
	.delete = delete_container,
	.reopen_log = reopen_log,
	.feed_stdin = feed_stdin,
	.close_stdin = close_stdin,
};

/* Until they have taken it all, or gone. */
static void drain_clients(void)
{
	struct pollfd polled[CLIENTS_MAX];
	clients_end(&clients);
	for (size_t count; (count = clients_poll(&clients, polled)) > 0;) {
		if (poll(polled, count, -1) > 0)
			clients_serve(&clients, polled, count);
	}
}

void monitor(const struct options *options, struct streams given, struct log *log, int listener, pid_t pid)
{
	sigset_t children;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	int signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
	container = options;
	streams = given;
	container_log = log;
	init = pid;
	reap();
	while (!deleted) {
		enum { SIGNALS, LISTENER, OUT, ERR, IN, CLIENTS };
		struct pollfd polled[CLIENTS + CLIENTS_MAX] = {
			[SIGNALS] = { .fd = signals, .events = POLLIN },
			[LISTENER] = { .fd = listener, .events = POLLIN },
			[OUT] = { .fd = clients_have_room(&clients, SHIM_STDOUT) ? streams.out : -1, .events = POLLIN },
			[ERR] = { .fd = clients_have_room(&clients, SHIM_STDERR) ? streams.err : -1, .events = POLLIN },
			[IN] = { .fd = input_full ? streams.in : -1, .events = POLLOUT },
		};
		size_t count = clients_poll(&clients, polled + CLIENTS);
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
		clients_serve(&clients, polled + CLIENTS, count);
		if (polled[LISTENER].revents)
			clients_accept(&clients, listener);
	}
	drain_clients();
}
