#include "guest.h"
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

void become_user(const Grpc__User *user)
{
	uid_t uid = user ? user->uid : 0;
	gid_t gid = user ? user->gid : 0;
	size_t count = user ? user->n_additionalgids : 0;
	gid_t *groups = calloc(count + 1, sizeof(*groups));
	if (!groups)
		give_up_errno("setting the groups");
	for (size_t i = 0; i < count; i++)
		groups[i] = user->additionalgids[i];
	if (setgroups(count, groups) < 0)
		give_up_errno("setting the groups");
	free(groups);
	if (setgid(gid) < 0)
		give_up_errno("becoming group %u", (unsigned)gid);
	if (setuid(uid) < 0)
		give_up_errno("becoming user %u", (unsigned)uid);
}

int enter_directory(const char *directory, bool again)
{
	char now[4096];
	const char *target = *directory ? directory : "/";
	if (chdir(target) < 0) {
		if ((errno == EACCES || errno == EPERM) && !again)
			return -1;
		give_up_errno("chdir to cwd (\"%s\") set in config.json failed", target);
	}
	/* getcwd(2) begins otherwise for what is not below our root. */
	if (!getcwd(now, sizeof(now)) || now[0] != '/')
		give_up("the working directory \"%s\" is outside of the container's root", target);
	return 0;
}

/* Of a line of passwd(5): the home directory, if the user is this one. */
static const char *home_in(char *line, uid_t uid)
{
	char *fields[7] = { 0 };
	for (int i = 0; i < 7 && line; i++)
		fields[i] = strsep(&line, ":");
	if (!fields[5] || !*fields[2] || strtoul(fields[2], NULL, 10) != uid)
		return NULL;
	return fields[5];
}

static char *home_of(uid_t uid)
{
	char *variable = NULL, *line = NULL;
	size_t room = 0;
	/* An image may bring anything under this name: no pipe shall hold us up. */
	int fd = open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	while (file && !variable && getline(&line, &room, file) > 0) {
		const char *home = home_in(line, uid);
		if (home && asprintf(&variable, "HOME=%s", home) < 0)
			give_up_errno("setting the environment");
	}
	free(line);
	if (file)
		fclose(file);
	if (!variable && asprintf(&variable, "HOME=/") < 0)
		give_up_errno("setting the environment");
	return variable;
}

static bool has_home(const Grpc__Process *process)
{
	for (size_t i = 0; i < process->n_env; i++) {
		if (strncmp(process->env[i], "HOME=", 5) == 0 && process->env[i][5])
			return true;
	}
	return false;
}

char **environment_of(const Grpc__Process *process)
{
	char **environment = calloc(process->n_env + 2, sizeof(*environment));
	if (!environment)
		give_up_errno("setting the environment");
	size_t count = 0;
	bool has = has_home(process);
	for (size_t i = 0; i < process->n_env; i++) {
		/* An empty one would hide ours. */
		if (has || strncmp(process->env[i], "HOME=", 5) != 0)
			environment[count++] = process->env[i];
	}
	if (!has)
		environment[count] = home_of(process->user ? process->user->uid : 0);
	return environment;
}
