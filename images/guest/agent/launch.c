#include "guest.h"
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "child-streams.h"
#include "namespaces.h"
#include "protocol.h"

extern char **environ;

static struct rlimit usual_files;

void launch_init(void)
{
	if (getrlimit(RLIMIT_NOFILE, &usual_files) < 0)
		return;
	struct rlimit most = { .rlim_cur = usual_files.rlim_max, .rlim_max = usual_files.rlim_max };
	setrlimit(RLIMIT_NOFILE, &most);
}

__attribute__((format(printf, 2, 3))) _Noreturn static void give_up(int status_fd, const char *step, ...)
{
	struct launch_failure failure = { .error = errno };
	va_list arguments;
	va_start(arguments, step);
	vsnprintf(failure.step, sizeof(failure.step), step, arguments);
	va_end(arguments);
	/* Less than PIPE_BUF, so whole. */
	while (write(status_fd, &failure, sizeof(failure)) < 0 && errno == EINTR)
		;
	_exit(127);
}

static int join_cgroup(const char *directory)
{
	char path[4096];
	if ((size_t)snprintf(path, sizeof(path), "%s/cgroup.procs", directory) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, "0", 1) < 0 ? -1 : close(fd);
}

static void default_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int become_user(const struct launch *launch)
{
	/* A user namespace may forbid setgroups(2), see user_namespaces(7); with no groups, so be it. */
	if (setgroups(launch->group_count, launch->groups) < 0 &&
	    !(errno == EPERM && launch->group_count == 0 && launch->namespaces & NAMESPACE_USER))
		return -1;
	return setgid(launch->gid) < 0 || setuid(launch->uid) < 0 ? -1 : 0;
}

static void set_environment(const struct launch *launch)
{
	if (!(launch->flags & PROCESS_EXTEND_ENVIRONMENT)) {
		environ = launch->environment;
		return;
	}
	for (char **variable = launch->environment; *variable; variable++)
		putenv(*variable);
}

static void die_with_agent(const struct launch *launch)
{
	if (!(launch->flags & PROCESS_PERSISTENT))
		prctl(PR_SET_PDEATHSIG, SIGKILL);
}

_Noreturn static void child(const struct launch *launch, int status_fd)
{
	const char *name;
	/* Always a group of its own, so that a signal can reach what it starts. */
	if (launch->flags & (PROCESS_NEW_SESSION | PROCESS_TERMINAL))
		setsid();
	else
		setpgid(0, 0);
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(launch->stdio[fd], fd) < 0)
			give_up(status_fd, "set up its standard streams");
	}
	die_with_agent(launch);
	/* Others' pipes too: whoever waits for their end shall not wait for what we do next. */
	keep_descriptors(&status_fd, 1);
	if (launch->cgroup[0] && join_cgroup(launch->cgroup) < 0)
		give_up(status_fd, "join the cgroup %s", launch->cgroup);
	if (launch->namespaces && namespaces_enter(launch->namespaces_of, launch->namespaces, &name) < 0)
		give_up(status_fd, "enter the %s namespace of process %d", name, (int)launch->namespaces_of);
	if (launch->flags & PROCESS_TERMINAL && ioctl(0, TIOCSCTTY, 0) < 0)
		give_up(status_fd, "take its terminal");
	setrlimit(RLIMIT_NOFILE, &usual_files);
	if (become_user(launch) < 0)
		give_up(status_fd, "become user %u, group %u", launch->uid, launch->gid);
	if (launch->directory[0] && chdir(launch->directory) < 0)
		give_up(status_fd, "change to directory %s", launch->directory);
	die_with_agent(launch); /* Again: setuid has cleared it. */
	set_environment(launch);
	default_signals();
	execvp(launch->argv[0], launch->argv);
	give_up(status_fd, "%s", "");
}

/*
 * setns(2) into a PID namespace moves only later children. So we go there ourselves, fork, and come
 * back: one fork fewer than the usual way, and the process is our own child with a pid as we see it.
 */
pid_t launch_fork(const struct launch *launch, int status_fd, struct launch_failure *failure)
{
	int theirs = -1, ours = -1;
	pid_t pid = -1;
	bool elsewhere = launch->namespaces & NAMESPACE_PID;
	failure->error = 0;
	if (elsewhere) {
		theirs = namespace_open(launch->namespaces_of, "pid");
		ours = namespace_open(0, "pid");
		if (theirs < 0)
			failure->error = -theirs;
		else if (ours < 0 || setns(theirs, CLONE_NEWPID) < 0)
			failure->error = ours < 0 ? -ours : errno;
	}
	if (failure->error) {
		snprintf(failure->step, sizeof(failure->step), "enter the pid namespace of process %d",
			 (int)launch->namespaces_of);
	} else {
		failure->step[0] = 0;
		pid = fork();
		if (pid == 0)
			child(launch, status_fd);
		if (pid < 0)
			failure->error = errno;
		/* See pid_namespaces(7). */
		if (failure->error == ENOMEM && elsewhere)
			snprintf(failure->step, sizeof(failure->step),
				 "fork in the pid namespace of process %d, whose first process may have ended",
				 (int)launch->namespaces_of);
		if (elsewhere && setns(ours, CLONE_NEWPID) < 0) {
			perror("agent: cannot come back from a pid namespace");
			exit(1);
		}
	}
	if (theirs >= 0)
		close(theirs);
	if (ours >= 0)
		close(ours);
	return pid;
}
