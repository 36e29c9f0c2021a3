#include "guest.h"
#include "child-streams.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launch.h"
#include "protocol.h"

int make_pipe(int ours_theirs[2], bool into_child)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	ours_theirs[0] = ends[into_child ? 1 : 0];
	ours_theirs[1] = ends[into_child ? 0 : 1];
	return fcntl(ours_theirs[0], F_SETFL, O_NONBLOCK);
}

static int make_terminal(const struct launch *launch, struct winsize size, int *master, int *slave)
{
	*master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (*master < 0 || grantpt(*master) < 0 || unlockpt(*master) < 0)
		return -1;
	*slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0 || fchown(*slave, launch->uid, (gid_t)-1) < 0)
		return -1;
	return size.ws_col && size.ws_row ? ioctl(*master, TIOCSWINSZ, &size) : 0;
}

void close_all(const int *fds, int count)
{
	for (int i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

int make_streams(struct launch *launch, struct winsize size, int ours[3])
{
	int pair[2];
	if (launch->flags & PROCESS_TERMINAL) {
		if (make_terminal(launch, size, &ours[0], &launch->stdio[0]) < 0)
			return -1;
		/* A descriptor for each direction, each closed by its own flow. */
		ours[1] = fcntl(ours[0], F_DUPFD_CLOEXEC, 3);
		launch->stdio[1] = fcntl(launch->stdio[0], F_DUPFD_CLOEXEC, 3);
		launch->stdio[2] = fcntl(launch->stdio[0], F_DUPFD_CLOEXEC, 3);
		return ours[1] < 0 || launch->stdio[1] < 0 || launch->stdio[2] < 0 ? -1 : 0;
	}
	for (int stream = 0; stream < 3; stream++) {
		if (stream == 0 && !(launch->flags & PROCESS_STDIN)) {
			launch->stdio[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
			if (launch->stdio[0] < 0)
				return -1;
			continue;
		}
		pair[0] = pair[1] = -1;
		int made = make_pipe(pair, stream == 0);
		ours[stream] = pair[0];
		launch->stdio[stream] = pair[1];
		if (made < 0)
			return -1;
	}
	return 0;
}

void keep_descriptors(int *fds, int count)
{
	const int first = STDERR_FILENO + 1;
	/* Out of the way first: one may have the number that another gets. */
	for (int i = 0; i < count; i++)
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, first + count);
	for (int i = 0; i < count; i++)
		fds[i] = dup3(fds[i], first + i, O_CLOEXEC);
	syscall(SYS_close_range, first + count, ~0U, 0);
}
