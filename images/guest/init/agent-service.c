#include "guest.h"
#include "init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define AGENT "/usr/lib/sandglass/agent"
#define PORTS "/sys/class/virtio-ports"
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

/* The number in /dev/vportNpM depends on the order of devices; the name does not. */
static int find_port(char *path, size_t size)
{
	int found = 0;
	DIR *ports = opendir(PORTS);
	for (struct dirent *entry; ports && !found && (entry = readdir(ports));) {
		char name_path[320], name[32] = "";
		snprintf(name_path, sizeof(name_path), PORTS "/%s/name", entry->d_name);
		int fd = open(name_path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		ssize_t length = read(fd, name, sizeof(name) - 1);
		close(fd);
		name[length > 0 ? strcspn(name, "\n") : 0] = 0;
		found = strcmp(name, PORT_NAME) == 0;
		snprintf(path, size, "/dev/%s", entry->d_name);
	}
	if (ports)
		closedir(ports);
	struct stat status;
	return found && stat(path, &status) == 0;
}

/* The driver adds ports as the device names them, which may come after us. */
static void wait_for_port(char *path, size_t size)
{
	char events[4096] __attribute__((aligned(8)));
	int watch = inotify_init1(IN_CLOEXEC);
	inotify_add_watch(watch, "/dev", IN_CREATE);
	while (!find_port(path, size)) {
		if (read(watch, events, sizeof(events)) < 0 && errno != EINTR) {
			say("cannot wait for the port " PORT_NAME ": %s", strerror(errno));
			break;
		}
	}
	close(watch);
}

_Noreturn static void become_agent(void)
{
	char port[320];
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	write_file("/sys/fs/cgroup/system.slice/cgroup.procs", "0");
	if (chdir("/root") < 0 && chdir("/") < 0)
		say("cannot enter /: %s", strerror(errno));
	wait_for_port(port, sizeof(port));
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
