/*
 * The pod's sandbox process: PID 1 of the pod's PID namespace, if it has one. It holds the pod's
 * namespaces, reaps what the pod's containers leave behind, and ends when it is told to.
 * After kubernetes/build/pause/linux/pause.c.
 */
#include "guest.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-v") == 0) {
		puts("pause " GUEST_VERSION);
		return 0;
	}
	/*
	 * Blocked and waited for instead of handled: nothing can come between looking and sleeping, and
	 * PID 1, which ignores what it has no handler for, is told nonetheless.
	 */
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (;;) {
		int number = 0;
		if (sigwait(&signals, &number) != 0)
			continue;
		if (number != SIGCHLD)
			return 0;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}
