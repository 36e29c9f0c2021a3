#include "guest.h"
#include "copy-file.h"

#include <errno.h>
#include <unistd.h>

/* As much as a pipe holds. See pipe(7). */
#define COPY_SIZE 65536

static int write_all(int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t written = write(fd, bytes, count);
		if (written < 0)
			return errno;
		bytes += written;
		count -= (size_t)written;
	}
	return 0;
}

int copy_file(int from, int to, uint64_t length, bool *ended)
{
	static char buffer[COPY_SIZE];
	*ended = false;
	while (length > 0) {
		ssize_t count = read(from, buffer, length < COPY_SIZE ? (size_t)length : COPY_SIZE);
		/* A log of the kernel's, such as /proc/kmsg, says EAGAIN where others say end. */
		*ended = count == 0 || (count < 0 && errno == EAGAIN);
		if (*ended)
			return 0;
		int error = count < 0 ? errno : write_all(to, buffer, (size_t)count);
		if (error)
			return error;
		length -= (uint64_t)count;
	}
	return 0;
}
