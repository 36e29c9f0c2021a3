#include "guest.h"
#include "launch.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "calls.h"
#include "report.h"
#include "streams.h"
#include "words.h"

static void default_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void child(const struct launch *launch, const struct streams *streams, int channel)
{
	report_through(channel);
	default_signals();
	setsid();
	umask(022);
	launch->enter(launch->what);
	streams_take(streams, channel);
	launch->become(launch->what);
	_exit(127);
}

/*
 * setns(2) into a PID namespace moves only later children. So we go there ourselves, clone, and come
 * back: one process fewer than the usual way, and the child is ours with a pid as we see it.
 */
static pid_t clone_there(const struct launch *launch, struct clone_args *arguments)
{
	if (launch->pid_namespace < 0)
		return call_clone3(arguments);
	int ours = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	if (ours < 0)
		return -1;
	pid_t pid = -1;
	if (setns(launch->pid_namespace, CLONE_NEWPID) == 0)
		pid = call_clone3(arguments);
	int number = errno;
	/* Otherwise all that we start later would be theirs. */
	if (pid != 0 && setns(ours, CLONE_NEWPID) < 0)
		abort();
	close(ours);
	errno = number;
	return pid;
}

int launch(const struct launch *launch, struct jail_process *process, char *error, size_t size)
{
	*process = (struct jail_process){
		.in = -1, .out = -1, .err = -1, .report = -1, .stage = JAIL_FAILED, .started = !launch->held
	};
	int channel[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
		return fail_errno(error, size, "making a process's report");
	struct streams streams = { { -1, -1, -1 }, { -1, -1, -1 } };
	if (!launch->terminal && streams_open(&streams) < 0) {
		close_all(channel, 2);
		return fail_errno(error, size, "making a process's streams");
	}
	int pidfd = -1;
	struct clone_args arguments = {
		.flags = launch->flags | CLONE_PIDFD | CLONE_INTO_CGROUP,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)launch->cgroup,
	};
	pid_t pid = clone_there(launch, &arguments);
	if (pid == 0)
		child(launch, &streams, channel[1]);
	close(channel[1]);
	close_all(streams.theirs, 3);
	if (pid < 0) {
		close(channel[0]);
		close_all(streams.ours, 3);
		/* setns(2) by a process that has ended. */
		if (errno == ESRCH)
			return fail(error, size, "cannot exec in a stopped container");
		/* pid_namespaces(7): nobody can be added once the namespace's first process has ended. */
		if (errno == ENOMEM && launch->pid_namespace >= 0)
			return fail(error, size, "the first process of its PID namespace has stopped");
		return fail_errno(error, size, "making a process");
	}
	process->pid = pid;
	process->in = streams.ours[0];
	process->out = streams.ours[1];
	process->err = streams.ours[2];
	process->report = channel[0];
	process->stage = JAIL_PREPARING;
	return pidfd;
}
