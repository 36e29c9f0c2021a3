/*
 * Reading files as streams. A child opens and reads: a file may be slow to come, from /archive for one, and
 * neither epoll(7) nor O_NONBLOCK helps with regular files.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel.h"
#include "child-streams.h"
#include "kinds.h"
#include "loop.h"
#include "place.h"
#include "protocol.h"
#include "task.h"
#include "wire.h"

/* As much as a pipe holds. See pipe(7). */
#define COPY_SIZE 65536

struct wanted {
	pid_t root_of;
	const char *path;
	uint64_t offset;
	uint64_t length;
};

/* What the child says before the first byte. After the last it says an errno. */
struct opened {
	int32_t error;
	uint64_t size;
};

/* ---- In the child ---- */

/* Reading a pipe or a terminal would take from others what is meant for them. */
static int check_readable(const struct stat *status)
{
	if (S_ISDIR(status->st_mode))
		return EISDIR;
	return S_ISREG(status->st_mode) || S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode) ? 0 : EINVAL;
}

/* A descriptor or negative errno. Looks before it opens: opening a pipe wakes whoever waits to write to it. */
static int open_wanted(const struct wanted *wanted, struct stat *status)
{
	char path[32];
	int found = open_as(wanted->root_of, wanted->path, O_PATH, 0);
	if (found < 0)
		return found;
	int error = fstat(found, status) < 0 ? errno : check_readable(status);
	if (error)
		return -error;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
	int how = O_RDONLY | O_NOCTTY | O_CLOEXEC;
	/* A serial line would wait for its carrier. But for a leased file O_NONBLOCK is a refusal: open(2). */
	int fd = open(path, S_ISREG(status->st_mode) ? how : how | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	/* A log of the kernel's, such as /proc/kmsg, then says EAGAIN where others say end. */
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return wanted->offset > 0 && lseek(fd, (off_t)wanted->offset, SEEK_SET) < 0 ? -errno : fd;
}

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

static int copy_file(int from, int to, uint64_t length)
{
	static char buffer[COPY_SIZE];
	while (length > 0) {
		ssize_t count = read(from, buffer, length < COPY_SIZE ? (size_t)length : COPY_SIZE);
		if (count < 0)
			return errno == EAGAIN ? 0 : errno;
		if (count == 0)
			return 0;
		int error = write_all(to, buffer, (size_t)count);
		if (error)
			return error;
		length -= (uint64_t)count;
	}
	return 0;
}

_Noreturn static void read_in_child(const struct wanted *wanted, int words)
{
	struct stat status = { 0 };
	int fd = open_wanted(wanted, &status);
	struct opened opened = { .error = fd < 0 ? -fd : 0, .size = (uint64_t)status.st_size };
	if (write(words, &opened, sizeof(opened)) != sizeof(opened) || fd < 0)
		_exit(1);
	int error = copy_file(fd, STDOUT_FILENO, wanted->length);
	/* Before the end of the data, which comes with our own. */
	_exit(write(words, &error, sizeof(error)) != sizeof(error));
}

/* ---- In the agent ---- */

struct read_file {
	struct channel channel;
	struct source words; /* what the child says */
	int pidfd;
};

static void read_release(struct channel *channel, bool kill)
{
	struct read_file *file = (struct read_file *)channel;
	(void)kill;
	task_end(&file->pidfd);
	loop_close(&file->words);
	free(file);
}

/* Whether all has come. A child that was killed, for lack of memory perhaps, says nothing. */
static int read_verdict(struct channel *channel, uint8_t stream)
{
	struct read_file *file = (struct read_file *)channel;
	int error;
	(void)stream;
	return read(file->words.fd, &error, sizeof(error)) == sizeof(error) ? error : EIO;
}

static const struct channel_kind read_kind = { .outflow_verdict = read_verdict, .release = read_release };

static void read_opened(struct source *source, uint32_t events)
{
	(void)events;
	struct read_file *file = source->owner;
	struct opened opened;
	if (read(source->fd, &opened, sizeof(opened)) != sizeof(opened))
		opened.error = EIO;
	loop_watch(source, 0);
	if (opened.error) {
		uint32_t id = file->channel.id;
		channel_release(&file->channel, false);
		reply_error(id, opened.error, "");
		return;
	}
	reply_begin(file->channel.id);
	put_u64(opened.size);
	frame_end();
	outflow_pause(file->channel.out[0], false);
}

static pid_t fork_reader(struct read_file *file, const struct wanted *wanted, int data, int words)
{
	pid_t pid = task_fork(data, &words, &file->pidfd);
	if (pid == 0)
		read_in_child(wanted, words);
	return pid;
}

static int read_start(uint32_t id, const struct wanted *wanted)
{
	int data[2] = { -1, -1 }, words[2] = { -1, -1 };
	struct read_file *file = calloc(1, sizeof(*file));
	pid_t pid = -1;
	if (file && make_pipe(data, false) == 0 && make_pipe(words, false) == 0)
		pid = fork_reader(file, wanted, data[1], words[1]);
	int error = errno;
	close_all(&data[1], 1);
	close_all(&words[1], 1);
	if (pid < 0) {
		close_all(data, 1);
		close_all(words, 1);
		free(file);
		return error;
	}
	file->words = (struct source){ .fd = words[0], .ready = read_opened, .owner = file };
	channel_add(&file->channel, id, &read_kind);
	channel_outflow(&file->channel, 0, data[0], FLOW_PIPE);
	/* No byte before the reply. */
	outflow_pause(file->channel.out[0], true);
	loop_watch(&file->words, EPOLLIN);
	return 0;
}

void read_file_open(uint32_t id, struct reader *reader)
{
	struct wanted wanted = { .root_of = (pid_t)take_u32(reader) };
	wanted.offset = take_u64(reader);
	wanted.length = take_u64(reader);
	wanted.path = take_string(reader);
	if (!taken_whole(reader))
		return;
	int error = read_start(id, &wanted);
	if (error)
		reply_error(id, error, "");
}
