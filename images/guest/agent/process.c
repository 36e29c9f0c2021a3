/* Processes with pipes or a terminal, from their start to their exit status. */
#include "guest.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "child-streams.h"
#include "kinds.h"
#include "launch.h"
#include "loop.h"
#include "protocol.h"
#include "wire.h"

struct process {
	struct channel channel;
	struct source status; /* says why it could not start; ends without a word once it has */
	pid_t pid;
	bool persistent;
	bool started;
	bool released; /* the host has let go of it */
	bool reaped;
	bool terminal;
	uint64_t sent[PROTOCOL_STREAM_COUNT]; /* of streams that have ended */
	struct process *next;
};

static struct process *processes;
static struct source children = { .fd = -1 };

/* Freed when the host has let go and the kernel has reported the exit. */
static void process_free_if_done(struct process *process)
{
	if (!process->released || !process->reaped)
		return;
	struct process **at = &processes;
	while (*at != process)
		at = &(*at)->next;
	*at = process->next;
	free(process);
}

static void signal_process(const struct process *process, int number, bool group)
{
	if (process->reaped)
		return;
	/* A child that was only just forked may have no group yet. */
	if (!group || kill(-process->pid, number) < 0)
		kill(process->pid, number);
}

static void process_control(struct channel *channel, uint8_t code, struct reader *reader)
{
	struct process *process = (struct process *)channel;
	if (code == CONTROL_SIGNAL) {
		uint32_t number = take_u32(reader);
		uint32_t group = take_u32(reader);
		if (taken_whole(reader))
			signal_process(process, (int)number, group != 0);
	} else if (code == CONTROL_RESIZE) {
		struct winsize size = { 0 };
		size.ws_col = take_u16(reader);
		size.ws_row = take_u16(reader);
		const struct inflow *keys = channel->in[0];
		const struct outflow *screen = channel->out[1];
		int fd = keys ? keys->source.fd : screen ? screen->source.fd : -1;
		if (taken_whole(reader) && process->terminal && fd >= 0)
			ioctl(fd, TIOCSWINSZ, &size); /* The kernel sends SIGWINCH. */
	}
}

static void process_release(struct channel *channel, bool kill)
{
	struct process *process = (struct process *)channel;
	loop_close(&process->status);
	process->released = true;
	if (kill)
		signal_process(process, SIGKILL, true);
	process_free_if_done(process);
}

static void process_outflow_ended(struct channel *channel, uint8_t stream, uint64_t sent)
{
	((struct process *)channel)->sent[stream] = sent;
}

static const struct channel_kind process_kind = {
	.outflow_ended = process_outflow_ended,
	.control = process_control,
	.release = process_release,
};

/* The status pipe has ended or spoken: the program runs, or never will. False if it never will. */
static bool process_settle(struct process *process)
{
	struct launch_failure failure;
	ssize_t count;
	do
		count = read(process->status.fd, &failure, sizeof(failure));
	while (count < 0 && errno == EINTR);
	if (count < 0 && errno == EAGAIN)
		return true;
	loop_close(&process->status);
	if (count == sizeof(failure)) {
		reply_error(process->channel.id, failure.error, failure.step);
		channel_release(&process->channel, true);
		return false;
	}
	process->started = true;
	reply_begin(process->channel.id);
	put_u32((uint32_t)process->pid);
	frame_end();
	if (process->channel.in[0])
		inflow_start(process->channel.in[0]);
	return true;
}

static void status_ready(struct source *source, uint32_t events)
{
	(void)events;
	process_settle(source->owner);
}

/*
 * Sends what the ended process left behind, as far as credit goes. Returns how long the stream is
 * with all that the process can have written.
 */
static uint64_t final_length(struct process *process, uint8_t stream)
{
	struct outflow *flow = process->channel.out[stream];
	return flow && outflow_drain(flow) ? flow->sent + outflow_waiting(flow) : process->sent[stream];
}

static void process_exited(struct process *process, int status)
{
	process->reaped = true;
	if (process->released) {
		process_free_if_done(process);
		return;
	}
	if (!process->started && !process_settle(process))
		return;
	struct channel *channel = &process->channel;
	uint64_t stdout_length = final_length(process, 1);
	uint64_t stderr_length = final_length(process, 2);
	frame_begin(FRAME_RESULT, 0, channel->id);
	put_u32(WIFSIGNALED(status) ? EXIT_SIGNAL : EXIT_CODE);
	put_u32((uint32_t)(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)));
	put_u64(stdout_length);
	put_u64(stderr_length);
	frame_end();
}

static void children_ready(struct source *source, uint32_t events)
{
	(void)events;
	struct signalfd_siginfo information;
	while (read(source->fd, &information, sizeof(information)) > 0)
		;
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct process *process = processes;
		/* A reaped one may linger with a pid that has been given out again. */
		while (process && (process->pid != pid || process->reaped))
			process = process->next;
		if (process)
			process_exited(process, status);
	}
}

void processes_init(void)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	children = (struct source){ .fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK),
				    .ready = children_ready };
	loop_watch(&children, EPOLLIN);
}

void processes_end_session(void)
{
	for (struct process *process = processes; process; process = process->next) {
		if (!process->persistent)
			signal_process(process, SIGKILL, true);
	}
}

/* ---- Starting ---- */

static void process_start(uint32_t id, struct launch *launch, struct winsize size)
{
	int ours[3] = { -1, -1, -1 };
	int status[2] = { -1, -1 };
	struct launch_failure failure = { 0 };
	struct process *process = calloc(1, sizeof(*process));
	pid_t pid = -1;
	launch->stdio[0] = launch->stdio[1] = launch->stdio[2] = -1;
	if (!process || make_streams(launch, size, ours) < 0 || make_pipe(status, false) < 0)
		failure.error = errno;
	else
		pid = launch_fork(launch, status[1], &failure);
	close_all(launch->stdio, 3);
	close_all(&status[1], 1);
	if (pid < 0) {
		close_all(ours, 3);
		close_all(status, 1);
		free(process);
		reply_error(id, failure.error, failure.step);
		return;
	}
	/* The child does it too; whoever comes first. But setsid(2) refuses who leads a group already. */
	if (!(launch->flags & (PROCESS_NEW_SESSION | PROCESS_TERMINAL)))
		setpgid(pid, pid);
	process->pid = pid;
	process->persistent = launch->flags & PROCESS_PERSISTENT;
	process->terminal = launch->flags & PROCESS_TERMINAL;
	process->next = processes;
	processes = process;
	channel_add(&process->channel, id, &process_kind);
	enum flow_type type = process->terminal ? FLOW_TERMINAL : FLOW_PIPE;
	if (ours[0] >= 0)
		channel_inflow(&process->channel, 0, ours[0], type);
	channel_outflow(&process->channel, 1, ours[1], type);
	if (ours[2] >= 0)
		channel_outflow(&process->channel, 2, ours[2], type);
	process->status = (struct source){ .fd = status[0], .ready = status_ready, .owner = process };
	loop_watch(&process->status, EPOLLIN);
}

/* u32 count and as many strings, as a NULL-terminated array; it points into the payload. */
static char **take_strings(struct reader *reader, uint32_t *count)
{
	*count = take_u32(reader);
	/* Each needs five bytes at least: that bounds the array before it is made. */
	if (*count > (size_t)(reader->end - reader->at) / 5)
		reader->bad = true;
	char **strings = reader->bad ? NULL : calloc(*count + 1, sizeof(*strings));
	for (uint32_t i = 0; strings && i < *count; i++)
		strings[i] = (char *)take_string(reader);
	return strings;
}

void process_open(uint32_t id, struct reader *reader)
{
	uint32_t argument_count, variable_count;
	struct launch launch = { .flags = take_u32(reader) };
	struct winsize size = { 0 };
	size.ws_col = take_u16(reader);
	size.ws_row = take_u16(reader);
	launch.uid = take_u32(reader);
	launch.gid = take_u32(reader);
	launch.group_count = take_u32(reader);
	gid_t groups[64];
	if (launch.group_count > sizeof(groups) / sizeof(*groups))
		reader->bad = true;
	for (uint32_t i = 0; !reader->bad && i < launch.group_count; i++)
		groups[i] = take_u32(reader);
	launch.groups = groups;
	launch.namespaces_of = (pid_t)take_u32(reader);
	launch.namespaces = take_u32(reader);
	launch.cgroup = take_string(reader);
	launch.directory = take_string(reader);
	launch.argv = take_strings(reader, &argument_count);
	launch.environment = take_strings(reader, &variable_count);
	if (taken_whole(reader)) {
		if (argument_count == 0 || !launch.argv || !launch.environment)
			reply_error(id, argument_count == 0 ? EINVAL : ENOMEM, "");
		else
			process_start(id, &launch, size);
	}
	free(launch.argv);
	free(launch.environment);
}

/* A signal to any process of the node, not only to those we started. */
void signal_open(uint32_t id, struct reader *reader)
{
	pid_t pid = (pid_t)take_u32(reader);
	int number = (int)take_u32(reader);
	uint32_t group = take_u32(reader);
	if (!taken_whole(reader))
		return;
	if (pid <= 0)
		errno = EINVAL; /* kill(2) takes 0 and -1 for many processes. */
	if (pid <= 0 || kill(group ? -pid : pid, number) < 0) {
		reply_error(id, errno, "");
		return;
	}
	reply_begin(id);
	frame_end();
}
