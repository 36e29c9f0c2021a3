#include "guest.h"
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "report.h"
#include "words.h"

/* 0, or why it cannot be executed by whom we are. By one look at the path: over 9P each is a few messages. */
static int check(const char *path)
{
	struct stat status;
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno;
	int error = 0;
	if (fstat(fd, &status) < 0)
		error = errno;
	else if (S_ISDIR(status.st_mode))
		error = EISDIR;
	else if (syscall(SYS_faccessat2, fd, "", X_OK, AT_EACCESS | AT_EMPTY_PATH) < 0)
		error = errno;
	close(fd);
	return error;
}

static const char *path_in(char **environment)
{
	const char *path = "";
	/* The last one counts, as for Go's os.Setenv. */
	for (; *environment; environment++) {
		if (strncmp(*environment, "PATH=", 5) == 0)
			path = *environment + 5;
	}
	return path;
}

/* Words as of Go's os/exec, LookPath, which runc's errors are made of. */
const char *find_program(const char *name, char **environment)
{
	if (strchr(name, '/')) {
		int error = check(name);
		if (error == EACCES || error == EISDIR)
			give_up("exec: \"%s\": %s", name, errno_words(error));
		if (error)
			give_up("exec: \"%s\": stat %s: %s", name, name, errno_words(error));
		return name;
	}
	for (const char *at = path_in(environment); *at;) {
		size_t length = strcspn(at, ":");
		char *path;
		if (asprintf(&path, "%.*s%s%s", (int)length, at, length ? "/" : "./", name) < 0)
			give_up_errno("exec: \"%s\"", name);
		if (*name && check(path) == 0)
			return path;
		free(path);
		at += length + (at[length] == ':');
	}
	give_up("exec: \"%s\": executable file not found in $PATH", name);
}
