#include "guest.h"
#include "task.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "channel.h"
#include "child-streams.h"
#include "loop.h"
#include "wire.h"

pid_t task_fork(int output, int *kept, int count, int *pidfd)
{
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (output >= 0)
			dup2(output, STDOUT_FILENO);
		/* The agent's descriptors must be closed when the agent closes them. */
		keep_descriptors(kept, count);
		return 0;
	}
	*pidfd = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	if (pid > 0 && *pidfd < 0) {
		int error = errno;
		kill(pid, SIGKILL); /* Only the loop reaps: the pid is still its own. */
		errno = error;
		return -1;
	}
	return pid;
}

void task_end(int *pidfd)
{
	if (*pidfd < 0)
		return;
	/* ESRCH if it has ended by itself. */
	syscall(SYS_pidfd_send_signal, *pidfd, SIGKILL, NULL, 0);
	close(*pidfd);
	*pidfd = -1;
}

struct task {
	struct channel channel;
	struct source answer;
	int pidfd;
};

static void task_release(struct channel *channel, bool kill_it)
{
	struct task *task = (struct task *)channel;
	(void)kill_it;
	task_end(&task->pidfd);
	loop_close(&task->answer);
	free(task);
}

static const struct channel_kind task_kind = { .release = task_release };

static void task_answered(struct source *source, uint32_t events)
{
	(void)events;
	struct task *task = source->owner;
	uint32_t id = task->channel.id;
	int error;
	/* Killed, for lack of memory perhaps, it answers nothing. */
	if (read(source->fd, &error, sizeof(error)) != sizeof(error))
		error = EIO;
	channel_release(&task->channel, false);
	if (error) {
		reply_error(id, error, "");
		return;
	}
	reply_begin(id);
	frame_end();
}

void task_run(uint32_t id, int (*work)(const void *), const void *argument)
{
	int pipe_ends[2] = { -1, -1 };
	struct task *task = calloc(1, sizeof(*task));
	pid_t pid = -1;
	if (task && make_pipe(pipe_ends, false) == 0)
		pid = task_fork(-1, &pipe_ends[1], 1, &task->pidfd);
	if (pid == 0) {
		int error = work(argument);
		_exit(write(pipe_ends[1], &error, sizeof(error)) != sizeof(error));
	}
	int error = errno;
	close_all(&pipe_ends[1], 1);
	if (pid < 0) {
		close_all(pipe_ends, 1);
		free(task);
		reply_error(id, error, "");
		return;
	}
	task->answer = (struct source){ .fd = pipe_ends[0], .ready = task_answered, .owner = task };
	channel_add(&task->channel, id, &task_kind);
	loop_watch(&task->answer, EPOLLIN);
}
