#include "guest.h"
#include "init.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "settings.h"
#include "vport.h"

#define AGENT "/usr/lib/sandglass/agent"
/* v86 names its ports virtio-0 to virtio-3; the first is a console. */
#define PORT_NAME "virtio-1"

static char *const environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"HOME=/root",
	"USER=root",
	"LOGNAME=root",
	"SHELL=/bin/bash",
	"LANG=C.UTF-8",
	NULL,
};

_Noreturn static void become_agent(void)
{
	char port[320];
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	write_setting("/sys/fs/cgroup/system.slice/cgroup.procs", "0");
	if (chdir("/root") < 0 && chdir("/") < 0)
		say("cannot enter /: %s", strerror(errno));
	int error = vport_path(PORT_NAME, port, sizeof(port));
	if (error)
		say("cannot wait for the port " PORT_NAME ": %s", strerror(error));
	char *arguments[] = { "agent", port, NULL };
	execve(AGENT, arguments, environment);
	say("cannot start " AGENT ": %s", strerror(errno));
	_exit(127);
}

pid_t start_agent(void)
{
	pid_t pid = fork();
	if (pid == 0)
		become_agent();
	if (pid < 0)
		say("cannot start the agent: %s", strerror(errno));
	return pid;
}
