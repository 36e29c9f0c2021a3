/* Writing files as streams: in place, or into a new file that takes the name when it is whole. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "channel.h"
#include "kinds.h"
#include "place.h"
#include "protocol.h"
#include "wire.h"

/* As many symbolic links as the kernel follows in one path. See path_resolution(7). */
#define LINKS_MAX 40

/* What the host asks for. */
struct wanted {
	pid_t root_of;
	uint32_t flags; /* WRITE_ */
	mode_t mode;
	uint64_t offset;
	const char *path;
};

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

/* ---- Opening ---- */

static int open_in_place(const struct wanted *wanted, uint32_t flags)
{
	int how = O_WRONLY | O_NONBLOCK;
	how |= flags & WRITE_CREATE ? O_CREAT : 0;
	how |= flags & WRITE_TRUNCATE ? O_TRUNC : 0;
	how |= flags & WRITE_APPEND ? O_APPEND : 0;
	how |= flags & WRITE_EXCLUSIVE ? O_CREAT | O_EXCL : 0;
	return open_as(wanted->root_of, wanted->path, how, wanted->mode);
}

/* Makes `path` what the symbolic link that it names says, as seen from the link's directory. 0 or an errno. */
static int follow_link(const struct place *link, char path[PATH_MAX])
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(link->directory, link->name, target, sizeof(target));
	if (length < 0)
		return errno;
	size_t kept = target[0] == '/' ? 0 : (size_t)(link->name - path);
	if (kept + (size_t)length >= PATH_MAX)
		return ENAMETOOLONG;
	memcpy(path + kept, target, (size_t)length);
	path[kept + (size_t)length] = 0;
	return 0;
}

/*
 * The place of the file that a path leads to, which need not exist, through symbolic links at its end; `path`
 * becomes that file's. `status` has the mode 0 where there is none. 0 or an errno.
 */
static int find_target(pid_t root_of, char path[PATH_MAX], struct place *place, struct stat *status)
{
	for (int links = 0; links <= LINKS_MAX; links++) {
		if (path[0] && path[strlen(path) - 1] == '/')
			return EISDIR; /* As with O_CREAT, whether there is such a directory or not. */
		int error = -place_open(place, root_of, path);
		if (error)
			return error;
		*status = (struct stat){ 0 };
		if (fstatat(place->directory, place->name, status, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			error = errno;
		else if (S_ISLNK(status->st_mode))
			error = follow_link(place, path);
		else
			return 0;
		place_close(place);
		if (error)
			return error;
	}
	return ELOOP;
}

/* What the new file is not given, it takes from the one that it replaces. */
static void keep_mode_and_owner(int fd, const struct stat *old, uint32_t flags)
{
	(void)!fchown(fd, old->st_uid, old->st_gid);
	if (!(flags & WRITE_MODE))
		fchmod(fd, old->st_mode & 07777);
}

/* A new file beside the one to be. A descriptor or negative errno. */
static int open_temporary(struct written_file *file, const struct wanted *wanted, const struct place *place)
{
	static unsigned count;
	file->directory = place->directory;
	file->exclusive = wanted->flags & WRITE_EXCLUSIVE;
	file->name = strdup(place->name);
	if (!file->name || asprintf(&file->temporary, ".sandglass-%d-%u", (int)getpid(), ++count) < 0) {
		file->temporary = NULL;
		return -ENOMEM;
	}
	int how = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = openat(file->directory, file->temporary, how, wanted->mode);
	if (fd >= 0)
		return fd;
	int error = errno;
	free(file->temporary);
	file->temporary = NULL;
	return -error;
}

/* Whether the whole path, links of /proc included, leads to the file that was found by following names. */
static bool leads_to(const struct wanted *wanted, const struct stat *found)
{
	struct stat status;
	int fd = open_as(wanted->root_of, wanted->path, O_PATH, 0);
	if (fd < 0)
		return found->st_mode == 0;
	bool same = fstat(fd, &status) == 0 && status.st_dev == found->st_dev && status.st_ino == found->st_ino;
	close(fd);
	return same;
}

/*
 * Whether a file is mounted here, as a container's /etc/hosts is. rename(2) says EBUSY there; and where only
 * another mount namespace has the mount, it would take that away instead. See mount_namespaces(7).
 */
static bool is_mount_point(const struct place *place)
{
	struct statx status = { 0 };
	return syscall(SYS_statx, place->directory, place->name, AT_SYMLINK_NOFOLLOW, 0, &status) == 0 &&
	       status.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/*
 * Only a regular file can be replaced by another, or what does not exist: anything else is written as a shell's
 * `>` does. So is a mount point, what only a link of /proc leads to, and a file where none can be made: in proc,
 * which says ENOENT, or in sysfs and cgroup2, which say EACCES.
 */
static int open_atomic(struct written_file *file, const struct wanted *wanted)
{
	char path[PATH_MAX];
	struct place place;
	struct stat status = { 0 };
	bool exclusive = wanted->flags & WRITE_EXCLUSIVE;
	if (strlen(wanted->path) >= sizeof(path))
		return -ENAMETOOLONG;
	strcpy(path, wanted->path);
	int error = exclusive ? -place_open(&place, wanted->root_of, path)
			      : find_target(wanted->root_of, path, &place, &status);
	if (error)
		return -error;
	bool missing = status.st_mode == 0;
	bool replaceable = missing || (S_ISREG(status.st_mode) && !is_mount_point(&place));
	if (!exclusive && (!replaceable || !leads_to(wanted, &status))) {
		place_close(&place);
		return open_in_place(wanted, WRITE_TRUNCATE);
	}
	int fd = open_temporary(file, wanted, &place);
	if ((fd == -ENOENT || fd == -EACCES) && !missing)
		return open_in_place(wanted, WRITE_TRUNCATE);
	if (fd >= 0 && !missing)
		keep_mode_and_owner(fd, &status, wanted->flags);
	return fd;
}

void write_file_open(uint32_t id, struct reader *reader)
{
	struct wanted wanted = { .root_of = (pid_t)take_u32(reader) };
	wanted.flags = take_u32(reader);
	wanted.mode = (mode_t)take_u32(reader) & 07777;
	wanted.offset = take_u64(reader);
	wanted.path = take_string(reader);
	if (!taken_whole(reader))
		return;
	struct written_file *file = calloc(1, sizeof(*file));
	if (!file) {
		reply_error(id, ENOMEM, "");
		return;
	}
	file->directory = -1;
	int fd = wanted.flags & WRITE_ATOMIC ? open_atomic(file, &wanted) : open_in_place(&wanted, wanted.flags);
	int error = fd < 0 ? -fd : 0;
	/* What stays in its place although it could have been replaced, a device for one, keeps its mode. */
	bool sets_mode = wanted.flags & WRITE_MODE && (file->temporary || !(wanted.flags & WRITE_ATOMIC));
	if (!error && sets_mode && fchmod(fd, wanted.mode) < 0)
		error = errno;
	if (!error && wanted.offset > 0 && lseek(fd, (off_t)wanted.offset, SEEK_SET) < 0)
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
