#include "guest.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Enough for a path below a bundle. */
#define PATH_SIZE 512

static void log_path(const struct options *options, char *path)
{
	snprintf(path, PATH_SIZE, "%s/runtime.log", options->bundle);
}

_Noreturn static void become_runtime(const struct options *options, const struct runtime_call *call)
{
	char log[PATH_SIZE], preload[PATH_SIZE];
	const char *argv[20];
	size_t count = 0;
	sigset_t none;
	log_path(options, log);
	argv[count++] = options->runtime;
	argv[count++] = "--root";
	argv[count++] = options->root;
	argv[count++] = "--log";
	argv[count++] = log;
	argv[count++] = "--log-format";
	argv[count++] = "json";
	argv[count++] = call->command;
	for (size_t i = 0; call->arguments[i]; i++)
		argv[count++] = call->arguments[i];
	argv[count++] = options->id;
	argv[count] = NULL;
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(call->stdio[fd], fd) < 0)
			_exit(127);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", options->preload ? options->preload : "");
	char *environment[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		options->preload ? preload : NULL,
		NULL,
	};
	execve(options->runtime, (char **)argv, environment);
	_exit(127);
}

int runtime_run(const struct options *options, const struct runtime_call *call)
{
	char log[PATH_SIZE];
	int status;
	log_path(options, log);
	unlink(log);
	pid_t pid = fork();
	if (pid == 0)
		become_runtime(options, call);
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What it wrote into its log: lines of JSON, for the other side to read. */
void runtime_complaint(const struct options *options, char *text, size_t size)
{
	char log[PATH_SIZE];
	log_path(options, log);
	int fd = open(log, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, size - 1);
	text[length > 0 ? length : 0] = 0;
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		snprintf(text, size, "%s ended without a word", options->runtime);
}
