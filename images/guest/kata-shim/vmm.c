#include "guest.h"
#include "timer.h"
#include "vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds that it has between SIGTERM and SIGKILL: its machine is to be let go of outside the node. */
#define OBEY_TIME 2000

static pid_t pid;
static int status;
static bool ended, stopped;
static struct timer stopping;
static const char *output_file;
/* What stood in it before. */
static off_t output_start;

static off_t size_of(const char *path)
{
	struct stat found;
	return stat(path, &found) < 0 ? 0 : found.st_size;
}

_Noreturn static void become(char *const *argv, int output, pid_t parent)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	dup2(null, 0);
	dup2(output, 1);
	dup2(output, 2);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execv(argv[0], argv);
	dprintf(2, "cannot start %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

pid_t vmm_start(char *const *argv, const char *stderr_file)
{
	pid_t parent = getpid();
	int output = open(stderr_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (output < 0)
		return -1;
	output_file = stderr_file;
	output_start = size_of(stderr_file);
	pid = fork();
	if (pid == 0)
		become(argv, output, parent);
	close(output);
	return pid;
}

pid_t vmm_pid(void)
{
	return pid;
}

bool vmm_ended(void)
{
	return ended;
}

bool vmm_stopped(void)
{
	return stopped;
}

bool vmm_reap(void)
{
	bool now = false;
	int how;
	/* Its own descendants come to us, too. */
	for (pid_t child; (child = waitpid(-1, &how, WNOHANG)) > 0;) {
		if (child != pid)
			continue;
		status = how;
		ended = now = true;
		timer_clear(&stopping);
	}
	return now;
}

/* The last line that it wrote, which is why it failed if anything is; "" if it wrote nothing. */
static void last_words(char *line, size_t size)
{
	char text[1024] = "";
	int fd = open(output_file, O_RDONLY | O_CLOEXEC);
	off_t end = size_of(output_file), start = end - (off_t)sizeof(text) + 1;
	ssize_t length = fd < 0 ? 0 : pread(fd, text, sizeof(text) - 1, start > output_start ? start : output_start);
	if (fd >= 0)
		close(fd);
	while (length > 0 && text[length - 1] == '\n')
		length--;
	text[length > 0 ? length : 0] = 0;
	const char *newline = strrchr(text, '\n');
	snprintf(line, size, "%.*s", (int)size - 1, newline ? newline + 1 : text);
}

void vmm_describe_end(const char *why, char *text, size_t size)
{
	char words[512], how[64];
	last_words(words, sizeof(words));
	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was killed by signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "ended with code %d", WEXITSTATUS(status));
	snprintf(text, size, "%s%sthe VMM %s%s%s", why ? why : "", why ? "; " : "", how, *words ? ": " : "", words);
}

static void kill_it(void *owner)
{
	(void)owner;
	kill(pid, SIGKILL);
}

static void terminate(void *owner)
{
	stopped = true;
	kill(pid, SIGTERM);
	timer_set(&stopping, OBEY_TIME, kill_it, owner);
}

void vmm_stop(int milliseconds)
{
	if (!ended)
		timer_set(&stopping, milliseconds, terminate, NULL);
}

void vmm_stop_now(void)
{
	vmm_stop(0);
	while (!vmm_ended()) {
		struct timespec moment = { .tv_nsec = 10 * 1000000 };
		timers_ring();
		nanosleep(&moment, NULL);
		vmm_reap();
	}
}
