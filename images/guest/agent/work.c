/* Whether anything on the node would come of letting time go by. */
#include "guest.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "kinds.h"
#include "wire.h"

/* A kernel thread, in the flags of /proc/PID/stat: include/linux/sched.h. */
#define PF_KTHREAD 0x00200000

/* What proc(5) says of /proc/PID/stat. */
struct process_status {
	pid_t pid;
	char name[64];
	char state;
	pid_t group, session;
	int terminal;
	pid_t foreground; /* the process group in the foreground of its terminal */
	unsigned flags;
};

static bool read_status(const char *pid, struct process_status *status)
{
	char path[64], text[512];
	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false; /* Gone already. */
	ssize_t length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = 0;
	/* A name may hold parentheses of its own. */
	char *name = strchr(text, '('), *rest = strrchr(text, ')');
	if (!name || !rest)
		return false;
	*rest = 0;
	snprintf(status->name, sizeof(status->name), "%s", name + 1);
	status->pid = (pid_t)atoi(pid);
	return sscanf(rest + 1, " %c %*d %d %d %d %d %u", &status->state, &status->group, &status->session,
		      &status->terminal, &status->foreground, &status->flags) == 6;
}

static bool is_shell(const char *name)
{
	static const char *const shells[] = { "bash", "sh", "ash", "dash" };
	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
		if (strcmp(name, shells[i]) == 0)
			return true;
	}
	return false;
}

/*
 * The shell of a terminal that waits, and has not handed the terminal to a job. What it runs in the
 * background are processes of their own, and looked at as such.
 */
static bool is_shell_at_prompt(const struct process_status *status)
{
	return status->state == 'S' && status->terminal != 0 && status->session == status->pid &&
	       status->foreground == status->pid && is_shell(status->name);
}

/* Dead ones have no time left; stopped ones wait for someone to let them go on, who then is at work. */
static bool stands_still(char state)
{
	return strchr("ZXTt", state) != NULL;
}

static bool is_at_work(const struct process_status *status)
{
	bool our_own = status->pid == 1 || status->pid == getpid() || status->flags & PF_KTHREAD;
	return !our_own && !stands_still(status->state) && !is_shell_at_prompt(status);
}

void find_work_open(uint32_t id, struct reader *reader)
{
	if (!taken_whole(reader))
		return;
	DIR *processes = opendir("/proc");
	if (!processes) {
		reply_error(id, errno, "read /proc");
		return;
	}
	pid_t found = 0;
	for (struct dirent *entry; !found && (entry = readdir(processes));) {
		struct process_status status;
		if (isdigit((unsigned char)entry->d_name[0]) && read_status(entry->d_name, &status) &&
		    is_at_work(&status))
			found = status.pid;
	}
	closedir(processes);
	reply_begin(id);
	put_u32((uint32_t)found);
	frame_end();
}
