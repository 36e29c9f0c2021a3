#include "guest.h"
#include "processes.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds that a step may take. */
#define PATIENCE 20000

struct process processes[MOST];
char error[512];
static int children;

void reap_by(int signals)
{
	children = signals;
}

void reap(void)
{
	struct signalfd_siginfo told;
	while (read(children, &told, sizeof(told)) > 0)
		;
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		for (int i = 0; i < MOST; i++) {
			struct process *process = &processes[i];
			if (process->jailed.pid != pid || process->ended)
				continue;
			process->ended = true;
			process->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
	}
}

void say_stage(const struct process *process)
{
	say("\"stage\":%d,\"pid\":%d,", (int)process->jailed.stage, (int)process->jailed.pid);
	say_bytes("error", error, strlen(error));
}

void say_refused(void)
{
	say("\"stage\":-1,");
	say_bytes("error", error, strlen(error));
}

void settle(struct process *process)
{
	enum jail_stage stage = process->jailed.stage;
	if (stage == JAIL_PREPARING || stage == JAIL_CREATED)
		jail_await(&process->jailed, PATIENCE, error, sizeof(error));
	say_stage(process);
}

static void drain(int *fd, struct text *into)
{
	char bytes[65536];
	ssize_t got;
	while (*fd >= 0 && (got = read(*fd, bytes, sizeof(bytes))) != -1) {
		if (got == 0) {
			close(*fd);
			*fd = -1;
			return;
		}
		append(into, bytes, (size_t)got);
	}
	/* EIO: nobody has the terminal any more. */
	if (*fd >= 0 && errno == EIO) {
		close(*fd);
		*fd = -1;
	}
}

static int64_t milliseconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void say_outcome(unsigned number, const char *text, size_t length)
{
	struct process *process = &processes[number];
	struct jail_process *jailed = &process->jailed;
	int64_t end = milliseconds_now() + PATIENCE;
	bool late = false;
	while (!late) {
		bool terminal = jailed->in >= 0 && jailed->in == jailed->out;
		drain(&jailed->out, &process->out);
		drain(&jailed->err, &process->err);
		if (terminal)
			jailed->in = jailed->out;
		reap();
		const struct text *out = &process->out;
		if (length && out->bytes && memmem(out->bytes, out->length, text, length))
			break;
		if (process->ended && jailed->out < 0 && jailed->err < 0)
			break;
		int64_t left = end - milliseconds_now();
		late = left <= 0;
		struct pollfd fds[] = { { jailed->out, POLLIN, 0 },
					{ jailed->err, POLLIN, 0 },
					{ children, POLLIN, 0 } };
		poll(fds, 3, late ? 0 : (int)left);
	}
	say("\"status\":%d,", late ? -2 : process->ended ? process->status : -1);
	say_bytes("out", process->out.bytes, process->out.length);
	say(",");
	say_bytes("err", process->err.bytes, process->err.length);
}

void give_input(unsigned number, const void *bytes, size_t length)
{
	struct jail_process *jailed = &processes[number].jailed;
	if (length)
		say("\"written\":%zd", write(jailed->in, bytes, length));
	else if (jailed->in != jailed->out)
		close(jailed->in), jailed->in = -1, say("\"written\":0");
}

void forget(unsigned number)
{
	struct jail_process *jailed = &processes[number].jailed;
	if (jailed->in >= 0 && jailed->in != jailed->out)
		close(jailed->in);
	if (jailed->out >= 0)
		close(jailed->out);
	if (jailed->err >= 0)
		close(jailed->err);
	if (jailed->report >= 0)
		close(jailed->report);
	int64_t end = milliseconds_now() + PATIENCE;
	while (jailed->pid > 0 && !processes[number].ended && milliseconds_now() < end) {
		struct pollfd child = { children, POLLIN, 0 };
		poll(&child, 1, (int)(end - milliseconds_now()));
		reap();
	}
	free(processes[number].out.bytes);
	free(processes[number].err.bytes);
	processes[number] = (struct process){ .jailed = { .in = -1, .out = -1, .err = -1, .report = -1 } };
}
