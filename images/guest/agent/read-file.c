/*
 * Reading files as streams. A child opens and reads: a file may be slow to come, from /archive for one, and
 * neither epoll(7) nor O_NONBLOCK helps with regular files. Only small files in memory, of which a kubelet reads
 * many, are worth less than a fork(2).
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
#include "copy-file.h"
#include "kinds.h"
#include "loop.h"
#include "memory-files.h"
#include "place.h"
#include "protocol.h"
#include "task.h"
#include "wire.h"

/* Bytes that are read sooner than a child is made. */
#define SMALL_SIZE 65536

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

/* Reading a pipe or a terminal would take from others what is meant for them. */
static int check_readable(const struct stat *status)
{
	if (S_ISDIR(status->st_mode))
		return EISDIR;
	return S_ISREG(status->st_mode) || S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode) ? 0 : EINVAL;
}

/*
 * A descriptor that can still not be read, or negative errno: opening a pipe would wake whoever waits to
 * write to it.
 */
static int find_wanted(const struct wanted *wanted, struct stat *status)
{
	int found = open_as(wanted->root_of, wanted->path, O_PATH, 0);
	if (found < 0)
		return found;
	int error = fstat(found, status) < 0 ? errno : check_readable(status);
	if (error)
		close(found);
	return error ? -error : found;
}

/* Opens what was found, and closes that. A descriptor or negative errno. */
static int open_found(int found, const struct wanted *wanted, int how)
{
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", found);
	int fd = open(path, how | O_RDONLY | O_NOCTTY | O_CLOEXEC);
	int error = errno;
	close(found);
	if (fd < 0)
		return -error;
	if (wanted->offset == 0 || lseek(fd, (off_t)wanted->offset, SEEK_SET) >= 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* ---- In the child ---- */

static int open_wanted(const struct wanted *wanted, struct stat *status)
{
	int found = find_wanted(wanted, status);
	if (found < 0)
		return found;
	/* A serial line would wait for its carrier. But for a leased file O_NONBLOCK is a refusal: open(2). */
	int fd = open_found(found, wanted, S_ISREG(status->st_mode) ? 0 : O_NONBLOCK);
	/* A log of the kernel's, such as /proc/kmsg, then says EAGAIN where others say end. */
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

_Noreturn static void read_in_child(const struct wanted *wanted, int words)
{
	struct stat status = { 0 };
	int fd = open_wanted(wanted, &status);
	struct opened opened = { .error = fd < 0 ? -fd : 0, .size = (uint64_t)status.st_size };
	if (write(words, &opened, sizeof(opened)) != sizeof(opened) || fd < 0)
		_exit(1);
	bool ended;
	int error = copy_file(fd, STDOUT_FILENO, wanted->length, &ended);
	/* Before the end of the data, which comes with our own. */
	_exit(write(words, &error, sizeof(error)) != sizeof(error));
}

/* ---- In the agent ---- */

struct read_file {
	struct channel channel;
	struct source words; /* what the child says; none where the agent reads for itself */
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
	if (file->words.fd < 0)
		return 0;
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
	pid_t pid = task_fork(data, &words, 1, &file->pidfd);
	if (pid == 0)
		read_in_child(wanted, words);
	return pid;
}

static int read_by_child(uint32_t id, const struct wanted *wanted)
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

static int read_here(uint32_t id, const struct wanted *wanted, int fd, uint64_t size)
{
	struct read_file *file = calloc(1, sizeof(*file));
	if (!file) {
		close(fd);
		return ENOMEM;
	}
	file->words.fd = file->pidfd = -1;
	channel_add(&file->channel, id, &read_kind);
	channel_outflow(&file->channel, 0, fd, FLOW_FILE);
	file->channel.out[0]->rest = wanted->length;
	reply_begin(id);
	put_u64(size);
	frame_end();
	return 0;
}

static int read_start(uint32_t id, const struct wanted *wanted)
{
	struct stat status;
	int found = find_wanted(wanted, &status);
	if (found < 0)
		return -found;
	if (!S_ISREG(status.st_mode) || status.st_size > SMALL_SIZE || !lies_in_memory(found)) {
		close(found);
		return read_by_child(id, wanted);
	}
	int fd = open_found(found, wanted, O_NONBLOCK);
	/* Leased: whoever opens it has to wait. */
	if (fd == -EWOULDBLOCK)
		return read_by_child(id, wanted);
	return fd < 0 ? -fd : read_here(id, wanted, fd, (uint64_t)status.st_size);
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
