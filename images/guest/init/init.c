/*
 * PID 1 of the node. Mounts what there is to mount, starts the agent and keeps it running, reaps
 * orphans, and ends the machine on the signals that busybox's init knows: SIGTERM restarts it,
 * SIGUSR1 halts it, SIGUSR2 powers it off (busybox, init/init.c). There is no shell, no getty and
 * no service manager: what else runs on the node, the host starts through the agent.
 */
#include "guest.h"
#include "init.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* An agent that lives shorter than this is not started again at once. */
#define SHORT_LIFE 2 /* s */
#define RESTART_PAUSE 1 /* s */
/* How long processes have to end on SIGTERM before SIGKILL. */
#define GRACE 2 /* s */

void say(const char *format, ...)
{
	char line[256];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (length > 0)
		dprintf(STDERR_FILENO, "init: %s\n", line);
}

static time_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* `number` is the signal that asked for it. */
_Noreturn static void end_machine(int number, const sigset_t *signals)
{
	struct timespec second = { .tv_sec = 1 };
	time_t end = now() + GRACE;
	say(number == SIGTERM ? "restarting" : "switching off");
	kill(-1, SIGTERM);
	while (now() < end) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0)
			break; /* Nobody is left. */
		if (pid == 0)
			sigtimedwait(signals, NULL, &second);
	}
	kill(-1, SIGKILL);
	sync();
	/*
	 * A halt with interrupts off is how v86 sees that nothing can follow. It does not know ACPI's
	 * soft-off: after RB_POWER_OFF the kernel would spin.
	 */
	reboot(number == SIGTERM ? RB_AUTOBOOT : RB_HALT_SYSTEM);
	_exit(0);
}

static void describe_end(int status)
{
	if (WIFSIGNALED(status))
		say("the agent was killed by signal %d, starting it anew", WTERMSIG(status));
	else
		say("the agent ended with code %d, starting it anew", WEXITSTATUS(status));
}

/* Starts the agent, and again whenever it has ended. Returns the signal that asks for the machine's end. */
static int keep_agent_running(const sigset_t *signals)
{
	pid_t agent = start_agent();
	time_t started = now();
	for (;;) {
		struct timespec pause = { .tv_sec = RESTART_PAUSE };
		int number = sigtimedwait(signals, NULL, agent < 0 ? &pause : NULL);
		if (number == SIGTERM || number == SIGUSR1 || number == SIGUSR2)
			return number;
		int status;
		for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
			if (pid != agent)
				continue;
			agent = -1;
			describe_end(status);
		}
		if (agent < 0 && (number < 0 || now() - started >= SHORT_LIFE)) {
			agent = start_agent();
			started = now();
		}
	}
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-v") == 0) {
		puts("init " GUEST_VERSION);
		return 0;
	}
	if (getpid() != 1) {
		fputs("init: only for process 1\n", stderr);
		return 2;
	}
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGUSR2);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	umask(0);
	mount_everything();
	umask(022);
	mount_cgroups();
	set_up_node();
	end_machine(keep_agent_running(&signals), &signals);
}
