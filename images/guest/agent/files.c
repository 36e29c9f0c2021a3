/* Reading and writing files as streams. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel.h"
#include "kinds.h"
#include "place.h"
#include "protocol.h"
#include "wire.h"

static void free_channel(struct channel *channel, bool kill)
{
	(void)kill;
	free(channel);
}

/* ---- Reading ---- */

static const struct channel_kind read_kind = { .release = free_channel };

/* Reading a pipe or a terminal would take from others what is meant for them. */
static int check_readable(int fd, struct stat *status)
{
	if (fstat(fd, status) < 0)
		return errno;
	if (S_ISDIR(status->st_mode))
		return EISDIR;
	return S_ISREG(status->st_mode) || S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode) ? 0 : EINVAL;
}

void read_file_open(uint32_t id, struct reader *reader)
{
	pid_t root_of = (pid_t)take_u32(reader);
	uint64_t offset = take_u64(reader);
	uint64_t length = take_u64(reader);
	const char *path = take_string(reader);
	if (!taken_whole(reader))
		return;
	int fd = open_as(root_of, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0) {
		reply_error(id, -fd, "");
		return;
	}
	struct stat status;
	int error = check_readable(fd, &status);
	if (!error && offset > 0 && lseek(fd, (off_t)offset, SEEK_SET) < 0)
		error = errno;
	struct channel *channel = error ? NULL : calloc(1, sizeof(*channel));
	if (!channel) {
		close(fd);
		reply_error(id, error ? error : ENOMEM, "");
		return;
	}
	channel_add(channel, id, &read_kind);
	channel_outflow(channel, 0, fd, FLOW_FILE);
	channel->out[0]->limit = length;
	reply_begin(id);
	put_u64((uint64_t)status.st_size);
	frame_end();
}

/* ---- Writing ---- */

struct written_file {
	struct channel channel;
	int directory; /* of an atomic write, else -1 */
	bool exclusive;
	char *name;
	char *temporary;
};

static void written_release(struct channel *channel, bool kill)
{
	struct written_file *file = (struct written_file *)channel;
	(void)kill;
	if (file->temporary)
		unlinkat(file->directory, file->temporary, 0);
	if (file->directory >= 0)
		close(file->directory);
	free(file->temporary);
	free(file->name);
	free(file);
}

/* The new file is whole. link(2), unlike rename(2), leaves alone what already has the name. */
static int give_name(struct written_file *file)
{
	if (file->exclusive)
		return linkat(file->directory, file->temporary, file->directory, file->name, 0) < 0 ? errno : 0;
	if (renameat(file->directory, file->temporary, file->directory, file->name) < 0)
		return errno;
	free(file->temporary);
	file->temporary = NULL;
	return 0;
}

static void written_ended(struct channel *channel, uint8_t stream, int error)
{
	struct written_file *file = (struct written_file *)channel;
	(void)stream;
	if (!error && file->temporary)
		error = give_name(file);
	frame_begin(FRAME_RESULT, 0, channel->id);
	put_u32((uint32_t)error);
	frame_end();
	channel_close(channel);
}

static const struct channel_kind write_kind = {
	.inflow_ended = written_ended,
	.release = written_release,
};

/* The mode of a file that an atomic write replaces; it keeps what the new one was not given. */
static void keep_mode_and_owner(const struct written_file *file, int fd, uint32_t flags)
{
	struct stat old;
	if (fstatat(file->directory, file->name, &old, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(old.st_mode))
		return;
	(void)!fchown(fd, old.st_uid, old.st_gid);
	if (!(flags & WRITE_MODE))
		fchmod(fd, old.st_mode & 07777);
}

static int open_atomic(struct written_file *file, pid_t root_of, const char *path, uint32_t flags, mode_t mode)
{
	static unsigned count;
	struct place place;
	int error = place_open(&place, root_of, path);
	if (error < 0)
		return error;
	file->directory = place.directory;
	file->name = strdup(place.name);
	if (!file->name || asprintf(&file->temporary, ".sandglass-%d-%u", (int)getpid(), ++count) < 0) {
		file->temporary = NULL;
		return -ENOMEM;
	}
	file->exclusive = flags & WRITE_EXCLUSIVE;
	int fd = openat(file->directory, file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	keep_mode_and_owner(file, fd, flags);
	return fd;
}

static int open_plain(pid_t root_of, const char *path, uint32_t flags, mode_t mode)
{
	int how = O_WRONLY | O_NONBLOCK;
	how |= flags & WRITE_CREATE ? O_CREAT : 0;
	how |= flags & WRITE_TRUNCATE ? O_TRUNC : 0;
	how |= flags & WRITE_APPEND ? O_APPEND : 0;
	how |= flags & WRITE_EXCLUSIVE ? O_CREAT | O_EXCL : 0;
	return open_as(root_of, path, how, mode);
}

void write_file_open(uint32_t id, struct reader *reader)
{
	pid_t root_of = (pid_t)take_u32(reader);
	uint32_t flags = take_u32(reader);
	mode_t mode = (mode_t)take_u32(reader) & 07777;
	uint64_t offset = take_u64(reader);
	const char *path = take_string(reader);
	if (!taken_whole(reader))
		return;
	struct written_file *file = calloc(1, sizeof(*file));
	if (!file) {
		reply_error(id, ENOMEM, "");
		return;
	}
	file->directory = -1;
	int fd = flags & WRITE_ATOMIC ? open_atomic(file, root_of, path, flags, mode)
				      : open_plain(root_of, path, flags, mode);
	int error = fd < 0 ? -fd : 0;
	if (!error && flags & WRITE_MODE && fchmod(fd, mode) < 0)
		error = errno;
	if (!error && offset > 0 && lseek(fd, (off_t)offset, SEEK_SET) < 0)
		error = errno;
	if (error) {
		if (fd >= 0)
			close(fd);
		written_release(&file->channel, false);
		reply_error(id, error, "");
		return;
	}
	channel_add(&file->channel, id, &write_kind);
	channel_inflow(&file->channel, 0, fd, FLOW_FILE);
	reply_begin(id);
	frame_end();
	inflow_start(file->channel.in[0]);
}
