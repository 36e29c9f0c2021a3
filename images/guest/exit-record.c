#include "guest.h"
#include "exit-record.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE 512

void exit_record(char text[EXIT_RECORD_SIZE], int code, int signal, long oom_kills)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(text, EXIT_RECORD_SIZE, "{\"code\":%d,\"signal\":%d,\"exitedAt\":\"%lld%09ld\",\"oomKills\":%ld}",
		 code, signal, (long long)now.tv_sec, now.tv_nsec, oom_kills);
}

void exit_record_write(const char *path, const char *text)
{
	char partial[PATH_SIZE];
	snprintf(partial, sizeof(partial), "%s.partial", path);
	int fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	size_t length = strlen(text);
	bool whole = write(fd, text, length) == (ssize_t)length;
	close(fd);
	if (whole)
		rename(partial, path);
}
