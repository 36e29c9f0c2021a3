/*
 * A command of the node that is served outside of it: kubectl and crictl are links to this program.
 * It hands its arguments, directory, environment and standard streams to the agent and waits for the
 * exit code. Signals it gets, it passes on.
 */
#include "guest.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostcall-client.h"

int main(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = slash ? slash + 1 : argc > 0 ? argv[0] : "hostcall";
	if (argc == 0 || (strcmp(name, "hostcall") == 0 && argc == 2 && strcmp(argv[1], "-v") == 0)) {
		puts("hostcall " GUEST_VERSION);
		return 0;
	}
	struct hostcall_client client = {
		.name = name,
		.streams = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO },
	};
	hostcall_wait(hostcall_start(&client, argv));
}
