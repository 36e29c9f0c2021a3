#include "guest.h"
#include "streams.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "calls.h"
#include "paths.h"
#include "report.h"

void close_all(const int *fds, int count)
{
	int number = errno;
	for (int i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	errno = number;
}

int streams_open(struct streams *streams)
{
	*streams = (struct streams){ { -1, -1, -1 }, { -1, -1, -1 } };
	for (int i = 0; i < 3; i++) {
		int ends[2];
		if (pipe2(ends, O_CLOEXEC) < 0) {
			close_all(streams->ours, 3);
			close_all(streams->theirs, 3);
			return -1;
		}
		streams->ours[i] = ends[i == 0 ? 1 : 0];
		streams->theirs[i] = ends[i == 0 ? 0 : 1];
		fcntl(streams->ours[i], F_SETFL, O_NONBLOCK);
	}
	return 0;
}

void streams_take(const struct streams *streams, int keep)
{
	for (int i = 0; i < 3; i++) {
		if (streams->theirs[i] >= 0 && dup2(streams->theirs[i], i) < 0)
			give_up_errno("setting up standard stream %d", i);
	}
	/* Others' pipes too: whoever waits for their end shall not wait for us. */
	if (keep > 3)
		call_close_range(3, (unsigned)keep - 1);
	call_close_range((unsigned)keep + 1, ~0U);
}

static void show_console(int root, int slave)
{
	int tree = call_open_tree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	int target = make_inside(root, "/dev/console", false);
	if (tree < 0 || target < 0 || call_move_mount(tree, target, "", MOVE_MOUNT_T_EMPTY_PATH) < 0)
		give_up_errno("mounting the terminal at /dev/console");
	close(target);
	close(tree);
}

int take_terminal(int root, const Grpc__Process *process, bool console)
{
	int unlocked = 0;
	/* Non-blocking, lest an image's named pipe holds us up. */
	struct open_how how = { .flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT };
	int master = call_openat2(root, "/dev/ptmx", &how);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0)
		give_up_errno("opening a terminal by /dev/ptmx");
	int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		give_up_errno("opening a terminal");
	const Grpc__Box *box = process->consolesize;
	if (box && box->height && box->width) {
		struct winsize size = { .ws_row = (unsigned short)box->height,
					.ws_col = (unsigned short)box->width };
		ioctl(master, TIOCSWINSZ, &size);
	}
	if (console)
		show_console(root, slave);
	for (int i = 0; i < 3; i++)
		dup2(slave, i);
	close(slave);
	if (ioctl(0, TIOCSCTTY, 0) < 0)
		give_up_errno("taking the terminal");
	return master;
}

void give_streams(uid_t uid)
{
	struct stat status;
	for (int fd = 0; fd < 3; fd++) {
		if (fstat(fd, &status) < 0 || status.st_uid == uid)
			continue;
		if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3))
			continue;
		/* Where that is not allowed, runc leaves it at that. */
		if (fchown(fd, uid, (gid_t)-1) < 0)
			continue;
	}
}
