#include "guest.h"
#include "container-log.h"
#include "leave-caller.h"
#include "listen-unix.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 512

/* What the monitor tells the process that was called, which tells it on and ends. */
struct report {
	pid_t init; /* 0: it did not come to be, and the text says why */
	char text[4096];
};

static void path_in_bundle(const struct options *options, const char *name, char *path)
{
	snprintf(path, PATH_SIZE, "%s/%s", options->bundle, name);
}

static pid_t read_pid(const char *path)
{
	char text[16] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	if (fd >= 0)
		close(fd);
	return (pid_t)atoi(text);
}

static int make_pipe(bool wanted, int ours, int ends[2])
{
	ends[0] = ends[1] = -1;
	if (!wanted)
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	return fcntl(ends[ours], F_SETFL, O_NONBLOCK);
}

/* Fills in the runtime's stdio and our ends of it. */
static int make_streams(const struct options *options, int stdio[3], struct streams *streams)
{
	int in[2], out[2], err[2];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || make_pipe(options->stdin_open && !options->terminal, 1, in) < 0 ||
	    make_pipe(!options->terminal, 0, out) < 0 || make_pipe(!options->terminal, 0, err) < 0)
		return -1;
	stdio[0] = in[0] < 0 ? null : in[0];
	stdio[1] = out[1] < 0 ? null : out[1];
	stdio[2] = err[1] < 0 ? null : err[1];
	*streams = (struct streams){ .in = in[1], .out = out[0], .err = err[0] };
	return 0;
}

static void close_stdio(const int stdio[3])
{
	for (int i = 0; i < 3; i++)
		close(stdio[i]);
}

/* The steps whose failure errno explains; returns what was attempted, or NULL if all went well. */
static const char *set_up(const struct options *options, int stdio[3], struct streams *streams,
			  struct log **log, int *listener, int *console)
{
	char path[PATH_SIZE];
	*log = options->log ? log_open(options->log) : NULL;
	if (options->log && !*log)
		return "open the log file";
	path_in_bundle(options, "control.sock", path);
	*listener = listen_unix(path);
	if (*listener < 0)
		return "listen for the container's clients";
	path_in_bundle(options, "console.sock", path);
	*console = options->terminal ? listen_unix(path) : -1;
	if (options->terminal && *console < 0)
		return "listen for the container's terminal";
	if (make_streams(options, stdio, streams) < 0)
		return "make the container's streams";
	return mount_rootfs(options) < 0 ? "mount the root file system" : NULL;
}

static pid_t create_container(const struct options *options, const int stdio[3], struct report *report)
{
	char pid_file[PATH_SIZE], console[PATH_SIZE];
	path_in_bundle(options, "init.pid", pid_file);
	path_in_bundle(options, "console.sock", console);
	struct runtime_call call = {
		.command = "create",
		.arguments = { "--bundle", options->bundle, "--pid-file", pid_file,
			       options->terminal ? "--console-socket" : NULL, console },
		.stdio = { stdio[0], stdio[1], stdio[2] },
	};
	unlink(pid_file);
	if (runtime_run(options, &call) != 0) {
		runtime_complaint(options, report->text, sizeof(report->text));
		return 0;
	}
	pid_t pid = read_pid(pid_file);
	if (pid <= 0)
		snprintf(report->text, sizeof(report->text), "%s left no pid", options->runtime);
	return pid > 0 ? pid : 0;
}

static void unmount_rootfs(const struct options *options)
{
	char rootfs[PATH_SIZE];
	path_in_bundle(options, "rootfs", rootfs);
	if (options->overlay)
		unmount_all((char *[]){ rootfs, NULL });
}

/* False if whoever called has gone. */
static bool tell(int fd, const struct report *report)
{
	size_t sent = 0;
	while (sent < sizeof(*report)) {
		ssize_t count = write(fd, (const char *)report + sent, sizeof(*report) - sent);
		if (count < 0 && errno != EINTR)
			break;
		sent += count > 0 ? (size_t)count : 0;
	}
	close(fd);
	return sent == sizeof(*report);
}

/* Nobody would ever start it, or know that it is there. */
static void undo(const struct options *options)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct runtime_call call = {
		.command = "delete",
		.arguments = { "--force" },
		.stdio = { null, null, null },
	};
	runtime_run(options, &call);
	unmount_rootfs(options);
}

_Noreturn static void run_monitor(const struct options *options, int status)
{
	static struct report report;
	struct streams streams;
	struct log *log;
	int stdio[3], listener, console;
	leave_caller("sandglass-shim");
	const char *failed = set_up(options, stdio, &streams, &log, &listener, &console);
	if (failed) {
		snprintf(report.text, sizeof(report.text), "cannot %s: %s", failed, strerror(errno));
		tell(status, &report);
		_exit(1);
	}
	report.init = create_container(options, stdio, &report);
	close_stdio(stdio);
	if (report.init && options->terminal) {
		int terminal = console_receive(console);
		fcntl(terminal, F_SETFL, O_NONBLOCK);
		streams = (struct streams){ .in = terminal, .out = fcntl(terminal, F_DUPFD_CLOEXEC, 0), .err = -1 };
	}
	if (console >= 0)
		close(console);
	if (!report.init)
		unmount_rootfs(options);
	bool told = tell(status, &report);
	if (report.init && told)
		monitor(options, streams, log, listener, report.init);
	else if (report.init)
		undo(options);
	_exit(0);
}

int shim_create(const struct options *options)
{
	int status[2];
	struct report report = { 0 };
	size_t length = 0;
	if (pipe2(status, O_CLOEXEC) < 0) {
		complain("cannot make a pipe: %s", strerror(errno));
		return 1;
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(status[0]);
		run_monitor(options, status[1]);
	}
	close(status[1]);
	for (ssize_t count; pid > 0 && length < sizeof(report); length += (size_t)count) {
		count = read(status[0], (char *)&report + length, sizeof(report) - length);
		if (count <= 0)
			break;
	}
	if (report.init <= 0) {
		complain("%s", length == sizeof(report) ? report.text : "the monitor ended before its time");
		return 1;
	}
	printf("%d\n", (int)report.init);
	return 0;
}
